"""What a task is: a space, something to run a configuration on, and how a found configuration is scored."""

import dataclasses
import math

import numpy

from space import Space

NOTHING_FEASIBLE = 2.0  # the regret of having found nothing that keeps the SLOs; a median feasible configuration has 1


@dataclasses.dataclass
class Outcome:
    """One run. failed: a reason, then metrics is empty. metrics: "value" is the goal, others belong to SLOs."""
    metrics: dict
    failed: str = ""


@dataclasses.dataclass
class Task:
    """measure(configuration, random) -> Outcome, with noise; truth(configuration) -> Outcome without.
    slos: [(metric, "<=" or ">=", bound)]. baseline: what runs today and keeps the SLOs; every tuner's first run, where there is one. best and median: of the true value over feasible configurations; how, says `reference`."""
    name: str
    family: str
    space: Space
    measure: object
    truth: object
    best: float
    median: float
    maximise: bool = False
    slos: tuple = ()
    baseline: dict | None = None
    noisy: bool = False
    reference: str = ""

    def margins(self, metrics):
        """One number per SLO, relative to its bound; positive is a breach."""
        result = []
        for metric, relation, bound in self.slos:
            excess = metrics[metric] - bound if relation == "<=" else bound - metrics[metric]
            result.append(excess / max(abs(bound), 1e-9) if bound else excess)
        return result

    def feasible(self, outcome):
        return not outcome.failed and all(margin <= 0 for margin in self.margins(outcome.metrics))

    def cost(self, outcome):
        """The goal as something to minimise."""
        return -outcome.metrics["value"] if self.maximise else outcome.metrics["value"]

    def regret(self, configuration):
        """(value - best) / (median - best) of the true value, at most NOTHING_FEASIBLE; 0 is perfect, 1 the median."""
        if configuration is None:
            return NOTHING_FEASIBLE
        outcome = self.truth(configuration)
        if not self.feasible(outcome):
            return NOTHING_FEASIBLE
        regret = (outcome.metrics["value"] - self.best) / (self.median - self.best)
        return min(max(regret, 0.0), NOTHING_FEASIBLE)

    def goal(self):
        return {"maximize" if self.maximise else "minimize": "value"}

    def slo_texts(self):
        return [f"{metric} {relation} {bound}" for metric, relation, bound in self.slos]


def sampled_reference(task_space, truth, feasible, maximise, draws=20000, seed=20260101):
    """(best, median) of the true value over feasible, allowed, uniformly drawn configurations."""
    random = numpy.random.default_rng(seed)
    values = []
    for units in random.random((draws, len(task_space.parameters))):
        configuration = task_space.decode(units)
        if not task_space.allowed(configuration):
            continue
        outcome = truth(configuration)
        if feasible(outcome):
            values.append(outcome.metrics["value"])
    values = numpy.asarray(values)
    if not len(values) or not math.isfinite(float(numpy.median(values))):
        raise ValueError("no feasible configuration was drawn")
    return float(values.max() if maximise else values.min()), float(numpy.median(values))
