"""The activations: `scratch.activations`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .operation import Case, Operation, case, functional, method, unary, wrong
from .reductions import special
from .values import exactly, integers, tied


def activation(name: str, **row: Any) -> Operation:
    """The row of an activation that is a function of one number."""
    return unary(name, functional(name), **row)


def over_classes() -> list[Case]:
    """What softmax and its relatives are called with."""
    return [
        case("n C", dim=1), case("n C", dim=-1), case("n C", dim=0), case("C", dim=0),
        case("n C m", dim=1), case("n C m", dim=-2), case("", dim=0), case(tied("n C"), dim=1),
        case("n C", dim=1, dtype="float64"), case("n C", dim=1, dtype="float32"),
        case("n 1", dim=1),
    ]  # fmt: skip


SATURATED = [
    case(exactly([[1000.0, 0.0], [-1000.0, 0.0], [1e4, 1e4]]), dim=1, label="saturated"),
    case(exactly([[5.0, 6.0, 11.0, 7.0]]), dim=1, label="the lecture's"),
    case(exactly([[40.0, 0.0, 0.0], [0.0, -40.0, -80.0]]), dim=1, label="almost certain"),
]
ODD_DIM = wrong("2 3", dim=2, raises=IndexError, match="dim|axis")

OPERATIONS = [
    # ---- el escalón y las sigmoides ---------------------------------------------------------
    activation("step", kinks=[0.0]),
    activation("sigmoid", forms=[method("sigmoid")]),
    activation("tanh", forms=[method("tanh"), lambda _, x: np.tanh(x)]),
    activation("logsigmoid"),
    activation("softplus", options=[{}, {"beta": 2.0}, {"beta": 0.5, "threshold": 40.0}]),
    unary("softplus, low threshold", functional("softplus"), kinks=[0.5],
          options=[{"beta": 2.0, "threshold": 1.0}]),
    activation("softsign"),
    activation("tanhshrink"),
    # ---- la familia de ReLU -----------------------------------------------------------------
    activation("relu", kinks=[0.0], forms=[method("relu")]),
    activation("relu6", kinks=[0.0, 6.0]),
    activation("leaky_relu", kinks=[0.0], options=[{}, {"negative_slope": 0.2},
                                                   {"negative_slope": -0.5}]),
    Operation(
        "prelu", functional("prelu"),
        cases=[case("n C", "C"), case("n C+ m", "C+"), case("n C", "1"), case("n", "1"),
               case("", "1"),
               case("n C", ""), case("n C m 2", "C")],
        corners=[case(exactly([[0.0, -0.0, np.inf], [-np.inf, np.nan, -1.0]]),
                      exactly([0.25, 0.5, 1.0]),
                      label="zeros, infinite and NaN")],
        errors=[wrong("2 3", "4", raises=RuntimeError, match="weight: .*3.*4")],
    ),
    activation("elu", kinks=[0.0], options=[{}, {"alpha": 2.0}, {"alpha": -0.5}]),
    activation("selu", kinks=[0.0]),
    activation("celu", kinks=[0.0], options=[{}, {"alpha": 2.0}],
               errors=[wrong("2", alpha=0.0, raises=RuntimeError, match="alpha")]),
    # PyTorch multiplies x by 2 Φ(x) before it halves, and takes x³ of a huge x
    activation("gelu", options=[{}, {"approximate": "tanh"}],
               without=["huge", "beyond float32", "infinite"],
               errors=[wrong("2", approximate="erf", raises=RuntimeError,
                             match="approximate: .*'erf'")]),
    activation("silu"),
    activation("mish"),
    activation("hardtanh", kinks=[-1.0, 1.0], options=[{}, {"min_val": -0.5, "max_val": 1.0}],
               errors=[wrong("2", min_val=1.0, max_val=-1.0, raises=ValueError, match="min_val")]),
    activation("hardsigmoid", kinks=[-3.0, 3.0], float32_inside=True,  # its 1/6 is a float32
               twice=False),  # PyTorch has no second derivative
    # PyTorch multiplies x by 6 before it divides by 6
    activation("hardswish", kinks=[-3.0, 3.0], without=["huge", "beyond float32"]),
    activation("hardshrink", kinks=[-0.5, 0.5], options=[{}, {"lambd": 1.5}, {"lambd": 0.0}]),
    activation("softshrink", kinks=[-0.5, 0.5], options=[{}, {"lambd": 1.5}, {"lambd": 0.0}],
               errors=[wrong("2", lambd=-1.0, raises=RuntimeError, match="lambd: .*-1")]),
    activation("threshold", kinks=[1.0], options=[{"threshold": 1.0, "value": -2.0}]),
    # ---- several numbers at once ------------------------------------------------------------
    Operation(
        "glu", functional("glu"),
        cases=[case("n 4"), case("n 6 k", dim=1), case("4 n", dim=0), case("n 2", dim=-1)],
        corners=[
            case(exactly([[np.inf, 1.0, 0.0, np.inf], [1.0, np.nan, -np.inf, 2.0]]),
                 label="infinite and NaN"),
            case(exactly([[1.0, -2.0, 800.0, -800.0], [3.0, 1.0, 40.0, -40.0]]), label="saturated"),
        ],
        errors=[wrong("2 3", raises=RuntimeError, match=r"input: .*even.*\(2, 3\)"), ODD_DIM],
        smooth=True,
    ),
    *(
        Operation(
            name, functional(name),
            cases=over_classes(), corners=[*SATURATED, *special(dim=1)], smooth=True,
            errors=[
                ODD_DIM, wrong("2 3", raises=ValueError, match="dim"),
                wrong(integers("2 3"), dim=1, raises=(RuntimeError, TypeError),
                      match="input: .*int64"),
            ],
            forms=[method(name)] if name != "softmin" else [],
        )
        for name in ("softmax", "log_softmax", "softmin")
    ),
    Operation(
        "maxout", functional("maxout"),
        cases=[case("n 6", pieces=2), case("n 6", pieces=3), case("n 6", pieces=1),
               case("4 n", pieces=2, dim=0), case(tied("n 6"), pieces=3),
               case("n 4 k", pieces=2, dim=-2)],
        corners=special(pieces=1, dim=1),
        errors=[wrong("2 5", pieces=2, raises=ValueError, match="pieces: .*5"),
                wrong("2 4", pieces=0, raises=ValueError, match="pieces"),
                wrong("2 4", pieces=2, dim=2, raises=IndexError, match="dim")],
    ),
]  # fmt: skip
