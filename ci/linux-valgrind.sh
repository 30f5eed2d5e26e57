#!/bin/sh
# Linux, gcc: the library as it ships, under valgrind's memcheck.
set -eu
cd "$(dirname "$0")"
./install.sh linux valgrind lint
exec ./row.sh linux-valgrind linux-valgrind
