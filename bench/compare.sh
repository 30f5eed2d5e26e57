#!/bin/sh
# compare.sh [--quick] [--help] ...: compare the library with the bare system
# calls and with other libraries, on this machine.
#
# Installs what it needs, as root; without, a library that is missing is left
# out. Runs the programs in a network namespace of their own, where it may: there
# is nothing else on its loopback interface, and no congestion control that
# paces. The page is printed, and left with a picture in docs, or, unless all of
# it was measured, in build/bench/comparison.
set -eu
cd "$(dirname "$0")/.."

measure() {
    exec /usr/bin/python3 -B bench/compare.py "$@" build/bench
}

if [ "${1:-}" = --in-namespace ]; then
    shift
    ip link set lo up
    sysctl -qw net.ipv4.tcp_congestion_control=reno || true
    measure "$@"
fi

ci/install.sh linux bench
ci/install.sh peers || echo "going on without" >&2
log=build/log/bench.log
mkdir -p build/log
echo "building (log: $log)" >&2
{
    cmake --preset bench && cmake --build --preset bench --target bench/all
} >"$log" 2>&1 || {
    tail -n 40 "$log"
    exit 1
}
for alone in "unshare --net" "unshare --net --map-root-user"; do
    if $alone true 2>/dev/null; then
        exec $alone "$0" --in-namespace "$@"
    fi
done
echo "no network of its own: what else uses this machine's shows" >&2
measure "$@"
