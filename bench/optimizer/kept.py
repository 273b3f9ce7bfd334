"""Searches of rivals that take hours to repeat, kept with the benchmark: kept/TUNER.jsonl.gz, one record a line as in the results file, without
times. A record holds only for the tasks and the tuner's program that it was made with: its digest is over their files and the rivals' versions,
and a record with another one is not used. `run --no-kept` measures everything anew; `run keep` writes the files from what has run."""

import functools
import gzip
import hashlib
import json
import pathlib

import tuners

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE / "kept"
TUNERS = ("smac", "botorch")
# What decides a search beside the tuner.
SHARED = ("recorded.py", "synthetic.py", "space.py", "task.py", "rivals.txt")
# What a tuner's program is made of beside itself.
FURTHER = {"botorch": ("tuners/direct_gp.py",)}


@functools.cache
def digest(tuner_name):
    hasher = hashlib.sha256()
    program = tuners.TUNERS[tuner_name][0].replace(".", "/") + ".py"
    for path in [*(HERE / name for name in (*SHARED, program, *FURTHER.get(tuner_name, ()))), *sorted((HERE / "data").glob("*.csv.gz"))]:
        hasher.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return hasher.hexdigest()[:16]


def read(folder=FOLDER):
    """(records that hold, how many do not)."""
    records, stale = [], 0
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for line in stream:
                record = json.loads(line)
                if record["tuner"] in tuners.TUNERS and record["digest"] == digest(record["tuner"]):
                    records.append(record)
                else:
                    stale += 1
    return records, stale


def write(records, folder=FOLDER):
    """Keeps the records of the slow rivals, with those kept before that still hold; returns how many of each tuner."""
    folder.mkdir(exist_ok=True)
    counts = {}
    for tuner in TUNERS:
        held = {(r["task"], r["seed"], r["budget"]): r for r in read(folder)[0] if r["tuner"] == tuner}
        for record in records:
            if record["tuner"] == tuner:
                kept = {name: value for name, value in record.items() if name not in ("suggest_ms", "seconds")}
                held[record["task"], record["seed"], record["budget"]] = {**kept, "digest": digest(tuner)}
        if not held:
            continue
        lines = "".join(json.dumps(held[key], separators=(",", ":")) + "\n" for key in sorted(held))
        # No time stamp in the file: the same records give the same bytes.
        (folder / f"{tuner}.jsonl.gz").write_bytes(gzip.compress(lines.encode(), mtime=0))
        counts[tuner] = len(held)
    return counts
