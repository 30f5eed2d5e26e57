#!/bin/sh
# row.sh NAME PRESET...: configure, build and test one row of the matrix.
#
# The output goes to build/log/PRESET.log. Shown are failures, lost tests and
# CTest's own summary; a last line says how the row went, and the same is left
# for matrix.sh in build/log/NAME.row.
set -eu
cd "$(dirname "$0")/.."

name=$1
shift
mkdir -p build/log
rm -f "build/log/$name.row"

# The output of each test that failed. CTest prints it behind the result line.
failed_tests() {
    awk '/^ *[0-9]+\/[0-9]+ +Test +#/ { show = /\*\*\*/ && !/\*\*\*Skipped/ }
         /^ +Start +[0-9]+:/ { next }
         /^[0-9]+% tests passed/ { exit }
         show' "$1"
}

# run PRESET: add to tests, skipped and absent; may set result.
run() {
    log=build/log/$1.log
    echo "== $name: building and testing $1 (log: $log)"
    status=0
    cmake --workflow --preset "$1" >"$log" 2>&1 || status=$?

    # It counts as passed only when CTest says so, in so many words.
    closing=$(grep -E \
        '^[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+' "$log" |
        tail -n 1) || true
    case $status/$closing in
    0/"100% tests passed, 0 tests failed out of "*) ;;
    *) result=FAILED ;;
    esac
    if [ -z "$closing" ]; then
        tail -n 80 "$log"
        return
    fi
    failed_tests "$log" | head -n 200
    sed -n '/^[0-9]*% tests passed/,$p' "$log"
    grep -h '^SKIP ' "build/$1/Testing/Temporary/LastTest.log" || true

    tests=$((tests + ${closing##* }))
    skipped=$((skipped + $(grep -cE \
        '^ *[0-9]+/[0-9]+ +Test +#.*\*\*\*Skipped' "$log" || true)))
    gone=$(ci/lost.sh "$1" "$log") || result=FAILED
    absent=$((absent + ${gone:-0}))
}

began=$(date +%s)
result=passed
tests=0
skipped=0
absent=0
for preset; do
    run "$preset"
done
seconds=$(($(date +%s) - began))

printf '%s\t%s\t%s\t%s\t%s\t%s\n' \
    "$name" $tests $skipped $absent $seconds $result >"build/log/$name.row"
echo "== $name: $result; $tests tests, $skipped of them skipped," \
    "$absent more not run here, $seconds s"
[ $result = passed ]
