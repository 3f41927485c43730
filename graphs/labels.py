"""What is written in a box, on an edge, and read aloud by a screen reader."""


from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import glossary
from .graph import Edge, Graph, Vertex
from .numerals import shaped, summary, written

# The operations that read as well with a number inside of them: "× 2", "1 −", "^ 2".
TAKES_A_NUMBER = frozenset(["add", "sub", "mul", "div", "pow", "maximum", "minimum", "clamp"])


def operation_sign(vertex: Vertex, numbers: Sequence[tuple[int, str]] = ()) -> str:
    """The sign of an operation, with the constants that stand inside: slot and text of each.

    >>> operation_sign(Vertex("n0", "operation", "mul"), [(1, "2")])
    '× 2'
    >>> operation_sign(Vertex("n0", "operation", "sub"), [(0, "1")])
    '1 −'
    """
    sign = glossary.sign(vertex.operation)
    if not numbers and vertex.operation == "pow" and "exponent" in vertex.options:
        numbers = [(1, written(vertex.options["exponent"]))]
    before = [text for slot, text in numbers if slot == 0]
    after = [text for slot, text in numbers if slot > 0]
    return " ".join([*before, sign, *after])


def gradient_lines(gradient: np.ndarray[Any, Any]) -> list[str]:
    """A gradient, marked by ∂ so that it is told from a value without its colour."""
    first, *rest = without_shape(summary(gradient), gradient)
    return [f"∂ {first}", *rest]


def grad_lines(vertex: Vertex) -> list[str]:
    """A leaf's `.grad`, as Python shows it: None where nothing was computed, which is not 0."""
    if vertex.grad is None:
        return ["grad = None"]
    first, *rest = without_shape(summary(vertex.grad, whole_up_to=4), vertex.grad)
    return [f"grad = {first}", *rest]


def without_shape(lines: list[str], array: np.ndarray[Any, Any]) -> list[str]:
    """A gradient has the shape of its value, which stands beside it."""
    return lines[1:] if len(lines) > 1 and lines[0] == shaped(array.shape) else lines


def title_of(vertex: Vertex) -> str:
    """The name under which a vertex is spoken of."""
    if vertex.kind in ("operation", "fold"):
        return vertex.name or vertex.operation
    return vertex.name or f"a {vertex.kind}"


def described(vertex: Vertex, graph: Graph, arguments: Sequence[Edge] = ()) -> str:
    """One sentence about a vertex: for the tooltip, and for who cannot see the picture."""
    parts = []
    if vertex.kind == "operation":
        name = vertex.engine_name or vertex.operation
        parts.append(f"{name}, result {vertex.name}" if vertex.name else name)
        if words := glossary.explain(vertex.operation):
            parts.append(words)
        if arguments:
            names = [title_of(graph.vertices[e.source]) for e in arguments]
            parts.append("of " + ", ".join(names))
        options = ", ".join(f"{k}={v!r}" for k, v in sorted(vertex.options.items()))
        if options and len(options) < 80:
            parts.append(options)
    elif vertex.kind == "fold":
        count = len([m for m in vertex.members if m.kind == "operation"])
        times = f"{vertex.count} equal blocks, " if vertex.count > 1 else ""
        parts.append(f"{times}{vertex.name}: {count} operations")
    else:
        parts.append(f"{vertex.kind} {vertex.name}".strip())
    if vertex.module and vertex.kind == "operation":
        parts.append(f"layer {vertex.module}")
    if vertex.shape is not None:
        parts.append(f"shape {shaped(vertex.shape)} {vertex.dtype}".rstrip())
    if vertex.value is not None:
        parts.append("value " + " ".join(summary(vertex.value)))
    if vertex.gradient is not None:
        parts.append("gradient " + " ".join(summary(vertex.gradient)))
    if vertex.requires_grad and vertex.is_leaf and vertex.kind != "reference":
        parts.append(" ".join(grad_lines(vertex)))
    if vertex.kind in ("parameter", "reference") and vertex.count > 1:
        parts.append(f"used {vertex.count} times")
    parts += [vertex.mark, vertex.note]
    return "; ".join(part for part in parts if part)


def overview(graph: Graph) -> str:
    """One sentence about the whole picture."""
    counts = [
        (sum(v.kind == kind for v in graph.vertices.values()), word)
        for kind, word in (
            ("input", "input"), ("parameter", "parameter"), ("operation", "operation"),
            ("fold", "folded block"), ("output", "output"),
        )
    ]  # fmt: skip
    listed = ", ".join(f"{n} {word}{'s' if n > 1 else ''}" for n, word in counts if n)
    shown = "values and gradients" if graph.has_gradients else "values"
    return f"Computational graph in {graph.engine}: {listed}" + (
        f"; with {shown} on the edges" if graph.has_values else ""
    )
