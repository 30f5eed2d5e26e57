#!/bin/sh
# macOS on both of its processors: compiled and linked. Nothing can run here.
set -eu
cd "$(dirname "$0")"
./install.sh linux macos lint
exec ./row.sh macos macos-x86_64 macos-arm64
