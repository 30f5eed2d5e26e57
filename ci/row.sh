#!/bin/sh
# row.sh NAME PRESET: configure, build and test one row of the matrix.
#
# The whole output goes to build/log/NAME.log. Shown are failures and CTest's
# own summary; a last line says how the row went, and the same is left for
# matrix.sh in build/log/NAME.row.
set -eu
cd "$(dirname "$0")/.."

name=$1
preset=$2
log=build/log/$name.log
mkdir -p build/log
rm -f "build/log/$name.row"

# The output of each test that failed. CTest prints it behind the result line.
failed_tests() {
    awk '/^ *[0-9]+\/[0-9]+ +Test +#/ { show = /\*\*\*/ && !/\*\*\*Skipped/ }
         /^ +Start +[0-9]+:/ { next }
         /^[0-9]+% tests passed/ { exit }
         show' "$log"
}

echo "== $name: building and testing (log: $log)"
began=$(date +%s)
status=0
cmake --workflow --preset "$preset" >"$log" 2>&1 || status=$?
seconds=$(($(date +%s) - began))

# A row counts as passed only when CTest says so, in so many words.
closing=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+' \
    "$log" | tail -n 1) || true
tests=${closing##* }
skipped=$(grep -cE '^ *[0-9]+/[0-9]+ +Test +#.*\*\*\*Skipped' "$log") || true
result=passed
case $status/$closing in
0/"100% tests passed, 0 tests failed out of "*) ;;
*) result=FAILED ;;
esac

if [ -z "$closing" ]; then
    tail -n 80 "$log"
else
    failed_tests | head -n 200
    sed -n '/^[0-9]*% tests passed/,$p' "$log"
    grep -h '^SKIP ' "build/$preset/Testing/Temporary/LastTest.log" || true
fi
printf '%s\t%s\t%s\t%s\t%s\n' \
    "$name" "${tests:--}" "$skipped" "$seconds" "$result" \
    >"build/log/$name.row"
echo "== $name: $result; ${tests:-no} tests, $skipped of them skipped," \
    "$seconds s"
[ $result = passed ]
