#!/bin/sh
# Windows, 32 bits: built with MinGW-w64, run with Wine.
set -eu
cd "$(dirname "$0")"
./install.sh linux windows windows-x86 lint
exec ./row32.sh windows-x86
