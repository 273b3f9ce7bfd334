"""Tests of the benchmark itself: bench/optimizer/run test."""

import gzip
import json
import math
import pathlib
import sys
import tempfile
import unittest

import numpy

import harness
import kept
import plot
import significance
import tasks
import tuners
from recorded import Table
from space import Space, categorical, flag, integer, ordinal, real
from synthetic import HARTMANN_BEST, branin, hartmann
from task import NOTHING_FEASIBLE, Outcome, Task

FAKE = '''
import json, random, sys
random.seed(int(sys.argv[sys.argv.index("--seed") + 1]))
told, asked = [], {}
for line in sys.stdin:
    request = json.loads(line)
    if "ask" in request:
        name = f"t-{len(asked) + 1}"
        asked[name] = {"x": random.uniform(-5, 10), "y": random.uniform(0, 15)}
        reply = {"suggestions": [{"id": name, "configuration": asked[name]}]}
    elif "tell" in request:
        told.append(request["tell"]["metrics"]["value"])
        reply = {"told": {"id": request["tell"]["id"]}}
    else:
        reply = {"error": {"code": "invalid", "message": "what"}}
    print(json.dumps(reply), flush=True)
'''


class SpaceTest(unittest.TestCase):
    def test_units_and_values_are_inverse(self):
        for p in (real("a", 1, 1000, log=True), real("b", -3, 5), integer("c", 2, 40), integer("d", 1, 4096, log=True), ordinal("e", "1", "2", "8")):
            for unit in (0.0, 0.31, 0.77, 1.0):
                value = p.value(unit)
                self.assertEqual(p.value(p.unit(value)), value) if p.kind != "real" else self.assertAlmostEqual(p.value(p.unit(value)), value)

    def test_inactive_parameters_are_absent_and_values_are_checked(self):
        space = Space([categorical("gc", "Serial", "G1"), integer("region", 1, 32, when=("gc", "G1"))])
        self.assertEqual(space.decode([0.0, 0.5]), {"gc": "Serial"})
        self.assertEqual(space.checked({"gc": "Serial", "region": 99}), {"gc": "Serial"})
        for wrong in ({"gc": "G1"}, {"gc": "G1", "region": 33}, {"gc": "G1", "region": 1.5}, {"gc": "CMS"}):
            with self.assertRaises(ValueError):
                space.checked(wrong)

    def test_distance_is_the_sum_of_the_parameters_distances(self):
        space = Space([real("a", 0, 10), flag("b"), integer("c", 0, 4, when=("b", "on"))])
        rows = [{"a": "0", "b": "on", "c": "0"}, {"a": "5", "b": "off", "c": "0"}, {"a": "9", "b": "on", "c": "4"}]
        distances = Table(space, rows).distances({"a": 1.0, "b": "on", "c": 1})
        # Row 2: 0.4 for a, 1 for b, 1 for c which is active on one side only.
        numpy.testing.assert_allclose(distances, [0.1 + 0 + 0.25, 0.4 + 1 + 1, 0.8 + 0 + 0.75])

    def test_a_recorded_row_is_its_own_nearest(self):
        for name in ("llvm", "dconvert", "redis"):
            task = tasks.build(name)
            self.assertEqual(task.regret(None), NOTHING_FEASIBLE)
            random = numpy.random.default_rng(3)
            best = min(task.regret(task.space.decode(u)) for u in random.random((400, len(task.space.parameters))))
            self.assertTrue(0.0 <= best < 0.6, (name, best))


class FunctionTest(unittest.TestCase):
    def test_known_optima(self):
        self.assertAlmostEqual(branin().regret({"x": math.pi, "y": 2.275}), 0.0, places=5)
        where = [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573]
        self.assertAlmostEqual(hartmann({f"x{i}": v for i, v in enumerate(where)}), HARTMANN_BEST, places=4)

    def test_the_service_breaks_where_it_should(self):
        task = tasks.build("service")
        good = {"cpu": 7.0, "memory": 6000, "heap": 4000, "gc": "ZGC", "threads": 100, "pool": 40, "compress": "off", "gc_target": 0.4, "buffer": 32,
                "access_log": "off"}
        self.assertTrue(task.feasible(task.truth(good)))
        self.assertIn("OutOfMemory", task.truth({**good, "heap": 300}).failed)
        self.assertIn("killed", task.truth({**good, "memory": 4100}).failed)
        self.assertFalse(task.space.allowed({**good, "memory": 4100}))
        self.assertFalse(task.feasible(task.truth({**good, "cpu": 0.6})))


class HarnessTest(unittest.TestCase):
    def test_regret_never_rises_without_noise_and_the_seed_decides(self):
        task = tasks.build("hartmann6")
        first, again, other = (harness.run_one(task, "random", seed, 30, {}) for seed in (1, 1, 2))
        self.assertEqual(first["regret"], again["regret"])
        self.assertNotEqual(first["regret"], other["regret"])
        self.assertEqual(first["regret"], sorted(first["regret"], reverse=True))
        self.assertEqual(len(first["suggest_ms"]), 30)

    def test_infeasible_is_never_the_incumbent(self):
        space = Space([real("x", 0, 1)])
        task = Task("t", "synthetic", space, None, None, 0.0, 1.0, slos=(("p95", "<=", 10.0),))
        incumbent = harness.Incumbent(task)
        incumbent.add({"x": 0.1}, Outcome({"value": 1.0, "p95": 11.0}))
        incumbent.add({"x": 0.2}, Outcome({}, "failed"))
        self.assertIsNone(incumbent.best())
        incumbent.add({"x": 0.3}, Outcome({"value": 5.0, "p95": 9.0}))
        self.assertEqual(incumbent.best(), {"x": 0.3})

    def test_every_tuner_begins_with_the_baseline(self):
        task = tasks.build("smarttuning")
        self.assertTrue(task.feasible(task.truth(task.baseline)))
        for name in set(tuners.TUNERS) - {"trimtab"}:
            tuner = tuners.create(name, task, 3, 20, {})
            first = tuner.ask()
            self.assertEqual(task.space.checked(first), task.baseline, name)
            tuner.tell(first, task.truth(first))
            self.assertNotEqual(task.space.checked(tuner.ask()), task.baseline, name)
            tuner.close()
        self.assertIn("baseline: {", task.space.document(task.goal(), baseline=task.baseline))

    def test_the_pipe_speaks_the_protocol_and_reports_an_error_reply(self):
        with tempfile.TemporaryDirectory() as directory:
            program = pathlib.Path(directory) / "fake.py"
            program.write_text(FAKE, encoding="utf-8")
            options = {"trimtab": f"{sys.executable} {program}"}
            record = harness.run_one(tasks.build("branin"), "trimtab", 1, 12, options)
            self.assertEqual(len(record["regret"]), 12)
            failed = harness.run_job(("hartmann6_noisy", "trimtab", 1, 3, options))
            self.assertIn("missing", failed["error"])

    def test_a_cut_line_is_run_again_and_does_not_spoil_the_next(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "results.jsonl"
            one = {"task": "a", "tuner": "b", "seed": 1, "budget": 2, "regret": [1, 1]}
            harness.append(path, one)
            path.write_text(path.read_text() + json.dumps(one)[:20])
            harness.append(path, {**one, "seed": 2})
            self.assertEqual([r["seed"] for r in harness.read_results(path)], [1, 2])


class KeptTest(unittest.TestCase):
    def test_what_is_kept_holds_only_for_what_made_it(self):
        with tempfile.TemporaryDirectory() as directory:
            folder = pathlib.Path(directory)
            one = {"task": "branin", "tuner": "smac", "seed": 1, "budget": 2, "version": "v", "regret": [1, 0.5], "suggest_ms": [3, 4], "broken": [],
                   "rejected": 0, "distinct": 2, "seconds": 7.0}
            self.assertEqual(kept.write([one, {**one, "tuner": "random"}], folder), {"smac": 1})
            self.assertEqual(kept.write([{**one, "seed": 2}], folder), {"smac": 2})
            records, stale = kept.read(folder)
            self.assertEqual(([r["seed"] for r in records], stale), ([1, 2], 0))
            self.assertNotIn("suggest_ms", records[0])
            before = (folder / "smac.jsonl.gz").read_bytes()
            kept.write([], folder)
            self.assertEqual((folder / "smac.jsonl.gz").read_bytes(), before)
            text = gzip.decompress(before).decode().replace(kept.digest("smac"), "0" * 16, 1)
            (folder / "smac.jsonl.gz").write_bytes(gzip.compress(text.encode()))
            self.assertEqual([r["seed"] for r in kept.read(folder)[0]], [2])
            self.assertEqual(kept.read(folder)[1], 1)


class DirectGaussianProcessTest(unittest.TestCase):
    """What BoTorch computes and what tuners/direct_gp.py computes in its place."""

    def setUp(self):
        import torch
        from botorch.models import MixedSingleTaskGP, SingleTaskGP
        torch.manual_seed(4)
        self.categories = {2: 3, 5: 4}
        self.x = self.points(30)
        self.y = torch.stack([torch.sin(3 * self.x).sum(dim=1), 50 - 100 * self.x[:, 0] ** 2 - 5 * self.x[:, 5], self.x[:, 1] + self.x[:, 3] - 1], dim=1)
        outcomes = [self.y[:, i:i + 1] for i in range(3)]
        self.families = [[SingleTaskGP(self.x, y) for y in outcomes], [MixedSingleTaskGP(self.x, y, cat_dims=list(self.categories)) for y in outcomes]]

    def points(self, count):
        import torch
        x = torch.rand(count, 7, dtype=torch.double)
        for column, values in self.categories.items():
            x[:, column] = torch.randint(values, (count,))
        return x

    def fitted(self, models):
        from botorch.fit import fit_gpytorch_mll
        from gpytorch.mlls import ExactMarginalLogLikelihood
        from tuners.direct_gp import Loss
        for model in models:
            likelihood = ExactMarginalLogLikelihood(model.likelihood, model)
            fit_gpytorch_mll(likelihood, closure=Loss(likelihood), optimizer_kwargs={"options": {"maxiter": 30}})
        return models

    def test_the_likelihood_and_its_gradient(self):
        import torch
        from botorch.optim.closures import get_loss_closure_with_grads
        from gpytorch.mlls import ExactMarginalLogLikelihood
        from tuners.direct_gp import Loss
        for model in (models[0] for models in self.families):
            likelihood = ExactMarginalLogLikelihood(model.likelihood, model)
            likelihood.train()
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.add_(0.3 * torch.rand_like(parameter))
            loss = Loss(likelihood)
            expected, slopes = get_loss_closure_with_grads(likelihood, loss.parameters)()
            value, gradient = loss(loss.state)
            self.assertAlmostEqual(value, float(expected), places=7)
            numpy.testing.assert_allclose(gradient, torch.cat([slope.reshape(-1) for slope in slopes]).numpy(), atol=1e-7)

    def test_the_acquisition_and_its_gradient(self):
        import torch
        from botorch.acquisition.analytic import LogConstrainedExpectedImprovement, LogExpectedImprovement
        from botorch.acquisition.logei import qLogNoisyExpectedImprovement
        from botorch.acquisition.objective import GenericMCObjective
        from botorch.models import ModelListGP
        from botorch.sampling import SobolQMCNormalSampler
        from tuners.direct_gp import LogConstrainedImprovement, LogImprovement, LogNoisyImprovement
        objective = GenericMCObjective(lambda sample, X=None: sample[..., 0])
        constraints = [lambda sample: -sample[..., 1], lambda sample: -sample[..., 2]]

        def noisy(kind, model, limits):
            torch.manual_seed(6)
            return kind(model, self.x, sampler=SobolQMCNormalSampler(torch.Size([64]), seed=3), objective=objective, constraints=limits, prune_baseline=True)

        for models in map(self.fitted, self.families):
            best = self.y[:, 0].max()
            pairs = [(LogExpectedImprovement(models[0], best_f=best), LogImprovement(models[0], best_f=best))]
            together = ModelListGP(*models)
            pairs.append((LogConstrainedExpectedImprovement(together, best, 0, {1: (0.0, None), 2: (0.0, None)}), LogConstrainedImprovement(together, best)))
            for model, limits in ((models[0], None), (together, constraints)):
                pairs.append((noisy(qLogNoisyExpectedImprovement, model, limits), noisy(LogNoisyImprovement, model, limits)))
            at = self.points(6).unsqueeze(-2).requires_grad_()
            for theirs, ours in pairs:
                expected, value = theirs(at), ours(at)
                torch.testing.assert_close(value, expected, rtol=1e-5, atol=1e-5)
                slopes, gradient = (torch.autograd.grad(result.sum(), at)[0] for result in (expected, value))
                torch.testing.assert_close(gradient, slopes, rtol=1e-4, atol=1e-4)

    def test_a_space_of_few_points_is_listed_once_each(self):
        from tuners.botorch_gp import BoTorch
        self.assertEqual(len(BoTorch(tasks.build("llvm"), 1, 20, {}).choices), 1024)
        tuner = BoTorch(tasks.build("dconvert"), 1, 20, {})
        self.assertEqual(len({json.dumps(tuner._decode(row), sort_keys=True) for row in tuner.choices}), len(tuner.choices))
        self.assertIsNone(BoTorch(branin(), 1, 20, {}).choices)


class SignificanceTest(unittest.TestCase):
    def test_known_values(self):
        # Complete separation of 5 and 5: two of the 252 splits are as extreme.
        self.assertAlmostEqual(significance.rank_sum([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]), 2 / 252)
        self.assertEqual(significance.rank_sum([1, 1, 1], [1, 1, 1]), 1.0)
        self.assertAlmostEqual(significance.sign(9, 1), 2 * 11 / 1024)
        for mine, theirs in zip(significance.holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]):
            self.assertAlmostEqual(mine, theirs)
        self.assertEqual(significance.quantile([4, 1, 3, 2], 0.5), 2.5)

    def test_the_normal_approximation_agrees_with_scipy(self):
        from scipy import stats
        random = numpy.random.default_rng(5)
        a, b = random.normal(0, 1, 20).tolist(), random.normal(0.7, 1, 20).tolist()
        expected = stats.mannwhitneyu(a, b, method="asymptotic").pvalue
        self.assertAlmostEqual(significance.rank_sum(a, b), expected, places=6)


class PlotTest(unittest.TestCase):
    def test_the_plot_is_well_formed(self):
        from xml.etree import ElementTree
        text = plot.regret_plot({"a<b": {"random": [[1.0, 0.5], [0.9, 0.0]], "trimtab": [[0.8, 0.1]]}}, 2)
        root = ElementTree.fromstring(text)
        self.assertEqual(len(root.findall(".//{http://www.w3.org/2000/svg}polyline")), 2)
