"""The two passes, one picture a step: first the values come, then the gradients go back.

Lecture: "Grafo computacional: Ejemplo". Every picture has the same layout: a number that is not
known yet keeps its room and is drawn without colour, so that nothing jumps from step to step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, overload

from . import glossary
from .animation import animated_svg, gif
from .dot import Look, Moment
from .draw import drawing_of, one_of, prepared, read
from .drawing import Drawing
from .graph import Edge, Graph, Vertex
from .labels import operation_sign, title_of
from .names import Names
from .numerals import WHOLE_UP_TO, summary
from .rendering import FORMATS, write_atomically
from .select import GraphTooLargeError, check_count
from .themes import Theme, get_theme

LETTER = 8.7  # points: a little more than a letter of the caption takes on average

Key = tuple[str, str, int]


class Steps(Sequence[Drawing]):
    """The pictures of a computation in order; an animation when shown or saved as one.

    captions: what happens in each.

    >>> import scratch, graphs
    >>> w = scratch.tensor(2.0, requires_grad=True)
    >>> for caption in graphs.steps(w * 3, {"w": w}).captions:
    ...     print(caption)
    Start: the inputs and parameters are given
    Forward 1 of 1: w × 3 = 6
    Backward 1 of 2: the output's own gradient is 1
    Backward 2 of 2: × 3 passes on: w ∂ 3
    """

    def __init__(self, drawings: Sequence[Drawing], captions: Sequence[str], title: str) -> None:
        self._drawings = list(drawings)
        self.captions = list(captions)
        self.title = title

    @overload
    def __getitem__(self, index: int) -> Drawing: ...
    @overload
    def __getitem__(self, index: slice) -> list[Drawing]: ...
    def __getitem__(self, index: int | slice) -> Drawing | list[Drawing]:
        return self._drawings[index]

    def __len__(self) -> int:
        return len(self._drawings)

    @cached_property
    def svg(self) -> str:
        """The animation as SVG text, 1.5 seconds a step."""
        return self.animation()

    def animation(self, seconds: float = 1.5) -> str:
        """One SVG that plays the steps in a loop, `seconds` each, without any script.

        It holds still while the pointer is on it, and shows the last step to whoever has asked
        for reduced motion, and on paper.
        """
        return animated_svg(
            [drawing.svg for drawing in self], check_seconds(seconds), self.title, self.captions
        )

    def save(
        self, path: str | Path, *, seconds: float = 1.5, dpi: int = 144, format: str = "png"
    ) -> list[Path]:
        """Write the steps: to an animation (.svg or .gif), or a folder with a file a step.

        A folder that is not there is made. format: of the files in a folder. The paths that were
        written are returned; nothing is written before every picture is ready.

        Raises ValueError for an unknown format, OSError where the path cannot be written,
        ImportError for a .gif without Pillow.
        """
        path = Path(path)
        check_seconds(seconds)
        if path.suffix.lower() == ".svg":
            write_atomically(path, self.animation(seconds).encode())
            return [path]
        if path.suffix.lower() == ".gif":
            write_atomically(path, gif([d.as_bytes("png", dpi) for d in self], seconds))
            return [path]
        if path.suffix and not path.is_dir():
            raise ValueError(
                f"path: expected a folder, or a file .svg or .gif for an animation, got {path.name}"
            )
        one_of("format", format, FORMATS)
        pictures = [drawing.as_bytes(format, dpi) for drawing in self]
        path.mkdir(exist_ok=True)
        files = [path / f"step_{i:02}.{format}" for i in range(len(self))]
        for file, picture in zip(files, pictures):
            write_atomically(file, picture)
        return files

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook asks for: the animation, and the last step where there is none."""
        made: dict[str, Callable[[], Any]] = {
            "image/svg+xml": lambda: self.svg,
            "image/png": lambda: self[-1].png,
            "text/plain": lambda: repr(self),
        }
        wanted = set(include) if include else set(made)
        return {kind: made[kind]() for kind in made if kind in wanted - set(exclude or ())}

    def __repr__(self) -> str:
        return f"<Steps: {len(self)} pictures, {self.title}>"


def steps(
    outputs: Any,
    names: Names = None,
    *,
    model: Any = None,
    inputs: Any = (),
    gradients: bool = True,
    gradient: Any = None,
    collapse: Any = None,
    open: Sequence[str] = (),
    between: Any = None,
    max_steps: int = 100,
    constants: bool = True,
    without_gradient: bool = True,
    direction: str = "auto",
    theme: str | Theme = "light",
    legend: bool = False,
    title: str = "",
) -> Steps:
    """The forward pass and then the backward pass as a sequence of pictures of one layout.

    Arguments as in `draw`. gradients: with the backward pass, which touches no `.grad`; it needs
    a scalar output or `gradient`. collapse: a folded layer is one step. max_steps: a longer
    sequence is refused.

    Raises as `draw`; GraphTooLargeError for more steps than max_steps. Source: lecture, "Grafo
    computacional: Ejemplo".

    >>> import scratch
    >>> w, b = scratch.tensor(2.0, requires_grad=True), scratch.tensor(1.0, requires_grad=True)
    >>> sequence = steps((w * 3 + b - 9) ** 2, {"w": w, "b": b})
    >>> len(sequence), sequence.captions[-1]
    (10, 'Backward 5 of 5: × 3 passes on: w ∂ -12')
    """
    check_count("max_steps", max_steps)
    graph = read(outputs, names, model=model, inputs=inputs, gradients=gradients, gradient=gradient)
    graph = prepared(
        graph, collapse=collapse, open=open, between=between, max_uses=1000,
        max_nodes=20 * max_steps, constants=constants, without_gradient=without_gradient,
    )  # fmt: skip
    for leaf in graph.of_kind("parameter"):  # the pictures show the pass from its beginning
        leaf.grad = leaf.gradient
    moments = [(shortened(caption), moment) for caption, moment in moments_of(graph)]
    if len(moments) > max_steps:
        raise GraphTooLargeError(
            f"{len(moments)} steps, more than max_steps={max_steps}: fold layers with "
            "collapse=True, show a part with between=(a, b), or raise max_steps"
        )
    look = Look(
        get_theme(theme), "edges",
        one_of("direction", direction, ("auto", "LR", "TB", "RL", "BT")),
        legend=legend, title=title, caption_width=max(len(c) for c, _ in moments) * LETTER,
    )  # fmt: skip
    drawings = [
        drawing_of(graph, replace(look, caption=caption, moment=moment))
        for caption, moment in moments
    ]
    return Steps(drawings, [caption for caption, _ in moments], title or drawings[0].title)


@dataclass
class Progress:
    """What is known so far, as sets that grow from step to step."""

    graph: Graph

    def __post_init__(self) -> None:
        self.values = {v.id for v in self.graph.vertices.values() if v.is_leaf}
        self.edges: set[Key] = set()

    def moment(
        self, active: Vertex | None = None, fresh: Sequence[Edge] = (), backward: bool = False
    ) -> Moment:
        """The picture now, with what is being computed."""
        everything = {v.id for v in self.graph.vertices.values()}
        open_edges = {
            key(e) for e in self.graph.edges if e.gradient is not None and key(e) not in self.edges
        }
        waiting = {source for source, _, _ in open_edges}
        outputs = {v.id for v in self.graph.of_kind("output")}
        waiting |= {target for _, target, _ in open_edges if target in outputs}
        return Moment(
            values=frozenset(everything - self.values),
            gradients=frozenset(waiting),
            edges=frozenset(open_edges),
            active=frozenset({active.id} if active else ()),
            active_edges=frozenset(map(key, fresh)),
            backward=backward,
        )


def moments_of(graph: Graph) -> Iterator[tuple[str, Moment]]:
    """Each step with its caption: the beginning, each operation forward, each backward."""
    into, out = graph.edges_into(), graph.edges_out()
    so_far = Progress(graph)
    yield "Start: the inputs and parameters are given", so_far.moment()
    computed = list(graph.of_kind("operation", "fold"))
    for i, vertex in enumerate(computed):
        so_far.values.add(vertex.id)
        ends = [e.target for e in out[vertex.id] if graph.vertices[e.target].kind == "output"]
        so_far.values |= set(ends)
        caption = f"Forward {i + 1} of {len(computed)}: {formula(graph, vertex, into[vertex.id])}"
        yield caption, so_far.moment(vertex, out[vertex.id])
    if not graph.has_gradients:
        return
    outputs = list(graph.of_kind("output"))
    seeds = [e for v in outputs for e in into[v.id] if e.gradient is not None]
    back = [v for v in reversed(computed) if any(e.gradient is not None for e in into[v.id])]
    count = len(back) + 1
    so_far.edges |= set(map(key, seeds))
    numbers = ", ".join(in_one_line(e.gradient) for e in seeds)
    whose = (
        "the output's own gradient is" if len(outputs) == 1 else "the outputs' own gradients are"
    )
    yield f"Backward 1 of {count}: {whose} {numbers}", so_far.moment(None, seeds, True)
    for i, vertex in enumerate(back):
        fresh = [e for e in into[vertex.id] if e.gradient is not None]
        so_far.edges |= set(map(key, fresh))
        passed = ", ".join(
            f"{called(graph, graph.vertices[e.source], into)} ∂ {in_one_line(e.gradient)}"
            for e in fresh
        )
        what = sign_of(graph, vertex, into[vertex.id])
        yield (
            f"Backward {i + 2} of {count}: {what} passes on: {passed}",
            so_far.moment(vertex, fresh, True),
        )


def shortened(caption: str) -> str:
    return caption if len(caption) <= LONGEST else caption[: LONGEST - 1] + "…"


def key(edge: Edge) -> Key:
    return edge.source, edge.target, edge.slot


INFIX = frozenset(("add", "sub", "mul", "div", "pow", "matmul"))
LONGEST = 90  # letters of a caption


def formula(graph: Graph, vertex: Vertex, arguments: Sequence[Edge]) -> str:
    """What is computed, as in "z = w × x = 6"."""
    names = [argument(graph.vertices[e.source]) for e in arguments]
    if vertex.kind == "fold":
        words = vertex.name
    elif vertex.operation in INFIX and len(names) == 2:
        sign = "·" if vertex.operation == "matmul" else glossary.sign(vertex.operation)
        words = f"{names[0]} {sign} {names[1]}"
    elif vertex.operation in INFIX and len(names) == 1:
        words = f"{names[0]} {operation_sign(vertex)}"
    else:
        words = f"{operation_sign(vertex)}({', '.join(names)})"
    if vertex.name and vertex.kind == "operation":
        words = f"{vertex.name} = {words}"
    return words + (f" = {in_one_line(vertex.value)}" if vertex.value is not None else "")


def argument(vertex: Vertex) -> str:
    """A name, or the number itself where it has none: "(-2) ^ 2"."""
    unnamed = vertex.kind == "constant" or (vertex.kind == "operation" and not vertex.name)
    if not unnamed or vertex.value is None:
        return title_of(vertex)
    text = in_one_line(vertex.value)
    return f"({text})" if text.startswith("-") and vertex.kind == "operation" else text


def called(graph: Graph, vertex: Vertex, into: dict[str, list[Edge]]) -> str:
    """A name, or what stands in the box of an operation whose result has none."""
    if vertex.kind == "operation" and not vertex.name:
        return sign_of(graph, vertex, into[vertex.id])
    return title_of(vertex)


def sign_of(graph: Graph, vertex: Vertex, arguments: Sequence[Edge]) -> str:
    """The sign in a box, with the constants that stand inside of it."""
    if vertex.kind == "fold":
        return vertex.name
    numbers = [
        (e.slot, in_one_line(e.value))
        for e in arguments
        if graph.vertices[e.source].kind == "constant" and e.value is not None
    ]
    return operation_sign(vertex, numbers)


def in_one_line(array: Any) -> str:
    """An array in a caption: a large one by its shape."""
    lines = summary(array)
    return lines[0] if array.size > WHOLE_UP_TO else " ".join(lines)


def check_seconds(seconds: float) -> float:
    """Raises ValueError for what is no length of time; 0.35 s and less would flicker."""
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, (int, float))
        or not 0.4 <= seconds <= 60
    ):
        raise ValueError(f"seconds: expected 0.4 to 60 for each step, got {seconds!r}")
    return float(seconds)
