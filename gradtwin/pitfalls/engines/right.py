"""An engine that goes right.

Each value remembers what it was made of and its slope there. Backward takes the values in an order
in which all users of a value come before it, so that a value hands its gradient on once, when all
of it has arrived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np


class Value:
    """A number, or an array, that remembers what it was made of.

    >>> a = Value(3.0)
    >>> (a * a + a).backward()
    >>> a.grad
    7.0
    """

    def __init__(self, data: Any, parents: Any = ()) -> None:
        self.data = data
        self.grad: Any = 0.0
        self.parents = parents  # pairs: a value that this one was made of, the slope there

    def __add__(self, other: Value) -> Value:
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: Value) -> Value:
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def sum(self) -> Value:
        return Value(np.sum(self.data), ((self, np.ones(np.shape(self.data))),))

    def backward(self) -> None:
        self.grad = self.grad + 1.0
        for node in users_first(self):
            node.hand_on()

    def hand_on(self) -> None:
        for parent, slope in self.parents:
            share = summed_to(np.shape(parent.data), slope * self.grad)
            parent.grad = parent.grad + share
        if self.parents:
            self.grad = 0.0  # an inner value has handed on all it had; only leaves keep theirs


def users_first(last: Any) -> Iterator[Any]:
    """Every value behind `last`, once, each after all that were made of it (no recursion)."""
    uses: Counter[Any] = Counter()
    found = [last]
    for node in found:  # a list that grows while it is read
        for parent, _ in node.parents:
            if not uses[parent]:
                found.append(parent)
            uses[parent] += 1
    ready = [last]
    while ready:
        node = ready.pop()
        yield node
        for parent, _ in node.parents:
            uses[parent] -= 1
            if not uses[parent]:
                ready.append(parent)


def summed_to(shape: tuple[int, ...], g: Any) -> Any:
    """Of a value that was repeated to a larger shape: the sum over its copies."""
    if np.shape(g) == shape:
        return g
    g = np.sum(g, axis=tuple(range(np.ndim(g) - len(shape))))
    repeated = tuple(i for i, size in enumerate(shape) if size == 1)
    return np.sum(g, axis=repeated, keepdims=True)
