"""Training by gradient descent: batch, mini-batch and stochastic.

Lecture: "Descenso del gradiente", "Variaciones del descenso de gradiente".

One step is always the same four lines: forget the old gradients, loss, backward, p -= lr * grad;
the three variants differ only in how many examples a step sees.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .initializers import generator
from .module import Module, as_tensor
from .optimizers import SGD
from .tensor import Tensor

_MODES = ("batch", "mini-batch", "stochastic")


class History:
    """What a training run leaves behind, besides the parameters.

    `loss`: the mean loss an example, one number an epoch (as it was before each of its steps);
    `steps`: the loss of each step; `interrupted`: whether the run was stopped by Ctrl-C.

    Source: "Descenso del gradiente".

    >>> History()
    History(epochs=0, steps=0, loss=None)
    """

    def __init__(self) -> None:
        self.loss: list[float] = []
        self.steps: list[float] = []
        self.interrupted = False

    def __repr__(self) -> str:
        last = f"{self.loss[-1]:.6g}" if self.loss else None
        stopped = ", interrupted" if self.interrupted else ""
        return f"History(epochs={len(self.loss)}, steps={len(self.steps)}, loss={last}{stopped})"


def fit(
    model: Module,
    X: Any,
    y: Any,
    loss: Callable[[Tensor, Tensor], Tensor],
    lr: float = 0.1,
    epochs: int = 1,
    mode: str = "mini-batch",
    batch_size: int = 32,
    seed: int = 0,
    optimizer: Any = None,
    callback: Callable[[int, History], object] | None = None,
    progress: bool | None = None,
) -> History:
    """p -= lr * d mean(loss) / d p, step after step; `X` (n, ...), `y` (n, ...) -> History.

    `loss`: a function of (y_hat, y) that returns the mean over the examples it is given, or one
    value an element, which is then averaged.
    `mode`: "batch", every step sees all examples, in order; "mini-batch", `batch_size` of them,
    the last batch of an epoch what is left (and divided by its own size); "stochastic", one. The
    last two shuffle in every epoch with one `numpy.random.default_rng(seed)`.
    `optimizer`: an object with `step()` and `zero_grad()`; it has its own learning rate, and
    `lr` is not used. `callback(epoch, history)`: called after each epoch, counted from 1.
    `progress`: a bar on stderr; None, only if that is a terminal.

    Ctrl-C ends the run after the step in hand, with `history.interrupted` set; pressed a second
    time it raises KeyboardInterrupt at once.
    UserWarning: a parameter never received a gradient (it is named).
    ValueError: `X` empty or not of the length of `y`; `lr` not finite and positive;
    `epochs` below 0, `batch_size` below 1, an unknown `mode`, a model without parameters.
    TypeError: `epochs` or `batch_size` no integer, `lr` no number; `loss`, `callback`,
    `optimizer` or `model` of another kind. All before the first step.

    Source: "Variaciones del descenso de gradiente".

    >>> from scratch import Perceptron
    >>> from scratch.functional import mse_loss
    >>> p = Perceptron([0.0], activation=None)
    >>> X = np.array([[1.0], [2.0], [3.0]])
    >>> history = fit(p, X, 2 * X[:, 0], mse_loss, lr=0.05, epochs=200, mode="batch")
    >>> round(p.weight.item(), 2), len(history.loss)
    (1.97, 200)
    """
    X, y = as_tensor(X, "X"), as_tensor(y, "y")
    _check(X, y, loss, lr, epochs, mode, batch_size)
    _check_objects(model, optimizer, callback)
    parameters = dict(model.named_parameters())
    if not parameters:
        raise ValueError("model: it has no parameters, so there is nothing to train")
    if optimizer is None:
        optimizer = SGD(model.parameters(), lr=lr)

    n = len(X)
    size = {"batch": n, "mini-batch": batch_size, "stochastic": 1}[mode]
    rng = generator(seed)
    history = History()
    without_gradient = {name for name, each in parameters.items() if each.requires_grad}
    with (
        _interrupt_asked() as asked,
        _progress_bar(progress, epochs * math.ceil(n / size)) as advance,
    ):
        try:
            for epoch in range(1, epochs + 1):
                total = 0.0
                for batch in _batches(n, size, None if mode == "batch" else rng):
                    if asked():
                        raise KeyboardInterrupt
                    optimizer.zero_grad()
                    step_loss = loss(model(X[batch]), y[batch])
                    if not isinstance(step_loss, Tensor):
                        raise TypeError(
                            f"loss: expected a function to a tensor, it returned {step_loss!r}"
                        )
                    if step_loss.ndim:  # one value an element
                        step_loss = step_loss.mean()
                    step_loss.backward()
                    optimizer.step()

                    history.steps.append(step_loss.item())
                    total += history.steps[-1] * len(batch)
                    without_gradient -= {
                        name for name in without_gradient if parameters[name].grad is not None
                    }
                    advance(history.steps[-1])
                history.loss.append(total / n)
                if callback is not None:
                    callback(epoch, history)
            history.interrupted = asked()
        except KeyboardInterrupt:
            if asked(twice=True):
                raise
            history.interrupted = True
    if history.steps and without_gradient:
        warnings.warn(
            f"never received a gradient: {', '.join(sorted(without_gradient))}; "
            "the loss does not depend on it, so training left it as it was",
            UserWarning,
            stacklevel=2,
        )
    return history


def _check(
    X: Tensor, y: Tensor, loss: object, lr: float, epochs: int, mode: str, batch_size: int
) -> None:
    if X.ndim == 0 or len(X) == 0:
        raise ValueError(f"X: expected at least one example, got shape {X.shape}")
    if y.ndim == 0 or len(y) != len(X):
        raise ValueError(f"y: expected one target an example, X has shape {X.shape}, y {y.shape}")
    if not callable(loss):
        raise TypeError(f"loss: expected a function of (y_hat, y), got {loss!r}")
    if isinstance(lr, (bool, np.bool_)) or not isinstance(lr, (int, float, np.number)):
        raise TypeError(f"lr: expected a number, got {lr!r}")
    if not (math.isfinite(lr) and lr > 0):
        raise ValueError(f"lr: expected a finite number above 0, got {lr!r}")
    for argument, count, least in (("epochs", epochs, 0), ("batch_size", batch_size, 1)):
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)):
            raise TypeError(f"{argument}: expected an integer, got {count!r}")
        if count < least:
            raise ValueError(f"{argument}: expected {least} or more, got {count!r}")
    if mode not in _MODES:
        raise ValueError(f"mode: expected one of {', '.join(_MODES)}, got {mode!r}")


def _check_objects(model: object, optimizer: object, callback: object) -> None:
    if not (callable(model) and hasattr(model, "named_parameters")) or isinstance(model, type):
        raise TypeError(f"model: expected a Module, got {model!r}")
    steps = all(callable(getattr(optimizer, name, None)) for name in ("step", "zero_grad"))
    if optimizer is not None and (isinstance(optimizer, type) or not steps):
        raise TypeError(
            "optimizer: expected an object with step() and zero_grad(), such as "
            f"SGD(model.parameters(), lr=0.1), got {optimizer!r}"
        )
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: expected a function of (epoch, history), got {callback!r}")


def _batches(n: int, size: int, rng: np.random.Generator | None) -> Iterator[Any]:
    """The indices of each batch of an epoch: shuffled by `rng`, or in order without one."""
    order = np.arange(n) if rng is None else rng.permutation(n)
    for start in range(0, n, size):
        yield order[start : start + size]


@contextmanager
def _interrupt_asked() -> Iterator[Callable[..., bool]]:
    """Hold back the first Ctrl-C, so that it cannot fall between two parameters of one step."""
    import signal  # only for a training run: `import scratch` costs what numpy costs

    presses: list[int] = []

    def remember(signum: int, frame: object) -> None:
        presses.append(signum)
        if len(presses) > 1:
            raise KeyboardInterrupt

    def asked(twice: bool = False) -> bool:
        return len(presses) > int(twice)

    held = False
    # Only Python's own handler is replaced: a program that has one of its own wants it called.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        try:
            signal.signal(signal.SIGINT, remember)
            held = True
        except ValueError:
            pass  # not the main thread, which alone receives Ctrl-C
    try:
        yield asked
    finally:
        if held:
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _progress_bar(progress: bool | None, total: int) -> Iterator[Callable[[float], None]]:
    """A function to call with the loss of each step; it moves a bar, if there is one."""
    if progress is None:
        progress = sys.stderr is not None and sys.stderr.isatty()
    if not progress:
        yield lambda loss: None
        return
    # Imported only for a bar: rich is no part of the mathematics.
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("training", total=total)
        yield lambda loss: bar.update(task, advance=1, description=f"loss {loss:.4g}")
