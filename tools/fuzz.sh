#!/usr/bin/env bash
# Fuzzes every target of every package for a while, one after the other:
#
#   tools/fuzz.sh 10s
#
# What go finds is kept in the package's testdata/fuzz: commit it with the fix.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${1:-10s}
for pkg in $(go list ./...); do
	listed=$(go test -list '^Fuzz' "$pkg")
	for target in $(grep '^Fuzz' <<<"$listed" || true); do
		echo "== $pkg $target, $time"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$pkg"
	done
done
