#!/bin/sh
# Linux, gcc: the library as it ships, and every check of the sources.
set -eu
cd "$(dirname "$0")"
./install.sh linux lint
exec ./row.sh linux-gcc linux
