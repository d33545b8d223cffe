#!/usr/bin/env bash
# Runs a script in a temporary copy of its folder, with a sandbox to send to:
#
#     examples/sandboxed.sh FOLDER SCRIPT [SANDBOX FLAGS]
#
# SCRIPT finds `herald`, HERALD_BASE_URL and INTERCOM_ACCESS_TOKEN set up.
set -euo pipefail

folder=$1 script=$2
shift 2
work=$(mktemp -d)
sandbox=
trap '[ -z "$sandbox" ] || kill "$sandbox"; rm -rf "$work"' EXIT

mkdir "$work/bin"
if [ -n "${HERALD:-}" ]; then
    ln -s "$HERALD" "$work/bin/herald"
else
    (cd "$(dirname "$0")/.." && go build -o "$work/bin/herald" ./cmd/herald)
fi
export PATH="$work/bin:$PATH"
cp -R "$folder" "$work/campaign"
cd "$work/campaign"

mkfifo "$work/said"
herald sandbox "$@" >"$work/said" 2>/dev/null &
sandbox=$!
exec 3<"$work/said"
read -r line <&3 # sandbox listening on URL
export HERALD_BASE_URL=${line##* } INTERCOM_ACCESS_TOKEN=any-token-will-do

PS4='
$ ' bash -euxo pipefail "./$script"
