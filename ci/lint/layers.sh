#!/bin/sh
# Platform knowledge stays in the folders that the build chooses from, and the
# sources keep their measures. layers.awk holds the rules.
set -eu

dirs=
for dir in include src programs tests bench; do
    [ ! -d $dir ] || dirs="$dirs $dir"
done
# shellcheck disable=SC2086 # a list of words
find $dirs -name '*.[ch]' | LC_ALL=C sort |
    LC_ALL=C xargs awk -f ci/lint/layers.awk
