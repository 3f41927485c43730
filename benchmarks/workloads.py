"""The six networks whose training step is timed: the same weights and data for every contender.

One training step is the forward pass, the loss, and the gradient of every parameter. They run
from the smallest network of the lecture, where only the cost of a call counts, to one where only
the matrix products count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Workload:
    """Data and weights of one training step, and the time that scratch aims at."""

    name: str
    title: str
    network: str  # which forward pass: "xor", "layers", "residual", "preactivation" or "dag"
    goal: float  # time of scratch / time of the step fused by hand
    X: Array  # (n, in)
    y: Array  # (n,) class indices, or (n, out)
    parameters: tuple[Array, ...]  # weights (out, in), each followed by its bias where it has one

    def in_float64(self) -> Workload:
        """The same numbers in float64, where a wrong formula cannot hide behind rounding."""
        y = self.y if self.y.dtype.kind == "i" else self.y.astype(np.float64)
        parameters = tuple(p.astype(np.float64) for p in self.parameters)
        return replace(self, X=self.X.astype(np.float64), y=y, parameters=parameters)


def pairs(parameters: Any) -> list[tuple[Any, Any]]:
    """[(weight, bias), ...] of a list that holds them in turn."""
    return list(zip(parameters[::2], parameters[1::2]))


def xor() -> Workload:
    rng = np.random.default_rng(0)
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)
    y = np.array([[0], [1], [1], [0]], np.float64)
    parameters = fully_connected(rng, [2, 2, 1], np.float64)
    title = "XOR 2-2-1, 4 points, sigmoid, BCE, float64"
    return Workload("xor", title, "xor", 1.9, X, y, parameters)


def digits() -> Workload:
    title = "64-64-10, batch 32, ReLU, cross entropy"
    return classifier("digits", title, 1.15, [64, 64, 10], batch=32)


def mnist() -> Workload:
    return classifier("mnist", "784-128-10, batch 64", 1.03, [784, 128, 10], batch=64)


def wide() -> Workload:
    title = "784-1024-1024-10, batch 256"
    return classifier("wide", title, 1.02, [784, 1024, 1024, 10], batch=256)


def residual() -> Workload:
    """200 blocks h + relu(linear(h)), then a linear layer to the 10 classes."""
    rng = np.random.default_rng(0)
    blocks, width, batch = 200, 32, 16
    # A block adds a small positive amount: with He's deviation 200 of them would overflow.
    small = 0.02 / np.sqrt(width)
    parameters: list[Array] = []
    for _ in range(blocks):
        parameters.append(normal(rng, (width, width), small, np.float32))
        parameters.append(normal(rng, (width,), small, np.float32))
    parameters.extend(fully_connected(rng, [width, 10], np.float32))
    X = normal(rng, (batch, width), 1, np.float32)
    y = rng.integers(0, 10, batch)
    title = "200 blocks h + relu(linear(h)), width 32, batch 16"
    return Workload("residual", title, "residual", 1.55, X, y, tuple(parameters))


def residual_network() -> Workload:
    """What `ResidualNetwork` computes: 100 blocks h + F(h) / 10, F of two layers behind a ReLU."""
    rng = np.random.default_rng(0)
    blocks, width, batch = 100, 32, 16
    he = np.sqrt(2 / width)
    parameters: list[Array] = []
    for _ in range(2 * blocks):
        parameters.append(normal(rng, (width, width), he, np.float32))
        parameters.append(normal(rng, (width,), 0.1, np.float32))
    parameters.extend(fully_connected(rng, [width, 10], np.float32))
    X = normal(rng, (batch, width), 1, np.float32)
    y = rng.integers(0, 10, batch)
    title = "100 blocks h + F(h)/10, F of two layers behind a ReLU, width 32, batch 16"
    return Workload("ResidualNetwork", title, "preactivation", 1.55, X, y, tuple(parameters))


def dag() -> Workload:
    """The lecture's network with a shared weight: z1 = w1 X, z2 = w2 (z1 + X), w1 sigmoid(z1 + z2).

    Examples are rows here, as everywhere in this project: w X of the lecture is linear(X, w).
    """
    rng = np.random.default_rng(0)
    size, batch = 16, 64
    w1, w2 = (normal(rng, (size, size), 1 / np.sqrt(size), np.float64) for _ in range(2))
    X = normal(rng, (batch, size), 1, np.float64)
    y = normal(rng, (batch, size), 1, np.float64)
    title = "shared-weight DAG 16x16, batch 64, sigmoid, MSE, float64"
    return Workload("dag", title, "dag", 1.6, X, y, (w1, w2))


WORKLOADS: dict[str, Callable[[], Workload]] = {
    make.__name__: make for make in (xor, digits, mnist, wide, residual, dag)
}


def classifier(name: str, title: str, goal: float, sizes: list[int], batch: int) -> Workload:
    rng = np.random.default_rng(0)
    X = normal(rng, (batch, sizes[0]), 1, np.float32)
    y = rng.integers(0, sizes[-1], batch)
    return Workload(name, title, "layers", goal, X, y, fully_connected(rng, sizes, np.float32))


def fully_connected(rng: np.random.Generator, sizes: list[int], dtype: Any) -> tuple[Array, ...]:
    """Weights N(0, 1/in), so that activations keep their size, and biases N(0, 0.01)."""
    parameters: list[Array] = []
    for n_in, n_out in pairwise(sizes):
        parameters.append(normal(rng, (n_out, n_in), 1 / np.sqrt(n_in), dtype))
        parameters.append(normal(rng, (n_out,), 0.1, dtype))
    return tuple(parameters)


def normal(rng: np.random.Generator, shape: tuple[int, ...], sigma: float, dtype: Any) -> Array:
    return (sigma * rng.standard_normal(shape)).astype(dtype)
