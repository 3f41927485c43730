"""The activation functions, as PyTorch has them: the reference that ``scratch.activations`` meets.

Sections of the lecture: «El perceptrón: Función de activación», «Función de activación ReLU»,
«Función de activación LeakyReLU», «Otras funciones de activación importantes: Softmax».

Every function hands its arguments to PyTorch's own; the derivative is autograd's. Names, order of
the parameters and defaults are those of ``torch.nn.functional`` (without ``inplace``). PyTorch has
neither ``step`` nor ``maxout``: these two are made of its operations. What each function does at a
kink is PyTorch's choice, and is named where there is one.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Activation = Callable[[Tensor], Tensor]


def identity(input: Tensor) -> Tensor:
    """g(z) = z, any shape: no activation.

    Source: «¿Cuál es la utilidad de la función de activación?».

    >>> identity(torch.tensor([-1.0, 2.0]))
    tensor([-1.,  2.])
    """
    return input


def step(input: Tensor) -> Tensor:
    """g(z) = 1 where z > 0, else 0 (``torch.heaviside`` with 0 at 0), any shape; derivative 0.

    NaN gives 0, as ``torch.heaviside`` has it. A network with this activation does not learn by
    gradient descent: every gradient that passes through it is 0.

    Source: «El perceptrón: Función de activación» (función escalón).

    >>> step(torch.tensor([-2.0, 0.0, 3.0]))
    tensor([0., 0., 1.])
    """
    # torch.heaviside refuses backward. sign has the same jump and a derivative that autograd
    # writes as plain zeros, whatever g is; a formula with 0 * z would turn infinities into NaN.
    return F.relu(torch.sign(input))


def sigmoid(input: Tensor) -> Tensor:
    """g(z) = 1 / (1 + exp(-z)), any shape; derivative g(z) (1 - g(z)), at most 1/4.

    Source: «El perceptrón: Función de activación».

    >>> sigmoid(torch.tensor([-800.0, 0.0, 2.84]))
    tensor([0.0000, 0.5000, 0.9448])
    """
    return torch.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """g(z) = (exp(z) - exp(-z)) / (exp(z) + exp(-z)), any shape; derivative 1 - g(z)^2.

    Source: «Otras funciones de activación con el mismo problema».

    >>> tanh(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return torch.tanh(input)


def relu(input: Tensor) -> Tensor:
    """g(z) = max(0, z), any shape; derivative 1 where z > 0, else 0 (0 at the kink z = 0).

    Source: «Función de activación ReLU».

    >>> relu(torch.tensor([-1.0, 0.0, 2.0]))
    tensor([0., 0., 2.])
    """
    return F.relu(input)


def relu6(input: Tensor) -> Tensor:
    """g(z) = min(max(0, z), 6), any shape; derivative 1 where 0 < z < 6, 0 at both kinks.

    Source: Krizhevsky (2010), Convolutional deep belief networks on CIFAR-10.

    >>> relu6(torch.tensor([-1.0, 2.0, 7.0]))
    tensor([0., 2., 6.])
    """
    return F.relu6(input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """g(z) = z where z > 0, else negative_slope * z, any shape; the slope of the left at 0.

    Source: «Función de activación LeakyReLU»; Maas et al. (2013), Rectifier nonlinearities improve
    neural network acoustic models.

    >>> leaky_relu(torch.tensor([-1.0, 2.0]))
    tensor([-0.0100,  2.0000])
    """
    return F.leaky_relu(input, negative_slope)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """g(z) = z where z > 0, else weight * z: a leaky ReLU whose slope is learned.

    ``input`` (n, c, ...); ``weight`` (1,) or (c,), a slope a channel.
    RuntimeError: ``weight`` has neither one element nor one a channel.

    Source: He et al. (2015), Delving deep into rectifiers.

    >>> prelu(torch.tensor([[-1.0, 2.0]]), torch.tensor([0.25]))
    tensor([[-0.2500,  2.0000]])
    """
    return F.prelu(input, weight)


def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """g(z) = z where z > 0, else alpha (exp(z) - 1), any shape.

    Source: Clevert et al. (2016), Fast and accurate deep network learning by ELUs.

    >>> elu(torch.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    return F.elu(input, alpha)


def selu(input: Tensor) -> Tensor:
    """g(z) = scale * (z where z > 0, else alpha (exp(z) - 1)), any shape; the constants below.

    scale = 1.0507009873554804934193349852946, alpha = 1.6732632423543772848170429916717.

    Source: Klambauer et al. (2017), Self-normalizing neural networks.

    >>> selu(torch.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    return F.selu(input)


def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """g(z) = max(0, z) + min(0, alpha (exp(z / alpha) - 1)), any shape.

    RuntimeError: ``alpha`` is 0.

    Source: Barron (2017), Continuously differentiable exponential linear units.

    >>> celu(torch.tensor([-1.0, 2.0]), alpha=2.0)
    tensor([-0.7869,  2.0000])
    """
    return F.celu(input, alpha)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """g(z) = z Phi(z), Phi the distribution function of N(0, 1), any shape.

    ``approximate="tanh"``: z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))).
    RuntimeError: ``approximate`` is neither "none" nor "tanh".

    Source: Hendrycks and Gimpel (2016), Gaussian error linear units.

    >>> gelu(torch.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """
    return F.gelu(input, approximate=approximate)


def silu(input: Tensor) -> Tensor:
    """g(z) = z sigmoid(z), any shape (also called swish).

    Source: Elfwing et al. (2018), Sigmoid-weighted linear units.

    >>> silu(torch.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """
    return F.silu(input)


def mish(input: Tensor) -> Tensor:
    """g(z) = z tanh(softplus(z)), any shape.

    Source: Misra (2019), Mish: a self regularized non-monotonic activation function.

    >>> mish(torch.tensor([-1.0, 2.0]))
    tensor([-0.3034,  1.9440])
    """
    return F.mish(input)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """g(z) = log(1 + exp(beta z)) / beta, any shape; z itself where beta z > threshold.

    Source: Dugas et al. (2001), Incorporating second-order functional knowledge for better option
    pricing.

    >>> softplus(torch.tensor([-1.0, 0.0, 800.0]))
    tensor([3.1326e-01, 6.9315e-01, 8.0000e+02])
    """
    return F.softplus(input, beta, threshold)


def softsign(input: Tensor) -> Tensor:
    """g(z) = z / (1 + |z|), any shape.

    Source: Bergstra et al. (2009), Quadratic polynomials learn better image features; compared
    with tanh by Glorot and Bengio (2010).

    >>> softsign(torch.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """
    return F.softsign(input)


def softmin(input: Tensor, dim: int | None = None, dtype: torch.dtype | None = None) -> Tensor:
    """softmax(-z) along ``dim``: the smallest entry gets the largest probability.

    ``dtype``: the values are converted to it first. ValueError: ``dim`` is not given.

    Source: «Otras funciones de activación importantes: Softmax», with the sign changed.

    >>> softmin(torch.tensor([0.0, 1.0]), dim=0)
    tensor([0.7311, 0.2689])
    """
    return F.softmin(input, dim=_named("softmin", dim), dtype=dtype)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """g(z) = min(max(min_val, z), max_val), any shape; derivative 0 at both kinks.

    ValueError: ``min_val`` is greater than ``max_val``.

    Source: Collobert (2004), Large scale machine learning.

    >>> hardtanh(torch.tensor([-2.0, 0.5, 2.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    return F.hardtanh(input, min_val, max_val)


def hardsigmoid(input: Tensor) -> Tensor:
    """g(z) = min(max(0, z + 3), 6) / 6, any shape; derivative 0 at both kinks.

    Source: Howard et al. (2019), Searching for MobileNetV3.

    >>> hardsigmoid(torch.tensor([-4.0, 0.0, 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """
    return F.hardsigmoid(input)


def hardswish(input: Tensor) -> Tensor:
    """g(z) = z min(max(0, z + 3), 6) / 6, any shape.

    Source: Howard et al. (2019), Searching for MobileNetV3.

    >>> hardswish(torch.tensor([-4.0, 1.5, 4.0]))
    tensor([-0.0000, 1.1250, 4.0000])
    """
    return F.hardswish(input)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """g(z) = 0 where |z| <= lambd, else z, any shape; derivative 0 at both jumps.

    Source: Donoho and Johnstone (1994), Ideal spatial adaptation by wavelet shrinkage.

    >>> hardshrink(torch.tensor([-1.0, 0.5, 2.0]))
    tensor([-1.,  0.,  2.])
    """
    return F.hardshrink(input, lambd)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """g(z) = 0 where |z| <= lambd, else z moved towards 0 by lambd, any shape.

    RuntimeError: ``lambd`` is negative.

    Source: Donoho and Johnstone (1994), Ideal spatial adaptation by wavelet shrinkage.

    >>> softshrink(torch.tensor([-1.0, 0.5, 2.0]))
    tensor([-0.5000,  0.0000,  1.5000])
    """
    return F.softshrink(input, lambd)


def tanhshrink(input: Tensor) -> Tensor:
    """g(z) = z - tanh(z), any shape; derivative tanh(z)^2.

    Source: ``torch.nn.functional.tanhshrink``.

    >>> tanhshrink(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """
    return F.tanhshrink(input)


def threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    """g(z) = z where z > threshold, else value, any shape; derivative 0 at the threshold.

    Source: ``torch.nn.functional.threshold``; the ReLU is ``threshold(z, 0, 0)``.

    >>> threshold(torch.tensor([0.5, 2.0]), threshold=1.0, value=-7.0)
    tensor([-7.,  2.])
    """
    return F.threshold(input, threshold, value)


def logsigmoid(input: Tensor) -> Tensor:
    """g(z) = log(sigmoid(z)) = -log(1 + exp(-z)), any shape.

    Source: ``torch.nn.functional.logsigmoid``.

    >>> logsigmoid(torch.tensor([-800.0, 0.0]))
    tensor([-8.0000e+02, -6.9315e-01])
    """
    return F.logsigmoid(input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """g(a, b) = a sigmoid(b), a and b the two halves of ``dim``: (..., 2k, ...) -> (..., k, ...).

    RuntimeError: the size of ``dim`` is odd.

    Source: Dauphin et al. (2017), Language modeling with gated convolutional networks.

    >>> glu(torch.tensor([4.0, 0.0]))
    tensor([2.])
    """
    return F.glu(input, dim)


def softmax(input: Tensor, dim: int | None = None, dtype: torch.dtype | None = None) -> Tensor:
    """p_i = exp(z_i) / sum_j exp(z_j) along ``dim``; the shape stays.

    ``dtype``: the values are converted to it first. ValueError: ``dim`` is not given.

    Source: «Otras funciones de activación importantes: Softmax».

    >>> softmax(torch.tensor([5.0, 6.0, 11.0, 7.0]), dim=0)
    tensor([0.0024, 0.0066, 0.9732, 0.0178])
    """
    return F.softmax(input, dim=_named("softmax", dim), dtype=dtype)


def log_softmax(input: Tensor, dim: int | None = None, dtype: torch.dtype | None = None) -> Tensor:
    """log p_i = z_i - log(sum_j exp(z_j)) along ``dim``; the shape stays.

    ``dtype``: the values are converted to it first. ValueError: ``dim`` is not given.

    Source: «Otras funciones de activación importantes: Softmax», with the logarithm.

    >>> log_softmax(torch.tensor([1000.0, 0.0]), dim=0)
    tensor([    0., -1000.])
    """
    return F.log_softmax(input, dim=_named("log_softmax", dim), dtype=dtype)


def maxout(input: Tensor, pieces: int, dim: int = -1) -> Tensor:
    """max of each ``pieces`` neighbours along ``dim``: (..., k*pieces, ...) -> (..., k, ...).

    Neighbours that tie for the maximum share its gradient equally, as ``torch.amax`` has it.
    ValueError: ``pieces`` is below 1 or does not divide the size of ``dim``. TypeError: no integer.

    Source: «Otras funciones de activación»; Goodfellow et al. (2013), Maxout networks.

    >>> maxout(torch.tensor([1.0, 5.0, -2.0, -3.0]), pieces=2)
    tensor([ 5., -2.])
    """
    if isinstance(pieces, bool) or not isinstance(pieces, int):
        raise TypeError(f"maxout: pieces: expected an integer, got {pieces!r}")
    size = input.size(dim)
    if pieces < 1 or size % pieces:
        raise ValueError(
            f"maxout: pieces must be at least 1 and divide the size of dim {dim}, "
            f"which is {size}; got pieces={pieces}"
        )
    groups: Tensor = input.unflatten(dim, (size // pieces, pieces))  # type: ignore[no-untyped-call]
    # Splitting dim adds an axis behind it: counted from the end, that axis is dim itself.
    return groups.amax(dim + 1 if dim >= 0 else dim)


def _named(function: str, dim: int | None) -> int:
    """``dim``, which PyTorch would guess (with a deprecation warning) when it is left out."""
    if dim is None:
        raise ValueError(
            f"{function}: dim must be named, for example dim=-1 for a batch (n, classes); "
            "PyTorch deprecates its implicit choice, which depends on the number of dimensions"
        )
    return dim


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
    """The function that ``activation`` stands for: a name, a function of a tensor, or None.

    None is ``identity``; "softmax" and "log_softmax" work along the last dim.
    ``argument``: what the caller calls it, for the error.
    ValueError: an unknown name. TypeError: neither a name, a function nor None.

    Source: «El perceptrón: Función de activación».

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

    Source: «El perceptrón: Función de activación».

    >>> activation_label("relu"), activation_label(None), activation_label(torch.sin)
    ('relu', 'identity', 'sin')
    """
    if activation is None:
        return "identity"
    if isinstance(activation, str):
        return activation
    return getattr(activation, "__name__", type(activation).__name__)
