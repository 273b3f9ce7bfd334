# Where things are, for the scripts beside this one. Sourced.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
state="$root/.state/study"
port=18181
find_program() { # variable, path under a build directory
  local given=${!1:-} file
  if [ -n "$given" ]; then echo "$given"; return; fi
  for file in "$root"/build/*/"$2"; do
    if [ -x "$file" ]; then echo "$file"; return; fi
  done
  echo "error: $2 is not built, run ./run once or set $1" >&2
  exit 6
}
# One replica without a proxy: a study may interrupt it.
render() {
  mkdir -p "$state/logs"
  sed -e "s|@STATE@|$state|g" -e "s|@ROOT@|$root|g" -e "s|@MODE@|observe|g" -e "s|@PROMETHEUS_PORT@|19090|g" \
    -e "s|replicas: 2|replicas: 1|" -e "s|slots: .*|slots: [$port]|" -e '/^  haproxy:/d' \
    -e "s|trimtab-shop|trimtab-shop-study|g" "$root/examples/shop/application.yaml.in" > "$state/application.yaml"
}
