"""The distance in representable numbers, against numpy's nextafter."""

from __future__ import annotations

import numpy as np
import pytest

from gradtwin.ulp import ulp_distance


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("start", [0.0, 1.0, -1.0, 1e-30, 3.5, -2.0**10])
def test_steps_of_nextafter_are_counted(dtype: type, start: float) -> None:
    x = dtype(start)
    y = x
    for steps in range(1, 6):
        y = np.nextafter(y, dtype(np.inf))
        assert ulp_distance(x, y) == steps
        assert ulp_distance(y, x) == steps


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_across_zero_and_to_infinity(dtype: type) -> None:
    info = np.finfo(dtype)
    assert ulp_distance(dtype(-0.0), dtype(0.0)) == 0
    assert ulp_distance(-info.smallest_subnormal, info.smallest_subnormal) == 2
    assert ulp_distance(info.max, dtype(np.inf)) == 1


def test_nan_is_equal_to_nan_and_far_from_numbers() -> None:
    nan = np.nan
    assert ulp_distance([nan, nan, 1.0], [nan, 1.0, nan]).tolist() == [0, np.inf, np.inf]


def test_the_coarser_dtype_counts() -> None:
    assert ulp_distance(np.float32(1), np.float64(1 + 2.0**-30)) == 0
    assert ulp_distance(np.float32(1), np.float64(1 + 2.0**-23)) == 1


def test_shapes_broadcast_and_views_are_read_right() -> None:
    x = np.arange(12.0).reshape(3, 4).T
    assert ulp_distance(x, x[0]).shape == (4, 3)
    assert not ulp_distance(x[::-1, ::2], x[::-1, ::2].copy()).any()
