"""What a `DAG` is declared and given, put in order and checked, before anything is computed.

Lecture: "Redes DAG". Everything that cannot be computed is refused here, by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any, NamedTuple

import numpy as np

from ..tensor import Tensor


class Node(NamedTuple):
    """name = function(*inputs, *parameters): a node of a `DAG`; a plain tuple serves as well.

    `function`: a name of `FUNCTIONS` or a function of tensors. `inputs`: the name of a node or an
    input, or several. `parameter`: the name of a parameter, several, or None.

    Source: "Redes DAG: Pasada hacia adelante" (phi(X, z1; w2)).

    >>> Node("z2", "linear", "s", "w2").inputs
    's'
    """

    name: str
    function: str | Callable[..., Any]
    inputs: str | Sequence[str]
    parameter: str | Sequence[str] | None = None


def in_order(nodes: Sequence[Node], inputs: Iterable[str]) -> list[Node]:
    """The nodes so that each stands after all that it needs; otherwise as they were declared.

    A list that is in such an order already stays as it is.
    ValueError: a cycle, which is printed. (Kahn 1962: no recursion, so any depth.)

    Source: "Redes DAG" (a cycle would need its own result).

    >>> nodes = [Node("b", "relu", ("a",)), Node("a", "relu", ("X",))]
    >>> [node.name for node in in_order(nodes, ["X"])]
    ['a', 'b']
    """
    known = set(inputs)
    missing = [len(set(node.inputs) - known) for node in nodes]
    users: dict[str, list[int]] = {node.name: [] for node in nodes}
    for i, node in enumerate(nodes):
        for name in set(node.inputs) - known:
            users[name].append(i)

    ready = [i for i, count in enumerate(missing) if not count]
    found: list[Node] = []
    while ready:
        node = nodes[heappop(ready)]  # of all that could come now, the one declared first
        found.append(node)
        for i in users[node.name]:
            missing[i] -= 1
            if not missing[i]:
                heappush(ready, i)
    if len(found) < len(nodes):
        raise ValueError(f"nodes: a cycle: {_cycle(nodes, {node.name for node in found})}")
    return found


def _cycle(nodes: Sequence[Node], done: set[str]) -> str:
    """One cycle among the nodes that never became ready, as "a -> b -> a"."""
    left = {node.name: node.inputs for node in nodes if node.name not in done}
    # each that is left waits for one that is left, so the way back must meet itself
    waits_for = {name: next(i for i in inputs if i in left) for name, inputs in left.items()}
    name, path = next(iter(waits_for)), dict[str, None]()  # a dict: it keeps the order
    while name not in path:
        path[name] = None
        name = waits_for[name]
    around = list(path)[list(path).index(name) :]
    return " -> ".join([name, *reversed(around)])


def named_nodes(
    nodes: Iterable[Node | tuple[Any, ...]], inputs: Iterable[str], parameters: Iterable[str]
) -> list[Node]:
    """The nodes with tuples of names, once it is known that every name means one thing."""
    if not isinstance(nodes, Iterable):
        raise TypeError(f"nodes: expected a list of nodes, got {nodes!r}")
    found = [_node(i, node) for i, node in enumerate(nodes)]
    if not found:
        raise ValueError("nodes: expected at least one")
    taken = {name: "an input of the network" for name in inputs}
    for node in found:
        if node.name in taken:
            raise ValueError(f"nodes: the name {node.name!r} is taken by {taken[node.name]}")
        taken[node.name] = "another node"
    for node in found:
        for name in node.inputs:
            if name not in taken:
                raise ValueError(unknown(node, "input", name, taken))
        for name in node.parameter or ():
            if name not in parameters:
                raise ValueError(unknown(node, "parameter", name, parameters))
    return found


def _node(i: int, declared: Any) -> Node:
    expected = f"nodes[{i}]: expected (name, function, inputs) or (..., parameter), got"
    if not isinstance(declared, tuple) or len(declared) not in (3, 4):
        raise TypeError(f"{expected} {declared!r}")
    name, function, inputs, parameter = Node(*declared)
    if not isinstance(name, str):
        raise TypeError(f"{expected} the name {name!r}")
    return Node(name, function, _names(expected, inputs), _names(expected, parameter))


def _names(expected: str, names: Any) -> tuple[str, ...]:
    several = () if names is None else (names,) if isinstance(names, str) else names
    if not isinstance(several, Sequence) or not all(isinstance(name, str) for name in several):
        raise TypeError(f"{expected} {names!r} where names should be")
    return tuple(several)


def unknown(node: Node, what: str, name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # only for this error

    near = get_close_matches(name, list(known), n=1)
    known = sorted(known)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known[:12]) or 'none'}"
    return f"node {node.name!r}: unknown {what} {name!r}; {hint}"


def input_sizes(inputs: str | Sequence[str] | Mapping[str, Any]) -> dict[str, Any]:
    """Name of each input to the shape of one example, None where it is not known."""
    if not isinstance(inputs, Mapping):
        if not isinstance(inputs, Iterable):
            raise TypeError(f"inputs: expected names, or the shape of each by name, got {inputs!r}")
        several = [inputs] if isinstance(inputs, str) else list(inputs)
        if len(set(several)) < len(several):
            raise ValueError(f"inputs: a name is there twice: {', '.join(several)}")
        inputs = dict.fromkeys(several)
    sizes: dict[str, Any] = {}
    for name, size in inputs.items():
        shape = (size,) if isinstance(size, int) else size
        whole = isinstance(shape, (tuple, list)) and all(
            isinstance(n, int) and n >= 1 for n in shape
        )
        if not isinstance(name, str) or not (whole or shape is None):
            raise ValueError(
                f"inputs: expected the name and shape of each, got {name!r}: {size!r}"
            )
        sizes[name] = None if shape is None else tuple(shape)
    if not sizes:
        raise ValueError("inputs: expected at least one")
    return sizes


def output_names(
    nodes: Sequence[Node], output: str | Sequence[str] | None
) -> tuple[tuple[str, ...], bool]:
    """The names of the outputs, and whether a single one was meant."""
    if output is None:
        used = {name for node in nodes for name in node.inputs}
        ends = [node.name for node in nodes if node.name not in used]
        if len(ends) > 1:
            raise ValueError(
                f"nodes: no node uses {', '.join(map(repr, ends))}: say which are outputs with "
                "output=, and remove the others"
            )
        return tuple(ends), True
    several = (output,) if isinstance(output, str) else tuple(output)
    names = {node.name for node in nodes}
    for name in several:
        if name not in names:
            raise ValueError(f"output: unknown node {name!r}; known: {', '.join(sorted(names))}")
    return several, isinstance(output, str)


def check_all_used(
    nodes: Sequence[Node],
    outputs: Sequence[str],
    inputs: Iterable[str],
    parameters: Iterable[str],
) -> None:
    """ValueError for what takes no part in the output: mostly a name that was mistyped."""
    needed = set(outputs)
    parameters_needed: set[str] = set()
    for node in reversed(nodes):  # users come first here
        if node.name in needed:
            needed.update(node.inputs)
            parameters_needed.update(node.parameter or ())
    for argument, names, leading in (
        ("nodes", [node.name for node in nodes], needed),
        ("parameters", parameters, parameters_needed),
        ("inputs", inputs, needed),
    ):
        unused = [repr(name) for name in names if name not in leading]
        if unused:
            raise ValueError(
                f"{argument}: {', '.join(unused)} not used: no way leads from there to the "
                f"output {', '.join(outputs)}"
            )


def given_inputs(
    sizes: Mapping[str, Any],
    inputs: tuple[Tensor, ...],
    named: Mapping[str, Tensor],
    dtype: np.dtype[Any],
) -> dict[str, Tensor]:
    """The inputs of a call by name, checked."""
    values = {**dict(zip(sizes, inputs)), **named}
    if len(inputs) + len(named) != len(sizes) or values.keys() != sizes.keys():
        got = [f"{len(inputs)} in order", *named]
        raise TypeError(f"DAG: expected the inputs {', '.join(sizes)}, got {', '.join(got)}")
    for name, size in sizes.items():
        check_input("DAG", name, values[name], size or (), dtype)
    return values


def check_input(
    model: str, name: str, input: Tensor, size: tuple[int, ...], dtype: np.dtype[Any]
) -> None:
    if not isinstance(input, Tensor):
        raise TypeError(f"{model}: {name} must be a tensor, got {type(input).__name__}")
    data = input.data
    if data.shape[data.ndim - len(size) :] != size:
        expected = ", ".join(["...", *map(str, size)])
        raise RuntimeError(f"{model}: {name} has shape {data.shape}, expected ({expected})")
    if data.dtype.kind == "f" and data.dtype != dtype:
        raise RuntimeError(
            f"{model}: {name} has dtype {data.dtype}, the parameters have {dtype}"
        )
