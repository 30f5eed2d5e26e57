#!/bin/sh
# Windows, 64 bits: built with MinGW-w64, run with Wine.
set -eu
cd "$(dirname "$0")"
./install.sh linux windows lint
exec ./row.sh windows-x64 windows
