#!/usr/bin/env bash
# Builds herald into dist/ for every platform that it runs on. Cgo stays off, so
# each is one file that needs nothing installed.
#
#   tools/cross.sh [go build flags...]
set -euo pipefail
cd "$(dirname "$0")/.."

for platform in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64; do
	os=${platform%/*} arch=${platform#*/} suffix=
	if [[ $os == windows ]]; then
		suffix=.exe
	fi
	file=dist/herald-$os-$arch$suffix
	echo "$file"
	CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build "$@" -o "$file" ./cmd/herald
done
