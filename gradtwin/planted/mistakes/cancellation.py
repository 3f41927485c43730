"""Formulas that are right on paper and lose their digits: within one rounding of 1 of PyTorch.

`gradtwin check` allows that rounding, since PyTorch's own formulas need it. What lies below it is
measured against the exact value by `gradtwin accuracy`, and by its tests.
"""

from __future__ import annotations

from ..mistake import Mistake
from .activations import FILE, SIGMOID, TANH

ELEMENTARY = "scratch/operations/elementary.py"


def exact(row: str) -> str:
    """The test that measures a row of `gradtwin accuracy` in float64."""
    test = "test_scratch_is_within_4_units_of_the_exact_value"
    return f"tests/test_accuracy.py::{test}[{row}-float64]"


MISTAKES = [
    Mistake(
        "sigmoid_cancels", "sigmoid' as y (1 - y): 0 from x = 37 on", FILE,
        SIGMOID, "        return g * h * (1 - h)\n\n    return h, d_input",
        exact("sigmoid"),
    ),
    Mistake(
        "tanh_cancels", "tanh' as 1 - t^2: 0 from x = 19 on", FILE,
        TANH, "        return g * (1 - np.tanh(input) ** 2)\n\n    return np.tanh(input), d_input",
        exact("tanh"),
    ),
    Mistake(
        "softplus_cancels", "log(1 + e) for log1p(e): 0 from x = -37 on", FILE,
        "np.log1p(e)) / beta)", "np.log(1 + e)) / beta)",
        exact("softplus"),
    ),
    Mistake(
        "tanhshrink_cancels", "x - tanh x near 0 too, where both are the same", FILE,
        "value = np.where(np.abs(x) < 1, x * (fraction / (1 + fraction)), x - np.tanh(x))",
        "value = x - np.tanh(x)",
        exact("tanhshrink"),
    ),
    Mistake(
        "expm1_cancels", "exp(x) - 1: nothing is left of it near 0", ELEMENTARY,
        "return np.expm1(input), lambda", "return np.exp(input) - 1, lambda",
        exact("expm1"),
    ),
    Mistake(
        "log1p_cancels", "log(1 + x): a small x is rounded away", ELEMENTARY,
        "return np.log1p(input), lambda", "return np.log(1 + input), lambda",
        exact("log1p"),
    ),
    Mistake(
        "erfc_cancels", "1 - erf(x) in the tail, where it is 0", "scratch/special.py",
        "            lambda x: np.multiply(*tail(x)),\n", "            lambda x: 1 - erf_of(x),\n",
        exact("erfc"),
    ),
]  # fmt: skip
