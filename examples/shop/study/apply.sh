#!/usr/bin/env bash
# shellcheck disable=SC1091,SC2154
# Gives the replica the configuration in TRIMTAB_*; starts it when it does not run.
set -euo pipefail
source "$(dirname "$0")/where.sh"
trimtab=$(find_program TRIMTAB trimtab)
render
"$trimtab" platform apply "$state/application.yaml" \
  --set "container.cpu_limit=$TRIMTAB_CPU_LIMIT" --set "container.memory_limit=$TRIMTAB_MEMORY_LIMIT" \
  --set "jvm.heap=$TRIMTAB_HEAP" --set "jvm.gc=$TRIMTAB_GC" --set "jvm.gc_threads=$TRIMTAB_GC_THREADS" \
  --set "tomcat.max_threads=$TRIMTAB_MAX_THREADS"
