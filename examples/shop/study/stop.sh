#!/usr/bin/env bash
# shellcheck disable=SC1091,SC2154
# Ends the replica.
set -euo pipefail
source "$(dirname "$0")/where.sh"
render
"$(find_program TRIMTAB trimtab)" platform stop "$state/application.yaml"
