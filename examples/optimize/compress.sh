#!/usr/bin/env bash
# The same with the shell alone: trimtab optimize as a coprocess. Usage: compress.sh [TRIMTAB] [ROUNDS]     Needs gzip.
set -euo pipefail
trimtab=${1:-trimtab}
rounds=${2:-9}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/space.yaml" << 'YAML'
apiVersion: trimtab.dev/v1
kind: Space
parameters: [{name: level, type: integer, min: 1, max: 9}]
goal: {minimize: milliseconds}
slos: [kilobytes <= 600]
baseline: {level: 9}
YAML
seq 1 300000 > "$folder/sample"

coproc OPTIMIZER { exec "$trimtab" optimize "$folder/space.yaml"; }
call() {
  printf '%s\n' "$1" >&"${OPTIMIZER[1]}"
  IFS= read -r reply <&"${OPTIMIZER[0]}"
  case $reply in '{"error"'*) echo "trimtab: $reply" >&2; exit 1 ;; esac
}

for ((i = 1; i <= rounds; i++)); do
  call '{"ask":{}}'
  [[ $reply =~ \"level\":([0-9]+) ]] && level=${BASH_REMATCH[1]}
  [[ $reply =~ \"id\":\"(t-[0-9]+)\" ]] && id=${BASH_REMATCH[1]}
  start=$(date +%s%N)
  gzip -c "-$level" "$folder/sample" > "$folder/sample.gz"
  milliseconds=$((($(date +%s%N) - start) / 1000000 + 1))
  kilobytes=$(($(stat -c %s "$folder/sample.gz") / 1024))
  call "{\"tell\":{\"id\":\"$id\",\"metrics\":{\"milliseconds\":$milliseconds,\"kilobytes\":$kilobytes}}}"
  echo "$i level $level: $milliseconds ms, $kilobytes KiB"
done
call '{"best":{}}'
echo "$reply"
