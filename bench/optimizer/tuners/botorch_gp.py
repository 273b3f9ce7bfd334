"""BoTorch as its tutorials use it for mixed spaces: SingleTaskGP, or MixedSingleTaskGP where there are categories, SLOs as further outcomes, log
expected improvement (the analytic one, constrained where there are SLOs, where a run has no noise, else the noisy one over samples) and its optimiser for the kind of space:
optimize_acqf_discrete over all points where these are few (and not run already, without noise), optimize_acqf where all parameters are
continuous, else optimize_acqf_mixed_alternating. Ranks, integers of few levels and flags are discrete, other integers relaxed; the model learns the
point that was really run. A fit starts from the one before and is cut after 50 steps, every tenth starts from the prior, beyond 40 observations every second is left out, and fewer points are drawn
than by default; likelihood, posterior and acquisition are evaluated by direct_gp.py, so that twenty seeds of all tasks take hours rather than days.
Failed and rejected points enter with the worst outcome seen, for BoTorch has no other way."""

import math
import warnings

import numpy
import torch
import botorch
from botorch.acquisition.objective import GenericMCObjective
from botorch.fit import fit_gpytorch_mll
from botorch.models import MixedSingleTaskGP, ModelListGP, SingleTaskGP
from botorch.optim import optimize_acqf, optimize_acqf_discrete
from botorch.optim.optimize_mixed import optimize_acqf_mixed_alternating
from botorch.sampling import SobolQMCNormalSampler
from gpytorch.mlls import ExactMarginalLogLikelihood
from scipy.stats import qmc

from tuners.direct_gp import LogConstrainedImprovement, LogImprovement, LogNoisyImprovement, Loss

warnings.filterwarnings("ignore")

MOST_CHOICES = 20_000  # points of a space that is searched as a whole
OFTEN_FITTED = 40  # observations from which hyper-parameters are fitted for every second one
MOST_LEVELS = 20  # of an integer that is searched value by value, as in BoTorch


class BoTorch:
    version = f"botorch {botorch.__version__}"

    def __init__(self, task, seed, budget, options):
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        self.task, self.space, self.seed = task, task.space, seed
        self.categories = {i: list(range(len(p.values))) for i, p in enumerate(self.space.parameters) if p.kind == "categorical" and len(p.values) > 2}
        self.discrete = {i: sorted({p.unit(v) if p.kind != "categorical" else p.values.index(v) for v in self._levels(p)})
                         for i, p in enumerate(self.space.parameters) if i not in self.categories and self._levels(p)}
        self.choices = self._choices()
        self.start = min(2 * (len(self.space.parameters) + 1), 10)
        self.design = qmc.Sobol(len(self.space.parameters), scramble=True, seed=seed).random(4096)
        self.first, self.drawn = task.baseline, 0
        self.points, self.outcomes = [], []  # outcomes: [-cost, -margin...], None for failed
        self.configurations = []
        self.model = None

    @staticmethod
    def _levels(p):
        """The values of a parameter that has few, else none."""
        if p.values:
            return p.values
        return range(int(p.low), int(p.high) + 1) if p.kind == "integer" and p.high - p.low < MOST_LEVELS else ()

    def _choices(self):
        """Every point, where all parameters have few values and there are not too many combinations."""
        levels = [self.categories.get(i) or self.discrete.get(i) or () for i in range(len(self.space.parameters))]
        if not 0 < math.prod(len(values) for values in levels) <= MOST_CHOICES:
            return None
        points = torch.cartesian_prod(*(torch.tensor(values, dtype=torch.double) for values in levels))
        # Points that differ in inactive parameters only are one configuration.
        return torch.stack([p for p in points if self._encode(self._decode(p)) == p.tolist()])

    def _encode(self, configuration):
        row = []
        for p in self.space.parameters:
            value = configuration.get(p.name)
            if value is None:
                row.append(0.0 if p.kind == "categorical" else 0.5)
            else:
                row.append(float(p.values.index(value)) if p.kind == "categorical" else p.unit(value))
        return row

    def _decode(self, row):
        configuration = {}
        for p, place in zip(self.space.parameters, row):
            if not self.space.active(p, configuration):
                continue
            if p.kind == "categorical":
                configuration[p.name] = p.values[round(float(place))]
            elif p.kind == "ordinal":
                configuration[p.name] = p.values[round(float(place) * (len(p.values) - 1))]
            else:
                configuration[p.name] = p.value(float(place))
        return configuration

    def _data(self):
        known = [o for o in self.outcomes if o is not None]
        worst = numpy.min(numpy.array(known), axis=0).tolist()
        x = torch.tensor(self.points, dtype=torch.double)
        y = torch.tensor([o if o is not None else worst for o in self.outcomes], dtype=torch.double)
        return x, y

    def _fit(self):
        x, y = self._data()
        models = [MixedSingleTaskGP(x, y[:, column:column + 1], cat_dims=list(self.categories)) if self.categories
                  else SingleTaskGP(x, y[:, column:column + 1]) for column in range(y.shape[1])]
        count = len(self.points)
        warm = self.model is not None and count % 10 != 0
        if warm:
            for model, before in zip(models, self.model.models if len(models) > 1 else [self.model]):
                model.load_state_dict({name: value for name, value in before.state_dict().items() if not name.startswith("outcome_transform")},
                                      strict=False)
        for model in models if not warm or count < OFTEN_FITTED or count % 2 == 0 else []:
            likelihood = ExactMarginalLogLikelihood(model.likelihood, model)
            fit_gpytorch_mll(likelihood, closure=Loss(likelihood), optimizer_kwargs={"options": {"maxiter": 50}} if warm else None)
        self.model = models[0] if len(models) == 1 else ModelListGP(*models)
        return x, y

    def _acquisition(self, x, y):
        if not self.task.noisy and not self.task.slos:
            return LogImprovement(self.model, best_f=y[:, 0].max())
        if not self.task.noisy:
            # Measured exactly. While nothing holds the SLOs, improvement is over the worst value seen.
            holds = (y[:, 1:] >= 0).all(dim=1)
            return LogConstrainedImprovement(self.model, best_f=y[holds, 0].max() if holds.any() else y[:, 0].min())
        constraints = [lambda sample, column=column: -sample[..., column] for column in range(1, 1 + len(self.task.slos))]
        return LogNoisyImprovement(
            self.model, x, sampler=SobolQMCNormalSampler(torch.Size([128]), seed=self.seed),
            objective=GenericMCObjective(lambda sample, X=None: sample[..., 0]), constraints=constraints or None, prune_baseline=True)

    def ask(self):
        if self.first:
            first, self.first = self.first, None
            return first
        if len(self.points) < self.start or all(o is None for o in self.outcomes):
            self.drawn += 1
            return self.space.decode(self.design[self.drawn - 1])
        acquisition = self._acquisition(*self._fit())
        upper = [float(len(p.values) - 1) if p.kind == "categorical" else 1.0 for p in self.space.parameters]
        bounds = torch.tensor([[0.0] * len(upper), upper], dtype=torch.double)
        if self.choices is not None:
            # Without noise a second run teaches nothing.
            candidate, _ = optimize_acqf_discrete(acquisition, q=1, choices=self.choices,
                                                  X_avoid=None if self.task.noisy else torch.tensor(self.points, dtype=torch.double))
        elif self.categories or self.discrete:
            candidate, _ = optimize_acqf_mixed_alternating(acquisition, bounds, discrete_dims=self.discrete, cat_dims=self.categories,
                                                           num_restarts=4, raw_samples=256, options={"maxiter_alternating": 16})
        else:
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
