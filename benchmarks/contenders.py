"""Who takes part, and who is missing from this installation."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from benchmarks.step import Step
from benchmarks.workloads import Workload

Prepare = Callable[[Workload], Step]

NAMES = ("torch", "fused", "columns", "products", "scratch", "mygrad", "autograd")
OPTIONAL = ("mygrad", "autograd")  # the extra [bench]
INSTALL = "pip install 'gradtwin[bench]'"


def load() -> tuple[dict[str, Prepare], list[str]]:
    """Each contender's `prepare`, and the names of those that are not installed."""
    found: dict[str, Prepare] = {}
    missing: list[str] = []
    for name in NAMES:
        try:
            found[name] = import_module(f"benchmarks.contender_{name}").prepare
        except ModuleNotFoundError as error:
            if name not in OPTIONAL or error.name != name:
                raise
            missing.append(name)
    return found, missing
