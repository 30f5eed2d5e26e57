#!/bin/sh
# Unpack a Wine for 32-bit programs into build/tools/wine32, for cmake/wine.sh.
#
# Not installed: the package would need a second architecture in the system, all
# of whose libraries have the version of the first one's, and it makes useless
# every prefix that was made without it. So apt-get gets a state of its own, in
# which this is the only architecture and nothing is installed yet; sources and
# keys are the system's. Needs no root.
set -eu
cd "$(dirname "$0")/.."

root=$PWD/build/tools/wine32
[ ! -e "$root/.complete" ] || exit 0

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/state/lists/partial" "$tmp/cache/archives/partial"
: >"$tmp/status"

apt() {
    apt-get -qq -o Dpkg::Use-Pty=0 -o APT::Sandbox::User="$(id -un)" \
        -o APT::Architecture=i386 -o APT::Architectures::=i386 \
        -o Dir::State="$tmp/state" -o Dir::State::status="$tmp/status" \
        -o Dir::Cache="$tmp/cache" "$@" </dev/null
}

echo "unpacking: wine32"
# A list that cannot be had may be one that is not needed.
apt update || true
apt install -y --no-install-recommends --download-only wine32 >/dev/null

rm -rf "$root"
mkdir -p "$root"
for package in "$tmp"/cache/archives/*.deb; do
    case $package in
    */libc6_*) ;; # what libc6-i386 has installed fits the system's loader
    *) dpkg-deb -x "$package" "$root" ;;
    esac
done

# What libwine does when it is installed: this DLL says that it is Wine's.
zlib=$root/usr/i686-w64-mingw32/lib/zlib1.dll
{
    head -c 64 "$zlib"
    printf 'Wine builtin DLL'
    head -c 16 /dev/zero
    tail -c +97 "$zlib"
} >"$root/usr/lib/i386-linux-gnu/wine/i386-windows/zlib1.dll"
touch "$root/.complete"
