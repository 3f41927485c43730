"""What each quantity should be, given the quantities that it is computed from.

A reference is a torch function whose parameters are named after quantities, or the gradient of
another quantity's reference, by autograd. It is evaluated on what a submission itself returned
earlier, so that each quantity is judged as one step.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .lazy import torch

Array = np.ndarray[Any, np.dtype[Any]]
Arrays = Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Value:
    """A quantity by a function of torch tensors; `parameters` are the quantities it is given."""

    function: Callable[..., Any]
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gradient:
    """The gradient of a quantity with respect to another, times an upstream gradient.

    Args:
        of: the quantity that is differentiated. It may depend on `wrt` through others.
        wrt: an input, or an earlier quantity.
        upstream: the quantity that plays dL/d(of); "" for ones (`of` is the loss).
    """

    of: str
    wrt: str
    upstream: str = ""


Reference = Value | Gradient

MOST_REMEMBERED = 4096
"""Results kept for equal inputs, of small arrays all: some megabytes."""


def gradient(of: str, wrt: str, upstream: str = "") -> Gradient:
    """dL/d(wrt) = dL/d(of) d(of)/d(wrt), by autograd; see `Gradient`.

    >>> gradient("a", "z", "g")
    Gradient(of='a', wrt='z', upstream='g')
    """
    return Gradient(of, wrt, upstream)


def as_reference(name: str, given: Any) -> Reference:
    """A reference as it may be written: a `Gradient`, or a function with named parameters.

    Raises:
        TypeError: anything else.
    """
    if isinstance(given, Gradient | Value):
        return given
    if not callable(given):
        raise TypeError(f"reference of {name!r}: expected a function of torch tensors or "
                        f"gradient(of, wrt, upstream), got {type(given).__name__}")
    try:
        parameters = tuple(inspect.signature(given).parameters)
    except (TypeError, ValueError):
        raise TypeError(f"reference of {name!r}: {given!r} shows no parameter names; "
                        "wrap it: lambda x: ...") from None
    return Value(given, parameters)


class References:
    """All references of an exercise, which may stand on each other.

    >>> references = References({"y": Value(lambda x: x**2, ("x",)), "dx": gradient("y", "x", "g")})
    >>> references.expected("dx", {"x": np.array([3.0]), "g": np.array([1.0])}).tolist()
    [6.0]
    """

    def __init__(self, of: Mapping[str, Reference]) -> None:
        self.of = dict(of)
        self._stands_on: dict[str, frozenset[str]] = {}
        self._remembered: dict[Any, Array] = {}

    def stands_on(self, name: str) -> frozenset[str]:
        """The quantities whose values the reference of `name` is computed from."""
        if name not in self._stands_on:
            self._stands_on[name] = frozenset(self._read_by(name))
        return self._stands_on[name]

    def _read_by(self, name: str) -> set[str]:
        reference = self.of[name]
        if isinstance(reference, Value):
            return set(reference.parameters)
        upstream = {reference.upstream} - {""}
        return upstream | set(self._read(reference.of, reference.wrt))

    def _read(self, name: str, wrt: str) -> Iterator[str]:
        """What is read when `name` is recomputed as a function of `wrt`."""
        if name == wrt or not self._depends(name, wrt):
            yield name
        else:
            for parameter in self._value(name).parameters:
                yield from self._read(parameter, wrt)

    def _value(self, name: str) -> Value:
        reference = self.of.get(name)
        if not isinstance(reference, Value):
            raise ValueError(f"reference: {name!r} has no function to differentiate")
        return reference

    def _depends(self, name: str, wrt: str) -> bool:
        reference = self.of.get(name)
        return name == wrt or (
            isinstance(reference, Value)
            and any(self._depends(p, wrt) for p in reference.parameters)
        )

    def once(self, what: str, name: str, known: Arrays, compute: Callable[[], Array]) -> Array:
        """A result that depends on what `name` stands on alone: computed once for equal values.

        The probes are the same for every submission, and most of what students return is right.
        """
        key = (what, name, *((n, known[n].dtype.str, known[n].shape, known[n].tobytes())
                             for n in self.stands_on(name)))
        if key not in self._remembered:
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            result = np.asarray(compute())
            result.flags.writeable = False
            self._remembered[key] = result
        return self._remembered[key]

    def expected(self, name: str, known: Arrays) -> Array:
        """What the quantity should be, in float64 (integers and booleans as they are)."""
        return self.once("expected", name, known, lambda: self._expected(name, known))

    def _expected(self, name: str, known: Arrays) -> Array:
        reference = self.of[name]
        if isinstance(reference, Value):
            return _array(reference.function(*(_tensor(known[p]) for p in reference.parameters)))
        leaf = _tensor(known[reference.wrt]).requires_grad_()

        def compute(quantity: str) -> Any:
            if quantity == reference.wrt:
                return leaf
            if not self._depends(quantity, reference.wrt):
                return _tensor(known[quantity])
            value = self._value(quantity)
            return value.function(*(compute(p) for p in value.parameters))

        output = compute(reference.of)
        if reference.upstream:
            g = _tensor(known[reference.upstream])
            if [n for n in g.shape if n != 1] != [n for n in output.shape if n != 1]:
                raise ValueError(f"{reference.upstream} has not the shape of {reference.of}")
            g = g.reshape(output.shape)
        else:
            g = torch.ones_like(output)
        (result,) = torch.autograd.grad(output, [leaf], [g], allow_unused=True)
        return np.zeros(leaf.shape) if result is None else _array(result)

    def all_expected(self, inputs: Arrays) -> dict[str, Array]:
        """Every quantity from the inputs alone, in the order in which they stand."""
        known = dict(inputs)
        for name in self.of:
            known[name] = self.expected(name, known)
        return {name: known[name] for name in self.of}


def _tensor(array: Array) -> Any:
    wide = array.astype(np.float64) if array.dtype.kind == "f" else array
    return torch.tensor(wide)


def _array(result: Any) -> Array:
    if hasattr(result, "detach"):
        result = result.detach().numpy()
    return np.array(result)
