#!/bin/sh
# Linux, musl instead of glibc.
set -eu
cd "$(dirname "$0")"
./install.sh linux musl lint
exec ./row.sh linux-musl linux-musl
