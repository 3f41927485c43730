"""Gradients that are too long, cut before the step, as PyTorch does it.

Section of the lecture: «El problema del Exploding Gradient».

One thing is added to ``torch.nn.utils``: PyTorch takes a negative limit and turns every gradient
round with it, and a NaN and loses them; here such limits are refused.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from .checks import check_number


def clip_grad_norm_(
    parameters: Iterable[Tensor] | Tensor,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """g <- g min(1, max_norm / (N + 1e-6)), N the norm of all gradients as one vector; returns N.

    ``parameters``: tensors, or one; those without gradient are left out. In place.
    ``max_norm``: 0 or more. ``norm_type``: the p of (sum |g_i|^p)^(1/p), above 0.
    ValueError: a limit or a ``norm_type`` that is negative or NaN. RuntimeError: N is not finite,
    and ``error_if_nonfinite``.

    Source: «El problema del Exploding Gradient»; Pascanu et al. (2013), algorithm 1.

    >>> w = torch.tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_norm_([w], max_norm=1.0)
    tensor(10.)
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    _check_limit("max_norm", max_norm)
    check_number("norm_type", norm_type)
    several = _listed(parameters)
    if not float(norm_type) > 0:
        raise ValueError(f"norm_type: expected a number above 0, or infinity, got {norm_type!r}")
    return torch.nn.utils.clip_grad_norm_(several, max_norm, norm_type, error_if_nonfinite)


def clip_grad_value_(parameters: Iterable[Tensor] | Tensor, clip_value: float) -> None:
    """g <- min(max(g, -clip_value), clip_value), every entry of every gradient by itself.

    ``parameters``: tensors, or one; those without gradient are left out. In place. NaN stays.
    ValueError: a ``clip_value`` that is negative or NaN.

    Source: «El problema del Exploding Gradient».

    >>> w = torch.tensor([0.1, -4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_value_([w], clip_value=1.0)
    >>> w.grad
    tensor([ 0.2000, -1.0000])
    """
    _check_limit("clip_value", clip_value)
    several = _listed(parameters)
    if any(p.grad is not None for p in several):  # PyTorch stumbles over none at all
        torch.nn.utils.clip_grad_value_(several, clip_value)


def _listed(parameters: Iterable[Tensor] | Tensor) -> list[Tensor]:
    try:
        return [parameters] if isinstance(parameters, Tensor) else list(parameters)
    except TypeError as error:
        raise TypeError(
            f"parameters: expected tensors, got {type(parameters).__name__}"
        ) from error


def _check_limit(name: str, limit: float) -> None:
    check_number(name, limit)
    if not limit >= 0:
        raise ValueError(f"{name}: expected 0 or more, got {limit!r}")
