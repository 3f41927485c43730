"""What every model of this wing adds to ``torch.nn.Module``: arrays in, and a summary out.

Parameters, their names and ``state_dict`` are PyTorch's. Two things are not: ``load_state_dict``
takes numpy arrays too, so that what one wing has learned can be put into the other unchanged, and
``summary`` prints the model as a table, letter by letter as ``scratch`` prints it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_DTYPES = {"float32": torch.float32, "float64": torch.float64}


class Module(nn.Module):
    """A ``torch.nn.Module`` that exchanges parameters with numpy and prints itself as a table.

    Source: «Múltiples capas totalmente conectadas» (the number of weights).

    >>> class Scale(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.weight = nn.Parameter(torch.zeros(3))
    >>> scale = Scale()
    >>> _ = scale.load_state_dict({"weight": np.array([1.0, 2.0, 3.0])})
    >>> scale.weight.tolist()
    [1.0, 2.0, 3.0]
    """

    def load_state_dict(  # type: ignore[override]  # `assign` would tie the model to the arrays
        self, state_dict: Mapping[str, Any], strict: bool = True
    ) -> Any:
        """Copy the arrays or tensors of ``state_dict`` into the parameters of the same names.

        The parameters keep their dtype. RuntimeError: a shape differs, or (with ``strict``) a name
        is missing or unknown. TypeError: no mapping.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"state_dict: expected arrays by name, a dict, got {type(state_dict).__name__}"
            )
        return super().load_state_dict(
            {name: as_tensor(value) for name, value in state_dict.items()}, strict=strict
        )

    def summary(self) -> str:
        """A table: a row a layer, with its parameters, its output for n examples, and its count.

        A parameter that several layers share is counted in the first and marked in the others.
        """
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
                shapes.append(f"{name} {tuple(value.shape)}{' shared' if shared else ''}")
            kind = type(self.get_submodule(layer)).__name__
            rows.append(
                (layer or "-", kind, ", ".join(shapes), _output(kind, parameters), f"{count:,}")
            )
        total = sum(each.numel() for each in self.parameters())  # each once
        rows.append(("total", "", "", "", f"{total:,}"))
        return f"{type(self).__name__}({self.extra_repr()})\n{table(rows)}"


def as_tensor(value: Any, name: str = "data") -> Tensor:
    """``value`` as a tensor: tensors as they are, anything else copied through a numpy array.

    ``name``: of the argument, for the errors: TypeError or ValueError where there are no numbers.

    Source: ``torch.as_tensor``.

    >>> as_tensor([1.0, 2.0])
    tensor([1., 2.], dtype=torch.float64)
    """
    if isinstance(value, Tensor):
        return value
    # A copy in C order: PyTorch takes neither negative strides nor, without a warning, a
    # read-only array.
    try:
        return torch.from_numpy(np.array(value, order="C"))
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from error


def check_input(model: str, input: Tensor, size: int, dtype: torch.dtype) -> None:
    """RuntimeError, as PyTorch's, unless ``input`` is (..., size) and of the model's dtype.

    Source: «Salida en una red totalmente conectada».

    >>> check_input("Perceptron", torch.zeros(5, 2), 2, torch.float32)
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"{model}: input must be a tensor, got {type(input).__name__}")
    if input.ndim == 0 or input.shape[-1] != size:
        raise RuntimeError(
            f"{model}: input has shape {tuple(input.shape)}, expected (n, {size}) or ({size},)"
        )
    if input.dtype != dtype:
        raise RuntimeError(
            f"{model}: input has dtype {dtype_name(input.dtype)}, "
            f"the parameters have {dtype_name(dtype)}"
        )


def dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")  # as numpy writes it: the wings share their messages


def checked_dtype(dtype: Any) -> torch.dtype:
    """The dtype of a model by its name; numpy's types and dtypes carry theirs.

    ValueError: neither "float32" nor "float64".

    Twin: ``scratch.module.checked_dtype``.

    >>> checked_dtype("float32"), checked_dtype(np.float64), checked_dtype(torch.float32)
    (torch.float32, torch.float64, torch.float32)
    """
    name = getattr(dtype, "name", getattr(dtype, "__name__", dtype))
    name = dtype_name(dtype) if isinstance(dtype, torch.dtype) else name
    if not isinstance(name, str) or name not in _DTYPES:
        raise ValueError(f"dtype: expected 'float32' or 'float64', got {dtype!r}")
    return _DTYPES[name]


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
