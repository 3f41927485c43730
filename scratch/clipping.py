"""Gradients that are too long, cut before the step.

Lecture: "El problema del Exploding Gradient". By norm: all gradients shrink by one factor, so that
the step keeps its direction. By value: each entry by itself, which may turn it. The twins are in
`torch.nn.utils`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from .tensor import Tensor

TINY = 1e-6  # PyTorch's: gradients that are all 0 have norm 0, which is divided by


def clip_grad_norm_(
    parameters: Iterable[Tensor] | Tensor,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """g <- g min(1, max_norm / (N + 1e-6)), N the norm of all gradients as one vector; returns N.

    `parameters`: Tensors, or one; those without gradient are left out. In place: the arrays in
    `.grad` stay the same objects.
    `max_norm`: 0 or more. `norm_type`: the p of (sum |g_i|^p)^(1/p), above 0; infinity: the
    largest |g_i|.
    ValueError: a limit or a `norm_type` that is negative or NaN. RuntimeError: N is not finite, and
    `error_if_nonfinite`; else such an N makes every gradient NaN or 0, as in PyTorch.

    Source: "El problema del Exploding Gradient"; Pascanu et al. (2013), On the difficulty of
    training recurrent neural networks, algorithm 1. Twin: `torch.nn.utils.clip_grad_norm_`.

    >>> import scratch
    >>> w = scratch.tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_norm_([w], max_norm=1.0).item()
    10.0
    >>> w.grad.round(6).tolist()
    [0.6, 0.8]
    """
    _check_limit("max_norm", max_norm)
    _check_number("norm_type", norm_type)
    norm_type = float(norm_type)
    if not norm_type > 0:
        raise ValueError(f"norm_type: expected a number above 0, or infinity, got {norm_type!r}")
    gradients = _gradients(parameters)
    dtype = np.result_type(*gradients) if gradients else np.dtype(float)
    total = np.asarray(_norm([_norm(g, norm_type) for g in gradients], norm_type), dtype)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"the norm of order {norm_type} of all gradients is {total}, so they cannot be "
            "clipped; error_if_nonfinite=False scales them by it all the same"
        )
    factor = np.minimum(float(max_norm) / (total + TINY), 1)  # NaN stays NaN
    for g in gradients:
        # where the norm is infinite, infinity * 0 is NaN: PyTorch's answer, and a loud one
        with np.errstate(invalid="ignore"):
            g *= factor.astype(g.dtype)
    return Tensor(total)


def clip_grad_value_(parameters: Iterable[Tensor] | Tensor, clip_value: float) -> None:
    """g <- min(max(g, -clip_value), clip_value), every entry of every gradient by itself.

    `parameters`: Tensors, or one; those without gradient are left out. In place. NaN stays.
    `clip_value`: 0 or more.
    ValueError: a `clip_value` that is negative or NaN.

    Source: "El problema del Exploding Gradient". Twin: `torch.nn.utils.clip_grad_value_`.

    >>> import scratch
    >>> w = scratch.tensor([0.1, -4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_value_([w], clip_value=1.0)
    >>> w.grad.tolist()
    [0.2, -1.0]
    """
    _check_limit("clip_value", clip_value)
    for g in _gradients(parameters):
        np.clip(g, -float(clip_value), float(clip_value), out=g)


def _norm(values: Any, p: float) -> Any:
    """(sum |v|^p)^(1/p); the largest |v| where p is infinite; 0 of nothing."""
    sizes = np.abs(np.asarray(values))
    largest = np.max(sizes, initial=0)
    if p == math.inf or largest == 0 or not np.isfinite(largest):
        return largest  # NaN, if there is one
    # relative to the largest, so that no square overflows; with p near 0 the root does, to infinity
    with np.errstate(over="ignore"):
        return largest * np.add.reduce((sizes / largest) ** p, None) ** (1 / p)


def _gradients(parameters: Iterable[Tensor] | Tensor) -> list[np.ndarray]:
    try:
        several = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    except TypeError as error:
        raise TypeError(
            f"parameters: expected Tensors, got {type(parameters).__name__}"
        ) from error
    for i, p in enumerate(several):
        if not isinstance(p, Tensor):
            raise TypeError(f"parameters[{i}]: expected a Tensor, got {type(p).__name__}")
    return [p.grad for p in several if p.grad is not None]


def _check_limit(name: str, limit: float) -> None:
    _check_number(name, limit)
    if not limit >= 0:
        raise ValueError(f"{name}: expected 0 or more, got {limit!r}")


def _check_number(name: str, value: Any) -> None:
    try:
        math.isnan(value)
    except TypeError as error:
        raise TypeError(
            f"{name}: expected a number, got {type(value).__name__} {value!r}"
        ) from error
