"""Training error against test error, by batch size, by examples read and by time, on real data.

Lecture: «¿Qué algoritmo de optimización elegir?». Bottou and Bousquet (2008), The tradeoffs of
large scale learning: whoever has a budget of time may do better with an optimizer that is worse at
optimizing. docs/tradeoff.md says what came out; `python -m gradtwin.tradeoff` measures it again.

`study` gives curves, epoch by epoch, for drawing; `learn` one of them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratch.checks import integer, number

from .concepts import Wing
from .datasets import Dataset, load
from .markdown import table

Array = np.ndarray[Any, np.dtype[Any]]

BATCH_SIZES = (1, 8, 64, 0)
"""0: all examples, batch descent."""

LEARNING_RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)

HIDDEN: dict[str, tuple[int, ...]] = {"digits": (32,), "breast_cancer": ()}
"""Neurons between inputs and classes: digits has a layer of them, the other is a linear model."""

BUDGETS = (1, 3, 10, 30)
"""Epochs: how often all examples are read. With examples it is also gradients computed."""

SEEDS = (0, 1, 2, 3, 4)
"""Each splits the data, starts the weights and shuffles in its own way."""

LEVEL = {"digits": 0.1, "breast_cancer": 0.05}
"""A training loss that every batch size reaches, sooner or later."""

SECONDS = {"digits": 0.5, "breast_cancer": 0.1}
"""A budget of time in which the slowest optimizer reads all examples a few times."""

MOST_EPOCHS = 3000
"""Where neither a training loss nor a time ends the run before."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One training, epoch by epoch; entry 0 is before the first step.

    Args:
        batch_size: 0 for all examples.
        lr: the learning rate.
        examples: (epochs + 1,), gradients of one example computed so far: the cost.
        seconds: (epochs + 1,), wall time so far, without the evaluations.
        train_loss, test_loss: (epochs + 1,), mean cross entropy.
        train_error, test_error: (epochs + 1,), share of examples in a wrong class.
    """

    batch_size: int
    lr: float
    examples: Array
    seconds: Array
    train_loss: Array
    test_loss: Array
    train_error: Array
    test_error: Array


def learn(
    data: Dataset,
    batch_size: int,
    lr: float,
    epochs: int,
    seed: int = 0,
    wing: str = "scratch",
    seconds: float = math.inf,
    level: float = -math.inf,
) -> Curve:
    """p <- p - lr mean(dL_i/dp) over `batch_size` examples; errors after each of `epochs`.

    batch_size: 0 for all. seed: of the weights and the shuffles. wing: "scratch" or "torch".
    seconds, level: no further epoch is begun once so much time is spent, or the training loss is
        no higher than this level.
    Where the numbers overflow, the loss is infinity.
    ValueError: a batch_size below 0, or what `fit` refuses. TypeError: what is no number.

    Source: «¿Qué algoritmo de optimización elegir?».

    >>> curve = learn(load("breast_cancer"), batch_size=8, lr=0.1, epochs=2)
    >>> curve.examples.tolist(), curve.train_loss.round(2).tolist()
    ([0, 427, 854], [0.89, 0.09, 0.08])
    """
    if integer("batch_size", batch_size) < 0:
        raise ValueError(f"batch_size: expected 0, for all, or more, got {batch_size}")
    seconds, level = number("seconds", seconds), number("level", level)
    library = Wing(wing)
    sizes = [data.X_train.shape[1], *HIDDEN.get(data.name, (32,)), len(data.classes)]
    model = library.FullyConnected(sizes, seed=seed)
    spent = 0.0
    rows = [(0, spent, *_errors(library, model, data))]
    began = time.perf_counter()

    def note(epoch: int, history: Any) -> None:
        nonlocal spent, began
        spent += time.perf_counter() - began
        errors = _errors(library, model, data)
        rows.append((epoch * len(data.X_train), spent, *errors))
        if spent >= seconds or errors[0] <= level:
            raise KeyboardInterrupt  # how a callback ends the run
        began = time.perf_counter()

    with np.errstate(all="ignore"):  # what overflows is seen in the loss
        library.fit(
            model, data.X_train, data.y_train, library.F.cross_entropy, lr=lr, epochs=epochs,
            mode="batch" if batch_size == 0 else "mini-batch", batch_size=max(batch_size, 1),
            seed=seed, callback=note, progress=False,
        )  # fmt: skip
    return Curve(batch_size, lr, *(np.array(column) for column in zip(*rows)))


def _errors(library: Wing, model: Any, data: Dataset) -> tuple[float, float, float, float]:
    """Mean loss in training and test, share of wrong classes in training and test."""
    losses, wrong = [], []
    for X, y in ((data.X_train, data.y_train), (data.X_test, data.y_test)):
        with library.no_grad():
            scores = model(library.tensor(X))
            loss = library.F.cross_entropy(scores, library.tensor(y)).item()
        losses.append(loss if math.isfinite(loss) else math.inf)
        wrong.append(float(np.mean(scores.numpy().argmax(axis=1) != y)))
    return losses[0], losses[1], wrong[0], wrong[1]


def best_lr(data: Dataset, batch_size: int, epochs: int) -> float:
    """The learning rate of `LEARNING_RATES` with the smallest training loss after `epochs`.

    Chosen by what each optimizer is there for, and without a look at the test part: with one lr for
    all, the comparison would be one of learning rates.

    >>> best_lr(load("breast_cancer"), batch_size=0, epochs=3)
    1.0
    """

    def final_loss(lr: float) -> float:
        return float(learn(data, batch_size, lr, epochs).train_loss[-1])

    return min(LEARNING_RATES, key=final_loss)


@dataclass(frozen=True, slots=True)
class Row:
    """What one batch size had reached: means over the seeds.

    Args:
        epochs: how often all examples were read; epochs times n gradients were computed.
        batch_size, lr: of the curves; 0 for all examples.
        updates: steps taken.
        train_loss, test_loss, test_error: see `Curve`.
        beyond, spread: test_loss minus that of batch descent on the same split, and the standard
            deviation of this over the seeds. (Splits differ more than optimizers do.)
        seconds: wall time.
    """

    epochs: float
    batch_size: int
    lr: float
    updates: float
    train_loss: float
    test_loss: float
    test_error: float
    beyond: float
    spread: float
    seconds: float


def row(curves: Sequence[Curve], batch: Sequence[Curve], epoch: int = -1) -> Row:
    """The means over curves of one batch size, after this epoch, or where each ended.

    batch: the curves of batch descent, split by split.

    >>> data = load("breast_cancer")
    >>> row([learn(data, 8, 0.1, epochs=2)], [learn(data, 0, 0.1, epochs=2)]).updates
    108.0
    """

    def mean(name: str) -> float:
        return float(np.mean([getattr(curve, name)[epoch] for curve in curves]))

    first = curves[0]
    n = int(first.examples[1])
    epochs = mean("examples") / n
    apart = [c.test_loss[epoch] - b.test_loss[epoch] for c, b in zip(curves, batch)]
    return Row(
        epochs,
        first.batch_size,
        first.lr,
        updates=epochs * math.ceil(n / (first.batch_size or n)),
        train_loss=mean("train_loss"),
        test_loss=mean("test_loss"),
        test_error=mean("test_error"),
        beyond=float(np.mean(apart)),
        spread=float(np.std(apart)),
        seconds=mean("seconds"),
    )


@dataclass(frozen=True, slots=True)
class Study:
    """A data set, learned with every batch size, and held side by side in three ways.

    Args:
        name: of the data set.
        curves: by batch size, a curve for each of `SEEDS`, of as many epochs as the last budget.
        examples: each batch size after each of `BUDGETS`: the same number of gradients.
        level: each where its training loss came to `LEVEL`: equally well optimized.
        time: each after `SECONDS` of wall time.
    """

    name: str
    curves: dict[int, list[Curve]]
    examples: list[Row]
    level: list[Row]
    time: list[Row]


def study(
    name: str,
    batch_sizes: Sequence[int] = BATCH_SIZES,
    seeds: Sequence[int] = SEEDS,
    budgets: Sequence[int] = BUDGETS,
) -> Study:
    """Every batch size, each with the learning rate that is best for it, on each split.

    name: "digits" or "breast_cancer"; some 40 s each. The last of `batch_sizes` is what the others
    are held against. ValueError: another name.

    Source: Bottou and Bousquet (2008), The tradeoffs of large scale learning.
    """
    if name not in HIDDEN:
        raise ValueError(f"name: expected one of {', '.join(HIDDEN)}, got {name!r}")
    data = [load(name, seed) for seed in seeds]
    rates = {size: best_lr(data[0], size, budgets[-1]) for size in batch_sizes}

    def learned(
        size: int, epochs: int, seconds: float = math.inf, level: float = -math.inf
    ) -> list[Curve]:
        return [
            learn(d, size, rates[size], epochs, seed, seconds=seconds, level=level)
            for d, seed in zip(data, seeds)
        ]

    def side_by_side(curves: dict[int, list[Curve]], epoch: int = -1) -> list[Row]:
        return [row(curves[size], curves[batch_sizes[-1]], epoch) for size in batch_sizes]

    curves = {size: learned(size, budgets[-1]) for size in batch_sizes}
    to_level = {size: learned(size, MOST_EPOCHS, level=LEVEL[name]) for size in batch_sizes}
    for_time = {size: learned(size, MOST_EPOCHS, seconds=SECONDS[name]) for size in batch_sizes}
    return Study(
        name,
        curves,
        examples=[each for epochs in budgets for each in side_by_side(curves, epochs)],
        level=side_by_side(to_level),
        time=side_by_side(for_time),
    )


COLUMNS = (
    "epochs", "batch", "lr", "updates", "training loss", "test loss", "beyond batch", "test error",
    "time",
)  # fmt: skip


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a table of Markdown.

    >>> print(markdown([Row(3, 8, 0.1, 66, 0.2, 0.25, 0.1, -0.1, 0.02, 0.05)]))
    | epochs | batch | lr | updates | training loss | test loss | beyond batch | test error | time |
    |---|---|---|---|---|---|---|---|---|
    | 3 | 8 | 0.1 | 66 | 0.2 | 0.25 | -0.100 ± 0.020 | 10.0 % | 50 ms |
    """
    cells = [
        (
            f"{r.epochs:.1f}".removesuffix(".0"),
            str(r.batch_size or "all"),
            f"{r.lr:g}",
            f"{r.updates:.0f}",
            f"{r.train_loss:.3g}",
            f"{r.test_loss:.3g}",
            f"{r.beyond:+.3f} ± {r.spread:.3f}" if r.batch_size else "",
            f"{100 * r.test_error:.1f} %",
            f"{1000 * r.seconds:.2g} ms" if r.seconds < 0.0995 else f"{1000 * r.seconds:.0f} ms",
        )
        for r in rows
    ]
    return table(COLUMNS, cells)


def report(study: Study) -> str:
    """The three tables of a study, as they stand in docs/tradeoff.md."""
    (n,) = {int(curve.examples[1]) for curves in study.curves.values() for curve in curves}
    return "\n\n".join(
        (
            f"### {study.name}, the same number of examples read",
            markdown(study.examples),
            f"### {study.name}, where the training loss came to {LEVEL[study.name]}",
            markdown(study.level),
            f"### {study.name}, after {SECONDS[study.name]} seconds",
            markdown(study.time),
            f"An epoch is {n} examples, as many gradients; means over {len(SEEDS)} splits.",
        )
    )


if __name__ == "__main__":
    from .cli.output import tolerant_streams

    tolerant_streams()
    for name in HIDDEN:
        print(report(study(name)), end="\n\n", flush=True)
