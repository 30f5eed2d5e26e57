#!/bin/sh
# generate.sh [DIRECTORY]: write errors.md and platforms.md, into docs or
# elsewhere, from what is known already: the list of errors in the header, the
# maps of the backends, and tests/answers.txt.
set -eu
cd "$(dirname "$0")/.."

out=${1:-docs}

awk -f docs/errors.awk include/idemsock.h src/posix/os_error.c \
    src/posix/os_resolve.c src/win32/os_error.c >"$out/errors.md"
awk -f docs/platforms.awk tests/answers.txt >"$out/platforms.md"
