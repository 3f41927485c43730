"""Residual networks: each block adds something to its input, and the gradient passes the sum.

Lecture: "Otras soluciones: Redes Residuales".

Through y = x + F(x) the gradient returns as g + g F'(x): however small F' is, g itself arrives,
through any number of blocks. The blocks are those with which networks of a thousand layers were
first trained: the activation stands before each layer, so that nothing stands on the shortcut.
He et al. (2016), Identity mappings in deep residual networks.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from .activations import Activation, activation_label, get_activation
from .autograd import Array, primitive
from .checks import number
from .fully_connected import check_bias, drawn_linear
from .initializers import Initializer, generator, get_initializer
from .linear import linear
from .module import Linear, Module, check_input, checked_dtype
from .tensor import Tensor

_SHORTCUTS = ("identity", "projection", "none")


@primitive
def residual_add(input: Array, branch: Array, scale: float = 1.0) -> Any:
    """input + scale * branch, two tensors of one shape.

    Raises ValueError (a RuntimeError too) where the shapes differ: a shortcut does not broadcast.

    Lecture: "Otras soluciones: Redes Residuales". Twin: `torch.add(input, branch, alpha=scale)`.

    >>> import scratch
    >>> residual_add(scratch.tensor([1.0, 2.0]), scratch.tensor([10.0, 10.0]), 0.5)
    tensor([6., 7.])
    """
    if input.shape != branch.shape:
        raise ValueError("branch: expected the shape of input")
    return (
        input + scale * branch,
        lambda g: g,  # the shortcut: the gradient arrives as it left
        lambda g: scale * g,
    )


class ResidualBlock(Module):
    """y = P x + scale F(x), F(x) = W2 g(W1 g(x) + b1) + b2; input (n, in) or (in,) -> (n, out).

    `in_features`, `out_features`: neurons before and behind (None: as many as before).
    `activation`: g, see `get_activation`. `bias`: whether the layers have one; it starts at 0.
    `shortcut`: "identity" (P = 1, in = out), "projection" (P a matrix that is learned too), "none"
    (y = F(x): a plain pair of layers, without `scale`).
    `scale`: how much the branch F counts beside the shortcut.
    `initializer`, `seed`, `dtype`: as in `FullyConnected`; `seed` may be a generator. A projection
    starts by `xavier_normal`, since no activation weakens what it passes, and draws from a stream
    of its own: W1 and W2 are the same with any shortcut.
    Parameters: `layers.0.weight` (out, in), `layers.0.bias`, `layers.1.weight` (out, out),
    `layers.1.bias`, `projection.weight` (out, in).
    ValueError: sizes below 1, an identity between different sizes, an unknown name or dtype, a
    `scale` that is not finite. TypeError: sizes that are no integers, a `scale` that is no
    number, a `bias` that is neither True nor False.

    Source: "Otras soluciones: Redes Residuales"; He et al. (2016), figure 1b.

    >>> import scratch
    >>> block = ResidualBlock(3, initializer=lambda rng, shape: np.zeros(shape))
    >>> block(scratch.tensor([1.0, -2.0, 3.0])).tolist()  # a block that learned nothing
    [1.0, -2.0, 3.0]
    """

    def __init__(
        self,
        in_features: int,
        out_features: int | None = None,
        activation: str | Activation | None = "relu",
        shortcut: str = "identity",
        scale: float = 1.0,
        bias: bool = True,
        initializer: str | Initializer = "kaiming_normal",
        seed: int | np.random.Generator = 0,
        dtype: Any = "float64",
    ) -> None:
        n_in = _size("in_features", in_features)
        n_out = n_in if out_features is None else _size("out_features", out_features)
        if shortcut not in _SHORTCUTS:
            raise ValueError(
                f"shortcut: expected one of {', '.join(_SHORTCUTS)}, got {shortcut!r}"
            )
        if shortcut == "identity" and n_in != n_out:
            raise ValueError(
                f"shortcut: an identity leads from {n_in} to {n_in} neurons, not to {n_out}: "
                "use 'projection'"
            )
        if not math.isfinite(number("scale", scale)):
            raise ValueError(f"scale: expected a finite number, got {scale!r}")
        self.in_features, self.out_features = n_in, n_out
        self.activation = get_activation(activation)
        self.shortcut, self.scale = shortcut, float(scale)
        self._label = activation_label(activation)

        rng = generator(seed)
        self.layers = [
            _drawn(rng, initializer, n, n_out, bias, dtype) for n in (n_in, n_out)
        ]
        self.projection: Linear | None = None
        if shortcut == "projection":
            (own,) = rng.spawn(1)
            self.projection = _drawn(own, "xavier_normal", n_in, n_out, False, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """The sum of shortcut and branch; (n, in) -> (n, out), (in,) -> (out,).

        RuntimeError: the last size or the dtype of `input` is not that of the block.
        """
        first, second = self.layers
        check_input("ResidualBlock", input, self.in_features, first.weight.data.dtype)
        g = self.activation
        branch = linear(g(input), first.weight, first.bias)
        branch = linear(g(branch), second.weight, second.bias)
        if self.shortcut == "none":
            return branch
        if self.projection is not None:
            input = linear(input, self.projection.weight, None)
        return residual_add(input, branch, self.scale)

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}, {self.kind()}"

    def kind(self) -> str:
        """Activation, shortcut and scale, as they are printed."""
        scale = "" if self.shortcut == "none" else f", scale={self.scale:.4g}"
        return f"activation={self._label}, shortcut={self.shortcut}{scale}"


class ResidualNetwork(Module):
    """h = W0 x + b0, then h = h + scale F(h) in each block, y = W g(h) + b; (n, in) -> (n, out).

    `width`: neurons of each hidden layer. `blocks`: how many blocks of two layers.
    `in_features`, `out_features`: None leaves the first or the last layer away (and `width`
    neurons are read or returned).
    `shortcut`: as in `ResidualBlock`. "none" is the plain network of the same depth with the same
    weights: `FullyConnected([in, width, ..., width, out])` with 2 blocks + 2 layers.
    `scale`: how much each branch counts; None: 1 / sqrt(blocks), with which the signal keeps its
    order of magnitude through any number of blocks (each adds a share 1 / blocks of its variance).
    `activation`, `bias`, `initializer`, `seed`, `dtype`: as in `FullyConnected`.
    Parameters: `input_layer.weight`, `blocks.0.layers.0.weight`, ..., `output_layer.bias`.
    ValueError, TypeError: as in `ResidualBlock`; `blocks` below 1.

    Source: "Otras soluciones: Redes Residuales".

    >>> ResidualNetwork(16, 1000, in_features=64, out_features=10)
    ResidualNetwork(64, 16 x 2000, 10, activation=relu, shortcut=identity, scale=0.03162)
    """

    def __init__(
        self,
        width: int,
        blocks: int,
        in_features: int | None = None,
        out_features: int | None = None,
        activation: str | Activation | None = "relu",
        shortcut: str = "identity",
        scale: float | None = None,
        bias: bool = True,
        initializer: str | Initializer = "kaiming_normal",
        seed: int = 0,
        dtype: Any = "float64",
    ) -> None:
        width, count = _size("width", width), _size("blocks", blocks)
        scale = 1 / math.sqrt(count) if scale is None else scale
        n_in = width if in_features is None else _size("in_features", in_features)
        n_out = width if out_features is None else _size("out_features", out_features)
        self.width, self.in_features, self.out_features = width, n_in, n_out
        self.activation = get_activation(activation)
        rng = generator(seed)

        self.input_layer: Linear | None = None
        if in_features is not None:
            self.input_layer = _drawn(rng, initializer, n_in, width, bias, dtype)
        self.blocks = [
            ResidualBlock(
                width, width, activation, shortcut, scale, bias, initializer, rng, dtype
            )
            for _ in range(count)
        ]
        self.output_layer: Linear | None = None
        if out_features is not None:
            self.output_layer = _drawn(rng, initializer, width, n_out, bias, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """The output of the last layer; (n, in) -> (n, out), (in,) -> (out,).

        RuntimeError: the last size or the dtype of `input` is not that of the network.
        """
        dtype = self.blocks[0].layers[0].weight.data.dtype
        check_input("ResidualNetwork", input, self.in_features, dtype)
        if self.input_layer is not None:
            input = linear(input, self.input_layer.weight, self.input_layer.bias)
        for block in self.blocks:
            input = block.forward(input)
        if self.output_layer is not None:
            last = self.output_layer
            input = linear(self.activation(input), last.weight, last.bias)
        return input

    def extra_repr(self) -> str:
        sizes = [f"{self.width} x {2 * len(self.blocks)}"]
        if self.input_layer is not None:
            sizes.insert(0, str(self.in_features))
        if self.output_layer is not None:
            sizes.append(str(self.out_features))
        return ", ".join([*sizes, self.blocks[0].kind()])


def _drawn(
    rng: np.random.Generator,
    initializer: str | Initializer,
    n_in: int,
    n_out: int,
    bias: bool,
    dtype: Any,
) -> Linear:
    """A layer with weights from `rng` and biases of 0."""
    check_bias(bias)
    draw = get_initializer(initializer)
    return drawn_linear(rng, draw, n_in, n_out, bias, checked_dtype(dtype))


def _size(argument: str, size: int) -> int:
    try:
        if isinstance(size, (bool, np.bool_)):
            raise TypeError("a boolean is no size")
        checked = operator.index(size)
    except TypeError as error:
        raise TypeError(f"{argument}: expected an integer, got {size!r}") from error
    if checked < 1:
        raise ValueError(f"{argument}: expected 1 or more, got {checked}")
    return checked
