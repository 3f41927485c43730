"""`docs/errata.md`: each item is computed twice, as the lecture has it and as it is.

The numbers of every item stand in a table of the document; a test hands over what it computed, in
scratch and in PyTorch, and the table must say exactly that, rounded to the decimals it shows.
"""

from __future__ import annotations

import inspect
import itertools
import math
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest
import torch
from close import assert_within

import scratch
import scratch.functional
import torch_ref
import torch_ref.functional
from gradtwin.tolerance import Tolerance, at_rest, resolution, rounded_to
from scratch.chain_rule import (
    dag_backward,
    dag_forward,
    one_neuron_backward,
    one_neuron_forward,
    polynomial_backward,
    polynomial_forward,
    three_sigmoids_backward,
    three_sigmoids_forward,
)

DOCUMENT = (Path(__file__).parents[1] / "docs" / "errata.md").read_text(encoding="utf-8")
EPS = resolution("float64")
NONE = "-"  # the cell of a quantity to which the lecture gives no value

# ---- the document -----------------------------------------------------------------------------


class Item(NamedTuple):
    """One erratum: its name ("A1"), its fields ("Section", ...) and its table of numbers."""

    name: str
    fields: dict[str, str]
    numbers: dict[str, tuple[str, str]]


def rows_of(text: str) -> list[list[str]]:
    """The cells of the Markdown table in `text`, without its heading."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def read_items() -> dict[str, Item]:
    found = {}
    for block in re.split(r"^(?=### [AB]\d+\. )", DOCUMENT, flags=re.M)[1:]:
        block = re.split(r"^## ", block, flags=re.M)[0]
        heading = re.match(r"### ([AB]\d+)\. ", block)
        assert heading
        fields = dict(re.findall(r"^- \*\*(\w+):\*\* (.+?)(?=^- |^\||\Z)", block, re.M | re.S))
        numbers = {what: (printed, right) for what, printed, right in rows_of(block)}
        found[heading[1]] = Item(heading[1], fields, numbers)
    return found


ITEMS = read_items()


def says(cell: str, number: float | None) -> bool:
    """Whether the cell is this number, rounded to as many decimals as the cell shows."""
    if number is None:
        return cell == NONE
    kind = "e" if "e" in cell else "f"
    decimals = len(cell.partition("e")[0].partition(".")[2])
    whole = "0" + cell if cell.startswith(".") else cell
    return f"{number:z.{decimals}{kind}}" == whole


def document_shows(item: str, rows: dict[str, tuple[float | None, float]]) -> None:
    """The item's table has these quantities, each with the lecture's value and the right one."""
    table = ITEMS[item].numbers
    assert list(table) == list(rows)
    wrong = [
        f"{what}: the document has {table[what]}, computed {rows[what]}"
        for what in rows
        if not (says(table[what][0], rows[what][0]) and says(table[what][1], rows[what][1]))
    ]
    assert not wrong


# ---- the two wings ----------------------------------------------------------------------------


class Wing(NamedTuple):
    name: str
    models: Any
    F: Any
    math: Any

    def leaf(self, value: Any) -> Any:
        array = np.array(value, np.float64)
        if self.name == "scratch":
            return scratch.tensor(array, requires_grad=True)
        return torch.tensor(array, requires_grad=True)


SCRATCH = Wing("scratch", scratch, scratch.functional, scratch)
TORCH = Wing("torch", torch_ref, torch_ref.functional, torch)


def value_and_gradients(wing: Wing, f: Callable[..., Any], *values: Any) -> tuple[Any, ...]:
    """f(*values), summed, and its gradient for each of them, as arrays."""
    leaves = [wing.leaf(value) for value in values]
    value = f(*leaves).sum()
    value.backward()
    return (value.item(), *(np.asarray(leaf.grad) for leaf in leaves))


def in_both(compute: Callable[[Wing], tuple[Any, ...]], terms: int = 1) -> tuple[Any, ...]:
    """What both wings compute, in the accuracy of `gradtwin.tolerance`.

    terms: how many roundings add up one after the other, where they are more than a few.
    """
    ours, theirs = compute(SCRATCH), compute(TORCH)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs):
        assert np.shape(a) == np.shape(b)
        assert_within(a, b, Tolerance(terms=terms).allowed(b, eps=EPS))
    return ours


def close(a: Any, b: Any, terms: int = 1) -> bool:
    """Whether two computations of the same agree, in the accuracy of `gradtwin.tolerance`."""
    allowed = Tolerance(terms=terms).allowed(b, eps=EPS)
    return bool((np.abs(np.asarray(a) - np.asarray(b)) <= allowed).all())


# ---- (a) numbers and formulas -----------------------------------------------------------------


def test_a1_softmax_last_entry() -> None:
    logits = [5.0, 6.0, 11.0, 7.0]
    (p,) = in_both(lambda wing: (wing.F.softmax(wing.leaf(logits), dim=0).detach().numpy(),))
    exact = [mpmath.exp(z) / mpmath.fsum(map(mpmath.exp, logits)) for z in logits]
    assert close(p, np.array(exact, float))
    printed = [0.00, 0.01, 0.97, 0.01]
    assert [round(q, 2) == r for q, r in zip(p.tolist(), printed)] == [True, True, True, False]
    document_shows(
        "A1",
        {
            "p(y = 3)": (printed[3], p[3]),
            "sum of the four, rounded to .01": (sum(printed), sum(np.round(p, 2))),
        },
    )


def test_a2_power_four_loses_its_exponent() -> None:
    rows: dict[str, tuple[float | None, float]] = {}
    for x in (1.0, -0.5):
        _, slope = in_both(
            lambda wing, x=x: value_and_gradients(wing, lambda x: (6 * x**2 + 2) ** 4, x)
        )
        paper = polynomial_backward(1.0, polynomial_forward(x)[1])
        assert close(slope, paper)
        rows[f"dy/dx at x = {x:g}"] = (4 * (6 * x**2 + 2) * (12 * x), float(slope))
    document_shows("A2", rows)


def test_a3_last_factor_of_the_sigmoid_chain() -> None:
    x, y, w2, w3 = 2.0, 1.0, 0.3, 0.8
    rows: dict[str, tuple[float | None, float]] = {}
    for w1 in (0.5, 0.0):

        def chain(wing: Wing, w1: float = w1) -> tuple[Any, ...]:
            s = wing.F.sigmoid
            loss = lambda w1: (s(w3 * s(w2 * s(w1 * x))) - y) ** 2
            return value_and_gradients(wing, loss, w1)

        _, right = in_both(chain)
        paper = three_sigmoids_backward(1.0, three_sigmoids_forward(x, y, w1, w2, w3)[1])[2]
        assert close(right, paper)
        rows[f"dL/dw1 at w1 = {w1:g}"] = (float(paper) / x * w1, float(right))  # w1 for x1
    document_shows("A3", rows)


def test_a4_leaky_relu_of_a_negative_number() -> None:
    alpha, x = 0.01, -2.0

    def printed(wing: Wing) -> tuple[Any, ...]:
        largest = wing.math.maximum
        return value_and_gradients(wing, lambda x: largest(largest(0 * x, alpha * x), x), x)

    def right(wing: Wing) -> tuple[Any, ...]:
        return value_and_gradients(wing, lambda x: wing.F.leaky_relu(x, alpha), x)

    def without_zero(wing: Wing) -> tuple[Any, ...]:
        return value_and_gradients(wing, lambda x: wing.math.maximum(alpha * x, x), x)

    lecture, leaky = in_both(printed), in_both(right)
    assert leaky == in_both(without_zero)
    # for 0 <= alpha <= 1 it is the ReLU, everywhere
    for wing in (SCRATCH, TORCH):
        for x in (-3.0, -0.1, 0.0, 0.1, 3.0):
            assert max(0.0, alpha * x, x) == wing.F.relu(wing.leaf(x)).item()
    document_shows(
        "A4",
        {
            "f(-2), alpha = 0.01": (lecture[0], leaky[0]),
            "f'(-2), alpha = 0.01": (float(lecture[1]), float(leaky[1])),
        },
    )


def test_a5_shared_weight_without_its_direct_path() -> None:
    x, y, w1, w2 = 2.0, 1.0, 0.5, 0.3

    def network(wing: Wing) -> tuple[Any, ...]:
        def loss(w1: Any, w2: Any) -> Any:
            z1 = w1 * x
            z2 = w2 * (z1 + x)
            return (w1 * (z1 + z2) - y) ** 2

        return value_and_gradients(wing, loss, w1, w2)

    _, right, _ = in_both(network)
    paper = dag_backward(1.0, dag_forward(x, y, w1, w2)[1])[2]
    # the loss is of degree 2 in y_hat - y = -0.05, a difference of numbers of order 1
    assert close(right, paper)
    z1 = w1 * x
    z2 = w2 * (z1 + x)
    d_y_hat = 2 * (w1 * (z1 + z2) - y)
    through_z1, through_z2 = d_y_hat * w1 * x, d_y_hat * w1 * (w2 * x)
    direct = d_y_hat * (z1 + z2)
    assert close(direct + through_z1 + through_z2, right)
    document_shows(
        "A5",
        {
            "path y_hat <- z1 <- w1": (through_z1, through_z1),
            "path y_hat <- z2 <- z1 <- w1": (through_z2, through_z2),
            "path y_hat <- w1": (None, direct),
            "dL/dw1": (through_z1 + through_z2, float(right)),
        },
    )


POINTS = ((1.0, 2.0), (2.0, 3.0), (3.0, 9.0))


def regression(w: Any, b: Any) -> Any:
    """The mean squared error of w x + b over the three points."""
    total = 0.0
    for x, y in POINTS:
        total = total + (w * x + b - y) ** 2
    return total / len(POINTS)


def test_a6_batch_gradient_is_printed_as_a_loss() -> None:
    loss, d_w, d_b = in_both(lambda wing: value_and_gradients(wing, regression, 2.0, 1.0))
    one_by_one = [(2 * (2 * x + 1 - y) * x, 2 * (2 * x + 1 - y)) for x, y in POINTS]
    assert close((d_w, d_b), np.mean(one_by_one, axis=0))
    document_shows("A6", {"entry for w": (loss, float(d_w)), "entry for b": (loss, float(d_b))})


# ---- (b) claims -------------------------------------------------------------------------------


def test_b1_relu_of_a_positive_number_is_not_1() -> None:
    at_3 = in_both(lambda wing: value_and_gradients(wing, wing.F.relu, 3.0))
    at_half = in_both(lambda wing: value_and_gradients(wing, wing.F.relu, 0.5))
    document_shows(
        "B1",
        {
            "ReLU(3)": (1.0, at_3[0]),
            "ReLU(0.5)": (1.0, at_half[0]),
            "ReLU'(3)": (None, float(at_3[1])),
        },
    )


def test_b2_relu_gradients_vanish_and_explode_too() -> None:
    def factor(w: float, layers: int) -> float:
        def chain(wing: Wing) -> tuple[Any, ...]:
            def network(x: Any) -> Any:
                for _ in range(layers):
                    x = wing.F.relu(w * x)
                return x

            return value_and_gradients(wing, network, 1.0)

        slope = float(in_both(chain, terms=layers)[1])
        exact = w**layers if w > 0 else 0.0
        assert_within(slope, exact, rounded_to(exact, "float64", times=2 * layers))
        return slope

    document_shows(
        "B2",
        {
            "10 layers, w = 0.5": (1.0, factor(0.5, 10)),
            "50 layers, w = 0.5": (1.0, factor(0.5, 50)),
            "50 layers, w = 1.5": (1.0, factor(1.5, 50)),
            "10 layers, w = -0.5": (1.0, factor(-0.5, 10)),
        },
    )


def test_b3_zero_weights_do_not_stay() -> None:
    def train(wing: Wing) -> tuple[Any, ...]:
        """The gradients of (w1, w2, w3), at zero and after one and two steps with lr = 1."""
        weights, seen = np.zeros(3), []
        s = wing.F.sigmoid
        for _ in range(3):
            loss = lambda w1, w2, w3: (s(w3 * s(w2 * s(w1 * 1.0))) - 1.0) ** 2
            gradient = np.array(value_and_gradients(wing, loss, *weights)[1:])
            seen.append(gradient)
            weights = weights - gradient
        return tuple(seen)

    first, second, third = in_both(train)
    assert list(first == 0) == [True, True, False]
    assert list(second == 0) == [True, False, False]
    assert list(third == 0) == [False, False, False]
    document_shows(
        "B3",
        {
            "dL/dw3 at zero weights": (0.0, first[2]),
            "dL/dw2 after 1 step": (0.0, second[1]),
            "dL/dw1 after 2 steps": (0.0, third[0]),
        },
    )


def test_b4_weights_leave_the_interval() -> None:
    def outside(sigma: float) -> float:
        """P(|w| >= 1) for w from N(0, sigma^2)."""
        z = 1 / (sigma * math.sqrt(2))
        (share,) = in_both(lambda wing: (wing.math.erfc(wing.leaf(z)).item(),))
        assert close(share, float(mpmath.erfc(z)))
        return share

    def trained(wing: Wing) -> tuple[Any, ...]:
        found = wing.models.descend(
            lambda w: (wing.F.sigmoid(w) - 0.9) ** 2, 0.5, lr=20.0, steps=500, tolerance=1e-14
        )
        return (float(found.x),)

    # a fixed point that attracts: the roundings of the way there die out
    (w,) = in_both(trained)
    assert_within(w, math.log(9), at_rest(1e-14, curvature=2 * (0.9 * 0.1) ** 2))
    document_shows(
        "B4",
        {
            "share outside, sigma = 0.5": (0.0, outside(0.5)),
            "share outside, sigma = 1": (0.0, outside(1.0)),
            "largest absolute weight of the lecture's perceptron": (1.0, 1.15),
            "w of sigmoid(w x), trained to answer 0.9 at x = 1": (1.0, w),
        },
    )


def test_b5_softmax_of_two_is_the_sigmoid_of_their_difference() -> None:
    rows: dict[str, tuple[float | None, float]] = {}
    logits = [0.4, 1.1]

    def two_outputs(wing: Wing) -> tuple[Any, ...]:
        z = wing.leaf(logits)
        target = scratch.tensor([1]) if wing is SCRATCH else torch.tensor([1])
        loss = wing.F.cross_entropy(z.reshape(1, 2), target)
        loss.backward()
        p = wing.F.softmax(wing.leaf(logits), dim=0)[1].item()
        return p, loss.item(), float(np.asarray(z.grad)[1])

    def one_output(wing: Wing) -> tuple[Any, ...]:
        z = wing.leaf(logits[1] - logits[0])
        loss = wing.F.binary_cross_entropy_with_logits(z, wing.leaf(1.0).detach())
        loss.backward()
        return wing.F.sigmoid(z).item(), loss.item(), float(np.asarray(z.grad))

    softmax, sigmoid = in_both(two_outputs), in_both(one_output)
    assert close(softmax, sigmoid)
    for name, of_two, of_one in zip(("p(y = 1)", "loss", "its gradient"), softmax, sigmoid):
        rows[f"{name}, softmax of 0.4 and 1.1"] = (None, of_two)
        rows[f"{name}, sigmoid of 1.1 - 0.4"] = (None, of_one)
    (alone,) = in_both(lambda wing: (wing.F.softmax(wing.leaf([0.7]), dim=0)[0].item(),))
    rows["p(y = 1), softmax of 0.7 alone"] = (None, alone)
    document_shows("B5", rows)


def test_b6_blocks_need_not_be_differentiable_everywhere() -> None:
    step = 2.0**-20

    def relu(wing: Wing, x: float) -> float:
        return float(wing.F.relu(wing.leaf(x)).item())

    left, right = in_both(
        lambda wing: (
            (relu(wing, 0.0) - relu(wing, -step)) / step,
            (relu(wing, step) - relu(wing, 0.0)) / step,
        )
    )
    _, taken = in_both(lambda wing: value_and_gradients(wing, wing.F.relu, 0.0))
    _, flat = in_both(lambda wing: value_and_gradients(wing, wing.F.step, 2.0))
    document_shows(
        "B6",
        {
            "ReLU: slope left of 0": (None, left),
            "ReLU: slope right of 0": (None, right),
            "ReLU: gradient used at 0": (None, float(taken)),
            "step: derivative at 2": (None, float(flat)),
        },
    )


def two_minima(x: Any) -> Any:
    return x**4 - 2 * x**2 + x - 1


STATIONARY = sorted(np.roots([4, 0, -4, 1]).real)  # of two_minima: minimum, maximum, minimum


def ends_at(start: float, lr: float) -> float:
    """Where the descent on two_minima comes to rest, in both wings."""

    def run(wing: Wing) -> tuple[Any, ...]:
        found = wing.models.descend(two_minima, start, lr=lr, steps=2000)
        assert found.reason == "converged"
        return (float(found.x),)

    ours, theirs = run(SCRATCH)[0], run(TORCH)[0]
    assert_within(ours, theirs, near(ours) + near(theirs))
    return ours


def near(x: float) -> float:
    """How near to a stationary point a descent ends: |f'| is at most 1e-8, f'' is 12 x^2 - 4."""
    return at_rest(1e-8, curvature=abs(12 * x**2 - 4))


def test_b7_a_low_rate_is_not_what_leads_into_a_local_minimum() -> None:
    cases = ((-2.0, 0.05), (-2.0, 0.1), (2.0, 0.05), (2.0, 0.1), (0.3, 0.01), (0.3, 0.18))
    document_shows(
        "B7",
        {f"from {start:g}, lr = {lr:g}: x": (None, ends_at(start, lr)) for start, lr in cases},
    )


def test_b8_linear_regression_has_a_closed_form() -> None:
    x, y = np.array(POINTS).T
    w = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    b = y.mean() - w * x.mean()
    # means of three terms that cancel; d_w adds up errors times x, d_b the errors
    size = np.abs(y).max() * np.array([np.abs(x).max(), 1])
    for wing in (SCRATCH, TORCH):
        _, d_w, d_b = value_and_gradients(wing, regression, w, b)
        assert_within([d_w, d_b], 0, rounded_to(size, "float64", times=2 * 3))
    document_shows(
        "B8",
        {
            "w of the three points": (None, w),
            "b of the three points": (None, b),
            "dL/dw there": (None, float(d_w)),
            "dL/db there": (None, float(d_b)),
        },
    )


XOR = (((0.0, 0.0), 0.0), ((0.0, 1.0), 1.0), ((1.0, 0.0), 1.0), ((1.0, 1.0), 0.0))


def test_b9_one_perceptron_stays_linear_with_any_activation() -> None:
    rng = np.random.default_rng(0)

    def z(weights: Any, x: Any) -> Any:
        return weights[0] + weights[1] * x[0] + weights[2] * x[1]

    def loss(wing: Wing) -> Callable[[Any], Any]:
        X, y = map(np.array, zip(*XOR))

        def mean_loss(weights: Any) -> Any:
            logits = weights[0] + weights[1] * wing.leaf(X[:, 0]) + weights[2] * wing.leaf(X[:, 1])
            return wing.F.binary_cross_entropy_with_logits(logits, wing.leaf(y).detach())

        return mean_loss

    best, gradient = in_both(lambda wing: value_and_gradients(wing, loss(wing), np.zeros(3)))
    assert np.abs(gradient).max() == 0.0
    assert close(best, math.log(2))
    # the loss is convex in the weights, so where its gradient is 0 none is smaller: some others
    for weights in rng.normal(0, 2, (50, 3)):
        other, _ = in_both(lambda wing, w=weights: value_and_gradients(wing, loss(wing), w), 4)
        assert other > best
    weights = rng.integers(-9, 10, 3)
    (a, _), (b, _), (c, _), (d, _) = XOR
    identity = z(weights, b) + z(weights, c) - z(weights, a) - z(weights, d)
    # the boundary is the same line with the sigmoid as without
    p = [
        wing.models.Perceptron([-1.0, -2.0], 4.0)(wing.leaf([2.0, 1.0])).item()
        for wing in (SCRATCH, TORCH)
    ]
    assert p == [0.5, 0.5]
    document_shows(
        "B9",
        {
            "z(0,1) + z(1,0) - z(0,0) - z(1,1), any weights": (None, float(identity)),
            "smallest mean loss of a sigmoid perceptron on XOR": (None, best),
            "its gradient's largest entry there": (None, float(np.abs(gradient).max())),
        },
    )


W1 = np.array([[0.96, 0.89], [0.28, 0.73]])
W2 = np.array([0.60, 0.22])


def test_b10_layers_without_activation_are_one_perceptron() -> None:
    one = W1 @ W2

    def outputs(wing: Wing) -> tuple[Any, ...]:
        two_layers = wing.models.FullyConnected([2, 2, 1], None, "sigmoid", bias=False)
        two_layers.load_state_dict({"layers.0.weight": W1.T, "layers.1.weight": W2[None]})
        perceptron = wing.models.Perceptron(one, 0.0, "sigmoid")
        X = np.array([x for x, _ in XOR])
        layers = two_layers(wing.leaf(X))[:, 0].detach().numpy()
        return layers, perceptron(wing.leaf(X)).detach().numpy()

    layers, perceptron = in_both(outputs)
    assert close(layers, perceptron)
    document_shows(
        "B10",
        {
            "y_hat(1,1), hidden layer as printed": (None, layers[3]),
            "y_hat(1,1), one perceptron": (None, perceptron[3]),
            "its weight for x1": (None, one[0]),
            "its weight for x2": (None, one[1]),
        },
    )


def test_b11_more_layers_are_not_larger_matrices() -> None:
    def sizes(wing: Wing, *layers: int) -> tuple[int, int]:
        net = wing.models.FullyConnected(list(layers))
        shapes = [tuple(parameter.shape) for parameter in net.parameters()]
        counts = [math.prod(shape) for shape in shapes]
        return sum(counts), max(counts)

    networks = ((4, 4, 1), (4, 4, 4, 1), (4, 4, 4, 4, 1), (4, 8, 8, 1))
    rows: dict[str, tuple[float | None, float]] = {}
    for layers in networks:
        assert sizes(SCRATCH, *layers) == sizes(TORCH, *layers)
        weights, largest = sizes(SCRATCH, *layers)
        name = "-".join(map(str, layers))
        rows[f"{name}: parameters"] = (None, weights)
        rows[f"{name}: largest matrix, entries"] = (None, largest)
    document_shows("B11", rows)


def test_b12_stochastic_descent_does_not_settle() -> None:
    """Two examples with the same x that disagree, y = 0 and y = 1: the best answer is 0.5."""
    X, y = np.ones((2, 1)), np.array([0.0, 1.0])

    def distance(wing: Wing, mode: str, epochs: int) -> float:
        model = wing.models.Perceptron([0.0], activation=None)
        loss = wing.F.mse_loss
        wing.models.fit(model, X, y, loss, lr=0.1, epochs=epochs, mode=mode, progress=False)
        return abs(float(model(wing.leaf([1.0])).item()) - 0.5)

    # y_hat <- 0.6 y_hat + 0.4 y, so after an epoch the distance is between .08 -+ .36 * .125;
    # a contraction: roundings die out
    def run(wing: Wing) -> tuple[Any, ...]:
        epochs = (2, 200, 201, 202, 203)
        return tuple(distance(wing, mode, n) for mode in ("batch", "stochastic") for n in epochs)

    found = in_both(run)
    assert all(0.035 <= d <= 0.125 for d in found[6:])
    rest = at_rest(rounded_to(0.5, "float64").item() / 0.1, curvature=2)
    assert max(found[1:5]) <= rest  # where the next step, of lr = 0.1, rounds to nothing
    document_shows(
        "B12",
        {
            "distance to the best after 200 epochs, batch": (None, found[1]),
            "distance to the best after 200 epochs, stochastic": (0.0, found[6]),
        },
    )


def test_b13_a_convex_loss_has_no_local_minimum_to_stay_in() -> None:
    def reached(start: float) -> float:
        def run(wing: Wing) -> tuple[Any, ...]:
            f = lambda w: regression(w[0], w[1])
            found = wing.models.descend(f, [start, start], lr=0.15, steps=2000)
            assert found.reason == "converged"
            return (found.value,)

        # at the minimum the loss does not feel the last 1e-8 of w; sums of terms up to 4
        return float(in_both(run, terms=8)[0])

    w, b = 3.5, -7 / 3
    exact = sum((w * x + b - y) ** 2 for x, y in POINTS) / 3
    rows: dict[str, tuple[float | None, float]] = {"smallest loss": (None, exact)}
    for start in (-10.0, 0.0, 10.0):
        value = reached(start)
        assert close(value, exact, terms=8)
        rows[f"loss reached from w = b = {start:g}"] = (None, value)
    document_shows("B13", rows)


def test_b14_what_travels_back_is_not_the_loss() -> None:
    rows: dict[str, tuple[float | None, float]] = {}
    for y in (9.0, 5.0):
        loss, d_w = in_both(
            lambda wing, y=y: value_and_gradients(wing, lambda w: (w * 3.0 + 1.0 - y) ** 2, 2.0)
        )
        rows[f"L for y = {y:g}"] = (None, loss)
        rows[f"dL/dw for y = {y:g}"] = (None, float(d_w))
    document_shows("B14", rows)


def test_b15_descent_finds_a_point_without_slope() -> None:
    lowest, top, _ = STATIONARY
    document_shows(
        "B15",
        {
            "f where the descent from 0.3 ends": (
                two_minima(lowest),
                two_minima(ends_at(0.3, 0.05)),
            ),
            "x where the descent from the local maximum ends": (lowest, ends_at(top, 0.05)),
        },
    )


# ---- (d) what holds ---------------------------------------------------------------------------


def section(letter: str) -> str:
    """The text of one part of the document."""
    part = re.search(rf"^## \({letter}\).*?(?=^## |\Z)", DOCUMENT, re.M | re.S)
    assert part
    return part[0]


def xor_network(wing: Wing) -> Any:
    net = wing.models.FullyConnected([2, 2, 1], "sigmoid", "sigmoid", bias=False)
    net.load_state_dict({"layers.0.weight": W1.T, "layers.1.weight": W2[None]})
    return net


def printed_figures(wing: Wing) -> tuple[float, ...]:
    """Every number of the first table of (d), in its order."""
    F = wing.F
    neuron = wing.models.Perceptron([-1.15, -0.21], 4.1)
    linear = wing.models.Perceptron([-1.15, -0.21], 4.1, None)
    figures = [linear(wing.leaf([0.0, 6.0])).item()]
    figures += [neuron(wing.leaf(x)).item() for x in ([0.0, 6.0], [6.0, 8.0])]

    h = F.sigmoid(wing.leaf([0.0, 0.0]) @ wing.leaf(W1))
    figures += [h[0].item(), (h @ wing.leaf(W2)).item()]
    net = xor_network(wing)
    answers = [net(wing.leaf(x)).item() for x, _ in XOR]
    losses = [
        F.binary_cross_entropy(wing.leaf(p), wing.leaf(y).detach()).item()
        for p, (_, y) in zip(answers, XOR)
    ]
    figures += answers + losses

    figures += [value_and_gradients(wing, F.sigmoid, 0.0)[1]]
    figures += [value_and_gradients(wing, F.leaky_relu, x)[1] for x in (2.0, -2.0)]
    figures += F.softmax(wing.leaf([5.0, 6.0, 11.0, 7.0]), dim=0).tolist()[:3]
    w, b = wing.leaf(2.0), wing.leaf(1.0)
    z = w * 3.0  # the lecture's lines of code
    y_hat = z + b
    e = y_hat - 9.0
    loss = e**2
    loss.backward()
    figures += [float(np.asarray(w.grad)), float(np.asarray(b.grad))]
    return tuple(float(figure) for figure in figures)


def test_d_printed_figures() -> None:
    table = rows_of(section("d").partition("### Formulas")[0])
    figures = in_both(printed_figures)
    assert len(table) == len(figures)
    for (_, what, printed, computed), figure in zip(table, figures):
        assert says(printed, figure), (what, printed, figure)
        assert says(computed, figure), (what, computed, figure)


def test_d_xor_losses_come_from_unrounded_outputs() -> None:
    """Two of the four would be printed otherwise, had they been computed from .60, .62, ..."""
    from_rounded = [-math.log(p) for p in (1 - 0.60, 0.62, 0.64, 1 - 0.66)]
    assert [f"{loss:.2f}" for loss in from_rounded] == ["0.92", "0.48", "0.45", "1.08"]


def test_d_perceptron_as_sum_and_as_product() -> None:
    x, w, w0 = np.array([1.5, -2.0, 0.25]), np.array([0.5, 0.75, -1.0]), 0.125
    z = w0 + sum(a * b for a, b in zip(x, w))
    assert z == w0 + x.T @ w  # numbers of few bits: no rounding
    (y_hat,) = in_both(lambda wing: (wing.models.Perceptron(w, w0)(wing.leaf(x)).item(),))
    assert close(y_hat, float(1 / (1 + mpmath.exp(-z))))


def test_d_sigmoid_side_of_a_half() -> None:
    for z in (-30.0, -1e-3, 1e-3, 30.0):
        (p,) = in_both(lambda wing, z=z: (wing.F.sigmoid(wing.leaf(z)).item(),))
        assert (p > 0.5) == (z > 0)
        assert close(p, float(1 / (1 + mpmath.exp(-z))))


def test_d_layers_by_indices() -> None:
    """h_i = g(b_i + sum_j x_j w_ji), layer after layer, with w_ji from neuron j to neuron i."""
    rng = np.random.default_rng(1)
    sizes = [3, 4, 2, 1]
    weights = [rng.normal(size=shape) for shape in itertools.pairwise(sizes)]
    biases = [rng.normal(size=n) for n in sizes[1:]]
    h = [0.5, -1.0, 2.0]
    for w, b in zip(weights, biases):
        z = [b[i] + sum(h[j] * w[j, i] for j in range(len(h))) for i in range(len(b))]
        h = [1 / (1 + math.exp(-each)) for each in z]

    def network(wing: Wing) -> tuple[Any, ...]:
        net = wing.models.FullyConnected(sizes, "sigmoid", "sigmoid")
        net.load_state_dict(
            {f"layers.{k}.weight": w.T for k, w in enumerate(weights)}
            | {f"layers.{k}.bias": b for k, b in enumerate(biases)}
        )
        return (net(wing.leaf([0.5, -1.0, 2.0])).item(),)

    assert close(in_both(network, terms=4)[0], h[0], terms=4)


def test_d_binary_cross_entropy_is_the_sum_over_two_classes() -> None:
    for p, y in ((0.6, 0.0), (0.62, 1.0)):
        (loss,) = in_both(
            lambda wing, p=p, y=y: (
                wing.F.binary_cross_entropy(wing.leaf(p), wing.leaf(y).detach()).item(),
            )
        )
        classes = -sum(t * math.log(q) for t, q in zip((1 - y, y), (1 - p, p)))
        assert close(loss, classes)


def test_d_xor_can_be_solved_without_bias() -> None:
    """Weights for the lecture's network with which all four points are right."""

    def answers(wing: Wing) -> tuple[Any, ...]:
        net = wing.models.FullyConnected([2, 2, 1], "sigmoid", "sigmoid", bias=False)
        weights = {
            "layers.0.weight": [[10.0, 10.0], [2.0, 2.0]],
            "layers.1.weight": [[50.0, -55.0]],
        }
        net.load_state_dict({name: np.array(value) for name, value in weights.items()})
        return tuple(float(net(wing.leaf(x)).item() > 0.5) for x, _ in XOR)

    assert in_both(answers) == tuple(y for _, y in XOR)


def test_d_descent_on_the_lectures_functions() -> None:
    lowest, _, local = STATIONARY
    assert_within(ends_at(0.3, 0.05), local, near(local))
    assert_within(ends_at(0.0, 0.05), lowest, near(lowest))
    for wing in (SCRATCH, TORCH):
        reasons = [
            wing.models.descend(lambda x: x**2, 5.0, lr=lr, steps=100).reason
            for lr in (0.001, 0.2, 1.1)
        ]
        assert reasons == ["steps", "converged", "diverged"]


def test_d_batch_descent_is_deterministic() -> None:
    X, y = np.array([[1.0], [2.0], [3.0]]), np.array([2.0, 3.0, 9.0])
    for wing in (SCRATCH, TORCH):
        ends = set()
        for seed in (0, 1, 2):
            model = wing.models.Perceptron([0.5], activation=None)
            options = {"lr": 0.05, "epochs": 5, "mode": "batch", "seed": seed, "progress": False}
            wing.models.fit(model, X, y, wing.F.mse_loss, **options)
            ends.add((float(model.weight.item()), float(model.bias.item())))
        assert len(ends) == 1


def test_d_chain_rule_of_the_one_neuron_network() -> None:
    x, y, w1, w2 = 2.0, 1.0, 0.5, 0.3

    def network(wing: Wing) -> tuple[Any, ...]:
        s = wing.F.sigmoid
        return value_and_gradients(wing, lambda w1, w2: (s(w2 * s(w1 * x)) - y) ** 2, w1, w2)

    _, d_w1, d_w2 = in_both(network)
    paper = one_neuron_backward(1.0, one_neuron_forward(x, y, w1, w2)[1])
    assert close((d_w1, d_w2), paper[2:])


def test_d_slope_of_the_sigmoid_is_at_most_a_quarter() -> None:
    z = np.linspace(-6, 6, 97)
    _, slope = in_both(lambda wing: value_and_gradients(wing, wing.F.sigmoid, z), terms=97)
    assert slope.max() == slope[48] == 0.25
    assert (slope < 0.25).sum() == 96


def test_d_derivatives_of_relu_and_leaky_relu() -> None:
    x = [-2.0, -0.5, 0.0, 0.5, 2.0]  # at 0, where there is none, both have the case "otherwise"
    _, relu = in_both(lambda wing: value_and_gradients(wing, wing.F.relu, x))
    _, leaky = in_both(lambda wing: value_and_gradients(wing, wing.F.leaky_relu, x))
    assert relu.tolist() == [0, 0, 0, 1, 1]
    assert leaky.tolist() == [0.01, 0.01, 0.01, 1, 1]


def test_d_softmax_is_positive_and_sums_to_one() -> None:
    z = np.random.default_rng(2).normal(0, 5, (20, 7))
    (p,) = in_both(lambda wing: (wing.F.softmax(wing.leaf(z), dim=1).detach().numpy(),), terms=7)
    assert (p > 0).all()
    assert close(p.sum(axis=1), np.ones(20), terms=7)
    # on paper; in floating point the smallest may round to 0
    for wing in (SCRATCH, TORCH):
        assert wing.F.softmax(wing.leaf([0.0, 800.0]), dim=0)[0].item() == 0.0


def test_d_second_weight_of_the_dag() -> None:
    x, y, w1, w2 = 2.0, 1.0, 0.5, 0.3

    def gradient(wing: Wing) -> tuple[Any, ...]:
        net = wing.models.SharedWeightDAG(w1, w2)
        loss = (net(wing.leaf(x)) - y) ** 2
        loss.backward()
        return (float(np.asarray(net.w2.grad)),)

    z1 = w1 * x
    printed = 2 * (w1 * (z1 + w2 * (z1 + x)) - y) * w1 * (z1 + x)
    assert close(in_both(gradient)[0], printed)


# ---- the document as a whole ------------------------------------------------------------------


def test_every_item_names_its_test() -> None:
    counts = re.findall(r"^- \[\(([ab])\)\].*: (\d+)$", DOCUMENT, re.M)
    announced = [f"{part.upper()}{i}" for part, n in counts for i in range(1, int(n) + 1)]
    assert list(ITEMS) == announced
    assert len(announced) == 21
    module = sys.modules[__name__]
    for item in ITEMS.values():
        assert list(item.fields) == ["Section", "Printed", "Right", "Why", "Test"], item.name
        named = re.fullmatch(r"`(test_\w+)`\s*", item.fields["Test"])
        assert named, item.name
        assert named[1].startswith(f"test_{item.name.lower()}_")
        assert f'"{item.name}"' in inspect.getsource(getattr(module, named[1]))
        assert item.numbers


def test_every_test_of_an_item_is_in_the_document() -> None:
    mine = {name for name in globals() if re.match(r"test_[abd]\d*_", name)}
    assert mine == set(re.findall(r"`(test_[abd]\d*_\w+)`", DOCUMENT))


@pytest.mark.parametrize(
    ("cell", "number", "right"),
    [
        ("0.02", 0.0178, True),
        (".01", 0.0178, False),
        ("9.8e-04", 0.5**10, True),
        ("9.7e-04", 0.5**10, False),
        ("0.00", -1e-9, True),
        (NONE, None, True),
        ("0", None, False),
    ],
)
def test_cells_are_read_as_rounded_numbers(cell: str, number: float | None, right: bool) -> None:
    assert says(cell, number) is right
