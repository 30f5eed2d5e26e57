#!/bin/sh
# Every source looks as .clang-format says. Versions of clang-format differ:
# the one of Debian 12 decides.
set -eu

if ! clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
    echo "SKIP lint.format: no clang-format 14"
    exit 77
fi
dirs=
for dir in include src programs tests bench ci; do
    [ ! -d $dir ] || dirs="$dirs $dir"
done
status=0
# shellcheck disable=SC2086 # a list of words
for file in $(find $dirs -name '*.[ch]' | LC_ALL=C sort); do
    clang-format "$file" | diff -u --label "$file" --label formatted "$file" - ||
        status=1
done
exit $status
