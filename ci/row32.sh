#!/bin/sh
# row32.sh NAME: a row of the matrix whose programs have 32 bits.
#
# Not every kernel runs those; that of a virtual machine may not. There the row
# is built, and says that it was not run.
set -eu
cd "$(dirname "$0")/.."

name=$1
status=0
/lib/ld-linux.so.2 --help >/dev/null 2>&1 || status=$?
if [ $status != 126 ]; then # found, and refused by the kernel
    exec ci/row.sh "$name" "$name"
fi

mkdir -p build/log
log=build/log/$name.log
echo "== $name: building $name (log: $log)"
began=$(date +%s)
result=not-run
{
    cmake --preset "$name" && cmake --build --preset "$name"
} >"$log" 2>&1 || {
    tail -n 80 "$log"
    result=FAILED
}
# There is nothing to compare.
rm -f "build/$name/tests/matrix/test_matrix.command"
seconds=$(($(date +%s) - began))

printf '%s\t-\t-\t-\t%s\t%s\n' "$name" $seconds $result >"build/log/$name.row"
echo "== $name: $result; this system runs no programs of 32 bits, $seconds s"
[ $result = not-run ]
