"""The initial weights: the same bits in both wings, and the spread that the papers ask for."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from close import assert_within

import scratch
import torch_ref
from gradtwin.tolerance import rounded_to

SHAPES = [(1, 1), (4, 3), (10, 64), (5, 3, 2, 2)]
WINGS = [scratch.initializers, torch_ref.initializers]


def drawn(wing, name, shape, **options):
    return np.array(getattr(wing, name)(np.random.default_rng(3), shape, **options).tolist())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("normal", {}),
        ("normal", {"mean": -1.0, "std": 0.3}),
        ("xavier_uniform", {}),
        ("xavier_uniform", {"gain": 5 / 3}),
        ("xavier_normal", {}),
        ("xavier_normal", {"gain": math.sqrt(2)}),
        ("kaiming_uniform", {}),
        ("kaiming_uniform", {"a": math.sqrt(5)}),
        ("kaiming_uniform", {"mode": "fan_out", "nonlinearity": "relu"}),
        ("kaiming_normal", {}),
        ("kaiming_normal", {"a": 0.1, "mode": "fan_out"}),
        ("kaiming_normal", {"nonlinearity": "tanh"}),
    ],
)
def test_one_seed_gives_both_wings_the_same_bits(name, options, shape):
    ours, theirs = (drawn(wing, name, shape, **options) for wing in WINGS)
    assert ours.shape == shape
    assert ours.tobytes() == theirs.tobytes()


class Spread:
    """Stands in for a generator and answers with the width it was asked for."""

    def normal(self, mean, std, shape):
        return np.full(shape, std)

    def uniform(self, low, high, shape):
        assert low == -high
        return np.full(shape, high)


@pytest.mark.parametrize("wing", WINGS)
@pytest.mark.parametrize(
    ("name", "options", "square"),
    [  # for shape (5, 3, 2, 2): fan_in 12, fan_out 20
        ("xavier_normal", {}, 2 / 32),
        ("xavier_uniform", {}, 6 / 32),
        ("xavier_normal", {"gain": 3.0}, 9 * 2 / 32),
        ("kaiming_normal", {}, 2 / 12),
        ("kaiming_uniform", {}, 6 / 12),
        ("kaiming_normal", {"mode": "fan_out"}, 2 / 20),
        ("kaiming_normal", {"a": 2.0}, 2 / 5 / 12),
        ("kaiming_normal", {"nonlinearity": "linear"}, 1 / 12),
    ],
)
def test_the_spread_is_that_of_the_papers(wing, name, options, square):
    width = getattr(wing, name)(Spread(), (5, 3, 2, 2), **options)
    # two square roots, their product and the square
    assert_within(np.array(width.tolist()) ** 2, square, rounded_to(square, "float64", times=8))


@pytest.mark.parametrize(
    ("nonlinearity", "param"),
    [
        ("linear", None), ("conv2d", None), ("conv_transpose3d", None), ("sigmoid", None),
        ("tanh", None), ("relu", None), ("selu", None),
        ("leaky_relu", None), ("leaky_relu", 0), ("leaky_relu", 0.2), ("leaky_relu", -3.0),
    ],
)  # fmt: skip
def test_gains_are_pytorchs(nonlinearity, param):
    expected = torch.nn.init.calculate_gain(nonlinearity, param)
    for wing in WINGS:
        gain = wing.calculate_gain(nonlinearity, param)
        assert gain == expected
        assert type(gain) is float


@pytest.mark.parametrize("wing", WINGS)
@pytest.mark.parametrize("bad", ["0.1", True])
def test_a_slope_must_be_a_number(wing, bad):
    with pytest.raises(ValueError, match="number"):
        wing.calculate_gain("leaky_relu", bad)


@pytest.mark.parametrize("wing", WINGS)
def test_unknown_names_and_shapes_are_refused(wing):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="softmax"):
        wing.calculate_gain("softmax")
    with pytest.raises(ValueError, match="softmax"):
        wing.kaiming_normal(rng, (2, 2), nonlinearity="softmax")
    with pytest.raises(ValueError, match="fan_sum"):
        wing.kaiming_uniform(rng, (2, 2), mode="fan_sum")
    for draw in (wing.xavier_uniform, wing.xavier_normal, wing.kaiming_normal):
        with pytest.raises(ValueError, match="dimensions"):
            draw(rng, (3,))
    for std in (-1.0, math.nan):
        with pytest.raises(ValueError, match=r"^std: expected 0 or more"):
            wing.normal(rng, (2,), std=std)
    for name in ("mean", "std"):
        with pytest.raises(TypeError, match=rf"^{name}: expected a number, got str '1'"):
            wing.normal(rng, (2,), **{name: "1"})
    for draw in (wing.xavier_normal, wing.xavier_uniform):
        with pytest.raises(TypeError, match=r"^gain: expected a number, got NoneType"):
            draw(rng, (2, 3), gain=None)


@pytest.mark.parametrize("bad", ["xavier", "", 3, None])
def test_an_unknown_initializer_is_refused_in_the_same_words(bad):
    said = []
    for wing in WINGS:
        with pytest.raises((ValueError, TypeError), match=r"^initializer: ") as caught:
            wing.get_initializer(bad)
        said.append((caught.type, str(caught.value)))
    assert said[0] == said[1]


def test_both_wings_know_the_same_names():
    ours, theirs = (wing.INITIALIZERS for wing in WINGS)
    assert list(ours) == list(theirs)
    for name, function in ours.items():
        assert scratch.initializers.get_initializer(name) is function
        assert function.__name__ == name


def test_import_scratch_does_not_load_numpys_generators():
    """They cost some milliseconds, and numpy itself loads them only when somebody draws."""
    code = "import sys, scratch; sys.exit('numpy.random' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
