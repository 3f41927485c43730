"""Who is who: the names of tensors, the layers that operations belong to, inputs and parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Names = Any
"""{"w": w, "b": b}, pairs of them, or a model (its named_parameters())."""


def pairs(names: Names) -> list[tuple[str, Any]]:
    """The names as pairs (name, tensor), checked.

    Raises TypeError for something that is no tensor, ValueError where one name stands for two
    tensors, or one tensor has two names.
    """
    if names is None:
        return []
    if hasattr(names, "named_parameters"):
        given: Iterable[Any] = names.named_parameters()
    elif isinstance(names, Mapping):
        given = names.items()
    else:
        given = names
    found: list[tuple[str, Any]] = []
    taken: dict[str, Any] = {}
    known: dict[int, str] = {}
    for each in given:
        if not isinstance(each, (tuple, list)) or len(each) != 2:
            raise TypeError(
                'names: expected {"w": w, ...}, pairs ("w", w) or a model with '
                f"named_parameters(), got {type(each).__name__} {each!r}"
            )
        name, tensor = each
        if not isinstance(name, str) or not hasattr(tensor, "requires_grad"):
            raise TypeError(
                f"names: expected a string for each tensor, got {name!r}: {type(tensor).__name__}"
            )
        if name in taken and taken[name] is not tensor:
            raise ValueError(f"names: {name!r} is given to two different tensors")
        if id(tensor) in known and known[id(tensor)] != name:
            raise ValueError(
                f"names: one tensor has two names, {known[id(tensor)]!r} and {name!r}"
            )
        if name not in taken:
            taken[name], known[id(tensor)] = tensor, name
            found.append((name, tensor))
    return found


def together(names: Names, model: Any) -> list[tuple[str, Any]]:
    """The names given by hand, then those of the model's parameters that have none yet.

    Raises ValueError where a name given by hand is that of another tensor in the model.
    """
    found = pairs(names)
    if model is None:
        return found
    if not hasattr(model, "named_parameters"):
        raise TypeError(
            f"model: expected an object with named_parameters(), got {type(model).__name__}"
        )
    by_hand = {name: tensor for name, tensor in found}
    known = {id(tensor) for _, tensor in found}
    for name, tensor in pairs(model):
        if name in by_hand and by_hand[name] is not tensor:
            raise ValueError(
                f"names: {name!r} is given to a tensor, and is another parameter of the model"
            )
        if id(tensor) not in known:
            found.append((name, tensor))
    return found


def check_in_graph(names: Names, model: Any, in_graph: Callable[[Any], bool]) -> None:
    """Raises ValueError for a name given by hand to what the graph does not have.

    A model's parameters need not all take part. Nor is it known of a tensor that takes no gradient:
    PyTorch keeps those that a derivative needs, and no others.
    """
    if hasattr(names, "named_parameters"):
        return
    of_model = {id(parameter) for _, parameter in pairs(model)}
    for name, tensor in pairs(names):
        if tensor.requires_grad and id(tensor) not in of_model and not in_graph(tensor):
            raise ValueError(
                f"names: the tensor given as {name!r} is not in this graph: nothing here was "
                "computed from it (parameters of which not all take part can be given as model=)"
            )


def is_input(name: str, tensor: Any, inputs: Sequence[Any]) -> bool:
    """Whether a leaf was declared an input, by its name or as the tensor itself."""
    return any(each is tensor or (isinstance(each, str) and each == name) for each in inputs)


def checked_inputs(inputs: Any) -> tuple[Any, ...]:
    """`inputs` as a tuple of names and tensors; TypeError for anything else."""
    several = (inputs,) if isinstance(inputs, str) or hasattr(inputs, "requires_grad") else inputs
    for each in several:
        if not isinstance(each, str) and not hasattr(each, "requires_grad"):
            raise TypeError(
                f"inputs: expected names or tensors, got {type(each).__name__} {each!r}"
            )
    return tuple(several)


def flat_outputs(outputs: Any, path: str = "") -> list[tuple[str, Any]]:
    """A tensor, or lists, tuples and dicts of tensors, as pairs (path, tensor).

    >>> flat_outputs({"a": 1, "b": [2, 3]})
    [('a', 1), ('b[0]', 2), ('b[1]', 3)]
    """
    if isinstance(outputs, Mapping):
        several = [(f"{path}.{k}" if path else str(k), v) for k, v in outputs.items()]
    elif isinstance(outputs, (list, tuple)):
        several = [(f"{path}[{i}]", v) for i, v in enumerate(outputs)]
    else:
        return [(path, outputs)]
    return [pair for each_path, each in several for pair in flat_outputs(each, each_path)]


# An operation without parameters of its own that still belongs to the layer before it.
STAYS_IN_THE_LAYER = frozenset((
    "relu", "relu6", "leaky_relu", "prelu", "elu", "selu", "celu", "gelu", "silu", "mish",
    "softplus", "softsign", "sigmoid", "tanh", "logsigmoid", "softmax", "log_softmax",
    "hardtanh", "hardsigmoid", "hardswish", "glu", "maxout", "dropout",
    "transpose", "add", "residual_add", "addmm", "reshape", "expand", "clone",
))  # fmt: skip


def layer_of(operation: str, parameters: Iterable[str], before: Iterable[str]) -> str:
    """The path of the layer that an operation belongs to, or "".

    parameters: the names of the parameters that it takes; before: the layers of its arguments in
    the order in which they were computed: the last counts, which is the nearer one at the sum of a
    residual block.

    >>> layer_of("linear", ["layers.1.weight", "layers.1.bias"], ["layers.0"])
    'layers.1'
    >>> layer_of("relu", [], ["layers.1"]), layer_of("mse_loss", [], ["layers.1"])
    ('layers.1', '')
    """
    paths = [name.rpartition(".")[0] for name in parameters]
    own = max(paths, key=len, default="")
    if own:
        return own
    if operation in STAYS_IN_THE_LAYER and not any(parameters):
        nearest = [path for path in before if path]
        return nearest[-1] if nearest else ""
    return ""


def path_order(path: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts "layers.10" after "layers.9"."""
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in path.split("."))
