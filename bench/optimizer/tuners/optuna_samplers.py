"""Optuna with its defaults; SLOs through its constraints_func, conditions by its define-by-run space. Failed runs and rejected suggestions are
told as pruned trials that break every constraint: its samplers learn from those, and forget trials told as failed."""

import warnings

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
# constraints_func is announced to go; the pinned version has it.
warnings.filterwarnings("ignore", category=FutureWarning, module="optuna")


class Tpe:
    version = f"optuna {optuna.__version__}"

    def __init__(self, task, seed, budget, options):
        self.task = task
        constraints = (lambda trial: trial.user_attrs.get("margins", [1.0] * len(task.slos))) if task.slos else None
        self.study = optuna.create_study(direction="maximize" if task.maximise else "minimize", sampler=self.sampler(seed, constraints))
        self.trial = None
        if task.baseline:
            self.study.enqueue_trial({p.name: p.values.index(task.baseline[p.name]) if p.kind == "ordinal" else task.baseline[p.name]
                                      for p in task.space.parameters if p.name in task.baseline})

    def sampler(self, seed, constraints):
        return optuna.samplers.TPESampler(seed=seed, constraints_func=constraints)

    def ask(self):
        self.trial = self.study.ask()
        configuration = {}
        for p in self.task.space.parameters:
            if not self.task.space.active(p, configuration):
                continue
            if p.kind == "ordinal":
                # Optuna has no ordinal parameter: the rank as an integer is what its guide advises.
                configuration[p.name] = p.values[self.trial.suggest_int(p.name, 0, len(p.values) - 1)]
            elif p.values:
                configuration[p.name] = self.trial.suggest_categorical(p.name, p.values)
            elif p.kind == "integer":
                configuration[p.name] = self.trial.suggest_int(p.name, p.low, p.high, log=p.log)
            else:
                configuration[p.name] = self.trial.suggest_float(p.name, p.low, p.high, log=p.log)
        return configuration

    def tell(self, configuration, outcome):
        if outcome.failed:
            self.reject(configuration)
            return
        if self.task.slos:
            self.trial.set_user_attr("margins", self.task.margins(outcome.metrics))
        self.study.tell(self.trial, outcome.metrics["value"])

    def reject(self, configuration):
        self.trial.set_user_attr("margins", [1.0] * len(self.task.slos))
        self.study.tell(self.trial, state=optuna.trial.TrialState.PRUNED)

    def recommend(self):
        return None

    def close(self):
        pass


class GaussianProcess(Tpe):
    def sampler(self, seed, constraints):
        return optuna.samplers.GPSampler(seed=seed, constraints_func=constraints)
