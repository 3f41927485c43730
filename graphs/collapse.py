"""Folds a large graph: a layer becomes one box, and equal boxes in a row one box "× 12".

Both rest on one fact: in a list of operations in which arguments come before results, any run of
neighbours may be replaced by one vertex, and no cycle can arise. So a layer folds run by run, and a
repetition is a period in the list, found by comparing it with itself shifted.
"""



from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from .graph import Edge, Graph, Vertex
from .labels import operation_sign
from .names import path_order

LONGEST_BLOCK = 64  # operations in a block whose repetition is looked for
FEWEST_REPETITIONS = 3
WORST_FIRST = ("missing", "extra", "unequal", "follows", "")  # marks: a box has that of its worst


def collapsed(graph: Graph, how: Any, open: Sequence[str] = ()) -> Graph:
    """The graph with its layers folded, and then its repetitions.

    how: True or "layer" (the deepest path), "module" (the path up to its first number), a number
    of path components, "repeats" (no layers, only repetitions), or a sequence of paths.
    open: paths that stay unfolded.

    Raises ValueError for another `how`, and for a path that no operation belongs to.
    """
    paths = {v.module for v in graph.of_kind("operation") if v.module}
    if isinstance(open, str):
        open = (open,)
    check_known("open", open, paths)
    shut = {v.id for v in graph.vertices.values() if not any(below(v.module, p) for p in open)}
    repeats = True
    cut: Callable[[str], str]
    if how is True or how == "layer":
        cut = lambda path: path
    elif how == "module":
        cut = up_to_a_number
    elif how == "repeats":
        cut = lambda path: ""
    elif isinstance(how, int) and how >= 1:
        cut = lambda path: ".".join(path.split(".")[:how])
    elif isinstance(how, (list, tuple, set, frozenset)):
        check_known("collapse", how, paths)
        wanted = sorted(how, key=len, reverse=True)
        cut = lambda path: next((p for p in wanted if below(path, p)), "")
        repeats = False
    else:
        raise ValueError(
            "collapse: expected True, 'layer', 'module', 'repeats', a depth of 1 or more, or a "
            f"list of paths, got {how!r}"
        )
    order = [v for v in graph.vertices.values() if v.kind == "operation"]
    group = {v.id: cut(v.module) if v.id in shut else "" for v in order}
    graph = contracted(graph, runs(order, group))
    return contracted(graph, repetitions(graph, shut)) if repeats else graph


def up_to_a_number(path: str) -> str:
    """The block that a path lies in.

    >>> up_to_a_number("blocks.3.linear1"), up_to_a_number("head.inner")
    ('blocks.3', 'head')
    """
    parts = path.split(".")
    first = next((i for i, part in enumerate(parts) if part.isdigit()), 0)
    return ".".join(parts[: first + 1])


def below(path: str, above: str) -> bool:
    return path == above or path.startswith(above + ".")


def check_known(argument: str, wanted: Iterable[str], paths: set[str]) -> None:
    for path in wanted:
        if not isinstance(path, str) or not any(below(p, path) for p in paths):
            known = ", ".join(sorted(paths, key=path_order)[:12]) or "none: pass model="
            raise ValueError(f"{argument}: no layer {path!r} in this graph; there are: {known}")


# ---- what to fold -------------------------------------------------------------------------------


class Block:
    """Neighbours in the list of operations that become one vertex."""

    def __init__(self, name: str, ids: list[str], count: int = 1) -> None:
        self.name, self.ids, self.count = name, ids, count


def runs(order: list[Vertex], group: dict[str, str]) -> list[Block]:
    """Neighbours of the same layer."""
    blocks: list[Block] = []
    previous = ""
    for vertex in order:
        name = group[vertex.id]
        if name and name == previous:
            blocks[-1].ids.append(vertex.id)
        elif name:
            blocks.append(Block(name, [vertex.id]))
        previous = name
    return blocks


def repetitions(graph: Graph, shut: set[str]) -> list[Block]:
    """Equal blocks in a row, at least three: a period in the list of signatures."""
    order = [v for v in graph.vertices.values() if v.kind in ("operation", "fold", "input")]
    signatures = signatures_of(graph, order, shut)
    taken = [False] * len(order)
    blocks: list[Block] = []
    for period in range(1, min(LONGEST_BLOCK, len(order) // FEWEST_REPETITIONS) + 1):
        run = 0
        for i in range(period, len(order) + 1):
            same = i < len(order) and signatures[i] == signatures[i - period] and not taken[i]
            if same and not taken[i - period]:
                run += 1
                continue
            count = run // period + 1
            if count >= FEWEST_REPETITIONS:
                first = i - run - period
                members = order[first : first + count * period]
                blocks.append(Block(name_of(members, period), [v.id for v in members], count))
                taken[first : first + count * period] = [True] * (count * period)
            run = 0
    return blocks


def signatures_of(graph: Graph, order: list[Vertex], shut: set[str]) -> list[int]:
    """A number for each vertex: equal where operation, shape and relative arguments are equal."""
    place = {v.id: i for i, v in enumerate(order)}
    into = graph.edges_into()
    numbers: dict[Any, int] = {}
    found = []
    for i, vertex in enumerate(order):
        inside = tuple((m.operation, m.shape) for m in vertex.members)
        arguments = tuple(
            i - place[e.source] if e.source in place else leaf_signature(graph.vertices[e.source])
            for e in into[vertex.id]
        )
        # what differs from the other engine's graph is not folded with what does not
        key: Any = (vertex.kind, vertex.operation, vertex.shape, vertex.mark, inside, arguments)
        opened = vertex.kind == "operation" and vertex.id not in shut
        if opened or vertex.kind == "input":
            key = vertex.id  # equal to nothing else
        found.append(numbers.setdefault(key, len(numbers)))
    return found


def leaf_signature(leaf: Vertex) -> Any:
    """Parameters of one shape are alike; constants are alike if their numbers are."""
    number = leaf.value.item() if leaf.kind == "constant" and leaf.value is not None else None
    return leaf.kind, leaf.shape, number


def name_of(members: list[Vertex], period: int) -> str:
    """ "layers.1 … layers.12" where the repeated ones are layers, else what a block computes."""
    if period == 1 and members[0].kind == "fold":
        return f"{members[0].name} … {members[-1].name}"
    if all(v.module for v in members):
        first, last = up_to_a_number(members[0].module), up_to_a_number(members[-1].module)
        if first != last:
            return f"{first} … {last}"
    return chain(members[:period])


def chain(several: Sequence[Vertex], at_most: int = 5) -> str:
    """What a block computes, in order: "linear → ReLU"."""
    signs = [v.name if v.kind == "fold" else operation_sign(v) for v in several]
    if len(signs) > at_most:
        signs = [*signs[: at_most - 1], "…", signs[-1]]
    return " → ".join(signs)


# ---- the folded graph ---------------------------------------------------------------------------


def contracted(graph: Graph, blocks: list[Block]) -> Graph:
    """The graph with each block as one vertex; leaves that only it uses go into it."""
    if not blocks:
        return graph
    block_of = {id: block for block in blocks for id in block.ids}
    new_id = {id: f"{block.ids[0]}_fold" for id, block in block_of.items()}
    users: dict[str, set[str]] = {}
    for edge in graph.edges:
        users.setdefault(edge.source, set()).add(new_id.get(edge.target, edge.target))
    swallowed: dict[str, list[Vertex]] = {}
    for vertex in graph.of_kind("parameter", "constant"):
        (first, *others) = users.get(vertex.id, {""})
        if not others and first.endswith("_fold"):
            swallowed.setdefault(first, []).append(vertex)
            new_id[vertex.id] = first

    made = Graph(graph.engine, {}, [], graph.has_values, graph.has_gradients)
    for vertex in graph.vertices.values():
        block = block_of.get(vertex.id)
        if block is None:
            if vertex.id not in new_id:
                made.add(vertex)
        elif vertex.id == block.ids[-1]:  # where the run ends: all its arguments are there
            made.add(folded(graph, block, swallowed.get(new_id[vertex.id], []), new_id[vertex.id]))
    add_edges(graph, made, new_id)
    return made


def folded(graph: Graph, block: Block, leaves: list[Vertex], id: str) -> Vertex:
    """The vertex that stands for a block."""
    tops = [graph.vertices[i] for i in block.ids]
    inner: list[Vertex] = []
    for vertex in tops:
        inner += vertex.members or (vertex,)
    leaves = leaves + [m for m in inner if m.is_leaf]
    operations = [m for m in inner if not m.is_leaf]
    last = tops[-1]
    period = tops[: len(tops) // block.count]
    parameters = [v for v in leaves if v.kind == "parameter"]
    lines = []
    alone = period[0].members if len(period) == 1 else ()
    what = chain([m for m in alone if not m.is_leaf] or period)
    if what != block.name and not block.name.startswith(what):
        lines.append(f"each: {what}" if block.count > 1 else what)
    if parameters:
        numbers = sum(numel(v) for v in parameters)
        plural = "s" if len(parameters) > 1 else ""
        lines.append(f"{len(parameters)} parameter{plural}, {numbers:,} numbers")
    return Vertex(
        id, "fold", operation="fold", engine_name=last.engine_name, name=block.name,
        module=last.module, shape=last.shape, dtype=last.dtype, value=last.value,
        gradient=last.gradient, requires_grad=True, count=block.count,
        members=(*operations, *leaves), note="\n".join(lines),
        mark=min((v.mark for v in (*operations, *leaves)), key=WORST_FIRST.index), twin=last.twin,
    )  # fmt: skip


def numel(vertex: Vertex) -> int:
    count = 1
    for n in vertex.shape or ():
        count *= n
    return count


def add_edges(graph: Graph, made: Graph, new_id: dict[str, str]) -> None:
    """The edges between blocks; several from one tensor into one block become one."""
    folds = set(new_id.values())
    seen: dict[tuple[str, str], Edge] = {}
    slots: dict[str, int] = {}
    for edge in graph.edges:
        source = new_id.get(edge.source, edge.source)
        target = new_id.get(edge.target, edge.target)
        if source == target:
            continue
        if target not in folds:
            made.edges.append(replace(edge, source=source, target=target))
            continue
        known = seen.get((edge.source, target))
        if known is None:
            slot = slots[target] = slots.get(target, -1) + 1
            known = replace(edge, source=source, target=target, slot=slot)
            seen[edge.source, target] = known
            made.edges.append(known)
        elif edge.gradient is not None:
            known.gradient = (
                edge.gradient if known.gradient is None else known.gradient + edge.gradient
            )
