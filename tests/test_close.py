"""What the tests compare with: it passes what rounding explains, and nothing else."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from close import assert_close, assert_printed, assert_within, shows

import scratch
from gradtwin.tolerance import composed, printed, resolution

EPS = resolution("float64")


def test_one_sum_is_allowed_four_roundings_and_one_a_term() -> None:
    assert composed(2.0, terms=3, layers=5).item() == 5 * (4 + 3) * EPS * 2
    assert composed(2.0, terms=3, size=16).item() == (4 + 3) * EPS * 16
    assert composed(2.0, terms=10_000).item() == (4 + 800) * EPS * 2
    assert_close(1 + 5 * EPS, 1)
    with pytest.raises(AssertionError, match=r"6 eps of 5$"):
        assert_close(1 + 6 * EPS, 1)
    assert_close(1 + 6 * EPS, 1, terms=2)


def test_the_coarser_dtype_counts() -> None:
    one = np.float32(1)
    assert_close(np.nextafter(one, np.float32(2)), 1.0)
    with pytest.raises(AssertionError, match="too far apart"):
        assert_close(float(np.nextafter(one, np.float32(2))), 1.0)


def test_tensors_lists_and_fractions_are_numbers() -> None:
    weight = [[1.0, 2.0], [3.0, 4.0]]
    leaves = scratch.tensor(weight, requires_grad=True), torch.tensor(weight, requires_grad=True)
    for leaf in leaves:
        assert_close(leaf, weight)
        assert_close(weight, leaf)
        assert_close([leaf, leaf], [weight, weight])


@pytest.mark.parametrize("special", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_equal_or_wrong(special: float) -> None:
    assert_close([1.0, special], [1.0, special])
    for other in (1.0, math.nan, math.inf):
        if other is not special:
            with pytest.raises(AssertionError, match="1 of 2"):
                assert_within([1.0, special], [1.0, other], math.inf)


def test_the_worst_entry_is_shown() -> None:
    with pytest.raises(AssertionError, match=r"^w: 2 of 3 .* at \(2,\): 3.5 against 3"):
        assert_close([1.0, 2.25, 3.5], [1.0, 2.0, 3.0], note="w:")


@pytest.mark.parametrize(("actual", "expected"), [([1.0], [1.0, 1.0]), ([[1.0]], [1.0]), (1, [1])])
def test_shapes_are_equal(actual: Any, expected: Any) -> None:
    with pytest.raises(AssertionError, match=r"^shape \(.*\), expected \("):
        assert_close(actual, expected)


def test_one_expected_number_stands_for_all() -> None:
    assert_close([[0.5, 0.5]], 0.5)
    with pytest.raises(AssertionError, match="1 of 2"):
        assert_close([0.5, 0.25], 0.5)


@pytest.mark.parametrize(
    ("figure", "value", "right"),
    [
        ("0.31", 0.3149, True), ("0.31", 0.3151, False), ("0.31", 0.3051, True),
        ("2.5", 2.45, True), ("2.5", 2.55, True),  # floats a little above and below the half
        ("12", 12.5, True), ("-7.50e+3", -7504.0, True), ("-7.50e+3", -7506.0, False),
        ("1e-9", 1.6e-9, False), ("0.0", math.inf, False),
    ],
)  # fmt: skip
def test_a_printed_figure_stands_for_what_rounds_to_it(
    figure: str, value: float, right: bool
) -> None:
    assert shows(figure, value) is right


def test_what_is_no_figure_is_refused() -> None:
    for figure in ("", "12 %", "inf", "nan", "0,5"):
        with pytest.raises(ValueError, match=r"^figure: expected a finite number in digits, got "):
            printed(figure)
    with pytest.raises(AssertionError, match=r"^loss 0\.4 is not printed as 0\.5"):
        assert_printed(0.4, "0.5", "loss")
