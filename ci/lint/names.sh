#!/bin/sh
# names.sh LIBRARY NM: whatever a static library defines for others to see begins
# with idem_, and so meets no name of the program's. Names with an underscore or
# a full stop first belong to the compiler.
set -eu

library=$1
nm=$2

symbols=$("$nm" -g --defined-only "$library")
names=$(echo "$symbols" |
    sed -n 's/^[0-9a-f]* [A-Z] _\{0,1\}\([A-Za-z].*\)$/\1/p')
echo "$names" | grep -qx idem_open # it has been read at all
if echo "$names" | grep -v '^idem_'; then
    echo "$library defines these"
    exit 1
fi
