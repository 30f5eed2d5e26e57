#!/bin/sh
# compare.sh [LOG...]: hold the logs of the matrix against each other, row by
# row. Without a LOG, makes one of each test_matrix that was built and can be
# run here, in build/log/matrix-PRESET.log.
#
# A row that one system leaves out, for a gap of Wine, is counted; what the others
# say of it must agree. The first difference ends it.
set -eu

ci=$(dirname "$0")

# Rows that are wrong are printed as well, and end with another code.
make_log() {
    timeout 300 sh "$1" 2>&1 </dev/null | tr -d '\r' >"$2"
}

if [ $# = 0 ]; then
    cd "$ci/.."
    ci=ci
    mkdir -p build/log
    # All at the same time: what they do most is wait.
    for file in build/*/tests/matrix/test_matrix.command; do
        program=${file%.command}
        if [ -e "$program" ] || [ -e "$program.exe" ]; then
            preset=${file#build/}
            log=build/log/matrix-${preset%%/*}.log
            make_log "$file" "$log" &
            set -- "$@" "$log"
        fi
    done
    wait
fi
if [ $# = 0 ]; then
    echo "compare: no test_matrix was built" >&2
    exit 2
fi

awk -f "$ci/compare.awk" "$@"
