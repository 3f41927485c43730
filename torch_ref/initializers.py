"""How the weights begin: the formulas of ``torch.nn.init``, the numbers of numpy's generator.

Sections of the lecture: «Descenso del gradiente» (N(0, sigma^2)), «Desvanecimiento del gradiente»,
«El problema del Exploding Gradient».

PyTorch draws from its own generator, which numpy cannot follow; here every number comes from the
``numpy.random.Generator`` that is handed in, so that one seed gives both wings the same weights.
The spread comes from PyTorch's ``calculate_gain`` and its counting of fans. Every function takes
the generator and the shape first and returns a float64 tensor; a model converts it to its dtype.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.init import calculate_gain as _torch_gain

from .checks import check_number

Initializer = Callable[[np.random.Generator, tuple[int, ...]], Tensor]


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps the variance behind an activation: sqrt(2) for the ReLU.

    ``nonlinearity``: "linear", "sigmoid" (1), "tanh" (5/3), "relu" (sqrt 2), "leaky_relu"
    (sqrt(2 / (1 + param^2)), param 0.01 when not given) or "selu" (3/4).
    ValueError: another name, or a ``param`` that is no number.

    Source: ``torch.nn.init.calculate_gain``; He et al. (2015), Delving deep into rectifiers.

    >>> calculate_gain("leaky_relu", 1.0)
    1.0
    """
    return float(_torch_gain(nonlinearity, param))  # type: ignore[arg-type]


def normal(
    rng: np.random.Generator, shape: tuple[int, ...], mean: float = 0.0, std: float = 1.0
) -> Tensor:
    """w ~ N(mean, std^2), any shape.

    ValueError: ``std`` is negative. TypeError: ``mean`` or ``std`` is no number.

    Source: «Descenso del gradiente» (the initial weights).

    >>> normal(np.random.default_rng(0), (2, 2), std=0.1)
    tensor([[ 0.0126, -0.0132],
            [ 0.0640,  0.0105]], dtype=torch.float64)
    """
    check_number("mean", mean)
    check_number("std", std)
    if not std >= 0:  # nor is NaN
        raise ValueError(f"std: expected 0 or more, got {std!r}")
    return torch.as_tensor(rng.normal(mean, std, shape))


def xavier_uniform(rng: np.random.Generator, shape: tuple[int, ...], gain: float = 1.0) -> Tensor:
    """w ~ U(-a, a), a = sqrt(3) gain sqrt(2 / (fan_in + fan_out)); shape (fan_out, fan_in, ...).

    ValueError: ``shape`` has fewer than two dimensions. TypeError: ``gain`` is no number.

    Source: Glorot and Bengio (2010), cited under «Desvanecimiento del gradiente».

    >>> xavier_uniform(np.random.default_rng(0), (1, 2))
    tensor([[ 0.3874, -0.6511]], dtype=torch.float64)
    """
    bound = math.sqrt(3.0) * _xavier_std(shape, gain)
    return torch.as_tensor(rng.uniform(-bound, bound, shape))


def xavier_normal(rng: np.random.Generator, shape: tuple[int, ...], gain: float = 1.0) -> Tensor:
    """w ~ N(0, s^2), s = gain sqrt(2 / (fan_in + fan_out)); shape (fan_out, fan_in, ...).

    ValueError: ``shape`` has fewer than two dimensions. TypeError: ``gain`` is no number.

    Source: Glorot and Bengio (2010), cited under «Desvanecimiento del gradiente».

    >>> xavier_normal(np.random.default_rng(0), (1, 2))
    tensor([[ 0.1027, -0.1079]], dtype=torch.float64)
    """
    return torch.as_tensor(rng.normal(0.0, _xavier_std(shape, gain), shape))


def kaiming_uniform(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
) -> Tensor:
    """w ~ U(-b, b), b = sqrt(3) gain / sqrt(fan); shape (fan_out, fan_in, ...).

    ``a``: the negative slope of a leaky ReLU. ``mode``: "fan_in" keeps the variance of the outputs,
    "fan_out" that of the gradients. ``nonlinearity``: see ``calculate_gain``.
    ValueError: ``shape`` has fewer than two dimensions; an unknown mode or nonlinearity.

    Source: He et al. (2015), Delving deep into rectifiers.

    >>> kaiming_uniform(np.random.default_rng(0), (1, 2))
    tensor([[ 0.4744, -0.7975]], dtype=torch.float64)
    """
    bound = math.sqrt(3.0) * _kaiming_std(shape, a, mode, nonlinearity)
    return torch.as_tensor(rng.uniform(-bound, bound, shape))


def kaiming_normal(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
) -> Tensor:
    """w ~ N(0, s^2), s = gain / sqrt(fan); shape (fan_out, fan_in, ...).

    ``a``, ``mode``, ``nonlinearity`` and the errors as in ``kaiming_uniform``.

    Source: He et al. (2015), Delving deep into rectifiers.

    >>> kaiming_normal(np.random.default_rng(0), (1, 2))
    tensor([[ 0.1257, -0.1321]], dtype=torch.float64)
    """
    return torch.as_tensor(rng.normal(0.0, _kaiming_std(shape, a, mode, nonlinearity), shape))


def _xavier_std(shape: tuple[int, ...], gain: float) -> float:
    check_number("gain", gain)
    fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(_template(shape))
    return gain * math.sqrt(2.0 / float(fan_in + fan_out))


def _kaiming_std(shape: tuple[int, ...], a: float, mode: str, nonlinearity: str) -> float:
    fan = nn.init._calculate_correct_fan(_template(shape), mode)  # type: ignore[arg-type]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _template(shape: tuple[int, ...]) -> Tensor:
    """A tensor that has a shape and no memory: PyTorch counts fans on tensors, not on shapes."""
    return torch.empty(shape, device="meta")


INITIALIZERS: dict[str, Initializer] = {
    "normal": normal,
    "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal,
    "kaiming_uniform": kaiming_uniform,
    "kaiming_normal": kaiming_normal,
}


def generator(seed: Any) -> np.random.Generator:
    """``numpy.random.default_rng(seed)``: the numbers of a seed, the same in both wings.

    ValueError: a negative seed. TypeError: no integer. Both name ``seed``.

    Source: ``torch.manual_seed``.

    >>> generator(0).integers(100, size=3).tolist()
    [85, 63, 51]
    """
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"seed: expected an integer of 0 or more, got {type(seed).__name__} {seed!r}"
        ) from error


def get_initializer(initializer: str | Initializer) -> Initializer:
    """The function that ``initializer`` stands for: a name, or a function of (rng, shape).

    By name, with the defaults above; ``functools.partial(normal, std=0.01)`` for others.
    ValueError: an unknown name. TypeError: neither a name nor a function.

    Source: ``torch.nn.init``.

    >>> get_initializer("xavier_uniform") is xavier_uniform
    True
    """
    if isinstance(initializer, str):
        if initializer not in INITIALIZERS:
            raise ValueError(
                f"initializer: unknown name {initializer!r}; "
                f"known: {', '.join(sorted(INITIALIZERS))}"
            )
        return INITIALIZERS[initializer]
    if not callable(initializer):
        raise TypeError(
            f"initializer: expected a name or a function of (rng, shape), got {initializer!r}"
        )
    return initializer
