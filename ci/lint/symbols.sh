#!/bin/sh
# symbols.sh LIBRARY READER: a shared library exports what symbols.txt lists,
# which is what the header declares; a DLL needs nothing that Windows lacks.
# READER is nm, or objdump for a DLL.
set -eu

library=$1
reader=$2
list=ci/lint/symbols.txt

declared() {
    tr '\n' ' ' <include/idemsock.h |
        grep -oE 'IDEM_API [^;(]*\(' | grep -oE 'idem_[a-z0-9_]+\($' |
        tr -d '(' | LC_ALL=C sort
}

exported() {
    case $library in
    *.dll)
        # Lines of the export table's names: "[ordinal] name".
        "$reader" -p "$library" |
            sed -n '/^\[Ordinal\/Name Pointer\]/,/^$/s/^.*\[ *[0-9]*\] //p'
        ;;
    *.dylib)
        # Every name of C has an underscore more there. Those of the compiler
        # are weak, and hidden ones private.
        "$reader" -m "$library" |
            sed -n 's/^[0-9a-f]* ([^)]*) external _//p'
        ;;
    *)
        # Names with an underscore first belong to the compiler.
        "$reader" -D --defined-only "$library" |
            sed -n 's/^[0-9a-f]* [A-Z] \([^_].*\)$/\1/p'
        ;;
    esac | LC_ALL=C sort
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
declared >"$tmp/declared"
exported >"$tmp/exported"
diff -u --label "$list" --label header "$list" "$tmp/declared"
diff -u --label "$list" --label "$library" "$list" "$tmp/exported"

case $library in
*.dll)
    system='iphlpapi|kernel32|msvcrt|mswsock|ntdll|ucrtbase|ws2_32'
    if "$reader" -p "$library" | sed -n 's/.*DLL Name: //p' |
        grep -viE "^($system)\.dll\$"
    then
        echo "$library needs more than it may"
        exit 1
    fi
    ;;
esac
