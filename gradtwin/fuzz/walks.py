"""How the graph of a case is walked: once or twice, from gradients that lie oddly in memory.

What a graph has saved must outlive the first walk, and what two walks find is added up. So that the
sum is the gradient for the upstream gradient g, whatever the walks, one starts from g/4 and the
other from the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..sides import Pass, ScratchSide, Side, TorchSide
from .numbers import Array

LAYOUTS = ("contiguous", "transposed", "strided", "reversed")


@dataclass(frozen=True, slots=True)
class Walks:
    """The walks backward of one case.

    Args:
        twice: whether there are two, the first keeping the graph.
        layout: one of LAYOUTS, how the upstream gradient that scratch gets lies in memory.

    >>> Walks(twice=True).starts([np.array([4.0])])
    [[array([1.])], [array([3.])]]
    """

    twice: bool = False
    layout: str = "contiguous"

    def starts(self, upstream: Sequence[Array]) -> list[list[Array]]:
        """The upstream gradients of each walk."""
        if not self.twice:
            return [list(upstream)]
        part = [np.asarray(g / 4) for g in upstream]
        return [part, [np.asarray(g - p) for g, p in zip(upstream, part)]]

    def by_scratch(self, results: Sequence[Any], upstream: Sequence[Array]) -> None:
        """Add to the `.grad` of the leaves behind scratch's results."""
        todo = [
            (y, laid_out(g, self.layout))
            for start in self.starts(upstream)
            for y, g in zip(results, start)
            if getattr(y, "requires_grad", False)
        ]
        for number, (y, g) in enumerate(todo, start=1):
            y.backward(g, retain_graph=number < len(todo))

    def by_torch(
        self, results: Sequence[Any], leaves: Sequence[Any], upstream: Sequence[Array]
    ) -> list[Any]:
        """PyTorch's gradient of each leaf, None where it takes no part."""
        total: list[Any] = [None] * len(leaves)
        places = [i for i, y in enumerate(results) if getattr(y, "requires_grad", False)]
        if not places or not leaves:
            return total
        starts = self.starts(upstream)
        for number, start in enumerate(starts, start=1):
            found = torch.autograd.grad(
                [results[i] for i in places], leaves,
                [torch.from_numpy(start[i].copy()) for i in places],
                allow_unused=True, retain_graph=number < len(starts),
            )  # fmt: skip
            total = [d if t is None else t + d for t, d in zip(total, found)]
        return total

    def scratch(self, function: Any) -> Side:
        """Scratch's side of a comparison."""
        return _WalkedScratch(function, self)

    def torch(self, function: Any) -> Side:
        """PyTorch's."""
        return _WalkedTorch(function, self)


ONCE = Walks()
"""One walk, from an ordinary array."""


def laid_out(g: Array, layout: str) -> Array:
    """The same numbers, stored otherwise, and not to be written to.

    >>> laid_out(np.arange(3.0), "reversed").strides
    (-8,)
    """
    if g.ndim == 0 or layout == "contiguous":
        return g
    if layout == "transposed":
        stored = np.ascontiguousarray(g.T).T
    elif layout == "strided":
        stored = np.repeat(g, 2, axis=-1)[..., ::2]
    else:
        backwards = (slice(None, None, -1),) * g.ndim
        stored = g[backwards].copy()[backwards]
    stored.flags.writeable = False
    return stored


class _WalkedScratch(ScratchSide):
    def __init__(self, function: Any, walks: Walks) -> None:
        super().__init__(function)
        self.walks = walks

    def forward(
        self, inputs: Sequence[Array], wanted: Sequence[bool], expected: int | None = None
    ) -> Pass:
        return _ScratchPass(super().forward(inputs, wanted, expected), self.walks)


class _WalkedTorch(TorchSide):
    def __init__(self, function: Any, walks: Walks) -> None:
        super().__init__(function)
        self.walks = walks

    def forward(
        self, inputs: Sequence[Array], wanted: Sequence[bool], expected: int | None = None
    ) -> Pass:
        return _TorchPass(super().forward(inputs, wanted, expected), self.walks)


class _Walked(Pass):
    def __init__(self, forward: Any, walks: Walks) -> None:
        self.outputs, self.findings = forward.outputs, forward.findings
        self.several, self.wanted = forward.several, forward.wanted
        self.results, self.tensors, self.walks = forward.results, forward.tensors, walks


class _ScratchPass(_Walked):
    def backward(self, upstream: Sequence[Array]) -> list[Array | None]:
        self.walks.by_scratch(self.results, upstream)
        return [t.grad if w else None for t, w in zip(self.tensors, self.wanted)]


class _TorchPass(_Walked):
    def backward(self, upstream: Sequence[Array]) -> list[Array | None]:
        leaves = [t for t, w in zip(self.tensors, self.wanted) if w]
        came = iter(self.walks.by_torch(self.results, leaves, upstream))
        gradients = [next(came) if w else None for w in self.wanted]
        return [None if g is None else g.detach().numpy() for g in gradients]
