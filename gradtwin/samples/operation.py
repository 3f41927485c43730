"""A row of the table: an operation, how both wings are called, and what they are called with."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from .library import Library
from .values import Array, Shape, Values, exactly, random_shapes, real, small_shapes

Call = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """One way to call an operation: its arguments and options; made by `case`."""

    arguments: tuple[Values, ...]
    keywords: tuple[str, ...]
    options: Mapping[str, Any]
    label: str


def case(*arguments: Values | str, label: str = "", **options: Any) -> Case:
    """A call with these arguments (a string: real numbers of these dimensions) and options.

    An option that is `Values` is a tensor given by keyword; one that is a function gets the lengths
    of the dimensions: `case("n k", shape=lambda n, k: (k, n))`.
    """
    by_keyword = {k: v for k, v in options.items() if isinstance(v, Values)}
    rest = {k: v for k, v in options.items() if k not in by_keyword}
    tensors = [a if isinstance(a, Values) else real(a) for a in arguments]
    return Case((*tensors, *by_keyword.values()), tuple(by_keyword), rest, label)


@dataclass(frozen=True)
class Wrong:
    """A call that must be refused by both wings; made by `wrong`."""

    case: Case
    raises: type[Exception] | tuple[type[Exception], ...]
    match: str


def wrong(
    *arguments: Values | str,
    raises: type[Exception] | tuple[type[Exception], ...],
    match: str,
    **options: Any,
) -> Wrong:
    """A call that raises (PyTorch's type); scratch's message matches the pattern `match`."""
    return Wrong(case(*arguments, **options), raises, match)


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation, the same for both wings.

    Args:
        name: as in `scratch.NAME` or `scratch.functional.NAME`.
        call: from a library and tensors to a tensor, written once for both.
        cases: calls with ordinary numbers.
        corners: calls with special numbers: zeros, infinities, NaN, ties, kinks.
        errors: calls that must raise.
        forms: other spellings of the same call: an operator, a method.
        smooth: whether its derivatives have no kink, so that those of higher order are compared at
            the corners too.
        elementwise: whether element i of the result depends on element i of the arguments only.
        differentiable: whether the result has a gradient.
        float32_inside: whether PyTorch computes a part of it in float32 whatever the dtype, so that
            float64 results agree to float32's rounding only.
        twice: whether PyTorch has a second derivative to compare with.
    """

    name: str
    call: Call
    cases: Sequence[Case]
    corners: Sequence[Case] = ()
    errors: Sequence[Wrong] = ()
    forms: Sequence[Call] = ()
    smooth: bool = False
    elementwise: bool = False
    differentiable: bool = True
    float32_inside: bool = False
    twice: bool = True

    def samples(self, dtype: Any = "float64", seed: int = 0) -> Iterator[Sample]:
        """Every case in small, fixed shapes; the same numbers for the same seed."""
        return self._in_small(self.cases, dtype, seed)

    def corner_samples(self, dtype: Any = "float64", seed: int = 0) -> Iterator[Sample]:
        """Every corner."""
        return self._in_small(self.corners, dtype, seed)

    def draw(self, rng: np.random.Generator, dtype: Any = "float64") -> Sample:
        """A random case in random shapes: call it as often as you like."""
        drawn = self.cases[int(rng.integers(len(self.cases)))]
        shapes, lengths = random_shapes([a.dims for a in drawn.arguments], rng)
        return self.sample(drawn, shapes, lengths, rng, dtype)

    def wrong_sample(self, wrong: Wrong, dtype: Any = "float64") -> Sample:
        """The call that must be refused."""
        shapes, lengths = small_shapes([a.dims for a in wrong.case.arguments])[0]
        return self.sample(wrong.case, shapes, lengths, np.random.default_rng(0), dtype)

    def _in_small(self, cases: Sequence[Case], dtype: Any, seed: int) -> Iterator[Sample]:
        # a name's own stream of numbers: a row that is added does not change the others
        rng = np.random.default_rng((seed, zlib.crc32(self.name.encode())))
        for one in cases:
            for shapes, lengths in small_shapes([a.dims for a in one.arguments]):
                yield self.sample(one, shapes, lengths, rng, dtype)

    def sample(
        self,
        one: Case,
        shapes: Sequence[Shape],
        lengths: Mapping[str, int],
        rng: np.random.Generator,
        dtype: Any,
    ) -> Sample:
        """This case with arguments of these shapes; `lengths` are those of named dimensions."""
        arrays = tuple(a.array(rng, s, lengths, dtype) for a, s in zip(one.arguments, shapes))
        options = {name: settled(value, lengths) for name, value in one.options.items()}
        wanted = tuple(
            v.differentiable and a.dtype.kind == "f" for v, a in zip(one.arguments, arrays)
        )
        return Sample(self, arrays, options, one.keywords, wanted, one.label)


@dataclass(frozen=True, eq=False)
class Sample:
    """An operation with its arguments.

    Args:
        arrays: the tensor arguments, the last of them by keyword.
        options: the other arguments.
        keywords: the names of the tensor arguments that are given by keyword.
        requires_grad: for each array whether its gradient is compared.
        label: what is special about it.
    """

    operation: Operation
    arrays: tuple[Array, ...]
    options: Mapping[str, Any]
    keywords: tuple[str, ...]
    requires_grad: tuple[bool, ...]
    label: str = ""

    def on(self, library: Library, call: Call | None = None) -> Callable[..., Any]:
        """The operation as a function of the library's tensors, with the options filled in."""
        options = library.options(self.options)
        positional = len(self.arrays) - len(self.keywords)
        function = call or self.operation.call

        def apply(*tensors: Any) -> Any:
            by_keyword = dict(zip(self.keywords, tensors[positional:]))
            return function(library, *tensors[:positional], **by_keyword, **options)

        return apply

    def __str__(self) -> str:
        given = [self.label] if self.label else [str(a.shape).replace(" ", "") for a in self.arrays]
        given += [f"{name}={short(value)}" for name, value in self.options.items()]
        return f"{self.operation.name}-{' '.join(given)}"


def settled(value: Any, lengths: Mapping[str, int]) -> Any:
    """An option's value; that of a function of the lengths it names."""
    if not isinstance(value, FunctionType):
        return value
    names = value.__code__.co_varnames[: value.__code__.co_argcount]
    return value(*(lengths[name] for name in names))


def short(value: Any) -> str:
    """An option in a few characters."""
    text = repr(value.tolist() if isinstance(value, np.ndarray) else value).replace(" ", "")
    return text if len(text) <= 30 else text[:27] + "..."


# ---- rows for what is applied to each element -----------------------------------------------


def method(name: str) -> Call:
    """The call `tensor.name(...)`."""
    return lambda library, input, *others, **options: getattr(input, name)(*others, **options)


def named(name: str) -> Call:
    """The call `library.name(...)`."""

    def call(library: Library, *tensors: Any, **options: Any) -> Any:
        return getattr(library, name)(*tensors, **options)

    return written(call, f"lib.{name}")


def functional(name: str) -> Call:
    """The call `functional.name(...)`."""

    def call(library: Library, *tensors: Any, **options: Any) -> Any:
        return getattr(library.F, name)(*tensors, **options)

    return written(call, f"F.{name}")


def written(call: Call, text: str) -> Call:
    """The call, which can be written like this where a case is printed."""
    call.written = text  # type: ignore[attr-defined]
    return call


def edges(*more: float, without: Sequence[str] = ()) -> list[Case]:
    """The numbers that matter for a function of one number: zeros, infinities, NaN, tiny, huge.

    more: where its formula or its derivative changes.
    without: labels of edges where PyTorch itself overflows on the way to a finite result.

    Each fills an array of 64. PyTorch computes the rest of an array that does not fill the
    processor's vectors by another formula, and some of its derivatives at NaN differ there.
    """
    near = 1 + 2.0**-20  # a neighbour in float32 too
    around = [x for m in more for x in (m, m * near, m / near)]
    return [
        case(exactly(np.resize(numbers, 64)), label=label)
        for label, numbers in {
            "zeros": [0.0, -0.0],
            "kinks": around,
            "ones": [1.0, -1.0, 0.5, -0.5],
            "tiny": [1e-3, -1e-3, 1e-8, -1e-8, 1e-20, -1e-20, 1e-37, -1e-37, 1e-44, -1e-44],
            "tails": [9.0, -9.0, 17.0, -17.0, 20.0, -20.0, 37.0, -37.0, 60.0, -60.0],
            "far": [-90.0, -104.0, -200.0, -710.0, -750.0, -1e4],
            "far above": [90.0, 104.0, 200.0, 710.0, 750.0, 1e4],
            "huge": [1e18, -1e18, 3e38, -3e38],
            "beyond float32": [1e155, -1e155, 1e308, -1e308],
            "infinite": [np.inf, -np.inf],
            "NaN": [np.nan],
        }.items()
        if numbers and label not in without
    ]


MANY = "100 100"
"""More elements than scratch treats as few: above 8,192 it takes other ways to the same numbers."""


def unary(
    name: str,
    call: Call | None = None,
    *,
    numbers: Callable[[str], Values] = real,
    kinks: Sequence[float] = (),
    options: Sequence[Mapping[str, Any]] = ({},),
    errors: Sequence[Wrong] = (),
    forms: Sequence[Call] = (),
    smooth: bool = True,
    without: Sequence[str] = (),
    float32_inside: bool = False,
    twice: bool = True,
) -> Operation:
    """The row of a function of one number: every option in every shape and at every edge."""
    return Operation(
        name,
        call or named(name),
        cases=[case(numbers("..."), **o) for o in options],
        corners=[
            Case(c.arguments, (), {**c.options, **o}, c.label)
            for o in options
            for c in (*edges(*kinks, without=without), case(numbers(MANY), label="many"))
        ],
        errors=errors,
        forms=forms,
        smooth=smooth and not kinks,
        elementwise=True,
        float32_inside=float32_inside,
        twice=twice,
    )
