"""All tasks by name."""

from recorded import RECORDED
from synthetic import SYNTHETIC

TASKS = {**RECORDED, **SYNTHETIC}


def build(name):
    return TASKS[name]()
