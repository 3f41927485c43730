"""Every function from its definition, as mathematics has it: the judge of both wings.

The formulas are those of the documentation of `torch.nn.functional`, not the stable forms that
`scratch` computes with: sigmoid is 1 / (1 + exp(-x)). What cancels there does so in hundreds of
digits, of which enough remain. Arguments are jets, or lists of them where a function takes several
numbers; parameters are named as in both wings. At a kink the branch is the one that PyTorch takes.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import mpmath as mp  # type: ignore[import-untyped]

from .jet import Jet, cos, erf, erfc, exp, jet, log, sin, sqrt

__all__ = ["cos", "erf", "erfc", "exp", "log", "sin", "sqrt"]

# ---- one number ------------------------------------------------------------------------------


def neg(x: Jet) -> Jet:
    return -x


def abs(x: Jet) -> Jet:
    return x if x.f > 0 else -x if x.f < 0 else Jet(0)


def sign(x: Jet) -> Jet:
    return Jet(mp.sign(x.f))


def square(x: Jet) -> Jet:
    return x * x


def expm1(x: Jet) -> Jet:
    return exp(x) - 1


def log1p(x: Jet) -> Jet:
    return log(1 + x)


def sinh(x: Jet) -> Jet:
    return (exp(x) - exp(-x)) / 2


def cosh(x: Jet) -> Jet:
    return (exp(x) + exp(-x)) / 2


# ---- activations -----------------------------------------------------------------------------


def step(x: Jet) -> Jet:
    return Jet(1 if x.f > 0 else 0)


def sigmoid(x: Jet) -> Jet:
    return 1 / (1 + exp(-x))


def tanh(x: Jet) -> Jet:
    return 1 - 2 / (exp(2 * x) + 1)


def logsigmoid(x: Jet) -> Jet:
    return log(sigmoid(x))


def softplus(x: Jet, beta: float = 1, threshold: float = 20) -> Jet:
    return x if beta * x.f > threshold else log(1 + exp(beta * x)) / beta


def softsign(x: Jet) -> Jet:
    return x / (1 + x) if x.f >= 0 else x / (1 - x)  # smooth at 0: its derivative there is 1


def tanhshrink(x: Jet) -> Jet:
    return x - tanh(x)


def relu(x: Jet) -> Jet:
    return x if x.f > 0 else Jet(0)


def relu6(x: Jet) -> Jet:
    return hardtanh(x, 0, 6)


def leaky_relu(x: Jet, negative_slope: float = 0.01) -> Jet:
    return x if x.f > 0 else x * negative_slope


def elu(x: Jet, alpha: float = 1) -> Jet:
    return x if x.f > 0 else (exp(x) - 1) * alpha


def selu(x: Jet) -> Jet:
    scale = mp.mpf("1.0507009873554804934193349852946")
    return elu(x, mp.mpf("1.6732632423543772848170429916717")) * jet(scale)


def celu(x: Jet, alpha: float = 1) -> Jet:
    return x if x.f > 0 else (exp(x / alpha) - 1) * alpha


def threshold(x: Jet, threshold: float, value: float) -> Jet:
    return x if x.f > threshold else Jet(value)


def hardtanh(x: Jet, min_val: float = -1, max_val: float = 1) -> Jet:
    return Jet(min_val) if x.f <= min_val else Jet(max_val) if x.f >= max_val else x


def hardsigmoid(x: Jet) -> Jet:
    return hardtanh(x + 3, 0, 6) / 6


def hardswish(x: Jet) -> Jet:
    return x if x.f >= 3 else x * hardsigmoid(x)


def hardshrink(x: Jet, lambd: float = 0.5) -> Jet:
    return Jet(0) if -lambd <= x.f <= lambd else x


def softshrink(x: Jet, lambd: float = 0.5) -> Jet:
    return x - lambd if x.f > lambd else x + lambd if x.f < -lambd else Jet(0)


def silu(x: Jet) -> Jet:
    return x * sigmoid(x)


def gelu(x: Jet, approximate: str = "none") -> Jet:
    if builtins.abs(x.f) > 1000:  # the gate is 0 or 1 in every dtype
        return x if x.f > 0 else Jet(0)
    if approximate == "tanh":  # (1 + tanh u)/2 is sigmoid(2u)
        return x * sigmoid(2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x * x * x))
    return x * erfc(x * (-1 / mp.sqrt(2))) / 2  # Φ(x) is erfc(-x/√2)/2


def mish(x: Jet) -> Jet:
    return x * tanh(log(1 + exp(x)))


# ---- two and three numbers -------------------------------------------------------------------


def add(x: Jet, y: Jet) -> Jet:
    return x + y


def sub(x: Jet, y: Jet) -> Jet:
    return x - y


def mul(x: Jet, y: Jet) -> Jet:
    return x * y


def div(x: Jet, y: Jet) -> Jet:
    return x / y


def pow(x: Jet, exponent: Any) -> Jet:
    if isinstance(exponent, int):
        product = Jet(1)
        for _ in range(exponent if exponent > 0 else -exponent):
            product = product * x
        return product if exponent >= 0 else 1 / product
    return exp(exponent * log(x))


def maximum(x: Jet, y: Jet) -> Jet:
    return (x + y) / 2 if x.f == y.f else x if x.f > y.f else y  # a tie is shared


def minimum(x: Jet, y: Jet) -> Jet:
    return (x + y) / 2 if x.f == y.f else x if x.f < y.f else y


def where(condition: bool, x: Jet, y: Jet) -> Jet:
    return x if condition else y


def clamp(x: Jet, min: float = -mp.inf, max: float = mp.inf) -> Jet:
    return Jet(max) if x.f > max or max < min else Jet(min) if x.f < min else x


# ---- losses, of one element ------------------------------------------------------------------


def squared_error(x: Jet, y: Jet) -> Jet:
    return square(x - y)


mse_loss = squared_error


def l1_loss(x: Jet, y: Jet) -> Jet:
    return abs(x - y)


def huber_loss(x: Jet, y: Jet, delta: float = 1) -> Jet:
    e = x - y
    return square(e) / 2 if -delta <= e.f <= delta else (abs(e) - delta / 2) * delta


def smooth_l1_loss(x: Jet, y: Jet, beta: float = 1) -> Jet:
    e = x - y
    if -beta < e.f < beta:
        return square(e) / (2 * beta)
    return abs(e) - beta / 2


def binary_cross_entropy(p: Jet, y: Jet) -> Jet:
    return -(y * log(p) + (1 - y) * log(1 - p))


def binary_cross_entropy_with_logits(z: Jet, y: Jet, pos_weight: Any = 1) -> Jet:
    return (1 - y) * -logsigmoid(-z) + y * -logsigmoid(z) * jet(pos_weight)


# ---- several numbers -------------------------------------------------------------------------

Jets = Sequence[Jet]


def total(x: Jets) -> Jet:
    return sum(x, Jet(0))


def softmax(x: Jets) -> list[Jet]:
    e = [exp(a) for a in x]
    whole = 1 / total(e)
    return [a * whole for a in e]


def softmin(x: Jets) -> list[Jet]:
    return softmax([-a for a in x])


def log_softmax(x: Jets) -> list[Jet]:
    return [a - logsumexp(x) for a in x]


def logsumexp(x: Jets) -> Jet:
    return log(total([exp(a) for a in x]))


def cross_entropy(x: Jets, target: Any) -> Jet:
    """target: a class, or a probability for each."""
    if isinstance(target, int):
        return logsumexp(x) - x[target]
    return total([t * (logsumexp(x) - a) for t, a in zip(target, x)])


def smoothed_cross_entropy(x: Jets, target: int, label_smoothing: float) -> Jet:
    even = label_smoothing / mp.mpf(len(x))
    return cross_entropy(
        x, [jet(even + (1 - mp.mpf(label_smoothing)) * (c == target)) for c in range(len(x))]
    )


def nll_loss(x: Jets, target: int) -> Jet:
    return -x[target]


def glu(x: Jets) -> list[Jet]:
    half = len(x) // 2
    return [a * sigmoid(b) for a, b in zip(x[:half], x[half:])]


def maxout(x: Jets, pieces: int) -> list[Jet]:
    groups = [x[k : k + pieces] for k in range(0, len(x), pieces)]
    found = []
    for group in groups:
        largest = max(a.f for a in group)
        tied = [a for a in group if a.f == largest]
        found.append(total(tied) / len(tied))
    return found


def prelu(x: Sequence[Jets], weight: Jets) -> list[Jet]:
    return [a if a.f > 0 else w * a for row in x for a, w in zip(row, weight)]


def linear(x: Sequence[Jets], weight: Sequence[Jets], bias: Jets) -> list[Jet]:
    return [
        total([a * w for a, w in zip(row, neuron)]) + b
        for row in x
        for neuron, b in zip(weight, bias)
    ]


def conv1d(x: Sequence[Jets], weight: Sequence[Sequence[Jets]], bias: Jets) -> list[Jet]:
    """x (channels, length), weight (out, channels, width), bias (out,)."""
    width = len(weight[0][0])
    return [
        total([row[at + k] * w[k] for row, w in zip(x, kernel) for k in range(width)]) + b
        for kernel, b in zip(weight, bias)
        for at in range(len(x[0]) - width + 1)
    ]
