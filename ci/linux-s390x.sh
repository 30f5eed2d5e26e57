#!/bin/sh
# Linux on IBM Z, which is big-endian: run with QEMU.
set -eu
cd "$(dirname "$0")"
./install.sh linux s390x lint
exec ./row.sh linux-s390x linux-s390x
