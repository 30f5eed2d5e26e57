#!/bin/sh
# src/posix and src/win32 have the same files, and each file defines the same
# functions of the contracts (os.h, console.h, disk.h) in the same order. Of the
# files os_selector_KIND.c the build takes one: they count as one, and are all
# alike.
set -eu

# files BACKEND: the names in it, but for its own header.
files() {
    (cd "src/$1" && find . -name '*.[ch]' ! -name "$1.h" | LC_ALL=C sort)
}

# contract FILE: the functions of a contract it defines. A definition starts in
# the first column and has its brace there; one of a kind may have two, of which
# the compiler sees one.
contract() {
    awk '/^[a-z]/ && match($0, /[ *](idem_os|console|disk)_[a-z0-9_]+\(/) &&
             (!/^static/ || /^static inline/) {
             name = substr($0, RSTART + 1, RLENGTH - 2)
         }
         /;$/ { name = "" }
         /^\{/ && name != "" { print name; name = "" }' "$1" | uniq
}

# kinds BACKEND: of the files that the build takes one of.
kinds() {
    (cd "src/$1" && find . -name 'os_selector_*.c' | LC_ALL=C sort)
}

describe() {
    files "$1" | grep -v '/os_selector_' | while read -r file; do
        echo "$file"
        contract "src/$1/$file"
    done
    echo "./os_selector_KIND.c"
    contract "src/$1/$(kinds "$1" | head -n 1)"
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
describe posix >"$tmp/posix"
describe win32 >"$tmp/win32"
for backend in posix win32; do
    kinds $backend | while read -r file; do
        contract "src/$backend/$file" >"$tmp/kind"
        contract "src/posix/os_selector_poll.c" |
            diff -u --label poll --label "$backend/$file" - "$tmp/kind"
    done
done
cd "$tmp"
grep -q idem_os_ posix
diff -U 3 posix win32
