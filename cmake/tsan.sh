#!/bin/sh
# tsan.sh PROGRAM [ARGUMENT...]: run a program that has the thread sanitizer.
#
# The one of clang 14 wants its memory where kernels that randomize addresses
# more widely than it knows may have put something else.
set -eu

if setarch -R true 2>/dev/null; then
    exec setarch -R "$@"
fi
exec "$@"
