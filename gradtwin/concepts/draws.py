"""Inputs and weights of networks: near 1, as the lecture's are, so that no neuron saturates.

In a saturated neuron PyTorch's y (1 - y) loses its digits and scratch's derivative keeps them; how
exact each function is in its tails is a question about that function, and asked there.
"""

from __future__ import annotations

from ..samples.operation import Case, case
from ..samples.values import Values


def near_1(dims: str) -> Values:
    """Numbers of both signs, of a size of about 0.7."""
    return Values(dims, lambda rng, shape, _: rng.normal(0.0, 0.7, shape))


def network(*dims: str) -> Case:
    """The case of a network: an argument for each dims, all of them near 1."""
    return case(*map(near_1, dims))
