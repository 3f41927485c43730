"""Residual networks: each block adds something to its input, and the gradient passes the sum.

Section of the lecture: «Otras soluciones: Redes Residuales».

The blocks are those with which networks of a thousand layers were first trained: the activation
stands before each layer, so that nothing stands on the shortcut. He et al. (2016), Identity
mappings in deep residual networks.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .activations import Activation, activation_label, get_activation
from .checks import check_number
from .fully_connected import check_bias, drawn_linear
from .initializers import Initializer, generator, get_initializer
from .module import Module, check_input, checked_dtype

_SHORTCUTS = ("identity", "projection", "none")


def residual_add(input: Tensor, branch: Tensor, scale: float = 1.0) -> Tensor:
    """input + scale * branch, two tensors of one shape.

    RuntimeError: the shapes differ: a shortcut does not broadcast.

    Source: «Otras soluciones: Redes Residuales».

    >>> residual_add(torch.tensor([1.0, 2.0]), torch.tensor([10.0, 10.0]), 0.5)
    tensor([6., 7.])
    """
    if input.shape != branch.shape:
        raise RuntimeError(
            f"branch: expected the shape of input, {tuple(input.shape)}, got {tuple(branch.shape)}"
        )
    return torch.add(input, branch, alpha=scale)


class ResidualBlock(Module):
    """y = P x + scale F(x), F(x) = W2 g(W1 g(x) + b1) + b2; input (n, in) or (in,) -> (n, out).

    ``in_features``, ``out_features``: neurons before and behind (None: as many as before).
    ``activation``: g, see ``get_activation``. ``bias``: whether the layers have one; it starts at
    0. ``shortcut``: "identity" (P = 1, in = out), "projection" (P a matrix that is learned too),
    "none" (y = F(x): a plain pair of layers, without ``scale``).
    ``scale``: how much the branch F counts beside the shortcut.
    ``initializer``, ``seed``, ``dtype``: as in ``FullyConnected``; ``seed`` may be a generator. A
    projection starts by ``xavier_normal``, since no activation weakens what it passes, and draws
    from a stream of its own: W1 and W2 are the same with any shortcut.
    Parameters: ``layers.0.weight`` (out, in), ``layers.0.bias``, ``layers.1.weight`` (out, out),
    ``layers.1.bias``, ``projection.weight`` (out, in).
    ValueError: sizes below 1, an identity between different sizes, an unknown name or dtype, a
    ``scale`` that is not finite. TypeError: sizes that are no integers, a ``scale`` that is no
    number, a ``bias`` that is neither True nor False.

    Source: «Otras soluciones: Redes Residuales»; He et al. (2016), figure 1b.

    >>> block = ResidualBlock(3, initializer=lambda rng, shape: torch.zeros(shape))
    >>> block(torch.tensor([1.0, -2.0, 3.0]).double()).tolist()  # a block that learned nothing
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
        super().__init__()
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
        check_number("scale", scale)
        if not math.isfinite(scale):
            raise ValueError(f"scale: expected a finite number, got {scale!r}")
        self.in_features, self.out_features = n_in, n_out
        self.activation = get_activation(activation)
        self.shortcut, self.scale = shortcut, float(scale)
        self._label = activation_label(activation)

        rng = generator(seed)
        self.layers = nn.ModuleList(
            _drawn(rng, initializer, n, n_out, bias, dtype) for n in (n_in, n_out)
        )
        self.projection: nn.Linear | None = None
        if shortcut == "projection":
            (own,) = rng.spawn(1)
            self.projection = _drawn(own, "xavier_normal", n_in, n_out, False, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """The sum of shortcut and branch; (n, in) -> (n, out), (in,) -> (out,).

        RuntimeError: the last size or the dtype of ``input`` is not that of the block.
        """
        check_input("ResidualBlock", input, self.in_features, next(self.parameters()).dtype)
        branch = input
        for layer in self.layers:
            branch = layer(self.activation(branch))
        if self.shortcut == "none":
            return branch
        if self.projection is not None:
            input = self.projection(input)
        return residual_add(input, branch, self.scale)

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}, {self.kind()}"

    def kind(self) -> str:
        """Activation, shortcut and scale, as they are printed."""
        scale = "" if self.shortcut == "none" else f", scale={self.scale:.4g}"
        return f"activation={self._label}, shortcut={self.shortcut}{scale}"


class ResidualNetwork(Module):
    """h = W0 x + b0, then h = h + scale F(h) in each block, y = W g(h) + b; (n, in) -> (n, out).

    ``width``: neurons of each hidden layer. ``blocks``: how many blocks of two layers.
    ``in_features``, ``out_features``: None leaves the first or the last layer away (and ``width``
    neurons are read or returned).
    ``shortcut``: as in ``ResidualBlock``. "none" is the plain network of the same depth with the
    same weights: ``FullyConnected([in, width, ..., width, out])`` with 2 blocks + 2 layers.
    ``scale``: how much each branch counts; None: 1 / sqrt(blocks), with which the signal keeps its
    order of magnitude through any number of blocks (each adds a share 1 / blocks of its variance).
    ``activation``, ``bias``, ``initializer``, ``seed``, ``dtype``: as in ``FullyConnected``.
    Parameters: ``input_layer.weight``, ``blocks.0.layers.0.weight``, ..., ``output_layer.bias``.
    ValueError, TypeError: as in ``ResidualBlock``; ``blocks`` below 1.

    Source: «Otras soluciones: Redes Residuales».

    >>> ResidualNetwork(16, 1000, in_features=64, out_features=10).extra_repr()
    '64, 16 x 2000, 10, activation=relu, shortcut=identity, scale=0.03162'
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
        super().__init__()
        width, count = _size("width", width), _size("blocks", blocks)
        scale = 1 / math.sqrt(count) if scale is None else scale
        n_in = width if in_features is None else _size("in_features", in_features)
        n_out = width if out_features is None else _size("out_features", out_features)
        self.width, self.in_features, self.out_features = width, n_in, n_out
        self.activation = get_activation(activation)
        rng = generator(seed)

        self.input_layer: nn.Linear | None = None
        if in_features is not None:
            self.input_layer = _drawn(rng, initializer, n_in, width, bias, dtype)
        stack = [
            ResidualBlock(
                width, width, activation, shortcut, scale, bias, initializer, rng, dtype
            )
            for _ in range(count)
        ]
        self.blocks, self._kind = nn.ModuleList(stack), stack[0].kind()
        self.output_layer: nn.Linear | None = None
        if out_features is not None:
            self.output_layer = _drawn(rng, initializer, width, n_out, bias, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """The output of the last layer; (n, in) -> (n, out), (in,) -> (out,).

        RuntimeError: the last size or the dtype of ``input`` is not that of the network.
        """
        check_input("ResidualNetwork", input, self.in_features, next(self.parameters()).dtype)
        if self.input_layer is not None:
            input = self.input_layer(input)
        for block in self.blocks:
            input = block(input)
        if self.output_layer is not None:
            input = self.output_layer(self.activation(input))
        return input

    def extra_repr(self) -> str:
        sizes = [f"{self.width} x {2 * len(self.blocks)}"]
        if self.input_layer is not None:
            sizes.insert(0, str(self.in_features))
        if self.output_layer is not None:
            sizes.append(str(self.out_features))
        return ", ".join([*sizes, self._kind])


def _drawn(
    rng: np.random.Generator,
    initializer: str | Initializer,
    n_in: int,
    n_out: int,
    bias: bool,
    dtype: Any,
) -> nn.Linear:
    """A layer with weights from ``rng`` and biases of 0."""
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
