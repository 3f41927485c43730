"""Whether operations are recorded: `no_grad`, `enable_grad`."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class _Mode(threading.local):  # each thread has its own, as in PyTorch
    recording = True


mode = _Mode()


class _Blocks:
    """How many `no_grad` and `enable_grad` blocks are open, over all threads.

    While there is none every thread records, and an operation need not ask for its thread's own
    flag, which takes ten times as long as this number.
    """

    def __init__(self) -> None:
        self.open = 0
        self._lock = threading.Lock()  # += from two threads could lose one

    def count(self, change: int) -> None:
        with self._lock:
            self.open += change


blocks = _Blocks()


class _SetRecording:
    """A block, or a decorated function, that runs with recording on or off."""

    recording: bool

    def __init__(self) -> None:
        self._before: list[bool] = []  # a stack: one object may be entered more than once

    def __enter__(self) -> None:
        blocks.count(+1)
        self._before.append(mode.recording)
        mode.recording = self.recording

    def __exit__(self, *error: object) -> None:
        mode.recording = self._before.pop()
        blocks.count(-1)

    def __call__(self, function: F) -> F:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with type(self)():
                return function(*args, **kwargs)

        return wrapped  # type: ignore[return-value]


class no_grad(_SetRecording):  # noqa: N801 (PyTorch's name)
    """Operations in this block are not recorded: their results require no gradient.

    >>> import scratch
    >>> w = scratch.tensor([1.0], requires_grad=True)
    >>> with scratch.no_grad():
    ...     (w * 2).requires_grad
    False
    """

    recording = False


class enable_grad(_SetRecording):  # noqa: N801 (PyTorch's name)
    """Operations in this block are recorded, also inside `no_grad`."""

    recording = True


def is_grad_enabled() -> bool:
    """True where operations are recorded in this thread."""
    return mode.recording
