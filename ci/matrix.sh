#!/bin/sh
# matrix.sh [ROW...]: run every row of the matrix, or these, one after the other,
# and show a table. Then what the operations came to is compared, row by row
# (compare.sh). Fails if anything did; what is behind it runs all the same.
#
# tests: that ran; skipped: of these, because of a gap that ci/gaps.txt lists;
# absent: tests of the first row that this one does not run, listed there too.
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
line='%-16s %8s %8s %8s %8s  %s\n'
# shellcheck disable=SC2059 # one format for all lines
printf "$line" row tests skipped absent seconds result
for row; do
    # A row that could not even start has left nothing.
    [ -e "build/log/$row.row" ] ||
        printf '%s\t-\t-\t-\t-\tFAILED\n' "$row" >"build/log/$row.row"
    # shellcheck disable=SC2046,SC2059 # six words, none with a blank
    printf "$line" $(cat "build/log/$row.row")
    grep -q 'passed$' "build/log/$row.row" || failed="$failed $row"
done

echo
ci/compare.sh || failed="$failed compare"
seconds=$(($(date +%s) - began))
echo
if [ -n "$failed" ]; then
    echo "matrix: FAILED:$failed; $seconds s"
    exit 1
fi
echo "matrix: all $# rows passed; $seconds s"
