"""Gradient descent on any function: follow the slope down, one step after the other.

Lecture: "Descenso del gradiente". The path is kept, so that it can be drawn: what a learning rate
too small, right or too large does, and into which minimum each starting point leads.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .tensor import Tensor, tensor

RISES = 10  # so many rises of f in a row are no descent any more


class Descent:
    """What a descent found, and why it stopped.

    x: where it ended, an array of the shape of x0 (float64).
    value: f(x).
    trajectory: every x from x0 to the end, shape (steps taken + 1, *x0.shape).
    values: f at each of them, shape (steps taken + 1,).
    reason: "converged" (the gradient's norm is at most the tolerance), "steps" (all were taken) or
        "diverged" (f, x or the gradient left the finite numbers, or f rose 10 steps in a row).
    """

    def __init__(self, trajectory: list[Any], values: list[float], reason: str) -> None:
        self.trajectory = np.stack(trajectory)
        self.values = np.array(values)
        self.x = self.trajectory[-1]
        self.value = values[-1]
        self.reason = reason

    def __repr__(self) -> str:
        x, steps = np.array2string(self.x, precision=6), len(self.values) - 1
        return f"Descent(x={x}, value={self.value:.6g}, steps={steps}, reason={self.reason!r})"


def descend(
    f: Callable[[Any], Any], x0: Any, lr: float = 0.1, steps: int = 100, tolerance: float = 1e-8
) -> Descent:
    """x <- x - lr * df/dx, from x0, until the gradient is almost 0.

    f: from a Tensor of x0's shape to a Tensor of one element.
    x0: a number or an array, any shape; lr: the learning rate, finite and above 0.
    steps: how many at most, 0 or more; tolerance: the gradient's norm at which it is converged.

    Raises ValueError for an lr, steps, x0 or tolerance outside of that, TypeError where one is no
    number, or f does not return a Tensor of one element.

    >>> descend(lambda x: x**2, 5.0, lr=0.1, steps=200)
    Descent(x=4.856672e-09, value=2.35873e-17, steps=93, reason='converged')
    >>> descend(lambda x: x**2, 5.0, lr=1.1).reason
    'diverged'
    """
    position = checked(x0, lr, steps, tolerance)
    trajectory, rises = [position], 0
    values: list[float] = []
    # what overflows is found by the checks for finite numbers, and said in `reason`
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for taken in range(steps + 1):
            value, slope = value_and_gradient(f, position)
            if not (math.isfinite(value) and np.isfinite(slope).all()):
                if taken == 0:
                    raise ValueError(f"x0: f or its gradient is not finite there: f = {value}")
                return Descent(trajectory[:-1], values, "diverged")
            rises = rises + 1 if values and value > values[-1] else 0
            values.append(value)
            if np.linalg.norm(slope) <= tolerance:
                return Descent(trajectory, values, "converged")
            if rises == RISES:
                return Descent(trajectory, values, "diverged")
            if taken == steps:
                break
            position = position - lr * slope
            trajectory.append(position)
    return Descent(trajectory, values, "steps")


def value_and_gradient(f: Callable[[Any], Any], position: Any) -> tuple[float, Any]:
    """f and df/dx at one position."""
    x = tensor(position, requires_grad=True)
    value = f(x)
    if not isinstance(value, Tensor) or value.numel() != 1:
        raise TypeError(f"f: expected a function to a Tensor of one element, it returned {value!r}")
    if value.requires_grad:  # f may not depend on x at all
        value.backward()
    return float(value.item()), np.zeros_like(x.data) if x.grad is None else x.grad


def checked(x0: Any, lr: float, steps: int, tolerance: float) -> Any:
    """x0 as an array of float64, and the rest as it must be."""
    try:
        position = np.array(x0, np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"x0: expected a number or an array of numbers, got {x0!r}") from error
    if not np.isfinite(position).all():
        raise ValueError(f"x0: expected finite numbers, got {x0!r}")
    for name, value in (("lr", lr), ("tolerance", tolerance)):
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
            raise TypeError(f"{name}: expected a number, got {value!r}")
    if not (math.isfinite(lr) and lr > 0):
        raise ValueError(f"lr: expected a finite number above 0, got {lr!r}")
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 0:
        raise ValueError(f"steps: expected an integer, 0 or more, got {steps!r}")
    if not tolerance >= 0:
        raise ValueError(f"tolerance: expected 0 or more, got {tolerance!r}")
    return position
