"""A dictionary of what a result was made of has only one entry for a * a.

In a dictionary {a: slope, a: slope} the second entry replaces the first. A value that is used in
two different operations still counts twice, so that most of a network is right; squares are not.

Cure: a list of pairs, which may name a value twice.
"""

from __future__ import annotations

from typing import Any

from .right import users_first


class Value:
    def __init__(self, data: float, parents: Any = ()) -> None:
        self.data, self.grad = data, 0.0
        self.parents = dict(parents).items()  # each value with the slope there

    def __add__(self, other: Value) -> Value:
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: Value) -> Value:
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def backward(self) -> None:
        self.grad = 1.0
        for node in users_first(self):
            for parent, slope in node.parents:
                parent.grad += slope * node.grad
            node.grad = 0.0 if node.parents else node.grad
