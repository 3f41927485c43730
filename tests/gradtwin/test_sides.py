"""Every way in which people write forward and backward is understood, and nothing is guessed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gradtwin.compare import compare
from gradtwin.sides import UsageError, as_side, side

X = np.array([[0.5, -1.5, 2.0], [1.0, 0.25, -0.75]])
W = np.array([[1.0, 2.0, -1.0], [0.5, -0.25, 3.0]])
B = np.array([0.1, -0.2])


def affine(x: Any, w: Any, b: Any) -> Any:
    return x @ w.T + b


def gradients(g: Any, x: Any, w: Any) -> Any:
    return g @ w, g.T @ x, g.sum(0)


class Layer:
    """Keeps what backward needs in itself."""

    def forward(self, x: Any, w: Any, b: Any) -> Any:
        self.x, self.w = x, w
        return affine(x, w, b)

    def backward(self, dout: Any) -> Any:
        return gradients(dout, self.x, self.w)


class CacheLayer:
    """Hands the cache on."""

    @staticmethod
    def forward(x: Any, w: Any, b: Any) -> Any:
        return affine(x, w, b), {"x": x, "w": w}

    @staticmethod
    def backward(dout: Any, cache: Any) -> Any:
        return gradients(dout, cache["x"], cache["w"])


AFFINE: dict[str, Any] = {
    "backward(g, *arguments)": (affine, lambda g, x, w, b: gradients(g, x, w)),
    "backward(g, cache)": (
        lambda x, w, b: (affine(x, w, b), (x, w)),
        lambda dout, cache: gradients(dout, *cache),
    ),
    "backward(cache, g)": (
        lambda x, w, b: (affine(x, w, b), (x, w)),
        lambda cache, dout: gradients(dout, *cache),
    ),
    "backward(g, a, b)": (
        lambda x, w, b: (affine(x, w, b), x, w),
        lambda dout, x, w: gradients(dout, x, w),
    ),
    "the cache unused": (
        lambda x, w, b: (affine(x, w, b), None),
        lambda dout, x, w, b: gradients(dout, x, w),
    ),
    "an option after": (affine, lambda g, x, w, b, scale=1.0: gradients(g, x, w)),
    "stars": (affine, lambda g, *rest: gradients(g, rest[0], rest[1])),
    "a list": (affine, lambda g, x, w, b: list(gradients(g, x, w))),
    "a dictionary": (
        affine,
        lambda g, x, w, b: dict(zip(["dx", "dw", "db"], gradients(g, x, w))),
    ),
    "a list for the pair": [affine, lambda g, x, w, b: gradients(g, x, w)],
    "an object with state": Layer(),
    "an object with a cache": CacheLayer(),
    "lists of numbers": (
        lambda x, w, b: affine(x, w, b).tolist(),
        lambda g, x, w, b: [d.tolist() for d in gradients(g, x, w)],
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", AFFINE)
def test_conventions_for_several_arguments(name: str, dtype: str) -> None:
    result = compare(AFFINE[name], F.linear, X, W, B, dtype=dtype)
    assert result.ok, str(result)
    assert len(result.gradients) == 3
    assert not result.findings, str(result)


def tanh_from_out(g: Any, out: Any) -> Any:
    return g * (1 - out * out)


UNARY: dict[str, Any] = {
    "backward(g, x)": (np.tanh, lambda g, x: tanh_from_out(g, np.tanh(x))),
    "backward(g, out)": (np.tanh, tanh_from_out),
    "backward(g, cache), the cache an array": (
        lambda x: (np.tanh(x), np.tanh(x)),
        lambda g, cache: tanh_from_out(g, cache),
    ),
    "backward(g, out, x)": (np.tanh, lambda g, out, x: tanh_from_out(g, out)),
    "a tuple of one": (np.tanh, lambda g, x: (tanh_from_out(g, np.tanh(x)),)),
    "nested lists": (
        lambda x: np.tanh(x).tolist(),
        lambda g, x: tanh_from_out(g, np.tanh(x)).tolist(),
    ),
}


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("x", [X, X[:1], X[0], X[0, :1], np.float64(0.3)], ids=str)
def test_conventions_for_one_argument(name: str, x: Any) -> None:
    result = compare(UNARY[name], torch.tanh, x)
    assert result.ok, str(result)
    assert len(result.gradients) == 1


def mse_gradients(y_hat: Any, y: Any) -> Any:
    d = 2 * (y_hat - y) / y.size
    return d, -d


def mse(y_hat: Any, y: Any) -> Any:
    return ((y_hat - y) ** 2).mean()


LOSSES: dict[str, Any] = {
    "without upstream": (mse, mse_gradients),
    "cache without upstream": (
        lambda y_hat, y: (mse(y_hat, y), (y_hat, y)),
        lambda cache: mse_gradients(*cache),
    ),
    "with upstream": (mse, lambda g, y_hat, y: tuple(g * d for d in mse_gradients(y_hat, y))),
    "a Python float": (
        lambda y_hat, y: float(mse(y_hat, y)),
        lambda g, y_hat, y: tuple(g * d for d in mse_gradients(y_hat, y)),
    ),
    "said outright": side("numpy", (mse, lambda a, b: mse_gradients(a, b)), upstream=False),
}


@pytest.mark.parametrize("name", LOSSES)
def test_conventions_for_a_loss(name: str) -> None:
    result = compare(LOSSES[name], F.mse_loss, X, X[::-1] * 2)
    assert result.ok, str(result)
    assert len(result.gradients) == 2


def split(x: Any) -> Any:
    return x * 2, x.sum(0)


TWO_OUTPUTS: dict[str, Any] = {
    "backward(g1, g2, x)": (split, lambda g1, g2, x: 2 * g1 + np.broadcast_to(g2, x.shape)),
    "backward(g1, g2)": (split, lambda g1, g2: 2 * g1 + g2),
    "backward((g1, g2), x)": (split, lambda gs, x: 2 * gs[0] + gs[1]),
    "((out1, out2), cache)": (lambda x: (split(x), None), lambda gs, cache: 2 * gs[0] + gs[1]),
}


@pytest.mark.parametrize("name", TWO_OUTPUTS)
def test_two_outputs(name: str) -> None:
    result = compare(TWO_OUTPUTS[name], lambda x: (x * 2, x.sum(0)), X)
    assert result.ok, str(result)
    assert [c.name for c in result.outputs] == ["output 0", "output 1"]


def test_integer_arguments_get_no_gradient() -> None:
    def forward(x: Any, index: Any) -> Any:
        return x[index], (x.shape, index)

    def backward(g: Any, cache: Any) -> Any:
        shape, index = cache
        d_x = np.zeros(shape)
        np.add.at(d_x, index, g)
        return d_x, None

    index = np.array([1, 0, 1])
    result = compare((forward, backward), lambda x, i: x[i], X, index)
    assert result.ok, str(result)
    assert [c.name for c in result.gradients] == ["gradient of x"]
    only = lambda g, cache: backward(g, cache)[0]       # without the None
    assert compare((forward, only), lambda x, i: x[i], X, index).ok


def test_requires_grad_picks_the_arguments() -> None:
    pair = affine, lambda g, x, w, b: (None, g.T @ x, None)
    result = compare(pair, F.linear, X, W, B, requires_grad=[False, True, False])
    assert result.ok, str(result)
    assert [c.name for c in result.gradients] == ["gradient of w"]


def test_forward_alone_is_compared() -> None:
    result = compare(side("numpy", np.tanh), torch.tanh, X)
    assert result.ok
    assert not result.gradients


def test_an_error_inside_the_code_is_never_taken_for_another_convention() -> None:
    calls = []

    def backward(g: Any, x: Any) -> Any:
        calls.append(1)
        raise TypeError("backward() takes 1 positional argument but 2 were given")

    result = compare((np.tanh, backward), torch.tanh, X)
    assert [f.kind for f in result.findings] == ["raises"]
    assert len(calls) == 1


# Telling the kinds apart


def helper(x: Any) -> Any:
    return torch.relu(x)


def test_kinds_are_read_from_the_code() -> None:
    relu = torch.relu
    assert as_side(lambda x: torch.max(x, torch.zeros_like(x)), "scratch").kind == "torch"
    assert as_side(lambda x: helper(x), "scratch").kind == "torch"
    assert as_side(lambda x: relu(x), "scratch").kind == "torch"
    assert as_side(F.linear, "scratch").kind == "torch"
    assert as_side(torch.nn.Linear(2, 3), "scratch").kind == "torch"
    assert as_side(lambda x: x * 2, "scratch").kind == "scratch"
    assert as_side(lambda x: x * 2, "torch").kind == "torch"
    assert as_side((affine, None), "torch").kind == "numpy"
    assert as_side(Layer(), "torch").kind == "numpy"
    assert as_side(side("scratch", helper), "torch").kind == "scratch"


def test_a_nested_function_counts() -> None:
    def outer(x: Any) -> Any:
        return (lambda y: torch.exp(y))(x)

    assert as_side(outer, "scratch").kind == "torch"


def test_two_torch_functions() -> None:
    assert compare(lambda x: x.clamp(min=0), torch.relu, X[X != 0], names=["x"]).kinds == (
        "scratch", "torch",
    )
    assert compare(side("torch", lambda x: x.clamp(min=0)), torch.relu, X).ok


@pytest.mark.parametrize(
    ("code", "pattern"),
    [
        ((affine,), "pair"),
        (Layer, r"Layer\(\)"),
        (3, "function"),
        ((affine, 3), "backward"),
        ((3, affine), "forward"),
        ((affine, lambda: None), "cannot tell how to call"),
        ((lambda x, w, b: (1, 2, 3, 4), lambda g, a, b: None), "tuple of 4"),
    ],
)
def test_what_is_no_side_is_refused(code: Any, pattern: str) -> None:
    with pytest.raises(UsageError, match=pattern):
        compare(code, F.linear, X, W, B)


def test_unknown_kinds_and_options_are_refused() -> None:
    with pytest.raises(ValueError, match="kind must be one of"):
        side("jax", affine)
    with pytest.raises(TypeError, match="only a numpy side"):
        side("torch", affine, cache=True)
