#!/bin/sh
# Linux, 32 bits, gcc, with the address and undefined-behaviour sanitizers.
set -eu
cd "$(dirname "$0")"
./install.sh linux i386 lint
exec ./row32.sh linux-i386
