"""The lecture's gradients on paper, against the graph of scratch and against PyTorch."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch

import scratch
from gradtwin.compare import assert_twins
from gradtwin.sides import side
from scratch import chain_rule


def polynomial(lib: Any, x: Any) -> Any:
    return (6 * x**2 + 2) ** 4


def one_neuron(lib: Any, x: Any, y: Any, w1: Any, w2: Any) -> Any:
    return (lib.sigmoid(w2 * lib.sigmoid(w1 * x)) - y) ** 2


def three_sigmoids(lib: Any, x: Any, y: Any, w1: Any, w2: Any, w3: Any) -> Any:
    return (lib.sigmoid(w3 * lib.sigmoid(w2 * lib.sigmoid(w1 * x))) - y) ** 2


def layers(lib: Any, X: Any, y: Any, *parameters: Any) -> Any:
    h = X
    for W, b in zip(parameters[0::2], parameters[1::2]):
        z = h @ W.T + b
        h = lib.sigmoid(z)
    return ((z - y) ** 2).mean()


def linear_regression(lib: Any, x: Any, y: Any, w: Any, b: Any) -> Any:
    return (w * x + b - y) ** 2


def dag(lib: Any, x: Any, y: Any, w1: Any, w2: Any) -> Any:
    z1 = w1 * x
    z2 = w2 * (z1 + x)
    return (w1 * (z1 + z2) - y) ** 2


SCALARS = {polynomial: 1, one_neuron: 4, three_sigmoids: 5, linear_regression: 4, dag: 4}


def layer_shapes(*sizes: int) -> list[tuple[int, ...]]:
    """X, y and the parameters of a network with layers of these sizes, five examples."""
    shapes: list[tuple[int, ...]] = [(5, sizes[0]), (5, sizes[-1])]
    for n_in, n_out in itertools.pairwise(sizes):
        shapes += [(n_out, n_in), (n_out,)]
    return shapes


NETWORKS = [(network, [()] * count) for network, count in SCALARS.items()] + [
    (layers, layer_shapes(3, 2)),
    (layers, layer_shapes(3, 4, 2)),
    (layers, layer_shapes(3, 4, 5, 6, 2)),
]


@pytest.mark.parametrize(
    ("network", "shapes"), NETWORKS, ids=[f"{f.__name__}-{len(s)}" for f, s in NETWORKS]
)
def test_paper_graph_and_pytorch_agree(network: Any, shapes: list[tuple[int, ...]]) -> None:
    name = network.__name__
    paper = (
        getattr(chain_rule, f"{name}_forward"),
        getattr(chain_rule, f"{name}_backward"),
    )
    rng = np.random.default_rng(7)
    for _ in range(3):
        arrays = [rng.normal(size=shape) for shape in shapes]
        torch_side = side("torch", lambda *t: network(torch, *t))
        assert_twins(side("numpy", paper), torch_side, *arrays)
        assert_twins(side("scratch", lambda *t: network(scratch, *t)), torch_side, *arrays)


def test_the_numbers_of_the_lecture() -> None:
    loss, cache = chain_rule.linear_regression_forward(3.0, 9.0, 2.0, 1.0)
    assert loss == 4
    assert chain_rule.linear_regression_backward(1.0, cache)[2:] == (-12, -4)


def test_the_exponent_that_the_lecture_leaves_out() -> None:
    # exact, in integers: 4 (6 x^2 + 2)^3 (12 x) at 1, 2 and -3
    y, cache = chain_rule.polynomial_forward(np.array([1.0, 2.0, -3.0]))
    assert y.tolist() == [8**4, 26**4, 56**4]
    slopes = chain_rule.polynomial_backward(1.0, cache)
    assert slopes.tolist() == [4 * 8**3 * 12, 4 * 26**3 * 24, 4 * 56**3 * -36]
