"""How the weights begin: by how much they are spread, so that signals neither fade nor explode.

Lecture: "Descenso del gradiente" (N(0, sigma^2)), "Desvanecimiento del gradiente", "El problema
del Exploding Gradient".

A layer multiplies the variance of its inputs by fan_in Var(w), and backwards that of the
gradients by fan_out Var(w). Glorot keeps both near 1; He also makes up for what the ReLU cuts off.
Every number comes from the `numpy.random.Generator` that is handed in: one seed gives both wings
the same weights, bit by bit, which is why the order of the operations here is PyTorch's. Every
function takes the generator and the shape first and returns a float64 tensor; a model converts it
to its dtype.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .checks import number
from .tensor import Tensor

# (in quotes: numpy loads its generators only when somebody draws)
Initializer = Callable[["np.random.Generator", tuple[int, ...]], Any]

# (nn.init names the convolutions too: they are linear.)
_LINEAR = (
    "linear", "conv1d", "conv2d", "conv3d",
    "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
)  # fmt: skip


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps the variance behind an activation: sqrt(2) for the ReLU.

    `nonlinearity`: "linear", "sigmoid" (1), "tanh" (5/3), "relu" (sqrt 2), "leaky_relu"
    (sqrt(2 / (1 + param^2)), param 0.01 when not given) or "selu" (3/4).
    ValueError: another name, or a `param` that is no number.

    The ReLU lets half of a symmetric signal through, so half of its mean square; a slope `a` on
    the other side adds a^2 / 2: gain^2 (1 + a^2) / 2 = 1. Those of tanh and SELU are PyTorch's,
    found by experiment. Twin: `torch.nn.init.calculate_gain`. Source: He et al. (2015), Delving
    deep into rectifiers, section 2.2.

    >>> calculate_gain("leaky_relu", 1.0)
    1.0
    """
    if nonlinearity in _LINEAR or nonlinearity == "sigmoid":
        return 1.0
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"param: expected a number, the negative slope, got {param!r}")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(
        f"nonlinearity: unknown name {nonlinearity!r}; "
        "known: linear, sigmoid, tanh, relu, leaky_relu, selu"
    )


def normal(
    rng: np.random.Generator, shape: tuple[int, ...], mean: float = 0.0, std: float = 1.0
) -> Tensor:
    """w ~ N(mean, std^2), any shape.

    ValueError: `std` is negative. TypeError: `mean` or `std` is no number.

    Source: "Descenso del gradiente" (the initial weights).

    >>> normal(np.random.default_rng(0), (2, 2), std=0.1).numpy().round(4)
    array([[ 0.0126, -0.0132],
           [ 0.064 ,  0.0105]])
    """
    if not number("std", std) >= 0:  # nor is NaN
        raise ValueError(f"std: expected 0 or more, got {std!r}")
    return Tensor(rng.normal(number("mean", mean), std, shape))


def xavier_uniform(rng: np.random.Generator, shape: tuple[int, ...], gain: float = 1.0) -> Tensor:
    """w ~ U(-a, a), a = sqrt(3) gain sqrt(2 / (fan_in + fan_out)); shape (fan_out, fan_in, ...).

    The variance of U(-a, a) is a^2 / 3, hence the sqrt(3).
    ValueError: `shape` has fewer than two dimensions. TypeError: `gain` is no number.

    Source: Glorot and Bengio (2010), formula 16, cited under "Desvanecimiento del gradiente".

    >>> xavier_uniform(np.random.default_rng(0), (1, 2)).numpy().round(4)
    array([[ 0.3874, -0.6511]])
    """
    bound = math.sqrt(3.0) * _xavier_std(shape, gain)
    return Tensor(rng.uniform(-bound, bound, shape))


def xavier_normal(rng: np.random.Generator, shape: tuple[int, ...], gain: float = 1.0) -> Tensor:
    """w ~ N(0, s^2), s = gain sqrt(2 / (fan_in + fan_out)); shape (fan_out, fan_in, ...).

    ValueError: `shape` has fewer than two dimensions. TypeError: `gain` is no number.

    Source: Glorot and Bengio (2010), formula 12, cited under "Desvanecimiento del gradiente".

    >>> xavier_normal(np.random.default_rng(0), (1, 2)).numpy().round(4)
    array([[ 0.1027, -0.1079]])
    """
    return Tensor(rng.normal(0.0, _xavier_std(shape, gain), shape))


def kaiming_uniform(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
) -> Tensor:
    """w ~ U(-b, b), b = sqrt(3) gain / sqrt(fan); shape (fan_out, fan_in, ...).

    `a`: the negative slope of a leaky ReLU. `mode`: "fan_in" keeps the variance of the outputs,
    "fan_out" that of the gradients. `nonlinearity`: see `calculate_gain`.
    ValueError: `shape` has fewer than two dimensions; an unknown mode or nonlinearity.

    Source: He et al. (2015), Delving deep into rectifiers.

    >>> kaiming_uniform(np.random.default_rng(0), (1, 2)).numpy().round(4)
    array([[ 0.4744, -0.7975]])
    """
    bound = math.sqrt(3.0) * _kaiming_std(shape, a, mode, nonlinearity)
    return Tensor(rng.uniform(-bound, bound, shape))


def kaiming_normal(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
) -> Tensor:
    """w ~ N(0, s^2), s = gain / sqrt(fan); shape (fan_out, fan_in, ...).

    `a`, `mode`, `nonlinearity` and the errors as in `kaiming_uniform`.

    Source: He et al. (2015), Delving deep into rectifiers, formulas 10 and 14.

    >>> kaiming_normal(np.random.default_rng(0), (1, 2)).numpy().round(4)
    array([[ 0.1257, -0.1321]])
    """
    return Tensor(rng.normal(0.0, _kaiming_std(shape, a, mode, nonlinearity), shape))


def _xavier_std(shape: tuple[int, ...], gain: float) -> float:
    fan_in, fan_out = _fans(shape)
    return float(number("gain", gain)) * math.sqrt(2.0 / (fan_in + fan_out))


def _kaiming_std(shape: tuple[int, ...], a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode: expected 'fan_in' or 'fan_out', got {mode!r}")
    fan_in, fan_out = _fans(shape)
    fan = fan_in if mode == "fan_in" else fan_out
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many inputs an output sums over, and to how many outputs an input contributes.

    In a convolution (out, in, height, width) both times every place of the window.
    """
    if len(shape) < 2:
        raise ValueError(
            f"shape: expected two dimensions or more, (fan_out, fan_in, ...), got {shape}"
        )
    window = math.prod(shape[2:])
    return shape[1] * window, shape[0] * window


INITIALIZERS: dict[str, Initializer] = {
    "normal": normal,
    "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal,
    "kaiming_uniform": kaiming_uniform,
    "kaiming_normal": kaiming_normal,
}


def generator(seed: Any) -> np.random.Generator:
    """`numpy.random.default_rng(seed)`: the numbers of a seed, the same in both wings.

    ValueError: a negative seed. TypeError: no integer. Both name `seed`.

    Twin: `torch.manual_seed`.

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
    """The function that `initializer` stands for: a name, or a function of (rng, shape).

    By name, with the defaults above; `functools.partial(normal, std=0.01)` for others.
    ValueError: an unknown name. TypeError: neither a name nor a function.

    Twin: `torch.nn.init`.

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
