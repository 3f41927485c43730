"""Batch, mini-batch and stochastic descent on one problem: cost of an update, noise, path.

Lecture: «Tipos de descenso de gradiente», «Comparativa entre las diferentes versiones». The problem
has two weights, so that the whole of it can be seen: `descent_path` gives the path of a mode in
their plane, `loss_surface` the loss under it, `gradient_noise` how far the gradient of a step is
from that of all examples. `python -m gradtwin.batches` prints the comparison.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratch.checks import integer

from .arguments import Array, count, reals
from .concepts import Wing

MODES = ("batch", "mini-batch", "stochastic")


@dataclass(frozen=True, slots=True)
class Problem:
    """L(w) = mean((X w - y)^2): a straight line through noisy points, in two weights.

    Args:
        X: (n, 2), the second input half as wide as the first, so that the valley is long.
        y: (n, 1).
        start: (2,), where every path begins.
    """

    X: Array
    y: Array
    start: Array

    @property
    def minimum(self) -> Array:
        """(2,): the weights of the smallest loss, by numpy's least squares and not by descent."""
        solution: Array = np.linalg.lstsq(self.X, self.y[:, 0], rcond=None)[0]
        return solution


def problem(n: int = 100, seed: int = 0) -> Problem:
    """y = 2 x1 - x2 + noise of deviation 1, in n examples.

    ValueError: fewer than two examples, which would not determine two weights; a negative seed.
    TypeError: what is no integer.

    >>> problem().minimum.round(1).tolist()
    [1.9, -0.7]
    """
    n = integer("n", n)
    if n < 2:
        raise ValueError(f"n: expected 2 examples or more, got {n}")
    rng = np.random.default_rng(count("seed", seed, least=0))
    X = rng.normal(size=(n, 2)) * [1.0, 0.5]
    y = X @ [[2.0], [-1.0]] + rng.normal(size=(n, 1))
    return Problem(X, y, start=np.array([-1.0, 2.0]))


def loss_surface(data: Problem, w1: Any, w2: Any) -> Array:
    """L at every pair of the two axes; w1 (a,), w2 (b,) -> (b, a), as Matplotlib's contour wants.

    >>> loss_surface(Problem(np.eye(2), np.ones((2, 1)), np.zeros(2)), [0.0, 1.0], [1.0]).tolist()
    [[0.5, 0.0]]
    """
    axes = reals("w1", w1, (None,)), reals("w2", w2, (None,))
    grid = np.stack(np.meshgrid(*axes), axis=-1)
    surface: Array = np.mean((grid @ data.X.T - data.y[:, 0]) ** 2, axis=-1)
    return surface


@dataclass(frozen=True, slots=True)
class Path:
    """What a descent passed by.

    Args:
        weights: (steps + 1, 2), from the start to the end.
        gradients: (steps, 2), the one that each step followed.
        losses: (steps + 1,), over all examples, at each of the weights.
        examples: (steps + 1,), how many were read up to there.
    """

    weights: Array
    gradients: Array
    losses: Array
    examples: Array


def descent_path(
    data: Problem,
    mode: str = "mini-batch",
    batch_size: int = 10,
    lr: float = 0.1,
    epochs: int = 5,
    seed: int = 0,
    wing: str = "scratch",
) -> Path:
    """w <- w - lr mean(dL_i/dw) over the examples of each batch, every step of it taken down.

    mode, batch_size, lr, epochs, seed: those of the wing's `fit`, which does the work and refuses
        what makes no sense. wing: "scratch" or "torch".

    Source: «Tipos de descenso de gradiente».

    >>> path = descent_path(problem(), "stochastic", epochs=2)
    >>> path.weights.shape, path.examples[-1].item()
    ((201, 2), 200)
    """
    library = Wing(wing)
    model = _model(library, data.start)
    taken = _Diary(model, library.models.optimizers.SGD(model.parameters(), lr=lr))
    library.fit(
        model, data.X, data.y, library.F.mse_loss, lr=lr, epochs=epochs, mode=mode,
        batch_size=batch_size, seed=seed, optimizer=taken, progress=False,
    )  # fmt: skip
    weights = np.array([data.start, *taken.weights])
    losses = np.mean((weights @ data.X.T - data.y[:, 0]) ** 2, axis=1)
    read = np.cumsum([0, *_sizes(len(data.X), mode, batch_size) * epochs])
    return Path(weights, np.array(taken.gradients).reshape(-1, 2), losses, read)


def gradient_noise(
    data: Problem,
    weights: Any,
    batch_size: int,
    epochs: int = 100,
    seed: int = 0,
    wing: str = "scratch",
) -> float:
    """Mean of |gradient of a batch - gradient of all examples|^2, both at the same weights.

    Measured on the batches that `fit` draws, with an optimizer that takes notes and does not move.
    A last batch that is shorter is left out: its noise is that of its own size.
    weights: (2,); batch_size: from 1 to n; epochs: how often the examples are dealt out.
    ValueError: another batch_size.

    >>> data = problem()
    >>> gradient_noise(data, data.start, batch_size=100) < 1e-28        # all examples: no noise
    True
    """
    n = _checked(data, batch_size)
    library = Wing(wing)
    model = _model(library, weights)
    notes = _Diary(model)
    library.fit(
        model, data.X, data.y, library.F.mse_loss, epochs=epochs, batch_size=batch_size,
        seed=seed, optimizer=notes, progress=False,
    )  # fmt: skip
    full = example_gradients(data, weights).mean(axis=0)
    whole = [size == batch_size for size in _sizes(n, "mini-batch", batch_size)] * epochs
    return float(np.mean(np.sum((np.array(notes.gradients)[whole] - full) ** 2, axis=1)))


def exact_noise(data: Problem, weights: Any, batch_size: int) -> float:
    """sigma^2 / b * (n - b) / (n - 1): what `gradient_noise` tends to; sigma^2 that of one example.

    The variance of a mean of b out of n, drawn without replacement. The second factor is what the
    draw without replacement gains: it makes the noise of all n examples 0.

    weights: (2,); batch_size: from 1 to n. ValueError: another batch_size.

    Source: Cochran (1977), Sampling techniques, 3rd ed., theorem 2.2.

    >>> data = problem()
    >>> exact_noise(data, data.start, 100)
    0.0
    """
    n = _checked(data, batch_size)
    each = example_gradients(data, weights)
    variance = np.mean(np.sum((each - each.mean(axis=0)) ** 2, axis=1))
    return float(variance / batch_size * (n - batch_size) / (n - 1))


def example_gradients(data: Problem, weights: Any) -> Array:
    """2 (x_i w - y_i) x_i, derived on paper, a row for each example; (n, 2).

    >>> example_gradients(Problem(np.eye(2), np.ones((2, 1)), np.zeros(2)), [3.0, 1.0]).tolist()
    [[4.0, 0.0], [0.0, 0.0]]
    """
    w = reals("weights", weights, (2,))
    gradients: Array = 2 * (data.X @ w[:, np.newaxis] - data.y) * data.X
    return gradients


def seconds_per_update(batch_size: int, updates: int = 20, wing: str = "scratch") -> float:
    """Wall time of one step of `fit`, by the fastest of ten epochs of a network [64, 32, 10].

    The fastest, as other programs only ever make one slower. The examples are random numbers: time
    does not depend on what they say.
    """
    library = Wing(wing)
    rng = np.random.default_rng(0)
    n = count("updates", updates) * count("batch_size", batch_size)
    X, y = rng.normal(size=(n, 64)), rng.integers(0, 10, n)
    model = library.FullyConnected([64, 32, 10])
    taken = []
    for _ in range(10):
        before = time.perf_counter()
        library.fit(
            model, X, y, library.F.cross_entropy, lr=0.01, batch_size=batch_size, progress=False
        )
        taken.append((time.perf_counter() - before) / updates)
    return min(taken)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One mode on the problem, after the same number of epochs.

    Args:
        mode, batch_size: how many examples a step sees.
        updates: steps of an epoch.
        products: multiplications of weights or gradients with inputs, of one update.
        noise, exact: of the gradient at the start, measured and by the formula.
        loss: over all examples, at the end.
        wandering: mean |step| over the last epoch: how much it still moves about.
        path: all of it.
    """

    mode: str
    batch_size: int
    updates: int
    products: int
    noise: float
    exact: float
    loss: float
    wandering: float
    path: Path


def compare_modes(
    data: Problem, batch_size: int = 10, lr: float = 0.1, epochs: int = 20, wing: str = "scratch"
) -> list[Comparison]:
    """Batch, mini-batch and stochastic descent from the same start, with the same lr.

    >>> [(c.mode, c.updates, c.products) for c in compare_modes(problem(), epochs=1)]
    [('batch', 1, 400), ('mini-batch', 10, 40), ('stochastic', 100, 4)]
    """
    rows = []
    for mode in MODES:
        size = {"batch": len(data.X), "mini-batch": batch_size, "stochastic": 1}[mode]
        path = descent_path(data, mode, batch_size, lr, epochs, wing=wing)
        updates = len(_sizes(len(data.X), mode, batch_size))
        steps = np.linalg.norm(np.diff(path.weights[-updates - 1 :], axis=0), axis=1)
        rows.append(
            Comparison(
                mode,
                size,
                updates,
                # X w forward and g X backward, a product for each weight and example in both
                products=2 * data.start.size * size,
                noise=gradient_noise(data, data.start, size, wing=wing),
                exact=exact_noise(data, data.start, size),
                loss=float(path.losses[-1]),
                wandering=float(steps.mean()),
                path=path,
            )
        )
    return rows


class _Diary:
    """An optimizer that notes each gradient, lets another one step, and notes the weights."""

    def __init__(self, model: Any, optimizer: Any = None) -> None:
        self.model, self.optimizer = model, optimizer
        self.gradients: list[Array] = []
        self.weights: list[Array] = []

    def zero_grad(self) -> None:
        self.model.zero_grad()

    def step(self) -> None:
        (weight,) = self.model.parameters()
        self.gradients.append(np.array(weight.grad.tolist()[0]))
        if self.optimizer is not None:
            self.optimizer.step()
        self.weights.append(np.array(weight.tolist()[0]))


def _model(library: Wing, weights: Any) -> Any:
    """y_hat = X w, from these weights, in this wing."""
    model = library.FullyConnected([2, 1], bias=False)
    w = reals("weights", weights, (2,))
    model.load_state_dict({"layers.0.weight": library.tensor(w[np.newaxis])})
    return model


def _checked(data: Problem, batch_size: int) -> int:
    """The number of examples, of which a batch has some or all."""
    n = len(data.X)
    if not 1 <= integer("batch_size", batch_size) <= n:
        raise ValueError(f"batch_size: expected 1 to {n}, the number of examples, got {batch_size}")
    return n


def _sizes(n: int, mode: str, batch_size: int) -> list[int]:
    """How many examples each step of an epoch sees."""
    size = {"batch": n, "mini-batch": batch_size, "stochastic": 1}[mode]
    return [min(size, n - start) for start in range(0, n, size)]


def _print(rows: Sequence[Comparison]) -> None:
    from rich.table import Table

    from .cli.output import console

    table = Table(title="One problem, two weights, the same lr and epochs")
    table.add_column("")
    for row in rows:
        table.add_column(row.mode, justify="right")
    lines = {
        "examples an update": [f"{row.batch_size}" for row in rows],
        "products an update": [f"{row.products}" for row in rows],
        "updates an epoch": [f"{row.updates}" for row in rows],
        "noise of the gradient": [f"{row.noise:.3g}" for row in rows],
        "  by the formula": [f"{row.exact:.3g}" for row in rows],
        "loss at the end": [f"{row.loss:.6f}" for row in rows],
        "mean step of the last epoch": [f"{row.wandering:.2g}" for row in rows],
    }
    for name, cells in lines.items():
        table.add_row(name, *cells)
    console().print(table)
    one = seconds_per_update(1)
    ratios = ", ".join(f"{b} examples {seconds_per_update(b) / one:.1f}" for b in (32, 128, 1024))
    console().print(f"Time of an update of a network [64, 32, 10], in updates of one: {ratios}")


if __name__ == "__main__":
    _print(compare_modes(problem()))
