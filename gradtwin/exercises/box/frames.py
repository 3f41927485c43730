"""What passes between grader and box: a JSON header and raw arrays, which can execute nothing.

Not `.npz`: reading one costs the import of zipfile, and its headers are Python literals to be
evaluated. Here a dtype is one of a short list and a shape a list of numbers, both checked before
an array is made, so that the reader may be handed anything.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Header = dict[str, Any]

DTYPES = ("<f8", "<f4", "<f2", "<i8", "<i4", "<i2", "|i1", "<u8", "<u4", "<u2", "|u1", "|b1")
LARGEST_HEADER = 2**20
LARGEST_BODY = 2**24
MOST_DIMENSIONS = 8

_LENGTHS = struct.Struct("<QQ")


class FrameError(Exception):
    """What came is no frame."""


def pack(header: Mapping[str, Any], arrays: Mapping[str, Array] | None = None) -> bytes:
    """A frame as bytes.

    >>> frame = pack({"kind": "probe"}, {"x": np.array([1.0, 2.0])})
    >>> unpack(frame)[1]["x"].tolist()
    [1.0, 2.0]
    """
    described, parts = [], []
    for name, array in (arrays or {}).items():
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        described.append(
            {"name": name, "dtype": little.dtype.str, "shape": list(little.shape)}
        )
        parts.append(little.tobytes())
    head = json.dumps({**header, "arrays": described}).encode()
    body = b"".join(parts)
    if len(head) > LARGEST_HEADER or len(body) > LARGEST_BODY:
        raise FrameError(f"a frame of {len(head)} + {len(body)} bytes is too large")
    return _LENGTHS.pack(len(head), len(body)) + head + body


def frame_length(start: bytes) -> int | None:
    """How long the frame that begins like this is; None while too little is there to tell.

    Raises:
        FrameError: lengths beyond the limits.
    """
    if len(start) < _LENGTHS.size:
        return None
    head, body = _LENGTHS.unpack(start[: _LENGTHS.size])
    if head > LARGEST_HEADER or body > LARGEST_BODY:
        raise FrameError(f"a frame that claims {head} + {body} bytes")
    return int(_LENGTHS.size + head + body)


def unpack(frame: bytes) -> tuple[Header, dict[str, Array]]:
    """Header and arrays of one whole frame.

    Raises:
        FrameError: anything that is no frame.
    """
    try:
        head, body = _LENGTHS.unpack(frame[: _LENGTHS.size])
        start = _LENGTHS.size + head
        header = json.loads(frame[_LENGTHS.size : start])
        if not isinstance(header, dict) or len(frame) != start + body:
            raise FrameError("a frame whose parts do not fit")
        arrays: dict[str, Array] = {}
        for described in header.pop("arrays"):
            name, dtype, shape = described["name"], described["dtype"], described["shape"]
            if not isinstance(name, str) or dtype not in DTYPES or not _is_shape(shape):
                raise FrameError("a frame with an array that is none")
            size = int(np.dtype(dtype).itemsize)
            for n in shape:
                size *= n
            if start + size > len(frame):
                raise FrameError("a frame that is shorter than its arrays")
            flat = np.frombuffer(frame, np.dtype(dtype), count=size // np.dtype(dtype).itemsize,
                                 offset=start)
            if dtype == "|b1":                           # a byte of it may be more than 0 or 1
                flat = flat.view("|u1") != 0
            arrays[name] = flat.reshape(shape).copy()
            start += size
    except FrameError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, struct.error, RecursionError,
            OverflowError) as error:
        raise FrameError(f"no frame: {error}") from None
    return header, arrays


def _is_shape(shape: Any) -> bool:
    return (
        isinstance(shape, list)
        and len(shape) <= MOST_DIMENSIONS
        and all(type(n) is int and 0 <= n <= LARGEST_BODY for n in shape)
    )


def read(receive: Callable[[int], bytes]) -> bytes | None:
    """One whole frame from a blocking source; None where it has ended."""
    frame = bytearray()
    while True:
        length = frame_length(bytes(frame[: _LENGTHS.size]))
        wanted = _LENGTHS.size if length is None else length
        if length is not None and len(frame) == length:
            return bytes(frame)
        part = receive(wanted - len(frame))
        if not part:
            return None
        frame += part
