"""Vanishing and exploding gradients, dead neurons, shortcuts: the numbers, and what they show."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import astuple
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from close import assert_close, assert_printed, assert_within
from torch import nn

import scratch
import torch_ref
from gradtwin import vanishing
from gradtwin.datasets import load
from gradtwin.tolerance import composed, rounded_to, scatter
from gradtwin.vanishing import tables
from gradtwin.vanishing.__main__ import main
from scratch import chain_rule
from scratch.monitoring import EXPLODING, VANISHING

ROOT = Path(__file__).resolve().parents[1]
SIDES = ["scratch", "torch"]
BOTH = pytest.mark.parametrize("side", SIDES)
STARTS = [0.01, 0.5, "xavier", "kaiming"]


# ---- a quarter, and the chain -------------------------------------------------------------------


@BOTH
def test_no_slope_of_the_sigmoid_exceeds_a_quarter(side):
    z = np.linspace(-40, 40, 8001)
    slopes = vanishing.sigmoid_slope(z, side)
    assert slopes.max() == 0.25
    assert z[slopes.argmax()] == 0
    # sigmoid' = 1 / (4 cosh^2(z/2)); PyTorch's y (1 - y) leaves one rounding of 1 behind
    exact = 0.25 / np.cosh(z / 2) ** 2
    assert_within(slopes, exact, composed(exact) + rounded_to(1, "float64", times=2))


@BOTH
def test_the_chain_is_the_lectures(side):
    """Three sigmoids, against the derivation on paper."""
    w, x, y = (0.5, -0.3, 0.8), 1.5, 1.0
    loss, cache = chain_rule.three_sigmoids_forward(x, y, *w)
    on_paper = chain_rule.three_sigmoids_backward(np.ones_like(loss), cache)
    found = vanishing.sigmoid_chain(w, x, y, side)
    assert_close(found.gradients, np.ravel(on_paper[2:]), terms=10)  # factors


@BOTH
def test_the_bound_of_the_chain_holds_and_is_reached(side):
    rng = np.random.default_rng(3)
    for k in range(1, 13):
        weights = rng.uniform(-3, 3, k)
        found = vanishing.sigmoid_chain(weights, x=rng.normal(), y=rng.uniform(), side=side)
        assert 0 < abs(found.gradients[0]) <= found.bound
        assert found.slopes.shape == (k,)
        assert found.slopes.max() <= 0.25
    at_its_steepest = vanishing.sigmoid_chain([0.0], side=side)
    assert abs(at_its_steepest.gradients[0]) == at_its_steepest.bound == 0.25


def test_weights_below_1_leave_less_than_a_quarter_a_sigmoid():
    """The lecture's claim: with |w| < 1, ten more sigmoids leave less than 0.25^10 = 1e-6."""
    weights = np.random.default_rng(0).uniform(-1, 1, 13)
    short, deep = (abs(vanishing.sigmoid_chain(weights[:k]).gradients[0]) for k in (3, 13))
    assert 0 < deep < short * 0.25**10


# ---- by layer -----------------------------------------------------------------------------------


@pytest.mark.parametrize("network", ["sigmoid", "tanh", "relu", "leaky_relu"])
def test_a_gradient_by_layer_is_that_of_plain_pytorch(network):
    """nn.Sequential with the same numbers; hooks, parameters and gradients are PyTorch's own."""
    activation = {
        "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU, "leaky_relu": nn.LeakyReLU
    }[network]  # fmt: skip
    weights, data = np.random.default_rng(4), np.random.default_rng([4, 1])
    layers = []
    for _ in range(6):
        layer = nn.Linear(8, 8, bias=False).double()
        layer.weight.data = torch.tensor(weights.normal(0, 0.3, (8, 8)))
        layers += [layer, activation()]
    X, g = (torch.tensor(data.normal(size=(32, 8))) for _ in range(2))
    nn.Sequential(*layers[:-1])(X).backward(g / g.norm())
    expected = [each.weight.grad.norm().item() for each in layers[::2]]
    for side in SIDES:
        found = vanishing.gradient_by_layer(network, 0.3, 6, width=8, seed=4, side=side)
        assert_close(found, expected, terms=8, layers=2 * 6)  # forth and back


@pytest.mark.parametrize("network", vanishing.NETWORKS)
@pytest.mark.parametrize("start", STARTS)
def test_both_wings_measure_the_same(network, start):
    ours, theirs = (vanishing.gradient_by_layer(network, start, 10, side=s) for s in SIDES)
    assert_close(ours, theirs, terms=32, layers=2 * 10)  # forth and back


def test_a_relu_scales_the_gradient_by_sigma_in_every_layer():
    """The ReLU is homogeneous, so weights s times as large give dL/dW_1 s^(layers - 1) times.

    Kaiming's weights are sqrt(2) times Xavier's: what makes up for the half that a ReLU cuts off.
    """
    first = lambda start: vanishing.gradient_by_layer("relu", start, 30)[0]
    # of the values on the way forth only the sign counts: 30 layers back
    assert_close(first(0.5) / first(0.01), 50.0**29, terms=32, layers=30)
    assert_close(first("kaiming") / first("xavier"), 2**14.5, terms=32, layers=30)


LOW, HIGH, SEEDS = 10, 50, 16


def rate(network, start, seed=0):
    """By what factor a further layer changes the gradient of the first, on average."""
    norms = [vanishing.gradient_by_layer(network, start, n, seed=seed)[0] for n in (LOW, HIGH)]
    return (norms[1] / norms[0]) ** (1 / (HIGH - LOW))


def assert_rate(network, start, factor, variance):
    """The mean logarithm of `rate` over the seeds.

    variance: of what a layer multiplies the squared norm by, per mean square. The mean of its
    logarithm lies half the variance below the logarithm of its mean, and the norm is its root.
    """
    found = [math.log(rate(network, start, seed)) for seed in range(SEEDS)]
    layers = SEEDS * (HIGH - LOW)
    assert_within(
        np.mean(found), math.log(factor) - variance / 4, scatter(math.sqrt(variance) / 2, layers)
    )


def test_what_a_layer_leaves_of_a_gradient():
    """Linear in the mean: sqrt(32) sigma times the slope's root mean square.

    Of the ReLU sqrt(1/2), of the sigmoid at most 1/4, of tanh at most 1. A square of a normal
    number varies by 2, cut off at 0 half of the time by 5, and 32 neurons share it.
    """
    for start, factor in {0.01: 0.04, "xavier": math.sqrt(0.5), 0.5: 2.0, "kaiming": 1.0}.items():
        assert_rate("relu", start, factor, variance=5 / 32)
    assert 0.9 * 0.25 < rate("sigmoid", "xavier") < 0.25
    assert_rate("tanh", 0.01, 0.01 * math.sqrt(32), variance=2 / 32)  # hardly bent
    assert 0.9 < rate("tanh", "xavier") < 1


def test_who_vanishes_who_explodes_who_does_not():
    """At 50 layers, with the thresholds of the monitor, of a gradient that was 1 at the output."""
    found = {
        (network, start): vanishing.gradient_by_layer(network, start, 50)[0]
        for network in vanishing.NETWORKS
        for start in STARTS
    }
    vanish = {key for key, norm in found.items() if norm < VANISHING}
    explode = {key for key, norm in found.items() if norm > EXPLODING}
    assert vanish == {
        *(("sigmoid", start) for start in STARTS),  # nothing helps the sigmoid
        *((network, 0.01) for network in ("tanh", "relu", "leaky_relu")),  # small weights
        ("relu", "xavier"), ("leaky_relu", "xavier"),  # Xavier leaves out the ReLU's half
    }  # fmt: skip
    assert explode == {(network, 0.5) for network in ("tanh", "relu", "leaky_relu")}


def test_a_relu_alone_does_not_solve_vanishing():
    """Xavier's weights, 100 layers: each takes a root of 1/2, and the first receives 2^-50 or less.

    And no layer receives more: what shrinks on the way back (dL/dz) meets an input that shrank on
    the way there, so that comparing the layers with each other, as the monitor does, sees nothing.
    """
    gradients = vanishing.gradient_by_layer("relu", "xavier", 100)
    assert gradients.max() < 0.5 ** (100 / 2)
    assert gradients.min() > VANISHING * gradients.max()


# ---- shortcuts ----------------------------------------------------------------------------------


@cache
def reach(layers, shortcut, side):
    return vanishing.shortcut_reach(layers, shortcut, side=side)


@BOTH
def test_shortcuts_let_the_gradient_through_at_any_depth(side):
    for layers in (10, 100, 1000):
        reached = reach(layers, "identity", side)
        assert reached.input > 1  # as it came or more, since each block adds to it
        # each block's share is scaled by 1 / sqrt(blocks), and so is the gradient of its weights
        assert reached.first_layer * math.sqrt(layers / 2) > 1


@BOTH
def test_without_shortcuts_it_does_not_arrive(side):
    """Kaiming's weights keep it in the mean; of 16 neurons the typical network loses it anyway."""
    plain = {layers: reach(layers, "none", side) for layers in (10, 1000)}
    assert plain[10].first_layer > VANISHING
    assert plain[1000].first_layer < 0.5 ** (1000 / 10)  # halved every ten layers
    assert plain[1000].input < 0.5 ** (1000 / 10)


def test_both_wings_reach_alike():
    for shortcut in ("identity", "none"):
        ours, theirs = (reach(1000, shortcut, side) for side in SIDES)
        # of the values on the way forth only the sign counts: 1,000 layers back
        assert_close(astuple(ours), astuple(theirs), terms=16, layers=1000)


def test_200_layers_learn_the_digits_with_shortcuts_and_not_without():
    """Five epochs. The plain network's gradient does not reach its layers: it stays at guessing.

    That is a tenth of the digits, a loss of log(10). Seeds 0 to 3: .87 to .92 against .09 or .10.
    """
    digits = load("digits")
    residual, plain = (
        vanishing.train_deep(digits, shortcut, epochs=5) for shortcut in ("identity", "none")
    )
    assert residual.accuracy > 0.8
    assert plain.accuracy < 0.2
    assert residual.losses[-1] < 0.6
    assert_printed(math.log(10), "2.30")
    assert_printed(plain.losses[-1], "2.30")


def test_both_wings_train_the_same():
    ours, theirs = (
        vanishing.train_deep(load("iris"), layers=20, epochs=2, side=side) for side in SIDES
    )
    # eight steps of gradients of 22 layers, forth and back
    assert_close(ours.losses, theirs.losses, terms=16, layers=8 * 2 * 22)
    assert ours.accuracy == theirs.accuracy


# ---- dead neurons -------------------------------------------------------------------------------


@BOTH
def test_dead_neurons_are_counted_by_layer(side):
    """Weights by hand: of the first three one sees only x > 0 and one is too far below."""
    wing = {"scratch": scratch, "torch": torch_ref}[side]
    net = wing.FullyConnected([1, 3, 2, 1])
    net.load_state_dict(
        {
            "layers.0.weight": np.array([[1.0], [-1.0], [1.0]]),
            "layers.0.bias": np.array([0.0, 0.0, -5.0]),
            "layers.1.weight": np.ones((2, 3)),
            "layers.1.bias": np.zeros(2),
        },
        strict=False,
    )
    X = np.array([[1.0], [2.0]])
    assert vanishing.dead_neurons(net, X, side) == {"activation.0": (2, 3), "activation.1": (0, 2)}
    # on other examples the second lives, and the third too
    assert vanishing.dead_neurons(net, np.array([[-1.0], [9.0]]), side)["activation.0"] == (0, 3)


@BOTH
def test_a_dead_neuron_gets_no_gradient(side):
    """And so no step: it stays dead."""
    wing = {"scratch": scratch, "torch": torch_ref}[side]
    net = wing.FullyConnected([2, 4, 1], seed=1)
    net.load_state_dict({"layers.0.bias": np.array([0.0, -9.0, 0.0, 9.0])}, strict=False)
    X = np.random.default_rng(0).uniform(-1, 1, (20, 2))
    assert vanishing.dead_neurons(net, X, side) == {"activation.0": (1, 4)}
    net(wing.module.as_tensor(X)).sum().backward()
    received = np.abs(np.asarray(net.layers[0].weight.grad)).sum(axis=1)
    assert (received == 0).tolist() == [False, True, False, False]


@BOTH
def test_a_learning_rate_too_large_kills(side):
    digits = load("digits")
    gentle, deadly = (
        vanishing.deaths_by_learning_rate(digits, lr, epochs=2, side=side) for lr in (0.1, 3.0)
    )
    assert gentle.neurons == deadly.neurons == 32
    assert gentle.dead < 4
    assert deadly.dead == 32
    assert gentle.accuracy > 0.8
    assert deadly.accuracy < 0.2  # a constant is left, whatever the input: a tenth of the digits


def test_on_inputs_of_both_signs_fewer_die():
    """What docs/vanishing.md says of iris: its inputs are standardised, those of digits are not."""
    iris, digits = load("iris"), load("digits")
    assert iris.X_train.min() < 0 <= digits.X_train.min()
    rates = (5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
    dead = [
        vanishing.deaths_by_learning_rate(iris, lr, epochs=3, seed=seed).dead
        for lr in rates
        for seed in range(4)
    ]
    assert max(dead) == 13
    text = " ".join((ROOT / "docs" / "vanishing.md").read_text(encoding="utf-8").split())
    assert f"killed more than {max(dead)} of 32 after three epochs (four seeds)" in text


def test_a_leaky_relu_does_not_die():
    died = vanishing.deaths_by_learning_rate(load("digits"), 3.0, "leaky_relu", epochs=2)
    assert died.dead == 0


# ---- the picture of Glorot and Bengio -----------------------------------------------------------


@BOTH
@pytest.mark.parametrize("name", ["standard", "normalized"])
def test_the_histograms_are_those_of_plain_pytorch(side, name):
    """nn.Linear and nn.Tanh, with the gradients that PyTorch's own hooks see."""
    activations, gradients = vanishing.activation_histograms(
        name, layers=3, width=20, examples=30, bins=8, seed=2, side=side
    )
    weights, data = np.random.default_rng(2), np.random.default_rng([2, 1])
    layers = []
    for n_out in (20, 20, 20, 10):
        bound = 1 / math.sqrt(20) if name == "standard" else math.sqrt(6 / (20 + n_out))
        layer = nn.Linear(20, n_out, bias=False).double()
        layer.weight.data = torch.tensor(weights.uniform(-bound, bound, (n_out, 20)))
        layers += [layer, nn.Tanh()]
    X, scores = torch.tensor(data.normal(size=(30, 20))), data.normal(size=(30, 10))
    seen = {"h": [], "dz": []}
    for layer, tanh in zip(layers[:-2:2], layers[1:-1:2]):
        layer.register_full_backward_hook(lambda m, i, o: seen["dz"].insert(0, o[0].numpy()))
        tanh.register_forward_hook(lambda m, i, o: seen["h"].append(o.detach().numpy()))
    X.requires_grad_(True)
    loss = nn.CrossEntropyLoss(reduction="sum")
    loss(nn.Sequential(*layers[:-1])(X), torch.tensor(scores.argmax(axis=1))).backward()
    for found, arrays in ((activations, seen["h"]), (gradients, seen["dz"])):
        assert found.counts.shape == (3, 8)
        assert found.counts.sum(axis=1).tolist() == [600] * 3
        # 600 numbers that went through four layers of 20, forth and back
        std = [a.std() for a in arrays]
        through = composed(std, terms=20, layers=2 * 4)
        assert_within(found.std, std, through + composed(std, terms=600))
        assert_close(found.edges[:, 0], [a.min() for a in arrays], terms=20, layers=2 * 4)
        assert_close(found.edges[:, -1], [a.max() for a in arrays], terms=20, layers=2 * 4)
        area = (found.density * np.diff(found.edges, axis=1)).sum(axis=1)
        # in each of the 8 terms a width, two quotients and a product are rounded, and the sum
        assert_within(area, 1, rounded_to(1, "float64", times=4 + 8))
        assert np.all((found.edges[:, :-1] < found.centres) & (found.centres < found.edges[:, 1:]))


def test_both_wings_draw_the_same_picture():
    for ours, theirs in zip(*(vanishing.activation_histograms(side=side) for side in SIDES)):
        np.testing.assert_array_equal(ours.counts, theirs.counts)
        assert_close(ours.std, theirs.std, terms=200, layers=2 * 5)  # forth and back


def ratios(std):
    return std[1:] / std[:-1]


def test_where_nothing_bends_the_variances_are_those_of_the_paper():
    """n Var(w) = 1/3 for U(-1/sqrt(n), 1/sqrt(n)), 1 for the normalised one (formulas 10 and 12).

    Without an activation the deviation changes by its root in each layer, forward and back. Its
    square is a mean over 200 neurons and the 10 directions that a gradient of 10 scores has, and
    scatters by sqrt(2 / (200 * 10)), the root by half of it.
    """
    seeds = range(4)
    allowed = scatter(math.sqrt(2) / 2, draws=200 * 10 * len(seeds))
    for name, factor in {"standard": 3**-0.5, "normalized": 1.0}.items():
        both = [vanishing.activation_histograms(name, "identity", seed=seed) for seed in seeds]
        for ratio in (ratios(np.array([forward.std for forward, _ in both]).T),
                      1 / ratios(np.array([back.std for _, back in both]).T)):  # fmt: skip
            assert_within(ratio.mean(axis=1) / factor, 1, allowed)


def test_the_picture_shows_what_the_paper_shows():
    """Tanh, five layers.

    Standard: activations and gradients shrink in every layer, the gradients on their way
    back, by 1/sqrt(3) and a little more, as tanh' < 1. Normalised: both change little; on inputs
    with a deviation of 1, where tanh bends, by 0.7 to 0.9 a layer.
    """
    h, dz = vanishing.activation_histograms("standard")
    assert np.all(ratios(h.std) < 0.6)
    assert np.all(1 / ratios(dz.std) < 0.6)
    assert dz.std[0] < 0.1 * dz.std[-1]
    h, dz = vanishing.activation_histograms("normalized")
    assert np.all(ratios(h.std) > 0.7)
    assert np.all(1 / ratios(dz.std) > 0.65)
    assert dz.std[0] > 0.4 * dz.std[-1]


# ---- what is printed ----------------------------------------------------------------------------

QUICK = [name for name in tables.TABLES if name != "training"]  # that one takes half a minute


@pytest.mark.parametrize("name", QUICK)
def test_the_document_shows_what_the_code_computes(name):
    text = (ROOT / "docs" / "vanishing.md").read_text(encoding="utf-8")
    table = tables.TABLES[name]("scratch")
    assert table in text, f"python -m gradtwin.vanishing {name} now prints\n{table}"


@pytest.mark.parametrize("name", ["slope", "chain", "layers", "glorot"])
def test_both_wings_print_the_same(name):
    assert tables.TABLES[name]("torch") == tables.TABLES[name]("scratch")


def test_the_table_of_the_training():
    text = tables.training("scratch", layers=20, epochs=1).splitlines()
    assert [line.split(" | ")[0] for line in text[2:]] == ["| identity", "| none"]
    document = (ROOT / "docs" / "vanishing.md").read_text(encoding="utf-8")
    assert text[0] in document


def test_the_command_prints_the_tables_that_are_named(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["vanishing", "--side", "torch", "slope"])
    main()
    assert capsys.readouterr().out == f"slope\n\n{tables.slope('scratch')}\n\n"
    monkeypatch.setattr(sys, "argv", ["vanishing", "slope", "slop"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "unknown table 'slop': expected one of slope, chain" in said.err


def test_torch_is_not_loaded_for_the_wing_of_numpy():
    code = (
        "import sys; from gradtwin import vanishing; vanishing.gradient_by_layer(); "
        "vanishing.activation_histograms(); vanishing.shortcut_reach(10); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: vanishing.sigmoid_chain([]), "^weights: expected at least one, got none"),
        (lambda: vanishing.gradient_by_layer("rellu"), "^activation: unknown name 'rellu'"),
        (lambda: vanishing.gradient_by_layer("relu", "he"), "^initialization: .* got 'he'"),
        (lambda: vanishing.gradient_by_layer("relu", -1.0), "^sigma: .* got -1.0"),
        (lambda: vanishing.gradient_by_layer("relu", math.nan), "^sigma: .* got nan"),
        (lambda: vanishing.gradient_by_layer(layers=0), "^layers: expected 1 or more, got 0"),
        (lambda: vanishing.gradient_by_layer("residual", layers=5), "^layers: .* not 5 but"),
        (lambda: vanishing.gradient_by_layer(side="numpy"), "expected one of scratch, torch"),
        (lambda: vanishing.shortcut_reach(7), "^layers: .* not 7 but"),
        (lambda: vanishing.shortcut_reach(0), "^layers: expected 2 or more, got 0"),
        (lambda: vanishing.shortcut_reach(4, "skip"), "^shortcut: .* got 'skip'"),
        (lambda: vanishing.train_deep(load("iris"), layers=3), "^layers: .* not 3 but"),
        (lambda: vanishing.activation_histograms("he"), "^initialization: .* got 'he'"),
        (lambda: vanishing.activation_histograms(layers=0), "^layers: expected 1 or more, got 0"),
        (lambda: vanishing.activation_histograms(examples=0), "^examples: expected 1 or more"),
        (lambda: vanishing.activation_histograms(bins=0), "^bins: expected 1 or more, got 0"),
        (lambda: vanishing.gradient_by_layer(width=0), "^width: expected 1 or more, got 0"),
        (lambda: vanishing.gradient_by_layer(layers=2.5), "^layers: expected an integer, .*2.5"),
        (lambda: vanishing.gradient_by_layer("relu", None), "^initialization: .* got None"),
        (lambda: vanishing.activation_histograms(seed=-1), "^seed: "),
        (lambda: vanishing.activation_histograms(["he"]), "^initialization: .* got \\['he'\\]"),
        (lambda: vanishing.sigmoid_chain(3.0), r"^weights: expected shape \(n,\), got \(\)"),
        (lambda: vanishing.sigmoid_chain([[1.0]]), r"^weights: .* got \(1, 1\)"),
        (lambda: vanishing.sigmoid_chain(None), "^weights: expected real numbers, got None"),
        (lambda: vanishing.sigmoid_chain("ab"), "^weights: expected real numbers, got 'ab'"),
        (lambda: vanishing.sigmoid_chain([[1.0], []]), "^weights: expected real numbers, got "),
        (lambda: vanishing.sigmoid_chain([1.0], x="a"), "^x: expected a number, got str 'a'"),
        (lambda: vanishing.sigmoid_chain([1.0], y=None), "^y: expected a number, got NoneType"),
        (lambda: vanishing.sigmoid_slope("a"), "^z: expected real numbers, got 'a'"),
    ],
)
def test_bad_input_is_named(call, said):
    with pytest.raises((ValueError, TypeError), match=said):
        call()
