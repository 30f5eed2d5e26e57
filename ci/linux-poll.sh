#!/bin/sh
# Linux, every wait in poll: what other POSIX systems run.
set -eu
cd "$(dirname "$0")"
./install.sh linux lint
exec ./row.sh linux-poll linux-poll
