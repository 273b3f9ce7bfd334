"""Functions with a known optimum, shaped like tuning problems. Numbers in comments are the published optima."""

import math

import numpy

from space import Space, categorical, flag, integer, real
from task import Outcome, Task, sampled_reference


def plain(name, space, function, best, family="synthetic", noise=0.0):
    """A task from a function of a configuration; noise is the standard deviation added to each run."""

    def truth(configuration):
        return Outcome({"value": function(configuration)})

    def measure(configuration, random):
        outcome = truth(configuration)
        outcome.metrics["value"] += noise * float(random.standard_normal())
        return outcome

    task = Task(name, family, space, measure, truth, best, best + 1.0, noisy=noise > 0)
    task.median = sampled_reference(space, truth, task.feasible, False)[1]
    task.reference = "known optimum; median of 20 000 draws"
    return task


def branin():
    # Minimum 0.397887 (Dixon and Szego, 1978).
    def function(c):
        x, y = c["x"], c["y"]
        return (y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10

    return plain("branin", Space([real("x", -5, 10), real("y", 0, 15)]), function, 0.397887)


HARTMANN_A = numpy.array([[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]])
HARTMANN_P = 1e-4 * numpy.array([[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
                                 [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]])
HARTMANN_C = numpy.array([1.0, 1.2, 3.0, 3.2])
HARTMANN_BEST = -3.32237


def hartmann(c):
    x = numpy.array([c[f"x{i}"] for i in range(6)])
    return -float(HARTMANN_C @ numpy.exp(-(HARTMANN_A * (x - HARTMANN_P) ** 2).sum(axis=1)))


def hartmann6(name="hartmann6", noise=0.0):
    return plain(name, Space([real(f"x{i}", 0, 1) for i in range(6)]), hartmann, HARTMANN_BEST, noise=noise)


def ackley_mixed():
    """Ackley's function of 3 reals, 4 integers and 3 categories of 5 with no order that a number would show. Minimum 0."""
    order = (3, 0, 4, 1, 2)
    reals = [real(f"r{i}", -3, 2.5) for i in range(3)]
    integers = [integer(f"n{i}", 0, 10) for i in range(4)]
    classes = [categorical(f"c{i}", *"abcde") for i in range(3)]

    def function(c):
        x = [c[p.name] for p in reals]
        x += [(c[p.name] - 3) * 0.5 for p in integers]
        x += [float(order["abcde".index(c[p.name])]) * 0.75 for p in classes]
        x = numpy.array(x)
        return float(20 + math.e - 20 * math.exp(-0.2 * math.sqrt((x * x).mean())) - math.exp(numpy.cos(2 * math.pi * x).mean()))

    return plain("ackley_mixed", Space(reals + integers + classes), function, 0.0)


def service():
    """A pod with a Java heap: cost under SLOs on p95 and errors, a relation known beforehand, and a heap that dies when it is too small.
    Queueing (M/M/c by Sakasegawa's approximation) at 300 requests/s; work per request grows as the collector runs more often in a small heap."""
    arrivals, work_ms, live_mib = 300.0, 8.0, 420.0
    pauses = {"Serial": (1.00, 60.0), "Parallel": (0.97, 35.0), "G1": (1.05, 14.0), "ZGC": (1.16, 1.5)}
    space = Space([
        real("cpu", 0.5, 8, log=True), integer("memory", 512, 8192, log=True), integer("heap", 256, 6144, log=True),
        categorical("gc", *pauses), integer("threads", 4, 200, log=True), integer("pool", 2, 64, log=True), flag("compress"),
        real("gc_target", 0.1, 0.9), integer("buffer", 1, 256, log=True), flag("access_log")],
        [("heap + 180 <= memory", lambda c: c["heap"] + 180 <= c["memory"])])

    def truth(c):
        native = 140 + 0.9 * c["threads"] + 0.25 * c["buffer"]
        if c["heap"] < live_mib * 1.1:
            return Outcome({}, "java.lang.OutOfMemoryError")
        if c["heap"] + native > c["memory"]:
            return Outcome({}, "OOM killed")
        factor, pause = pauses[c["gc"]]
        collections = live_mib / (c["heap"] - live_mib * 0.95)
        work = work_ms * factor * (1 + 0.35 * collections) * (1.06 if c["compress"] == "on" else 1.0) * (1.02 if c["access_log"] == "on" else 1.0)
        work *= 1 + 0.08 * abs(math.log2(c["buffer"] / 32)) / 5 + 0.002 * max(0.0, c["threads"] / c["cpu"] - 24)
        servers = max(1.0, min(c["cpu"], c["threads"] * 0.35, c["pool"] * 0.5))
        load = arrivals * work / 1000 / servers * max(1.0, 1.0 / c["cpu"])
        if load >= 0.99:
            return Outcome({"value": service_cost(c), "p95": 5000.0 * load, "errors": min(1.0, load - 0.95)})
        wait = work * load ** (math.sqrt(2 * (servers + 1)) - 1) / (servers * (1 - load))
        p95 = 2.2 * (work + wait) + pause * (1 + collections) * (1 + (c["gc_target"] - 0.4) ** 2)
        return Outcome({"value": service_cost(c), "p95": p95, "errors": max(0.0, load - 0.92) * 0.2})

    def service_cost(c):
        return c["cpu"] * 30 + c["memory"] / 1024 * 4

    slos = (("p95", "<=", 60.0), ("errors", "<=", 0.001))
    task = Task("service", "synthetic", space, lambda c, random: truth(c), truth, 0.0, 1.0, slos=slos)
    drawn_best, task.median = sampled_reference(space, truth, task.feasible, False)
    task.best = refined(task, drawn_best)
    task.reference = "best of 20 000 draws and a local search; median of the feasible draws"
    return task


def refined(task, best, steps=20000):
    """The best value of a local search from the best draw: a bound that a tuner may beat (regret 0 then)."""
    random = numpy.random.default_rng(20260103)
    count = len(task.space.parameters)
    here, here_value = None, math.inf
    for step in range(steps):
        if here is None or step < steps // 4:
            there = random.random(count)
        else:
            changed = random.random(count) < 2 / count
            there = numpy.where(changed, numpy.clip(here + random.normal(0, 0.08, count), 0, 1), here)
        configuration = task.space.decode(there)
        if not task.space.allowed(configuration):
            continue
        outcome = task.truth(configuration)
        if task.feasible(outcome) and outcome.metrics["value"] <= here_value:
            here, here_value = there, outcome.metrics["value"]
    return min(best, here_value)


def conditional():
    """A collector with settings of its own: each choice opens other parameters. Minimum 1 at ZGC, cycle 6, uncommit on."""
    space = Space([
        categorical("gc", "Serial", "G1", "ZGC"), real("heap", 0.25, 16, log=True),
        real("young", 0.05, 0.8, when=("gc", "Serial")),
        integer("region", 1, 32, log=True, when=("gc", "G1")), real("pause", 5, 500, log=True, when=("gc", "G1")),
        real("trigger", 0.1, 0.9, when=("gc", "G1")),
        integer("cycle", 1, 16, when=("gc", "ZGC")), flag("uncommit", when=("gc", "ZGC")), real("spread", 0, 1)])

    def function(c):
        value = 1.0 + 1.5 * (math.log2(c["heap"]) - 1.4) ** 2 / 4 + (c["spread"] - 0.3) ** 2
        if c["gc"] == "Serial":
            return value + 1.2 + 6 * (c["young"] - 0.35) ** 2
        if c["gc"] == "G1":
            return value + 0.25 + (math.log2(c["region"]) - 3) ** 2 / 6 + (math.log10(c["pause"]) - 1.9) ** 2 + 3 * (c["trigger"] - 0.45) ** 2
        return value + (c["cycle"] - 6) ** 2 / 30 + (0.8 if c["uncommit"] == "off" else 0.0)

    return plain("conditional", space, function, 1.0)


def sparse40():
    """Forty parameters of which four matter, as in a database with its whole configuration file open. Minimum 0."""

    def function(c):
        x = [c[f"p{i}"] for i in range(40)]
        return 4 * (x[3] - 0.2) ** 2 + 3 * (x[17] - 0.7) ** 2 + 2 * abs(x[24] - x[31]) + 2 * (x[31] - 0.4) ** 2

    return plain("sparse40", Space([real(f"p{i}", 0, 1) for i in range(40)]), function, 0.0)


SYNTHETIC = {
    "branin": branin,
    "hartmann6": hartmann6,
    # A tenth of the range of values as noise: a loud test bed.
    "hartmann6_noisy": lambda: hartmann6("hartmann6_noisy", noise=0.33),
    "ackley_mixed": ackley_mixed,
    "service": service,
    "conditional": conditional,
    "sparse40": sparse40,
}
