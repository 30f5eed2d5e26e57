#!/bin/sh
# header.sh COMPILER: the public header compiles by itself, in every language
# that may include it, and after headers whose macros have the same names.
set -eu

cc=$1

# compiles STANDARD [HEADER...]
compiles() {
    std=$1
    shift
    case $std in
    c++*) lang=c++ ;;
    *) lang=c ;;
    esac
    {
        printf '#include <%s>\n' "$@" idemsock.h
        echo 'int check(void);'
        echo 'int check(void) { return IDEM_ECONNREFUSED - 10061; }'
    } | "$cc" -x $lang -std="$std" -fsyntax-only -Iinclude \
        -Wall -Wextra -Wpedantic -Wundef -Werror -
}

case $cc in
*mingw*) native="winsock2.h windows.h" ;;
*) native="sys/socket.h netinet/in.h netdb.h" ;;
esac

standards="c99 c11 c2x"
if echo 'int x;' | "$cc" -x c++ -fsyntax-only - 2>/dev/null; then
    standards="$standards c++11 c++17"
else
    echo "note: $cc compiles no C++; only C was checked"
fi

for std in $standards; do
    echo "$std"
    compiles "$std"
    # shellcheck disable=SC2086 # a list of words
    compiles "$std" errno.h $native
done
