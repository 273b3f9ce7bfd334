#!/usr/bin/env python3
"""Finds the fastest zstd settings that still compress to a fifth, with `trimtab optimize`. Python's standard library only.
Usage: compress.py [TRIMTAB] [ROUNDS]     Needs zstd."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

TRIMTAB = sys.argv[1] if len(sys.argv) > 1 else "trimtab"
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 25
SPACE = pathlib.Path(__file__).with_name("compress.yaml")


def write_sample(path, lines=60_000):
    """A made-up access log: repetitive, as real ones are, and the same every time."""
    state = 1
    with open(path, "w") as file:
        for i in range(lines):
            state = (1103515245 * state + 12345) % 2**31
            file.write(f"10.0.{state % 7}.{state % 251} GET /shop/item/{state % 9973}?page={i % 13} {200 if state % 40 else 500} {state % 100_000} us\n")


def compress(path, c):
    """Runs the real program: seconds, and the size as a share of the original; or why it failed."""
    command = ["zstd", "-q", "-f", f"-{c['level']}", f"-T{c['threads']}", f"--zstd=wlog={c['windowLog']},strat={c['strategy']}", path, "-o", path + ".zst"]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        return {"failed": done.stderr.strip() or f"exit code {done.returncode}"}
    return {"metrics": {"seconds": seconds, "size": os.path.getsize(path + ".zst") / os.path.getsize(path)}}


optimizer = subprocess.Popen([TRIMTAB, "optimize", str(SPACE), "--budget", str(ROUNDS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def call(**request):
    print(json.dumps(request), file=optimizer.stdin, flush=True)
    reply = json.loads(optimizer.stdout.readline())
    if "error" in reply:
        sys.exit(f"trimtab: {reply['error']['message']} ({reply['error']['field']})")
    return reply


with tempfile.TemporaryDirectory() as folder:
    sample = os.path.join(folder, "sample.log")
    write_sample(sample)
    for i in range(ROUNDS):  # the whole loop
        suggestion = call(ask={})["suggestions"][0]
        outcome = compress(sample, suggestion["configuration"])
        told = call(tell={"id": suggestion["id"], **outcome})["told"]
        print(f"{i + 1:3} {json.dumps(suggestion['configuration'])} {outcome} {'' if told['feasible'] else 'breaks the bound'}")
print("best:", json.dumps(call(best={})["best"]))
for one in call(importance={})["importance"]:
    print(f"{one['parameter']:>10} {one['share']:.0%}")
optimizer.stdin.close()
sys.exit(optimizer.wait(timeout=10))
