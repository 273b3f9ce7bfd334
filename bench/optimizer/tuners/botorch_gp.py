"""BoTorch as its tutorials use it: SingleTaskGP (dimension-scaled prior, standardised outcome), SLOs as further outcomes, and log expected
improvement: the analytic one where a run has no noise and no SLO, else the noisy one over samples. A fit starts from the one before, every
tenth from the prior, so that twenty seeds of all tasks take hours rather than days. Categories of three or more values are one-hot, two values one column; the continuous optimum is decoded to the space and
the model learns the point that was really run. Failed and rejected points enter with the worst outcome seen, for BoTorch has no other way."""

import warnings

import numpy
import torch
import botorch
from botorch.acquisition.analytic import LogExpectedImprovement
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.acquisition.objective import GenericMCObjective
from botorch.fit import fit_gpytorch_mll
from botorch.models import ModelListGP, SingleTaskGP
from botorch.optim import optimize_acqf
from botorch.sampling import SobolQMCNormalSampler
from gpytorch.mlls import ExactMarginalLogLikelihood, SumMarginalLogLikelihood
from scipy.stats import qmc

warnings.filterwarnings("ignore")


class BoTorch:
    version = f"botorch {botorch.__version__}"

    def __init__(self, task, seed, budget, options):
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        self.task, self.space, self.seed = task, task.space, seed
        self.width = sum(self._columns(p) for p in self.space.parameters)
        self.start = min(2 * (len(self.space.parameters) + 1), 10)
        self.design = qmc.Sobol(len(self.space.parameters), scramble=True, seed=seed).random(4096)
        self.drawn = 0
        self.points, self.outcomes = [], []  # outcomes: [-cost, -margin...], None for failed
        self.configurations = []
        self.model = None

    @staticmethod
    def _columns(p):
        return len(p.values) if p.kind == "categorical" and len(p.values) > 2 else 1

    def _encode(self, configuration):
        row = []
        for p in self.space.parameters:
            value = configuration.get(p.name)
            if self._columns(p) > 1:
                row += [1.0 if value == v else 0.0 for v in p.values]
            elif value is None:
                row.append(0.5)
            else:
                row.append(float(p.values.index(value)) if p.kind == "categorical" else p.unit(value))
        return row

    def _decode(self, row):
        configuration, at = {}, 0
        for p in self.space.parameters:
            count = self._columns(p)
            part = row[at:at + count]
            at += count
            if not self.space.active(p, configuration):
                continue
            if count > 1:
                configuration[p.name] = p.values[int(numpy.argmax(part))]
            elif p.kind == "categorical":
                configuration[p.name] = p.values[int(part[0] >= 0.5)]
            elif p.kind == "ordinal":
                configuration[p.name] = p.values[round(float(part[0]) * (len(p.values) - 1))]
            else:
                configuration[p.name] = p.value(float(part[0]))
        return configuration

    def _data(self):
        known = [o for o in self.outcomes if o is not None]
        worst = numpy.min(numpy.array(known), axis=0).tolist()
        x = torch.tensor(self.points, dtype=torch.double)
        y = torch.tensor([o if o is not None else worst for o in self.outcomes], dtype=torch.double)
        return x, y

    def _fit(self):
        x, y = self._data()
        models = [SingleTaskGP(x, y[:, column:column + 1]) for column in range(y.shape[1])]
        if self.model is not None and len(self.points) % 10:
            for model, before in zip(models, self.model.models if len(models) > 1 else [self.model]):
                model.load_state_dict({name: value for name, value in before.state_dict().items() if not name.startswith("outcome_transform")},
                                      strict=False)
        if len(models) == 1:
            self.model = models[0]
            fit_gpytorch_mll(ExactMarginalLogLikelihood(self.model.likelihood, self.model))
        else:
            self.model = ModelListGP(*models)
            fit_gpytorch_mll(SumMarginalLogLikelihood(self.model.likelihood, self.model))
        return x, y

    def _acquisition(self, x, y):
        if not self.task.noisy and not self.task.slos:
            return LogExpectedImprovement(self.model, best_f=y[:, 0].max())
        constraints = [lambda sample, column=column: -sample[..., column] for column in range(1, 1 + len(self.task.slos))]
        return qLogNoisyExpectedImprovement(
            model=self.model, X_baseline=x, sampler=SobolQMCNormalSampler(torch.Size([128]), seed=self.seed),
            objective=GenericMCObjective(lambda sample, X=None: sample[..., 0]), constraints=constraints or None, prune_baseline=True)

    def ask(self):
        if len(self.points) < self.start or all(o is None for o in self.outcomes):
            self.drawn += 1
            return self.space.decode(self.design[self.drawn - 1])
        acquisition = self._acquisition(*self._fit())
        bounds = torch.stack([torch.zeros(self.width, dtype=torch.double), torch.ones(self.width, dtype=torch.double)])
        candidate, _ = optimize_acqf(acquisition, bounds, q=1, num_restarts=8, raw_samples=256, options={"maxiter": 100})
        return self._decode(candidate[0].detach().numpy())

    def tell(self, configuration, outcome):
        self.configurations.append(configuration)
        self.points.append(self._encode(configuration))
        self.outcomes.append(None if outcome.failed else [-self.task.cost(outcome), *(-m for m in self.task.margins(outcome.metrics))])

    def reject(self, configuration):
        self.points.append(self._encode(configuration))
        self.outcomes.append(None)
        self.configurations.append(None)

    def recommend(self):
        """The run configuration with the best posterior mean; the model is at most one observation old."""
        if self.model is None or self.task.slos:
            return None
        with torch.no_grad():
            mean = self.model.posterior(torch.tensor(self.points, dtype=torch.double)).mean[:, 0].tolist()
        order = sorted((i for i in range(len(mean)) if self.outcomes[i] is not None), key=lambda i: -mean[i])
        return self.configurations[order[0]]

    def close(self):
        pass
