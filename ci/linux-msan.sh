#!/bin/sh
# Linux, clang, with the memory sanitizer: nothing is read before it is written.
set -eu
cd "$(dirname "$0")"
./install.sh linux clang lint
exec ./row.sh linux-msan linux-msan
