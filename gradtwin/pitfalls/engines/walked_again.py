"""A recursive backward walks a value again for each of its uses.

In b = a + a; c = b + b the value c was made of b twice, so b is walked twice, and each time it
hands on everything that has arrived:

    c.walk()            b.grad = 0 + 1 + 1 = 2
        b.walk()        a.grad = 0 + 2 + 2 = 4      right: here it should end
            a.walk()
            a.walk()
        b.walk()        a.grad = 4 + 2 + 2 = 8      once more, for the second use of b
            a.walk()
            a.walk()

In a chain or a tree every value is used once, so each is walked once, and the mistake is hidden.

It is slow besides: n such sums in a row take 2**(n + 1) - 1 walks, for n = 30 two thousand million.

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
        self.walk()

    def walk(self) -> None:
        for parent, slope in self.parents:
            parent.grad += slope * self.grad
        for parent, _ in self.parents:
            parent.walk()
