"""What a contender hands to the timer: one training step, and how to read its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from benchmarks.workloads import Array


class Step(NamedTuple):
    """`run()` is what is timed; `read(run())` gives the loss and the gradients as arrays.

    Reading is apart, so that no contender pays for another one's format. `read` is None for the
    products alone: they are a lower bound, and have no gradients to check.
    """

    run: Callable[[], Any]
    read: Callable[[Any], tuple[float, list[Array]]] | None
    parameters: Sequence[Any] = ()  # where the contender has tensors with a `.grad`
