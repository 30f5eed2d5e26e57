#!/bin/sh
# wine.sh PROGRAM.exe [ARGUMENT...]: run a Windows program under Wine.
#
# Safe from a cold start and in parallel. The Wine server and its services are
# started first, by one of us, away from the program's streams: services that
# a program starts keep its output open, and whoever reads that waits for them.
#
# The prefix is IDEM_WINEPREFIX, or "wine" in the build tree of the program, or
# a directory in the user's cache. One that was made before 32-bit support was
# installed is of no use since, and made anew.
set -eu

die() {
    echo "wine.sh: $1" >&2
    exit 125
}

# The outermost build tree that holds the program, if any does.
build_tree() (
    cd "$(dirname "$1")" 2>/dev/null || exit 0
    tree=
    while [ "$PWD" != / ]; do
        [ ! -e CMakeCache.txt ] || tree=$PWD
        cd ..
    done
    echo "$tree"
)

find_tool() {
    for tool; do
        command -v "$tool" && return
    done
    die "$1 is not installed"
}

# Whether this Wine runs 32-bit programs. It then starts with the 32-bit loader,
# which fails in a prefix without its libraries, whatever the program is.
runs_32_bits() {
    for file in /usr/lib/wine/wine \
        "${wine%/*}"/../lib*/wine/i386-windows/ntdll.dll; do
        [ ! -e "$file" ] || return 0
    done
    return 1
}

# Without that, a 32-bit program does nothing, and succeeds at it.
is_32_bits() {
    head -c 1024 "$1" 2>/dev/null | LC_ALL=C grep -aqP 'PE\x00\x00L\x01'
}

remove_useless_prefix() {
    system=$WINEPREFIX/drive_c/windows
    if [ -e "$system/system32/ntdll.dll" ] && runs_32_bits &&
        [ ! -e "$system/syswow64/ntdll.dll" ]; then
        "$server" -k 9>&- && "$server" -w 9>&-
        rm -rf "$WINEPREFIX"
        mkdir -p "$WINEPREFIX"
    fi
}

# Once for each start of the server. ".made" says that the prefix is complete,
# ".warm" that this server has its services: either may have been interrupted.
warm_up() {
    flock 9 || return
    remove_useless_prefix
    if "$server" -p60 9>&-; then
        rm -f "$WINEPREFIX/.warm"
    fi
    if [ -e "$WINEPREFIX/.warm" ]; then
        return
    fi
    mode=-u
    if [ -e "$WINEPREFIX/.made" ]; then
        mode=-i
    fi
    timeout 300 "$wine" wineboot $mode 9>&- || return
    # No debugger on a crash: with one, the exit status may be lost.
    timeout 60 "$wine" reg add \
        'HKLM\Software\Microsoft\Windows NT\CurrentVersion\AeDebug' \
        /v Debugger /d '' /f 9>&- || return
    touch "$WINEPREFIX/.made" "$WINEPREFIX/.warm"
}

[ $# -gt 0 ] || die "usage: wine.sh PROGRAM.exe [ARGUMENT...]"

# Debian's Wine is loaded at 0x7d000000, and the kernel puts its heap anywhere in
# the 1 GiB behind that. Where it covers the page that Windows has at 0x7ffe0000,
# one start in some thousands, Wine ends with status 1 and not a word. With fixed
# addresses it never does; but a sandbox may refuse them. With 32 bits the heap
# stays within 32 MiB, and out of the way.
if [ -z "${IDEM_WINE_FIXED:-}" ] && ! is_32_bits "$1" &&
    setarch -R true 2>/dev/null; then
    export IDEM_WINE_FIXED=1
    exec setarch -R "$0" "$@"
fi

wine=$(find_tool wine wine64 /usr/lib/wine/wine64)
server=$(find_tool wineserver /usr/lib/wine/wineserver64 \
    /usr/lib/wine/wineserver)

if ! runs_32_bits && is_32_bits "$1"; then
    # The one that ci/wine32.sh has unpacked.
    root=$(cd "$(dirname "$0")/.." && pwd)/build/tools/wine32
    [ -e "$root/.complete" ] ||
        die "a 32-bit program, and a Wine without 32-bit support"
    wine=$root/usr/lib/wine/wine
    server=$root/usr/lib/wine/wineserver32
    export WINELOADER="$wine" WINESERVER="$server" WINEARCH=win32
    export LD_LIBRARY_PATH="$root/usr/lib/i386-linux-gnu:$root/lib/i386-linux-gnu"
fi

if [ -z "${IDEM_WINEPREFIX:-}" ]; then
    tree=$(build_tree "$1")
    IDEM_WINEPREFIX=${tree:-${XDG_CACHE_HOME:-$HOME/.cache}/idemsock}/wine
fi
export WINEPREFIX="$IDEM_WINEPREFIX"
export WINEDEBUG=-all LC_ALL=C.UTF-8
export WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe=d'

# Each socket of a program is a descriptor of the server, too.
# shellcheck disable=SC3045 # every sh that Debian has knows these
ulimit -S -n "$(ulimit -H -n)" || true

mkdir -p "$WINEPREFIX"
warm_up 9>"$WINEPREFIX.lock" </dev/null >/dev/null 2>&1 ||
    die "cannot prepare $WINEPREFIX"
exec "$wine" "$@"
