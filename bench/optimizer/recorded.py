"""Recorded systems as tasks. The value of a configuration is that of the nearest recorded row.

Distance between a configuration and a row: the sum over the declared parameters of
  |unit(a) - unit(b)|  for numbers and ranks, unit being the place in the declared range, linear or logarithmic as declared,
  0 or 1               for categories that are equal or not,
  0                    for a parameter that is inactive in both; 1 when it is active in one only.
Ties go to the row that stands first in the table. Every tuner is scored by this same function and sees the declared space only.
"""

import csv
import gzip
import pathlib

import numpy

from space import Space, categorical, flag, integer, ordinal, real
from task import Outcome, Task

DATA = pathlib.Path(__file__).resolve().parent / "data"


def read_table(name):
    with gzip.open(DATA / f"{name}.csv.gz", "rt", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


class Table:
    """Rows of one recorded system in the coordinates of a space."""

    def __init__(self, space, rows):
        self.space = space
        self.rows = rows
        self.numeric = [p for p in space.parameters if p.kind != "categorical"]
        self.classes = [p for p in space.parameters if p.kind == "categorical"]
        coordinates = [self._coordinates(self.typed(row)) for row in rows]
        self.units = numpy.array([c[0] for c in coordinates]).reshape(len(rows), len(self.numeric))
        self.codes = numpy.array([c[1] for c in coordinates], dtype=int).reshape(len(rows), len(self.classes))

    def typed(self, row):
        configuration = {}
        for p in self.space.parameters:
            if self.space.active(p, configuration):
                configuration[p.name] = row[p.name] if p.values else float(row[p.name])
        return configuration

    def _coordinates(self, configuration):
        # An inactive number sits at -1 and an inactive category has code -1.
        units = [p.unit(configuration[p.name]) if p.name in configuration else -1.0 for p in self.numeric]
        codes = [p.values.index(configuration[p.name]) if p.name in configuration else -1 for p in self.classes]
        return units, codes

    def distances(self, configuration, weights=None):
        units, codes = self._coordinates(configuration)
        apart = numpy.minimum(numpy.abs(self.units - numpy.array(units)), 1.0)
        unlike = (self.codes != numpy.array(codes, dtype=int)).astype(float)
        both = numpy.concatenate([apart, unlike], axis=1)
        return both.sum(axis=1) if weights is None else both @ weights

    def nearest(self, configuration):
        return int(numpy.argmin(self.distances(configuration)))


def ranged(rows, name, log=None):
    """An integer parameter with the range seen in the rows, logarithmic where min > 0 and max/min >= 100."""
    values = [float(row[name]) for row in rows]
    low, high = int(min(values)), int(max(values))
    return integer(name, low, high, low > 0 and high / low >= 100 if log is None else log)


def seen(rows, name):
    """A categorical parameter with the values seen in the rows."""
    return categorical(name, *sorted({row[name] for row in rows}))


def levels(rows, name):
    """An ordinal parameter with the values seen in the rows, in numeric order."""
    return ordinal(name, *sorted({row[name] for row in rows}, key=float))


def declared(rows, names):
    """Flags and words become categories; numbers with at most 12 levels ranks; other numbers ranges."""
    result = []
    for name in names:
        values = {row[name] for row in rows}
        try:
            numbers = {float(v) for v in values}
        except ValueError:
            result.append(flag(name) if values == {"off", "on"} else seen(rows, name))
            continue
        result.append(levels(rows, name) if len(numbers) <= 12 else ranged(rows, name))
    return result


def table_task(name, parameters=None, maximise=False, ratios=None, failed_from=None):
    rows = read_table(name)
    names = [column for column in rows[0] if column != "metric"]
    space = Space(parameters(rows) if parameters else declared(rows, names))
    table = Table(space, rows)
    values = [float(row["metric"]) for row in rows]
    # The best and median of what a tuner can be given, which are those of the rows.
    good = numpy.array([v for v in values if failed_from is None or v < failed_from])

    def truth(configuration):
        value = values[table.nearest(configuration)]
        if failed_from is not None and value >= failed_from:
            return Outcome({}, "the recorded run failed")
        return Outcome({"value": value})

    def measure(configuration, random):
        outcome = truth(configuration)
        if ratios and not outcome.failed:
            outcome.metrics["value"] *= ratios[int(random.integers(len(ratios)))]
        return outcome

    return Task(name, "recorded", space, measure, truth, float(good.max() if maximise else good.min()), float(numpy.median(good)), maximise,
                noisy=bool(ratios), reference=f"best and median of {len(good)} recorded rows")


def dconvert_space(rows):
    return [seen(rows, "platform"), seen(rows, "format"), seen(rows, "rounding"),
            flag("image_set_folders", when=("platform", "ios")), flag("mipmap", when=("platform", "android")),
            flag("ldpi_tvdpi", when=("platform", "android")), flag("scale_is_height"), flag("anti_aliasing"), flag("skip_upscaling"),
            levels(rows, "threads")]


def redis_space(rows):
    names = [column for column in rows[0] if column not in ("metric", "replDisableTcpNodelay")]
    return [ranged(rows, name) for name in names] + [flag("replDisableTcpNodelay")]


def tuna_task():
    ratios = [float(row["ratio"]) for row in read_table("tuna_nginx_ratios")]
    return table_task("tuna_nginx", ratios=ratios, failed_from=900000)


class Surrogate:
    """Metrics of a system of which some 150 runs in 30 dimensions are recorded: the nearest row alone would be a needle field.
    Mean of the five nearest succeeded rows weighted by 1 / (0.05 + distance); the distance weighs each parameter by its absolute rank
    correlation with throughput (at least 0.05). A run fails when two of the three nearest rows failed. The same for every tuner."""

    def __init__(self, table):
        self.table = table
        rows = table.rows
        self.failed = numpy.array([row["failed"] == "1" for row in rows])
        self.metrics = {m: numpy.array([float(row[m]) if row[m] else numpy.nan for row in rows]) for m in ("throughput", "response_time", "errors")}
        good = ~self.failed
        target = rank(self.metrics["throughput"][good])
        columns = numpy.concatenate([table.units, table.codes.astype(float)], axis=1)[good]
        self.weights = numpy.array([max(0.05, abs(correlation(rank(column), target))) for column in columns.T])

    def __call__(self, configuration):
        distance = self.table.distances(configuration, self.weights)
        if self.failed[numpy.argsort(distance, kind="stable")[:3]].sum() >= 2:
            return None
        distance = numpy.where(self.failed, numpy.inf, distance)
        near = numpy.argsort(distance, kind="stable")[:5]
        weight = 1.0 / (0.05 + distance[near])
        return {metric: float((values[near] * weight).sum() / weight.sum()) for metric, values in self.metrics.items()}


def rank(values):
    _, inverse, counts = numpy.unique(values, return_inverse=True, return_counts=True)
    return (numpy.cumsum(counts) - (counts - 1) / 2)[inverse]


def correlation(a, b):
    a, b = a - a.mean(), b - b.mean()
    scale = float(numpy.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / scale) if scale else 0.0


def kruize_task(experiment, throughput_floor, response_ceiling):
    """Quarkus TechEmpower in Kubernetes: the cheapest pod that still carries the load."""
    rows = read_table(f"kruize{experiment}")
    results = {"throughput", "response_time", "errors", "failed"}
    parameters = []
    for name in (column for column in rows[0] if column not in results):
        numbers = name not in ("gcpolicy",) and rows[0][name] not in ("on", "off")
        if not numbers:
            parameters.append(flag(name))
        elif name in ("cpu_req", "compilethresholdscaling"):
            values = [float(row[name]) for row in rows]
            parameters.append(real(name, min(values), max(values)))
        else:
            parameters.append(ranged(rows, name, log=name == "mem_req"))
    # 1 per CPU, 0.13 per GiB requested.
    slos = (("throughput", ">=", throughput_floor), ("response_time", "<=", response_ceiling), ("errors", "<=", 100.0))
    return pod_task(f"kruize{experiment}", rows, parameters, lambda c: c["cpu_req"] + 0.13 * c["mem_req"] / 1024, slos)


def smarttuning_task():
    """Acme Air on OpenJ9 and Open Liberty in Kubernetes: the cheapest pod whose load is still served. The bounds are met by about half of the recorded
    runs; the same prices as above."""
    rows = read_table("smarttuning")
    parameters = [ranged(rows, "keep_alive_requests"), ranged(rows, "persist_timeout"), ranged(rows, "mongo_connections"), flag("virtualized"),
                  flag("container_support"), seen(rows, "gc_policy"), levels(rows, "cpu"), levels(rows, "memory")]
    slos = (("throughput", ">=", 2500.0), ("response_time", "<=", 60.0), ("errors", "<=", 0.01))
    return pod_task("smarttuning", rows, parameters, lambda c: float(c["cpu"]) + 0.13 * float(c["memory"]) / 1024, slos)


def pod_task(name, rows, parameters, cost, slos):
    """The baseline is the first configuration, in the order in which they were recorded, that keeps the SLOs: what a study begins with is in production."""
    space = Space(parameters)
    table = Table(space, rows)
    surrogate = Surrogate(table)

    def truth(configuration):
        metrics = surrogate(configuration)
        if metrics is None:
            return Outcome({}, "the trial failed")
        metrics["value"] = cost(configuration)
        return Outcome(metrics)

    task = Task(name, "recorded", space, lambda configuration, random: truth(configuration), truth, 0.0, 1.0, slos=slos)
    recorded = (space.checked(table.typed(row)) for row in rows)
    task.baseline = next(configuration for configuration in recorded if task.feasible(truth(configuration)))
    task.best, task.median, task.reference = pod_reference(task)
    return task


def pod_reference(task):
    """The best is found by a long local search from the best of 20 000 draws; it is a bound that a tuner may beat (regret 0 then)."""
    random = numpy.random.default_rng(20260102)
    found = []
    for units in random.random((20000, len(task.space.parameters))):
        outcome = task.truth(task.space.decode(units))
        if task.feasible(outcome):
            found.append((outcome.metrics["value"], tuple(units)))
    found.sort()
    median = found[len(found) // 2][0]
    best, here = found[0][0], numpy.array(found[0][1])
    for step in range(6000):
        there = here.copy()
        changed = random.random(len(here)) < 3 / len(here)
        there[changed] = numpy.where(random.random(changed.sum()) < 0.3, random.random(changed.sum()),
                                     numpy.clip(here[changed] + random.normal(0, 0.1, changed.sum()), 0, 1))
        outcome = task.truth(task.space.decode(there))
        if task.feasible(outcome) and outcome.metrics["value"] <= best:
            best, here = outcome.metrics["value"], there
    return best, median, f"best of 20 000 draws and a local search of 6 000; {len(found) / 200:.1f} % of draws are feasible"


RECORDED = {
    "bdbc": lambda: table_task("bdbc"),
    "hsqldb": lambda: table_task("hsqldb"),
    "llvm": lambda: table_task("llvm"),
    "postgresql": lambda: table_task("postgresql"),
    "dconvert": lambda: table_task("dconvert", dconvert_space),
    "deeparch": lambda: table_task("deeparch"),
    "redis": lambda: table_task("redis", redis_space, maximise=True),
    "storm": lambda: table_task("storm", maximise=True),
    "nginx": lambda: table_task("nginx"),
    "x264": lambda: table_task("x264"),
    "sqlite": lambda: table_task("sqlite"),
    "tuna_nginx": tuna_task,
    "kruize9": lambda: kruize_task(9, 8000.0, 90.0),
    "kruize10": lambda: kruize_task(10, 15000.0, 40.0),
    "smarttuning": smarttuning_task,
}
