#!/bin/sh
# Build the programs for Linux and for Windows and let them talk: each server
# with each client, Windows under Wine. Fails unless every word is as expected.
set -eu
cd "$(dirname "$0")/.."

ci/install.sh linux windows

tmp=$(mktemp -d)
server=
trap 'stop_server; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# ---- Tools -----------------------------------------------------------------

die() {
    echo "demo: $1" >&2
    exit 1
}

build() {
    log=build/log/demo-$1.log
    mkdir -p build/log
    echo "building for $1 (log: $log)"
    {
        cmake --preset "$1" &&
            cmake --build --preset "$1" --target idem-server idem-client
    } >"$log" 2>&1 || {
        tail -n 80 "$log"
        die "the build for $1 failed"
    }
}

# program SYSTEM NAME: the words that start it.
program() {
    case $1 in
    linux) echo "build/linux/programs/$2" ;;
    windows) echo "cmake/wine.sh build/windows/programs/$2.exe" ;;
    esac
}

stop_server() {
    [ -n "$server" ] || return 0
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
}

# start_server SYSTEM: for one conversation. Sets server, its process, and port.
start_server() {
    : >"$tmp/server"
    # shellcheck disable=SC2046 # words
    $(program "$1" idem-server) --port 0 --once >"$tmp/server" 2>&1 &
    server=$!
    tries=0
    until port=$(sed -n 's/^listening on 127\.0\.0\.1:\([0-9]*\)$/\1/p' \
        "$tmp/server") && [ -n "$port" ]; do
        tries=$((tries + 1))
        if [ $tries -gt 300 ] || ! kill -0 "$server" 2>/dev/null; then
            cat "$tmp/server"
            die "the $1 server does not listen"
        fi
        sleep 0.1
    done
}

# Once the client said "q", the server ends by itself.
await_server() {
    tries=0
    while kill -0 "$server" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -le 100 ] || die "the server does not end"
        sleep 0.1
    done
    wait "$server" || die "the server failed"
    server=
}

# ---- What is shown ---------------------------------------------------------

printf '%s\n' 你好 hello q >"$tmp/input"

cat >"$tmp/expected" <<'END'
请输入你要发送的内容:服务器返回的数据: hello,world
请输入你要发送的内容:服务器返回的数据: hello,world
请输入你要发送的内容:链接断开
END

# What the client printed, with what was typed into it, as a user sees it.
show_dialogue() {
    awk -v input="$tmp/input" '{
        mark = "内容:"
        at = index($0, mark)
        if (at && (getline typed <input) > 0) {
            at += length(mark)
            print "  client | " substr($0, 1, at - 1) typed
            $0 = substr($0, at)
        }
        print "  client | " $0
    }' "$tmp/client"
}

# dialogue SERVER CLIENT
dialogue() {
    printf '\n== %s server, %s client\n' "$1" "$2"
    start_server "$1"
    # shellcheck disable=SC2046 # words
    timeout 60 $(program "$2" idem-client) 127.0.0.1 "$port" \
        <"$tmp/input" >"$tmp/client" 2>&1 || {
        cat "$tmp/client"
        die "the client failed"
    }
    await_server
    sed 's/^/  server | /' "$tmp/server"
    show_dialogue
    diff -u "$tmp/expected" "$tmp/client" || die "not the dialogue expected"
}

# probe SYSTEM PORT: connect_ex to a port where nobody listens.
probe() {
    # shellcheck disable=SC2046 # words
    timeout 60 $(program "$1" idem-client) 127.0.0.1 "$2" --probe \
        >"$tmp/client" 2>&1 && die "somebody listens on port $2"
    printf '  %-7s | ' "$1"
    cat "$tmp/client"
    want="connect_ex 127.0.0.1:$2 -> 10061 ECONNREFUSED connection refused "
    grep -q "^$want" "$tmp/client" || die "not the code expected"
}

# ---- The demonstration -----------------------------------------------------

build linux
build windows

cat <<'END'

The client speaks as the document does. It asks 请输入你要发送的内容 (what to
send), shows 服务器返回的数据 (what the server returned), and q ends it with
链接断开 (connection closed).
END

dialogue linux linux
dialogue windows windows
dialogue windows linux
dialogue linux windows

printf '\n== connect_ex to a port where nobody listens\n'
start_server linux
stop_server
probe linux "$port"
probe windows "$port"

printf '\ndemo: every dialogue and every code as expected\n'
