"""The smallest input on which two sides differ: found by Hypothesis, which then shrinks it.

A failing case of 784 numbers convinces a computer; one of two small whole numbers teaches. Shapes
may be named, ("N", "D") and ("D", "H"), and then the sizes shrink as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from .compare import Comparison, compare
from .findings import CONVENTION, MISTAKE
from .sides import Array, as_side

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

Shape = int | Sequence[int | str]


@dataclass(frozen=True)
class Counterexample:
    """The smallest failing input that was found, and its comparison.

    `print` shows the inputs as code that can be pasted, then the report.
    """

    arrays: tuple[Array, ...]
    comparison: Comparison

    def snippet(self) -> str:
        """The inputs as Python."""
        return "\n".join(
            f"{name} = {as_code(a)}" for name, a in zip(self.comparison.names, self.arrays)
        )

    def __str__(self) -> str:
        return f"{self.snippet()}\n\n{self.comparison}"


def find_counterexample(
    ours: Any,
    theirs: Any,
    *shapes: Shape,
    strategy: SearchStrategy[Any] | None = None,
    low: float = -10.0,
    high: float = 10.0,
    sizes: tuple[int, int] = (1, 4),
    conventions: bool = False,
    cases: int = 200,
    seed: int = 0,
    dtype: Any = "float64",
    **options: Any,
) -> Counterexample | None:
    """The smallest arrays on which `compare` finds a difference, or None.

    Args:
        ours, theirs: as for `compare`.
        shapes: one shape an argument; a name in place of a number stands for a size within `sizes`,
            the same wherever it appears.
        strategy: instead of shapes, a Hypothesis strategy that draws the tuple of arguments.
        low, high: range of the floats drawn for `shapes`.
        conventions: whether a difference that is only a convention (at a kink) counts.
        cases: how many inputs to try.
        seed: of the search and of the upstream gradients.
        options: further options of `compare`.

    Raises:
        ImportError: without Hypothesis (pip install gradtwin[test]).
        ValueError: both shapes and a strategy, or neither; a negative size.
        TypeError: a shape that is none, such as an array.

    >>> import numpy as np, torch
    >>> forward = lambda x: np.where(x > 3, x - 1e-3, x)
    >>> found = find_counterexample((forward, lambda g, x: g), lambda x: x * 1, ("N",))
    >>> print(found.snippet())
    x = np.array([4.0])
    """
    try:
        import hypothesis
        from hypothesis.errors import NoSuchExample
    except ImportError as error:
        raise ImportError(
            "find_counterexample needs Hypothesis: pip install gradtwin[test]"
        ) from error
    if (strategy is None) == (not shapes):
        raise ValueError("give either one shape an argument, or a strategy of all of them")
    if not low <= high:
        raise ValueError(f"low must be at most high, got {low} and {high}")
    for place, shape in enumerate(shapes, start=1):
        _check_shape(shape, place)
    drawn = arrays_of(shapes, low, high, sizes) if strategy is None else strategy
    first, second = as_side(ours, "scratch"), as_side(theirs, "torch")

    def compared(arguments: Any, witness: bool = False) -> Comparison:
        arguments = arguments if isinstance(arguments, tuple | list) else (arguments,)
        return compare(
            first, second, *arguments, dtype=dtype, seed=seed, witness=witness, **options
        )

    def differs(arguments: Any) -> bool:
        findings = compared(arguments).findings
        if conventions:
            return any(f.severity in (MISTAKE, CONVENTION) for f in findings)
        # a mistake is shown away from kinks, where no convention blurs it
        return any(f.severity == MISTAKE and not f.detail.get("at_kink") for f in findings)

    settings = hypothesis.settings(
        max_examples=cases,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    try:
        smallest = hypothesis.find(drawn, differs, settings=settings, random=Random(seed))
    except NoSuchExample:
        return None
    comparison = compared(smallest, witness=True)
    return Counterexample(tuple(comparison.inputs), comparison)


def _check_shape(shape: Any, place: int) -> None:
    """Whether this is a size or a sequence of sizes and names of sizes."""

    def is_integer(size: Any) -> bool:
        return isinstance(size, int | np.integer) and not isinstance(size, bool)

    wanted = [shape] if is_integer(shape) else shape
    if not isinstance(wanted, tuple | list) or not all(
        is_integer(size) or isinstance(size, str) for size in wanted
    ):
        raise TypeError(
            f"shapes: expected the shape of argument {place} as a size or a tuple of sizes and "
            f'names, such as 3, (2, 3) or ("N", 3), got {shape!r}'
        )
    if any(is_integer(size) and size < 0 for size in wanted):
        raise ValueError(f"shapes: argument {place} has a negative size, got {shape!r}")


def arrays_of(
    shapes: Sequence[Shape], low: float, high: float, sizes: tuple[int, int]
) -> SearchStrategy[Any]:
    """A strategy of float arrays of these shapes, a name meaning one size throughout."""
    from hypothesis import strategies as st

    wanted = [(s,) if isinstance(s, int | np.integer) else tuple(s) for s in shapes]
    named = sorted({n for shape in wanted for n in shape if isinstance(n, str)})
    floats = st.floats(low, high, allow_nan=False, width=32)

    @st.composite
    def arguments(draw: DrawFn) -> tuple[Array, ...]:
        size = {name: draw(st.integers(*sizes)) for name in named}
        arrays = []
        for shape in wanted:
            numbers = tuple(size[n] if isinstance(n, str) else n for n in shape)
            count = int(np.prod(numbers, dtype=int))
            values = draw(st.lists(floats, min_size=count, max_size=count))
            arrays.append(np.array(values, dtype=np.float64).reshape(numbers))
        return tuple(arrays)

    return arguments()


def as_code(a: Array) -> str:
    """The array as Python, to the last bit.

    >>> as_code(np.array([0.1, np.inf], dtype=np.float32))
    'np.array([0.10000000149011612, np.inf], dtype=np.float32)'
    >>> as_code(np.full(64, 0.5))
    'np.resize(np.array([0.5]), 64)'
    """
    if a.ndim == 1 and a.size > 16:
        for few in range(1, 9):
            if np.array_equal(np.resize(a[:few], a.size), a, equal_nan=a.dtype.kind == "f"):
                return f"np.resize({as_code(a[:few])}, {a.size})"
    values = repr(a.tolist()).replace("nan", "np.nan").replace("inf", "np.inf")
    dtype = "" if a.dtype in (np.float64, np.int64, np.bool_) else f", dtype=np.{a.dtype}"
    if not a.size:
        return f"np.zeros({a.shape}{dtype})"
    return f"np.array({values}{dtype})"
