#!/usr/bin/env bash
# shellcheck disable=SC1091,SC2154
# Loads the replica; the summary is one line of JSON.
set -euo pipefail
source "$(dirname "$0")/where.sh"
exec "$(find_program TRIMTAB_LOAD examples/load/trimtab-load)" --url "http://127.0.0.1:$port" "$@"
