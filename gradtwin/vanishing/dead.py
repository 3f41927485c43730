"""Neurons that died: a ReLU that is 0 on every example gets no gradient, and never comes back.

Section of the lecture: «Función de activación ReLU».
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..concepts import Wing
from ..datasets import Dataset
from .passes import Array, share_right


@dataclass(frozen=True, slots=True)
class Deaths:
    """What a learning rate did to a network of one hidden layer.

    Args:
        dead, neurons: hidden neurons that are 0 on every training example, of how many.
        accuracy: the share of the test examples in the right class.
    """

    dead: int
    neurons: int
    accuracy: float


def dead_neurons(model: Any, X: Array, side: str = "scratch") -> dict[str, tuple[int, int]]:
    """For each hidden activation, how many neurons are 0 on all examples, and how many there are.

    Args:
        model: a network of that wing, `FullyConnected` or `ResidualNetwork`.
        X: (n, in), in the model's dtype. A neuron that is dead here may fire on other examples.
        side: "scratch" or "torch".

    Source: «Función de activación ReLU».

    >>> import scratch
    >>> net = scratch.FullyConnected([1, 2, 1])
    >>> _ = net.load_state_dict({"layers.0.weight": [[1.0], [-1.0]]}, strict=False)
    >>> dead_neurons(net, np.array([[1.0], [2.0]]))                 # the second sees only x > 0
    {'activation.0': (1, 2)}
    """
    X = np.asarray(X)
    wing = Wing(side, dtype=str(X.dtype))
    with wing.Monitor(model, warn=False) as monitor, wing.no_grad():
        model(wing.tensor(X))
        dead = monitor.record(epoch=0).dead
    return {name: each for name, each in dead.items() if not name.startswith("output_activation")}


def deaths_by_learning_rate(
    dataset: Dataset,
    lr: float,
    activation: str = "relu",
    width: int = 32,
    epochs: int = 10,
    seed: int = 0,
    side: str = "scratch",
) -> Deaths:
    """Train one hidden layer with this learning rate, and count what is left of it.

    A step that is too large throws weights and biases so far that w x + b < 0 on every example.

    Args:
        dataset: see `gradtwin.datasets.load`; float64.
        lr: of plain gradient descent, mini-batches of 32.
        activation: by name; a leaky ReLU cannot die, for its slope is nowhere 0.
        width: neurons of the hidden layer, Kaiming's weights.
        epochs, seed: as those of `fit`.
        side: "scratch" or "torch".

    Source: «Función de activación ReLU».

    >>> from gradtwin.datasets import load
    >>> died = deaths_by_learning_rate(load("digits"), lr=3.0, epochs=1)
    >>> died.dead, died.neurons
    (32, 32)
    """
    wing = Wing(side)
    model = wing.FullyConnected(
        [dataset.X_train.shape[1], width, len(dataset.classes)], activation,
        initializer="kaiming_normal", seed=seed,
    )  # fmt: skip
    with np.errstate(all="ignore"):  # with a leaky ReLU such steps end in infinities
        wing.fit(
            model, dataset.X_train, dataset.y_train, wing.F.cross_entropy,
            lr=lr, epochs=epochs, seed=seed, progress=False,
        )  # fmt: skip
        (dead, neurons) = dead_neurons(model, dataset.X_train, side)["activation.0"]
        return Deaths(dead, neurons, share_right(wing, model, dataset))
