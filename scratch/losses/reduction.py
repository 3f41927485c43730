"""What all losses share: the shapes they accept, and the mean or sum over their elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor


def check_same_shape(input: Any, target: Any) -> None:
    """Refuse (n,) against (n, 1): broadcasting would compare everything with everything."""
    if input.shape != target.shape:
        raise ValueError(
            f"target: expected the shape of input, {input.shape}, got {target.shape}: "
            "broadcasting would compare every prediction with every target"
        )


def check_reduction(reduction: str) -> None:
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction: expected 'mean', 'sum' or 'none', got {reduction!r}")


def reduced(loss: Any, reduction: str) -> tuple[Any, Any]:
    """The loss of all elements as one number, and the share of each element in it."""
    if reduction == "mean":
        n = np.array(loss.numel() if type(loss) is Tensor else loss.size, loss.dtype)
        return np.add.reduce(loss, None) / n, 1 / n
    check_reduction(reduction)
    one = np.array(1, loss.dtype)
    return (np.add.reduce(loss, None) if reduction == "sum" else loss), one


def weighted(loss: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """The losses of all elements times their weights, reduced; a mean divides by the weights."""
    check_reduction(reduction)
    if weight.shape != loss.shape:
        raise ValueError(
            f"weight: expected the shape of input, {loss.shape}, got {weight.shape}"
        )
    loss = loss * weight
    if reduction == "none":
        return loss
    total: Tensor = loss.sum()
    return total / weight.sum() if reduction == "mean" else total


def constant(weight: Any, name: str) -> Any:
    """The array of a weight that takes no gradient."""
    if weight is None or not isinstance(weight, Tensor):
        return weight
    if weight.requires_grad:
        raise RuntimeError(f"{name}: this loss is not differentiable with respect to it")
    return weight.data
