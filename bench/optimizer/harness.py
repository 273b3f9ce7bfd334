"""Runs one tuner on one task with one seed, and keeps the results in a JSON-lines file that an interrupted run continues."""

import json
import math
import time
import zlib

import numpy

import tasks
import tuners
from task import Outcome

REJECTED_LIMIT = 60  # suggestions in a row that break a declared relation before one of them costs a run


class Incumbent:
    """What would be used if the search ended now: the feasible configuration with the best measured mean."""

    def __init__(self, task):
        self.task = task
        self.seen = {}

    def add(self, configuration, outcome):
        key = json.dumps(configuration, sort_keys=True)
        entry = self.seen.setdefault(key, [configuration, 0.0, 0, True])
        if not self.task.feasible(outcome):
            entry[3] = False
        else:
            entry[1] += self.task.cost(outcome)
            entry[2] += 1

    def best(self):
        good = [(cost / count, configuration) for configuration, cost, count, feasible in self.seen.values() if feasible]
        return min(good, key=lambda pair: pair[0])[1] if good else None


def run_one(task, tuner_name, seed, budget, options):
    """A record with the regret after every run, the time of every suggestion (ask and tell, ms) and the runs that broke an SLO or failed."""
    # The task's name goes into the seed, so that a tuner's luck on one task is not its luck on all.
    random = numpy.random.default_rng([seed, zlib.crc32(task.name.encode())])
    tuner_seed = zlib.crc32(f"{task.name} {seed}".encode()) & 0x7FFFFFFF
    started = time.time()
    tuner = tuners.create(tuner_name, task, tuner_seed, budget, options)
    incumbent = Incumbent(task)
    regrets, times, broken, distinct = [], [], [], set()
    rejected = in_a_row = 0
    chosen_key, chosen_regret = None, task.regret(None)
    try:
        while len(regrets) < budget:
            begin = time.perf_counter()
            configuration = tuner.ask()
            spent = time.perf_counter() - begin
            configuration = task.space.checked(configuration)
            if not task.space.allowed(configuration):
                rejected, in_a_row = rejected + 1, in_a_row + 1
                if in_a_row < REJECTED_LIMIT:
                    tuner.reject(configuration)
                    continue
                outcome = Outcome({}, "breaks a declared relation")
            else:
                outcome = task.measure(configuration, random)
            in_a_row = 0
            incumbent.add(configuration, outcome)
            distinct.add(json.dumps(configuration, sort_keys=True))
            if not task.feasible(outcome):
                broken.append(len(regrets))
            begin = time.perf_counter()
            tuner.tell(configuration, outcome)
            times.append(round((spent + time.perf_counter() - begin) * 1000, 3))
            chosen = tuner.recommend() if task.noisy else None
            chosen = task.space.checked(chosen) if chosen else incumbent.best()
            key = json.dumps(chosen, sort_keys=True)
            if key != chosen_key:
                chosen_key, chosen_regret = key, task.regret(chosen)
            regrets.append(round(chosen_regret, 5))
    finally:
        tuner.close()
    if not all(math.isfinite(r) for r in regrets):
        raise RuntimeError("a regret is not finite")
    return {"task": task.name, "tuner": tuner_name, "seed": seed, "budget": budget, "version": tuner.version, "regret": regrets,
            "suggest_ms": times, "broken": broken, "rejected": rejected, "distinct": len(distinct), "seconds": round(time.time() - started, 2)}


def key_of(record):
    return record["task"], record["tuner"], record["seed"], record["budget"]


def read_results(path):
    """The finished records; a line cut by a kill is skipped and its job runs again."""
    records = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if "regret" in record:
                records[key_of(record)] = record
    return list(records.values())


def append(path, record):
    """A whole line at once; starts on a fresh line when the file ends in a cut one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cut = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
    with open(path, "a", encoding="utf-8") as stream:
        stream.write(("\n" if cut else "") + json.dumps(record, separators=(",", ":")) + "\n")


def run_job(job):
    """(task, tuner, seed, budget, options) -> a record, or one with "error" when the tuner failed."""
    task_name, tuner_name, seed, budget, options = job
    try:
        return run_one(cached_task(task_name), tuner_name, seed, budget, options)
    except Exception as error:  # noqa: BLE001 - a rival's failure must not end the benchmark; it is printed and run again next time
        return {"task": task_name, "tuner": tuner_name, "seed": seed, "budget": budget, "error": f"{type(error).__name__}: {error}"}


_built = {}


def cached_task(name):
    if name not in _built:
        _built[name] = tasks.build(name)
    return _built[name]
