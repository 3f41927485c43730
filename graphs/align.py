"""Holds the two engines' graphs against each other: the same graph, or where they first differ.

Both are walked together from the output back to the leaves. Where the operations are the same, so
must be the arguments; where one engine cuts a formula differently, a row of `correspondence.py`
says so. What then is left on one side only is missing or extra, and the numbers of what was
matched are compared, the gradients in the middle of the network too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .collapse import collapsed
from .correspondence import COMMUTES, Pattern, rows
from .dot import (
    Look,
    attributes,
    body,
    edge_defaults,
    graph_attributes,
    numbers_inside,
    numbers_on_edges,
)
from .draw import read
from .drawing import Drawing
from .graph import Graph, Vertex
from .labels import described, title_of
from .names import Names
from .numerals import written
from .select import without_values
from .themes import DARK, LIGHT, Paint, Theme, get_theme


class Difference(NamedTuple):
    """One place where the graphs differ.

    kind: "missing" (only PyTorch has it), "extra" (only scratch has it), "edge", "shape",
    "value", "gradient". where: the name of the place. text: what is there.
    follows: whether it is only the consequence of another one.
    """

    kind: str
    where: str
    text: str
    follows: bool = False


class Reading(NamedTuple):
    """Vertices of ours that compute together what these of theirs do, and the pairs of arguments.

    repeats: whether one side uses an argument more often than the other.
    """

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    repeats: bool = False


class Alignment:
    """Which vertex of one graph is which of the other's, and where they differ.

    ours, theirs: the graphs. mapping: for each vertex of ours the vertices of theirs that compute
    it. differences: nearest to the output first. True if there are none.
    """

    def __init__(self, ours: Graph, theirs: Graph, rtol: float) -> None:
        self.ours, self.theirs = ours, theirs
        self.mapping: dict[str, tuple[str, ...]] = {}
        self.differences: list[Difference] = []
        self._rtol = rtol
        self._back: dict[str, str] = {}
        self._repeating: set[str] = set()  # where PyTorch's formula uses an argument more often
        self._walk()
        self._compare_edges()
        self._compare_numbers()

    def __bool__(self) -> bool:
        return not self.differences

    def __str__(self) -> str:
        inner = sum(self.ours.vertices[id].kind == "operation" for id in self.mapping)
        if self:
            what = "values and gradients" if self.ours.has_gradients else "values"
            return f"the graphs align: {inner} operations matched, {what} equal"
        first = [d for d in self.differences if not d.follows]
        after = len(self.differences) - len(first)
        places = f"{len(first)} place" + ("s" if len(first) != 1 else "")
        lines = [f"the graphs differ in {places} ({inner} operations matched):"]
        lines += [f"  {d.kind} at {d.where}: {d.text}" for d in first[:12]]
        if len(first) > 12:
            lines.append(f"  ... and {len(first) - 12} more")
        if after:
            lines.append(f"  {after} more numbers differ in consequence")
        return "\n".join(lines)

    @cached_property
    def drawing(self) -> Drawing:
        """Both graphs side by side, in light colours; see `draw`."""
        return self.draw()

    # ---- matching ---------------------------------------------------------------------------

    def _walk(self) -> None:
        """From the outputs back; a loop, since graphs are deep."""
        self._into = self.ours.edges_into(), self.theirs.edges_into()
        self._inside = numbers_inside(self.ours), numbers_inside(self.theirs)
        table: dict[str, list[Any]] = {}
        for row in rows():
            table.setdefault(row.ours.operation, []).append(row)
        self._table = table
        tops = [list(g.of_kind("output")) for g in (self.ours, self.theirs)]
        waiting = [(a.id, b.id) for a, b in zip(*tops)][::-1]
        if len(tops[0]) != len(tops[1]):
            self._differ("edge", tops[0][0], f"{len(tops[0])} outputs against {len(tops[1])}")
        while waiting:
            u, v = waiting.pop()
            if u in self.mapping or v in self._back:
                if self._back.get(v) != u and not self._same_constant(u, v):
                    self._differ(
                        "edge", self.ours.vertices[u],
                        f"PyTorch has {title_of(self.theirs.vertices[v])} here: one tensor is "
                        "used in other places than in scratch",
                    )  # fmt: skip
                continue
            waiting += reversed(self._match(u, v))
        self._rest()

    def _match(self, u: str, v: str) -> list[tuple[str, str]]:
        """Match u with v if they can be, and return the pairs that must match then."""
        found = self._same(u, v)
        if found is not None:
            for each in found.ours:
                self.mapping[each] = found.theirs
            for part in found.theirs:
                self._back[part] = u
            if found.repeats:
                self._repeating.add(u)
            return list(found.pairs)
        a, b = self.ours.vertices[u], self.theirs.vertices[v]
        for first in self._arguments(0, u):
            if self._same(first, v) is not None and self._worth(first, v):
                a.mark = "extra"
                self._differ("extra", a, "an operation that PyTorch's graph does not have")
                self._skipped.add(u)
                return [(first, v)]
        for first in self._arguments(1, v):
            if self._same(u, first) is not None and self._worth(u, first):
                b.mark = "missing"
                self._differ("missing", b, f"{b.engine_name}, which scratch's graph does not have")
                self._skipped.add(v)
                return [(u, first)]
        a.mark, b.mark = "extra", "missing"
        self._differ("extra", a, f"{what(a)} stands where PyTorch has {what(b)}")
        self.mapping[u], self._back[v] = (), ""
        left, right = self._arguments(0, u), self._arguments(1, v)
        return list(zip(left, right)) if len(left) == len(right) else []

    def _worth(self, u: str, v: str) -> bool:
        """Whether two alike vertices are reason enough to skip one: leaves only of one shape."""
        a, b = self.ours.vertices[u], self.theirs.vertices[v]
        return not a.is_leaf or (a.shape == b.shape and a.requires_grad)

    @cached_property
    def _skipped(self) -> set[str]:
        return set()

    def _same(self, u: str, v: str) -> Reading | None:
        """What u and v stand for if they compute the same: vertices of both, pairs of arguments.

        Where several readings fit, the first whose arguments look alike: one engine's x[2, -1] is
        x[2][-1] in the other.
        """
        a, b = self.ours.vertices[u], self.theirs.vertices[v]
        if a.is_leaf or b.is_leaf:
            alike = a.is_leaf and b.is_leaf and a.requires_grad == b.requires_grad
            return Reading((u,), (v,), ()) if alike else None
        readings = list(self._readings(u, v))
        for reading in readings:
            if all(self._alike(i, j) for i, j in reading.pairs):
                return reading
        return readings[0] if readings else None

    def _readings(self, u: str, v: str) -> Iterator[Reading]:
        """The same operation in both, and each row of the table that fits."""
        a, b = self.ours.vertices[u], self.theirs.vertices[v]
        if a.kind == b.kind and a.operation == b.operation:
            left, right = self._arguments(0, u), self._arguments(1, v)
            if len(left) != len(right):  # PyTorch does not keep every constant
                left = [i for i in left if self._takes_gradient(0, i)]
                right = [i for i in right if self._takes_gradient(1, i)]
            if len(left) == len(right):
                if a.operation in COMMUTES and self._crossed(left, right):
                    right = right[::-1]
                yield Reading((u,), (v,), tuple(zip(left, right)))
        for row in self._table.get(a.operation, ()):
            mine = self._fits(0, row.ours, u)
            if mine is None:
                continue
            flowing = frozenset(k for k, i in mine[0].items() if self._takes_gradient(0, i))
            parts = self._fits(1, row.theirs, v, flowing)
            if parts is None:
                continue
            (_, ours_inner), (letters, inner) = (mine, parts)
            pairs = [(i, letters[k]) for k, i in mine[0].items() if k in letters]
            yield Reading(tuple(ours_inner), tuple(inner), tuple(pairs), row.repeats)

    def _alike(self, u: str, v: str) -> bool:
        """Whether two vertices could be the same, as far as a glance tells."""
        a, b = self.ours.vertices[u], self.theirs.vertices[v]
        if a.is_leaf or b.is_leaf:
            return a.is_leaf and b.is_leaf
        return a.operation == b.operation or any(
            row.theirs.operation == b.operation for row in self._table.get(a.operation, ())
        )

    def _fits(
        self, side: int, pattern: Pattern, id: str, flowing: frozenset[str] = frozenset()
    ) -> tuple[dict[str, str], list[str]] | None:
        """The letters of a formula and the vertices that compute it, if it ends in this vertex.

        flowing: the letters through which a gradient flows; they are never left out.
        """
        graph = (self.ours, self.theirs)[side]
        letters: dict[str, str] = {}
        inner: list[str] = []
        waiting = [(pattern, id)]
        while waiting:
            part, at = waiting.pop()
            if part.letter:
                if part.constant and self._takes_gradient(side, at):
                    return None
                if letters.setdefault(part.operation, at) != at:
                    return None
                continue
            if graph.vertices[at].operation != part.operation:
                return None
            inner.append(at)
            arguments = self._arguments(side, at)
            wanted = list(part.arguments)
            if len(arguments) < len(wanted):  # constants that PyTorch did not keep
                letters_here = [p for p in wanted if p.letter]
                letters_here.sort(key=lambda p: p.operation not in flowing)
                lost = letters_here[len(arguments) - len(wanted) :]
                wanted = [p for p in wanted if p not in lost]
            if len(arguments) != len(wanted):
                return None
            waiting += zip(wanted, arguments)
        return letters, inner

    def _arguments(self, side: int, id: str) -> list[str]:
        """The arguments of a vertex, without the numbers that stand inside of its box."""
        return [e.source for e in self._into[side][id] if e.source not in self._inside[side]]

    def _takes_gradient(self, side: int, id: str) -> bool:
        return (self.ours, self.theirs)[side].vertices[id].requires_grad

    def _same_constant(self, u: str, v: str) -> bool:
        """Whether both are the same numbers: PyTorch reshapes what takes no gradient unrecorded."""
        a, b = self.ours.vertices[u], self.theirs.vertices[v]
        return (
            not (a.requires_grad or b.requires_grad)
            and a.value is not None
            and b.value is not None
            and equal(a.value, b.value, self._rtol)
        )

    def _crossed(self, left: Sequence[str], right: Sequence[str]) -> bool:
        """Whether the terms of a sum stand in the other order."""
        if len(left) != 2:
            return False

        def alike(i: int, j: int) -> bool:
            a, b = self.ours.vertices[left[i]], self.theirs.vertices[right[j]]
            if a.value is not None and b.value is not None:
                return equal(a.value, b.value, self._rtol)
            return a.operation == b.operation and a.kind == b.kind

        straight = alike(0, 0) + alike(1, 1)
        return alike(0, 1) + alike(1, 0) > straight

    def _rest(self) -> None:
        """What no pair has reached is on one side only."""
        for vertex in self.ours.of_kind("operation"):
            if vertex.id not in self.mapping and vertex.id not in self._skipped:
                vertex.mark = "extra"
                self._differ("extra", vertex, "an operation that PyTorch's graph does not have")
        for vertex in self.theirs.of_kind("operation"):
            if vertex.id not in self._back and vertex.id not in self._skipped:
                vertex.mark = "missing"
                self._differ("missing", vertex, f"{what(vertex)}, which scratch's graph lacks")
        self.mapping = {u: parts for u, parts in self.mapping.items() if parts}

    # ---- comparing --------------------------------------------------------------------------

    def _compare_numbers(self) -> None:
        """Shape, value and gradient of everything that was matched."""
        noise = {kind: rounding(self.theirs, kind) for kind in ("value", "gradient")}
        wrong: dict[str, dict[str, str]] = {"shape": {}, "value": {}, "gradient": {}}
        number = 0
        for u, parts in self.mapping.items():
            a, b = self.ours.vertices[u], self.theirs.vertices[parts[0]]
            if self._back.get(b.id) != u:
                continue  # inside of a formula: its own result is no result of PyTorch's
            number += 1
            a.twin = str(number)
            for part in parts:
                self.theirs.vertices[part].twin = str(number)
            if a.shape is not None and b.shape is not None and a.shape != b.shape and not a.is_leaf:
                wrong["shape"][u] = f"{a.shape} against {b.shape}"
                continue
            constant = a.is_leaf and not a.requires_grad
            for kind, x, y in (("value", a.value, b.value), ("gradient", a.gradient, b.gradient)):
                if x is None or y is None or equal(x, y, self._rtol, noise[kind]):
                    continue
                if constant and equal(x, y.T, self._rtol):  # the weights of a frozen layer
                    continue
                wrong[kind][u] = worst(x, y)
        for u, parts in self.mapping.items():  # the inside of a formula has its colour
            self.ours.vertices[u].twin = self.ours.vertices[self._back[parts[0]]].twin
        self._report(wrong)

    def _report(self, wrong: dict[str, dict[str, str]]) -> None:
        """Numbers that differ: where it begins, and what only follows from that.

        A value follows if an argument differs already; a gradient, if what it flows back from does.
        """
        out = self.ours.edges_out()
        into = self._into[0]
        upset = {v.id for v in self.ours.vertices.values() if v.mark}
        for v in self.theirs.vertices.values():
            if v.mark == "missing":  # what stands around it in scratch
                around = [e.target for e in self.theirs.edges if e.source == v.id]
                upset |= {self._back[i] for i in around if i in self._back}
        forward = {*wrong["value"], *wrong["shape"]} | upset
        for v in self.ours.vertices.values():  # arguments first: through what cannot be compared
            twin = self.mapping.get(v.id)
            if not twin or self.theirs.vertices[twin[0]].value is None:
                forward |= {v.id} if forward & {e.source for e in into[v.id]} else set()
        for kind, places in wrong.items():
            for u, text in places.items():
                if kind == "gradient":
                    users = [e.target for e in out[u]]
                    beside = {e.source for user in users for e in into[user]}
                    follows = bool({*users} & (forward | {*places}) or beside & forward)
                else:
                    before = {e.source for e in into[u]}
                    follows = u in upset or bool(before & (forward | {*wrong["shape"]}))
                mark = "follows" if follows else "unequal"
                for vertex in (
                    self.ours.vertices[u],
                    *(self.theirs.vertices[part] for part in self.mapping[u]),
                ):
                    if vertex.mark != "unequal":
                        vertex.mark = mark
                self._differ(kind, self.ours.vertices[u], text, follows)

    def _compare_edges(self) -> None:
        """With each formula as one vertex, both must have the same edges (NetworkX)."""
        import networkx  # type: ignore[import-untyped]

        # the vertex of scratch that stands for a whole formula, of ours and of theirs
        left_top = {u: self._back[parts[0]] for u, parts in self.mapping.items()}
        right_top = {part: u for part, u in self._back.items() if u}
        left, right = (
            networkx.MultiDiGraph(
                (top[e.source], top[e.target])
                for e in graph.edges
                if e.source in top and e.target in top and top[e.source] != top[e.target]
            )
            for graph, top in ((self.ours, left_top), (self.theirs, right_top))
        )
        vertices = self.ours.vertices
        for a, b in dict.fromkeys((*left.edges(), *right.edges())):
            if not vertices[a].requires_grad or b in self._repeating:
                continue  # of what takes no gradient PyTorch does not keep every use
            counts = [g.number_of_edges(a, b) if a in g and b in g else 0 for g in (left, right)]
            beside = {self.theirs.vertices[i].mark for p in self.mapping[b] for i in
                      (e.source for e in self._into[1][p])}  # fmt: skip
            beside |= {vertices[e.source].mark for e in self._into[0][b]}
            if counts[0] != counts[1] and not beside & {"missing", "extra"}:
                times = f"used {counts[0]} times here, in PyTorch {counts[1]} times"
                self._differ("edge", vertices[b], f"{title_of(vertices[a])} is {times}")

    def _differ(self, kind: str, vertex: Vertex, text: str, follows: bool = False) -> None:
        self.differences.append(Difference(kind, place(vertex), text, follows))

    # ---- the picture ------------------------------------------------------------------------

    def draw(
        self,
        *,
        values: bool = True,
        theme: str | Theme = "light",
        direction: str = "TB",
        numbers_on: str = "auto",
        title: str = "",
        collapse: Any = None,
        open: Sequence[str] = (),
    ) -> Drawing:
        """Both graphs side by side: twins in one colour; what differs stands out.

        values: with the numbers; the other arguments as in `graphs.draw`. A folded box has the
        colour of its result, or of the worst that differs in it.
        """
        paint = self._paint(get_theme(theme))
        look = Look(get_theme(theme), numbers_on, direction, title=title, restyle=paint)
        shown = [g if values else without_numbers(g) for g in (self.ours, self.theirs)]
        if collapse is not None and collapse is not False:
            shown = [shown[0], self._in_our_layers(shown[1])]
            shown = [collapsed(graph, collapse, open) for graph in shown]
        both = [("s_", "scratch", shown[0]), ("t_", "torch", shown[1])]
        lines = [
            "digraph two_graphs {",
            f"  graph {attributes(graph_attributes(self.ours, look))};",
            f"  node {attributes({'fontname': 'Helvetica,Arial,sans-serif', 'fontsize': '12'})};",
            f"  edge {attributes(edge_defaults(look.theme))};",
        ]
        names: dict[str, tuple[str, str]] = {}
        for prefix, engine, graph in both:
            frame = {
                "label": engine, "labeljust": "c", "fontsize": "16", "style": "rounded",
                "color": look.theme.quiet, "margin": "14", "fontcolor": look.theme.text,
            }  # fmt: skip
            lines.append(f"  subgraph cluster_{engine} {{ graph {attributes(frame)};")
            lines += body(graph, look, numbers_on_edges(graph, look), prefix)
            lines.append("  }")
            into = graph.edges_into()
            for vertex in graph.vertices.values():
                text = f"{engine}: {described(vertex, graph, into[vertex.id])}"
                names[prefix + vertex.id] = (title_of(vertex), text)
        return Drawing(
            "\n".join([*lines, "}", ""]),
            title="The same graph in scratch and in PyTorch",
            description=str(self).partition("\n")[0],
            descriptions=names,
            graph=self.ours,
        )

    def _in_our_layers(self, theirs: Graph) -> Graph:
        """The pieces of one operation belong to its layer, as in scratch, so that boxes match."""
        layers: dict[str, str] = {}
        for u, parts in self.mapping.items():
            layers |= dict.fromkeys(parts, self.ours.vertices[u].module)
        vertices = {
            id: replace(vertex, module=layers.get(id, vertex.module))
            for id, vertex in theirs.vertices.items()
        }
        return replace(theirs, vertices=vertices)

    def _paint(self, theme: Theme) -> Any:
        tints = DARK_TINTS if theme.background == DARK.background else TINTS

        def paint(vertex: Vertex) -> dict[str, str] | None:
            if vertex.mark == "follows":
                return None
            if vertex.mark:
                return {"xlabel": vertex.mark, "fontcolor": theme.marks[vertex.mark].line}
            if vertex.kind not in ("operation", "fold") or not vertex.twin:
                return None
            tint = tints[int(vertex.twin) % len(tints)]
            return {"fillcolor": tint.fill, "color": tint.line}

        return paint


TINTS = [
    Paint(fill, line, LIGHT.text)
    for fill, line in (
        ("#cfe4fa", "#2a6db5"), ("#d3f0d8", "#2c8a45"), ("#fde2c8", "#b8651b"),
        ("#d9f0f2", "#1f8791"), ("#f6d5e5", "#b03a76"), ("#e9e6b8", "#80781a"),
        ("#dcdcf7", "#5252b8"), ("#e6dccf", "#7d6344"),
    )
]  # fmt: skip
DARK_TINTS = [
    Paint(fill, line, DARK.text)
    for fill, line in (
        ("#143a63", "#6aacf0"), ("#14482a", "#63c784"), ("#5a3413", "#f0a868"),
        ("#12474c", "#5fc6d0"), ("#571f3d", "#ee8bba"), ("#474310", "#d0c650"),
        ("#2d2d6b", "#9b9bf2"), ("#44372a", "#c9a983"),
    )
]  # fmt: skip


def align(
    scratch_output: Any,
    torch_output: Any,
    names: Names = None,
    torch_names: Names = None,
    *,
    model: Any = None,
    torch_model: Any = None,
    inputs: Any = (),
    gradients: bool = True,
    gradient: Any = None,
    rtol: float | None = None,
) -> Alignment:
    """The graph of a scratch result held against that of a torch result.

    names, model, inputs: as in `draw`, for scratch; torch_names, torch_model for torch.
    gradients: compare them too; the backward passes touch no `.grad`. gradient: the upstream
    gradient where the outputs are no scalars.
    rtol: how much numbers may differ, relative to the largest of their tensor; by default 1e-7
        in float64 (PyTorch keeps some constants in float32, as the 1/6 of hardsigmoid's
        derivative) and 1e-4 in float32.

    Raises as `draw`; TypeError where the two results are not of scratch and of torch.

    >>> import scratch, torch
    >>> ours = scratch.tensor(2.0, requires_grad=True)
    >>> theirs = torch.tensor(2.0, requires_grad=True)
    >>> print(align((ours * 3) ** 2, (theirs * 3) ** 2))
    the graphs align: 2 operations matched, values and gradients equal
    """
    ours = read(
        scratch_output, names, model=model, inputs=inputs, gradients=gradients, gradient=gradient
    )
    theirs = read(
        torch_output, torch_names, model=torch_model, inputs=inputs, gradients=gradients,
        gradient=gradient,
    )  # fmt: skip
    if (ours.engine, theirs.engine) != ("scratch", "torch"):
        raise TypeError(
            f"align: expected a result of scratch and one of torch, got {ours.engine} and "
            f"{theirs.engine}"
        )
    if rtol is None:
        dtypes = {v.dtype for g in (ours, theirs) for v in g.of_kind("operation") if v.dtype}
        rtol = 1e-7 if dtypes <= {"float64", "int64", "bool"} else 1e-4
    return Alignment(ours, theirs, rtol)


def without_numbers(graph: Graph) -> Graph:
    """The same vertices and edges without values and gradients."""
    bare = without_values(graph)  # its constants are the same ones, which have no gradient
    bare.has_gradients = False
    for edge in bare.edges:
        edge.gradient = None
    for vertex in bare.vertices.values():
        vertex.gradient = vertex.grad = None
    return bare


def rounding(graph: Graph, kind: str) -> float:
    """What may be left of a number of this graph where large ones cancel: 64 units in the last
    place of its largest."""
    largest, unit = 0.0, 0.0
    for vertex in graph.vertices.values():
        array = getattr(vertex, kind)
        if array is not None and array.dtype.kind == "f" and array.size:
            unit = max(unit, float(np.finfo(array.dtype).eps))
            finite = np.abs(array[np.isfinite(array)].astype(float))
            largest = max(largest, float(finite.max(initial=0.0)))
    return 64 * unit * largest


def equal(
    a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], rtol: float, noise: float = 0.0
) -> bool:
    """Equal to rtol of the largest number, or to `noise`; NaN and infinity in the same places."""
    if a.size != b.size:
        return False
    x, y = a.astype(float).reshape(-1), b.astype(float).reshape(-1)
    finite = np.isfinite(y)
    largest = np.max(np.abs(y[finite]), initial=0.0)
    return bool(np.allclose(x, y, rtol=rtol, atol=max(rtol * largest, noise), equal_nan=True))


def worst(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> str:
    """The place where two arrays differ most."""
    if a.shape != b.shape:
        return f"{a.shape} against {b.shape}"
    with np.errstate(invalid="ignore"):
        apart = np.abs(a.astype(float) - b.astype(float))
    at = np.unravel_index(np.argmax(np.where(np.isnan(apart), np.inf, apart)), a.shape)
    where = f" at {tuple(int(i) for i in at)}" if a.ndim else ""
    return f"{written(a[at], 6)} against PyTorch's {written(b[at], 6)}{where}"


def what(vertex: Vertex) -> str:
    return vertex.engine_name or f"{vertex.kind} {vertex.name}".strip()


def place(vertex: Vertex) -> str:
    """Where a vertex is, in words: its name, or its operation, and its layer."""
    name = vertex.name or vertex.operation or vertex.kind
    return f"{name} ({vertex.module})" if vertex.module and vertex.module not in name else name
