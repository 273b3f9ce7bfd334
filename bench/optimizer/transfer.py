#!/usr/bin/env python3
"""What a prior study is worth: `trimtab optimize --prior` on recorded systems that were measured in several environments (versions of the input,
hardware, workload). A first study (30 runs) in one environment is the prior of a study in another. Beside it: no prior, a prior of random runs
whose values are turned round (what was best is worst), and one whose values are dealt out anew (it says nothing). Prints docs/results/transfer.md.
Usage: bench/optimizer/run transfer [--seeds 10] [--trimtab build/release/trimtab]"""
import argparse
import json
import math
import pathlib
import statistics
import tempfile
import zlib

import numpy

from recorded import Table, declared, read_table
from space import Space
from task import Outcome, Task
from tuners.trimtab_pipe import Trimtab

ROOT = pathlib.Path(__file__).resolve().parents[2]
# (table, environment tuned, environment of the prior)
PAIRS = (("imagemagick", 1, 3), ("x264", 1, 3), ("x264", 10, 1), ("sqlite", 1, 3), ("nginx", 1, 2), ("storm", 1, 2), ("storm", 2, 1), ("sac", 1, 2), ("sac", 2, 3))
PRIOR_RUNS = 30
RUNS = 30
AFTER = (3, 5, 10, 20, 30)
KINDS = ("none", "other environment", "turned round", "dealt anew")


def environment_task(name, environment):
    rows = read_table(f"environments_{name}")
    columns = [c for c in rows[0] if not (c.startswith("env") and c[3:].isdigit())]
    space = Space(declared(rows, columns))
    table = Table(space, rows)
    values = numpy.array([float(row[f"env{environment}"]) for row in rows])

    def truth(configuration):
        return Outcome({"value": float(values[table.nearest(configuration)])})

    return Task(f"{name}{environment}", "environments", space, lambda configuration, random: truth(configuration), truth,
                float(values.min()), float(numpy.median(values)))


def search(task, seed, runs, trimtab, prior=None):
    """(configurations and values in their order, regret after each run, lines of the suggestions' reasons)."""
    options = {"trimtab": trimtab, "trimtab_options": ("--prior", str(prior)) if prior else ()}
    tuner = Trimtab(task, seed, runs, options)
    history, regrets, best = [], [], math.inf
    try:
        for _ in range(runs):
            configuration = tuner.ask()
            value = task.truth(task.space.checked(configuration)).metrics["value"]
            tuner.tell(configuration, Outcome({"value": value}))
            history.append((configuration, value))
            best = min(best, value)
            regrets.append(min(2.0, (best - task.best) / (task.median - task.best)))
    finally:
        tuner.close()
    return history, regrets


def drawn(task, seed):
    """PRIOR_RUNS uniform configurations with their values: the runs of a study that follows no model."""
    random = numpy.random.default_rng([seed, 4])
    chosen = [task.space.decode(units) for units in random.random((PRIOR_RUNS, len(task.space.parameters)))]
    return [(c, task.truth(c).metrics["value"]) for c in chosen]


def write_prior(path, history, kind, seed):
    values = [value for _, value in history]
    if kind == "turned round":
        low, high = min(values), max(values)
        values = [low * high / value if low > 0 else low + high - value for value in values]
    elif kind == "dealt anew":
        values = list(numpy.random.default_rng([seed, 5]).permutation(values))
    lines = [json.dumps({"tell": {"configuration": c, "metrics": {"value": float(v)}}}) for (c, _), v in zip(history, values)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def measure(pair, seeds, trimtab):
    """{kind: list of regret lists}."""
    name, tuned, before = pair
    task, old = environment_task(name, tuned), environment_task(name, before)
    found = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "prior.jsonl"
        for seed in range(1, seeds + 1):
            own = zlib.crc32(f"{task.name} {seed}".encode()) & 0x7FFFFFFF
            history, _ = search(old, own + 1, PRIOR_RUNS, trimtab)
            for kind in KINDS:
                if kind != "none":
                    write_prior(path, history if kind == "other environment" else drawn(old, seed), kind, seed)
                found[kind].append(search(task, own, RUNS, trimtab, None if kind == "none" else path)[1])
    return found


def likeness(pair):
    rows = read_table(f"environments_{pair[0]}")
    ranks = [numpy.argsort(numpy.argsort([float(row[f"env{k}"]) for row in rows])) for k in pair[1:]]
    return float(numpy.corrcoef(ranks)[0, 1])


def report(results, seeds):
    out = ["# Prior studies", "",
           f"`bench/optimizer/run transfer --seeds {seeds}` printed this page. A study of {RUNS} runs in one environment of a recorded system, with a prior study of {PRIOR_RUNS} runs",
           "that Trimtab made in another environment. *Turned round*: a prior of random runs with its best as its worst. *Dealt anew*: with its",
           f"values dealt out at random. Mean normalised regret over {seeds} seeds (0 the best recorded row, 1 the median one). *Like*: rank correlation of the two environments over all rows.", "",
           "| system | like | prior | " + " | ".join(f"{n} runs" for n in AFTER) + " |", "|---|---|---|" + "---|" * len(AFTER)]
    total = {kind: [] for kind in KINDS}
    for pair, found in results:
        for kind in KINDS:
            means = [statistics.mean(r[n - 1] for r in found[kind]) for n in AFTER]
            total[kind].append(means)
            out.append(f"| {pair[0]} {pair[2]} -> {pair[1]} | {likeness(pair):.2f} | {kind} | " + " | ".join(f"{m:.3f}" for m in means) + " |")
    out += ["", "| mean of all | " + " | ".join(f"{n} runs" for n in AFTER) + " |", "|---|" + "---|" * len(AFTER)]
    for kind in KINDS:
        means = [statistics.mean(row[k] for row in total[kind]) for k in range(len(AFTER))]
        out.append(f"| {kind} | " + " | ".join(f"{m:.3f}" for m in means) + " |")
    return "\n".join(out) + "\n"


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trimtab", default=str(ROOT / "build/release/trimtab"))
    parser.add_argument("--pairs", default="", help="numbers of the pairs, comma separated; all by default")
    options = parser.parse_args(arguments)
    chosen = [PAIRS[int(k)] for k in options.pairs.split(",")] if options.pairs else PAIRS
    print(report([(pair, measure(pair, options.seeds, options.trimtab)) for pair in chosen], options.seeds), end="")


if __name__ == "__main__":
    main()
