"""The tuners by name. Each module is imported when it is used: torch and scikit-learn take seconds to load."""

import importlib

TUNERS = {
    "random": ("tuners.plain", "Random"),
    "sobol": ("tuners.plain", "Sobol"),
    "optuna_tpe": ("tuners.optuna_samplers", "Tpe"),
    "optuna_gp": ("tuners.optuna_samplers", "GaussianProcess"),
    "smac": ("tuners.smac_forest", "Smac"),
    "botorch": ("tuners.botorch_gp", "BoTorch"),
    "trimtab": ("tuners.trimtab_pipe", "Trimtab"),
}
DEFAULT = ["random", "sobol", "optuna_tpe", "smac", "botorch", "trimtab"]


def create(name, task, seed, budget, options):
    module, kind = TUNERS[name]
    return getattr(importlib.import_module(module), kind)(task, seed, budget, options)
