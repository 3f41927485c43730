"""Arithmetic, choices, functions of one number: `operations.arithmetic`, `elementary`."""

from __future__ import annotations

import operator

import numpy as np

from .operation import Operation, case, edges, method, named, unary, wrong
from .values import booleans, exactly, integers, nonzero, positive, tied

PAIRS = [
    case(exactly([0.0, -0.0, 0.0, -0.0]), exactly([0.0, 0.0, -0.0, -0.0]), label="zeros"),
    case(exactly([np.inf, -np.inf, np.inf, 1.0]), exactly([np.inf, np.inf, 0.0, -np.inf]),
         label="infinite"),
    case(exactly([np.nan, 1.0, np.nan]), exactly([1.0, np.nan, np.nan]), label="NaN"),
    case(exactly([1e-30, 1e30, -1e-30]), exactly([1e30, 1e-30, 1e-5]), label="far apart"),
    case(exactly([3e38, 1e-44]), exactly([3e38, 1e-44]), label="huge and tiny"),
]  # fmt: skip
MISFIT = wrong("2 3", "2 4", raises=RuntimeError, match=r"input: \(2, 3\).*other: \(2, 4\)")

OPERATIONS = [
    # ---- two numbers ------------------------------------------------------------------------
    Operation(
        "add", named("add"),
        cases=[case("*", "*"), case("...", other=2.5), case(integers("..."), "..."),
               case("*", "*", alpha=2.5), case("...", other=2.5, alpha=-3)],
        corners=PAIRS, errors=[MISFIT], forms=[method("add")],
        smooth=True, elementwise=True,
    ),
    Operation(
        "sub", named("sub"),
        cases=[case("*", "*"), case("...", other=2), case("*", "*", alpha=0.5)],
        corners=PAIRS, errors=[MISFIT], forms=[method("sub")],
        smooth=True, elementwise=True,
    ),
    Operation(
        "x + y", lambda _, x, other: x + other, cases=[case("*", "*"), case("...", other=2.5)],
        corners=PAIRS, errors=[MISFIT], smooth=True, elementwise=True,
    ),
    Operation(
        "x - y", lambda _, x, other: x - other, cases=[case("*", "*"), case("...", other=2)],
        corners=PAIRS, errors=[MISFIT], smooth=True, elementwise=True,
    ),
    Operation(
        "mul", named("mul"),
        cases=[case("*", "*"), case("...", other=-2), case(booleans("..."), "...")],
        corners=PAIRS, errors=[MISFIT], forms=[lambda _, x, other: x * other, method("mul")],
        smooth=True, elementwise=True,
    ),
    Operation(
        "div", named("div"),
        cases=[case("*", nonzero("*")), case("...", other=4),
               case(integers("..."), nonzero("..."))],
        corners=PAIRS, errors=[MISFIT], forms=[lambda _, x, other: x / other, method("div")],
        smooth=True, elementwise=True,
    ),
    Operation(
        "pow", named("pow"),
        cases=[
            case(positive("*"), "*"), case(nonzero("..."), exponent=-1),
            *(case("...", exponent=p) for p in (0, 1, 2, 3, 2.0)),
            case(positive("..."), exponent=0.5), case(positive("..."), exactly(3.0)),
        ],
        corners=[
            # PyTorch's x^(y-1) overflows where y times it does not
            *(c for c in PAIRS if c.label != "huge and tiny"),
            case(exactly([0.0, 0.0, 0.0, -0.0]), exactly([0.0, 1.0, 2.0, 3.0]), label="base 0"),
            case(exactly([0.0, -0.0, 0.0]), exactly([-1.0, -2.0, 0.5]), label="infinite slope"),
            case(exactly([-2.0, -2.0, -3.0]), exactly([2.0, 3.0, -1.0]), label="base below 0"),
            case(exactly([-2.0, -0.5]), exactly([0.5, 1.5]), label="no real power"),
            case(exactly([np.inf, np.inf, np.nan, 1.0]), exactly([0.0, -1.0, 0.0, np.nan]),
                 label="infinite base"),
            *(case(exactly([0.0, -0.0, 1.0, -1.0]), exponent=p, label=f"to the {p}")
              for p in (0, 1, 2, 3)),
        ],
        errors=[wrong("2 3", "2 4", raises=RuntimeError, match=r"exponent: \(2, 4\)")],
        forms=[lambda _, x, exponent: x**exponent, method("pow")], smooth=True, elementwise=True,
    ),
    unary("number - x", lambda _, x: 2 - x),
    unary("number + x", lambda _, x: 1.5 + x),
    unary("number * x", lambda _, x: 3 * x),
    unary("number / x", lambda _, x: 2 / x, numbers=nonzero),
    unary("number ** x", lambda _, x: 2.0**x),
    Operation(
        "maximum", named("maximum"), cases=[case("*", "*"), case(tied("*"), tied("*"))],
        corners=PAIRS, errors=[MISFIT], forms=[method("maximum")], elementwise=True,
    ),
    Operation(
        "minimum", named("minimum"), cases=[case("*", "*"), case(tied("*"), tied("*"))],
        corners=PAIRS, errors=[MISFIT], forms=[method("minimum")], elementwise=True,
    ),
    Operation(
        "clamp", named("clamp"),
        cases=[
            case("...", min=-1.0, max=1.5), case("...", min=0), case("...", max=2.0),
            case("...", min=1.0, max=-1.0), case(integers("..."), min=-1, max=2),
            case("n k", "n k", "n k"), case("n k", "k", ""), case("n 1", "k", "n k"),
            case(tied("n k m"), tied("n k m"), tied("k m")),
        ],
        corners=[
            *(case(c.arguments[0], min=-1.0, max=1.0, label=c.label) for c in edges(-1.0, 1.0)),
            *(case(c.arguments[0], min=0.0, label=c.label) for c in edges(0.0)),
        ],
        errors=[
            wrong("2 3", raises=RuntimeError, match="min.*max"),
            wrong("2 3", "4", "3", raises=RuntimeError, match=r"min: \(4,\)"),
        ],
        forms=[method("clamp")], elementwise=True,
    ),
    Operation(
        "where", named("where"),
        cases=[
            case(booleans("*"), "*", "*"), case(booleans("n k"), "n k", other=0.0),
        ],
        corners=[
            case(exactly([True, False, True, False]), exactly([np.nan, np.nan, np.inf, 1.0]),
                 exactly([1.0, -0.0, np.nan, np.inf]), label="NaN beside the one that is taken"),
        ],
        errors=[wrong(booleans("2 3"), "2 3", "4", raises=RuntimeError, match=r"other: \(4,\)")],
        smooth=True, elementwise=True,
    ),
    Operation(
        "where, number first", lambda lib, x: lib.where(x > 0, 1.5, x), cases=[case("n k")],
        corners=edges(0.0), elementwise=True,
    ),
    # ---- one number -------------------------------------------------------------------------
    unary("neg", forms=[lambda _, x: -x, method("neg")]),
    unary("abs", kinks=[0.0], forms=[lambda _, x: abs(x), method("abs")]),
    unary("sign", kinks=[0.0], forms=[method("sign")]),
    unary("square", forms=[method("square")]),
    unary("sqrt", numbers=positive, forms=[method("sqrt"), lambda _, x: np.sqrt(x)]),
    unary("exp", forms=[method("exp"), lambda _, x: np.exp(x)]),
    unary("expm1", forms=[method("expm1"), lambda _, x: np.expm1(x)]),
    unary("log", numbers=positive, forms=[method("log"), lambda _, x: np.log(x)]),
    unary("log1p", numbers=positive, forms=[method("log1p"), lambda _, x: np.log1p(x)]),
    unary("sin", forms=[method("sin"), lambda _, x: np.sin(x)]),
    unary("cos", forms=[method("cos"), lambda _, x: np.cos(x)]),
    # PyTorch's overflow at 710, where half of exp(710) is still a float64
    unary("sinh", forms=[method("sinh")], without=["far", "far above"]),
    unary("cosh", forms=[method("cosh")], without=["far", "far above"]),
    unary("erf", forms=[method("erf")]),
    unary("erfc", forms=[method("erfc")]),
    unary(
        "to", lambda _, x, dtype: x.to(dtype),
        options=[{"dtype": "float32"}, {"dtype": "float64"}],
        forms=[],
    ),
    # ---- two dtypes: the wider one wins, a 0-d tensor does not widen ------------------------
    Operation(
        "two dtypes", lambda lib, x, y: x * y.to(lib.dtype("float64")) + y.to(lib.dtype("float32")),
        cases=[case("*", "*"), case("2 n", ""), case("", "n")], smooth=True, elementwise=True,
    ),
    # ---- questions: booleans, without a gradient --------------------------------------------
    *(
        Operation(
            name, lambda _, x, y, ask=ask: ask(x, y), cases=[case(tied("*"), tied("*"))],
            corners=PAIRS, elementwise=True, differentiable=False,
        )
        for name, ask in {
            "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
            ">": operator.gt, ">=": operator.ge,
        }.items()
    ),
]  # fmt: skip
