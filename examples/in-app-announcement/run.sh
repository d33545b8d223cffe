#!/usr/bin/env bash
# In-app messages from a JSONL file with nested data.
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/../sandboxed.sh" "$here" session.sh
