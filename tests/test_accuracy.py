"""Both wings against mpmath: scratch stays within 4 units, and a planted mistake does not."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import mpmath as mp
import numpy as np
import pytest
import torch
from rich.console import Console
from typer.testing import CliRunner

import gradtwin
import scratch
import scratch.functional as F
from gradtwin.accuracy import (
    FUNCTIONS,
    GOAL,
    GRADIENT,
    SECOND,
    VALUE,
    Function,
    Row,
    find,
    measure,
)
from gradtwin.accuracy import exact as definitions
from gradtwin.accuracy.consecutive import CLOSE, worth_measuring
from gradtwin.accuracy.functions import THE_SAME
from gradtwin.accuracy.jet import Jet, erf, erfc, exp, log, sin, variable
from gradtwin.accuracy.measuring import written
from gradtwin.accuracy.points import NEIGHBOURS, Draw
from gradtwin.accuracy.report import (
    HEADINGS,
    SECOND_HEADINGS,
    furthest_off,
    markdown,
    short_cells,
    to_dict,
    verdict,
)
from gradtwin.accuracy.right import Exact, bits, exactly
from gradtwin.cli import app
from gradtwin.cli.output import print_table
from gradtwin.samples import OPERATIONS, Library, scratch_library, torch_library
from gradtwin.tolerance import Tolerance
from scratch.losses import binary

DTYPES = ("float64", "float32")
WINGS: list[Library] = [scratch_library(), torch_library()]
PAGE = Path(__file__).parents[1] / "docs" / "accuracy.md"
run = CliRunner().invoke

# ---- scratch -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.label)
def test_scratch_is_within_4_units_of_the_exact_value(function: Function, dtype: str) -> None:
    """One input of each kind of place, and those around every switch; the command has more."""
    row = measure(function, dtype, [scratch_library()], points=1, seed=1)
    assert row.count >= 6
    assert row.units("scratch") <= GOAL, row.worst_point


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.label)
def test_second_derivatives_are_as_exact_as_the_page_says(function: Function, dtype: str) -> None:
    """Within 4 units where no number in bold type says otherwise."""
    (scratch_units, *_) = documented(f"{dtype}, second derivatives")[function.label]
    if "**" not in scratch_units:
        row = measure(function, dtype, [scratch_library()], points=1, seed=1, second=True)
        assert row.count >= 6
        assert row.units("scratch") <= GOAL, row.worst_point


@pytest.mark.parametrize("exponent", [2, 3, 5])
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_second_derivative_of_a_power_that_underflows(exponent: int, dtype: str) -> None:
    """6 x of x cubed, where x cubed is 0; it was NaN, of an overflow in what is not chosen."""
    x = np.array([1e-21, -1e-30, 1e-40, 1e-44], dtype)
    if dtype == "float64":
        x = np.array([1e-110, -1e-160, 1e-200, -1.5e-323])
    t = scratch.tensor(x, requires_grad=True)
    (slope,) = scratch.autograd.grad((t**exponent).sum(), t, create_graph=True)
    (bend,) = scratch.autograd.grad(slope.sum(), t)
    with np.errstate(under="ignore"):
        right = exponent * (exponent - 1) * x.astype(np.longdouble) ** (exponent - 2)
        four_units = 4 * float(np.finfo(dtype).eps)
        np.testing.assert_allclose(bend.data, right.astype(dtype), rtol=four_units)


def test_every_function_is_measured() -> None:
    """Of `scratch.functional`, and each elementwise row of the samples."""
    measured = {each.name for each in FUNCTIONS} | THE_SAME.keys()
    public = {name for name in vars(F) if callable(getattr(F, name)) and name[0].islower()}
    rows = {name for name, o in OPERATIONS.items() if o.elementwise and o.differentiable}
    assert len(public) > 35
    assert (public | rows) - measured == set()


def test_labels_tell_the_rows_apart() -> None:
    labels = [each.label for each in FUNCTIONS]
    assert len(labels) == len(set(labels))


def test_what_was_lost_once() -> None:
    """Places where an earlier scratch cancelled, overflowed or rounded twice."""
    a, b = scratch.tensor([[6e4, 1e3], [1.5e3, 1.5e3]]), scratch.tensor([[-40.0, -40.0, 0.0]])
    assert F.glu(a, dim=0).tolist() == [[6e4, 1e3]]
    assert math.isclose(
        scratch.logsumexp(b, 1).item(), 2 * math.exp(-40), rel_tol=4 * 2**-52
    )


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("gelu", -2, 0), ("silu", -3, 0), ("mish", -3, 0), ("tanh", -0.3, 0.3), ("sigmoid", -1, 1)],
)
def test_many_float32_where_roundings_add_up(name: str, low: float, high: float) -> None:
    """Beside the extremes of a slope little helps against roundings. 50,000 numbers are too many
    for mpmath: float64, itself within 4 of its units, is exact enough for float32."""
    for function in find(name):
        x = np.random.default_rng(0).uniform(low, high, 50_000).astype(np.float32)
        narrow, wide = (scratch.tensor(x.astype(t), requires_grad=True) for t in DTYPES[::-1])
        y, exact = (function.call(scratch_library(), t, **function.options) for t in (narrow, wide))
        y.backward(np.ones_like(x))
        (slope,) = scratch.autograd.grad(exact.sum(), [wide], create_graph=True)
        (bend,) = scratch.autograd.grad(slope.sum(), [wide])
        values, slopes = (y.data, exact.data, slope.data), (narrow.grad, slope.data, bend.data)
        for got, right, moved in (values, slopes):
            unit = np.finfo(np.float32).eps * (np.abs(right) + np.abs(x * moved))
            assert (np.abs(got - right) / unit).max() <= GOAL


# ---- the measuring -------------------------------------------------------------------------------


def planted(name: str, wrong: Callable[[Any], Any]) -> Row:
    """A function of one number measured with a mistake in its place."""
    (function, *_) = find(name)
    return measure(
        replace(function, call=lambda library, x: wrong(x)), "float64", [scratch_library()], 4
    )


class CancellingSigmoid(scratch.Function):
    """With the derivative that textbooks have, y (1 - y)."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = scratch.sigmoid(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (y,) = ctx.saved_tensors
        return g * y * (1 - y)


def test_a_gradient_that_cancels_is_found() -> None:
    """y (1 - y): within one rounding of 1 everywhere, and 0 from x = 37 on."""
    row = planted("sigmoid", CancellingSigmoid.apply)
    assert row.units("scratch", GRADIENT) > 1e13
    assert row.worst["scratch", GRADIENT].inputs[0] > 30
    assert row.supported == ()


def test_a_value_that_cancels_is_found() -> None:
    """exp(x) - 1 for expm1: nothing is left of it near 0, its gradient is right."""
    row = planted("expm1", lambda x: scratch.exp(x) - 1)
    assert row.units("scratch", VALUE) > 1e12
    assert abs(row.worst["scratch", VALUE].inputs[0]) < 1e-10
    assert row.units("scratch", GRADIENT) <= GOAL


@pytest.mark.parametrize("factor", [1 + 2**-48, math.inf])
def test_a_small_factor_and_an_overflow_are_found(factor: float) -> None:
    row = planted("exp", lambda x: scratch.exp(x) * factor)
    assert row.units("scratch", VALUE) > GOAL
    assert row.units("scratch", GRADIENT) > GOAL


@pytest.mark.parametrize("steps", [1, 37, 63])
@pytest.mark.parametrize("dtype", DTYPES)
def test_an_error_at_a_single_float_beside_a_switch_is_found(steps: int, dtype: str) -> None:
    """Among consecutive ones, where all the others are right."""
    row = Draw(dtype, 1, 0).row(0.84375)
    alone, sixteen_more = row[len(row) // 2 + steps], 1 + 16 * float(np.finfo(dtype).eps)

    def call(library: Library, x: Any) -> Any:
        return scratch.erf(x) * np.where(x.data == alone, sixteen_more, 1).astype(dtype)

    wrong = replace(find("erf")[0], call=call)
    found = measure(wrong, dtype, [scratch_library()], points=1)
    for what in (VALUE, GRADIENT):
        assert found.units("scratch", what) > GOAL
        assert found.worst["scratch", what].inputs[0] == alone


def test_a_second_derivative_that_cancels_is_found() -> None:
    """y (1 - y) again, whose derivative has no digit left there; nearby its own are right."""

    def cancelling(library: Library, x: Any) -> Any:
        return CancellingSigmoid.apply(x)

    (function, *_) = find("sigmoid")
    for x, found in ((40.0, True), (1.0, False)):
        one = replace(function, points=partial(lambda x, draw: [np.full(8, x)], x))
        wrong = replace(one, call=cancelling)
        row = measure(wrong, "float64", [scratch_library()], second=True)
        assert row.worst.keys() == {("scratch", SECOND)}
        assert (row.units("scratch") > 1e13) is found


@pytest.mark.parametrize("name", ["elu", "softsign", "huber_loss delta=2.0", "softplus"])
def test_where_a_second_derivative_jumps_there_is_none(name: str) -> None:
    """PyTorch and scratch have 0 for elu at 0, between 1 and 0; a little beside it is judged."""
    (function,) = (each for each in FUNCTIONS if each.label == name)
    kink = {"elu": 0.0, "softsign": 0.0, "softplus": 20.0}
    at = [kink[name]] if name in kink else [3.0, 1.0]

    def row(wrong: float, *x: float) -> Row:
        def call(library: Library, *tensors: Any, **options: Any) -> Any:
            t = tensors[0]
            return function.call(library, *tensors, **options) + wrong * t * t

        points = [np.full(64, number) for number in x]
        here = replace(function, call=call, points=lambda draw: points)
        return measure(here, "float64", [scratch_library()], second=True)

    assert row(1e-3, *at).units("scratch") == 0.0
    beside = [at[0] * 1.001 or 1e-3, *at[1:]]
    assert row(0, *beside).units("scratch") <= GOAL
    assert row(1e-3, *beside).units("scratch") > GOAL


def test_what_pytorch_has_no_second_derivative_of() -> None:
    row = measure(find("hardsigmoid")[0], "float64", WINGS, 1, second=True)
    assert row.units("torch") == math.inf
    assert row.units("scratch") == 0


def test_the_unit_of_a_second_derivative() -> None:
    """Of x^2 y by x: 2 y, which y moves by as much; of the row softmax also what multiplies it."""
    inputs, ones = [np.float64(0.5), np.float64(3.0)], [np.float64(1)] * 2
    square = replace(find("mul")[0], exact=lambda x, y: x * x * y)
    right = exactly(square, inputs, np.float64(1), ones, "float64")
    by_first = right[SECOND, 1, 1][0], right[SECOND, 1, 2][0], right[SECOND, 2, 2][0]
    assert [float(exact) for exact in by_first] == [6, 1, 0]
    eps = 2.0**-52
    assert [float(exact.unit / eps) for exact in by_first[:2]] == [6 + 6, 1 + 1]
    softmax = find("softmax")[0]
    row, g, v = np.array([0.1, 0.7]), np.array([1.0, 0.0]), np.array([2.0, -1.0])
    (first, _) = exactly(softmax, [row], g, [v], "float64")[SECOND, 1, 1]
    p = 1 / (1 + math.exp(0.6))
    curvature = p * (1 - p) * (1 - 2 * p)                   # of p by the difference, whose v is 3
    assert math.isclose(float(first), 3 * curvature, rel_tol=1e-12)
    slope = p * (1 - p) * (1 - 6 * p + 6 * p * p)
    by_row, by_g = 3 * abs(slope) * (0.1 + 0.7), 3 * abs(curvature)
    by_v = abs(curvature) * (2 + 1)
    unit = eps * (abs(3 * curvature) + by_row + by_g + by_v)
    assert math.isclose(float(first.unit), unit, rel_tol=1e-12)


def test_a_wrong_convention_at_a_kink_is_found() -> None:
    row = planted("relu", lambda x: scratch.clamp(x, min=0.0))
    assert row.worst["scratch", GRADIENT].inputs[0] == 0
    assert row.units("scratch", GRADIENT) > GOAL


def test_the_unit() -> None:
    """exp at 0.5: eps (|f| + |x f'|) is 1.5 exp(0.5) eps, a number one ULP off is 0.8 of it."""
    right = math.exp(0.5)
    with mp.workprec(200):
        exact = Exact(mp.exp(mp.mpf(0.5)), mp.exp(mp.mpf(0.5)) / 2, "float64")
        assert exact.units(right) <= 0.5
        apart = exact.units(math.nextafter(right, 2)) + exact.units(math.nextafter(right, 1))
        assert math.isclose(apart, 2 / (1.5 * right), rel_tol=1e-9)
        assert exact.units(math.nan) == math.inf
        smallest = Exact(mp.mpf(2) ** -1074, mp.mpf(0), "float64")
        assert smallest.units(0.0) == 1  # below the smallest number there are no digits
        beyond = Exact(mp.mpf(10) ** 400, mp.mpf(0), "float64")
        assert beyond.units(math.inf) == 0
        assert beyond.units(1e308) > 1e14


# ---- the exact values ---------------------------------------------------------------------------


def test_jets_have_the_derivatives_that_mpmath_finds_by_differences() -> None:
    def formula(x: Any, y: Any) -> Any:
        return exp(x * y) * sin(x) / (1 + erf(y)) - log(2 + x) * erfc(x * y) - 3 / y

    with mp.workprec(200):
        at = mp.mpf("0.7"), mp.mpf("1.3")

        def plainly(x: Any, y: Any) -> Any:
            return (
                mp.exp(x * y) * mp.sin(x) / (1 + mp.erf(y)) - mp.log(2 + x) * mp.erfc(x * y) - 3 / y
            )

        z = formula(Jet(at[0], {(0,): mp.mpf(1)}), Jet(at[1], {(1,): mp.mpf(1)}))
        expected = {
            (n, m): mp.diff(plainly, at, (n, m)) for n in range(4) for m in range(4 - n)
        }
        for (n, m), right in expected.items():
            found = z.by(*[0] * n, *[1] * m)
            # mpmath's differences have half the digits
            assert abs(found / right - 1) < 1e-15, (n, m)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("sigmoid", lambda x: 1 / (1 + mp.exp(-x))), ("tanh", mp.tanh), ("sinh", mp.sinh),
        ("cosh", mp.cosh), ("gelu", lambda x: x * mp.ncdf(x)), ("expm1", mp.expm1),
        ("softplus", lambda x: mp.log1p(mp.exp(x))), ("tanhshrink", lambda x: x - mp.tanh(x)),
        ("mish", lambda x: x * mp.tanh(mp.log1p(mp.exp(x)))), ("erf", mp.erf), ("erfc", mp.erfc),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)  # fmt: skip
def test_definitions_against_functions_of_mpmath(name: str, theirs: Callable[[Any], Any]) -> None:
    for x in (-20.0, -0.3, 1e-9, 2.5, 19.0):
        with mp.workprec(400):
            found, right = getattr(definitions, name)(variable(x, 0)).f, theirs(mp.mpf(x))
            assert abs(found / right - 1) < mp.mpf(2) ** -150


@pytest.mark.parametrize("name", ["tanhshrink", "gelu", "mish", "logsigmoid", "log_softmax"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_twice_the_digits_change_nothing(
    name: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (function, *_) = find(name)
    draw = Draw(dtype, 1, 3, neighbours=1)
    arrays = function.points(draw)
    factors = [draw.factors(a.shape) for a in arrays]
    found: list[list[Any]] = []
    for more in (0, 1):
        if more:
            monkeypatch.setattr(
                "gradtwin.accuracy.right.bits", lambda *a: 2 * bits(*a) + 500
            )
        found.append([])
        for inputs, v in list(zip(zip(*arrays), zip(*factors)))[::5]:
            g = np.ones(np.shape(inputs[0]))
            for along in ((), v):
                right = exactly(function, inputs, g, along, dtype)
                found[-1] += [each for part in right.values() for each in part]
    assert found[0]
    for few, many in zip(*found):
        assert abs(few.value - many.value) < many.unit / 1000
        assert abs(few.unit - many.unit) < many.unit / 1000


# ---- the points ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_points_cover_the_dtype(dtype: str) -> None:
    x, info = Draw(dtype, 20, 0).numbers((37.0,)), np.finfo(dtype)
    assert x.dtype == dtype
    assert np.isfinite(x).all()
    size = np.abs(x[x != 0])
    assert size.min() == info.smallest_subnormal
    assert size.max() > info.max / 8
    assert ((size < info.tiny) & (size > info.smallest_subnormal)).any()
    assert {0.0, 37.0, np.nextafter(x.dtype.type(37), x.dtype.type(0))} <= set(x)
    assert -37.0 in x
    assert (np.abs(Draw(dtype, 20, 0).numbers()) < 0.01).mean() > 0.2
    np.testing.assert_array_equal(x, Draw(dtype, 20, 0).numbers((37.0,)))


COMPARISONS = {np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal}
BOUNDS = {"clip", "maximum", "minimum"}


class Watched(np.ndarray):
    """An array that notes how each comparison with it comes out."""

    outcomes: ClassVar[list[Any]] = []

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **more: Any) -> Any:
        plain = [np.asarray(x) if isinstance(x, Watched) else x for x in inputs]
        if "out" in more:
            more["out"] = tuple(np.asarray(x) for x in more["out"])
        result = getattr(ufunc, method)(*plain, **more)
        if method == "__call__" and ufunc in COMPARISONS:
            self.outcomes.append(np.ravel(result).tolist())
        elif method == "__call__" and ufunc.__name__ in BOUNDS:
            self.outcomes.extend(np.ravel(plain[0] < bound).tolist() for bound in plain[1:])
        return np.asarray(result).view(Watched)


class WatchedNumpy:
    """numpy, where converting an array leaves it watched."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, "asanyarray" if name == "asarray" else name)


def outcomes(body: Callable[..., Any], x: Any) -> list[Any]:
    """Of all comparisons, in a body of scratch at x and in its partials."""
    Watched.outcomes.clear()
    with np.errstate(all="ignore"):
        _, *partials = body(np.array([x]).view(Watched))
        for partial_derivative in partials:
            partial_derivative(np.ones(1, x.dtype))
    return list(Watched.outcomes)


def switches(body: Callable[..., Any], dtype: str) -> list[Any]:
    """The numbers where a comparison comes out otherwise than a float below, by bisection."""
    info, kind = np.finfo(dtype), np.dtype(dtype).type
    ends = np.log2(float(info.smallest_subnormal)), np.log2(float(info.max) / 4)
    sizes = np.concatenate([np.geomspace(1e-3, 2000, 200), np.exp2(np.linspace(*ends, 80))])
    grid = np.unique(np.concatenate([-sizes, [0], sizes]).astype(dtype))
    found = []

    def search(below: Any, at_below: Any, above: Any, at_above: Any) -> None:
        middle = kind(below / 2 + above / 2)
        if not below < middle < above:
            found.append(above)
            return
        at_middle = outcomes(body, middle)
        if at_middle != at_below:
            search(below, at_below, middle, at_middle)
        if at_middle != at_above:
            search(middle, at_middle, above, at_above)

    seen = [outcomes(body, x) for x in grid]
    for below, above, before, after in zip(grid, grid[1:], seen, seen[1:]):
        if before != after:
            search(below, before, above, after)
    return found


def test_a_switch_is_found_to_the_last_bit() -> None:
    def body(x: Any) -> Any:
        return np.where(x * 2 < 0.3, x, 0), lambda g: g * x.clip(-7, 20)

    assert switches(body, "float64") == [-7, 0.15, 20]


def body_of(function: Function) -> Callable[..., Any]:
    """The body behind a function of one number, with its options."""
    homes = (F, scratch, scratch.special)
    operation: Any = next(getattr(m, function.name) for m in homes if hasattr(m, function.name))
    arrays = function.name in ("clamp", "pow")  # whose options may be tensors
    options = {k: np.array(v) if arrays else v for k, v in function.options.items()}

    def body(x: Any) -> Any:
        given = {k: v.astype(x.dtype) if arrays else v for k, v in options.items()}
        value, *partials = operation.body(x, **given)
        return value, partials[0]

    return body


ONE_NUMBER = [f for f in FUNCTIONS if f.points(Draw("float64", 1, 0))[0].ndim == 1
              and len(f.points(Draw("float64", 1, 0))) == 1]


@pytest.mark.parametrize("function", ONE_NUMBER, ids=lambda f: f.label)
@pytest.mark.parametrize("dtype", DTYPES)
def test_all_floats_around_every_switch_of_scratch_are_measured(
    function: Function, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a comparison in a body comes out otherwise; where this fails the number belongs
    into SWITCHES of gradtwin/accuracy/functions.py."""
    monkeypatch.setattr("scratch.special.np", WatchedNumpy())
    (x,) = function.points(draw := Draw(dtype, 1, 0))
    for switch in switches(body_of(function), dtype):
        near = draw.row(float(switch), NEIGHBOURS - 4)  # of a root, say, the last bit is not ours
        allowed = near[near > 0] if function.options == {"exponent": 0.5} else near
        assert np.isin(allowed[allowed != 0], x).all(), f"{function.label} switches at {switch!r}"


def test_comparisons_are_watched_through_helpers_and_through_special(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Φ's far end in a helper of a helper, and the bounds of exp in two dtypes."""
    monkeypatch.setattr("scratch.special.np", WatchedNumpy())
    gelu = switches(body_of(find("gelu")[0]), "float64")
    assert [x for x in gelu if abs(x + 30 * 2**0.5) < 1e-9]
    assert -4 in gelu
    assert 160 in switches(body_of(find("sigmoid")[0]), "float32")
    assert {-1400, 1400} <= set(switches(body_of(find("sigmoid")[0]), "float64"))


@pytest.mark.parametrize("label", ["silu", "gelu", "elu", "abs", "log1p", "erfc", "step"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_worst_of_consecutive_floats_is_found_without_measuring_all(
    label: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all digits for each of them nothing worse is found, and many are left out."""
    function = next(f for f in FUNCTIONS if f.label == label)
    draw = Draw(dtype, 1, 0)
    starts = (-0.5, 0, 0.84375, 20) if label == "log1p" else (-700, -80, -4, -0.5, 0, 0.84375, 20)
    rows = [draw.row(s) for s in starts]
    one = replace(function, points=lambda draw: [np.concatenate(rows)])
    few = measure(one, dtype, WINGS)
    chosen: list[int] = []

    def everything(function: Function, x: Any, found: Any) -> range:
        chosen.extend(worth_measuring(function, x, found))
        return range(len(x))

    monkeypatch.setattr("gradtwin.accuracy.measuring.worth_measuring", everything)
    all_of_them = measure(one, dtype, WINGS)
    assert len(chosen) < sum(map(len, rows)) / 3
    assert few.count == all_of_them.count
    for place, point in all_of_them.worst.items():
        found, right = few.worst[place].units[place[0]], point.units[place[0]]
        assert found == right or right - found < 2 * CLOSE


@pytest.mark.parametrize("dtype", DTYPES)
def test_all_floats_around_the_switches_of_losses_and_quotients_are_measured(dtype: str) -> None:
    draw = Draw(dtype, 1, 0)
    for size, name in [(s, f"huber_loss delta={s}") for s in (0.5, 1.0, 2.0)]:
        for loss in (name, name.replace("huber", "smooth_l1").replace("delta", "beta")):
            (function,) = find(loss)
            x, y = function.points(draw)
            assert np.isin([draw.row(size), draw.row(-size)], x - y).all()

    def weighted(z: Any) -> Any:
        y, pos = np.full(1, 0.25, dtype), np.full(1, 3.0, dtype)
        value, d_input, d_target = binary._weighted_logits_loss.body(z, y, None, pos, "none")
        return value, d_input, d_target

    found = switches(weighted, dtype)
    z, *_ = find("binary_cross_entropy_with_logits with pos_weight")[0].points(draw)
    assert {float(round(float(x))) for x in found} == {-1, 0, 1}
    assert np.isin([draw.row(-1), draw.row(1)], z).all()
    tiny = float(np.finfo(dtype).tiny)
    x, y = find("div")[0].points(draw)
    with np.errstate(all="ignore"):
        assert np.isin(draw.row(tiny), x / y).all()


# ---- PyTorch's losses, and which side is right ---------------------------------------------------


@pytest.mark.parametrize(
    ("name", "what", "near", "loses"),
    [
        ("sigmoid", GRADIENT, 37.0, 1e13), ("tanh", GRADIENT, 19.0, 1e13),
        ("gelu", VALUE, -9.0, 1e12), ("gelu", GRADIENT, -9.0, 1e9), ("glu", GRADIENT, None, 1e10),
        ("tanhshrink", VALUE, None, 1e12), ("softsign", GRADIENT, None, 100),
        ("silu", VALUE, None, 10), ("mish", VALUE, None, 10), ("softmax", GRADIENT, None, 1e10),
    ],
)  # fmt: skip
def test_the_exact_value_supports_scratch(
    name: str, what: str, near: float | None, loses: float
) -> None:
    """Where PyTorch cancels, scratch does not; at a number in particular where one is named."""
    (function, *_) = find(name)
    if near is not None:
        function = replace(function, points=lambda draw: [np.array([near], draw.dtype)])
    row = measure(function, "float64", WINGS, points=12)
    assert row.units("torch", what) > loses
    assert row.supported == ("scratch",)


@pytest.mark.parametrize(
    ("name", "what", "edge"),
    [
        ("sigmoid", GRADIENT, 36.8), ("tanh", GRADIENT, 19.1), ("expm1", GRADIENT, -36.8),
        ("gelu", VALUE, -8.4), ("gelu", GRADIENT, -38.6), ("softsign", GRADIENT, 9.1e15),
        ("gelu approximate=tanh", VALUE, -7.2), ("silu", VALUE, -709.8), ("mish", VALUE, -744.1),
    ],
)  # fmt: skip
def test_where_pytorch_has_come_to_0(name: str, what: str, edge: float) -> None:
    """The numbers of docs/accuracy.md: 0 there, and not yet a little before."""
    (function, *_) = find(name)
    here, before = (
        measure(replace(function, points=lambda d, x=x: [np.full(64, x)]), "float64", WINGS)
        for x in (edge, edge * 0.95)
    )
    assert here.worst["torch", what].got["torch"] == 0
    assert before.worst["torch", what].got["torch"] != 0
    assert here.worst["torch", what].exact != 0
    assert here.supported == ("scratch",)
    assert f"from {edge:g}".replace("e+", "e") in PAGE.read_text(encoding="utf-8").replace("±", "")


@pytest.mark.parametrize(("name", "x"), [("sigmoid", 37.0), ("tanh", 19.0), ("gelu", -9.0)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_wings_are_one_absolute_rounding_apart_there(name: str, x: float, dtype: str) -> None:
    """So `compare` calls them twins: the result is small beside the 1 that PyTorch rounds."""
    theirs = getattr(torch.nn.functional, name)
    comparison = gradtwin.compare(getattr(F, name), theirs, [x], dtype=dtype)
    assert comparison.ok
    assert comparison.gradients[0].max_absolute > 0


@pytest.mark.parametrize(("name", "x"), [("sigmoid", 37.0), ("tanh", 19.0)])
def test_the_witness_leaves_that_to_the_exact_values(name: str, x: float) -> None:
    """Held to the last bit, the gradients differ. PyTorch's forward is flat there, so differences
    of it say nothing, and those of ours alone are no witness; mpmath is one, see above."""
    strict = Tolerance(ulps=0, terms=0)
    theirs = getattr(torch.nn.functional, name)
    comparison = gradtwin.compare(getattr(F, name), theirs, [x], dtype="float32", tolerance=strict)
    assert comparison.outputs[0].ok
    verdict = comparison.gradients[0].verdict
    assert verdict is not None
    assert (verdict.side, verdict.by) == ("undecided", "only the forward of ours could tell")


# ---- the command ---------------------------------------------------------------------------------

FEW = ["--points", "2", "--dtype", "float64"]


def test_the_table() -> None:
    result = run(app, ["accuracy", "sigmoid", "relu", *FEW])
    assert result.exit_code == 0, result.output
    assert "gradient at 3" in result.output
    assert "PyTorch: beyond 4 units in 1 of 2 rows" in result.output
    assert "The exact values support scratch alone in 1 of 2 rows" in result.output


def test_nothing_is_cut_at_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """Names are folded where they must be, numbers never; lines below may be of any length."""
    named = "binary_cross_entropy_with_logits with pos_weight"
    rows = [measure(find(name)[0], "float32", WINGS, 1) for name in ("sigmoid", named, "softmax")]
    out = Console(file=sys.stdout, width=80, soft_wrap=True)
    print_table(out, "float32", HEADINGS[:5], [short_cells(row) for row in rows])
    table = capsys.readouterr().out
    assert max(map(len, table.splitlines())) <= 80
    cells = [line.split("│")[1:-1] for line in table.splitlines() if "│" in line]
    names = "".join(line[0] for line in cells).split()
    assert "".join(names) == f"sigmoid {named} softmax".replace(" ", "")
    numbers = [cell.strip() for line in cells for cell in line[1:] if cell.strip()]
    assert numbers == [number for row in rows for number in short_cells(row)[1:]]
    assert "…" not in table
    places = furthest_off(rows)
    assert len(places) == 3
    assert all(text in places[2] for text in map(written, rows[2].worst_point.inputs))


def test_json() -> None:
    result = run(app, ["accuracy", "softplus", "gelu", "--points", "1", "--json"])
    rows = json.loads(result.stdout)
    assert len(rows) == 2 * (3 + 2)  # dtypes, options
    worst = rows[3]["worst"][2]
    assert rows[3]["function"] == "gelu"
    assert (worst["wing"], worst["what"]) in {("scratch", "gradient"), ("PyTorch", "value")}
    assert {"units", "inputs", "scratch", "PyTorch", "exact"} < worst.keys()


def test_second_derivatives_as_json_and_as_a_table() -> None:
    words = ["accuracy", "div", "tanh", "--second", *FEW]
    rows = json.loads(run(app, [*words, "--json"]).stdout)
    assert [each["what"] for each in rows[0]["worst"]] == [SECOND] * 2
    assert rows[0]["worst"][1]["argument"] in (1, 2)
    assert rows[0]["worst"][1]["by"] in (1, 2)
    result = run(app, words)
    assert result.exit_code == 0, result.output
    assert "float64, second derivatives" in result.output
    assert "gradient" not in result.output
    assert "PyTorch: beyond 4 units in 2 of 2 rows" in result.output


def test_infinite_errors_as_json() -> None:
    gelu = replace(find("gelu")[1], points=lambda draw: [np.array([-1e308])])
    row = measure(gelu, "float64", WINGS)
    assert row.units("torch") == math.inf
    assert json.loads(json.dumps(to_dict(row), allow_nan=False))["supported"] == ["scratch"]


def test_status_1_where_scratch_is_beyond_4_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the mistake is planted in scratch itself."""
    monkeypatch.setattr(F, "sigmoid", CancellingSigmoid.apply)
    result = run(app, ["accuracy", "sigmoid", *FEW])
    assert result.exit_code == 1, result.output
    assert "scratch: beyond 4 units in 1 of 1 rows" in result.output


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["sigmiod"], "did you mean sigmoid"), (["SIGMOID"], "did you mean sigmoid"),
        (["--points", "0"], "1 or more"), (["--points", "9" * 20], "at most 100,000"),
        (["--dtype", "float16"], "float64 or float32"), (["--plot", "a.txt"], ".png"),
        (["--json", "--markdown"], "one of --json and --markdown"),
        (["--plot", "/no/such/folder/a.svg"], "the folder /no/such/folder does not exist"),
    ],
)  # fmt: skip
def test_wrong_usage(words: list[str], complaint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is measured."""
    monkeypatch.setattr("gradtwin.accuracy.measure", lambda *given: pytest.fail("it was measured"))
    result = run(app, ["accuracy", *words])
    assert result.exit_code == 2
    assert complaint in " ".join(result.output.split())


@pytest.mark.parametrize("functions", [["tanh"], ["silu", "softmax"]])
def test_the_plot(functions: list[str], tmp_path: Path) -> None:
    """Along x for a function of one number, the worst of each otherwise."""
    pytest.importorskip("matplotlib")
    path = tmp_path / "errors.svg"
    result = run(app, ["accuracy", *functions, *FEW, "--plot", str(path)])
    assert result.exit_code == 0, result.output
    assert path.read_text().startswith("<?xml")
    assert f"Drawn: {path}" in result.stderr
    result = run(app, ["accuracy", *functions, *FEW, "--second", "--plot", str(path)])
    assert result.exit_code in (0, 1), result.output
    assert path.read_text().startswith("<?xml")


def test_the_plot_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run(app, ["accuracy", "tanh", *FEW, "--plot", "a.svg"])
    assert result.exit_code == 2
    assert "pip install gradtwin[plots]" in result.output


def test_help_loads_neither_wing_nor_mpmath() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from gradtwin.cli import app; "
        "assert CliRunner().invoke(app, ['accuracy', '--help']).exit_code == 0; "
        "print({'torch', 'scratch', 'mpmath', 'matplotlib'} & sys.modules.keys())"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


# ---- docs/accuracy.md ----------------------------------------------------------------------------

def documented(heading: str) -> dict[str, list[str]]:
    """The lines of a table of the page, by function."""
    table = PAGE.read_text(encoding="utf-8").partition(f"### {heading}\n")[2].partition("\n##")[0]
    lines = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    return {line[0].strip("`"): line[1:] for line in lines}


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_page_has_every_row(dtype: str) -> None:
    for heading in (dtype, f"{dtype}, second derivatives"):
        assert list(documented(heading)) == [each.label for each in FUNCTIONS]


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_number_of_the_page_is_beyond_4_units_for_scratch(dtype: str) -> None:
    assert all(float(units) <= GOAL for row in documented(dtype).values() for units in row[:2])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["sigmoid", "tanhshrink", "silu", "hardsigmoid", "erfc"])
def test_the_page_is_fresh(name: str, dtype: str) -> None:
    """Measured again: each digit depends on the processor, half a unit and the size do not."""
    (function,) = find(name)
    row = measure(function, dtype, WINGS, points=12)
    printed = [float(text.strip("*")) for text in documented(dtype)[name][:4]]
    errors = [row.units(wing, what) for wing in ("scratch", "torch") for what in (VALUE, GRADIENT)]
    for then, now in zip(printed, errors):
        assert abs(then - now) <= max(0.55, 0.5 * then), (printed, errors)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["sigmoid", "softsign", "mish", "erfc", "log1p", "log_softmax"])
def test_the_second_derivatives_of_the_page_are_fresh(name: str, dtype: str) -> None:
    """As above; of what has no digit left only the size is told."""
    (function,) = find(name)
    row = measure(function, dtype, WINGS, points=12, second=True)
    line = documented(f"{dtype}, second derivatives")[name]
    printed = [float(text.strip("*")) for text in line[:2]]
    for then, now in zip(printed, [row.units(wing) for wing in ("scratch", "torch")]):
        assert abs(then - now) <= max(0.55, 0.5 * then) or then == now, (printed, now)


def test_the_page_names_where_second_derivatives_are_beyond_4_units() -> None:
    """The table above theirs has a line for each function in bold type, and for no other."""
    text = PAGE.read_text(encoding="utf-8").partition("## Second derivatives")[2]
    named = set(re.findall(r"^\| `(\w+)`", text.partition("\n###")[0], re.M))
    rows = [documented(f"{dtype}, second derivatives") for dtype in DTYPES]
    assert named == {
        label.split()[0] for each in rows for label, row in each.items() if "**" in row[0]
    }


def test_markdown_and_verdict() -> None:
    rows = [measure(find(name)[0], "float64", WINGS, 2) for name in ("sigmoid", "neg")]
    text = markdown(rows)
    number = r"[\d.e+*]+ \| "
    assert re.search(rf"^\| `sigmoid` \| {number * 3}\*\*1\.\de\+14\*\*", text, re.M)
    assert "| `neg` | 0 | 0 | 0 | 0 |" in text
    assert all(heading in text for heading in HEADINGS)
    bent = markdown([measure(find("sigmoid")[0], "float64", WINGS, 2, second=True)])
    assert bent.startswith("### float64, second derivatives\n")
    assert all(heading in bent for heading in SECOND_HEADINGS)
    assert re.search(r"^\| `sigmoid` \| .* \| \*\*.*\*\* \| at -?[\d.e-]+ \| ", bent, re.M)
    assert verdict(rows[1:]).splitlines()[0] == "scratch: within 4 units everywhere, at most 0"


def test_numbers_as_they_are_written() -> None:
    assert written(np.float64(-5e-324)) == "-5e-324"
    assert written(np.array([[1.5, 2.0]])) == "[[1.5, 2]]"
    assert written(np.int64(3)) == "3"
    assert written(np.bool_(True)) == "True"
