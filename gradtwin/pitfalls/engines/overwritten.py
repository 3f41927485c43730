"""The gradient is set where it should be added to: = for +=.

A value that is used twice has two paths to the result, and its gradient is the sum over both. Here
the path that is walked last wipes out the other: of a * b + a * c only one factor is left. The
same happens to a weight that two layers share, and to the input of a residual block.

Cure: += for =.
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
            parent.grad = slope * self.grad
        if self.parents:
            self.grad = 0.0
