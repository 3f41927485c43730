"""The activation functions g of a neuron, each with its derivative beside it.

Lecture: "El perceptrón: Función de activación", "Función de activación ReLU", "Leaky ReLU",
"Otras funciones de activación", "Softmax". Names, parameters and defaults as in
`torch.nn.functional`.

Each formula is the stable one: exp only of numbers that cannot overflow, and no difference of
nearly equal numbers, neither in the value nor in the derivative. At a kink, where no derivative
exists, PyTorch's choice stands as a comment; NaN stays NaN in every value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .autograd import Array, on_either, primitive, raw
from .checks import dimension, floating, integer, number
from .prepared import FLOAT32, FLOAT64, LARGE, ZEROS, in_each_dtype
from .special import ndtr, of_float64, times_density, x_ndtr_of
from .tensor import Tensor

ZERO, HALF, ONE, INFINITY = map(in_each_dtype, (0, 0.5, 1, np.inf))
# exp(bound) does not overflow yet, and exp(-2 bound) has become 0
BOUND: dict[Any, Any] = {
    FLOAT32: (np.array(-80, FLOAT32), np.array(80, FLOAT32)),
    FLOAT64: (np.array(-700, FLOAT64), np.array(700, FLOAT64)),
}
SIGMOID = {kind: (HALF[kind], *BOUND[kind], ONE[kind]) for kind in (FLOAT32, FLOAT64)}
SQRT_8_OVER_PI = 1.5957691216057307117
BITS: dict[Any, Any] = {FLOAT32: np.dtype(np.int32), FLOAT64: np.dtype(np.int64)}


# ---- the step and the sigmoids ---------------------------------------------------------------


@primitive
def step(input: Array) -> Any:
    """1 where x > 0, else 0, elementwise, any shape: 0 at 0 and at NaN; the lecture's "escalón".

    Flat on both sides, so its derivative is 0 and no network with it learns by gradient descent.
    Twin: `torch.heaviside` with 0 for the value at 0.

    >>> import scratch, scratch.functional as F
    >>> F.step(scratch.tensor([-1.0, 0.0, 2.0])).tolist()
    [0.0, 0.0, 1.0]
    """
    value = (raw(input) > 0).astype(input.dtype)
    return value, lambda g: kept(g, np.zeros(value.shape, bool))


@primitive
def sigmoid(input: Array) -> Any:
    """1 / (1 + exp(-x)), elementwise, any shape: a number between 0 and 1.

    With h = exp(x/2) it is h / (h + 1/h), and its derivative 1 / (h + 1/h)²: symmetric, so
    neither overflows nor cancels on either side, where y (1 - y) is 0 from x = 37 on.

    >>> import scratch, scratch.functional as F
    >>> x = scratch.tensor([0.0, 40.0], requires_grad=True)
    >>> F.sigmoid(x).sum().backward()
    >>> [float(f"{slope:.4e}") for slope in x.grad]
    [0.25, 4.2484e-18]
    """
    half, low, high, one = SIGMOID.get(input.dtype, SIGMOID[FLOAT64])
    z = (input * half).clip(low, high)
    h = np.exp(z)
    both = one / h if type(h) is not Tensor else np.exp(-z)  # not derived to 1/h², which overflows
    both += h
    h /= both  # in place: nobody else holds it

    def d_input(g: Any) -> Any:
        if type(z) is Tensor:
            return times_sech_squared(g * 0.25, z)
        d = g / both
        d /= both
        return d

    return h, d_input


@primitive
def tanh(input: Array) -> Any:
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)), elementwise, any shape: between -1 and 1.

    Its derivative is 1 / cosh(x)²; 1 - tanh(x)² is the same, but 0 from x = 19 on.

    >>> import scratch, scratch.functional as F
    >>> F.tanh(scratch.tensor([0.0, 1.0])).numpy().round(4)
    array([0.    , 0.7616])
    """

    def d_input(g: Any) -> Any:
        if type(input) is Tensor:
            return times_sech_squared(g, input)
        c = np.cosh(input.clip(*BOUND.get(input.dtype, BOUND[FLOAT64])))
        d = g / c
        d /= c
        return d

    return np.tanh(input), d_input


@primitive
def sech(input: Array) -> Any:
    """1 / cosh(x), elementwise, any shape; its derivative is -sech(x) tanh(x).

    Where the slopes of sigmoid and tanh are derived again: 1 / cosh(x)², derived as a quotient, is
    the difference of exp(x) and exp(-x) near 0, and divides by cosh(x)³ in the tails.
    """
    value = 1 / np.cosh(input.clip(*BOUND.get(input.dtype, BOUND[FLOAT64])))
    return value, lambda g: -g * np.tanh(input) * on_either(sech)(input)


def times_sech_squared(factor: Any, x: Any) -> Any:
    """factor / cosh(x)², of Tensors."""
    s = sech(x)
    return factor * s * s


@primitive
def logsigmoid(input: Array) -> Any:
    """log(sigmoid(x)) = min(x, 0) - log(1 + exp(-|x|)), elementwise, any shape.

    Its derivative is sigmoid(-x).

    >>> import scratch, scratch.functional as F
    >>> F.logsigmoid(scratch.tensor([-800.0, 0.0])).numpy().round(4)
    array([-8.000e+02, -6.931e-01])
    """
    e, below = np.exp(minus_abs(input)), raw(input) < 0
    value = np.where(below, input, 0) - np.log1p(e)
    return value, lambda g: g * (np.where(below, 1, e) / (1 + e))


@primitive
def softplus(input: Array, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + exp(beta x)) / beta, elementwise, any shape: a smooth ReLU.

    threshold: where beta x is above it, the value is x itself and the derivative 1 (PyTorch's
    definition, though no formula here would overflow).

    The derivative is sigmoid(beta x). Source: Dugas et al. 2001.

    >>> import scratch, scratch.functional as F
    >>> F.softplus(scratch.tensor([-1.0, 0.0, 30.0])).numpy().round(4)
    array([ 0.3133,  0.6931, 30.    ])
    """
    beta, threshold = number("beta", beta), number("threshold", threshold)
    # an infinite beta x is above any threshold; log 2 / 0 is the limit for beta = 0, inf * 0 none
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        z = input * beta
        e, below, linear = np.exp(minus_abs(z)), raw(z) < 0, raw(z) > threshold
        value = np.where(linear, input, (np.where(below, 0, z) + np.log1p(e)) / beta)
    return value, lambda g: g * np.where(linear, 1, np.where(below, e, 1) / (1 + e))


@primitive
def softsign(input: Array) -> Any:
    """x / (1 + |x|), elementwise, any shape: like tanh, with heavier tails.

    Its derivative is 1 / (1 + |x|)². Source: Bergstra et al. 2009, Quadratic polynomials learn
    better image features; compared with tanh by Glorot and Bengio 2010.

    >>> import scratch, scratch.functional as F
    >>> F.softsign(scratch.tensor([-3.0, 1.0])).tolist()
    [-0.75, 0.5]
    """
    t = 1 + np.abs(input)
    value = input / t
    # at infinity 0 * value makes the derivative NaN like the value (PyTorch's convention)
    return value, lambda g: g * ((1 + 0 * value) / t / t)


@primitive
def tanhshrink(input: Array) -> Any:
    """x - tanh(x), elementwise, any shape; its derivative is tanh(x)².

    Near 0 from Lambert's continued fraction, tanh(x) = x / (1 + x²/(3 + x²/(5 + ...))), in
    which nothing cancels. Source: Lambert 1768.

    >>> import scratch, scratch.functional as F
    >>> print(f"{F.tanhshrink(scratch.tensor(1e-3)).item():.6e}")
    3.333332e-10
    """
    x = raw(input)
    square, fraction = np.square(x.clip(-1, 1)), 0.0
    for odd in range(19, 1, -2):
        fraction = square / (odd + fraction)
    value = np.where(np.abs(x) < 1, x * (fraction / (1 + fraction)), x - np.tanh(x))
    return value, lambda g: g * np.square(np.tanh(input))


# ---- the ReLU family -------------------------------------------------------------------------


@primitive
def relu(input: Array) -> Any:
    """max(0, x), elementwise, any shape; the derivative is 1 where x > 0, else 0.

    At 0 the derivative is 0 (PyTorch's convention), at NaN 1. Only the value is kept for it.

    >>> import scratch, scratch.functional as F
    >>> x = scratch.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    >>> F.relu(x).sum().backward()
    >>> x.grad
    array([0., 0., 1.])
    """
    x = raw(input)
    if x.size <= LARGE:  # numpy is quickest against an array of zeros
        value = np.maximum(ZEROS[x.dtype, x.shape], x)  # in this order -0.0 stays -0.0
    else:  # or by clip, with bounds of its own dtype
        value = x.clip(ZERO.get(x.dtype, 0), INFINITY.get(x.dtype))
    return value, lambda g: kept(g, value.astype(bool))  # value != 0, but quicker


@primitive
def relu6(input: Array) -> Any:
    """min(max(0, x), 6), elementwise, any shape; the derivative is 1 where 0 < x < 6, else 0.

    At 0, at 6 and at NaN the derivative is 0 (PyTorch's convention). Source: Krizhevsky 2010.

    >>> import scratch, scratch.functional as F
    >>> F.relu6(scratch.tensor([-1.0, 2.0, 8.0])).tolist()
    [0.0, 2.0, 6.0]
    """
    x = raw(input)
    return x.clip(0, 6), lambda g: kept(g, (x > 0) & (x < 6))


@primitive
def leaky_relu(input: Array, negative_slope: float = 0.01) -> Any:
    """x where x > 0, else negative_slope x, elementwise, any shape: no neuron dies.

    The derivative is 1 or negative_slope; at 0 and at NaN negative_slope (PyTorch's convention).
    Source: lecture, "Leaky ReLU"; Maas et al. 2013.

    >>> import scratch, scratch.functional as F
    >>> F.leaky_relu(scratch.tensor([-1.0, 2.0])).tolist()
    [-0.01, 2.0]
    """
    if type(negative_slope) is not float:
        negative_slope = number("negative_slope", negative_slope)
    above = raw(input) > 0
    value = np.where(above, input, input * negative_slope)
    return value, lambda g: np.where(above, g, g * negative_slope)


@primitive
def prelu(input: Array, weight: Array) -> Any:
    """x where x > 0, else weight x; input (n, C, ...), weight (C,) or one number.

    A leaky ReLU whose slope is learned, one for each channel (dimension 1) or one for all. At 0
    the derivative is weight (PyTorch's convention). Source: He et al. 2015.

    >>> import scratch, scratch.functional as F
    >>> F.prelu(scratch.tensor([-4.0, 2.0]), scratch.tensor([0.25])).tolist()
    [-1.0, 2.0]
    """
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1 or int(np.prod(weight.shape)) not in (1, channels):
        raise ValueError(f"weight: expected one number or {channels}, got shape {weight.shape}")
    shared = weight.shape in ((), (1,))
    own_shape, axes = weight.shape, tuple(a for a in range(input.ndim) if shared or a != 1)
    slope = weight.reshape(() if shared else (-1,) + (1,) * (input.ndim - 2))
    above = raw(input) > 0

    def d_weight(g: Any) -> Any:
        return np.sum(g * np.where(above, 0, input), axis=axes).reshape(own_shape)

    return (
        np.where(above, input, input * slope),
        lambda g: np.where(above, g, g * slope),
        d_weight,
    )


@primitive
def elu(input: Array, alpha: float = 1.0) -> Any:
    """x where x > 0, else alpha (exp(x) - 1), elementwise, any shape.

    The derivative is 1 or alpha exp(x); at 0 alpha (PyTorch's convention). Source: Clevert et
    al. 2016.

    >>> import scratch, scratch.functional as F
    >>> F.elu(scratch.tensor([-800.0, 2.0])).tolist()
    [-1.0, 2.0]
    """
    return scaled_elu(input, 1.0, number("alpha", alpha), 1.0)


@primitive
def selu(input: Array) -> Any:
    """1.0507 x where x > 0, else 1.7581 (exp(x) - 1), elementwise, any shape.

    Keeps mean 0 and variance 1 from layer to layer. Source: Klambauer et al. 2017.

    >>> import scratch, scratch.functional as F
    >>> F.selu(scratch.tensor([-800.0, 1.0])).numpy().round(4)
    array([-1.7581,  1.0507])
    """
    scale, alpha = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
    return scaled_elu(input, scale, scale * alpha, 1.0)


@primitive
def celu(input: Array, alpha: float = 1.0) -> Any:
    """x where x > 0, else alpha (exp(x / alpha) - 1), elementwise, any shape.

    An ELU whose derivative, exp(x / alpha) below 0, has no step at 0. Source: Barron 2017.

    >>> import scratch, scratch.functional as F
    >>> F.celu(scratch.tensor([-800.0, 2.0]), alpha=2.0).tolist()
    [-2.0, 2.0]
    """
    alpha = number("alpha", alpha)
    if alpha == 0:
        raise ValueError("alpha: expected a number other than 0, got 0")
    return scaled_elu(input, 1.0, alpha, 1 / alpha)


def scaled_elu(input: Any, above: float, below: float, rate: float) -> Any:
    """The value and partial of above x where x > 0, else below (exp(rate x) - 1)."""
    positive, not_below = raw(input) > 0, raw(input) >= 0
    low = np.where(not_below, 0, input * rate)  # exp sees no large number
    value = np.where(not_below, input * above, below * np.expm1(low))
    return value, lambda g: g * np.where(positive, above, below * rate * np.exp(low))


@primitive
def threshold(input: Array, threshold: float, value: float) -> Any:
    """x where x > threshold, else value, elementwise, any shape; the derivative is 1 or 0.

    At the threshold the derivative is 0, at NaN 1 (PyTorch's convention).

    >>> import scratch, scratch.functional as F
    >>> F.threshold(scratch.tensor([0.5, 2.0]), 1.0, -1.0).tolist()
    [-1.0, 2.0]
    """
    threshold, value = number("threshold", threshold), number("value", value)
    x = raw(input)
    passed = ~(x <= threshold)
    return np.where(passed, x, value), lambda g: kept(g, passed)


@primitive
def hardtanh(input: Array, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """min(max(x, min_val), max_val), elementwise, any shape; the derivative is 1 between them.

    At both bounds and at NaN the derivative is 0 (PyTorch's convention). Source: Collobert 2004.

    >>> import scratch, scratch.functional as F
    >>> F.hardtanh(scratch.tensor([-3.0, 0.5, 3.0])).tolist()
    [-1.0, 0.5, 1.0]
    """
    min_val, max_val = number("min_val", min_val), number("max_val", max_val)
    if min_val > max_val:
        raise ValueError(f"min_val: expected at most max_val = {max_val}, got {min_val}")
    x = raw(input)
    return x.clip(min_val, max_val), lambda g: kept(g, (x > min_val) & (x < max_val))


@primitive
def hardsigmoid(input: Array) -> Any:
    """min(max(x + 3, 0), 6) / 6, elementwise, any shape: a sigmoid of straight pieces.

    The derivative is 1/6 where -3 < x < 3, else 0, also at the bounds and at NaN (PyTorch's
    convention). Source: Howard et al. 2019.

    >>> import scratch, scratch.functional as F
    >>> F.hardsigmoid(scratch.tensor([-4.0, 0.0, 4.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    x = raw(input)
    return (x + 3).clip(0, 6) / 6, lambda g: kept(g / 6, (x > -3) & (x < 3))


@primitive
def hardswish(input: Array) -> Any:
    """x min(max(x + 3, 0), 6) / 6, elementwise, any shape: a SiLU of simple pieces.

    The derivative is 0, x/3 + 1/2 or 1; at -3 it is 0, at 3 it is 1 (PyTorch's convention).
    Source: Howard et al. 2019.

    >>> import scratch, scratch.functional as F
    >>> F.hardswish(scratch.tensor([-1.5, 0.0, 3.0])).tolist()
    [-0.375, 0.0, 3.0]
    """
    x = raw(input)
    value = x * ((x + 3).clip(0, 6) / 6)
    return value, lambda g: g * np.where(x >= 3, 1, np.where(x <= -3, 0, input / 3 + 0.5))


@primitive
def hardshrink(input: Array, lambd: float = 0.5) -> Any:
    """x where |x| > lambd, else 0, elementwise, any shape; the derivative is 1 or 0.

    At both bounds and at NaN the derivative is 0 (PyTorch's convention). Source: Donoho and
    Johnstone 1994.

    >>> import scratch, scratch.functional as F
    >>> F.hardshrink(scratch.tensor([-2.0, 0.5, 0.75])).tolist()
    [-2.0, 0.0, 0.75]
    """
    lambd = number("lambd", lambd)
    x = raw(input)
    value = np.where((x >= -lambd) & (x <= lambd), 0, x)
    return value, lambda g: kept(g, (x < -lambd) | (x > lambd))


@primitive
def softshrink(input: Array, lambd: float = 0.5) -> Any:
    """x moved by lambd towards 0, and 0 where |x| <= lambd, elementwise, any shape.

    The derivative is 1 or 0; at both bounds and at NaN it is 0 (PyTorch's convention). Source:
    Donoho and Johnstone 1994.

    >>> import scratch, scratch.functional as F
    >>> F.softshrink(scratch.tensor([-2.0, 0.5, 0.75])).tolist()
    [-1.5, 0.0, 0.25]
    """
    lambd = number("lambd", lambd)
    if not lambd >= 0:
        raise ValueError(f"lambd: expected at least 0, got {lambd}")
    x = raw(input)
    value = x - x.clip(-lambd, lambd)
    return value, lambda g: kept(g, (x < -lambd) | (x > lambd))


# ---- x times a gate between 0 and 1 ---------------------------------------------------------
# Below 0 the gate may be subnormal, its digits lost, where x times the gate is not. So x meets
# the gate's exp(-|x|) in two steps, where one is not enough.


def decay(z: Any) -> tuple[Any, Callable[[Any], Any]]:
    """e = exp(z) for z <= 0, which is never subnormal, and the function x -> x exp(z)."""
    low = BOUND.get(z.dtype, BOUND[FLOAT64])[0]
    if np.min(raw(z), initial=0) >= low:
        e = np.exp(z)
        return e, lambda x: x * e
    near = z.clip(low, 0)
    e, rest = np.exp(near), np.exp(z - near)
    return e * rest, lambda x: x * e * rest


@primitive
def silu(input: Array) -> Any:
    """x sigmoid(x), elementwise, any shape; also called swish.

    Its derivative is s (1 + x (1 - s)) with s = sigmoid(x). Source: Elfwing et al. 2018.

    >>> import scratch, scratch.functional as F
    >>> F.silu(scratch.tensor([-1.0, 0.0, 1.0])).numpy().round(4)
    array([-0.2689,  0.    ,  0.7311])
    """
    z = minus_abs(input)
    (e, times_e), below = decay(z), raw(input) < 0
    value = np.where(below, times_e(input), input) / (1 + e)

    def d_input(g: Any) -> Any:
        at_z = times_e(1 + e + z) / (1 + e) / (1 + e)  # the derivative at -|x|; at |x| it is
        return g * np.where(below, at_z, 1 - at_z)  # the rest of 1, as s(-x) is that of s(x)

    return value, d_input


@primitive
def gelu(input: Array, approximate: str = "none") -> Any:
    """x Φ(x), Φ the distribution function of N(0, 1), elementwise, any shape.

    approximate: "none", or "tanh" for x (1 + tanh u)/2 with u = √(2/π) (x + 0.044715 x³).

    The derivative is Φ(x) + x φ(x), φ the density. Source: Hendrycks and Gimpel 2016.

    >>> import scratch, scratch.functional as F
    >>> F.gelu(scratch.tensor([-1.0, 0.0, 1.0])).numpy().round(4)
    array([-0.1587,  0.    ,  0.8413])
    """
    if approximate == "tanh":
        return gelu_by_tanh(input)
    if approximate != "none":
        raise ValueError(f'approximate: expected "none" or "tanh", got {approximate!r}')
    value = of_float64(x_ndtr_of, input)
    return value, lambda g: g * (on_either(ndtr)(input) + times_density(input, input))


def gelu_by_tanh(input: Any) -> Any:
    """(1 + tanh u)/2 is sigmoid(2u): SiLU's formulas, with 2u where the gate had x."""
    x = input.clip(-30, 30)  # where the gate is 0 or 1 already and x³ cannot overflow
    cubic = 0.044715 * SQRT_8_OVER_PI * x * x
    two_u = x * (SQRT_8_OVER_PI + cubic)
    slope = SQRT_8_OVER_PI + 3 * cubic
    (e, times_e), below = decay(minus_abs(two_u)), raw(input) < 0
    value = np.where(below, times_e(input), input) / (1 + e)

    def d_input(g: Any) -> Any:
        at_z = times_e(1 + e + minus_abs(x) * slope) / (1 + e) / (1 + e)
        return g * np.where(below, at_z, 1 - at_z)

    return value, d_input


@primitive
def mish(input: Array) -> Any:
    """x tanh(log(1 + exp(x))), elementwise, any shape.

    With e = exp(x) the gate tanh(log(1 + e)) is w = (e² + 2e)/(e² + 2e + 2), and the derivative
    w + x 4e (1 + e)/(e² + 2e + 2)²; above 0 both in exp(-x) instead, and what the derivative
    lacks to 1 on its own. Source: Misra 2019.

    >>> import scratch, scratch.functional as F
    >>> F.mish(scratch.tensor([-1.0, 0.0, 1.0])).numpy().round(4)
    array([-0.3034,  0.    ,  0.8651])
    """
    z = minus_abs(input)
    (e, times_e), below = decay(z), raw(input) < 0
    bottom = np.where(below, 2 + 2 * e + e * e, 1 + 2 * e + 2 * e * e)
    value = np.where(below, times_e(input) * (2 + e), input * (1 + 2 * e)) / bottom

    def d_input(g: Any) -> Any:
        rest = times_e(np.where(below, 2 + e, 2) * bottom) + times_e(z) * (4 * (1 + e))
        slope = rest / bottom / bottom
        return g * np.where(below, slope, 1 - e * slope)

    return value, d_input


@primitive
def glu(input: Array, dim: int = -1) -> Any:
    """a sigmoid(b), a and b the two halves of input along dim, whose length must be even.

    The derivatives are sigmoid(b) and a sigmoid(b) (1 - sigmoid(b)). Source: Dauphin et al. 2017.

    >>> import scratch, scratch.functional as F
    >>> F.glu(scratch.tensor([3.0, 4.0, 0.0, 0.0])).tolist()
    [1.5, 2.0]
    """
    axis = dimension("dim", dim, input.ndim)
    length = input.shape[axis] if input.ndim else 1
    if length % 2:
        raise ValueError(f"input: expected an even length along dim {dim}, got {input.shape}")
    before = (slice(None),) * axis
    a, b = input[(*before, slice(length // 2))], input[(*before, slice(length // 2, None))]
    h = np.exp(minus_abs(b) / 2)
    small, e1 = np.where(raw(b) < 0, h, 1), 1 + h * h

    def gated(x: Any) -> Any:  # x sigmoid(b)
        return x * small * small / e1

    def d_input(g: Any) -> Any:
        return np.concatenate([gated(g), g * (a * h * h / e1 / e1)], axis=dim)

    return gated(a), d_input


# ---- several numbers at once ----------------------------------------------------------------


@primitive
def softmax(input: Array, dim: int | None = None, dtype: Any = None) -> Any:
    """exp(x_i) / sum_j exp(x_j) along dim, any shape: positive, and sums to 1.

    dim: the dimension of the classes; must be named.
    dtype: compute and answer in this dtype.

    The derivative is y_i (g_i - sum_j g_j y_j). Only the value is kept for it. Source: lecture,
    "Softmax".

    >>> import scratch, scratch.functional as F
    >>> F.softmax(scratch.tensor([5.0, 6.0, 11.0, 7.0]), dim=0).numpy().round(3)
    array([0.002, 0.007, 0.973, 0.018])
    """
    e, old = np.exp(below_the_largest(input, dim, dtype)), input.dtype
    value = e / np.add.reduce(e, dim, keepdims=True)

    def d_input(g: Any) -> Any:
        # Adding a number to every g changes nothing, as y sums to 1. Measured from their mean,
        # the g of a class with y near 1 is tiny, and the difference below does not cancel.
        g = g - np.add.reduce(g * value, dim, keepdims=True)
        d = value * (g - np.add.reduce(g * value, dim, keepdims=True))
        return d if dtype is None else d.astype(old)

    return value, d_input


@primitive
def softmin(input: Array, dim: int | None = None, dtype: Any = None) -> Any:
    """softmax(-x) along dim, any shape: the smallest has the largest share.

    Arguments as `softmax`.

    >>> import scratch, scratch.functional as F
    >>> F.softmin(scratch.tensor([0.0, 0.0, 800.0]), dim=0).tolist()
    [0.5, 0.5, 0.0]
    """
    value, d_negated = softmax.body(-input, dim, dtype)  # type: ignore[attr-defined]
    return value, lambda g: -d_negated(g)


@primitive
def log_softmax(input: Array, dim: int | None = None, dtype: Any = None) -> Any:
    """x_i - log(sum_j exp(x_j)) along dim, any shape: the logarithm of `softmax`.

    Arguments as `softmax`. With y = softmax(x) the derivative is g_i - y_i sum_j g_j. Only the
    value is kept for it.

    >>> import scratch, scratch.functional as F
    >>> F.log_softmax(scratch.tensor([0.0, 800.0]), dim=0).tolist()
    [-800.0, 0.0]
    """
    z, old = below_the_largest(input, dim, dtype), input.dtype
    # the sum of exp(z) is 1 and more: the largest's own exp(0) is left out, log1p adds it again
    largest = raw(z) == 0
    others = np.exp(z) - largest.astype(z.dtype)
    ties = np.maximum(np.add.reduce(largest, dim, keepdims=True), 1) - 1
    rest = np.add.reduce(others, dim, keepdims=True) + ties.astype(z.dtype)
    value = z - np.log1p(rest)

    def d_input(g: Any) -> Any:
        y = np.exp(value) if type(value) is not Tensor else softmax(input, dim, dtype)
        d = g - y * np.add.reduce(g, dim, keepdims=True)
        # The exact ones sum to 0, as y sums to 1. What these sum to is the rounding of the
        # larger terms, and goes back where it came from: 1 - y keeps its digits at y near 1.
        d = d - y * np.add.reduce(d, dim, keepdims=True)
        return d if dtype is None else d.astype(old)

    return value, d_input


def below_the_largest(input: Any, dim: int | None, dtype: Any) -> Any:
    """x minus the largest along dim: exp of it cannot overflow, and softmax stays the same."""
    if dim is None:
        raise ValueError("dim: expected the dimension of the classes, such as dim=1, got None")
    if type(dim) is not int or not -input.ndim <= dim < input.ndim:
        dimension("dim", dim, input.ndim)
    z = input if dtype is None else input.astype(floating("dtype", dtype))
    if z.dtype.kind != "f":
        raise TypeError(f"input: expected floating point numbers, got {z.dtype}; name dtype")
    return z - np.maximum.reduce(raw(z), dim, keepdims=True, initial=-np.inf)


@primitive
def maxout(input: Array, pieces: int, dim: int = -1) -> Any:
    """The largest of each group of `pieces` entries next to each other along dim.

    input: any shape, its length along dim a multiple of pieces; the result has length/pieces.

    The derivative is 1 for the largest, else 0; equal ones share it (as `torch.amax`). Source:
    Goodfellow et al. 2013.

    >>> import scratch, scratch.functional as F
    >>> F.maxout(scratch.tensor([1.0, 5.0, -2.0, -3.0]), pieces=2).tolist()
    [5.0, -2.0]
    """
    axis, shape = dimension("dim", dim, input.ndim), input.shape
    if not shape:
        raise ValueError("input: expected at least one dimension, got a 0-d tensor")
    length, pieces = shape[axis], integer("pieces", pieces)
    if pieces < 1 or length % pieces:
        raise ValueError(f"pieces: expected a divisor of the length {length}, got {pieces}")
    groups = raw(input).reshape(*shape[:axis], length // pieces, pieces, *shape[axis + 1 :])
    value = groups.max(axis=axis + 1)
    largest = groups == np.expand_dims(value, axis + 1)
    # a group with a NaN has no largest: its gradient is NaN
    count = np.add.reduce(largest, axis + 1, keepdims=True)
    share = np.where(count == 0, np.nan, largest / np.maximum(count, 1)).astype(value.dtype)
    return value, lambda g: (np.expand_dims(g, axis + 1) * share).reshape(shape)


# ---- what several of them need --------------------------------------------------------------


def minus_abs(x: Any) -> Any:
    """-|x|, for formulas that are smooth at 0 although they go through |x|.

    On Tensors the derivatives of all orders at 0 must be those of one side; the kink of |x| has
    derivative 0 there, which would spoil them.
    """
    return -np.abs(x) if raw(x) is x else np.where(raw(x) < 0, x, -x)


def kept(g: Any, mask: Any) -> Any:
    """g where the mask holds, else 0; also where g is infinite or NaN, unlike g * mask."""
    bits = BITS.get(g.dtype)
    if bits is None or type(g) is not np.ndarray:
        return np.where(mask, g, 0)
    # times 1 or 0 as integers the bits of g stay or go: faster than np.where by far
    chosen = mask.astype(bits)
    chosen *= g.view(bits)
    return chosen.view(g.dtype)


# ---- by name --------------------------------------------------------------------------------

Activation = Callable[[Tensor], Tensor]


def identity(input: Tensor) -> Tensor:
    """g(z) = z, any shape: no activation.

    Lecture: "¿Cuál es la utilidad de la función de activación?".

    >>> import scratch
    >>> identity(scratch.tensor([-1.0, 2.0]))
    tensor([-1.,  2.])
    """
    return input


# What a network can be given by name: the functions above that need no second argument.
ACTIVATIONS: dict[str, Activation] = {
    "identity": identity,
    "step": step,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "relu6": relu6,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "selu": selu,
    "celu": celu,
    "gelu": gelu,
    "silu": silu,
    "mish": mish,
    "softplus": softplus,
    "softsign": softsign,
    "hardtanh": hardtanh,
    "hardsigmoid": hardsigmoid,
    "hardswish": hardswish,
    "hardshrink": hardshrink,
    "softshrink": softshrink,
    "tanhshrink": tanhshrink,
    "logsigmoid": logsigmoid,
    "softmax": lambda input: softmax(input, dim=-1),
    "log_softmax": lambda input: log_softmax(input, dim=-1),
}


def get_activation(
    activation: str | Activation | None, argument: str = "activation"
) -> Activation:
    """The function that `activation` stands for: a name, a function of a tensor, or None.

    None is `identity`; "softmax" and "log_softmax" work along the last dim.
    `argument`: what the caller calls it, for the error.
    ValueError: an unknown name. TypeError: neither a name, a function nor None.

    Lecture: "El perceptrón: Función de activación".

    >>> get_activation("relu") is relu, get_activation(None) is identity
    (True, True)
    """
    if activation is None:
        return identity
    if isinstance(activation, str):
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"{argument}: unknown name {activation!r}; known: {', '.join(sorted(ACTIVATIONS))}"
            )
        return ACTIVATIONS[activation]
    if not callable(activation):
        raise TypeError(
            f"{argument}: expected a name, a function of one tensor or None, got {activation!r}"
        )
    return activation


def activation_label(activation: str | Activation | None) -> str:
    """How an activation is printed: its name, or that of the function.

    Lecture: "El perceptrón: Función de activación".

    >>> import scratch
    >>> activation_label("relu"), activation_label(None), activation_label(scratch.sin)
    ('relu', 'identity', 'sin')
    """
    if activation is None:
        return "identity"
    if isinstance(activation, str):
        return activation
    return getattr(activation, "__name__", type(activation).__name__)
