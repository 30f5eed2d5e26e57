#!/bin/sh
# install.sh BUILD CONFIG CMAKE-ARGUMENT...: what "cmake --install" leaves can
# be found, linked and run by others. ci/lint/consumer is the others.
set -eu

build=$1
config=$2
shift 2

tmp=$build/consumer
rm -rf "$tmp"
cmake --install "$build" --config "$config" --prefix "$tmp/first" >/dev/null
# The package must not know where it was installed.
mv "$tmp/first" "$tmp/prefix"
cmake -S ci/lint/consumer -B "$tmp/build" "$@" \
    -DCMAKE_PREFIX_PATH="$tmp/prefix"
cmake --build "$tmp/build" --config "$config"
