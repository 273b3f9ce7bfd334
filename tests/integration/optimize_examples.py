#!/usr/bin/env python3
"""The examples of examples/optimize run against the real program and end with a best configuration that holds the bound; trimtab optimize ends on
SIGTERM while it waits, and goes on from its state after kill -9."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples/optimize"
TRIMTAB = os.environ.get("TRIMTAB_BIN", str(ROOT / "build/release/trimtab"))


def best_of(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    line = next(line for line in reversed(done.stdout.splitlines()) if "configuration" in line and "confidence" in line)
    best = json.loads(line.removeprefix("best:"))
    return best.get("best", best)


def start(space, *options):
    return subprocess.Popen([TRIMTAB, "optimize", str(space), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def call(process, request):
    print(json.dumps(request), file=process.stdin, flush=True)
    return json.loads(process.stdout.readline())


def killed_and_continued(folder):
    state = str(pathlib.Path(folder) / "state")
    space = EXAMPLES / "compress.yaml"
    first = start(space, "--state", state)
    for i in range(3):
        asked = call(first, {"ask": {}})["suggestions"][0]
        assert "told" in call(first, {"tell": {"id": asked["id"], "metrics": {"seconds": 1 + i, "size": 0.1}}})
    first.kill()
    first.wait(timeout=10)
    second = start(space, "--state", state)
    assert call(second, {"best": {}})["best"]["objective"] == 1
    assert call(second, {"ask": {}})["suggestions"][0]["id"] == "t-4"
    second.send_signal(signal.SIGTERM)  # it waits for a line
    assert second.wait(timeout=10) == 0


def main():
    if not shutil.which("zstd") or not shutil.which("gzip"):
        sys.exit("zstd and gzip are needed: tools/setup test")
    best = best_of([sys.executable, str(EXAMPLES / "compress.py"), TRIMTAB, "12"])
    assert best["metrics"]["size"] <= 0.2, best
    best = best_of([str(EXAMPLES / "compress.sh"), TRIMTAB, "9"])
    assert best["metrics"]["kilobytes"] <= 600, best
    with tempfile.TemporaryDirectory() as folder:
        killed_and_continued(folder)
    print("the examples find configurations within their bounds")


if __name__ == "__main__":
    main()
