"""SingleTaskGP and MixedSingleTaskGP of BoTorch by direct algebra: the same likelihood, posterior and acquisition values as BoTorch's own, in a
fraction of the time, for with a hundred points BoTorch spends nearly all of it between the operations. benchmark_test.py holds the two side by side.
BoTorch still makes the models, their priors and bounds, runs the fit and optimises the acquisition."""

import math

import numpy
import torch
from botorch.acquisition.analytic import LogConstrainedExpectedImprovement, LogExpectedImprovement
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.optim.closures.core import NdarrayOptimizationClosure
from botorch.optim.utils import get_parameters_and_bounds
from linear_operator.utils.errors import NotPSDError
from scipy.linalg import lapack


class Parts:
    """Where a model's kernel has its parts. K = R for numbers alone; with categories K = a (R1 + b C1) + p R2 C2, where R is the squared exponential
    over the numbers and C the exponential of minus the mean distance of the categories."""

    def __init__(self, model):
        kernel = model.covar_module
        self.mixed = hasattr(kernel, "kernels")
        if not self.mixed:
            self.numbers = list(range(model.train_inputs[0].shape[-1]))
            self.categories = []
            self.smooth = [kernel]
            return
        total, product = kernel.kernels
        inner = total.base_kernel.kernels
        self.smooth = [inner[0], product.base_kernel.kernels[0]]
        self.classes = [inner[1].base_kernel, product.base_kernel.kernels[1]]
        self.scales = [total, inner[1], product]
        self.numbers, self.categories = self.smooth[0].active_dims.tolist(), self.classes[0].active_dims.tolist()


def log_normal(prior, value):
    """The log density of a log-normal prior, summed, and its derivative."""
    location, scale = float(prior.loc), float(prior.scale)
    apart = (numpy.log(value) - location) / scale
    density = -numpy.log(value) - math.log(scale) - 0.5 * math.log(2 * math.pi) - 0.5 * apart * apart
    return float(density.sum()), -(1 + apart / scale) / value


class Loss(NdarrayOptimizationClosure):
    """The closure that fit_gpytorch_mll asks for: minus the marginal log likelihood with priors over the number of points, and its gradient."""

    def __init__(self, mll):
        super().__init__(None, {name: p for name, p in get_parameters_and_bounds(mll)[0].items() if p.requires_grad})
        model = mll.model
        self.parts, self.noise, self.mean = Parts(model), model.likelihood.noise_covar, model.mean_module
        # The parameters as arrays over the same memory, and where each stands in the optimiser's vector.
        self.raw = {p: p.detach().numpy().reshape(-1) for p in self.parameters.values()}
        ends = numpy.cumsum([p.numel() for p in self.parameters.values()])
        self.places = {p: slice(end - p.numel(), end) for p, end in zip(self.parameters.values(), ends)}
        x, self.y = model.train_inputs[0].numpy(), model.train_targets.numpy()
        self.count = len(self.y)
        rows, columns = numpy.tril_indices(self.count, -1)
        self.below = columns * self.count + rows  # places below the diagonal in a matrix in Fortran's order
        numbers, categories = x[:, self.parts.numbers].T, x[:, self.parts.categories].T
        self.apart = (numbers[:, rows] - numbers[:, columns]) ** 2
        self.unlike = (categories[:, rows] != categories[:, columns]) / max(1, len(categories))

    def __call__(self, state=None, **ignored):
        raw = self.raw
        if state is not None:
            for p, place in self.places.items():
                raw[p][:] = state[place]
        parts, gradient = self.parts, numpy.empty(sum(len(values) for values in raw.values()))

        def put(p, values):
            gradient[self.places[p]] = values

        lengths = [raw[part.raw_lengthscale] for part in parts.smooth]  # no transform, only a bound
        smooth = [numpy.exp((-0.5 / length**2) @ self.apart) for length in lengths]
        if parts.mixed:
            a, b, p = (float(numpy.logaddexp(0, raw[part.raw_outputscale][0])) for part in parts.scales)
            steps = [numpy.logaddexp(0, raw[part.raw_lengthscale]) + 1e-6 for part in parts.classes]
            classes = [numpy.exp((-1 / step) @ self.unlike) for step in steps]
            first, second = smooth[0] + b * classes[0], smooth[1] * classes[1]
            values, diagonal = a * first + p * second, a * (1 + b) + p
        else:
            values, diagonal = smooth[0], 1.0
        noise = raw[self.noise.raw_noise]
        matrix = numpy.zeros((self.count, self.count), order="F")
        matrix.T.reshape(-1)[self.below] = values
        numpy.fill_diagonal(matrix, diagonal + noise[0])
        root, failed = lapack.dpotrf(matrix, lower=1, overwrite_a=1)
        if failed:
            raise NotPSDError("the covariance matrix is not positive definite")
        centred = self.y - raw[self.mean.raw_constant]
        weights = lapack.dpotrs(root, centred, lower=1)[0]
        log_likelihood = -0.5 * centred @ weights - numpy.log(numpy.diagonal(root)).sum() - 0.5 * self.count * math.log(2 * math.pi)
        inverse = lapack.dpotri(root, lower=1, overwrite_c=1)[0]
        # The derivative by an entry of the matrix, both of a pair below the diagonal together.
        outer = numpy.outer(weights, weights).reshape(-1)[self.below] - inverse.T.reshape(-1)[self.below]
        trace = 0.5 * (weights @ weights - numpy.diagonal(inverse).sum())
        prior, slope = log_normal(self.noise.noise_prior, noise)
        log_likelihood += prior
        put(self.noise.raw_noise, trace + slope)
        put(self.mean.raw_constant, weights.sum())
        towards = [outer * values] if not parts.mixed else [outer * a * smooth[0], outer * p * second]
        for part, length, each in zip(parts.smooth, lengths, towards):
            prior, slope = log_normal(part.lengthscale_prior, length)
            log_likelihood += prior
            put(part.raw_lengthscale, (self.apart @ each) / length**3 + slope)
        if parts.mixed:
            for part, step, each in zip(parts.classes, steps, (outer * (a * b) * classes[0], towards[1])):
                put(part.raw_lengthscale, (self.unlike @ each) / step**2 * softplus_slope(raw[part.raw_lengthscale]))
            by_scale = (outer @ first + trace * (1 + b), a * (outer @ classes[0] + trace), outer @ second + trace)
            for part, each in zip(parts.scales, by_scale):
                put(part.raw_outputscale, each * softplus_slope(raw[part.raw_outputscale]))
        return -log_likelihood / self.count, -gradient / self.count


def softplus_slope(raw):
    return 1 / (1 + numpy.exp(-raw))


class Posterior:
    """Of independent fitted models over the same points, in the units of their outcomes."""

    def __init__(self, models):
        self.points = models[0].train_inputs[0]
        parts = [Parts(model) for model in models]
        self.mixed, self.numbers, self.categories = parts[0].mixed, parts[0].numbers, parts[0].categories
        with torch.no_grad():
            self.inverse_lengths = [torch.stack([1 / part.smooth[i].lengthscale.reshape(1, -1) for part in parts]) for i in range(len(parts[0].smooth))]
            if self.mixed:
                share = 1 / len(self.categories)
                self.steps = [torch.stack([share / part.classes[i].lengthscale.reshape(-1) for part in parts], dim=1) for i in range(2)]
                self.a, self.b, self.p = (torch.stack([part.scales[i].outputscale.reshape(1, 1) for part in parts]) for i in range(3))
                self.prior = self.a * (1 + self.b) + self.p
            else:
                self.prior = torch.ones(len(models), 1, 1, dtype=torch.double)
            self.scaled = [self._scaled(self.points, inverse) for inverse in self.inverse_lengths]
            noise = torch.stack([model.likelihood.noise.reshape(1, 1) for model in models])
            root = torch.linalg.cholesky(self.covariance(self.points) + noise * torch.eye(len(self.points), dtype=torch.double))
            self.whiten = torch.linalg.solve_triangular(root, torch.eye(len(self.points), dtype=torch.double), upper=False).mT
            constant = torch.stack([model.mean_module.constant.reshape(1) for model in models])
            targets = torch.stack([model.train_targets for model in models])
            weights = self.whiten @ (self.whiten.mT @ (targets - constant).unsqueeze(-1))
            scale = torch.stack([model.outcome_transform.stdvs.reshape(1) for model in models])
            middle = torch.stack([model.outcome_transform.means.reshape(1) for model in models])
            self.scale, self.offset = scale, middle + scale * constant
            self.project = torch.cat([self.whiten, scale.unsqueeze(-1) * weights], dim=-1)

    def _scaled(self, x, inverse):
        scaled = x[:, self.numbers] * inverse
        return scaled, (scaled * scaled).sum(dim=-1, keepdim=True)

    def covariance(self, x):
        """Before the outcomes are known, between points and the known points: outputs by points by known points; outcomes standardised."""
        smooth = []
        for inverse, (known, squares) in zip(self.inverse_lengths, self.scaled):
            scaled, own = self._scaled(x, inverse)
            smooth.append(torch.exp(-0.5 * (own + squares.mT - 2 * scaled @ known.mT).clamp_min(0)))
        if not self.mixed:
            return smooth[0]
        unlike = (x[:, self.categories].unsqueeze(-2) != self.points[:, self.categories]).to(x)
        classes = [torch.exp(-(unlike @ step)).permute(2, 0, 1) for step in self.steps]
        return self.a * (smooth[0] + self.b * classes[0]) + self.p * smooth[1] * classes[1]

    def moments(self, x):
        """Means and variances: outputs by points."""
        both = self.covariance(x) @ self.project
        return self.offset + both[..., -1], self.scale**2 * (self.prior.squeeze(-1) - (both[..., :-1] ** 2).sum(dim=-1))


class LogImprovement(LogExpectedImprovement):
    """LogExpectedImprovement with the moments of Posterior."""

    def __init__(self, model, best_f):
        super().__init__(model, best_f=best_f)
        self.fast = Posterior([model])

    def _mean_and_sigma(self, X, compute_sigma=True, min_var=1e-12):
        mean, variance = self.fast.moments(X.reshape(-1, X.shape[-1]))
        shape = (*X.shape[:-2], 1)
        return mean.reshape(shape), variance.clamp_min(min_var).sqrt().reshape(shape)


class LogConstrainedImprovement(LogConstrainedExpectedImprovement):
    """LogConstrainedExpectedImprovement with the moments of Posterior: the first outcome is the objective, the others hold where they are >= 0."""

    def __init__(self, model, best_f):
        super().__init__(model, best_f=best_f, objective_index=0, constraints={i: (0.0, None) for i in range(1, model.num_outputs)})
        self.fast = Posterior(list(model.models))

    def _mean_and_sigma(self, X, compute_sigma=True, min_var=1e-12):
        mean, variance = self.fast.moments(X.reshape(-1, X.shape[-1]))
        shape = (*X.shape[:-2], len(mean))
        return mean.mT.reshape(shape), variance.clamp_min(min_var).sqrt().mT.reshape(shape)


class LogNoisyImprovement(qLogNoisyExpectedImprovement):
    """qLogNoisyExpectedImprovement with samples drawn through Posterior; one candidate at a time, whose objective is the first outcome."""

    def __init__(self, model, X_baseline, **options):
        super().__init__(model=model, X_baseline=X_baseline, **options)
        models = list(model.models) if hasattr(model, "models") else [model]
        self.fast = fast = Posterior(models)
        baseline = self.X_baseline
        self._set_sampler(q_in=1, posterior=model.posterior(torch.cat([baseline, baseline[:1]], dim=-2)))
        base = self.sampler.base_samples.reshape(*self.sample_shape, len(baseline) + 1, len(models)).permute(2, 1, 0)
        with torch.no_grad():
            row = (baseline.unsqueeze(-2) == fast.points).all(dim=-1).long().argmax(dim=-1)
            # The factor of a candidate's covariance with the baseline, as a product with its covariance with the known points.
            lower = self._baseline_L.reshape(len(models), len(baseline), len(baseline)) / fast.scale.unsqueeze(-1)
            known = fast.covariance(baseline) @ fast.whiten
            pick = torch.nn.functional.one_hot(row, len(fast.points)).to(baseline) - known @ fast.whiten.mT
            to_baseline = torch.linalg.solve_triangular(lower, pick, upper=False).mT
            drawn = fast.scale.unsqueeze(-1) * to_baseline @ base[:, :-1]
            self.project = torch.cat([fast.whiten, to_baseline, drawn + fast.project[..., -1:]], dim=-1)
            self.own = base[:, -1:]
        self.width = len(fast.points) + len(baseline)

    def _get_samples_and_objectives(self, X):
        fast = self.fast
        together = fast.covariance(X.reshape(-1, X.shape[-1])) @ self.project
        explained, means = together[..., :self.width], together[..., self.width:]
        whitened, baseline = explained[..., :len(fast.points)], explained[..., len(fast.points):]
        left = fast.prior.squeeze(-1) - (whitened**2).sum(dim=-1) - (baseline**2).sum(dim=-1)
        spread = fast.scale * left.clamp_min(1e-10).sqrt()
        samples = fast.offset.unsqueeze(-1) + means + spread.unsqueeze(-1) * self.own
        samples = samples.permute(2, 1, 0).reshape(*self.sample_shape, *X.shape[:-2], 1, len(samples))
        return samples, samples[..., 0]
