"""The `twins` fixture for pytest, and its options; installed with gradtwin, nothing to import.

    def test_sigmoid(twins):
        twins((sigmoid, sigmoid_backward), torch.sigmoid, np.linspace(-3, 3, 7))

    def test_layer(twins):                       # any sizes: the smallest failing ones are shown
        twins(my_linear, lambda X, W: X @ W, shapes=[("N", "D"), ("D", "H")])

`pytest --twins-dtype both --twins-seed 3` runs the same tests in both dtypes and with another
upstream gradient. Neither scratch nor torch is imported before a test asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

DTYPES = {"float64": ("float64",), "float32": ("float32",), "both": ("float64", "float32")}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gradtwin", "gradtwin: numpy code against PyTorch (the twins fixture)")
    group.addoption(
        "--twins-dtype", choices=DTYPES, default="float64", help="Of the floats: %(default)s."
    )
    group.addoption(
        "--twins-seed", type=_from(0), default=0, metavar="N",
        help="Of the upstream gradients and of the search: %(default)s.",
    )  # fmt: skip
    group.addoption(
        "--twins-cases", type=_from(1), default=200, metavar="N",
        help="Inputs to try where shapes are given: %(default)s.",
    )  # fmt: skip


def _from(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise ValueError(text)  # pytest says which option, and what was given
        return int(text)

    number.__name__ = f"integer from {least}"
    return number


@pytest.fixture
def twins(pytestconfig: pytest.Config) -> Callable[..., None]:
    """A function that fails the test, with a report, unless two sides are twins.

    `twins(ours, theirs, *arrays)`: as `gradtwin.assert_twins`, whose options it takes.
    `twins(ours, theirs, shapes=[...])`: as `gradtwin.find_counterexample`, whose options it takes;
    the report begins with the smallest failing input, as code.
    """
    dtypes = DTYPES[pytestconfig.getoption("--twins-dtype")]
    defaults = {"seed": pytestconfig.getoption("--twins-seed")}
    cases = pytestconfig.getoption("--twins-cases")

    def check(
        ours: Any, theirs: Any, *arrays: Any, shapes: Sequence[Any] | None = None, **options: Any
    ) -> None:
        __tracebackhide__ = True
        from gradtwin import assert_twins, find_counterexample

        if (shapes is None) == (not arrays):
            raise TypeError("twins: expected arrays, or shapes=[...] of them, one of the two")
        for dtype in (options.pop("dtype"),) if "dtype" in options else dtypes:
            settled: dict[str, Any] = {**defaults, "dtype": dtype, **options}
            if shapes is None:
                assert_twins(ours, theirs, *arrays, **settled)
                continue
            found = find_counterexample(ours, theirs, *shapes, **{"cases": cases, **settled})
            if found is not None:
                pytest.fail(f"not twins for\n{found}", pytrace=False)

    return check
