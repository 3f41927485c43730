"""The order is right, but it is found by recursion, which ends at a thousand values.

A function that calls itself for what a value was made of needs a call for each value of a chain. A
sum over 1,500 numbers is such a chain, and Python allows a thousand calls.

Cure: a list of values that wait, in place of the call stack.
"""

from __future__ import annotations

from typing import Any


class Value:
    def __init__(self, data: float, parents: Any = ()) -> None:
        self.data, self.grad, self.parents = data, 0.0, parents  # parents: (value, slope there)

    def __add__(self, other: Value) -> Value:
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: Value) -> Value:
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def backward(self) -> None:
        order: list[Value] = []
        self.users_last(order, set())
        self.grad = 1.0
        for node in reversed(order):
            for parent, slope in node.parents:
                parent.grad += slope * node.grad
            node.grad = 0.0 if node.parents else node.grad

    def users_last(self, order: list[Value], seen: set[Value]) -> None:
        if self not in seen:
            seen.add(self)
            for parent, _ in self.parents:
                parent.users_last(order, seen)
            order.append(self)
