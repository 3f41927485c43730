"""Shapes that broadcast, and random expressions: Hypothesis looks for what nobody thought of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import scratch
from gradtwin import assert_twins
from scratch.autograd.broadcasting import result_type, stretched_axes

# the same examples in each run: a test that fails today fails tomorrow
quietly = settings(max_examples=60, deadline=None, derandomize=True, database=None)
dtypes = st.sampled_from(["float32", "float64"])

TWO = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / (y * y + 1),
    "maximum": lambda x, y: x.maximum(y),
    "difference of squares": lambda x, y: (x + y) * (x - y),
}


@st.composite
def pairs(draw: Any) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays whose shapes broadcast: missing dimensions, lengths 1 and 0, 0-d."""
    shapes = draw(
        hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=3, max_dims=4)
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    first, second = (rng.normal(size=s) for s in shapes.input_shapes)
    return first, second


@quietly
@given(arrays=pairs(), name=st.sampled_from(sorted(TWO)), dtype=dtypes)
def test_any_pair_of_shapes(arrays: tuple[np.ndarray, np.ndarray], name: str, dtype: str) -> None:
    """Each gradient comes back in its argument's shape, summed over what was stretched."""
    assert_twins(TWO[name], TWO[name], *arrays, dtype=dtype)


@quietly
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=1, base_shape=(2, 3, 2), min_side=0))
def test_stretched_axes_undo_a_broadcast(shapes: Any) -> None:
    """Summing ones over them counts how often each element was used."""
    shape, result = shapes.input_shapes[0], shapes.result_shape
    ones = np.broadcast_to(np.ones(shape), result)
    counted = ones.sum(stretched_axes(shape, result)).reshape(shape)
    expected = np.prod(result, dtype=int) / max(np.prod(shape, dtype=int), 1)
    np.testing.assert_array_equal(counted, np.full(shape, expected))


@pytest.mark.parametrize("wrong", [((2, 3), (2,)), ((2, 3), (3, 2)), ((4,), (3,)), ((0,), (2,))])
def test_shapes_that_do_not_broadcast(wrong: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    x, y = (scratch.tensor(np.zeros(s), requires_grad=True) for s in wrong)
    with pytest.raises(RuntimeError, match=r"(?s)add: .*given input: \(.*other: \("):
        x + y


def test_dtypes_of_two_arguments_are_pytorchs() -> None:
    """All pairs of dtypes, with and without dimensions."""
    kinds = ("bool", "uint8", "int64", "float32", "float64")
    for first in kinds:
        for second in kinds:
            for shapes in (((2,), (2,)), ((2,), ()), ((), (2,)), ((), ())):
                a, b = (np.zeros(s, k) for s, k in zip(shapes, (first, second)))
                expected = torch.result_type(torch.from_numpy(a), torch.from_numpy(b))
                assert str(expected) == f"torch.{result_type(a, b)}", (first, second, shapes)


# ---- random expressions ---------------------------------------------------------------------

ONE: dict[str, Callable[[Any], Any]] = {
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: x.sigmoid(),
    "relu": lambda x: x.relu(),
    "exp of tanh": lambda x: x.tanh().exp(),
    "centred": lambda x: x - x.mean(),
    "by rows": lambda x: x / (x * x).sum(-1, keepdim=True).exp(),
    "softmax": lambda x: x.softmax(-1),
    "transposed": lambda x: x.transpose(0, 1),
    "upside down": lambda x: x[[1, 0]],
}
JOINED: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "mul": lambda x, y: x * y,
    "matmul": lambda x, y: (x @ y).tanh(),
    "maximum": lambda x, y: x.maximum(y),
}
Step = tuple[str, int, int]


@st.composite
def programs(draw: Any) -> list[Step]:
    """Each step applies an operation to earlier results, so that results are shared."""
    steps = draw(st.integers(1, 6))
    names = st.sampled_from([*ONE, *JOINED])
    return [
        (draw(names), draw(st.integers(0, 1 + n)), draw(st.integers(0, 1 + n)))
        for n in range(steps)
    ]


def run(program: list[Step]) -> Callable[[Any, Any], Any]:
    """The program as a function of two square matrices; every result takes part in the last."""

    def function(a: Any, b: Any) -> Any:
        results = [a, b]
        for name, i, j in program:
            if name in ONE:
                results.append(ONE[name](results[i]))
            else:
                results.append(JOINED[name](results[i], results[j]).tanh())
        total = results[0]
        for one in results[1:]:
            total = total + one
        return total

    return function


@quietly
@given(program=programs(), seed=st.integers(0, 2**16), dtype=dtypes)
def test_random_expressions(program: list[Step], seed: int, dtype: str) -> None:
    arrays = np.random.default_rng(seed).normal(size=(2, 2, 2))
    assert_twins(run(program), run(program), *arrays, dtype=dtype)


def test_a_mistake_in_broadcasting_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test of these tests: a sum over the stretched axes that is forgotten."""
    monkeypatch.setattr("scratch.autograd.broadcasting.stretched_axes", lambda shape, result: ())
    with pytest.raises(Exception, match=r"reshape|shape"):
        test_any_pair_of_shapes()
