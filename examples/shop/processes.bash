# Sourced by the demonstration's scripts: processes that run on after the script, found again by a later one. Needs $state, the folder for
# pids/ and logs/, and $step_total.
# shellcheck shell=bash disable=SC2154

# A process of ours is its pid and its start time: a pid alone may have been reused.
start_ticks() { awk '{print $22}' "/proc/$1/stat" 2>/dev/null; }
alive() {
  local file="$state/pids/$1" pid ticks
  [ -f "$file" ] || return 1
  read -r pid ticks < "$file"
  [ -n "${ticks:-}" ] && [ "$(start_ticks "$pid")" = "$ticks" ]
}
launch() { # name command...
  local name=$1
  shift
  alive "$name" && return 0
  setsid "$@" > "$state/logs/$name.log" 2>&1 < /dev/null &
  local pid=$!
  disown
  echo "$pid $(start_ticks "$pid")" > "$state/pids/$name"
}
terminate() { # name seconds
  local name=$1 pid ticks i
  if alive "$name"; then
    read -r pid ticks < "$state/pids/$name"
    kill -TERM "$pid" 2>/dev/null || true
    for ((i = 0; i < $2 * 10; i++)); do alive "$name" || break; sleep 0.1; done
    if alive "$name"; then kill -KILL "$pid" 2>/dev/null || true; fi
  fi
  rm -f "$state/pids/$name"
}

step_number=0
step() { step_number=$((step_number + 1)); printf '[%d/%d] %s\n' "$step_number" "$step_total" "$1"; }
wait_for() { # what url seconds log
  local i
  for ((i = 0; i < $3 * 5; i++)); do
    curl -fsS -o /dev/null --max-time 2 "$2" 2>/dev/null && return 0
    sleep 0.2
  done
  echo "error: $1 did not answer at $2 within $3 s, see $4" >&2
  tail -n 15 "$4" >&2 || true
  exit 6
}
