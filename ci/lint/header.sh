#!/bin/sh
# header.sh BACKEND COMPILER [FLAG...]: the public header compiles by itself, in
# every language that may include it, and after headers of the system whose
# macros have the same names.
set -eu

case $1 in
win32) native="winsock2.h windows.h" ;;
*) native="sys/socket.h netinet/in.h netdb.h" ;;
esac
shift
cc=$* # words, none with a blank
object=$(mktemp)
trap 'rm -f "$object"' EXIT

# syntax STANDARD [FLAG...]: whether the input can be compiled.
syntax() {
    std=$1
    shift
    case $std in
    c++*) lang=c++ ;;
    *) lang=c ;;
    esac
    # shellcheck disable=SC2086 # a list of words
    $cc -x $lang -std="$std" "$@" -c -o "$object" -
}

# readable STANDARD HEADER...: whether these alone can be compiled.
readable() {
    std=$1
    shift
    printf '#include <%s>\n' "$@" | syntax "$std" 2>/dev/null
}

# compiles STANDARD [HEADER...]
compiles() {
    std=$1
    shift
    {
        printf '#include <%s>\n' "$@" idemsock.h
        echo 'int check(void);'
        echo 'int check(void) { return IDEM_ECONNREFUSED - 10061; }'
    } | syntax "$std" -Iinclude -Wall -Wextra -Wpedantic -Wundef -Werror
}

standards="c99 c11 c2x"
if echo 'int x;' | syntax c++11 2>/dev/null; then
    standards="$standards c++11 c++17"
else
    echo "note: $cc compiles no C++; only C was checked"
fi

for std in $standards; do
    echo "$std"
    compiles "$std"
    # shellcheck disable=SC2086 # a list of words
    if readable "$std" $native; then
        compiles "$std" errno.h $native
    else
        echo "note: the headers of the system are not for $std"
    fi
done
