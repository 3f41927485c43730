"""What all losses share: the shapes they accept, and the mean or sum over their elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.errors import ArgumentError
from ..prepared import LARGE, ONES, Prepared
from ..tensor import Tensor, raw


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
    if reduction == "none":
        return loss, loss.dtype.type(1)
    size = loss.numel() if type(loss) is Tensor else loss.size
    if type(loss) is np.ndarray and size <= LARGE:
        # the sum of a few numbers: a dot product with ones takes a third of numpy's time
        total = loss.ravel().dot(ONES[loss.dtype, size])
    else:
        total = np.add.reduce(loss, None)
    return shared(total, size, reduction)


def reduced_product(x: Any, y: Any, reduction: str) -> tuple[Any, Any]:
    """As `reduced(x * y, reduction)`; a sum of products is one dot product."""
    if reduction == "none" or type(x) is not np.ndarray:
        return reduced(x * y, reduction)
    return shared(x.ravel().dot(y.ravel()), x.size, reduction)


def shared(total: Any, size: int, reduction: str) -> tuple[Any, Any]:
    """The sum or mean of size elements from their total, and the share of each."""
    if reduction == "mean":
        n, share = SHARES[total.dtype, size]
        return total / n, share
    check_reduction(reduction)
    return total, total.dtype.type(1)


def share_of(dtype: Any, n: int) -> tuple[Any, Any]:
    """n and 1/n as numpy scalars: among them, arithmetic costs a tenth of that on 0-d arrays."""
    if dtype.kind != "f":
        raise TypeError(f"input: expected floating point numbers, got {dtype}")
    count = dtype.type(n or np.nan)  # the mean of nothing is NaN
    return count, 1 / count


SHARES = Prepared(share_of)


def weighted(loss: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """The losses of all elements times their weights, reduced; a mean divides by the weights."""
    check_reduction(reduction)
    check_array(weight, "weight")
    if weight.shape != loss.shape:
        raise ArgumentError(
            f"weight: expected the shape of input, {loss.shape}, got {weight.shape}"
        )
    loss = loss * weight
    if reduction == "none":
        return loss
    total: Tensor = loss.sum()
    return total / weight.sum() if reduction == "mean" else total


def constant(weight: Any, name: str) -> Any:
    """The array of a weight that takes no gradient."""
    if weight is None:
        return None
    check_array(weight, name)
    if isinstance(weight, Tensor) and weight.requires_grad:
        raise RuntimeError(f"{name}: this loss is not differentiable with respect to it")
    return raw(weight)


def check_array(weight: Any, name: str) -> None:
    """Refuse lists, strings and numbers for a weight, as PyTorch."""
    if not isinstance(weight, (Tensor, np.ndarray)):
        raise TypeError(
            f"{name}: expected a Tensor or an array, got {type(weight).__name__} {weight!r}"
        )
    if weight.dtype.kind not in "biuf":
        raise TypeError(f"{name}: expected real numbers, got dtype {weight.dtype}")


def factor(weight: Any, name: str, input: Any) -> Any:
    """A weight that broadcasts to the shape of input, in its dtype; 1 where it is None.

    One of more dimensions would make a loss of another shape, as if there were more examples.
    """
    if weight is None:
        return 1
    own, wanted = weight.shape, input.shape
    fits = len(own) <= len(wanted) and all(
        n in (1, m) for n, m in zip(own[::-1], wanted[::-1])
    )
    if not fits:
        raise ValueError(f"{name}: expected a shape that broadcasts to {wanted}, got {own}")
    return weight.astype(input.dtype, copy=False)
