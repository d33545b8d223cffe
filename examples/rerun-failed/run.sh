#!/usr/bin/env bash
# Rows that failed: exported with the reason, corrected, sent again.
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/../sandboxed.sh" "$here" session.sh --unknown-contact 6329f3a1cO22
