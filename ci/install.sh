#!/bin/sh
# install.sh GROUP...: make sure that the tools of these groups are there.
#
# Groups: linux, clang, windows, lint. Installs with apt-get, as root, and only
# what is missing; does nothing at all when nothing is.
set -eu

missing=

# need PACKAGE COMMAND, or need PACKAGE /FILE
need() {
    case $2 in
    /*) test -e "$2" ;;
    *) command -v "$2" >/dev/null ;;
    esac || missing="$missing $1"
}

has_sanitizers() {
    echo 'int main(void) { return 0; }' |
        clang -fsanitize=address,undefined -x c - -o /dev/null 2>/dev/null
}

need cmake cmake
need ninja-build ninja
for group; do
    case $group in
    linux)
        need gcc gcc
        need g++ g++
        need libc6-dev /usr/include/stdio.h
        need pkg-config pkg-config
        need python3 python3
        need strace strace
        ;;
    clang)
        need clang clang
        need libc6-dev /usr/include/stdio.h
        has_sanitizers || missing="$missing libclang-rt-dev"
        need llvm llvm-symbolizer
        ;;
    windows)
        need gcc-mingw-w64-x86-64 x86_64-w64-mingw32-gcc
        need "wine wine64" wine
        ;;
    lint)
        need clang-format clang-format
        need shellcheck shellcheck
        ;;
    *)
        echo "install.sh: no group \"$group\"" >&2
        exit 2
        ;;
    esac
done

[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Missing packages (names as on Debian):$missing" >&2
    echo "Install them, or run this as root on Debian." >&2
    exit 1
fi

install_missing() {
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 \
        install -y --no-install-recommends $missing </dev/null
}

echo "installing:$missing"
# The package lists may be missing or old: update them only then.
install_missing >/dev/null 2>&1 ||
    { apt-get -qq update && install_missing >/dev/null; }
