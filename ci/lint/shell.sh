#!/bin/sh
# What shellcheck finds in the scripts.
set -eu

if ! command -v shellcheck >/dev/null; then
    echo "SKIP lint.shell: no shellcheck"
    exit 77
fi
find bench ci cmake docs tests -name '*.sh' -exec shellcheck .ci/run {} +
