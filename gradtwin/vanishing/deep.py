"""A network of some hundred layers, trained with and without its shortcuts.

Section of the lecture: «Otras soluciones: Redes Residuales».
"""

from __future__ import annotations

from dataclasses import dataclass

from ..concepts import Wing
from ..datasets import Dataset
from .passes import blocks, share_right


@dataclass(frozen=True, slots=True)
class Learned:
    """What a training came to.

    Args:
        losses: the mean loss an example in each epoch; guessing costs log(classes).
        accuracy: the share of the test examples in the right class.
    """

    losses: tuple[float, ...]
    accuracy: float


def train_deep(
    dataset: Dataset,
    shortcut: str = "identity",
    layers: int = 200,
    width: int = 16,
    lr: float = 0.2,
    epochs: int = 20,
    seed: int = 0,
    side: str = "scratch",
) -> Learned:
    """Train a network of so many hidden ReLU layers by plain gradient descent.

    Args:
        dataset: see `gradtwin.datasets.load`; float64.
        shortcut: "identity", or "none" for the plain network with the same first weights.
        layers: hidden layers, an even number, two a block.
        width: neurons of each.
        lr, epochs, seed: as those of `fit`; mini-batches of 32.
        side: "scratch" or "torch".

    Raises:
        ValueError: `layers` odd or below 2, an unknown shortcut.

    Source: «Otras soluciones: Redes Residuales».

    >>> from gradtwin.datasets import load
    >>> train_deep(load("iris"), layers=10, epochs=5).accuracy > 0.8
    True
    """
    wing = Wing(side)
    inputs, classes = dataset.X_train.shape[1], len(dataset.classes)
    model = wing.ResidualNetwork(
        width, blocks(layers), inputs, classes, shortcut=shortcut, seed=seed
    )
    history = wing.fit(
        model, dataset.X_train, dataset.y_train, wing.F.cross_entropy,
        lr=lr, epochs=epochs, seed=seed, progress=False,
    )  # fmt: skip
    return Learned(tuple(history.loss), share_right(wing, model, dataset))
