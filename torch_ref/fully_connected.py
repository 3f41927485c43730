"""Fully connected networks: any number of layers, each of any size.

Sections of the lecture: «Redes totalmente conectadas», «Múltiples capas totalmente conectadas»,
«Evaluación de una red con varias capas».
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .activations import Activation, activation_label, get_activation
from .initializers import Initializer, generator, get_initializer
from .module import Module, check_input, checked_dtype


class FullyConnected(Module):
    """h^(k) = g(b^(k) + W^(k) h^(k-1)), layer after layer; input (n, in) or (in,) -> (n, out).

    ``sizes``: neurons of each layer, the input's first: [in, hidden, ..., out].
    ``activation``: g of the hidden layers, ``output_activation``: that of the last (None: none).
    ``bias``: whether the layers have one; it starts at 0.
    ``initializer``: a name or a function of (rng, shape), see ``initializers``; the weights are
    drawn from ``numpy.random.default_rng(seed)`` in float64, first layer first.
    ``dtype``: "float32" or "float64", or what goes by that name, as ``numpy.float32``.
    Parameters: ``layers.0.weight`` (out, in), ``layers.0.bias`` (out,), ``layers.1.weight``, ...
    ValueError: fewer than two sizes, a size below 1, an unknown name or dtype. TypeError: a size
    that is no integer.

    Source: «Evaluación de una red con varias capas».

    >>> net = FullyConnected([64, 32, 10])
    >>> print(net.summary())
    FullyConnected([64, 32, 10], activation=relu, output_activation=identity)
    layer     kind    parameters                   output   count
    layers.0  Linear  weight (32, 64), bias (32,)  (n, 32)  2,080
    layers.1  Linear  weight (10, 32), bias (10,)  (n, 10)    330
    total                                                   2,410
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str | Activation | None = "relu",
        output_activation: str | Activation | None = None,
        bias: bool = True,
        initializer: str | Initializer = "xavier_uniform",
        seed: int = 0,
        dtype: Any = "float64",
    ) -> None:
        super().__init__()
        self.sizes = _checked_sizes(sizes)
        kind = checked_dtype(dtype)
        check_bias(bias)
        self.activation = get_activation(activation)
        self.output_activation = get_activation(output_activation, "output_activation")
        self._labels = activation_label(activation), activation_label(output_activation)
        self.layers = nn.ModuleList()

        draw = get_initializer(initializer)
        rng = generator(seed)
        for n_in, n_out in pairwise(self.sizes):
            self.layers.append(drawn_linear(rng, draw, n_in, n_out, bias, kind))

    def forward(self, input: Tensor) -> Tensor:
        """The output of the last layer; (n, in) -> (n, out), (in,) -> (out,).

        RuntimeError: the last size or the dtype of ``input`` is not that of the network.
        """
        check_input("FullyConnected", input, self.sizes[0], next(self.parameters()).dtype)
        *hidden, last = self.layers
        for layer in hidden:
            input = self.activation(layer(input))
        return self.output_activation(last(input))

    def extra_repr(self) -> str:
        hidden, output = self._labels
        return f"{self.sizes}, activation={hidden}, output_activation={output}"


def drawn_linear(
    rng: np.random.Generator,
    draw: Initializer,
    n_in: int,
    n_out: int,
    bias: bool,
    dtype: torch.dtype,
) -> nn.Linear:
    """A layer with weights that ``draw`` takes from ``rng``, and biases of 0.

    ValueError: ``draw`` gives an array of another shape than (n_out, n_in).
    """
    # skip_init: nn.Linear would draw numbers of its own and so move torch's global seed.
    layer: nn.Linear = nn.utils.skip_init(  # type: ignore[no-untyped-call]
        nn.Linear, n_in, n_out, bias=bias, dtype=dtype
    )
    weight = torch.as_tensor(draw(rng, (n_out, n_in)))
    if weight.shape != layer.weight.shape:
        raise ValueError(
            f"initializer: expected an array of shape {(n_out, n_in)}, got {tuple(weight.shape)}"
        )
    with torch.no_grad():
        layer.weight.copy_(weight)
        if bias:
            layer.bias.zero_()
    return layer


def _checked_sizes(sizes: Sequence[int]) -> list[int]:
    try:
        checked = [operator.index(size) for size in sizes]
        if any(isinstance(size, (bool, np.bool_)) for size in sizes):
            raise TypeError("a boolean is no size")
    except TypeError as error:
        raise TypeError(
            f"sizes: expected integers [in, hidden, ..., out], got {sizes!r}"
        ) from error
    if len(checked) < 2:
        raise ValueError(f"sizes: expected at least two, [in, out], got {checked}")
    if min(checked) < 1:
        raise ValueError(f"sizes: every layer needs at least one neuron, got {checked}")
    return checked


def check_bias(bias: Any) -> None:
    """TypeError unless ``bias`` is True or False: its values are no argument of a network."""
    if not isinstance(bias, (bool, np.bool_)):
        raise TypeError(f"bias: expected True or False, got {bias!r}")
