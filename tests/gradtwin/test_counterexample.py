"""The smallest failing input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import strategies as st

from gradtwin.counterexample import find_counterexample


def linear(x: Any, w: Any, b: Any) -> Any:
    return x @ w.T + b


def linear_backward(g: Any, x: Any, w: Any, b: Any) -> Any:
    return g @ w, g.T @ x, g.sum(0)


SHAPES = ("N", "D"), ("H", "D"), ("H",)


def test_twins_have_none() -> None:
    assert find_counterexample((linear, linear_backward), F.linear, *SHAPES, cases=50) is None


def test_sizes_and_numbers_shrink() -> None:
    """A mistake of the batch sum shows from two rows on, and for no smaller input."""
    wrong = lambda g, x, w, b: (g @ w, g.T @ x, g[0] * 1)
    found = find_counterexample((linear, wrong), F.linear, *SHAPES)
    assert found is not None
    x, w, b = found.arrays
    assert (x.shape, w.shape, b.shape) == ((2, 1), (1, 1), (1,))
    assert not x.any()
    assert not found.comparison.ok
    assert str(found).startswith("x = np.array([[0.0], [0.0]])\nw = np.array([[0.0]])")
    assert found.comparison.gradients[2].verdict is not None


RELU = lambda x: np.maximum(x, 0)


def test_a_convention_counts_only_when_asked() -> None:
    pair = RELU, lambda g, x: g * (x >= 0)
    assert find_counterexample(pair, torch.relu, ("N",)) is None
    found = find_counterexample(pair, torch.relu, ("N",), conventions=True)
    assert found is not None
    assert found.arrays[0].tolist() == [0.0]


def test_shrinking_does_not_slip_to_a_kink() -> None:
    """Wrong for x > 0 and unconventional at 0: the mistake is what must be shown."""
    pair = RELU, lambda g, x: g * np.where(x == 0, 1.0, np.where(x > 0, 2.0, 0.0))
    found = find_counterexample(pair, torch.relu, ("N",))
    assert found is not None
    assert found.arrays[0].tolist() != [0.0]
    assert found.comparison.of("values")


def test_a_strategy_of_ones_own() -> None:
    strategy = st.tuples(
        st.lists(st.floats(-5, 5), min_size=3, max_size=3).map(np.array),
        st.integers(0, 2).map(np.array),
    )

    def wrong(g: Any, x: Any, i: Any) -> Any:
        d_x = np.zeros_like(x)
        d_x[min(i, 1)] = g
        return d_x

    found = find_counterexample((lambda x, i: x[i], wrong), lambda x, i: x[i], strategy=strategy)
    assert found is not None
    assert found.arrays[1] == 2
    assert "i = np.array(2)" in found.snippet()


def test_the_snippet_is_python() -> None:
    wrong = lambda g, x: g * np.where(np.isfinite(x), 1.0, 2.0)
    found = find_counterexample(
        (lambda x: x * 1, wrong), lambda x: x * 1,
        strategy=st.sampled_from([np.array([np.inf, -np.inf, np.nan])]), dtype="float32",
    )
    assert found is not None
    namespace: dict[str, Any] = {"np": np}
    exec(found.snippet(), namespace)
    assert namespace["x"].dtype == np.float32
    assert np.array_equal(namespace["x"], found.arrays[0], equal_nan=True)


@pytest.mark.parametrize(
    ("shapes", "options", "pattern"),
    [
        ((), {}, "either one shape"),
        ((("N",),), {"strategy": st.just(1.0)}, "either one shape"),
        ((("N",),), {"low": 1.0, "high": 0.0}, "low must be"),
    ],
)
def test_bad_input(shapes: Any, options: Any, pattern: str) -> None:
    with pytest.raises(ValueError, match=pattern):
        find_counterexample((RELU, RELU), torch.relu, *shapes, **options)


@pytest.mark.parametrize(
    "shape",
    [[2.0, 3.0], 2.0, "a", ("N", 2.0), (True,), None, np.array([1, 2])],
    ids=repr,
)
def test_what_is_no_shape_is_refused(shape: Any) -> None:
    with pytest.raises(TypeError, match=r"shapes: expected the shape of argument 2 .*, got"):
        find_counterexample((linear, linear_backward), F.linear, ("N", "D"), shape, ("H",))


def test_sizes_of_shapes() -> None:
    with pytest.raises(ValueError, match="argument 1 has a negative size, got -1"):
        find_counterexample((RELU, RELU), torch.relu, -1)
    found = find_counterexample((RELU, lambda g, x: 2 * g), torch.relu, np.int64(2))
    assert found is not None
    assert found.arrays[0].shape == (2,)


def test_a_wrong_number_of_shapes_is_refused() -> None:
    with pytest.raises(TypeError, match=r"ours, linear\(x, w, b\), cannot be called with 1"):
        find_counterexample((linear, linear_backward), F.linear, ("N", "D"))


def test_without_hypothesis_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "hypothesis", None)
    with pytest.raises(ImportError, match=r"gradtwin\[test\]"):
        find_counterexample((RELU, RELU), torch.relu, ("N",))
