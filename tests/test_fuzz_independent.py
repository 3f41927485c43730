"""Who is right where the wings differ is asked of what has nothing of scratch's in it.

Each mistake below is wrong in every precision alike: scratch, asked again in a wider dtype,
confirms it. None may pass as "scratch right, PyTorch wrong".
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import scratch
from gradtwin.fuzz.case import Case, Step
from gradtwin.fuzz.choices import Random
from gradtwin.fuzz.independent import right_numbers
from gradtwin.fuzz.rows import draw_row, rows
from gradtwin.fuzz.verdict import Outcome, judged
from scratch.autograd import Array, elementwise, primitive

# Where their values are numbers and PyTorch's are not, their gradients are PyTorch's.


def floored_log(input: Array) -> Any:
    return np.log(np.maximum(input, input.dtype.type(1e-30))), lambda g: g / input


def clamped_exp(input: Array) -> Any:
    value = np.exp(np.minimum(input, input.dtype.type(80)))
    return value, lambda g: g * value


def sqrt_of_the_positive(input: Array) -> Any:
    value = np.sqrt(np.maximum(input, input.dtype.type(0)))
    return value, lambda g: g / (value + value)


def relu_without_nan(input: Array) -> Any:
    return np.fmax(input, input.dtype.type(0)), lambda g: np.where(input <= 0, 0, g)


def maximum_without_nan(input: Array, other: Array) -> Any:
    def share(mine: Array, theirs: Array) -> Any:
        # what PyTorch's maximum makes of ties and NaN: only the value is wrong
        half = np.where(mine == theirs, 0.5, 1).astype(input.dtype)
        return lambda g: np.where(mine < theirs, 0, g * half)

    return np.fmax(input, other), share(input, other), share(other, input)


MISTAKES: dict[str, tuple[Any, str, Any, str, list[list[float]]]] = {
    "log": (scratch, "log", primitive(floored_log), "lib.log({0})", [[-1.0, 1.0]]),
    "exp": (scratch, "exp", primitive(clamped_exp), "lib.exp({0})", [[710.0, 1.0]]),
    "sqrt": (scratch, "sqrt", primitive(sqrt_of_the_positive), "lib.sqrt({0})", [[-1.0, 1.0]]),
    "relu": (scratch.functional, "relu", primitive(relu_without_nan), "F.relu({0})",
             [[np.nan, 1.0]]),
    "maximum": (scratch, "maximum", elementwise(maximum_without_nan), "lib.maximum({0}, {1})",
                [[np.nan, 1.0], [2.0, 0.5]]),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_does_not_confirm_itself(
    monkeypatch: pytest.MonkeyPatch, name: str, dtype: str
) -> None:
    module, function, wrong, text, numbers = MISTAKES[name]
    arrays = [np.resize(np.array(a, dtype), 8) for a in numbers]
    places = tuple(range(len(arrays)))
    case = Case(arrays, [True] * len(arrays), [Step(text, places)], [len(arrays)], dtype)
    assert judged(case).outcome is Outcome.agree
    monkeypatch.setattr(module, function, wrong)
    assert judged(case).outcome is Outcome.differ


@pytest.mark.parametrize("name", MISTAKES)
def test_a_search_finds_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Of 300 cases of the row, and none is said to be PyTorch's mistake."""
    module, function, wrong, _, _ = MISTAKES[name]
    cases = [of_row(name, number) for number in range(300)]
    monkeypatch.setattr(module, function, wrong)
    outcomes = {judged(case).outcome for case in cases}
    assert Outcome.differ in outcomes
    assert Outcome.scratch_right not in outcomes


def of_row(name: str, number: int) -> Case:
    """The case of this number, of this row."""
    c = Random(0, number)
    place = [operation.name for operation, _ in rows()].index(name)
    drawn, picks = c.pick, iter([lambda n: place])
    c.pick = lambda n: next(picks, drawn)(n)  # type: ignore[method-assign]
    return draw_row(c)


# ---- what PyTorch does get wrong ------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "x", "dtype"),
    [
        ("lib.sinh({0})", -710.0, "float64"),
        ("lib.cosh({0})", 710.0, "float64"),
        ("F.gelu({0}, approximate='tanh')", -np.inf, "float64"),  # infinity times 0
        ("F.gelu({0})", 3e38, "float32"),
        ("F.gelu({0}, approximate='tanh')", 1e155, "float64"),
        ("F.hardswish({0})", 3e38, "float32"),
    ],
)
def test_pytorch_overflows(text: str, x: float, dtype: str) -> None:
    case = Case([np.full(64, x, dtype)], [True], [Step(text, (0,))], [1], dtype)
    assert judged(case).outcome is Outcome.scratch_right


def test_a_program_is_judged_by_pytorch_in_float64() -> None:
    """In float32; in float64 nobody is asked, and the two differ."""
    steps = [Step("{0} * 2.0", (0,)), Step("lib.sinh({0})", (1,))]
    for dtype, x, outcome in [
        ("float32", 44.7, Outcome.scratch_right),
        ("float64", 355.0, Outcome.differ),
    ]:
        case = Case([np.full(64, x, dtype)], [True], steps, [2], dtype)
        assert judged(case).outcome is outcome


def case_of(text: str, *arrays: Any) -> Case:
    places = tuple(range(len(arrays)))
    return Case(list(map(np.asarray, arrays)), [True] * len(arrays), [Step(text, places)],
                [len(arrays)], "float64")  # fmt: skip


def test_right_numbers_by_definition() -> None:
    """Of two that are broadcast: the value, and each gradient summed over what was stretched."""
    x, y, g = np.array([[2.0], [3.0]]), np.array([0.5, 0.25, 4.0]), np.arange(6.0).reshape(2, 3)
    found = right_numbers(case_of("lib.div({0}, {1})", x, y), [g])
    assert found is not None
    value, dx, dy = found
    np.testing.assert_array_equal(value, x / y)
    np.testing.assert_allclose(dx, (g / y).sum(1, keepdims=True), rtol=1e-15)
    np.testing.assert_allclose(dy, -(g * x / (y * y)).sum(0), rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("lib.log({0})", [-1.0]),  # not real
        ("F.relu({0})", [np.nan]),
        ("lib.mul({0}, {1})", [0.0, np.inf]),  # NaN, and no limit
        ("lib.where({0} > 0, {0}, 1.5)", [1.0]),  # not written for single numbers
    ],
)
def test_what_is_not_known_supports_nobody(text: str, numbers: list[float]) -> None:
    """Nor do its neighbours suffer from it."""
    assert right_numbers(case_of(text, *([x] for x in numbers)), [np.ones(1)]) is None
    found = right_numbers(case_of(text, *([x, 0.5] for x in numbers)), [np.ones(2)])
    if found is not None:
        for a in found:
            assert a is not None
            assert np.isnan(a).tolist() == [True, False]
    assert (found is None) == ("where" in text)


@pytest.mark.parametrize(
    ("text", "arrays"),
    [
        ("F.softmax({0}, dim=0)", [np.ones(3)]),
        ("F.mse_loss({0}, {1})", [np.ones(3), np.zeros(3)]),
        ("F.prelu({0}, {1})", [np.ones((2, 3, 4)), np.ones(3)]),  # do not broadcast
    ],
)
def test_what_is_no_function_of_single_numbers_has_no_witness(
    text: str, arrays: list[Array]
) -> None:
    shape = () if "loss" in text else np.shape(arrays[0])
    found = right_numbers(case_of(text, *arrays), [np.ones(shape)])
    assert found is None or all(a is not None and np.isnan(a).all() for a in found)


def test_infinity_is_a_limit() -> None:
    case = case_of("lib.tanh({0})", np.array([np.inf, -np.inf]))
    found = right_numbers(case, [np.ones(2)])
    assert found is not None
    value, slope = found
    np.testing.assert_array_equal(value, [1, -1])
    np.testing.assert_array_equal(slope, [0, 0])


def test_what_is_too_large_is_infinite() -> None:
    found = right_numbers(case_of("lib.exp({0})", np.array([710.0, 709.0])), [np.ones(2)])
    assert found is not None
    value = found[0]
    assert value is not None
    assert value[0] == np.inf
    assert np.isfinite(value[1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_wrong_second_derivative_differs(monkeypatch: pytest.MonkeyPatch, dtype: str) -> None:
    """There the gradient that arrives is an argument too."""
    x = np.array([0.5, 1.0], dtype)
    case = Case([x], [True], [Step("lib.exp({0})", (0,))], [1], dtype, order=2)
    assert judged(case).outcome is Outcome.agree
    monkeypatch.setattr(scratch, "exp", primitive(exp_of_a_constant_slope))
    assert judged(case).outcome is Outcome.differ


def exp_of_a_constant_slope(input: Array) -> Any:
    value = np.exp(input)
    slope = value if isinstance(value, np.ndarray) else value.detach()
    return value, lambda g: g * slope
