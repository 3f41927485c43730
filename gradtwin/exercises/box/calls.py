"""One call of one function of a submission: its arguments in, plain arrays or a reason out.

Used inside the box for a submission, and outside for the exercise's own sources.
"""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

# A submission may patch numpy: what is needed here is held from before.
_ndarray, _generic, _array, _view = np.ndarray, np.generic, np.array, np.ndarray.view
_extended = np.longdouble
_size_of = np.ndarray.size.__get__
_type_name = type.__dict__["__name__"].__get__
_PLAIN = (bool, int, float, list, tuple)
LARGEST = 2**21                                         # bytes of all results of a call
MOST_WARNINGS = 5


class ReturnedError(Exception):
    """What a function returned is not what was asked for."""

    def __init__(self, reason: str, **values: Any) -> None:
        super().__init__(reason)
        self.reason, self.values = reason, values


def call(
    function: Callable[..., Any],
    parameters: Sequence[str],
    returns: Sequence[str],
    known: Mapping[str, Any],
    opaque: Sequence[str] = (),
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Call it and describe what happened.

    Args:
        function: of positional arguments.
        parameters, returns: names of quantities.
        known: the arguments by name; arrays are copied for each call.
        opaque: returned quantities that are handed on as they are.

    Returns:
        A header ("kind": "returned", "raised" or "refused") and the quantities by name.

    >>> header, out = call(lambda x: 2 * x, ["x"], ["y"], {"x": np.array([1.0])})
    >>> header["kind"], out["y"].tolist()
    ('returned', [2.0])
    """
    arguments = [_argument(known[name]) for name in parameters]
    watched = [
        (name, a, a.copy()) for name, a in zip(parameters, arguments) if type(a) is _ndarray
    ]
    said: list[str] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = lambda message, *_, **__: (
                said.append(str(message)[:200]) if len(said) < MOST_WARNINGS else None
            )
            result = function(*arguments)
        out, python = _results(result, returns, opaque)
    except ReturnedError as error:
        return {"kind": "refused", "reason": error.reason, "with": error.values}, {}
    except BaseException as error:
        return raised(error), {}
    modified = [name for name, a, before in watched if a.tobytes() != before.tobytes()]
    return {"kind": "returned", "python": python, "modified": modified, "warnings": said}, out


def raised(error: BaseException) -> dict[str, Any]:
    """An exception as a header: type, message, and the deepest line of the submission."""
    line = 0
    try:
        if isinstance(error, SyntaxError):
            line = error.lineno if type(error.lineno) is int else 0
            # without the file's name in brackets, which is the box's own
            return {"kind": "raised", "type": _name_of(error), "message": "%.500s" % (error.msg,),  # noqa: UP031
                    "line": line}
        else:
            for frame in traceback.extract_tb(error.__traceback__):
                if frame.filename.startswith("<submission"):
                    line = frame.lineno or 0
        message = "%.500s" % (error,)                   # noqa: UP031 - a str, whatever it is called
        if message.endswith("halted; None in sys.modules"):
            message = f"{message.split()[2]} cannot be imported here"
    except BaseException:                               # an exception of the submission's own
        message = ""
    return {"kind": "raised", "type": _name_of(error), "message": message, "line": line}


def _name_of(value: Any) -> str:
    """The name of a type, as Python itself keeps it: a metaclass may say otherwise."""
    name: str = _type_name(type(value))
    return name[:100]


def _argument(value: Any) -> Any:
    """Arrays are copied; a number comes as a Python number, unless float32 must be kept."""
    if type(value) is not _ndarray:
        return value
    if value.ndim:
        return value.copy()
    return value[()] if value.dtype.str == "<f4" else value.item()


def _results(
    result: Any, returns: Sequence[str], opaque: Sequence[str]
) -> tuple[dict[str, Any], list[str]]:
    # one thing may come by its name too; a cache, which is opaque, may be any dictionary
    if type(result) is dict and (
        len(returns) > 1 or (returns[0] in result and returns[0] not in opaque)
    ):
        missing = [name for name in returns if name not in result]
        if missing:
            raise ReturnedError("the dictionary returned has no {name}", name=missing[0])
        parts = [result[name] for name in returns]
    elif len(returns) == 1:
        parts = [result]
    elif type(result) in (tuple, list):
        parts = list(result)
    else:
        raise ReturnedError(
            "returned {what} where {count} things are asked for: {names}",
            what=_describe(result), count=len(returns), names=", ".join(returns),
        )
    if len(parts) != len(returns):
        raise ReturnedError(
            "returned {came} things where {count} are asked for: {names}",
            came=len(parts), count=len(returns), names=", ".join(returns),
        )
    out: dict[str, Any] = {}
    python: list[str] = []
    for name, part in zip(returns, parts):
        if name in opaque:
            out[name] = part
            continue
        out[name] = plain(part, name)
        if isinstance(part, _PLAIN):
            python.append(name)
    size = sum(out[name].nbytes for name in returns if name not in opaque)
    if size > LARGEST:
        raise ReturnedError("returned {megabytes} MB of numbers", megabytes=size >> 20)
    return out, python


def plain(value: Any, name: str) -> Array:
    """A value as a plain array of real numbers: the memory itself, whatever the object says of it.

    Raises:
        ReturnedError: no array, none of real numbers, or one larger than a result can be.
    """
    kind = type(value)
    if issubclass(kind, _ndarray) and _size_of(value) > LARGEST // 8:
        # before it is copied: a view of one number may claim any shape
        raise ReturnedError("{name} is an array of {count} numbers", name=name,
                            count=_size_of(value))
    if issubclass(kind, _ndarray) and (kind is _ndarray or kind.__module__.startswith("numpy")):
        array = _array(_view(value, _ndarray))
    elif issubclass(kind, _generic) and kind.__module__ == "numpy":
        array = _array(value)
    elif kind in _PLAIN:
        try:
            if kind in (list, tuple) and not _is_plain(value):
                raise ReturnedError("{name}: a {what} of other things than numbers", name=name,
                                    what=kind.__name__)
            array = _array(value)
        except (ValueError, OverflowError, RecursionError):
            raise ReturnedError("{name}: a ragged {what} is no array", name=name,
                                what=kind.__name__) from None
    else:
        raise ReturnedError("{name} is {what} where an array is asked for", name=name,
                            what=_describe(value))
    if array.dtype.kind not in "biuf":
        raise ReturnedError("{name} is an array of dtype {dtype}, no real numbers", name=name,
                            dtype=str(array.dtype))
    if array.dtype == _extended:
        array = array.astype("<f8")
    return array


def _is_plain(value: Any, depth: int = 0) -> bool:
    """Whether nested lists hold nothing but numbers and arrays, so that no object can answer."""
    if type(value) in (list, tuple):
        return depth < 8 and all(_is_plain(part, depth + 1) for part in value)
    if type(value) in (bool, int, float, _ndarray):
        return True
    return isinstance(value, _generic) and type(value).__module__ == "numpy"


def _describe(value: Any) -> str:
    """As Python writes it, so that it reads the same in every language."""
    return "None" if value is None else _name_of(value)
