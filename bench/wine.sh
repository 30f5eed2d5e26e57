#!/bin/sh
# wine.sh [--rounds N]: compare the library under Wine with bare Winsock calls.
#
# Figures of Wine say little about Windows: they guard against a way to wait
# that is dear. The next run of compare.sh puts them on its page.
set -eu
cd "$(dirname "$0")/.."

ci/install.sh linux windows
mkdir -p build/log build/bench/comparison
for preset in linux windows; do
    log=build/log/bench-$preset.log
    echo "building for $preset (log: $log)" >&2
    {
        cmake --preset $preset &&
            cmake --build --preset $preset --target bench/all
    } >"$log" 2>&1 || {
        tail -n 40 "$log"
        exit 1
    }
done
IDEM_WINEPREFIX=$PWD/build/windows/wine
export IDEM_WINEPREFIX
exec /usr/bin/python3 -B bench/wine.py "$@" build/linux build/windows \
    build/bench/comparison/wine.md
