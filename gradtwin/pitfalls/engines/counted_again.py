"""A second backward hands on again what inner values kept from the first.

Leaves add up what arrives, walk after walk: that is meant. Inner values must not: here they keep
the share of the first walk, and in the second hand on the old and the new together, so the leaf
gets 1 + 2 times its gradient where 1 + 1 is right. The same happens, without a second call, to two
losses that share a layer.

Cure: an inner value forgets its gradient when it has handed it on.
"""

from __future__ import annotations

from typing import Any

from .right import users_first


class Value:
    def __init__(self, data: float, parents: Any = ()) -> None:
        self.data, self.grad, self.parents = data, 0.0, parents  # parents: (value, slope there)

    def __add__(self, other: Value) -> Value:
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: Value) -> Value:
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def backward(self) -> None:
        self.grad = 1.0
        for node in users_first(self):
            node.hand_on()

    def hand_on(self) -> None:
        for parent, slope in self.parents:
            parent.grad += slope * self.grad
