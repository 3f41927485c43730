"""Gradient descent on any function: ``torch.optim.SGD`` on a tensor instead of a network.

Section of the lecture: «Descenso del gradiente».
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

RISES = 10  # so many rises of f in a row are no descent any more


class Descent:
    """What a descent found, and why it stopped.

    ``x``: where it ended, a float64 tensor of the shape of x0; ``value``: f(x); ``trajectory``:
    every x from x0 to the end, (steps taken + 1, *x0.shape); ``values``: f at each of them.
    ``reason``: "converged" (the gradient's norm is at most the tolerance), "steps" (all were taken)
    or "diverged" (f, x or the gradient left the finite numbers, or f rose 10 steps in a row).
    """

    def __init__(self, trajectory: list[Tensor], values: list[float], reason: str) -> None:
        self.trajectory = torch.stack(trajectory)
        self.values = torch.tensor(values, dtype=torch.float64)
        self.x = self.trajectory[-1]
        self.value = values[-1]
        self.reason = reason

    def __repr__(self) -> str:
        x, steps = np.array2string(self.x.numpy(), precision=6), len(self.values) - 1
        return f"Descent(x={x}, value={self.value:.6g}, steps={steps}, reason={self.reason!r})"


def descend(
    f: Callable[[Any], Any], x0: Any, lr: float = 0.1, steps: int = 100, tolerance: float = 1e-8
) -> Descent:
    """x <- x - lr * df/dx, from x0, until the gradient is almost 0.

    ``f``: from a tensor of x0's shape to a tensor of one element. ``x0``: a number or an array.
    ``lr``: finite and above 0; ``steps``: 0 or more; ``tolerance``: the gradient's norm at which it
    is converged.
    ValueError: an argument outside of that. TypeError: one that is no number, or f returns no
    tensor of one element.

    >>> descend(lambda x: x**2, 5.0, lr=0.1, steps=200)
    Descent(x=4.856672e-09, value=2.35873e-17, steps=93, reason='converged')
    """
    x = checked(x0, lr, steps, tolerance).requires_grad_()
    optimizer = torch.optim.SGD([x], lr=lr)
    trajectory, rises = [x.detach().clone()], 0
    values: list[float] = []
    for taken in range(steps + 1):
        optimizer.zero_grad()
        loss = f(x)
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            raise TypeError(
                f"f: expected a function to a tensor of one element, it returned {loss!r}"
            )
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]
        value, slope = loss.item(), torch.zeros_like(x) if x.grad is None else x.grad
        if not (math.isfinite(value) and bool(torch.isfinite(slope).all())):
            if taken == 0:
                raise ValueError(f"x0: f or its gradient is not finite there: f = {value}")
            return Descent(trajectory[:-1], values, "diverged")
        rises = rises + 1 if values and value > values[-1] else 0
        values.append(value)
        if float(torch.linalg.vector_norm(slope)) <= tolerance:
            return Descent(trajectory, values, "converged")
        if rises == RISES:
            return Descent(trajectory, values, "diverged")
        if taken == steps:
            break
        optimizer.step()
        trajectory.append(x.detach().clone())
    return Descent(trajectory, values, "steps")


def checked(x0: Any, lr: float, steps: int, tolerance: float) -> Tensor:
    """x0 as a float64 tensor of its own, and the rest as it must be."""
    try:
        position = torch.tensor(np.array(x0, np.float64))
    except (TypeError, ValueError) as error:
        raise TypeError(f"x0: expected a number or an array of numbers, got {x0!r}") from error
    if not bool(torch.isfinite(position).all()):
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
