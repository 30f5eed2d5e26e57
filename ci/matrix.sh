#!/bin/sh
# Run every row of the matrix, one after the other, and show a table. Fails if
# any row failed; the rows behind it run all the same.
#
# tests: that ran; skipped: of these, because of a gap that ci/gaps.txt lists;
# absent: tests of the first row that this one does not run, listed there too.
set -u
cd "$(dirname "$0")/.." || exit

rows="linux-gcc linux-clang linux-tsan linux-msan linux-poll linux-musl
    linux-i386 windows-x64"

for row in $rows; do
    rm -f "build/log/$row.row"
    "ci/$row.sh"
    echo
done

failed=
line='%-16s %8s %8s %8s %8s  %s\n'
# shellcheck disable=SC2059 # one format for all lines
printf "$line" row tests skipped absent seconds result
for row in $rows; do
    # A row that could not even start has left nothing.
    [ -e "build/log/$row.row" ] ||
        printf '%s\t-\t-\t-\t-\tFAILED\n' "$row" >"build/log/$row.row"
    # shellcheck disable=SC2046,SC2059 # six words, none with a blank
    printf "$line" $(cat "build/log/$row.row")
    grep -q 'passed$' "build/log/$row.row" || failed="$failed $row"
done

if [ -n "$failed" ]; then
    echo "matrix: FAILED:$failed"
    exit 1
fi
echo "matrix: every row passed"
