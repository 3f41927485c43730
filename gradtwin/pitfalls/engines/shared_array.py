"""Two gradients are one array, and adding to one in place changes the other.

The slope of a sum is 1, so a sum hands its gradient on as it is. From d = c + a the values c and a
get the same array. The next share of a is added to it in place, and so to the gradient of c, which
hands it on to b. With plain numbers the mistake is hidden: a number cannot be changed in place.

Cure: add into a new array.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .right import summed_to, users_first


class Value:
    def __init__(self, data: Any, parents: Any = ()) -> None:
        self.data, self.parents = data, parents  # parents: (value, slope there; None for 1)
        self.grad: Any = None

    def __add__(self, other: Value) -> Value:
        return Value(self.data + other.data, ((self, None), (other, None)))

    def __mul__(self, other: Value) -> Value:
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def sum(self) -> Value:
        return Value(np.sum(self.data), ((self, np.ones(np.shape(self.data))),))

    def backward(self) -> None:
        self.grad = 1.0
        for node in users_first(self):
            for parent, slope in node.parents:
                share = node.grad if slope is None else slope * node.grad
                if np.shape(share) != np.shape(parent.data):
                    share = summed_to(np.shape(parent.data), share)
                if parent.grad is None:
                    parent.grad = share
                else:
                    parent.grad += share
            node.grad = None if node.parents else node.grad
