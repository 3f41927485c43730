"""A value that was repeated to a larger shape gets a gradient of that larger shape.

X * w with X (3, 2) and w (2,) uses each weight once in every row, so its gradient is the sum over
the rows. Without the sum it has the shape of X, and the next step, w = w - lr * w.grad, turns the
weights into a matrix without a word. Equal shapes hide the mistake.

Cure: sum each share back to the shape of what it belongs to.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .right import users_first


class Value:
    def __init__(self, data: Any, parents: Any = ()) -> None:
        self.data, self.grad, self.parents = data, 0.0, parents  # parents: (value, slope there)

    def __add__(self, other: Value) -> Value:
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: Value) -> Value:
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def sum(self) -> Value:
        return Value(np.sum(self.data), ((self, np.ones(np.shape(self.data))),))

    def backward(self) -> None:
        self.grad = 1.0
        for node in users_first(self):
            for parent, slope in node.parents:
                share = slope * node.grad
                parent.grad = parent.grad + share
            node.grad = 0.0 if node.parents else node.grad
