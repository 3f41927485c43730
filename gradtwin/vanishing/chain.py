"""Why sigmoids in a chain make a gradient small: none hands on more than a quarter of it.

Section of the lecture: «Desvanecimiento del gradiente: ejemplo», with any number of sigmoids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from scratch.checks import number

from ..arguments import reals
from ..concepts import Wing
from .passes import Array, Remembering

STEEPEST = 0.25
"""The largest slope of the sigmoid: s (1 - s), the product of two shares that add up to 1."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The gradient of a chain of sigmoids and what it cannot exceed.

    Args:
        gradients: (k,), dL/dw_1, ..., dL/dw_k.
        bound: |dL/dy_hat| 0.25^k |w_2 ... w_k| |x|; |dL/dw_1| is at most that.
        slopes: (k,), sigmoid'(z_j), each at most 0.25.
    """

    gradients: Array
    bound: float
    slopes: Array


def sigmoid_slope(z: Array | Sequence[float], side: str = "scratch") -> Array:
    """sigmoid'(z) elementwise, any shape: at most 0.25, and that only at 0.

    Args:
        z: where.
        side: "scratch" or "torch".

    Raises:
        TypeError: z is no number, or not only numbers.

    Source: «Desvanecimiento del gradiente: ejemplo».

    >>> sigmoid_slope([-5.0, 0.0, 5.0]).round(4).tolist()
    [0.0066, 0.25, 0.0066]
    """
    wing = Wing(side)
    x = wing.tensor(reals("z", z), requires_grad=True)
    (slope,) = wing.grad(wing.F.sigmoid(x).sum(), [x])
    return np.asarray(slope.detach())


def sigmoid_chain(
    weights: Sequence[float], x: float = 1.0, y: float = 0.0, side: str = "scratch"
) -> Chain:
    """The gradient of L = (y_hat - y)^2, y_hat = sigmoid(w_k ... sigmoid(w_2 sigmoid(w_1 x))).

    dL/dw_1 = dL/dy_hat sigmoid'(z_k) w_k ... sigmoid'(z_2) w_2 sigmoid'(z_1) x: with |w| < 1 every
    further sigmoid leaves less than a quarter. Only |w| above 4 could make up for that.

    Args:
        weights: w_1, ..., w_k, one or more.
        x, y: the example.
        side: "scratch" or "torch".

    Raises:
        ValueError: no weights. TypeError: weights, x or y that are no numbers.

    Source: «Desvanecimiento del gradiente: ejemplo» (there k = 3).

    >>> chain = sigmoid_chain([0.5, -0.3, 0.8])
    >>> f"{abs(chain.gradients[0]):.4f} <= {chain.bound:.4f}"
    '0.0040 <= 0.0044'
    """
    w = reals("weights", weights, (None,))
    if not len(w):
        raise ValueError("weights: expected at least one, got none")
    x, y = float(number("x", x)), float(number("y", y))
    wing = Wing(side)
    sigmoid = Remembering(wing, "sigmoid")
    network = wing.FullyConnected([1] * (len(w) + 1), sigmoid, sigmoid, bias=False)
    names = [name for name, _ in network.named_parameters()]
    network.load_state_dict({name: np.array([[each]]) for name, each in zip(names, w)})

    y_hat = network(wing.tensor([x]))
    ((y_hat - y) ** 2).sum().backward()
    z = [each.item() for each in sigmoid.before]
    incoming = abs(2 * (y_hat.item() - y))
    return Chain(
        np.array([np.asarray(p.grad).item() for p in network.parameters()]),
        incoming * STEEPEST ** len(w) * abs(prod(w[1:].tolist()) * x),
        sigmoid_slope(z, side),
    )
