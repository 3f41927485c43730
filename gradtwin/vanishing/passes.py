"""One forward and one backward pass through an untrained network, with everything in between kept.

What every table of this package is read from. The network is handed an activation function that
also remembers what passed through it, so that the network's own code runs, in either wing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..arguments import Array as Array
from ..arguments import count
from ..concepts import Wing
from ..datasets import Dataset


class Remembering:
    """g(z) elementwise, any shape; z and g(z) of every call are kept, first layer first.

    Args:
        wing: where the activation comes from.
        activation: its name, "relu" and so on.

    >>> wing = Wing("scratch")
    >>> g = Remembering(wing, "relu")
    >>> g(wing.tensor([-1.0, 2.0])).tolist(), [z.tolist() for z in g.before]
    ([0.0, 2.0], [[-1.0, 2.0]])
    """

    def __init__(self, wing: Wing, activation: str) -> None:
        self._function = wing.activations.get_activation(activation)
        self.__name__ = activation
        self.before: list[Any] = []
        self.behind: list[Any] = []

    def __call__(self, z: Any) -> Any:
        h = self._function(z)
        self.before.append(z)
        self.behind.append(h)
        return h


@dataclass(frozen=True, slots=True)
class Initialization:
    """How the weights begin.

    Args:
        function: the wing's initializer.
        options: what it is called with besides generator and shape.
    """

    function: str
    options: dict[str, Any]

    def of(self, wing: Wing) -> Any:
        """The function of (rng, shape) in this wing."""
        return partial(getattr(wing.initializers, self.function), **self.options)


def normal(sigma: float) -> Initialization:
    """w ~ N(0, sigma^2), as the lecture begins; sigma >= 0.

    Source: «Desvanecimiento del gradiente: ejemplo».

    >>> normal(0.01).options
    {'std': 0.01}
    """
    if not sigma >= 0:
        raise ValueError(f"sigma: expected 0 or more, got {sigma!r}")
    return Initialization("normal", {"std": sigma})


XAVIER = Initialization("xavier_normal", {})
KAIMING = Initialization("kaiming_normal", {})


def standard_normal(seed: int, *shapes: tuple[int, ...]) -> list[Array]:
    """Arrays of N(0, 1), from one seed that is not that of the weights; one a shape.

    >>> [a.shape for a in standard_normal(0, (2, 3), (4,))]
    [(2, 3), (4,)]
    """
    rng = np.random.default_rng([seed, 1])
    return [rng.normal(size=shape) for shape in shapes]


def share_right(wing: Wing, model: Any, dataset: Dataset) -> float:
    """The share of the test examples whose largest output is that of their class.

    >>> from gradtwin.datasets import load
    >>> wing = Wing("scratch")
    >>> share_right(wing, wing.FullyConnected([4, 3], initializer="normal"), load("iris")) < 0.6
    True
    """
    with wing.no_grad():
        outputs = model(wing.tensor(dataset.X_test)).detach().numpy()
    return float(np.mean(outputs.argmax(axis=1) == dataset.y_test))


def blocks(layers: int) -> int:
    """How many residual blocks make so many layers: half.

    ValueError: none do.

    >>> blocks(10)
    5
    """
    if count("layers", layers, least=2) % 2:
        raise ValueError(f"layers: a residual block has two, so not {layers} but an even number")
    return layers // 2
