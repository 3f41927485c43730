"""Cases of one operation: a row of the table of samples, or a concept of the lecture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..concepts import concepts
from ..samples import OPERATIONS, Operation, Sample
from ..samples import Case as TableCase
from ..samples.values import Shape, random_shapes, real, shape_of, small_shapes
from .case import Case, Step
from .choices import Choices
from .numbers import Array

NOT_TWICE = ("xor", "prod")
"""Of these PyTorch's second derivative is inexact by design: that of the binary cross entropy adds
1e-12 to the probabilities, that of a product is a difference of quotients by the factors."""

DTYPES = ("float64", "float32")


Row = tuple[Operation, str]


@lru_cache(maxsize=1)
def rows() -> list[Row]:
    """Every operation of the table, and how it is written: `F.relu`, `OPERATIONS['clamp'].call`."""
    return [(o, _spelled(o)) for o in OPERATIONS.values()]


@lru_cache(maxsize=1)
def rows_of_the_lecture() -> list[Row]:
    """The concepts that are no single operation: networks, optimizers, trainings."""
    return [
        (c.operation, f"CONCEPTS['{c.name}'].operation.call")
        for c in concepts()
        if OPERATIONS.get(c.operation.name) is not c.operation
    ]


def _spelled(operation: Operation) -> str:
    return getattr(operation.call, "written", "") or f"OPERATIONS[{operation.name!r}].call"


def draw_row(c: Choices) -> Case:
    """One operation with random arguments, options and layouts in memory."""
    return _drawn(c, *c.one_of(rows()))


def draw_concept(c: Choices) -> Case:
    """One concept of the lecture, likewise."""
    return _drawn(c, *c.one_of(rows_of_the_lecture()))


@np.errstate(all="ignore")
def _drawn(c: Choices, operation: Operation, spelled: str) -> Case:
    dtype = c.one_of(DTYPES)
    wild = [one for one in operation.cases if operation.elementwise and _any_shape(one)]
    c.edges = bool(wild) and c.chance(6)
    if c.edges:
        sample = _at_edges(operation, c.one_of(wild), c, dtype)
    else:
        sample = _ordinary(operation, c, dtype)
    arrays, steps = list(sample.arrays), []
    places = list(range(len(arrays)))
    for i, array in enumerate(arrays):
        if array.ndim and not c.edges and c.chance(4):
            arrays[i], text = _stored_otherwise(array, c)
            steps.append(Step(text, (i,)))
            places[i] = len(arrays) + len(steps) - 1
    steps.append(Step(_call(sample, spelled), tuple(places)))
    twice = operation.differentiable and operation.twice and any(sample.requires_grad)
    twice = twice and operation.name not in NOT_TWICE
    if operation.name == "prelu" and not np.all(arrays[0]):
        twice = False  # PyTorch derives its gradient at 0, which is linear in g, to another slope
    return Case(
        arrays,
        list(sample.requires_grad),
        steps,
        [len(arrays) + len(steps) - 1],
        dtype,
        order=2 if twice and not c.edges and c.chance(6) else 1,
        coarse=operation.float32_inside or sample.options.get("dtype") == "float32",
        finite=not c.edges,
        label=operation.name,
    )


@np.errstate(all="ignore")
def draw_wrong(c: Choices) -> Case:
    """A call with something that is probably wrong: both wings refuse it, or both take it.

    Integers stay what they are: what a function of floats makes of integers is not asked here.
    """
    operation, spelled = c.one_of(rows())
    if operation.name in ("clamp", "cross_entropy", "nll_loss"):
        # PyTorch's clamp takes bounds that stretch the input, and fails in backward; a 0-d input
        # of the losses of classes, which has none, is one class in scratch
        operation, spelled = rows()[0]
    dtype = c.one_of(DTYPES)
    rng: Any = c
    if operation.errors and c.pick(3) == 0:
        wrong = c.one_of(operation.errors).case
        dims = [a.dims for a in wrong.arguments]
        sample = operation.sample(wrong, *small_shapes(dims)[0], rng, dtype)
    else:
        sample = operation.draw(rng, dtype)
    arrays, options = list(sample.arrays), dict(sample.options)
    if arrays and c.pick(2) == 0:
        i = c.pick(len(arrays))
        arrays[i] = _misshapen(arrays[i], c)
    integers = [k for k, v in options.items() if type(v) is int]
    if integers and c.pick(2) == 0:
        options[c.one_of(integers)] = c.pick(9) - 4
    wanted = [w and a.dtype.kind == "f" for w, a in zip(sample.requires_grad, arrays)]
    changed = replace(sample, arrays=tuple(arrays), options=options)
    places = tuple(range(len(arrays)))
    return Case(
        arrays, wanted, [Step(_call(changed, spelled), places)], [len(arrays)], dtype,
        coarse=operation.float32_inside or options.get("dtype") == "float32",
        label=operation.name, may_be_wrong=True,
    )  # fmt: skip


def _misshapen(a: Array, c: Choices) -> Array:
    """The array with another shape."""
    kind = c.pick(5)
    if kind == 0 and a.ndim and len(a):
        return np.asarray(a[0])
    if kind == 1 and a.size:
        return np.repeat(a, 2, axis=-1) if a.ndim else np.repeat(a, 2)
    if kind == 2 and a.ndim > 1:
        return np.ascontiguousarray(a.T)
    if kind == 3:
        return a[:0] if a.ndim else a
    return a[None]


def _any_shape(one: TableCase) -> bool:
    return all(a.dims in ("...", "*") for a in one.arguments)


def _ordinary(operation: Operation, c: Choices, dtype: str) -> Sample:
    """A call with ordinary numbers in random shapes; now and then one axis is long."""
    rng: Any = c  # as much of numpy's Generator as the table draws with
    one = c.one_of(operation.cases)
    dims = [a.dims for a in one.arguments]
    shapes, lengths = random_shapes(dims, rng)
    if c.chance(8):
        shapes, lengths = _with_a_long_axis(dims, shapes, lengths, c)
    return operation.sample(one, shapes, lengths, rng, dtype)


def long_length(c: Choices) -> int:
    """9 to 40: beyond the vectors of the processor and the unrolled loops of both libraries."""
    return 9 + c.pick(32)


def _with_a_long_axis(
    dims: Sequence[str], shapes: list[Shape], lengths: dict[str, int], c: Choices
) -> tuple[list[Shape], dict[str, int]]:
    """One of the dimensions that have a name, or one that all the other arguments share."""
    n = long_length(c)
    if lengths:
        lengths = {**lengths, c.one_of(list(lengths)): n}
    free = [i for i, d in enumerate(dims) if d in ("*", "...")]
    at = -1 - c.pick(max((len(shapes[i]) for i in free), default=1) or 1)
    for i, d in enumerate(dims):
        if i not in free:
            shapes[i] = shape_of(d, lengths)
        elif not lengths and len(shapes[i]) >= -at and shapes[i][at] != 1:
            shapes[i] = (*shapes[i][:at], n, *shapes[i][len(shapes[i]) + at + 1 :])
    return shapes, lengths


def _at_edges(operation: Operation, one: TableCase, c: Choices, dtype: str) -> Sample:
    """A call with infinities, NaN, huge and tiny numbers.

    A few of them, again and again until there are 64: what does not fill the processor's vectors
    PyTorch computes by another formula, and some derivatives at NaN differ between the two.
    """
    # outside the domain too: negative numbers under a root. Not of x ** 0.5, whose slope PyTorch
    # computes from 1 / sqrt(x): that is -inf at -0.0, where x ** -0.5 is inf
    if one.options.get("exponent") != 0.5 and c.chance(2):
        anything = [real(a.dims) if a.floating else a for a in one.arguments]
        one = replace(one, arguments=tuple(anything))
    # none is broadcast: whether a sum of huge gradients overflows is a matter of its order
    shapes = [(1 + c.pick(8),)] * len(one.arguments)
    rng: Any = c
    sample = operation.sample(one, shapes, {}, rng, dtype)
    return replace(sample, arrays=tuple(np.resize(a, 64) for a in sample.arrays))


def _stored_otherwise(a: Array, c: Choices) -> tuple[Array, str]:
    """The array stored in another way, and the view that shows it as it was (or nearly)."""
    kind = c.pick(6)
    if kind == 0:
        return np.repeat(a, 2, axis=-1), "{0}[..., ::2]"
    if kind == 1:
        return np.ascontiguousarray(a.swapaxes(0, -1)), "{0}.transpose(0, -1)"
    if kind == 2:  # PyTorch has no negative strides, and turns a copy around
        return a[::-1].copy(), "{0}[::-1] if lib.name == 'scratch' else {0}.flip(0)"
    if kind == 3 and len(a):
        return a[:1].copy(), f"{{0}}.expand({a.shape})"  # one row seen many times
    if kind == 4:
        return np.concatenate([a[:1], a]) if len(a) else a, "{0}[1:]" if len(a) else "{0}[0:]"
    return a.reshape(-1).copy(), f"{{0}}.reshape({a.shape})"


def _call(sample: Sample, spelled: str) -> str:
    positional = len(sample.arrays) - len(sample.keywords)
    first = [] if spelled.startswith(("lib.", "F.")) else ["lib"]
    given = [f"{{{i}}}" for i in range(positional)]
    given += [f"{name}={{{positional + i}}}" for i, name in enumerate(sample.keywords)]
    given += [f"{name}={option(name, value)}" for name, value in sample.options.items()]
    return f"{spelled}({', '.join(first + given)})"


def option(name: str, value: Any) -> str:
    """An option as an expression in both wings; see `Library.options`."""
    if name == "dtype" and value is not None:
        return f"lib.dtype({value!r})"
    if isinstance(value, np.ndarray):
        kind = "bool_" if value.dtype == bool else value.dtype.name
        return f"lib.tensor(np.array({value.tolist()!r}, np.{kind}))"
    if type(value) is tuple:
        inside = ", ".join(option("", v) for v in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, float) and not np.isfinite(value):
        return f"float('{value}')"
    return repr(value)
