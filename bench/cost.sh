#!/bin/sh
# cost.sh SERVER PINGPONG: what a message with a timeout costs in system calls,
# on Linux. Counted as the difference of a long and a short run, so that what
# happens once does not count. Fails unless it is one call to send and one to
# receive.
set -eu

server=$1
pingpong=$2
# The leak checker of a sanitizer build cannot work while it is traced.
export ASAN_OPTIONS=detect_leaks=0
short=100
long=1100

if ! strace -o /dev/null true 2>/dev/null; then
    echo "SKIP cost.pingpong: strace is not there, or may not trace"
    exit 77
fi

tmp=$(mktemp -d)
"$server" --port 0 --echo --quiet >"$tmp/server" &
pid=$!
trap 'kill $pid 2>/dev/null; wait $pid 2>/dev/null; rm -rf "$tmp"' EXIT
tries=0
until port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$tmp/server") &&
    [ -n "$port" ]; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || exit 1
    sleep 0.1
done

# calls COUNT: the system calls of a run, all of them.
calls() {
    strace -qq -o "$tmp/trace" "$pingpong" "$port" "$1"
    wc -l <"$tmp/trace"
}

# Whether an answer is waited for depends on the moment; a socket that has
# waited once keeps its bound, so only the first wait may add calls.
a=$(calls $short)
b=$(calls $long)
more=$((b - a))
want=$((2 * (long - short)))
echo "$((long - short)) messages: $more system calls, $want expected"
[ $more -ge $((want - 2)) ] && [ $more -le $((want + 2)) ] || exit 1
echo "PASS cost.pingpong"
