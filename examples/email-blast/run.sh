#!/usr/bin/env bash
# An email to every contact of a CSV file.
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/../sandboxed.sh" "$here" session.sh
