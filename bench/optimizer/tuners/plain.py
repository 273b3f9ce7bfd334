"""Random and quasi-random search. The interface of a tuner is `Random`: ask, tell, reject, recommend, close."""

import numpy
import scipy
from scipy.stats import qmc


class Random:
    """Uniform in the declared scale of each parameter."""
    version = f"numpy {numpy.__version__}"

    def __init__(self, task, seed, budget, options):
        self.space = task.space
        self.first = task.baseline
        self.random = numpy.random.default_rng(seed)

    def ask(self):
        """The next configuration to run."""
        first, self.first = self.first, None
        return first or self.draw()

    def draw(self):
        return self.space.decode(self.random.random(len(self.space.parameters)))

    def tell(self, configuration, outcome):
        """What the last configuration gave."""

    def reject(self, configuration):
        """The last configuration breaks a relation that is known beforehand; no run is spent, ask is called again."""

    def recommend(self):
        """The configuration to use now, for noisy tasks; None: the one with the best measured mean."""
        return None

    def close(self):
        """Ends what the tuner started."""


class Sobol(Random):
    """Owen-scrambled Sobol points."""
    version = f"scipy {scipy.__version__}"

    def __init__(self, task, seed, budget, options):
        super().__init__(task, seed, budget, options)
        self.points = iter(qmc.Sobol(len(task.space.parameters), scramble=True, seed=seed).random(1 << 12))

    def draw(self):
        return self.space.decode(next(self.points))
