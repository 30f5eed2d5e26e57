#!/bin/sh
# compare.sh [LOG...]: hold the logs of the matrix against each other, row by
# row. Without a LOG, makes one of each test_matrix that was built and can be
# run here, in build/log/matrix-PRESET.log.
#
# A row that one system leaves out, for a gap of Wine, is counted; what the others
# say of it must agree. The first difference ends it.
set -eu

ci=$(dirname "$0")

# make_log COMMAND-FILE: run it, and name the log.
make_log() {
    preset=${1#build/}
    log=build/log/matrix-${preset%%/*}.log
    mkdir -p build/log
    # Rows that are wrong are printed as well, and end with another code.
    sh "$1" 2>&1 </dev/null | tr -d '\r' >"$log"
    echo "$log"
}

if [ $# = 0 ]; then
    cd "$ci/.."
    ci=ci
    for file in build/*/tests/matrix/test_matrix.command; do
        program=$(dirname "$file")/test_matrix
        if [ -e "$program" ] || [ -e "$program.exe" ]; then
            set -- "$@" "$(make_log "$file")"
        fi
    done
fi
if [ $# = 0 ]; then
    echo "compare: no test_matrix was built" >&2
    exit 2
fi

awk -f "$ci/compare.awk" "$@"
