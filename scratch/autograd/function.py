"""A block whose derivative the user writes, as `torch.autograd.Function`.

Lecture: "Diferenciación automática": frameworks can be extended with new blocks for which we
say ourselves how they are derived.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor
from .errors import ArgumentError
from .grad_mode import enable_grad, mode, no_grad
from .node import recorded


class Context:
    """What `forward` leaves for `backward`."""

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self.saved_tensors: tuple[Any, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors for `backward`, which finds them in `ctx.saved_tensors`."""
        self.saved_tensors = tensors


class Function:
    """A differentiable block: write `forward` and `backward`, call `apply`.

    >>> import scratch
    >>> class Cube(scratch.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x**2
    >>> x = scratch.tensor([2.0], requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    array([12.])
    """

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        """The block's value. Tensors arrive as Tensors; nothing is recorded."""
        raise NotImplementedError("a Function needs a static method forward(ctx, *args)")

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        """The gradient of each argument of forward (None for one that has none)."""
        raise NotImplementedError("a Function needs a static method backward(ctx, g)")

    @classmethod
    def apply(cls, *args: Any) -> Tensor:
        """Run the block on the arguments of `forward` and record it."""
        needs = tuple(type(a) is Tensor and a.requires_grad for a in args)

        def body(*tensors: Any) -> Any:
            """forward, and for each argument its share of backward."""
            # the Tensors of this run (they differ when a derivative is recorded)
            given = iter(tensors)
            ctx = Context(needs)
            with no_grad():
                out = cls.forward(ctx, *(next(given) if type(a) is Tensor else a for a in args))
            if isinstance(out, (np.ndarray, float, np.floating)):
                out = Tensor(out)
            elif not isinstance(out, Tensor):
                raise TypeError(
                    f"{cls.__name__}.forward: expected a Tensor, got {type(out).__name__}"
                )
            if any(out is t for t in tensors):  # an argument returned as it is: a new tensor
                out = out.detach()
            latest: list[Any] = [None, ()]  # backward runs once for all arguments

            def share(position: int, shape: tuple[int, ...], g: Any) -> Any:
                if latest[0] is not g:
                    latest[:] = g, gradients(cls, ctx, args, g)
                return checked(cls, position, shape, latest[1][position], g)

            shares = [
                lambda g, i=i, a=a: share(i, a.shape, g)
                for i, a in enumerate(args)
                if type(a) is Tensor
            ]
            return (out, *shares)

        body.__name__ = cls.__name__
        tensors = [a for a in args if type(a) is Tensor]
        out, *shares = body(*tensors)
        if not (mode.recording and any(needs)):
            return Tensor(out.data)
        partials = tuple(s if t.requires_grad else None for t, s in zip(tensors, shares))
        return recorded(out.data, body, tuple(t.grad_fn or t for t in tensors), partials)


def gradients(cls: type[Function], ctx: Context, args: tuple[Any, ...], g: Any) -> tuple[Any, ...]:
    """What backward returns, one for each argument of forward."""
    recorded = type(g) is Tensor
    with enable_grad() if recorded else no_grad():
        returned = cls.backward(ctx, g if recorded else Tensor(np.asarray(g)))
    several = tuple(returned) if isinstance(returned, (tuple, list)) else (returned,)
    if len(several) != len(args):
        raise ArgumentError(
            f"{cls.__name__}.backward: expected {len(args)} gradients, one for each argument of "
            f"forward, got {len(several)}"
        )
    return several


def checked(cls: type[Function], position: int, shape: tuple[int, ...], d: Any, g: Any) -> Any:
    """One gradient from backward: of the argument's shape, and a new array."""
    if d is None:
        d = np.zeros(shape, g.dtype)
    if np.shape(d.data if type(d) is Tensor else d) != shape:
        raise ArgumentError(
            f"{cls.__name__}.backward: gradient {position} has shape {np.shape(d)}, "
            f"the argument {shape}"
        )
    if type(g) is Tensor:
        return d if type(d) is Tensor else Tensor(d)
    # a copy: backward may have returned an array that it keeps
    return np.array(d.data if type(d) is Tensor else d)
