"""The table: each function with its definition, and where it is measured.

Rows take their calls, names and options from `gradtwin.samples`; who adds an elementwise operation
there adds its definition to `exact.py` and, unless nothing about it is dangerous, a row here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..samples import OPERATIONS
from ..spelling import hint
from . import exact
from .points import Draw, Points


@dataclass(frozen=True, eq=False)
class Function:
    """One row: a function with its options.

    Args:
        name: as in `scratch.functional` or `scratch`, and in the table of samples.
        exact: its definition, of jets.
        points: the arguments: arrays whose first dimension counts the examples.
        options: the arguments that are no tensors.
        call: from a library and tensors to a tensor, the same for both wings.
        variant: what distinguishes it from the other rows of that name, beside the options.
        alone: whether each example is a call of its own, as where a weight belongs to all rows.
        constants: how many of the last arguments take no gradient.
    """

    name: str
    exact: Callable[..., Any]
    points: Points
    call: Callable[..., Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    alone: bool = False
    constants: int = 0
    variant: str = ""

    @property
    def label(self) -> str:
        """The name with what is special.

        >>> find("softplus")[1].label
        'softplus beta=2.0'
        """
        shown = [f"{k}={v}" for k, v in self.options.items() if (k, v) != ("dim", 1)]
        return " ".join([self.name, *([self.variant] if self.variant else []), *shown])


# ---- of one number ---------------------------------------------------------------------------

HALF_PI, SQRT_2, LAST = math.pi / 2, math.sqrt(2), 1 / 0.35
ENDS_OF_EXP = (37, 88, 104, 709, 745)
"""1 + exp(-x) is 1; exp(-x) is subnormal, and 0: in float32, in float64."""

SWITCHES: dict[str, tuple[float, ...]] = {
    "sigmoid": (*ENDS_OF_EXP, 160, 1400),
    "tanh": (0.55, 1, 9, 19, 22, 80, 700),
    "logsigmoid": ENDS_OF_EXP,
    "softplus": (10, 20, 80, *ENDS_OF_EXP),
    "tanhshrink": (0.1, 1, 9, 19),
    "relu6": (6,),
    "hardtanh": (0.5, 1),
    "hardsigmoid": (3,),
    "hardswish": (1.5, 3),
    "hardshrink": (0.5, 1.5),
    "softshrink": (0.5, 1.5),
    "threshold": (1,),
    "silu": (1.2784645427610737, 80, 700, *ENDS_OF_EXP),
    "gelu": (
        0.7517915246935645, 0.7524614220710163,  # the minima, also that by tanh
        0.25 * SQRT_2, 0.84375 * SQRT_2, 1.25 * SQRT_2, LAST * SQRT_2, 30 * SQRT_2,  # erfc's
        4, 8.3, 8.5, 9.672205, 21.058920632101238, 21.5, 30, 37.6, 38.5, 60,
    ),
    "mish": (1.1924312145154952, 80, 700, *ENDS_OF_EXP),
    "elu": ENDS_OF_EXP,
    "selu": ENDS_OF_EXP,
    "celu": (*ENDS_OF_EXP, 74, 176, 208, 1418, 1490),
    "clamp": (1, 1.5, 2),
    "pow": tuple(2.0**k for k in (-1022, -512, -511, -126, -64, -63, 63, 64, 511, 512)),
    "expm1": (0.34657359, 1.0397208, 37, 38.8, 88.7, 709.7),
    "exp": (87.3, 88.7, 708.3, 709.7, 745),
    "log": (1,),
    "log1p": (0.29289322, 0.41421356, 1),
    "sqrt": (1,),
    "sinh": (1, 22, 89.4, 710, 710.4),
    "cosh": (0.34657359, 1, 22, 89.4, 710, 710.4),
    "sin": (HALF_PI / 2, HALF_PI, 2 * HALF_PI),
    "cos": (HALF_PI / 2, HALF_PI, 2 * HALF_PI),
    "erf": (0.84375, 1.25, LAST, 6, 30),
    "erfc": (0.25, 0.84375, 1.25, LAST, 9.2, 10.06, 26.5, 27.2, 30),
}  # fmt: skip
"""Kinks, roots and extremes, and where a formula of either wing, or of numpy, may hand over to
another; each is measured with its neighbours, and with its opposite. 0 belongs to all of them. A
test watches the comparisons of every body of `scratch`, and finds no switch that is not here."""

Domain = Callable[[Draw, Sequence[float], int], Any]

DOMAINS: dict[str, Domain] = {
    "sqrt": Draw.positive,
    "log": Draw.positive,
    "log1p": Draw.above_minus_1,
}
"""Where not all numbers are allowed."""

OF_ONE_NUMBER = (
    "sigmoid", "tanh", "logsigmoid", "softplus", "softsign", "tanhshrink", "step",
    "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish",
    "hardtanh", "hardsigmoid", "hardswish", "hardshrink", "softshrink", "threshold",
    "neg", "abs", "sign", "square", "sqrt", "exp", "expm1", "log", "log1p", "sin", "cos",
    "sinh", "cosh", "erf", "erfc",
)  # fmt: skip


def of_one_number(
    name: str, options: Mapping[str, Any], domain: Domain = Draw.numbers
) -> Function:
    return Function(
        name,
        getattr(exact, name),
        lambda draw: [domain(draw, SWITCHES.get(name, ()), draw.neighbours)],
        OPERATIONS[name].call,
        options,
    )


def options_of(name: str) -> list[Mapping[str, Any]]:
    """The options that the table of samples tries, each once."""
    found: list[Mapping[str, Any]] = []
    for case in OPERATIONS[name].cases:
        if case.options not in found:
            found.append(case.options)
    return found


# ---- of several ------------------------------------------------------------------------------


def several(
    name: str, points: Points, definition: str = "", call: Any = None, **more: Any
) -> Function:
    return Function(
        name,
        getattr(exact, definition or name),
        points,
        call or OPERATIONS[name].call,
        **more,
    )


def loss(
    name: str, points: Points, definition: str = "", variant: str = "", **options: Any
) -> Function:
    """A loss of each element, or row: reduction "none"."""
    row = OPERATIONS[name].call
    return several(
        name,
        points,
        definition,
        lambda library, *tensors, **o: row(library, *tensors, reduction="none", **o),
        options=options,
        variant=variant,
    )


def errors_around(switch: float) -> Points:
    return lambda draw: draw.errors(switch)


def conditions(draw: Draw) -> list[Any]:
    x, y = draw.pairs()
    return [draw.rng.random(x.shape) < 0.5, x, y]


def logits_and_classes(draw: Draw) -> list[Any]:
    rows = draw.rows(4)
    return [rows, draw.classes(rows)]


def logits_and_distributions(draw: Draw) -> list[Any]:
    rows = draw.rows(4)
    return [rows, draw.distributions(rows)]


def logits_and_weights(draw: Draw) -> list[Any]:
    z, y = draw.logits()
    return [z, y, draw.rng.choice([0.25, 3.0], z.shape).astype(draw.dtype)]


FUNCTIONS: list[Function] = [
    *(
        of_one_number(name, options, DOMAINS.get(name, Draw.numbers))
        for name in OF_ONE_NUMBER
        for options in options_of(name)
    ),
    *(
        of_one_number("clamp", options)
        for options in ({"min": -1.0, "max": 1.5}, {"min": 0}, {"max": 2.0})
    ),
    # ---- two numbers ------------------------------------------------------------------------
    *(several(name, Draw.pairs) for name in ("add", "sub", "mul", "maximum", "minimum")),
    several("div", Draw.quotients),
    several("pow", Draw.powers),
    *(of_one_number("pow", {"exponent": p}) for p in (2, 3)),
    of_one_number("pow", {"exponent": -1}, Draw.nonzero),
    of_one_number("pow", {"exponent": 0.5}, Draw.positive),
    several("where", conditions),
    # ---- losses -----------------------------------------------------------------------------
    several("squared_error", Draw.errors),
    loss("mse_loss", Draw.errors),
    loss("l1_loss", Draw.errors),
    *(loss("huber_loss", errors_around(s), delta=s) for s in (1.0, 0.5, 2.0)),
    *(loss("smooth_l1_loss", errors_around(s), beta=s) for s in (1.0, 0.5, 2.0)),
    loss("binary_cross_entropy", Draw.shares),
    loss("binary_cross_entropy_with_logits", Draw.logits),
    several(
        "binary_cross_entropy_with_logits",
        logits_and_weights,
        call=lambda library, z, y, pos: library.F.binary_cross_entropy_with_logits(
            z, y, pos_weight=pos, reduction="none"
        ),
        constants=1,
        variant="with pos_weight",
    ),
    loss("cross_entropy", logits_and_classes),
    loss("cross_entropy", logits_and_distributions, variant="of probabilities"),
    loss("cross_entropy", logits_and_classes, "smoothed_cross_entropy", label_smoothing=0.1),
    loss("nll_loss", logits_and_classes),
    # ---- rows of numbers --------------------------------------------------------------------
    *(
        several(name, lambda draw: [draw.rows(4)], options={"dim": 1})
        for name in ("softmax", "softmin", "log_softmax", "logsumexp", "glu")
    ),
    several("maxout", lambda draw: [draw.rows(4)], options={"pieces": 2}),
    several("prelu", lambda draw: [draw.plain(3, 2), draw.plain(2)], alone=True),
    several(
        "linear", lambda draw: [draw.plain(2, 4), draw.plain(3, 4), draw.plain(3)], alone=True
    ),
    several(
        "conv1d",
        lambda draw: [draw.plain(2, 4), draw.plain(2, 2, 2), draw.plain(2)],
        alone=True,
    ),
]

THE_SAME = {
    "x + y": "add", "x - y": "sub", "number - x": "sub", "number + x": "add",
    "number * x": "mul", "number / x": "div", "number ** x": "pow",
    "where, number first": "where", "softplus, low threshold": "softplus", "two dtypes": "mul",
    "to": "a cast",
}  # fmt: skip
"""Rows of the samples that are another spelling of what is measured."""


def find(name: str) -> list[Function]:
    """The rows of a function, one for each choice of its options.

    ValueError: there is none; the message names those that are spelled nearly so.
    """
    found = [each for each in FUNCTIONS if name in (each.name, each.label)]
    if found:
        return found
    names = list(dict.fromkeys(each.name for each in FUNCTIONS))
    near = hint(name.lower(), names, f"expected one of {', '.join(names)}")
    raise ValueError(f"unknown function {name!r}: {near}")
