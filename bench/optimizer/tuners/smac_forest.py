"""SMAC3, HyperparameterOptimizationFacade with its defaults (random forest, log expected improvement). It knows no constraints and no failures
without a cost, so a breach costs the worst goal seen so far times (1 + the breach, at most 10), a failure 12 times that goal; all tasks
with SLOs or failures have positive goals to be minimised."""

import importlib.metadata
import logging
import os
import shutil
import tempfile
import warnings

import ConfigSpace
import joblib
from smac import HyperparameterOptimizationFacade, Scenario
from smac.runhistory.dataclasses import TrialInfo, TrialValue
from smac.runhistory.enumerations import StatusType

warnings.filterwarnings("ignore")


def configuration_space(space, seed):
    result = ConfigSpace.ConfigurationSpace(seed=seed)
    for p in space.parameters:
        if p.kind == "ordinal":
            result.add(ConfigSpace.OrdinalHyperparameter(p.name, list(p.values)))
        elif p.values:
            result.add(ConfigSpace.CategoricalHyperparameter(p.name, list(p.values)))
        elif p.kind == "integer":
            result.add(ConfigSpace.UniformIntegerHyperparameter(p.name, int(p.low), int(p.high), log=p.log))
        else:
            result.add(ConfigSpace.UniformFloatHyperparameter(p.name, p.low, p.high, log=p.log))
    for p in space.parameters:
        if p.when:
            result.add(ConfigSpace.EqualsCondition(result[p.name], result[p.when[0]], p.when[1]))
    return result


class Smac:
    version = f"smac {importlib.metadata.version('smac')}"

    def __init__(self, task, seed, budget, options):
        logging.disable(logging.WARNING)
        self.task = task
        self.directory = tempfile.mkdtemp(prefix="bench-smac-")
        space = configuration_space(task.space, seed)
        scenario = Scenario(space, name="bench", output_directory=self.directory, seed=seed,
                            deterministic=not task.noisy, n_trials=budget + 400)
        # The initial design follows the budget that the tuner may really spend, not the reserve for rejected points.
        design = HyperparameterOptimizationFacade.get_initial_design(scenario, max_ratio=0.25 * budget / (budget + 400))
        self.smac = HyperparameterOptimizationFacade(scenario, lambda config, seed=0: 0.0, initial_design=design, overwrite=True, logging_level=False)
        self.worst = 1.0
        self.trial = None
        # Told without having been asked for: SMAC would run given configurations after its own first design.
        self.first = TrialInfo(ConfigSpace.Configuration(space, values=task.baseline), seed=0) if task.baseline else None

    def ask(self):
        if self.first:
            self.trial, self.first = self.first, None
            return self._plain()
        # Scikit-learn's forest would start a pool of threads for each of thousands of predictions of a few points; the results are the same
        # without, in a third of the time.
        with joblib.parallel_config(backend="sequential"):
            self.trial = self.smac.ask()
        return self._plain()

    def _plain(self):
        return {name: value.item() if hasattr(value, "item") else value for name, value in dict(self.trial.config).items()}

    def tell(self, configuration, outcome):
        if outcome.failed:
            self._tell(12 * self.worst, StatusType.CRASHED)
            return
        cost = self.task.cost(outcome)
        breach = sum(max(0.0, margin) for margin in self.task.margins(outcome.metrics))
        if self.task.slos or not self.task.maximise:
            self.worst = max(self.worst, cost)
        self._tell(self.worst * (1 + min(breach, 10.0)) if breach > 0 else cost, StatusType.SUCCESS)

    def _tell(self, cost, status):
        self.smac.tell(self.trial, TrialValue(cost=float(cost), time=0.1, status=status), save=False)

    def reject(self, configuration):
        self._tell(12 * self.worst, StatusType.CRASHED)

    def recommend(self):
        # The harness's rule (best measured mean) is SMAC's own incumbent when each configuration is run equally often.
        return None

    def close(self):
        if os.path.isdir(self.directory):
            shutil.rmtree(self.directory, ignore_errors=True)
