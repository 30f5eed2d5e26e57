#!/bin/sh
# matrix.sh [ROW...]: run every row of the matrix, or these, one after the other,
# and show a table. Then what the operations came to is compared, row by row
# (compare.sh). Fails if anything did; what is behind it runs all the same.
#
# tests: that ran; skipped: of these, because of a gap that ci/gaps.txt lists;
# absent: tests of the first row that this one does not run, listed there too.
# A row that is not run was built, and cannot be run on this machine.
set -u
cd "$(dirname "$0")/.." || exit

[ $# -gt 0 ] || set -- linux-gcc linux-clang linux-tsan linux-msan \
    linux-valgrind linux-poll linux-musl linux-i386 linux-s390x \
    windows-x64 windows-x86 windows-msvc macos

# What an earlier run has left is not this one's.
rm -f build/log/*.row build/*/tests/matrix/test_matrix.command
began=$(date +%s)
for row; do
    "ci/$row.sh"
    echo
done

failed=
passed=0
line='%-16s %8s %8s %8s %8s  %s\n'
# shellcheck disable=SC2059 # one format for all lines
printf "$line" row tests skipped absent seconds result
for row; do
    # A row that could not even start has left nothing.
    [ -e "build/log/$row.row" ] ||
        printf '%s\t-\t-\t-\t-\tFAILED\n' "$row" >"build/log/$row.row"
    # shellcheck disable=SC2046,SC2059 # six words, none with a blank
    printf "$line" $(cat "build/log/$row.row")
    case $(cat "build/log/$row.row") in
    *passed) passed=$((passed + 1)) ;;
    *not-run) ;;
    *) failed="$failed $row" ;;
    esac
done

echo
[ $passed = 0 ] || ci/compare.sh || failed="$failed compare"
seconds=$(($(date +%s) - began))
echo
if [ -n "$failed" ]; then
    echo "matrix: FAILED:$failed; $seconds s"
    exit 1
fi
echo "matrix: $passed rows passed, $(($# - passed)) not run here; $seconds s"
