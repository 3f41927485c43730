"""The two sides of a comparison: how each kind of code is run forward and backward.

A `Side` runs somebody's code on plain arrays and gives plain arrays back, so that the comparison
never needs to know whether scratch, PyTorch or a student's numpy did the work. What kind of code it
is, is read from the code (never tried out, and never guessed from an error it raises): a torch
function mentions torch, a pair or an object with forward and backward is numpy, and where nothing
tells, the first side is scratch and the second torch. `side` says it outright.
"""

from __future__ import annotations

import functools
import types
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .findings import Finding

Array = np.ndarray[Any, np.dtype[Any]]

KINDS_OF_SIDE = ("scratch", "torch", "numpy")


class UsageError(TypeError):
    """The caller handed something that no convention covers: raised to the caller, no finding."""


class NotAnArrayError(Exception):
    """The code returned something that is no array of numbers: a finding of its own."""


class Pass(ABC):
    """One run forward, ready to go backward once."""

    outputs: list[Array]
    findings: list[Finding]
    takes_upstream = True
    has_backward = True
    several = False

    @abstractmethod
    def backward(self, upstream: Sequence[Array]) -> list[Array | None]:
        """One gradient an argument, None where none was asked for or none came."""


class Side(ABC):
    """Code that runs forward and backward on plain arrays."""

    kind: str
    extended = np.float64
    """The widest dtype in which this side can evaluate forward."""

    @abstractmethod
    def forward(
        self, inputs: Sequence[Array], wanted: Sequence[bool], expected: int | None = None
    ) -> Pass:
        """Run forward; `wanted` says which arguments get a gradient.

        `expected`, the number of the other side's outputs, settles what a numpy tuple means.
        """

    @abstractmethod
    def evaluate(self, inputs: Sequence[Array], expected: int | None = None) -> list[Array]:
        """The outputs alone, without gradient and without a look at how the code behaves."""

    @abstractmethod
    def parameter_names(self) -> list[str]:
        """The names of forward's positional parameters, as far as they can be read."""

    def called(self) -> Any:
        """The function that gets the arguments, None where it is not known."""
        return getattr(self, "function", None)

    def refuse_count(self, who: str, count: int) -> None:
        """Raise UsageError when forward cannot be called with `count` positional arguments.

        A function that shows no signature (many of PyTorch's own) is left to refuse them itself.
        """
        import inspect

        code = self.called()
        try:
            signature = inspect.signature(code)
        except (TypeError, ValueError):
            return
        try:
            signature.bind(*range(count))
        except TypeError as error:
            name = getattr(code, "__name__", type(code).__name__)
            plain = [str(p.replace(annotation=p.empty)) for p in signature.parameters.values()]
            arguments = f"{count} argument{'' if count == 1 else 's'}"
            raise UsageError(
                f"{who}, {name}({', '.join(plain)}), cannot be called with {arguments}: {error}"
            ) from None


def side(kind: str, code: Any, **options: Any) -> Side:
    """`code` as a side of the stated kind, whatever it looks like.

    Args:
        kind: "scratch" or "torch", a function of tensors; "numpy", a pair (forward, backward), an
            object with both, or forward alone.
        options: for numpy only: `cache` (True: forward returns (out, cache), and backward takes
            (g, cache); False: forward returns only outputs), `upstream` (False: backward takes no
            upstream gradient, as a loss may do).

    Raises:
        ValueError: an unknown kind.
        TypeError: code that cannot be of this kind.

    >>> side("numpy", (lambda x: x * x, lambda g, x: 2 * g * x)).kind
    'numpy'
    """
    if isinstance(code, Side):
        return code
    if kind == "numpy":
        from .numpy_side import NumpySide

        return NumpySide(code, **options)
    if options:
        raise TypeError(f"{', '.join(options)}: only a numpy side has such options, not {kind!r}")
    if kind not in KINDS_OF_SIDE:
        raise ValueError(f"kind must be one of {', '.join(KINDS_OF_SIDE)}; got {kind!r}")
    if not callable(code):
        raise UsageError(f"a {kind} side must be a function of tensors, got {_describe(code)}")
    return TorchSide(code) if kind == "torch" else ScratchSide(code)


def as_side(code: Any, otherwise: str) -> Side:
    """`code` as a side: its kind read from the code, `otherwise` where nothing tells.

    >>> as_side(lambda x: x * x, otherwise="torch").kind
    'torch'
    """
    if isinstance(code, Side):
        return code
    if isinstance(code, type):
        raise UsageError(
            f"got the class {code.__name__}: hand over an instance, {code.__name__}(), "
            f"or its function, {code.__name__}.apply"
        )
    if isinstance(code, tuple | list):
        if len(code) != 2:
            raise UsageError(
                f"a numpy side is a pair (forward, backward); got {len(code)} things"
            )
        return side("numpy", tuple(code))
    kind = _kind_of(code)
    if kind is None and hasattr(code, "forward") and hasattr(code, "backward"):
        kind = "numpy"
    return side(kind or otherwise, code)


# What a function mentions tells which library it is written for.

_LIBRARIES = {"torch": "torch", "torch_ref": "torch", "scratch": "scratch"}


def _kind_of(code: Any) -> str | None:
    kinds = {_LIBRARIES[root] for root in _roots(code, set()) if root in _LIBRARIES}
    return kinds.pop() if len(kinds) == 1 else None


def _roots(thing: Any, seen: set[int]) -> Iterator[str]:
    """Top-level packages that a function, or the functions it calls, belongs to or mentions."""
    if id(thing) in seen or isinstance(thing, np.ndarray | str | int | float):
        return
    seen.add(id(thing))
    if isinstance(thing, functools.partial):
        yield from _roots(thing.func, seen)
    elif isinstance(thing, types.ModuleType):
        yield thing.__name__.partition(".")[0]
    elif isinstance(thing, types.MethodType):
        yield from _roots(thing.__self__, seen)
        yield from _roots(thing.__func__, seen)
    elif isinstance(thing, types.FunctionType):
        root = (thing.__module__ or "").partition(".")[0]
        yield root
        if root not in _LIBRARIES:
            cells = [c.cell_contents for c in thing.__closure__ or () if _is_filled(c)]
            named = [thing.__globals__[n] for n in _names(thing.__code__) if n in thing.__globals__]
            for mentioned in (*cells, *named, *(thing.__defaults__ or ())):
                yield from _roots(mentioned, seen)
    else:
        module = getattr(thing, "__module__", None)
        if isinstance(module, str):
            yield module.partition(".")[0]
        for base in type(thing).__mro__:                # an instance of a subclass of nn.Module
            yield base.__module__.partition(".")[0]


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:                     # functions written inside
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _is_filled(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def _describe(thing: Any) -> str:
    return f"{type(thing).__name__} {thing!r:.60}"


def positional_names(code: Any) -> list[str]:
    """Names of the positional parameters of a function, [] where they cannot be read."""
    plain = getattr(code, "__func__", code)
    if isinstance(plain, types.FunctionType):           # ten times faster than a signature
        names = plain.__code__.co_varnames[: plain.__code__.co_argcount]
        return list(names[1:] if isinstance(code, types.MethodType) else names)
    import inspect

    try:
        parameters = inspect.signature(code).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.kind in kinds]


# scratch and torch: the engine goes backward.


class _TensorSide(Side):
    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def parameter_names(self) -> list[str]:
        return positional_names(self.called())

    def outputs_of(self, result: Any, is_tensor: Callable[[Any], bool]) -> tuple[list[Any], bool]:
        """The outputs (a tuple or list means several); plain numbers are constants."""
        several = isinstance(result, tuple | list)
        outputs = list(result) if several else [result]
        for output in outputs:
            if not is_tensor(output) and not isinstance(output, np.ndarray | np.generic | float):
                raise NotAnArrayError(
                    f"returned {_describe(output)} where a tensor is expected"
                )
        return outputs, several


class ScratchSide(_TensorSide):
    """A function of scratch tensors."""

    kind = "scratch"
    extended = np.longdouble  # type: ignore[assignment]  # scratch keeps numpy's dtypes

    def forward(
        self, inputs: Sequence[Array], wanted: Sequence[bool], expected: int | None = None
    ) -> Pass:
        import scratch

        tensors = [
            scratch.tensor(a, requires_grad=True) if w else scratch.tensor(a)
            for a, w in zip(inputs, wanted)
        ]
        outputs, several = self.outputs_of(
            self.function(*tensors), lambda t: isinstance(t, scratch.Tensor)
        )
        return _ScratchPass(tensors, outputs, wanted, several)

    def evaluate(self, inputs: Sequence[Array], expected: int | None = None) -> list[Array]:
        import scratch

        with scratch.no_grad():
            result = self.function(*(scratch.tensor(a) for a in inputs))
        return [_data(t) for t in (result if isinstance(result, tuple | list) else [result])]


def _data(t: Any) -> Array:
    return np.asarray(getattr(t, "data", t) if not isinstance(t, np.ndarray) else t)


class _ScratchPass(Pass):
    def __init__(
        self, tensors: list[Any], outputs: list[Any], wanted: Sequence[bool], several: bool
    ) -> None:
        self.tensors, self.results, self.wanted, self.several = tensors, outputs, wanted, several
        self.outputs = [_data(t) for t in outputs]
        self.findings = []

    def backward(self, upstream: Sequence[Array]) -> list[Array | None]:
        live = [
            (t, g) for t, g in zip(self.results, upstream) if getattr(t, "requires_grad", False)
        ]
        for number, (t, g) in enumerate(live, start=1):     # gradients accumulate in the leaves
            t.backward(g, retain_graph=number < len(live))
        return [t.grad if w else None for t, w in zip(self.tensors, self.wanted)]


class TorchSide(_TensorSide):
    """A function of torch tensors, or a `torch.nn.Module`."""

    kind = "torch"

    def called(self) -> Any:
        forward = getattr(self.function, "forward", None)
        return forward if callable(forward) else self.function

    def forward(
        self, inputs: Sequence[Array], wanted: Sequence[bool], expected: int | None = None
    ) -> Pass:
        import torch

        tensors = [
            torch.tensor(a, requires_grad=True) if w else torch.tensor(a)
            for a, w in zip(inputs, wanted)
        ]
        outputs, several = self.outputs_of(
            self.function(*tensors), lambda t: isinstance(t, torch.Tensor)
        )
        return _TorchPass(tensors, outputs, wanted, several)

    def evaluate(self, inputs: Sequence[Array], expected: int | None = None) -> list[Array]:
        import torch

        with torch.no_grad():
            result = self.function(*(torch.tensor(a) for a in inputs))
        return [np.asarray(t) for t in (result if isinstance(result, tuple | list) else [result])]


class _TorchPass(Pass):
    def __init__(
        self, tensors: list[Any], outputs: list[Any], wanted: Sequence[bool], several: bool
    ) -> None:
        self.tensors, self.results, self.wanted, self.several = tensors, outputs, wanted, several
        self.outputs = [
            t.detach().numpy() if hasattr(t, "detach") else np.asarray(t) for t in outputs
        ]
        self.findings = []

    def backward(self, upstream: Sequence[Array]) -> list[Array | None]:
        import torch

        live = [
            (t, torch.from_numpy(np.array(g)))
            for t, g in zip(self.results, upstream)
            if getattr(t, "requires_grad", False)
        ]
        leaves = [t for t, w in zip(self.tensors, self.wanted) if w]
        if not live or not leaves:
            return [None] * len(self.tensors)
        came = iter(
            torch.autograd.grad(
                [t for t, _ in live], leaves, [g for _, g in live], allow_unused=True
            )
        )
        gradients = [next(came) if w else None for w in self.wanted]
        return [None if g is None else g.detach().numpy() for g in gradients]

    @property
    def nodes(self) -> int:
        """How many operations were recorded: a bound on the roundings in a chain."""
        waiting = [t.grad_fn for t in self.results if getattr(t, "grad_fn", None) is not None]
        seen = set(waiting)
        while waiting:
            for node, _ in waiting.pop().next_functions:
                if node is not None and node not in seen:
                    seen.add(node)
                    waiting.append(node)
        return len(seen)
