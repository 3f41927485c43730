"""The derived tolerances: every right computation passes, every small mistake does not."""

from __future__ import annotations

import tokenize
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import gradtwin
from gradtwin.compare import compare
from gradtwin.magnified import FAR, NEAR, Magnified, move
from gradtwin.tolerance import (
    AROUND,
    SMALLEST_MISTAKE,
    Tolerance,
    alike,
    bend,
    discerned,
    gradient_unit,
    resolution,
    roundings,
    same_outcome,
    students_slack,
    summed_terms,
)

DTYPES = ["float32", "float64"]


def backwards_sum(x: Any) -> Any:
    """A sum one by one from the end: another order than any library's."""
    total = x.dtype.type(0)
    for value in x[::-1]:
        total = total + value
    return total


def linear_loop(x: Any, weight: Any, bias: Any) -> Any:
    out = np.zeros((len(x), len(weight)), x.dtype)
    for i in range(len(x)):
        for j in range(len(weight)):
            out[i, j] = backwards_sum(x[i] * weight[j]) + bias[j]
    return out


def linear_loop_backward(g: Any, x: Any, weight: Any, bias: Any) -> Any:
    d_x, d_weight, d_bias = np.zeros_like(x), np.zeros_like(weight), np.zeros_like(bias)
    for i in range(len(x)):
        for j in range(len(weight)):
            d_x[i] += g[i, j] * weight[j]
            d_weight[j] += g[i, j] * x[i]
            d_bias[j] += g[i, j]
    return d_x, d_weight, d_bias


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("seed", range(3))
def test_another_order_of_summation_passes(dtype: str, scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, d, h = rng.integers(1, 30, 3)
    x, weight = rng.normal(size=(n, d)) * scale, rng.normal(size=(h, d))
    result = compare(
        (linear_loop, linear_loop_backward), F.linear, x, weight, rng.normal(size=h), dtype=dtype
    )
    assert result.ok, str(result)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [3, 100, 3000])
def test_a_sum_that_cancels_to_nothing_passes(dtype: str, size: int) -> None:
    values = np.random.default_rng(size).normal(size=size) * 100
    values = np.concatenate([values, -values])
    pair = backwards_sum, lambda g, x: np.full_like(x, g)
    result = compare(pair, torch.sum, values, dtype=dtype)
    assert result.ok, str(result)


def sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("x", [37.0, -37.0, 19.0, -30.0, 800.0, -800.0, 0.0])
def test_the_exact_sigmoid_passes_beside_pytorch_saturated(dtype: str, x: float) -> None:
    def backward(g: Any, x: Any) -> Any:
        e = np.exp(-np.abs(x))
        return g * (e / (1 + e) ** 2)

    result = compare((sigmoid, backward), torch.sigmoid, [x], dtype=dtype)
    assert result.ok, str(result)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_steep_tail_passes(dtype: str) -> None:
    """exp(-x^2) at 5: one rounding of x^2 moves the result by 25 roundings."""
    pair = lambda x: np.exp(-(x * x)), lambda g, x: -2 * x * g * np.exp(-(x * x))
    x = np.linspace(-6, 6, 41)
    result = compare(pair, lambda x: torch.exp(-torch.pow(x, 2)), x, dtype=dtype)
    assert result.ok, str(result)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_deep_network_passes(dtype: str) -> None:
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(8, 8)) / np.sqrt(8) for _ in range(30)]

    def forward(x: Any, *weights: Any) -> Any:
        layers = [x]
        for weight in weights:
            layers.append(np.tanh(np.einsum("ij,kj->ik", layers[-1], weight)))
        return layers[-1], (layers, weights)

    def backward(g: Any, cache: Any) -> Any:
        layers, weights = cache
        gradients = []
        for weight, h, below in zip(weights[::-1], layers[:0:-1], layers[-2::-1]):
            d_z = g * (1 - h * h)
            gradients.append(d_z.T @ below)
            g = d_z @ weight
        return (g, *gradients[::-1])

    def theirs(x: Any, *weights: Any) -> Any:
        for weight in weights:
            x = torch.tanh(x @ weight.T)
        return x

    result = compare((forward, backward), theirs, rng.normal(size=(3, 8)), *weights, dtype=dtype)
    assert result.ok, str(result)


def softmax(z: Any) -> Any:
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


Pair = tuple[Callable[..., Any], Callable[..., Any]]

MISTAKES: dict[str, tuple[Pair, Any, list[tuple[int, ...]]]] = {
    "output times 1.0005": (
        (lambda x: np.tanh(x) * x.dtype.type(1.0005), lambda g, x: g * (1 - np.tanh(x) ** 2)),
        torch.tanh,
        [(4, 3)],
    ),
    "gradient times 1.0005": (
        (np.tanh, lambda g, x: g * (1 - np.tanh(x) ** 2) * x.dtype.type(1.0005)),
        torch.tanh,
        [(4, 3)],
    ),
    "one of 64 terms is missing": (
        (lambda x, w: x[:, 1:] @ w[:, 1:].T, lambda g, x, w: (g @ w, g.T @ x)),
        lambda x, w: x @ w.T,
        [(8, 64), (5, 64)],
    ),
    "bias left out of the batch's last row": (
        (
            lambda x, w, b: x @ w.T + b,
            lambda g, x, w, b: (g @ w, g.T @ x, g[:-1].sum(0)),
        ),
        F.linear,
        [(32, 16), (8, 16), (8,)],
    ),
    "softmax gradient times 1.0005": (
        (
            softmax,
            lambda g, z: z.dtype.type(1.0005)
            * softmax(z) * (g - (g * softmax(z)).sum(1, keepdims=True)),
        ),
        lambda z: torch.softmax(z, 1),
        [(16, 10)],
    ),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", MISTAKES)
def test_a_small_mistake_is_caught(name: str, dtype: str) -> None:
    pair, theirs, shapes = MISTAKES[name]
    rng = np.random.default_rng(1)
    result = compare(pair, theirs, *(rng.normal(size=s) for s in shapes), dtype=dtype)
    assert [f.kind for f in result.findings] == ["values"], str(result)


# ---- rounding on the way, measured ----------------------------------------------------------


def saturated_twice(torch_like: Any, x: Any) -> Any:
    return torch_like.tanh(5 * torch_like.tanh(3 * x))


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_saturated_composition_passes(dtype: str) -> None:
    """Its exact derivative beside PyTorch's 1 - y^2 of a y that has rounded to 1."""

    def backward(g: Any, x: Any) -> Any:
        inner = np.tanh(3 * x)
        return g * 15 / np.cosh(5 * inner) ** 2 / np.cosh(3 * x) ** 2

    pair = lambda x: saturated_twice(np, x), backward
    x = np.linspace(-4, 4, 57)
    result = compare(pair, lambda x: saturated_twice(torch, x), x, dtype=dtype)
    assert result.ok, str(result)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("x", [8.0, 12.0, 16.0, 17.5, 40.0])
def test_a_loss_of_a_saturated_probability_passes(dtype: str, x: float) -> None:
    """1 - p has few digits or none; what right code makes of them is anybody's."""

    def forward(x: Any) -> Any:
        p = sigmoid(x)
        return -np.maximum(np.log1p(-p), -100)

    def backward(g: Any, x: Any) -> Any:
        p = sigmoid(x)
        slope = np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2
        return g * slope / np.maximum(1 - p, x.dtype.type(1e-12))

    def theirs(x: Any) -> Any:
        return F.binary_cross_entropy(torch.sigmoid(x), torch.zeros_like(x), reduction="none")

    with np.errstate(divide="ignore"):
        result = compare((forward, backward), theirs, [x], dtype=dtype)
    assert result.ok, str(result)


@pytest.mark.parametrize("factor", [1.0, 1.0005])
@pytest.mark.parametrize("dtype", DTYPES)
def test_saturated_probabilities_that_balance_pass(dtype: str, factor: float) -> None:
    """Two probabilities have rounded to 1; moved alike, they do nothing to the slope of w.

    A mistake in what they do not reach, the slope of the third weight, is caught all the same.
    """
    z = np.array([17.2, 27.0] if dtype == "float32" else [37.5, 48.0], dtype)
    apart = np.array([1, -1], dtype)

    def forward(w: Any, v: Any) -> Any:
        with np.errstate(divide="ignore"):
            return -np.maximum(np.log1p(-sigmoid(z + apart * w)), -100).sum() + v * v

    def backward(g: Any, w: Any, v: Any) -> Any:
        at = z + apart * w
        e = np.exp(-at)
        slope = e / (1 + e) ** 2 / np.maximum(1 - sigmoid(at), at.dtype.type(1e-12))
        return g * (slope * apart).sum(), v.dtype.type(factor) * 2 * g * v

    def theirs(w: Any, v: Any) -> Any:
        p = torch.sigmoid(torch.tensor(z) + torch.tensor(apart) * w)
        return F.binary_cross_entropy(p, torch.zeros_like(p), reduction="sum") + v * v

    result = compare((forward, backward), theirs, 0.0, 1.0, dtype=dtype)
    assert result.ok == (factor == 1), str(result)
    assert result.gradients[0].ok


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_large_intermediate_value_passes(dtype: str) -> None:
    """(x + 1e4) - 1e4 has lost four digits, in another way than x."""
    pair = lambda x: x, lambda g, x: g
    result = compare(pair, lambda x: (x + 1e4) - 1e4, np.linspace(-1, 1, 9), dtype=dtype)
    assert result.ok, str(result)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_tie_that_rounding_decides_passes(dtype: str) -> None:
    """x / 3 * 3 and x are one number or two neighbours: which is larger is rounding's."""

    def backward(g: Any, x: Any) -> Any:
        return g / 2 + g / 2 * (x - x + 1)

    def theirs(x: Any) -> Any:
        return torch.maximum(torch.exp(torch.log(x)), x)

    result = compare((lambda x: x, backward), theirs, np.linspace(1, 9, 33), dtype=dtype)
    assert result.ok, str(result)


def network(x: Any, w1: Any, w2: Any) -> Any:
    return torch.sigmoid(torch.tanh(x @ w1.T) @ w2.T)


def network_forward(x: Any, w1: Any, w2: Any) -> Any:
    return sigmoid(np.tanh(x @ w1.T) @ w2.T)


def network_backward(mistake: str) -> Any:
    def backward(g: Any, x: Any, w1: Any, w2: Any) -> Any:
        h = np.tanh(x @ w1.T)
        z = h @ w2.T
        d_z = g * np.exp(-np.abs(z)) * sigmoid(np.abs(z)) ** 2
        if mistake == "factor in one element":
            d_z[0, 0] *= d_z.dtype.type(1.0005)
        d_h = d_z @ w2 * (1 - h * h)
        d_x = d_h @ w1
        if mistake == "missing term":
            d_x = d_h[:, 1:] @ w1[1:]
        first = 1 if mistake == "missing example" else 0
        return d_x, d_h[first:].T @ x[first:], d_z.T @ h

    return backward


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "mistake", ["", "factor in one element", "missing term", "missing example"]
)
def test_a_small_mistake_in_a_network_is_caught(mistake: str, dtype: str) -> None:
    """Measured rounding excuses rounding, and nothing else."""
    rng = np.random.default_rng(4)
    arrays = [rng.normal(size=s) for s in [(6, 5), (7, 5), (3, 7)]]
    result = compare((network_forward, network_backward(mistake)), network, *arrays, dtype=dtype)
    assert result.ok == (not mistake), str(result)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("where", ["huber at its corner", "relu at 0", "a tie"])
def test_another_derivative_at_a_kink_is_not_excused(where: str, dtype: str) -> None:
    """Inputs are exact: whether they stand at a kink is no question of rounding."""
    if where == "huber at its corner":
        pair: Any = (
            lambda x: np.where(abs(x) < 1, x * x / 2, abs(x) - x.dtype.type(0.5)),
            lambda g, x: g * np.where(abs(x) < 1, x, 0),
        )
        theirs: Any = lambda x: F.huber_loss(x, torch.zeros_like(x), reduction="none")
        x = [0.5, 1.0, -1.0]
    elif where == "relu at 0":
        pair = lambda x: np.maximum(x, 0), lambda g, x: g * (x >= 0)
        theirs, x = torch.relu, [0.0, 1.0]
    else:
        pair = lambda x: x.max(), lambda g, x: g * (x == x.max())
        theirs, x = torch.amax, [2.0, 2.0, 1.0]
    assert not compare(pair, theirs, x, dtype=dtype).ok


def test_what_is_exact_is_not_moved() -> None:
    """A maximum, a slice and a sign round nothing; a sum, a product and an exponential do."""
    x = torch.tensor([1.0, -3.0, 3.0], dtype=torch.float64)
    for exact in (torch.relu, torch.abs, lambda x: x[1:], lambda x: x.amax(), lambda x: -x,
                  lambda x: x.clamp(-1, 1), lambda x: torch.stack([x, x]), torch.sign):
        with Magnified(0, NEAR):
            moved = exact(x)
        assert torch.equal(moved, exact(x))
    for rounded in (torch.sum, torch.exp, lambda x: x * x, lambda x: x / 3, lambda x: x @ x):
        with Magnified(0, NEAR):
            moved = rounded(x)
        far = abs(moved / rounded(x) - 1).max()
        assert 0 < far <= 2.1 * NEAR * 2**-52  # of a product also the terms inside move


def test_equal_numbers_move_alike() -> None:
    x = np.array([0.3, -0.3, 0.3, 0.0, np.inf, np.nan])
    moved = move(x, seed=1, by=FAR)
    assert moved[0] == moved[2] != x[0]
    np.testing.assert_array_equal(moved[3:], x[3:])
    assert moved[0] != move(x, seed=0, by=FAR)[0] or moved[1] != move(x, seed=0, by=FAR)[1]
    single = move(np.array([0.1, 0.2, 0.7], np.float32), seed=0, by=NEAR)
    assert single.dtype == np.float32


def test_numbers_that_rounding_made_equal_move_each_its_own_way() -> None:
    """0 is what is left of y - y, of any y; 1 is what sigmoid makes of any large number."""
    left = np.zeros(64)
    moved = move(left, seed=0, by=NEAR, unit=np.arange(64.0))
    assert 0 < np.count_nonzero(moved > 0) < np.count_nonzero(moved)
    x = torch.arange(17.0, 81.0)
    with Magnified(0, NEAR):
        p = torch.sigmoid(torch.cat([x, x]))
    assert torch.equal(p[:64], p[64:])  # of equal numbers alike
    assert 0 < (p < 1).sum() < 128


def test_a_number_below_0_moves_by_its_terms_too() -> None:
    """-3 = -1 - 2: sums all of whose terms are below 0 round as others do."""
    x = torch.tensor([-0.1, -0.2], dtype=torch.float64)
    with Magnified(0, NEAR):
        moved = x @ torch.ones_like(x)
    assert abs(moved / x.sum() - 1) > NEAR * 2**-52


def test_no_probability_moves_beyond_1() -> None:
    x = torch.tensor([50.0, 0.0, 3.0, 17.0])
    for seed in range(8):
        with Magnified(seed, FAR):
            assert torch.sigmoid(x).max() <= 1
            assert torch.softmax(x, 0).max() <= 1


def test_the_formula() -> None:
    eps = 2.0**-52
    assert Tolerance().allowed(2.0, eps=eps, terms=3, unit=0.5, condition=1.0) == eps * (
        (4 + 3) * (2 + 1) + 4 * 0.5
    )
    assert Tolerance(ulps=10, terms=0).allowed(1.0, eps=eps, terms=99) == eps * (10 + 10)


def test_terms_from_shapes() -> None:
    assert summed_terms((5, 7), [(5, 64), (7, 64)]) == 64
    assert summed_terms((), [(5, 64)]) == 320
    assert summed_terms((0,), [(0,)]) == 1
    assert summed_terms((), []) == 1


def test_long_sums_follow_the_probabilistic_bound() -> None:
    assert roundings(64) == 64
    assert roundings(6400) == 640


def test_unit_of_a_gradient() -> None:
    assert gradient_unit([np.array([2.0, -1.0])], np.array([0.0, 0.0])) == 2.0
    assert gradient_unit([np.array(1.0)], np.full(100, 0.01)) == 0.01      # a mean of 100
    assert gradient_unit([np.array(1.0)], np.full(100, 0.9)) == 0.9        # a sum of 100


def test_resolution_is_that_of_the_coarsest() -> None:
    assert resolution("float32", "float64") == 2.0**-23
    assert resolution("int64") == 0.0


@pytest.mark.parametrize(("option", "value"), [("ulps", -1.0), ("ulps", np.nan), ("terms", -1)])
def test_nonsense_is_refused(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=option):
        Tolerance(**{option: value})  # type: ignore[arg-type]


def test_a_tolerance_of_the_callers_own() -> None:
    pair = np.tanh, lambda g, x: g * (1 - np.tanh(x) ** 2) * 1.0005
    x = np.linspace(-1, 1, 5)
    assert not compare(pair, torch.tanh, x)
    assert compare(pair, torch.tanh, x, tolerance=Tolerance(ulps=1e13))


OWN_TOLERANCES = {"allclose", "isclose", "rtol", "atol", "rel_tol", "abs_tol"}


def test_no_other_module_has_a_tolerance_of_its_own() -> None:
    """Names are looked for, not text: what students write stands in strings."""
    root = Path(gradtwin.__file__).parent
    for path in root.rglob("*.py"):
        with path.open("rb") as file:
            names = {t.string for t in tokenize.tokenize(file.readline) if t.type == tokenize.NAME}
        assert not names & OWN_TOLERANCES, path.relative_to(root)


def test_right_gradients_are_alike_and_mistaken_ones_are_not() -> None:
    """In float64, where one has lost a quarter of its digits, or adds in another order."""
    rng = np.random.default_rng(0)
    g = rng.normal(size=(20, 30))
    a, b = rng.normal(size=(20, 30)), rng.normal(size=(30, 5))
    right, another = a @ b, np.array([[backwards_sum(x * y) for y in b.T] for x in a])
    assert (abs(another - right) <= alike(right, [g])).all()
    assert (abs(right * (1 + 1e-12) - right) <= alike(right, [g])).all()
    assert (abs(right * (1 + SMALLEST_MISTAKE) - right) > alike(right, [g])).all()


@pytest.mark.parametrize("f", [np.exp, np.sin, np.tanh, lambda x: np.exp(9 * x)])
def test_a_smooth_derivative_bends_no_more(f: Any) -> None:
    x = np.linspace(0.1, 1.0, 7)
    slope = lambda x: (f(x + 1e-6) - f(x - 1e-6)) / 2e-6
    either_side = abs(slope(x + AROUND) - slope(x - AROUND))
    assert all(d <= bend(s) for d, s in zip(either_side, slope(x)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_formula_in_two_programs_has_the_same_outcome_and_a_mistake_has_not(dtype: str) -> None:
    x = np.random.default_rng(0).normal(size=1000).astype(dtype)
    total = np.array(backwards_sum(x * x))
    assert abs(total - np.sum(x * x)) <= same_outcome(total, dtype)
    assert abs(total * (1 + SMALLEST_MISTAKE) - total) > 10 * same_outcome(total, dtype)
    assert same_outcome(np.array([3]), "int64") == 0


def test_a_value_told_to_its_error_is_within_it_of_one_only() -> None:
    assert discerned(0.25) == 1.0


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_student_may_lose_digits_and_not_a_factor(dtype: str) -> None:
    eps = resolution(dtype)
    allowed = students_slack(eps) * Tolerance().allowed(1.0, eps=eps, unit=0.0)
    assert 8 * eps < allowed < SMALLEST_MISTAKE / 10
