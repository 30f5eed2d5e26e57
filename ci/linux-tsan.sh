#!/bin/sh
# Linux, clang, with the thread sanitizer.
set -eu
cd "$(dirname "$0")"
./install.sh linux clang lint
exec ./row.sh linux-tsan linux-tsan
