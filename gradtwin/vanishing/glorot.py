"""The picture of Glorot and Bengio: what passes through each layer, forward and back, at the start.

Section of the lecture: «Desvanecimiento del gradiente», whose figure is taken from X. Glorot and
Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010
(figures 6 and 7).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arguments import count
from ..concepts import Wing
from .passes import Array, Initialization, Remembering, standard_normal

CLASSES = 10

GLOROT = {
    # U(-1/sqrt(n), 1/sqrt(n)): Kaiming's uniform with a = sqrt(5), as PyTorch's nn.Linear begins
    "standard": Initialization("kaiming_uniform", {"a": math.sqrt(5)}),
    "normalized": Initialization("xavier_uniform", {}),
}


@dataclass(frozen=True, slots=True)
class Histograms:
    """One histogram a layer, first layer first.

    Args:
        counts: (layers, bins), how many numbers fell between two neighbours of `edges`.
        edges: (layers, bins + 1), evenly from the smallest number of the layer to the largest.
        std: (layers,), the standard deviation.
        density: (layers, bins), counts scaled to an area of 1; to be drawn over `centres`.
        centres: (layers, bins), the middle of each bin.
    """

    counts: Array
    edges: Array
    std: Array

    @property
    def density(self) -> Array:
        widths = np.diff(self.edges, axis=1)
        density: Array = self.counts / (self.counts.sum(axis=1, keepdims=True) * widths)
        return density

    @property
    def centres(self) -> Array:
        centres: Array = (self.edges[:, :-1] + self.edges[:, 1:]) / 2
        return centres


def activation_histograms(
    initialization: str = "standard",
    activation: str = "tanh",
    layers: int = 5,
    width: int = 200,
    examples: int = 300,
    bins: int = 60,
    seed: int = 0,
    side: str = "scratch",
) -> tuple[Histograms, Histograms]:
    """Histograms of h^(k) and of dL/dz^(k) of each hidden layer -> (activations, gradients).

    A network [width, width, ..., width, 10] before its first step, without biases as they begin at
    0, on inputs from N(0, 1) with random classes; L is softmax with cross entropy, summed over the
    examples, so that each gradient is that of one example.

    Args:
        initialization: "standard", U(-1/sqrt(n), 1/sqrt(n)) for n inputs of a layer, or
            "normalized", Glorot and Bengio's formula 16 (Xavier).
        activation: by name; the paper draws tanh.
        layers: hidden layers, 1 or more; the paper has 5.
        width: neurons of the input and of each hidden layer.
        examples, bins: 1 or more.
        seed: of weights, inputs and classes.
        side: "scratch" or "torch".

    Raises:
        ValueError: an unknown name, or a number below 1.

    Source: «Desvanecimiento del gradiente»; Glorot and Bengio (2010), figures 6 and 7.

    >>> activations, gradients = activation_histograms("standard")
    >>> activations.std.round(3).tolist()                   # smaller from layer to layer ...
    [0.461, 0.25, 0.141, 0.08, 0.046]
    >>> bool(gradients.std[0] < 0.1 * gradients.std[-1])    # ... and the gradient on its way back
    True
    """
    if not isinstance(initialization, str) or initialization not in GLOROT:
        raise ValueError(
            f"initialization: expected one of {', '.join(GLOROT)}, got {initialization!r}"
        )
    wing = Wing(side)
    hidden = [count("width", width)] * count("layers", layers)
    g = Remembering(wing, activation)
    network = wing.FullyConnected(
        [width, *hidden, CLASSES], g, bias=False,
        initializer=GLOROT[initialization].of(wing), seed=seed,
    )  # fmt: skip
    X, scores = standard_normal(seed, (count("examples", examples), width), (examples, CLASSES))
    y = wing.tensor(scores.argmax(axis=1))  # random classes
    loss = wing.F.cross_entropy(network(wing.tensor(X)), y, reduction="sum")
    gradients = wing.grad(loss, g.before)
    return _histograms(wing, g.behind, bins), _histograms(wing, gradients, bins)


def _histograms(wing: Wing, layers: Any, bins: int) -> Histograms:
    each = [wing.monitoring.statistics(layer.detach(), count("bins", bins)) for layer in layers]
    return Histograms(
        np.array([np.asarray(s.histogram) for s in each]),
        np.array([np.asarray(s.edges) for s in each]),
        np.array([s.std for s in each]),
    )
