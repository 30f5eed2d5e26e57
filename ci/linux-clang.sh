#!/bin/sh
# Linux, clang, with the address and undefined-behaviour sanitizers.
set -eu
cd "$(dirname "$0")"
./install.sh linux clang lint
exec ./row.sh linux-clang linux-asan
