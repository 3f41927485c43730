"""One neuron, in both wings: the lecture's figures, its decision line, and its gradients."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from close import assert_close

import scratch
import torch_ref

WINGS = [scratch, torch_ref]


def lecture(wing, activation="sigmoid"):
    return wing.Perceptron([-1.15, -0.21], bias=4.1, activation=activation)


def answers(wing, model, points):
    return model(wing.module.as_tensor(np.asarray(points, float))).detach().numpy()


@pytest.mark.parametrize("wing", WINGS)
def test_the_lectures_two_points(wing):
    assert answers(wing, lecture(wing), [[0, 6], [6, 8]]).round(2).tolist() == [0.94, 0.01]
    assert answers(wing, lecture(wing, None), [0, 6]).round(2).tolist() == 2.84


@pytest.mark.parametrize("wing", WINGS)
def test_the_decision_line(wing):
    """y_hat > 1/2 exactly where 4.1 - 1.15 x1 - 0.21 x2 > 0, whatever side of the line."""
    points = [(x1, x2) for x1 in range(-5, 15) for x2 in range(-20, 30)]
    z = [Fraction(410 - 115 * x1 - 21 * x2, 100) for x1, x2 in points]
    assert min(abs(each) for each in z if each) == Fraction(1, 100)  # far above rounding
    for y_hat, exact in zip(answers(wing, lecture(wing), points), z):
        if exact:
            assert (y_hat > 0.5) == (exact > 0)
    on_the_line = [(x1, (4.1 - 1.15 * x1) / 0.21) for x1 in (-3.0, 0.0, 2.0, 6.0)]
    size = 4.1 + np.abs(on_the_line) @ [1.15, 0.21]  # of z, and the sigmoid's slope is 1/4
    assert_close(answers(wing, lecture(wing), on_the_line), 0.5, terms=3, size=size / 4)


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "tanh", "step", None])
@pytest.mark.parametrize("shape", [(3,), (1, 3), (7, 3), (0, 3)])
def test_outputs_and_gradients_agree(activation, shape):
    X = np.random.default_rng(1).normal(size=shape)
    seen = []
    for wing in WINGS:
        p = wing.Perceptron([0.3, -2.0, 1.1], bias=0.25, activation=activation)
        y_hat = p(wing.module.as_tensor(X))
        assert tuple(y_hat.shape) == shape[:-1]
        (y_hat * y_hat).sum().backward()
        seen.append([y_hat.detach().numpy(), np.asarray(p.weight.grad), np.asarray(p.bias.grad)])
    for ours, theirs in zip(*seen):
        size = np.abs(theirs).max(initial=0)
        assert_close(ours, theirs, terms=7, layers=2, size=size)  # forth and back


@pytest.mark.parametrize("wing", WINGS)
@pytest.mark.parametrize(
    ("weights", "dtype"),
    [
        ([1, -2], "float64"),
        (np.array([1.0, 2.0], np.float32), "float32"),
        (np.array([1.0, 2.0, 3.0])[::-1], "float64"),
        ((True, False), "float64"),
    ],
)
def test_the_weights_may_be_anything_that_holds_numbers(wing, weights, dtype):
    p = wing.Perceptron(weights, bias=np.array([1]))
    assert str(p.weight.dtype).endswith(dtype)
    assert str(p.bias.dtype).endswith(dtype)
    assert p.weight.tolist() == [float(w) for w in weights]
    assert tuple(p.bias.shape) == ()


@pytest.mark.parametrize("wing", WINGS)
def test_the_callers_weights_are_copied(wing):
    array = np.ones(2)
    for weights in (array, wing.module.as_tensor(array)):
        p = wing.Perceptron(weights)
        p.load_state_dict({"weight": np.zeros(2), "bias": 1.0})
        assert weights.tolist() == [1, 1]


def test_parameters_summary_and_state_are_the_same_in_both_wings():
    ours, theirs = lecture(scratch), lecture(torch_ref)
    assert ours.summary() == theirs.summary()
    assert ours.summary().splitlines()[0] == "Perceptron(2, activation=sigmoid)"
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    for name, value in ours.state_dict().items():
        assert value.tolist() == theirs.state_dict()[name].tolist()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (dict(weights=[]), ValueError),
        (dict(weights=[[1.0, 2.0]]), ValueError),
        (dict(weights=3.0), ValueError),
        (dict(weights=[1.0], bias=[1.0, 2.0]), ValueError),
        (dict(weights=[1.0], activation="softmax"), ValueError),
        (dict(weights=[1.0], activation="sigmod"), ValueError),
        (dict(weights=[1.0], activation=3), TypeError),
        (dict(weights="ab"), TypeError),
        (dict(weights=[1.0], bias=None), TypeError),
        (dict(weights=[1.0], bias=1j), TypeError),
        (dict(weights=np.ones(2, np.float16)), TypeError),
    ],
)
def test_bad_arguments_are_named_in_both_wings(arguments, error):
    argument = list(arguments)[-1]
    for wing in WINGS:
        with pytest.raises(error, match=f"^{argument}: "):
            wing.Perceptron(**arguments)


def test_an_input_that_does_not_fit_is_refused_in_the_same_words():
    for bad in (np.ones((2, 3)), np.ones((2, 2), np.float32)):
        said = []
        for wing in WINGS:
            with pytest.raises(RuntimeError, match=r"^Perceptron: input") as caught:
                lecture(wing)(wing.module.as_tensor(bad))
            said.append(str(caught.value))
        assert said[0] == said[1]
