"""From a formula with its derivatives to an operation on Tensors.

A body is plain numpy: it takes arrays and returns the value, then one partial derivative for
each tensor argument, a function from the gradient of the result to the gradient of that
argument:

    @primitive
    def square(input: Array) -> Any:
        return input * input, lambda g: g * (2 * input)

The tensor arguments are those annotated `Array`; options come after them. The body of an
`elementwise` operation never thinks of broadcasting: the engine sums g back to each argument's
shape, and brings tensors of two dtypes to one before the body sees them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

import numpy as np

from ..tensor import Tensor
from .again import ELEMENTWISE
from .broadcasting import back_to, to_common_dtype
from .errors import explained, parameter_names, takes_many
from .grad_mode import blocks, mode
from .node import recorded

P = ParamSpec("P")
Body = Callable[..., Any]


def primitive(body: Callable[P, Any]) -> Callable[P, Tensor]:
    """An operation on Tensors from its body.

    There is one wrapper for each common number of tensor arguments, since a general one would
    cost every small operation a fifth of its time.
    """
    names, has_options = tensor_arguments(body)
    wrappers = (one_with_options, two_with_options) if has_options else (one, two, three)
    if takes_many(body) or len(names) > len(wrappers):
        apply = general(body, names)
    else:
        apply = wrappers[len(names) - 1](body)
    return dressed(apply, body, names)


def elementwise(body: Callable[P, Any]) -> Callable[P, Tensor]:
    """An operation on Tensors whose arguments broadcast against each other."""
    names, has_options = tensor_arguments(body)
    if len(names) == 1:
        return primitive(body)
    ELEMENTWISE.add(body)
    if len(names) == 2 and not has_options:
        return dressed(two_broadcast(body), body, names)
    return dressed(general(body, names, broadcasts=True), body, names)


def part_of(operation: str) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Under `primitive`: one of several bodies behind the operation that the user knows."""

    def renamed(body: Callable[P, Any]) -> Callable[P, Any]:
        body.__name__ = operation
        return body

    return renamed


def on_either(operation: Callable[P, Any]) -> Callable[P, Any]:
    """An operation for use inside a body: arrays in, array out; Tensors in, Tensor out."""
    body: Any = operation.body  # type: ignore[attr-defined]

    def apply(*args: P.args, **kwargs: P.kwargs) -> Any:
        if any(type(a) is Tensor for a in args):
            return operation(*args, **kwargs)
        return body(*args, **kwargs)[0]

    return apply


# ---- the wrappers: the same four steps each -------------------------------------------------
# the arrays of the arguments; the body; a Tensor of the value; a Node where one is needed


def one(body: Body) -> Callable[..., Tensor]:
    def apply(input: Any) -> Tensor:
        if type(input) is not Tensor:
            input = lifted(body, input, 0)
        try:
            value, d_input = body(input.data)
        except Exception as error:
            raise explained(body, (input,), error) from error
        if input.requires_grad and (not blocks.open or mode.recording):
            return recorded(value, body, (input.grad_fn or input,), (d_input,))
        return Tensor(value)

    return apply


def one_with_options(body: Body) -> Callable[..., Tensor]:
    def apply(input: Any, *options: Any, **named: Any) -> Tensor:
        if type(input) is not Tensor:
            input = lifted(body, input, 0)
        try:
            value, d_input = body(input.data, *options, **named)
        except Exception as error:
            raise explained(body, (input, *options), error) from error
        if input.requires_grad and (not blocks.open or mode.recording):
            return recorded(
                value, body, (input.grad_fn or input,), (d_input,), options, named
            )
        # A view is copied where it is not recorded: who writes into one of the two arrays later
        # would change the other, and no graph would notice.
        shared = value is input.data or value.base is not None
        return Tensor(value.copy() if shared else value)

    return apply


def two(body: Body) -> Callable[..., Tensor]:
    def apply(input: Any, other: Any) -> Tensor:
        if type(input) is not Tensor:
            input = lifted(body, input, 0)
        if type(other) is not Tensor:
            other = lifted(body, other, 1)
        try:
            value, d_input, d_other = body(input.data, other.data)
        except Exception as error:
            raise explained(body, (input, other), error) from error
        if (input.requires_grad or other.requires_grad) and (not blocks.open or mode.recording):
            partials = (
                d_input if input.requires_grad else None,
                d_other if other.requires_grad else None,
            )
            inputs = (input.grad_fn or input, other.grad_fn or other)
            return recorded(value, body, inputs, partials)
        return Tensor(value)

    return apply


def two_with_options(body: Body) -> Callable[..., Tensor]:
    def apply(input: Any, other: Any, *options: Any, **named: Any) -> Tensor:
        if type(input) is not Tensor:
            input = lifted(body, input, 0)
        if type(other) is not Tensor:
            other = lifted(body, other, 1)
        try:
            value, d_input, d_other = body(input.data, other.data, *options, **named)
        except Exception as error:
            raise explained(body, (input, other, *options), error) from error
        if (input.requires_grad or other.requires_grad) and (not blocks.open or mode.recording):
            partials = (
                d_input if input.requires_grad else None,
                d_other if other.requires_grad else None,
            )
            inputs = (input.grad_fn or input, other.grad_fn or other)
            return recorded(value, body, inputs, partials, options, named)
        return Tensor(value)

    return apply


def three(body: Body) -> Callable[..., Tensor]:
    def apply(input: Any, weight: Any, bias: Any) -> Tensor:
        if type(input) is not Tensor:
            input = lifted(body, input, 0)
        if type(weight) is not Tensor:
            weight = lifted(body, weight, 1)
        if type(bias) is not Tensor:
            bias = ABSENT if bias is None else lifted(body, bias, 2)
        try:
            value, d_input, d_weight, d_bias = body(input.data, weight.data, bias.data)
        except Exception as error:
            raise explained(body, (input, weight, bias), error) from error
        if (
            input.requires_grad or weight.requires_grad or bias.requires_grad
        ) and (not blocks.open or mode.recording):
            inputs = (
                input.grad_fn or input,
                weight.grad_fn or weight,
                bias.grad_fn or bias,
            )
            partials = (
                d_input if input.requires_grad else None,
                d_weight if weight.requires_grad else None,
                d_bias if bias.requires_grad else None,
            )
            return recorded(value, body, inputs, partials)
        return Tensor(value)

    return apply


def two_broadcast(body: Body) -> Callable[..., Tensor]:
    def apply(input: Any, other: Any) -> Tensor:
        if type(other) is not Tensor:
            other = constant(body, other, 1, input)
        if type(input) is not Tensor:
            input = constant(body, input, 0, other)
        x, y = input.data, other.data
        alike = x.dtype is y.dtype and x.shape == y.shape
        try:
            if not alike:
                x, y = to_common_dtype(x, y)
            value, d_input, d_other = body(x, y)
        except Exception as error:
            raise explained(body, (input, other), error) from error
        if (input.requires_grad or other.requires_grad) and (not blocks.open or mode.recording):
            if not alike:  # decided here, once: arguments that are alike pay nothing in backward
                d_input = back_to(input.data, value, d_input)
                d_other = back_to(other.data, value, d_other)
            partials = (
                d_input if input.requires_grad else None,
                d_other if other.requires_grad else None,
            )
            inputs = (input.grad_fn or input, other.grad_fn or other)
            return recorded(value, body, inputs, partials)
        return Tensor(value)

    return apply


def general(
    body: Body, names: tuple[str, ...], broadcasts: bool = False
) -> Callable[..., Tensor]:
    """Any number of tensor arguments, some of which may be None, and options after them."""
    many = takes_many(body)

    def apply(*arguments: Any, **named: Any) -> Tensor:
        # tensor arguments given by keyword take their place before the options
        while not many and len(arguments) < len(names) and names[len(arguments)] in named:
            arguments = (*arguments, named.pop(names[len(arguments)]))
        count = len(arguments) if many else len(names)
        given, options = arguments[:count], arguments[count:]
        like = next((a for a in given if type(a) is Tensor), None)
        tensors = [
            a if type(a) is Tensor or a is None
            else constant(body, a, i, like) if broadcasts
            else lifted(body, a, i)
            for i, a in enumerate(given)
        ]
        arrays = [None if t is None else t.data for t in tensors]
        try:
            if broadcasts:
                arrays = list(to_common_dtype(*arrays))
            value, *partials = body(*arrays, *options, **named)
        except Exception as error:
            raise explained(body, (*tensors, *options), error) from error
        if not (mode.recording and any(t is not None and t.requires_grad for t in tensors)):
            return Tensor(value)
        needed = [
            None if t is None or not t.requires_grad
            else back_to(t.data, value, d) if broadcasts
            else d
            for t, d in zip(tensors, partials)
        ]
        inputs = tuple(t if t is None else t.grad_fn or t for t in tensors)
        return recorded(value, body, inputs, tuple(needed), options, named)

    return apply


ABSENT = Tensor(None)  # an optional tensor argument that was left out
ABSENT.data = None  # type: ignore[assignment]


# ---- what the decorators need ---------------------------------------------------------------


def tensor_arguments(body: Body) -> tuple[tuple[str, ...], bool]:
    """The names of the arguments annotated `Array`, and whether there are options after them."""
    annotations = {k: v for k, v in body.__annotations__.items() if k != "return"}
    names = tuple(name for name, kind in annotations.items() if "Array" in str(kind))
    if not names:
        raise TypeError(
            f"{body.__name__}: annotate its tensor arguments with Array, under "
            "`from __future__ import annotations`"
        )
    return names, len(names) < len(annotations)


def dressed(
    apply: Callable[..., Tensor], body: Callable[P, Any], names: tuple[str, ...]
) -> Callable[P, Tensor]:
    """The wrapper with the body's name, documentation, defaults and parameter names."""
    code = apply.__code__
    if not code.co_flags & 0x04 or code.co_argcount:  # has parameters of its own
        # renamed to the body's, so that F.linear(x, weight=w) finds them
        own = code.co_varnames[: code.co_argcount]
        renamed = tuple(names[own.index(v)] if v in own else v for v in code.co_varnames)
        apply.__code__ = code.replace(co_varnames=renamed)
        apply.__defaults__ = body.__defaults__ and body.__defaults__[: len(names)]
    functools.update_wrapper(apply, body)
    apply.body = body  # type: ignore[attr-defined]
    return apply


def lifted(body: Body, argument: Any, position: int) -> Tensor:
    """An array as a constant of the graph; anything else is refused, as in PyTorch."""
    if isinstance(argument, np.ndarray):
        return Tensor(argument)
    kind = type(argument)
    where = "" if kind.__module__ == "builtins" else f"{kind.__module__.partition('.')[0]}."
    raise TypeError(
        f"{body.__name__}: {parameter_names(body)[position]}: expected a scratch.Tensor or a numpy "
        f"array, got {where}{kind.__name__} {argument!r}; make one with scratch.tensor(...)"
    )


def constant(body: Body, argument: Any, position: int, like: Any) -> Tensor:
    """A number beside a tensor takes the tensor's dtype: 2 * x stays float32."""
    if isinstance(argument, (bool, int, float)):
        dtype = like.data.dtype if type(like) is Tensor else getattr(like, "dtype", None)
        if dtype is not None and (dtype.kind == "f" or isinstance(argument, bool)):
            return Tensor(np.array(argument, dtype))
        return Tensor(np.array(argument))
    if isinstance(argument, np.generic):
        return Tensor(np.asarray(argument))
    return lifted(body, argument, position)
