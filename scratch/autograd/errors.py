"""What went wrong in an operation, said with its arguments and with what was expected.

Built only after something failed: an operation that works pays nothing for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..tensor import Tensor


class ArgumentError(ValueError, RuntimeError):
    """An argument that does not fit: a ValueError to numpy's users, RuntimeError to PyTorch's."""


def explained(
    body: Callable[..., Any], arguments: Sequence[Any], error: Exception
) -> Exception:
    """The same error with the operation, its arguments by name, and what it expects."""
    names = parameter_names(body)
    given = ", ".join(
        f"{name}: {describe(argument)}" for name, argument in zip(names, arguments)
    )
    expected = (body.__doc__ or "").strip().partition("\n")[0]
    message = f"{body.__name__}: {error}\n  given {given}\n  expected {expected}"
    if isinstance(error, IndexError):  # numpy's AxisError is one too
        return IndexError(message)
    if isinstance(error, TypeError):
        return TypeError(message)
    return ArgumentError(message)


def parameter_names(body: Callable[..., Any]) -> list[str]:
    """The names of a body's arguments; those of `*tensors` are numbered."""
    code = body.__code__
    names = list(code.co_varnames[: code.co_argcount])
    many = code.co_varnames[code.co_argcount + code.co_kwonlyargcount] if takes_many(body) else ""
    return names + [f"{many}[{i}]" for i in range(100)] if many else names


def takes_many(body: Callable[..., Any]) -> bool:
    """Whether the body has a `*tensors` argument."""
    return bool(body.__code__.co_flags & 0x04)  # inspect.CO_VARARGS


def describe(argument: Any) -> str:
    """Shape and dtype of a tensor or an array; anything else as it is."""
    data = argument.data if type(argument) is Tensor else argument
    if hasattr(data, "shape") and hasattr(data, "dtype"):
        return f"{data.shape} {data.dtype}"
    return f"{type(data).__name__} {data!r}"
