#!/bin/sh
# Linux, clang, with the thread sanitizer.
set -eu
cd "$(dirname "$0")"
./install.sh linux clang lint
# The sanitizer of clang 14 wants its memory where kernels that randomize
# addresses more widely than it knows may have put something else.
exec setarch -R ./row.sh linux-tsan linux-tsan
