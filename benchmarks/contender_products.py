"""Only the matrix products of forward and backward, with numpy: what no numpy step can go below.

The factors are prepared: no loss, no activation, no bias, no gradient that means anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.step import Step
from benchmarks.workloads import Array, Workload


def prepare(workload: Workload) -> Step:
    weights = [p for p in workload.parameters if p.ndim == 2]
    if workload.network == "dag":
        w1, w2 = weights
        weights = [w1, w2, w1]  # the shared weight is used twice
    products = [_layer(workload, W, first=number == 0) for number, W in enumerate(weights)]

    def run() -> Any:
        for forward, _ in products:
            forward()
        for _, backward in reversed(products):
            backward()

    return Step(run, None)


def _layer(workload: Workload, W: Array, first: bool) -> tuple[Callable[[], Any], ...]:
    """h @ W.T; and g.T @ h with g @ W, which the first layer's input does not need."""
    n_out, n_in = W.shape
    rng = np.random.default_rng(0)
    h = rng.standard_normal((len(workload.X), n_in)).astype(W.dtype)
    g = rng.standard_normal((len(workload.X), n_out)).astype(W.dtype)

    def forward() -> None:
        h.dot(W.T)

    def backward() -> None:
        g.T.dot(h)
        if not first:
            g.dot(W)

    return forward, backward
