#!/bin/sh
# cost.sh PROGRAM RAW WHAT CASE: what an operation with a timeout costs PROGRAM,
# on Linux, with RAW at the other end. WHAT: calls of the system, or user
# instructions. Counted as the difference of a long and a short run, so that
# what happens once does not count. Fails if it is more than it should be.
set -eu

program=$1
raw=$2
what=$3
case=$4
# The leak checker of a sanitizer build cannot work while it is traced.
export ASAN_OPTIONS=detect_leaks=0
short=100
long=1100
size=64
per=1 # of the counted, as many make an operation

# What runs at the two ends, which of them is counted, and the cost of each
# operation: exactly in calls, at most in instructions, the programs' own
# included. Each end takes its time, so that the other has to wait.
server="$raw echo delay=200"
client="$program $case"
counted=client
case $what.$case in
calls.pingpong) want=2 ;; # send, recv
calls.ready) want=1 short=768 long=7680 ;; # recv
calls.bulk) want=1 server="$raw sink" ;;   # send
calls.bulk_large)
    want=1 server="$raw sink" client="$program bulk" size=262144
    ;;
calls.rate) want=8 ;; # socket, connect twice, send, recv, ppoll, recv, close
calls.accept) # accept, a bound, recv, send, recv, close
    want=6 server="$program echo" counted=server
    client="$raw rate delay=1000"
    ;;
calls.refused) want=4 server='' ;; # socket, connect twice, close
calls.datagrams) want=2 server='' short=640 long=6400 ;; # send, recv
calls.batches | calls.segments) # to send, and to receive, in one or two parts
    want=2 server='' short=640 long=6400 per=64
    [ "$case" = batches ] || want=4
    ;;
calls.lonely) # epoll_wait, recv, send
    want=3 server="$program crowd" counted=server
    client="$raw waves connections=100 active=1"
    ;;
instructions.pingpong) want=750 ;;
instructions.ready) want=350 short=768 long=7680 ;;
instructions.crowd)
    want=600 server="$program crowd" counted=server short=640 long=6400
    client="$raw waves connections=100 active=64"
    ;;
*)
    echo "cost.sh: no case \"$what.$case\"" >&2
    exit 2
    ;;
esac

tmp=$(mktemp -d)
pid=
stop() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    wait
    pid=
}
trap 'stop; rm -rf "$tmp"' EXIT

# traced END COMMAND...: run it, under the tool if this end is counted. What
# memory costs is not of interest, nor is what a sanitizer does.
traced() {
    end=$1
    shift
    if [ "$end" != $counted ]; then
        exec "$@"
    elif [ "$what" = calls ]; then
        exec strace -D -q -o "$tmp/trace" \
            -e 'trace=!mmap,munmap,mprotect,madvise,brk,futex' "$@"
    else
        exec valgrind --tool=callgrind --callgrind-out-file=/dev/null \
            --log-file="$tmp/trace" "$@"
    fi
}

# The cost of a run, once the tool has told it.
cost() {
    if [ "$what" = calls ]; then
        tail -n 1 "$tmp/trace" | grep -q '^+++' &&
            grep -cv '^[+-][+-]' "$tmp/trace"
    else
        sed -n 's/.*Collected : //p' "$tmp/trace" | grep .
    fi
}

if ! (traced $counted true) >/dev/null 2>&1; then
    echo "SKIP cost.$case: the tool is not there, or may not trace"
    exit 77
fi

# run COUNT: run both ends, and tell the cost of it all.
run() {
    port=1
    : >"$tmp/server" # what the last one said
    if [ -n "$server" ]; then
        # shellcheck disable=SC2086 # words
        traced server $server >"$tmp/server" &
        pid=$!
        tries=0
        until port=$(sed -n 's/^port //p' "$tmp/server") && [ -n "$port" ]; do
            tries=$((tries + 1))
            [ $tries -lt 300 ] || exit 1
            sleep 0.1
        done
    fi
    # shellcheck disable=SC2086 # words
    (traced client $client port="$port" size=$size count="$1") \
        >"$tmp/client" </dev/null
    stop
    until cost; do
        sleep 0.1
    done
}

# Others on the machine can only add to it: the best of three counts.
times=$(((long - short) / per))
for try in 1 2 3; do
    a=$(run $short)
    b=$(run $long)
    more=$((b - a))
    echo "$times operations: $more $what, at most $want each expected"
    # One in a hundred is for what happens now and then.
    [ "$more" -gt $((times * want + times * want / 100 + times / 100)) ] || break
    [ "$try" -lt 3 ] || exit 1
done
# Some find what they would wait for. Far fewer calls mean that something else
# was counted.
[ "$what" != calls ] || [ "$more" -ge $((times * want * 3 / 4)) ] || exit 1
echo "PASS cost.$case"
