"""What every model of this wing shares: named parameters, arrays in and out, and a summary.

Lecture: "Múltiples capas totalmente conectadas" (the number of weights). A model keeps what it
learns as attributes; this file finds them again, by name, in the names of PyTorch, so that
`state_dict` goes from one wing to the other unchanged and `summary` prints the same table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from .autograd.node import changed_in_place
from .linear import linear
from .tensor import Tensor, tensor

_DTYPES: dict[str, np.dtype[Any]] = {
    "float32": np.dtype(np.float32),
    "float64": np.dtype(np.float64),
}


class Module:
    """A model: its parameters, its sub-modules and lists of sub-modules are its attributes.

    A leaf that requires grad becomes a parameter when it is set as an attribute, and stays one
    when it is frozen later (`requires_grad_(False)`). A subclass writes `forward`.

    Twin: `torch.nn.Module`.

    >>> import scratch
    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.weight = scratch.tensor([0.0, 0.0, 0.0], requires_grad=True)
    >>> scale = Scale()
    >>> _ = scale.load_state_dict({"weight": np.array([1.0, 2.0, 3.0])})
    >>> scale.weight.tolist()
    [1.0, 2.0, 3.0]
    """

    _parameters: set[str]  # the names of the attributes that are parameters

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The output of the model; what a subclass writes."""
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, input)")

    def __setattr__(self, name: str, value: Any) -> None:
        parameters = self.__dict__.setdefault("_parameters", set())
        if isinstance(value, Tensor):
            if value.is_leaf and value.requires_grad:
                parameters.add(name)
            elif name in parameters:
                # A result would drag the graph of every step behind it, or never learn again.
                raise TypeError(
                    f"{name}: a parameter must be a leaf that requires grad, got {value!r}; "
                    "to move it, change its numbers in place under no_grad()"
                )
        super().__setattr__(name, value)

    # ---- what it is made of ---------------------------------------------------------------------

    def named_modules(
        self, memo: set[int] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, by path: ("", net), ("layers.0", ...), ...

        `memo`: the ids of modules that were listed already. `prefix`: the path of this one.
        `remove_duplicate`: a module that is found twice is listed once.
        """
        memo = set() if memo is None else memo
        if remove_duplicate and id(self) in memo:
            return
        memo.add(id(self))
        yield prefix, self
        for name, child in self._children():
            yield from child.named_modules(memo, joined(prefix, name), remove_duplicate)

    def named_parameters(self, remove_duplicate: bool = True) -> Iterator[tuple[str, Tensor]]:
        """Every parameter with its name: ("layers.0.weight", ...), ...; a shared one once.

        `remove_duplicate=False` lists a shared parameter under each of its names.
        """
        seen: set[int] = set()
        for path, module in self.named_modules(remove_duplicate=remove_duplicate):
            for name, value in vars(module).items():
                if name not in module._parameters or not isinstance(value, Tensor):
                    continue
                if not (remove_duplicate and id(value) in seen):
                    seen.add(id(value))
                    yield joined(path, name), value

    def parameters(self) -> Iterator[Tensor]:
        """Every parameter, a shared one once."""
        return (parameter for _, parameter in self.named_parameters())

    def zero_grad(self) -> None:
        """Forget the gradients of the last step: backward adds to what is there."""
        for parameter in self.parameters():
            parameter.grad = None

    def _children(self) -> Iterator[tuple[str, Module]]:
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value
            elif isinstance(value, (list, tuple)):
                for i, each in enumerate(value):
                    if isinstance(each, Module):
                        yield f"{name}.{i}", each

    # ---- arrays in and out ----------------------------------------------------------------------

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of all parameters, by name; a shared one under each of its names."""
        return {
            name: parameter.data.copy()
            for name, parameter in self.named_parameters(remove_duplicate=False)
        }

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True
    ) -> IncompatibleKeys:
        """Copy the arrays or tensors of `state_dict` into the parameters of the same names.

        The parameters keep their dtype. Returns the names that were missing and unknown.
        RuntimeError: a shape differs, or (with `strict`) a name is missing or unknown; TypeError:
        values that are not real numbers, or no mapping. Nothing was copied then.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"state_dict: expected arrays by name, a dict, got {type(state_dict).__name__}"
            )
        own = dict(self.named_parameters(remove_duplicate=False))
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        arrays = {name: as_array(name, state_dict[name]) for name in own if name in state_dict}

        problems = []
        for what, names in (("Missing", missing), ("Unexpected", unexpected)):
            if strict and names:
                listed = ", ".join(f'"{name}"' for name in names)
                problems.append(f"{what} key(s) in state_dict: {listed}.")
        for name, array in arrays.items():
            if array.shape != own[name].shape:
                problems.append(
                    f"size mismatch for {name}: the array has shape {array.shape}, "
                    f"the parameter {own[name].shape}."
                )
        if problems:
            lines = "\n\t".join(problems)
            raise RuntimeError(
                f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{lines}"
            )

        for name, array in arrays.items():
            own[name].data[...] = array
            changed_in_place(own[name])
        return IncompatibleKeys(missing, unexpected)

    # ---- what it looks like ---------------------------------------------------------------------

    def summary(self) -> str:
        """A table: a row a layer, with its parameters, its output for n examples, and its count.

        A parameter that several layers share is counted in the first and marked in the others.
        """
        modules = dict(self.named_modules(remove_duplicate=False))
        layers: dict[str, dict[str, Tensor]] = {}
        for path, parameter in self.named_parameters(remove_duplicate=False):
            layer, _, name = path.rpartition(".")
            layers.setdefault(layer, {})[name] = parameter

        rows: list[tuple[str, ...]] = [("layer", "kind", "parameters", "output", "count")]
        counted: set[int] = set()
        for layer, parameters in layers.items():
            count, shapes = 0, []
            for name, value in parameters.items():
                shared = id(value) in counted
                counted.add(id(value))
                count += 0 if shared else value.numel()
                shapes.append(f"{name} {value.shape}{' shared' if shared else ''}")
            kind = type(modules[layer]).__name__
            rows.append(
                (layer or "-", kind, ", ".join(shapes), _output(kind, parameters), f"{count:,}")
            )
        total = sum(each.numel() for each in self.parameters())  # each once
        rows.append(("total", "", "", "", f"{total:,}"))
        return f"{self!r}\n{table(rows)}"

    def extra_repr(self) -> str:
        """What stands between the parentheses when the module is printed."""
        return ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.extra_repr()})"


class IncompatibleKeys(NamedTuple):
    """The names that `load_state_dict` did not find in the arrays, or not in the model."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Linear(Module):
    """input @ weight.T + bias as a layer; (..., in) -> (..., out).

    `weight` (out, in) and `bias` (out,) or None: arrays, copied, that become parameters.

    Source: "Salida en una red totalmente conectada". Twin: `torch.nn.Linear`.

    >>> layer = Linear(np.zeros((2, 3)), np.ones(2))
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    >>> layer(tensor([[1.0, 2.0, 3.0]])).tolist()
    [[1.0, 1.0]]
    """

    def __init__(self, weight: Any, bias: Any = None) -> None:
        self.weight = tensor(weight, requires_grad=True)
        self.bias = None if bias is None else tensor(bias, requires_grad=True)

    def forward(self, input: Tensor) -> Tensor:
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        n_out, n_in = self.weight.shape
        return f"in_features={n_in}, out_features={n_out}, bias={self.bias is not None}"


def as_tensor(value: Any, name: str = "data") -> Tensor:
    """`value` as a Tensor: Tensors as they are, anything else copied, also PyTorch's tensors.

    `name`: of the argument, for the errors: TypeError or ValueError where there are no numbers.

    Twin: `torch.as_tensor`.

    >>> as_tensor([1.0, 2.0])
    tensor([1., 2.])
    """
    if isinstance(value, Tensor):
        return value
    if hasattr(value, "detach"):  # the other wing's: it shows its numbers only outside its graph
        value = np.asarray(value.detach())
    try:
        return tensor(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {str(error).removeprefix('data: ')}") from error


def check_input(model: str, input: Tensor, size: int, dtype: np.dtype[Any]) -> None:
    """RuntimeError, as PyTorch's, unless `input` is (..., size) and of the model's dtype.

    Source: "Salida en una red totalmente conectada".

    >>> check_input("Perceptron", tensor(np.zeros((5, 2))), 2, np.dtype("float64"))
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"{model}: input must be a tensor, got {type(input).__name__}")
    data = input.data
    if data.ndim == 0 or data.shape[-1] != size:
        raise RuntimeError(
            f"{model}: input has shape {data.shape}, expected (n, {size}) or ({size},)"
        )
    if data.dtype != dtype:
        raise RuntimeError(f"{model}: input has dtype {data.dtype}, the parameters have {dtype}")


def checked_dtype(dtype: Any) -> np.dtype[Any]:
    """The dtype of a model by its name; numpy's types and dtypes carry theirs.

    ValueError: neither "float32" nor "float64".

    Twin: `torch.nn.Module.to`.

    >>> checked_dtype("float32"), checked_dtype(np.float64)
    (dtype('float32'), dtype('float64'))
    """
    name = getattr(dtype, "name", getattr(dtype, "__name__", dtype))
    if not isinstance(name, str) or name not in _DTYPES:
        raise ValueError(f"dtype: expected 'float32' or 'float64', got {dtype!r}")
    return _DTYPES[name]


def as_array(name: str, value: Any) -> np.ndarray:
    """The numbers of an array or of either wing's tensor, for the parameter `name`."""
    try:
        return as_tensor(value).data
    except (TypeError, ValueError) as error:
        raise TypeError(f"state_dict[{name!r}]: expected real numbers, got {value!r}") from error


def joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _output(kind: str, parameters: Mapping[str, Tensor]) -> str:
    """The output shape of a layer for n examples, where its kind tells it."""
    if kind == "Linear":
        return f"(n, {parameters['weight'].shape[0]})"
    return "(n,)" if kind == "Perceptron" else "-"


def table(rows: list[tuple[str, ...]]) -> str:
    """Columns as wide as their widest entry, two spaces apart, the last (numbers) to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            [entry.ljust(width) for entry, width in zip(row[:-1], widths)]
            + [row[-1].rjust(widths[-1])]
        )
        for row in rows
    )
