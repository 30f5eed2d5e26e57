#!/bin/sh
# lost.sh PRESET LOG: find the tests that the preset has lost.
#
# Every test that the preset "linux" registers must have passed in LOG, what
# CTest printed, or be listed in gaps.txt. Prints how many did not run, and the
# lost ones on the standard error; fails if there are any.
set -eu
cd "$(dirname "$0")/.."

preset=$1
log=$2

# The tests that CTest knows, by name.
reference() {
    cmake --preset linux >/dev/null
    ctest --preset linux -N | sed -n 's/^ *Test *#[0-9]*: //p'
}

# "NAME RESULT" for each test in the log.
results() {
    awk '/^ *[0-9]+\/[0-9]+ +Test +#/ {
             result = "failed"
             if (/ Passed +[0-9.]+ sec/)
                 result = "passed"
             else if (/\*\*\*Skipped/)
                 result = "skipped"
             print $4, result
         }' "$log"
}

# listed RESULT NAME: whether gaps.txt has it.
listed() {
    while read -r presets results tests _; do
        # shellcheck disable=SC2254 # patterns are wanted
        case $preset in
        $presets)
            case $1/$2 in
            $results/$tests) return 0 ;;
            esac
            ;;
        esac
    done <ci/gaps.txt
    return 1
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
reference | LC_ALL=C sort >"$tmp/reference"
results | LC_ALL=C sort >"$tmp/results"
LC_ALL=C join -a 1 "$tmp/reference" "$tmp/results" >"$tmp/all"

absent=0
lost=0
while read -r name result; do
    result=${result:-absent}
    case $result in
    passed) continue ;;
    absent) absent=$((absent + 1)) ;;
    esac
    listed "$result" "$name" && continue
    lost=$((lost + 1))
    echo "lost: $name is $result in $preset, and not in ci/gaps.txt" >&2
done <"$tmp/all"
echo $absent
[ -s "$tmp/reference" ] && [ $lost = 0 ]
