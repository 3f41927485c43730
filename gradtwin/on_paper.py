"""Three witnesses of one gradient: derived on paper, by scratch's graph, and by PyTorch.

Where a concept has a pair in `scratch/chain_rule.py`, two that agree show which of the three errs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .concepts import Concept, Wing
from .json_values import plain
from .samples import Sample
from .sides import Array, Side, side

WITNESSES = ("paper", "scratch", "PyTorch")


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """The output, or one argument's gradient, as paper, scratch's graph and PyTorch have it.

    Args:
        name: "output", "gradient of x".
        values: one array a witness, None where it gave no gradient.
    """

    name: str
    values: tuple[Array | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A row for the output and one for each argument's gradient, of one input.

    Args:
        inputs: the arguments by name.
        rows: with an upstream gradient of 1, so that they are the derivatives themselves.
    """

    inputs: dict[str, Array]
    rows: list[Row]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "inputs": {name: array.tolist() for name, array in self.inputs.items()},
            "rows": [
                {"name": row.name, **dict(zip(WITNESSES, map(plain, row.values)))}
                for row in self.rows
            ],
        }


def witnesses(concept: Concept, sample: Sample, scratch: Wing, torch: Wing) -> tuple[Side, ...]:
    """The three sides, in the order of `WITNESSES`; two where nothing is derived on paper."""
    graphs = side("scratch", sample.on(scratch)), side("torch", sample.on(torch))
    if not concept.paper:
        return graphs
    return side("numpy", concept.on_paper(), cache=True), *graphs


def table(sides: Sequence[Side], sample: Sample, names: Sequence[str]) -> Table:
    """What each side computes on this sample."""
    columns = []
    for each in sides:
        one_pass = each.forward(sample.arrays, sample.requires_grad, 1)
        output = one_pass.outputs[0]
        columns.append([output, *one_pass.backward([np.ones_like(output)])])
    labels = ["output", *(f"gradient of {name}" for name in names)]
    rows = [Row(label, values) for label, values in zip(labels, zip(*columns))]
    return Table(dict(zip(names, sample.arrays)), rows)


def odd_one_out(agree: Sequence[bool]) -> str:
    """Which witness the two others agree against; "" where no two of them stand together.

    agree: scratch with PyTorch, paper with scratch, paper with PyTorch.

    >>> odd_one_out([True, False, False])
    'paper'
    """
    against = {"paper": [True, False, False], "PyTorch": [False, True, False],
               "scratch": [False, False, True]}  # fmt: skip
    return next((who for who, pattern in against.items() if pattern == list(agree)), "")
