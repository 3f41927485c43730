"""`graphs.draw_torch`: the picture that torchviz draws, as on the lecture's slide.

Lecture: "Grafo computacional: Ejemplo" (the graph by AutoGrad). `torchviz.make_dot` writes the DOT;
three things are done to it: its recursion gets room (1,000 residual blocks are a depth of 3,000),
its vertices are called by their place instead of their address in memory, so that the same graph
gives the same text, and the page of 12 inches is let go, since it makes text too small to read.
"""

from __future__ import annotations

import re
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .drawing import Drawing
from .from_scratch import check_has_graph
from .glossary import explain as words_for
from .names import Names, check_in_graph, flat_outputs, together
from .select import GraphTooLargeError, check_count
from .themes import Theme, get_theme

FREED = (
    "the graph was freed by backward(), so its attributes and saved tensors cannot be shown: draw "
    "before backward(), or pass retain_graph=True to it"
)
the_limit = threading.Lock()  # the recursion limit belongs to the whole interpreter


def draw_torch(
    outputs: Any,
    names: Names = None,
    *,
    model: Any = None,
    show_attrs: bool = False,
    show_saved: bool = False,
    explain: bool = False,
    max_uses: int = 4,
    max_nodes: int = 20_000,
    theme: str | Theme = "light",
) -> Drawing:
    """The autograd graph of a torch tensor, by torchviz.

    outputs: a tensor, or a list, tuple or dict of tensors. names, model: as in `draw`.
    show_attrs: the attributes of each node; show_saved: the tensors that it saved (orange).
    explain: what each node is, in the lecture's words, as a second line.
    max_uses: where a leaf is used more often, the place where its gradients are added up
        (AccumulateGrad) is repeated beside each use, dashed: lines across the whole picture would
        take the layout minutes. max_nodes: a larger graph is refused.

    Raises TypeError for what is no torch tensor, ValueError for names as `draw`, RuntimeError for a
    tensor without a graph and where attributes of a freed graph are asked for.

    >>> import torch
    >>> w = torch.tensor(2.0, requires_grad=True)
    >>> "MulBackward0" in draw_torch(w * 3, {"w": w}).dot
    True
    """
    import torch

    from .from_torch import arguments_first

    flat = flat_outputs(outputs)
    if not flat:
        raise ValueError("outputs: expected at least one tensor, got an empty collection")
    for label, output in flat:
        if not isinstance(output, torch.Tensor):
            raise TypeError(
                f"outputs: {label or 'expected'} a torch tensor, got {type(output).__name__}; "
                "graphs.draw takes tensors of scratch"
            )
        check_has_graph(label, output)
    known = together(names, model)
    functions = arguments_first([output.grad_fn for _, output in flat])
    count = check_size(functions, max_nodes)
    there = {*functions, *(fn.variable for fn in functions if hasattr(fn, "variable"))}
    check_in_graph(names, model, lambda each: each in there or each.grad_fn in there)
    body = make_dot(
        tuple(output for _, output in flat), dict(known), show_attrs, show_saved, depth=count
    )
    look = get_theme(theme)
    return Drawing(
        "\n".join([*heading(look), *with_references(tidy(body, explain), max_uses), "}", ""]),
        title="Autograd graph",
        description=f"Autograd graph of PyTorch, drawn by torchviz: {count:,} nodes",
    )


def make_dot(
    outputs: tuple[Any, ...],
    names: dict[str, Any],
    show_attrs: bool,
    show_saved: bool,
    depth: int,
) -> list[str]:
    """torchviz's lines, with room for its recursion."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torchviz uses distutils
        try:
            import torchviz  # type: ignore[import-untyped]
        except ImportError as error:
            raise ImportError(
                "draw_torch needs torchviz (and setuptools, on Python 3.12 and newer): "
                "pip install torchviz setuptools"
            ) from error
        with recursion_limit(depth):
            try:
                made = torchviz.make_dot(outputs, names, show_attrs, show_saved)
            except RuntimeError as error:
                raise RuntimeError(FREED) from error
    return list(made.body)


@contextmanager
def recursion_limit(depth: int) -> Iterator[None]:
    """Room for a recursion over `depth` nodes.

    Python keeps its own calls on the heap, not on the C stack, so a high limit is safe as long as
    nothing but Python recurses, which is the case in `make_dot`.
    """
    with the_limit:
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(max(before, before + 2 * depth))
        try:
            yield
        finally:
            sys.setrecursionlimit(before)


def check_size(functions: list[Any], max_nodes: int) -> int:
    """The number of autograd nodes; refused where there are too many, before anything recurses."""
    check_count("max_nodes", max_nodes)
    count = len(functions)
    if count > max_nodes:
        raise GraphTooLargeError(
            f"the graph has {count:,} nodes, more than max_nodes={max_nodes:,}: "
            "graphs.draw(loss, collapse=True) draws it folded"
        )
    return count


def tidy(body: list[str], explain: bool) -> list[str]:
    """The lines with vertices called n0, n1, ... in their order, and each kind's colour kept."""
    places: dict[str, str] = {}

    def place(match: re.Match[str]) -> str:
        return places.setdefault(match.group(0), f"n{len(places)}")

    lines = []
    for line in body:
        # An address stands at the beginning, or on both sides of an arrow, and nowhere else.
        head, arrow, tail = line.partition(" -> ")
        head = re.sub(r"(?<=^\t)\d+", place, head)
        tail = re.sub(r"^\d+", place, tail)
        line = (head + arrow + tail).strip("\n")
        # a tensor without a name has an empty first line, on which Graphviz crashes now and then
        line = re.sub(r'label="\s+', 'label="', line)
        if explain and not arrow:
            line = explained(line)
        lines.append(line)
    return lines


def with_references(lines: list[str], max_uses: int) -> list[str]:
    """The lines with one AccumulateGrad a use, where a leaf is used more than `max_uses` times."""
    check_count("max_uses", max_uses)
    sums = {line.split()[0] for line in lines if "AccumulateGrad" in line and " -> " not in line}
    uses = Counter(line.split()[0] for line in lines if " -> " in line)
    used: Counter[str] = Counter()
    found = []
    for line in lines:
        source, arrow, target = line.strip().partition(" -> ")
        if arrow and source in sums and uses[source] > max_uses:
            used[source] += 1
            if used[source] > 1:  # the first use has the node itself
                again = f"{source}_{used[source]}"
                label = f'label="AccumulateGrad\\nagain, of {uses[source]} uses"'
                found.append(f'\t{again} [{label} style="filled,dashed"]')
                line = f"\t{again} -> {target}"
        found.append(line)
    return found


def explained(line: str) -> str:
    """A node's line with the glossary's words under its name."""
    found = re.search(r'label="?(\w+Backward\d*|AccumulateGrad)(\n[^"]*)?"?', line)
    words = words_for(found.group(1)) if found else ""
    if not found or not words:
        return line
    rest = found.group(2) or ""
    quoted = words.replace("\\", "\\\\").replace('"', '\\"')
    return line.replace(found.group(0), f'label="{found.group(1)}\\n{quoted}{rest}"')


def heading(theme: Theme) -> list[str]:
    """What holds for the whole picture; torchviz's fixed page is not among it."""
    return [
        "digraph autograd {",
        f'  graph [bgcolor="{theme.background}", pad="0.2"];',
        '  node [style="filled", shape="box", fontsize="10", fontname="monospace", height="0.2", '
        'fillcolor="#dddddd", color="#555555"];',
        f'  edge [color="{theme.edge}", arrowsize="0.7"];',
    ]
