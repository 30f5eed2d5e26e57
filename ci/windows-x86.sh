#!/bin/sh
# Windows, 32 bits: built with MinGW-w64, run with Wine.
set -eu
cd "$(dirname "$0")"
./install.sh linux windows windows-x86 lint
exec ./row.sh windows-x86 windows-x86
