"""What a concept of the lecture is: a name and a place, one computation in two wings, its numbers.

A concept is written once, as a function whose first argument is the wing that computes it and whose
others are tensors. Its inputs are a row of the table in `gradtwin.samples`, which the wings' own
tests and the search for differences draw from too.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..samples import OPERATIONS, Case, Operation, Sample
from ..samples.operation import case
from ..samples.values import exactly
from .figure import Figure
from .wing import Wing

Tensor = Any
"""A tensor of whichever wing computes."""


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept of the lecture, computed by both wings.

    Args:
        name: in snake_case, as PyTorch calls it where PyTorch has it.
        operation: its computation, written once for both wings, and its inputs.
        es, en: what it is called in the lecture's language and in English.
        section: the lecture's heading under which it stands, as printed.
        written: its formula in one line; of an operation the first line of its docstring.
        figures: the numbers that the lecture prints.
        paper: the pair of `scratch.chain_rule` that derives it on paper, with no graph: "dag" for
            `dag_forward` and `dag_backward`; "" where there is none.
    """

    name: str
    operation: Operation = field(repr=False)
    es: str
    en: str
    section: str
    written: str = field(default="", repr=False)
    figures: tuple[Figure, ...] = field(default=(), repr=False)
    paper: str = field(default="", repr=False)

    @property
    def title(self) -> str:
        """Both names, "Perceptrón / Perceptron", or the one that serves both languages."""
        return self.es if self.es == self.en else f"{self.es} / {self.en}"

    @property
    def formula(self) -> str:
        """The formula in one line."""
        if self.written:
            return self.written
        documentation = getattr(self._function(), "__doc__", None) or ""
        return documentation.partition("\n")[0]

    def argument_names(self, count: int) -> list[str] | None:
        """The names of the first `count` tensor arguments; None where they have none."""
        function = self._function()
        parameters = list(inspect.signature(function or self.operation.call).parameters.values())
        names: list[str] = []
        for parameter in parameters if function else parameters[1:]:  # the first is the wing
            if parameter.name == "tensors":  # all of them in one list, as cat and stack take them
                return [f"tensors[{i}]" for i in range(count)]
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
                names.append(parameter.name)
            elif parameter.kind is parameter.VAR_POSITIONAL and function is None:
                names += [f"{parameter.name}[{i}]" for i in range(count - len(names))]
        return names[:count] if count <= len(names) else None

    def _function(self) -> Callable[..., Any] | None:
        """Scratch's function of this name, where the concept is a row of the table."""
        if OPERATIONS.get(self.operation.name) is not self.operation:
            return None
        import scratch

        name = self.operation.name
        found = getattr(scratch.functional, name, None) or getattr(scratch, name, None)
        return found if callable(found) else None

    def ours(self, *tensors: Tensor, **options: Any) -> Any:
        """The concept in scratch: a function of scratch tensors."""
        return self.operation.call(Wing("scratch"), *tensors, **options)

    def theirs(self, *tensors: Tensor, **options: Any) -> Any:
        """The concept in PyTorch: a function of torch tensors."""
        return self.operation.call(Wing("torch"), *tensors, **options)

    def on_paper(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """The pair (forward, backward) in numpy, with no graph.

        LookupError: this concept has none.
        """
        if not self.paper:
            raise LookupError(f"{self.name} is not derived in scratch/chain_rule.py")
        from scratch import chain_rule

        forward, backward = (f"{self.paper}_{way}" for way in ("forward", "backward"))
        return getattr(chain_rule, forward), getattr(chain_rule, backward)

    def cases(self, rng: np.random.Generator, dtype: Any = "float64") -> Iterator[Sample]:
        """Random inputs without end, floats in `dtype`: take as many as are wanted."""
        while True:
            yield self.operation.draw(rng, dtype)


def concept(
    *cases: Case,
    es: str,
    en: str,
    section: str,
    formula: str,
    figures: Sequence[Figure] = (),
    differentiable: bool = True,
    example: Sequence[Any] = (),
    paper: str = "",
) -> Callable[[Callable[..., Any]], Concept]:
    """The decorated function, of a wing and of tensors, as the `Concept` of its name.

    cases: the shapes and the range of its arguments, see `gradtwin.samples`.
    example: its arguments with the lecture's own numbers: the first input that is checked, and the
        one that is shown beside the pair on `paper`.

    >>> from gradtwin.samples.operation import case
    >>> @concept(case("n"), es="Cubo", en="Cube", section="-", formula="x^3")
    ... def cube(wing, x):
    ...     return x**3
    >>> import scratch
    >>> cube.name, cube.title, cube.ours(scratch.tensor(2.0)).item()
    ('cube', 'Cubo / Cube', 8.0)
    """

    def register(compute: Callable[..., Any]) -> Concept:
        corners = [case(*map(exactly, example), label="example")] if example else []
        operation = Operation(
            compute.__name__, compute, cases, corners, differentiable=differentiable
        )
        return Concept(operation.name, operation, es, en, section, formula, tuple(figures), paper)

    return register


def operation(
    row: str, es: str = "", en: str = "", *, section: str, name: str = "", figures: Any = ()
) -> Concept:
    """A row of the table of samples as a concept; its formula stands in scratch's docstring.

    name: where the lecture calls it otherwise than PyTorch does.

    >>> operation("relu", "ReLU", section="Función de activación ReLU").title
    'ReLU'
    """
    es = es or row
    return Concept(name or row, OPERATIONS[row], es, en or es, section, "", tuple(figures))
