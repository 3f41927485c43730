"""Programs that tell a wrong engine from a right one, each written once for every engine.

A program is a function of tensors. It uses `+`, `*` and, where its inputs are arrays, `.sum()`, so
that the smallest engine runs it, and scratch and PyTorch too. Backward is called once for each
tensor that it returns: a tensor returned twice is walked twice.

Lecture: "Grafo computacional", "Redes DAG: Reutilización de pesos".
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..compare import Comparison, compare
from ..sides import side

T = Any
"""A tensor of whichever engine runs the program."""


@dataclass(frozen=True)
class Program:
    """A function of tensors with its inputs: run by any engine, judged by PyTorch.

    Args:
        function: from tensors to a tensor of one element, or a tuple of them.
        inputs: the numbers, or nested lists of an array, one an argument.

    >>> from gradtwin.pitfalls.engines.right import Value
    >>> PROGRAMS["used_twice"].compare(Value).ok
    True
    """

    function: Callable[..., Any]
    inputs: tuple[Any, ...]

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function.__name__

    @property
    def code(self) -> str:
        """The function as text."""
        return inspect.getsource(self.function).rstrip()

    @property
    def arguments(self) -> list[str]:
        """The names of the inputs."""
        return list(inspect.signature(self.function).parameters)

    @property
    def arrays(self) -> bool:
        """Whether an input is an array, so that the engine needs more than numbers."""
        return any(np.ndim(x) for x in self.inputs)

    def compare(self, engine: Any, witness: bool = True) -> Comparison:
        """The values and all gradients of this engine against PyTorch's.

        Args:
            engine: "scratch", or a class with `.data`, `.grad` and `.backward()`, of which
                `engine(number)` is a leaf.
            witness: as in `gradtwin.compare`.
        """
        ours: Any = side("scratch", self.function)
        if engine != "scratch":
            ours = side("numpy", self.pair(engine), cache=False, upstream=False)
        inputs = [np.array(x, np.float64) for x in self.inputs]
        theirs = side("torch", self.function)
        return compare(ours, theirs, *inputs, names=self.arguments, witness=witness)

    def pair(self, engine: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """(forward, backward) on plain arrays, computed by this engine."""

        def forward(*arrays: Any) -> Any:
            values = [np.asarray(out.data) for out in self.run(leaves_of(engine, arrays))]
            return values[0] if len(values) == 1 else tuple(values)

        def backward(*arrays: Any) -> Any:
            leaves = leaves_of(engine, arrays)
            for out in self.run(leaves):
                out.backward()
            return tuple(np.array(leaf.grad, np.float64) for leaf in leaves)

        return forward, backward

    def run(self, leaves: list[Any]) -> list[Any]:
        """The tensors to walk back from, one after the other."""
        out = self.function(*leaves)
        return list(out) if isinstance(out, tuple) else [out]

    def gradients(self, engine: Any) -> dict[str, Any]:
        """Every argument's gradient by its name, as this engine gives it; "scratch", "torch"."""
        inputs = [np.array(x, np.float64) for x in self.inputs]
        if engine not in ("scratch", "torch"):
            return dict(zip(self.arguments, self.pair(engine)[1](*inputs)))
        tensor = importlib.import_module(engine).tensor
        leaves = [tensor(x, requires_grad=True) for x in inputs]
        for out in self.run(leaves):
            out.backward(retain_graph=True)  # the next one may need the same graph
        return {name: np.asarray(leaf.grad) for name, leaf in zip(self.arguments, leaves)}


def leaves_of(engine: Any, arrays: Any) -> list[Any]:
    """The inputs as this engine's own: Python's numbers, and copies of arrays."""
    return [engine(x.copy() if x.ndim else x.item()) for x in arrays]


@dataclass(frozen=True)
class Descent:
    """Some steps of gradient descent on w * w: where does it arrive?

    >>> from gradtwin.pitfalls.engines import not_zeroed
    >>> [Descent(steps).compare(not_zeroed.descend).ok for steps in (1, 2)]
    [True, False]
    """

    steps: int
    w: float = 1.0
    lr: float = 0.1
    arrays = False

    @property
    def name(self) -> str:
        """descent_1, descent_30, ..."""
        return f"descent_{self.steps}"

    @property
    def code(self) -> str:
        """The call as text."""
        return f"descend(w={self.w}, lr={self.lr}, steps={self.steps})"

    def compare(self, descend: Any, witness: bool = True) -> Comparison:
        """Where it arrives, against the same steps in PyTorch; `descend` may be "scratch"."""
        ours = side("numpy", lambda w: np.array(self.arrives(descend, w.item())))
        theirs = side("numpy", lambda w: np.array(self.arrives("torch_ref", w.item())))
        return compare(ours, theirs, self.w, requires_grad=[False], names=["w"], witness=witness)

    def arrives(self, descend: Any, w: float | None = None) -> float:
        """Where a training loop arrives from w; "scratch" and "torch_ref" are those wings'."""
        w = self.w if w is None else w
        if isinstance(descend, str):
            wing = importlib.import_module(descend)
            return float(wing.descend(lambda w: w * w, w, self.lr, self.steps).x)
        return float(descend(w, self.lr, self.steps))


def tree(a: T, b: T, c: T) -> T:
    return a * b + c


def chain(a: T, b: T, c: T, d: T) -> T:
    return (a * b + c) * d


def used_twice(a: T) -> T:
    b = a + a
    c = b + b
    return c


def square(a: T) -> T:
    return a * a


def two_places(a: T, b: T, c: T) -> T:
    return a * b + a * c


def too_early(a: T) -> T:
    b = a * a
    c = b + a
    d = b * c
    return d


def late_enough(a: T) -> T:
    b = a * a
    c = b + a
    d = c * b
    return d


def shared_weight(w1: T, w2: T, x: T, minus_y: T) -> T:
    z1 = w1 * x
    z2 = w2 * (z1 + x)
    y_hat = w1 * (z1 + z2)
    error = y_hat + minus_y
    return error * error


def walked_twice(a: T, b: T, c: T) -> T:
    loss = a * b * c
    return loss, loss


def two_losses(a: T, b: T, c: T, d: T) -> T:
    shared = a * b
    return shared * c, shared * d


def sum_twice(a: T, b: T) -> T:
    c = a + b
    d = c + a
    return d.sum()


def same_shape(X: T, W: T) -> T:
    return (X * W).sum()


def rows(X: T, w: T) -> T:
    return (X * w).sum()


def column(X: T, w: T) -> T:
    return (X * w).sum()


def sequence(a: T, b: T) -> T:
    for _ in range(1_500):
        a = a + b
    return a


MATRIX = [[1.0, -2.0], [3.0, 0.5], [-1.0, 4.0]]

PROGRAMS: dict[str, Program] = {
    program.name: program
    for program in (
        Program(tree, (2.0, 3.0, -1.0)),
        Program(chain, (2.0, 3.0, -1.0, 0.5)),
        Program(used_twice, (1.0,)),
        Program(square, (3.0,)),
        Program(two_places, (2.0, 3.0, -5.0)),
        Program(too_early, (2.0,)),
        Program(late_enough, (2.0,)),
        Program(shared_weight, (0.5, 0.3, 2.0, -1.0)),
        Program(walked_twice, (2.0, 3.0, -1.0)),
        Program(two_losses, (2.0, 3.0, -1.0, 0.5)),
        Program(sum_twice, ([1.0, 2.0], [3.0, -1.0])),
        Program(same_shape, (MATRIX, [[2.0, 1.0], [-1.0, 3.0], [0.5, 2.0]])),
        Program(rows, (MATRIX, [2.0, -1.0])),
        Program(column, (MATRIX, [[2.0], [-1.0], [0.5]])),
        Program(sequence, (0.0, 0.001)),
    )
}
"""Every program by its name; the first two are those that any engine passes."""
