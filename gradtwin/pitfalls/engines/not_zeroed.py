"""Training that does not forget the gradients of earlier steps.

Backward adds to the gradient that is there (two losses, or two halves of a batch, need that), so
whoever trains must forget it before each step. Otherwise each step takes the sum of all gradients
so far. That is descent with momentum 1 and no friction: on w * w it swings from side to side
for ever, and comes no nearer. The first step is right, so one step hides the mistake.

Cure: w.grad = 0.0 before each backward.
"""

from __future__ import annotations

from .right import Value


def descend(w: float, lr: float, steps: int) -> float:
    """w after gradient descent on w * w."""
    weight = Value(w)
    for _ in range(steps):
        loss = weight * weight
        loss.backward()
        weight.data = weight.data - lr * weight.grad
    result: float = weight.data
    return result
