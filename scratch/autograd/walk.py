"""Backpropagation: the walk from a result back to the leaves.

Lecture: "Propagación hacia atrás". The chain rule, applied to each node once all the gradient
that flows into it has been added up. Creation order is a topological order (whatever uses a
node is newer), so the newest waiting node is always complete: a heap finds it. A walk that
recursed instead would break on deep graphs, and one that visited a node again on each path
would count its gradient more than once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from ..tensor import Tensor
from .again import run_again
from .broadcasting import cast
from .errors import ArgumentError, describe
from .grad_mode import enable_grad
from .node import FREED, Node, Partial, check_unchanged


def walk(
    root: Node,
    g: Any,
    *,
    retain_graph: bool = False,
    wanted: frozenset[Node] = frozenset(),
    partials: Mapping[Node, Sequence[Partial | None]] | None = None,
) -> dict[Any, Any]:
    """The gradient of every leaf and of every wanted node, given the gradient g of root.

    partials: for each node its partial derivatives, where not the recorded ones are meant.
    """
    found: dict[Any, Any] = {}
    arrived: dict[Any, Any] = {root: g}  # the gradient of each waiting node, so far
    waiting = [(-root.order, root)]  # a heap: its smallest entry is the newest node
    summed: set[Any] = set()  # whose gradient is a sum, an array that only we hold
    while waiting:
        node = heappop(waiting)[1]
        g = arrived.pop(node)
        if wanted and node in wanted:
            found[node] = g
        shares: Any = zip(node.inputs, partials[node] if partials else node.partials)
        for input, partial in shares:
            if type(input) is Node:
                total = arrived
                if input not in arrived:
                    arrived[input] = partial(g)
                    heappush(waiting, (-input.order, input))
                    continue
            elif input is None:
                continue
            else:
                total = found
                if input._version > node.order:
                    check_unchanged(node, input)
                if partial is None:
                    continue
                if input not in found:
                    d = partial(g)
                    # g itself may have gone to others too, and a leaf's .grad is its own
                    found[input] = d if d is not g or partials else np.array(g)
                    continue
            if input in summed:
                total[input] += partial(g)
            else:  # what arrived first may be somebody else's array: the sum is a new one
                total[input] = total[input] + partial(g)
                summed.add(input)
        if not (retain_graph or partials):
            node.partials = FREED
    return found


def backward(self: Tensor, gradient: Any = None, retain_graph: bool = False) -> None:
    """Add d self / d leaf to the `.grad` of every leaf that requires one.

    gradient: array of this tensor's shape, the upstream gradient; may be left out only where the
        tensor has one element (it is 1 then).
    retain_graph: keep the graph's saved arrays, for another backward; they are freed otherwise.

    Raises RuntimeError where there is no graph, where it was freed already, where an argument was
    changed in place since, and where gradient is missing or of another shape; `.grad` is then as
    it was.
    """
    g = upstream("backward", "gradient", self, gradient)
    root = self.grad_fn
    found = {self: g} if root is None else walk(root, g, retain_graph=retain_graph)
    # Written only now: a walk that fails leaves every .grad as it was.
    for leaf, d in found.items():
        if leaf.grad is not None:
            leaf.grad += d
        elif type(d) is np.ndarray and d.base is None:
            leaf.grad = d
        else:  # a scalar of numpy, or a view of an array that others hold
            leaf.grad = np.array(d)


def grad(
    output: Tensor,
    inputs: Tensor | Sequence[Tensor],
    grad_output: Any = None,
    create_graph: bool = False,
    retain_graph: bool | None = None,
) -> tuple[Tensor, ...]:
    """d output / d inputs, a Tensor for each input, of its shape; no `.grad` is touched.

    inputs: one Tensor or several, leaves or inner ones.
    grad_output: the upstream gradient, of the shape of output; needed unless output has one
        element (it is 1 then).
    create_graph: record the derivative itself, so that it can be derived again.
    retain_graph: keep the saved arrays; as create_graph where not given.

    Raises RuntimeError where an input takes no part in the output, or the graph is missing.

    >>> import scratch
    >>> x = scratch.tensor(2.0, requires_grad=True)
    >>> (slope,) = grad(x**3, x, create_graph=True)
    >>> (curvature,) = grad(slope, x)
    >>> slope.item(), curvature.item()
    (12.0, 12.0)
    """
    if type(output) is not Tensor:
        raise TypeError(f"output: expected a Tensor, got {type(output).__name__} {output!r}")
    several = [inputs] if type(inputs) is Tensor else list(inputs)
    for i, tensor in enumerate(several):
        if type(tensor) is not Tensor:
            raise TypeError(f"inputs[{i}]: expected a Tensor, got {type(tensor).__name__}")
        if not tensor.requires_grad:
            raise RuntimeError(f"inputs[{i}] does not require grad: there is no gradient to find")
    g = upstream("grad", "grad_output", output, grad_output)
    if create_graph:
        g = grad_output if type(grad_output) is Tensor else Tensor(g)
    root = output.grad_fn
    wanted = frozenset(t.grad_fn for t in several if t.grad_fn is not None)
    if root is None:
        found = {output: g}
    elif create_graph:
        with enable_grad():
            found = walk(root, g, wanted=wanted, partials=run_again([root])[1])
    else:
        found = walk(root, g, wanted=wanted, retain_graph=bool(retain_graph))

    results = []
    handed_out = {id(g)}
    for i, tensor in enumerate(several):
        source: Any = tensor.grad_fn or tensor
        d = found.get(source)
        if d is None:
            raise RuntimeError(f"inputs[{i}] takes no part in the output: it has no gradient")
        results.append(d if create_graph else Tensor(own(d, handed_out)))
    return tuple(results)


# As numpy scalars, not arrays: among them arithmetic costs a tenth (g * share in a loss).
ONE = {np.dtype(kind): np.dtype(kind).type(1) for kind in ("float32", "float64")}


def upstream(function: str, name: str, tensor: Tensor, gradient: Any) -> Any:
    """The gradient that the walk starts from, checked."""
    if not tensor.requires_grad:
        raise RuntimeError(
            f"{function}: this tensor has no graph: nothing that it was computed from requires "
            "grad, or it was computed under no_grad()"
        )
    if gradient is None:
        if tensor.data.size != 1:
            raise RuntimeError(
                f"{function}: {name} is needed for a tensor of shape {tensor.shape}: only the "
                "gradient of one number is implicitly 1 (did you mean loss.mean() or .sum()?)"
            )
        one = ONE.get(tensor.data.dtype)
        return one if one is not None and tensor.data.ndim == 0 else np.ones_like(tensor.data)
    g = np.array(gradient.data if type(gradient) is Tensor else gradient)
    if g.shape != tensor.shape:
        raise ArgumentError(
            f"{function}: {name} of shape {g.shape} for a tensor of shape {tensor.shape}"
        )
    if g.dtype.kind not in "biuf":
        raise TypeError(f"{function}: {name}: expected numbers, got {describe(g)}")
    return cast(g, tensor.data.dtype)


def own(d: Any, handed_out: set[int]) -> np.ndarray:
    """d as an array that nobody else holds: a copy if it is a view or was handed out before."""
    if type(d) is np.ndarray and d.base is None and id(d) not in handed_out:
        handed_out.add(id(d))
        return d
    return np.array(d)
