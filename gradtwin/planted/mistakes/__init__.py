"""The mistakes, a file a part of the library."""

from __future__ import annotations

from ..mistake import Mistake
from . import activations, cancellation, engine, layers, losses, operations, paper, training

MISTAKES: tuple[Mistake, ...] = (
    *operations.MISTAKES,
    *activations.MISTAKES,
    *cancellation.MISTAKES,
    *losses.MISTAKES,
    *layers.MISTAKES,
    *engine.MISTAKES,
    *training.MISTAKES,
    *paper.MISTAKES,
)
"""Every mistake, in the order in which the library is read."""


def find(name: str) -> Mistake:
    """The mistake of this name.

    ValueError: there is none.

    >>> find("set_for_added").caught_by
    'dag_gradient'
    """
    for each in MISTAKES:
        if each.name == name:
            return each
    raise ValueError(f"unknown mistake {name!r}: python -m gradtwin.planted --list shows them")
