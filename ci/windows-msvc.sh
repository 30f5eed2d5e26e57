#!/bin/sh
# Windows, the ABI of Microsoft's compiler: built by clang with the headers and
# import libraries of Wine. x64 is run with Wine; for x86 and Arm64 the libraries
# are compiled.
set -eu
cd "$(dirname "$0")"
./install.sh linux clang windows msvc lint
exec ./row.sh windows-msvc windows-msvc windows-msvc-x86 windows-msvc-arm64
