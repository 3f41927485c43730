"""The table: each function with its definition, and where it is measured.

Rows take their calls, names and options from `gradtwin.samples`; who adds an elementwise operation
there adds its definition to `exact.py` and, unless nothing about it is dangerous, a row here.
"""

from __future__ import annotations

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

SWITCHES: dict[str, tuple[float, ...]] = {
    "sigmoid": (37, -37, -709, -745, 88, -88, -104),
    "tanh": (19, -19, 9, 0.55),
    "logsigmoid": (37, -37, -709),
    "softplus": (20, 10, 80, -37),
    "tanhshrink": (1, -1, 0.1),
    "relu6": (6,),
    "hardtanh": (-1, 1, -0.5),
    "hardsigmoid": (-3, 3),
    "hardswish": (-3, 3, -1.5),
    "hardshrink": (-0.5, 0.5, 1.5, -1.5),
    "softshrink": (-0.5, 0.5, 1.5, -1.5),
    "threshold": (1,),
    "silu": (-1.2784645, -37, -709, -745),
    "gelu": (-0.7517916, -0.7524614, -4, -8.3, -8.5, -21.5, -37.6, -38.5),
    "mish": (-1.1924, -37, -745),
    "elu": (-37, -745),
    "clamp": (-1, 1.5, 2, 1),
    "expm1": (-37, 709.7, 88.7),
    "exp": (709.7, -708.3, -745, 88.7, -87.3),
    "log": (1,),
    "sqrt": (1,),
    "sinh": (1, 710, 710.4, 89.4),
    "cosh": (1, 710, 710.4, 89.4),
    "sin": (1.5707963, 3.1415927, -3.1415927),
    "cos": (1.5707963, 3.1415927, -1.5707963),
    "erf": (0.84375, 1.25, 1 / 0.35, 6),
    "erfc": (0.25, 0.84375, 1.25, 1 / 0.35, 26.5, 27.2, 9.2, 10.06),
}
"""Kinks, roots and extremes, and where a formula of either wing may hand over to another."""

DOMAINS: dict[str, Callable[[Draw, Sequence[float]], Any]] = {
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


def of_one_number(name: str, options: Mapping[str, Any]) -> Function:
    domain = DOMAINS.get(name, Draw.numbers)
    return Function(
        name,
        getattr(exact, name),
        lambda draw: [domain(draw, SWITCHES.get(name, ()))],
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
    *(of_one_number(name, options) for name in OF_ONE_NUMBER for options in options_of(name)),
    *(
        of_one_number("clamp", options)
        for options in ({"min": -1.0, "max": 1.5}, {"min": 0}, {"max": 2.0})
    ),
    # ---- two numbers ------------------------------------------------------------------------
    *(several(name, Draw.pairs) for name in ("add", "sub", "mul", "maximum", "minimum")),
    several("div", Draw.quotients),
    several("pow", Draw.powers),
    *(of_one_number("pow", {"exponent": p}) for p in (2, 3)),
    several("pow", lambda draw: [draw.nonzero()], options={"exponent": -1}),
    several("pow", lambda draw: [draw.positive()], options={"exponent": 0.5}),
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
    near = hint(name, names, f"expected one of {', '.join(names)}")
    raise ValueError(f"unknown function {name!r}: {near}")
