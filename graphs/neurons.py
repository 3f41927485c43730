"""A model as columns of neurons: what `draw_network` draws, read from either engine's model.

Lecture: "El perceptrón", "Redes totalmente conectadas", "Otras soluciones: Redes Residuales".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class Weights:
    """Numbers that are learned, and their `.grad`: None where nothing has been accumulated."""

    value: Array
    grad: Array | None = None


@dataclass(slots=True)
class Shortcut:
    """What a residual block adds: column `start`, as it is or times the matrix of a projection."""

    start: int
    projection: Weights | None = None


@dataclass(slots=True)
class Column:
    """One layer of neurons, and the weights (out, in) and biases (out,) that lead to it.

    formula: how it is computed from the column before. values: its activations.
    """

    size: int
    name: str
    formula: str = ""
    weight: Weights | None = None
    bias: Weights | None = None
    values: Array | None = None
    shortcut: Shortcut | None = None
    names: list[str] = field(default_factory=list)


Apply = Callable[[Array], Array]


def columns_of(model: Any, input: Any = None) -> list[Column]:
    """The columns of a model of either wing, or of a torch.nn.Sequential of Linear layers.

    Raises TypeError for another model, ValueError for an input that is not one example.
    """
    for base in type(model).__mro__:
        reader = READERS.get(base.__name__)
        if reader is not None:
            break
    else:
        raise TypeError(
            f"model: expected one of {', '.join(READERS)}, SharedWeightDAG or DAG, got "
            f"{type(model).__name__}"
        )
    columns, steps = reader(model)
    columns[0].names = [f"x{subscript(i + 1)}" for i in range(columns[0].size)]
    last = columns[-1]
    last.names = ["ŷ"] if last.size == 1 else [f"ŷ{subscript(i + 1)}" for i in range(last.size)]
    for column in columns[1:-1]:
        column.names = [f"{column.name[0]}{subscript(i + 1)}" for i in range(column.size)]
    if input is not None:
        columns[0].values = one_example(input, columns[0].size, parameters_dtype(columns))
        for column, step in zip(columns[1:], steps):
            column.values = step([c.values for c in columns if c.values is not None])
    return columns


Step = Callable[[Sequence[Array]], Array]
"""The activations of a column from those of all columns before it."""


def perceptron(model: Any) -> tuple[list[Column], list[Step]]:
    weight, bias = weights_of(model.weight), weights_of(model.bias)
    column = Column(
        1, "ŷ", called(model._label, "w·x + w₀"), reshaped(weight, (1, -1)), reshaped(bias, (1,))
    )
    step = dense_step(column, g_of(model, model.activation))
    return [Column(weight.value.size, "x"), column], [step]


def fully_connected(model: Any) -> tuple[list[Column], list[Step]]:
    hidden, output = model._labels
    columns, steps = [Column(model.sizes[0], "x")], []
    for k, layer in enumerate(model.layers):
        last = k == len(model.layers) - 1
        g, label = (model.output_activation, output) if last else (model.activation, hidden)
        column = dense(layer, "ŷ" if last else f"h{superscript(k + 1)}", columns[-1].name, label)
        columns.append(column)
        steps.append(dense_step(column, g_of(model, g)))
    return columns, steps


def sequential(model: Any) -> tuple[list[Column], list[Step]]:
    """torch.nn.Sequential: each Linear with the modules without parameters that follow it."""
    columns: list[Column] = []
    after: list[list[Apply]] = []
    modules = list(model)
    for i, module in enumerate(modules):
        if hasattr(module, "in_features") and module.weight.ndim == 2:
            if not columns:
                columns.append(Column(module.in_features, "x"))
            last = not any(hasattr(m, "in_features") for m in modules[i + 1 :])
            name = "ŷ" if last else f"h{superscript(len(columns))}"
            columns.append(dense(module, name, columns[-1].name, "identity"))
            after.append([])
        elif columns and not list(module.parameters()):
            after[-1].append(g_of(model, module))
            columns[-1].formula = called(type(module).__name__, columns[-1].formula)
        else:
            raise TypeError(
                f"model: a Sequential of Linear and activation layers can be drawn, this one has "
                f"{module} at place {i}"
            )
    if not columns:
        raise TypeError("model: this Sequential has no Linear layer to draw")

    def in_a_row(several: list[Apply]) -> Apply:
        def apply(z: Array) -> Array:
            for g in several:
                z = g(z)
            return z

        return apply

    return columns, [dense_step(c, in_a_row(gs)) for c, gs in zip(columns[1:], after)]


def residual_block(model: Any) -> tuple[list[Column], list[Step]]:
    columns: list[Column] = [Column(model.in_features, "x")]
    steps: list[Step] = []
    add_block(model, columns, steps, "")
    return columns, steps


def residual_network(model: Any) -> tuple[list[Column], list[Step]]:
    columns: list[Column] = [Column(model.in_features, "x")]
    steps: list[Step] = []
    if model.input_layer is not None:
        columns.append(dense(model.input_layer, "h⁰", "x", "identity"))
        steps.append(dense_step(columns[-1], unchanged))
    for k, block in enumerate(model.blocks):
        add_block(block, columns, steps, superscript(k + 1))
    if model.output_layer is not None:
        inner = called(model.blocks[0]._label, columns[-1].name)
        columns.append(dense(model.output_layer, "ŷ", inner, "identity"))
        steps.append(dense_step(columns[-1], unchanged, g_of(model, model.activation)))
    return columns, steps


def add_block(block: Any, columns: list[Column], steps: list[Step], number: str) -> None:
    """The two layers of a residual block; the second also receives the block's input."""
    start, g = len(columns) - 1, g_of(block, block.activation)
    before = columns[start].name
    inner = dense(block.layers[0], f"a{number}", called(block._label, before), "identity")
    outer = dense(block.layers[1], f"h{number}", called(block._label, inner.name), "identity")
    columns += [inner, outer]
    branch = dense_step(outer, unchanged, g)
    steps.append(dense_step(inner, unchanged, g))
    if block.shortcut == "none":
        steps.append(branch)
        return
    projection = None if block.projection is None else weights_of(block.projection.weight)
    outer.shortcut = Shortcut(start, projection)
    passed = before if projection is None else f"P·{before}"
    scale = "" if block.scale == 1 else f"{block.scale:.3g} "
    outer.formula = f"{passed} + {scale}({outer.formula})"

    def summed(values: Sequence[Array]) -> Array:
        x = values[start]
        total: Array = (x if projection is None else projection.value @ x) + (
            block.scale * branch(values)
        )
        return total

    steps.append(summed)


READERS: dict[str, Callable[[Any], tuple[list[Column], list[Step]]]] = {
    "Perceptron": perceptron,
    "FullyConnected": fully_connected,
    "ResidualBlock": residual_block,
    "ResidualNetwork": residual_network,
    "Sequential": sequential,
}


# ---- pieces -------------------------------------------------------------------------------------


def dense(layer: Any, name: str, before: str, activation: str) -> Column:
    """A fully connected layer: activation(W · before + b)."""
    weight = weights_of(layer.weight)
    bias = None if layer.bias is None else weights_of(layer.bias)
    formula = called(activation, f"W·{before}" + ("" if bias is None else " + b"))
    return Column(weight.value.shape[0], name, formula, weight, bias)


def dense_step(column: Column, after: Apply, before: Apply | None = None) -> Step:
    """after(W before(x) + b), x the column before."""

    def step(values: Sequence[Array]) -> Array:
        assert column.weight is not None
        x = values[-1]
        z = column.weight.value @ (x if before is None else before(x))
        return after(z if column.bias is None else z + column.bias.value)

    return step


def unchanged(z: Array) -> Array:
    return z


def g_of(model: Any, activation: Any) -> Apply:
    """An activation of either engine as a function of arrays, without a graph."""
    of_torch = type(next(iter(model.parameters()))).__module__.startswith("torch")

    def apply(z: Array) -> Array:
        if of_torch:
            import torch

            with torch.no_grad():
                return numbers(activation(torch.from_numpy(z.copy())))
        import scratch

        with scratch.no_grad():
            return numbers(activation(scratch.tensor(z)))

    return apply


def called(activation: str, inner: str) -> str:
    """relu(inner), or inner alone.

    >>> called("relu", "W·x"), called("identity", "W·x")
    ('relu(W·x)', 'W·x')
    """
    return inner if activation in ("identity", "Identity") else f"{activation}({inner})"


def one_example(input: Any, size: int, dtype: Any) -> Array:
    """The input as a vector; a batch of one counts as one."""
    try:
        x = numbers(input).astype(dtype)
    except (TypeError, ValueError) as error:
        raise TypeError(f"input: expected {size} numbers, got {input!r}") from error
    if x.shape not in ((size,), (1, size)) and not (size == 1 and x.shape == ()):
        raise ValueError(f"input: expected one example of {size} numbers, got shape {x.shape}")
    return x.reshape(size)


def parameters_dtype(columns: Sequence[Column]) -> Any:
    return next(c.weight.value.dtype for c in columns if c.weight is not None)


def numbers(tensor: Any) -> Array:
    """A tensor of either engine, or what numpy reads, as an array."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach()
        tensor = tensor.cpu().numpy() if hasattr(tensor, "cpu") else tensor.data
    return np.asarray(tensor)


def weights_of(parameter: Any) -> Weights:
    grad = parameter.grad
    return Weights(numbers(parameter).copy(), None if grad is None else numbers(grad).copy())


def reshaped(weights: Weights, shape: tuple[int, ...]) -> Weights:
    grad = weights.grad
    return Weights(weights.value.reshape(shape), None if grad is None else grad.reshape(shape))


def subscript(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def superscript(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
