#!/bin/sh
# python.sh: docs/from-python.md has a row for every name of python.txt, and no
# other; what it names of ours exists, and every function of ours is on it.
set -eu

page=docs/from-python.md
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0

# What is in code font in the first cell of a row, or in the whole page.
# shellcheck disable=SC2016 # the ` is meant
quoted() {
    grep -o '`[^`]*`' | tr -d '`' | LC_ALL=C sort -u
}
sed -n 's/^| \(`[^|]*\) |.*/\1/p' "$page" | quoted |
    grep -v '^idem_\|(' >"$tmp/rows"

# Names, and names with a star, as patterns of a whole line.
sed 's/\./\\./g; s/\*/.*/; s/.*/^&$/' "$tmp/rows" >"$tmp/patterns"
if grep -vf "$tmp/patterns" ci/lint/python.txt; then
    echo "$page: no row for these"
    status=1
fi
if grep -v '\*' "$tmp/rows" | LC_ALL=C comm -23 - ci/lint/python.txt |
    grep .
then
    echo "$page: these are not in ci/lint/python.txt"
    status=1
fi

quoted <"$page" | grep -v '…' | grep -oE '(idem|IDEM)_[A-Za-z0-9_]*[A-Za-z0-9]' |
    LC_ALL=C sort -u >"$tmp/ours"
while read -r name; do
    grep -qw -- "$name" include/idemsock.h || case $name in
    IDEM_E* | IDEM_*_*) grep -q "X(${name#IDEM_}," include/idemsock.h ;;
    *) false ;;
    esac || {
        echo "$page: the header has no $name"
        status=1
    }
done <"$tmp/ours"

# An option is named by the function that sets it.
sed 's/^idem_get_\(.*\)$/&|idem_set_\1/' ci/lint/symbols.txt |
    while read -r names; do
        grep -qxE "$names" "$tmp/ours" || echo "$names"
    done >"$tmp/missing"
if [ -s "$tmp/missing" ]; then
    cat "$tmp/missing"
    echo "$page: these are missing"
    status=1
fi

exit $status
