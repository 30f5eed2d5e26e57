#!/bin/sh
# names.sh LIBRARY NM: whatever a static library defines for others to see begins
# with idem_, and so meets no name of the program's. Names with an underscore or
# a full stop first belong to the compiler.
set -eu

library=$1
nm=$2

foreign=$("$nm" -g --defined-only "$library" |
    sed -n 's/^[0-9a-f]* [A-Z] _\{0,1\}\([A-Za-z].*\)$/\1/p' |
    grep -v '^idem_' | LC_ALL=C sort -u) || true
if [ -n "$foreign" ]; then
    echo "$library defines:"
    echo "$foreign"
    exit 1
fi
