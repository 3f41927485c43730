"""How the models of the pictures are trained: all examples a step, on the binary cross entropy.

Lecture: "Descenso de gradiente por lotes".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import scratch


def train(
    model: scratch.Module,
    X: Any,
    y: Any,
    lr: float,
    epochs: int,
    callback: Callable[..., object] | None = None,
) -> None:
    """p -= lr * d mean(binary cross entropy) / dp, `epochs` times; X (n, in), y as model(X).

    Raises KeyboardInterrupt where Ctrl-C ended it: `fit` would return a model that is half trained.
    """
    history = scratch.fit(
        model, X, y, scratch.functional.binary_cross_entropy, lr=lr, epochs=epochs, mode="batch",
        callback=callback, progress=False,
    )  # fmt: skip
    if history.interrupted:
        raise KeyboardInterrupt
