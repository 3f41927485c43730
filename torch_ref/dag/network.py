"""``DAG``: any network without cycles, declared node by node.

Section of the lecture: «Redes DAG».
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..activations import activation_label
from ..initializers import Initializer, generator, get_initializer
from ..module import Module, checked_dtype, table
from ..perceptron import real_numbers
from .declaration import (
    Node,
    check_all_used,
    given_inputs,
    in_order,
    input_sizes,
    named_nodes,
    output_names,
    unknown,
)
from .functions import FUNCTIONS

_TRIAL = 7  # examples of the trial run: a number that sizes of layers rarely are


class DAG(Module):
    """A network declared node by node, in any order: name = function(*inputs, *parameters).

    ``nodes``: ``Node``s or tuples (name, function, inputs, parameter); several nodes may use one
    parameter. A function is given by its name in ``FUNCTIONS``, or is one of tensors.
    ``parameters``: name to value (a number, list or array), or to a shape (a tuple of integers):
    one of two or more dimensions is drawn by ``initializer`` from
    ``numpy.random.default_rng(seed)``, in the order given, any other starts at 0.
    ``inputs``: the names of what the network is given; or name to the shape of one example (an
    integer for a vector, None where unknown). With the shapes, all sizes are checked right here, by
    a trial run; without them when the network is first called.
    ``output``: the name of the node to return, or several for a tuple; None: the one that no other
    node uses. ``dtype``: of the parameters, "float32" or "float64".
    Parameters: under their own names.
    ValueError: a cycle; an unknown input, parameter, function or output; a name that is there
    twice; a node, parameter or input that does not lead to the output. TypeError: a node or a
    value of another kind. RuntimeError: sizes that do not fit; the node is named.

    Source: «Redes DAG».

    >>> net = DAG(
    ...     [
    ...         ("z1", "mul", "X", "w1"),
    ...         ("s", "add", ("z1", "X")),
    ...         ("z2", "mul", "s", "w2"),
    ...         ("t", "add", ("z1", "z2")),
    ...         ("y_hat", "mul", "t", "w1"),
    ...     ],
    ...     parameters={"w1": 0.5, "w2": 0.3},
    ... )
    >>> net, round(net(torch.tensor(2.0).double()).item(), 6)
    (DAG(X -> 5 nodes -> y_hat), 0.95)
    """

    def __init__(
        self,
        nodes: Iterable[Node | tuple[Any, ...]],
        parameters: Mapping[str, Any] | None = None,
        inputs: str | Sequence[str] | Mapping[str, Any] = "X",
        output: str | Sequence[str] | None = None,
        initializer: str | Initializer = "xavier_uniform",
        seed: int = 0,
        dtype: Any = "float64",
    ) -> None:
        super().__init__()
        parameters = {} if parameters is None else parameters
        if not isinstance(parameters, Mapping):
            raise TypeError(f"parameters: expected values or shapes by name, got {parameters!r}")
        self.dtype, self.sizes = checked_dtype(dtype), input_sizes(inputs)
        self.nodes = in_order(named_nodes(nodes, self.sizes, parameters), self.sizes)
        self.outputs, self._single = output_names(self.nodes, output)
        check_all_used(self.nodes, self.outputs, self.sizes, parameters)
        self._functions = {node.name: _function(node) for node in self.nodes}

        draw, rng = get_initializer(initializer), generator(seed)
        for name, value in parameters.items():
            if not name.isidentifier() or hasattr(self, name):
                raise ValueError(f"parameters: {name!r} cannot be a name, or the model has it")
            self.register_parameter(
                name, nn.Parameter(_initial(name, value, draw, rng).to(self.dtype))
            )
        self.shapes = {} if None in self.sizes.values() else self._trial()

    def forward(self, *inputs: Tensor, **named: Tensor) -> Any:
        """The output of the network for its inputs, in order or by name.

        RuntimeError: sizes or dtypes that do not fit; the message names the node. TypeError: an
        input that is missing, unknown, or no tensor.
        """
        values = self._run(given_inputs(self.sizes, inputs, named, self.dtype))
        found = tuple(values[name] for name in self.outputs)
        return found[0] if self._single else found

    def _run(self, values: dict[str, Tensor]) -> dict[str, Tensor]:
        """The value of every node: each is computed after all that it needs."""
        for node in self.nodes:
            arguments = [values[name] for name in node.inputs]
            arguments += [getattr(self, name) for name in node.parameter or ()]
            try:
                values[node.name] = self._functions[node.name](*arguments)
            except Exception as error:
                raise RuntimeError(_failed(node, arguments, error)) from error
        return values

    def _trial(self) -> dict[str, str]:
        """Run once on ones, for the shapes; a size that does not fit is found here."""
        with torch.no_grad():
            values = self._run(
                {
                    name: torch.ones(_TRIAL, *size, dtype=self.dtype)
                    for name, size in self.sizes.items()
                }
            )
        return {node.name: _shape_for_n(values[node.name]) for node in self.nodes}

    def summary(self) -> str:
        """A table: a row a node, with its parameters, its output for n examples, and their count.

        A parameter that several nodes share is counted in the first and marked in the others.
        """
        rows: list[tuple[str, ...]] = [
            ("node", "function", "inputs", "parameters", "output", "count")
        ]
        counted: set[str] = set()
        for node in self.nodes:
            count, shapes = 0, []
            for name in node.parameter or ():
                value: Tensor = getattr(self, name)
                shapes.append(f"{name} {tuple(value.shape)}{' shared' if name in counted else ''}")
                count += 0 if name in counted else value.numel()
                counted.add(name)
            given = ", ".join(node.inputs)
            shape = self.shapes.get(node.name, "-")
            function = activation_label(node.function)
            rows.append((node.name, function, given, ", ".join(shapes), shape, f"{count:,}"))
        total = sum(each.numel() for each in self.parameters())
        rows.append(("total", "", "", "", "", f"{total:,}"))
        return f"{type(self).__name__}({self.extra_repr()})\n{table(rows)}"

    def extra_repr(self) -> str:
        given, found = ", ".join(self.sizes), ", ".join(self.outputs)
        return f"{given} -> {len(self.nodes)} nodes -> {found}"


def _function(node: Node) -> Callable[..., Any]:
    if callable(node.function):
        return node.function
    if not isinstance(node.function, str):
        raise TypeError(
            f"node {node.name!r}: function: expected a name or a function, got {node.function!r}"
        )
    if node.function not in FUNCTIONS:
        raise ValueError(unknown(node, "function", node.function, FUNCTIONS))
    return FUNCTIONS[node.function]


def _initial(name: str, value: Any, draw: Initializer, rng: np.random.Generator) -> Tensor:
    if isinstance(value, tuple) and all(isinstance(n, int) for n in value):
        if len(value) < 2:  # a bias
            return torch.zeros(value)
        weight = torch.as_tensor(draw(rng, value))
        if weight.shape != value:
            raise ValueError(
                f"initializer: expected an array of shape {value}, got {tuple(weight.shape)}"
            )
        return weight
    return real_numbers(f"parameters[{name!r}]", value)


def _failed(node: Node, arguments: Sequence[Any], error: Exception) -> str:
    """What went wrong in a node, with what it was given."""
    names = [*node.inputs, *(node.parameter or ())]
    given = ", ".join(
        f"{name} {tuple(value.shape) if isinstance(value, Tensor) else value}"
        for name, value in zip(names, arguments)
    )
    what = activation_label(node.function)
    return f"DAG: node {node.name!r} = {what}({given}): {type(error).__name__}: {error}"


def _shape_for_n(value: Tensor) -> str:
    """The shape of the trial run with n in place of its examples."""
    n, *rest = value.shape or (None,)
    if n != _TRIAL:
        return str(tuple(value.shape))
    return f"(n, {', '.join(map(str, rest))})" if rest else "(n,)"
