#!/usr/bin/env python3
"""Time per suggestion of `trimtab optimize`, through the protocol, with the model updated by a tell before every ask. Prints a table: number of
parameters, observations told, median and 90 % quantile of the milliseconds from request to reply over the last asks, and the mean processor time of
a round (tell and ask), which a busy machine does not change. All but the last observations are random and told without being asked for.
Usage: bench/optimizer/suggestion_time.py [--trimtab build/release/trimtab] [--parameters 20] [--observations 100] [--slos 1] [--goals 1]"""
import argparse
import json
import math
import pathlib
import random
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def space(parameters, slos, goals):
    lines = ["apiVersion: trimtab.dev/v1", "kind: Space", "parameters:"]
    for k in range(parameters):
        kind = k % 4
        if kind == 0:
            lines.append(f"  - {{name: p{k}, type: real, min: 0, max: 1}}")
        elif kind == 1:
            lines.append(f"  - {{name: p{k}, type: integer, min: 1, max: 1024, scale: log}}")
        elif kind == 2:
            lines.append(f"  - {{name: p{k}, type: real, min: -5, max: 5, step: 0.1}}")
        else:
            lines.append(f"  - {{name: p{k}, type: categorical, values: [a, b, c]}}")
    lines.append("goals: [" + ", ".join(["{minimize: time}", "{minimize: cost}"][:goals]) + "]")
    if slos:
        lines.append("slos:")
        lines += [f"  - m{j} <= 1.2" for j in range(slos)]
    return "\n".join(lines) + "\n"


def metrics(configuration, slos):
    total = 1.0
    for name, value in configuration.items():
        weight = 1 / (1 + int(name[1:]) // 2)
        if isinstance(value, str):
            total += weight * {"a": 0.0, "b": 0.3, "c": 0.7}[value]
        elif int(name[1:]) % 4 == 1:
            total += weight * (math.log2(value) / 10 - 0.4) ** 2
        else:
            total += weight * (value - 0.3) ** 2 / (1 if int(name[1:]) % 4 == 0 else 25)
    first = configuration["p0"]
    return {"time": total, "cost": 8 - total + first, **{f"m{j}": 1.5 - first * (1 + j) / 2 for j in range(slos)}}


def drawn(parameters, chance):
    """A random configuration of space()."""
    values = (lambda: chance.random(), lambda: round(2 ** (10 * chance.random())), lambda: round(-5 + 0.1 * chance.randrange(101), 1),
              lambda: chance.choice("abc"))
    return {f"p{k}": values[k % 4]() for k in range(parameters)}


def processor_ms(pid):
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trimtab", default=str(ROOT / "build/release/trimtab"))
    parser.add_argument("--parameters", type=int, default=20)
    parser.add_argument("--observations", type=int, default=100)
    parser.add_argument("--slos", type=int, default=1)
    parser.add_argument("--last", type=int, default=20, help="asks that count")
    parser.add_argument("--goals", type=int, default=1, choices=[1, 2])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        document = pathlib.Path(folder) / "space.yaml"
        document.write_text(space(options.parameters, options.slos, options.goals))
        process = subprocess.Popen([options.trimtab, "optimize", str(document)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def call(request):
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        chance = random.Random(1)
        for _ in range(max(0, options.observations - options.last)):
            configuration = drawn(options.parameters, chance)
            call({"tell": {"configuration": configuration, "metrics": metrics(configuration, options.slos)}})
        call({"ask": {}})
        times, before = [], processor_ms(process.pid)
        for _ in range(options.last):
            start = time.perf_counter()
            suggestion = call({"ask": {}})["suggestions"][0]
            times.append(1000 * (time.perf_counter() - start))
            call({"tell": {"id": suggestion["id"], "metrics": metrics(suggestion["configuration"], options.slos)}})
        spent = (processor_ms(process.pid) - before) / options.last
        process.stdin.close()
        process.wait(timeout=10)
    last = sorted(times)
    print(f"{'parameters':>10} {'goals':>5} {'SLOs':>5} {'observations':>12} {'median ms':>10} {'90 % ms':>8} {'CPU ms':>7}")
    print(f"{options.parameters:>10} {options.goals:>5} {options.slos:>5} {options.observations:>12} {last[len(last) // 2]:>10.1f} {last[int(0.9 * len(last))]:>8.1f} {spent:>7.1f}")


if __name__ == "__main__":
    main()
