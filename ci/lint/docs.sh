#!/bin/sh
# docs.sh BUILD CTEST: the pages that docs/generate.sh makes are up to date, the
# tests they name exist, and every gap of Wine that a test names is on them.
set -eu

build=$1
ctest=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0

complain() {
    echo "$1"
    status=1
}

docs/generate.sh "$tmp"
for page in errors.md platforms.md; do
    diff -u --label "docs/$page" --label generated "docs/$page" "$tmp/$page" ||
        complain "docs/$page: run docs/generate.sh; do not edit the page"
done

# A name in code font with a dot, unless it is a file's. Without Python there are
# no tests of the programs; only Linux makes networks of its own.
# CTest is asked elsewhere: it would overwrite the log of the run this is part of.
echo "subdirs(\"$build\")" >"$tmp/CTestTestfile.cmake"
"$ctest" --test-dir "$tmp" -N |
    sed -n 's/^ *Test *#[0-9]*: *//p' >"$tmp/tests"
without='^$'
grep -q '^programs\.list$' "$tmp/tests" || without="$without|^programs\."
grep -q '^netns\.' "$tmp/tests" || without="$without|^netns\."
# shellcheck disable=SC2016 # the ` is meant
grep -oE '`[a-z_]+\.[a-z0-9_*]+`' "$tmp/platforms.md" | tr -d '`' |
    grep -vE "\.(c|h|sh|txt)\$|$without" | LC_ALL=C sort -u >"$tmp/named"
while read -r name; do
    pattern=$(printf '%s' "$name" | sed 's/\./\\./g; s/\*/.*/g')
    grep -qx -- "$pattern" "$tmp/tests" ||
        complain "tests/answers.txt: there is no test \"$name\""
done <"$tmp/named"

# Gaps as check_skip_wine() names them, and as the matrix does.
{
    grep -rhoE '"W-[0-9]+"' tests --include='*.c' | tr -d '"'
    sed -n 's/^ *{ \([0-9]*\), [0-9]*, [A-Z0-9_]*, ".*" },$/W-\1/p' \
        tests/matrix/grid_datagram.c
} | LC_ALL=C sort -u >"$tmp/gaps"
while read -r gap; do
    grep -q "^$gap:" tests/answers.txt ||
        complain "tests/answers.txt: $gap is missing"
done <"$tmp/gaps"

exit $status
