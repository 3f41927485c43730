"""The lecture's gradients on paper, against the graph of scratch and against PyTorch."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from close import assert_close

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


def check_three(network: Any, arrays: list[Any], dtype: str = "float64") -> None:
    """Paper with PyTorch, paper with scratch's graph, and that with PyTorch."""
    pair = [getattr(chain_rule, f"{network.__name__}_{way}") for way in ("forward", "backward")]
    paper = side("numpy", tuple(pair), cache=True)
    graph = side("scratch", lambda *t: network(scratch, *t))
    pytorch = side("torch", lambda *t: network(torch, *t))
    for ours, theirs in ((paper, pytorch), (paper, graph), (graph, pytorch)):
        assert_twins(ours, theirs, *arrays, dtype=dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("network", "shapes"), NETWORKS, ids=[f"{f.__name__}-{len(s)}" for f, s in NETWORKS]
)
def test_paper_graph_and_pytorch_agree(
    network: Any, shapes: list[tuple[int, ...]], dtype: str
) -> None:
    rng = np.random.default_rng(7)
    for _ in range(3):
        check_three(network, [rng.normal(size=shape) for shape in shapes], dtype)


@pytest.mark.parametrize("seed", range(8))
def test_layers_of_any_number_and_size(seed: int) -> None:
    """One to five layers of one to six neurons, one to seven examples."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 7, rng.integers(2, 7)).tolist()
    n = int(rng.integers(1, 8))
    shapes = [(n, *shape[1:]) for shape in layer_shapes(*sizes)[:2]] + layer_shapes(*sizes)[2:]
    check_three(layers, [rng.normal(size=shape) for shape in shapes])


@pytest.mark.parametrize("shape", [(), (1,), (3, 4), (2, 1, 5), (0,)], ids=str)
def test_the_polynomial_of_any_shape(shape: tuple[int, ...]) -> None:
    check_three(polynomial, [np.random.default_rng(1).normal(size=shape)])


def test_a_batch_is_the_mean_of_its_examples() -> None:
    """The recursion over a batch at once, and example by example."""
    rng = np.random.default_rng(3)
    X, y, *parameters = (rng.normal(size=shape) for shape in layer_shapes(3, 4, 2))
    _, cache = chain_rule.layers_forward(X, y, *parameters)
    _, _, *at_once = chain_rule.layers_backward(1.0, cache)
    singly: list[Any] = []
    for i in range(len(X)):
        _, cache = chain_rule.layers_forward(X[i : i + 1], y[i : i + 1], *parameters)
        singly.append(chain_rule.layers_backward(1.0, cache)[2:])
    for k, gradient in enumerate(at_once):
        mean = np.mean([each[k] for each in singly], axis=0)
        assert_close(gradient, mean, terms=4, layers=3, size=np.abs(mean).max())


@pytest.mark.parametrize("network", [*SCALARS, layers], ids=lambda network: network.__name__)
def test_a_wrong_gradient_on_paper_does_not_pass(
    network: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gradient of the last argument, one part in a million off."""
    name = f"{network.__name__}_backward"
    right = getattr(chain_rule, name)

    def wrong(g: Any, cache: Any) -> Any:
        found = right(g, cache)
        rest, last = (found[:-1], found[-1]) if isinstance(found, tuple) else ((), found)
        return (*rest, last * (1 + 1e-6)) if rest else last * (1 + 1e-6)

    monkeypatch.setattr(chain_rule, name, wrong)
    shapes = layer_shapes(3, 4, 2) if network is layers else [()] * SCALARS[network]
    rng = np.random.default_rng(7)
    with pytest.raises(AssertionError, match=r"gradient of [\w ]+ DIFFERS"):
        check_three(network, [rng.normal(size=shape) for shape in shapes])


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
