"""`compare` as people call it: frozen, integer, empty, 0-d and strided arguments, and slips."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import scratch
from gradtwin.compare import assert_twins, compare

RNG = np.random.default_rng(0)
A, B, W = (RNG.normal(size=s) for s in ((4, 3), (4, 3), (5, 3)))
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


def product_and_sum(x: Any, y: Any, z: Any) -> Any:
    return x * y + z


def every_gradient(g: Any, x: Any, y: Any, z: Any) -> Any:
    return g * y, g * x, g * 1


@DTYPES
@pytest.mark.parametrize("wanted", list(product([True, False], repeat=3)))
def test_every_pattern_of_frozen_arguments(wanted: tuple[bool, ...], dtype: str) -> None:
    """Backward may give a gradient for each argument, None for the frozen, or the wanted only."""
    options: dict[str, Any] = {"dtype": dtype, "requires_grad": wanted}
    assert_twins(scratch.functional.linear, F.linear, A, W, W[:, 0], **options)
    assert_twins(product_and_sum, product_and_sum, A, B, A, **options)

    def none_for_frozen(g: Any, *given: Any) -> Any:
        return tuple(d if w else None for d, w in zip(every_gradient(g, *given), wanted))

    def wanted_only(g: Any, *given: Any) -> Any:
        return tuple(d for d in none_for_frozen(g, *given) if d is not None)

    for backward in (every_gradient, none_for_frozen, *([wanted_only] if any(wanted) else [])):
        result = compare((product_and_sum, backward), product_and_sum, A, B, A, **options)
        assert result.ok, str(result)
        assert [c.argument for c in result.gradients] == [i for i, w in enumerate(wanted) if w]


@DTYPES
@pytest.mark.parametrize(
    "integer", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, bool]
)
def test_integers_and_booleans_of_every_kind(integer: Any, dtype: str) -> None:
    factors = np.array([[1, 0, 1]] * 4).astype(integer)
    assert_twins(lambda x, m: x * m, lambda x, m: x * m, A, factors, dtype=dtype)
    assert_twins(lambda m, x: x * m, lambda m, x: x * m, factors, A, dtype=dtype)


@pytest.mark.parametrize("dtype", [">i8", ">i4", ">u2", ">f4", ">f8"])
def test_numbers_with_their_bytes_the_other_way_round(dtype: str) -> None:
    """As files hold them; PyTorch would refuse the integers among them."""
    numbers = np.array([2, 0, 1, 2]).astype(dtype)
    if numbers.dtype.kind == "f":
        assert_twins(scratch.exp, torch.exp, numbers)
    else:
        assert_twins(lambda x, n: x * n, lambda x, n: x * n, A[:, 0], numbers)


@DTYPES
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 4)])
def test_nothing_in_it(shape: tuple[int, ...], dtype: str) -> None:
    empty = np.zeros(shape)
    for name in ("exp", "sum", "mean"):
        assert_twins(getattr(scratch, name), getattr(torch, name), empty, dtype=dtype)
    wrong = lambda x: x.sum() + 1, lambda g, x: np.full_like(x, g)
    assert not compare(wrong, torch.sum, empty, dtype=dtype)
    flat = lambda x: x.reshape(-1, 1), lambda g, x: g.reshape(x.shape)
    assert not compare(flat, lambda x: x.reshape(-1), empty, dtype=dtype)


@DTYPES
def test_a_batch_of_no_examples(dtype: str) -> None:
    none = np.zeros((0, 3))
    assert_twins(scratch.functional.linear, F.linear, none, W, W[:, 0], dtype=dtype)
    pair = (
        lambda x, w, b: x @ w.T + b,
        lambda g, x, w, b: (g @ w, g.T @ x, g.sum(0) + 1),
    )
    result = compare(pair, F.linear, none, W, W[:, 0], dtype=dtype)
    assert [c.name for c in result.gradients if not c.ok] == ["gradient of b"]


@DTYPES
@pytest.mark.parametrize("number", [2.5, np.float32(2.5), np.array(2.5)], ids=lambda n: type(n))
def test_single_numbers(number: Any, dtype: str) -> None:
    square = lambda x: x * x
    assert_twins(square, square, number, dtype=dtype)
    in_python = lambda x: float(x) ** 2, lambda g, x: 2 * float(x) * float(g)
    assert_twins(in_python, square, number, dtype=dtype)
    wrong = square, lambda g, x: 2.001 * x * g
    assert not compare(wrong, square, number, dtype=dtype)


VIEWS: dict[str, Callable[[Any], Any]] = {
    "transposed": lambda a: a.T,
    "backwards": lambda a: a[::-1, ::-1],
    "every other": lambda a: a[::2, ::2],
    "repeated": lambda a: np.broadcast_to(a[0], (5, 3)),
    "Fortran's order": np.asfortranarray,
}


@DTYPES
@pytest.mark.parametrize("view", VIEWS)
def test_arrays_that_lie_otherwise(view: str, dtype: str) -> None:
    x = VIEWS[view](A)
    assert_twins(lambda x: scratch.exp(x) * x, lambda x: torch.exp(x) * x, x, dtype=dtype)
    wrong = lambda x: np.exp(x) * x, lambda g, x: g * np.exp(x) * (1 + 1.001 * x)
    assert not compare(wrong, lambda x: torch.exp(x) * x, x, dtype=dtype)


@DTYPES
def test_an_argument_that_takes_no_part(dtype: str) -> None:
    twice = lambda x, y: x * 2
    assert_twins(twice, twice, A, B, dtype=dtype)
    little = lambda x, y: x * 2 + 0.001 * (y - y.detach())
    result = compare(twice, little, A, B, dtype=dtype)
    assert [f.argument for f in result.findings] == ["gradient of y"]
    extra = twice, lambda g, x, y: (2 * g, g * 1)
    assert [f.argument for f in compare(extra, twice, A, B, dtype=dtype).findings] == [
        "gradient of y"
    ]


@DTYPES
def test_several_outputs(dtype: str) -> None:
    two = lambda x, y: (x * y, x.sum())
    assert_twins(two, two, A, B, dtype=dtype)
    assert_twins(lambda x, y: list(two(x, y)), two, A, B, dtype=dtype)
    assert_twins(lambda x, y: (x * y,), torch.mul, A, B, dtype=dtype)
    assert_twins(lambda x: (x, x), lambda x: (x, x), A, dtype=dtype)
    assert not compare(lambda x, y: (x * 2, y), lambda x, y: (y, x * 2), A, B, dtype=dtype)
    largest = (
        lambda x: (x.max(1), x.argmax(1)),
        lambda g, of_index, x: g[:, None] * (x == x.max(1, keepdims=True)),
    )
    assert_twins(largest, lambda x: torch.max(x, 1), A, dtype=dtype)


@DTYPES
def test_float32_beside_float64(dtype: str) -> None:
    single, weights = A.astype(np.float32), B
    assert_twins(lambda x, y: x * y, lambda x, y: x * y, single, weights, dtype=dtype)
    for inside in (weights, weights.astype(np.float32)):
        assert_twins(
            lambda x, w=inside: x * scratch.tensor(w),
            lambda x, w=inside: x * torch.tensor(w),
            A,
            dtype=dtype,
        )
    assert_twins(
        lambda x, y: x.to("float32") @ y.to("float32"),
        lambda x, y: x.float() @ y.float(),
        RNG.normal(size=(30, 200)),
        RNG.normal(size=(200, 20)),
        dtype=dtype,
    )


# Slips


def test_no_output_at_all_is_no_agreement() -> None:
    result = compare(lambda x: (), lambda x: (), A)
    assert not result.ok
    assert [f.kind for f in result.findings] == ["count"]
    with pytest.raises(AssertionError, match="at least one is needed"):
        assert_twins(lambda x: (), lambda x: (), A)


@pytest.mark.parametrize(
    ("options", "error", "pattern"),
    [
        ({"requires_grad": True}, TypeError, "requires_grad must have one bool .* got True"),
        ({"requires_grad": ["x", "y"]}, TypeError, "requires_grad must have one bool an arg"),
        ({"requires_grad": {"x": True, "y": False}}, TypeError, "requires_grad must have one"),
        ({"tolerance": 1e-6}, TypeError, "tolerance must be a Tolerance.* got 1e-06"),
        ({"seed": -1}, ValueError, "seed must be an integer >= 0, got -1"),
        ({"seed": 0.5}, ValueError, "seed must be an integer >= 0, got 0.5"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_options_that_make_no_sense(options: Any, error: type[Exception], pattern: str) -> None:
    with pytest.raises(error, match=pattern):
        compare(lambda x, y: x * y, torch.mul, A, B, **options)


def test_a_masked_array_is_refused() -> None:
    """Its mask would be lost without a word."""
    with pytest.raises(TypeError, match="argument 1 is no array: it is masked"):
        compare(scratch.exp, torch.exp, np.ma.masked_array(A, A > 0))


def test_flags_of_numpy_and_from_a_generator() -> None:
    multiply = lambda x, y: x * y
    for flags in (np.array([True, False]), (w for w in (True, False))):
        result = compare(multiply, torch.mul, A, B, requires_grad=flags)  # type: ignore[arg-type]
        assert [c.argument for c in result.gradients] == [0]


def test_the_words_about_one_wrong_element_do_not_speak_of_all() -> None:
    """It was said that ours is 1 times theirs everywhere."""
    result = compare((lambda x: x + 1e-14 * (x == A[0, 0]), None), lambda x: x, A)
    (finding,) = result.findings
    assert finding.message == "output differs in 1 of 12 elements"
