"""A case: arrays, and a program of a few steps that both wings run on them.

A step is an expression, written once for both wings and kept as text, so that what is printed for a
difference is what was run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..case import upstream_like
from ..concepts import concepts
from ..concepts.wing import Wing
from ..samples import OPERATIONS
from ..samples.twins import derivative
from ..sides import TorchSide
from .numbers import Array
from .walks import ONCE, Walks

WORDS = {"np": np, "OPERATIONS": OPERATIONS, "CONCEPTS": {c.name: c for c in concepts()}}
"""What a step may mention besides a wing `lib`, its functional `F`, and its arguments."""


@dataclass(frozen=True, slots=True)
class Step:
    """One operation: `text` with {0}, {1}, ... in the place of its arguments.

    places: which values they are: the arrays first, then the results of the steps before.
    """

    text: str
    places: tuple[int, ...]


@dataclass(eq=False)
class Case:
    """One comparison of both wings.

    Args:
        arrays: the inputs.
        wanted: for each whether its gradient is compared.
        steps: the program.
        results: which values it returns.
        dtype: of the arrays that are floats.
        order: 1: values and gradients; 2: gradients and gradients of gradients.
        coarse: whether something in it is computed in float32 whatever the dtype.
        finite: whether it keeps to numbers of which an ordinary formula makes ordinary numbers, so
            that numpy has nothing to warn of.
        may_be_wrong: whether something in it may be wrong, so that it may be refused.
        walks: how the graph is walked backward.
        label: what kind of case it is, for counting.
    """

    arrays: list[Array]
    wanted: list[bool]
    steps: list[Step]
    results: list[int]
    dtype: str
    order: int = 1
    coarse: bool = False
    finite: bool = False
    may_be_wrong: bool = False
    walks: Walks = ONCE
    label: str = ""

    def on(self, wing: Wing) -> Callable[..., Any]:
        """The program as a function of the wing's tensors."""
        functions = [compiled(step.text, len(step.places)) for step in self.steps]
        program = list(zip(functions, (step.places for step in self.steps)))
        results = self.results

        def run(*tensors: Any) -> Any:
            values = list(tensors)
            for function, places in program:
                values.append(function(wing, wing.F, *[values[p] for p in places]))
            if len(results) == 1:
                return values[results[0]]
            return tuple(values[r] for r in results)

        return run

    def sides(self) -> tuple[Callable[..., Any], Callable[..., Any], list[Array], list[bool]]:
        """Scratch's and PyTorch's function to compare, with the arrays and what is wanted."""
        wings = both_wings(self.dtype)
        functions = [self.on(wing) for wing in wings]
        if self.order == 1:
            return functions[0], functions[1], self.arrays, self.wanted
        outputs, wanted = taking_part(functions[1], self.arrays, self.wanted)
        if not any(wanted):  # no gradient to derive: what takes part is frozen
            self.order = 1
            return self.sides()
        functions = [
            derivative(wing, function, len(outputs), wanted)
            for wing, function in zip(wings, functions)
        ]
        arrays = [*upstream_like(outputs, seed=2), *self.arrays]
        return functions[0], functions[1], arrays, [True] * len(outputs) + wanted


def taking_part(
    function: Callable[..., Any], arrays: list[Array], wanted: list[bool]
) -> tuple[list[Array], list[bool]]:
    """The outputs, and which of the wanted inputs have a gradient at all: PyTorch's answer."""
    run = TorchSide(function).forward(arrays, wanted)
    gradients = run.backward([np.ones_like(y) for y in run.outputs])
    return run.outputs, [d is not None for d in gradients]


@lru_cache(maxsize=4096)
def compiled(text: str, arguments: int) -> Callable[..., Any]:
    """The function of a wing, its functional, and the step's arguments."""
    names = [f"x{i}" for i in range(arguments)]
    source = f"lambda {', '.join(['lib', 'F', *names])}: {text.format(*names)}"
    function: Callable[..., Any] = eval(source, WORDS)
    return function


@lru_cache(maxsize=2)
def both_wings(dtype: str) -> tuple[Wing, Wing]:
    """Scratch, PyTorch."""
    return Wing("scratch", dtype), Wing("torch", dtype)
