"""Each value is walked once, but before all of its gradient has arrived.

A set of the values seen is the usual repair of a walk that repeats itself, and not enough. In
b = a * a; c = b + a; d = b * c the walk goes from d to b first. Then c adds its share to b, too
late: b has been seen. Written as d = c * b the same engine is right: a gradient that depends on
the order of factors.

Cure: take the values in topological order, each once, when all its users have handed on.
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
        self.grad = 1.0
        self.walk(set())

    def walk(self, seen: set[Value]) -> None:
        if self in seen:
            return
        seen.add(self)
        for parent, slope in self.parents:
            parent.grad += slope * self.grad
        for parent, _ in self.parents:
            parent.walk(seen)
