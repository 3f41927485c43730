"""A sample run in both wings: values, gradients, and gradients of gradients.

The derivative of an operation is a function of tensors too, of the upstream gradient and the
arguments. So what compares operations compares their derivatives of any order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..case import upstream_like
from ..compare import Comparison, compare
from ..sides import side
from ..tolerance import Tolerance, through_float32
from .library import Library, scratch_library, torch_library
from .operation import Call, Sample
from .values import Array


def twins(
    sample: Sample,
    dtype: Any = "float64",
    order: int = 1,
    view: Callable[[Any], Any] | None = None,
    call: Call | None = None,
) -> Comparison:
    """Both wings on one sample: value and gradients, or derivatives up to `order`.

    Args:
        view: what is done to each tensor first, such as a slice that is not contiguous; of the
            arrays of `sample`.
        call: another spelling of the operation, for scratch.
    """
    libraries = scratch_library(), torch_library()
    functions = [
        seen_through(view, sample.on(library, call if library.name == "scratch" else None))
        for library in libraries
    ]
    arrays, wanted = list(sample.arrays), list(sample.requires_grad)
    for _ in range(order - 1):
        with np.errstate(all="ignore"):
            outputs = evaluated(libraries[1], functions[1], arrays, wanted)
        functions = [
            derivative(library, function, len(outputs), wanted)
            for library, function in zip(libraries, functions)
        ]
        arrays = [*upstream_like(outputs, seed=order), *arrays]
        wanted = [True] * len(outputs) + wanted
    return compare(
        side("scratch", functions[0]), side("torch", functions[1]), *arrays,
        dtype=dtype, requires_grad=wanted, tolerance=tolerance(sample, dtype),
    )  # fmt: skip


def tolerance(sample: Sample, dtype: Any) -> Tolerance:
    """The derived one; its eps is float32's where a float64 sample is computed in float32."""
    coarse = sample.operation.float32_inside or sample.options.get("dtype") == "float32"
    return through_float32(dtype) if coarse else Tolerance()


def seen_through(
    view: Callable[[Any], Any] | None, function: Callable[..., Any]
) -> Callable[..., Any]:
    """The function of what `view` makes of each tensor."""
    return function if view is None else lambda *tensors: function(*map(view, tensors))


def evaluated(
    library: Library, function: Callable[..., Any], arrays: Sequence[Array], wanted: Sequence[bool]
) -> list[Array]:
    """The outputs in one library, as arrays."""
    tensors = [library.tensor(a, requires_grad=w) for a, w in zip(arrays, wanted)]
    result = function(*tensors)
    several = result if isinstance(result, tuple | list) else [result]
    return [np.asarray(t.detach().numpy()) for t in several]


def allocate_zeros(tensors: Sequence[Any]) -> None:
    """Give each tensor a gradient that numpy can read: PyTorch may leave one that is all zeros
    without memory."""

    def allocated(d: Any) -> Any:
        return d.new_zeros(d.shape) if d is not None and d._is_zerotensor() else d

    for t in tensors:
        if t.requires_grad:
            t.register_hook(allocated)


def derivative(
    library: Library, function: Callable[..., Any], outputs: int, wanted: Sequence[bool]
) -> Callable[..., Any]:
    """The function (g, arguments) -> gradients of the arguments, itself recorded."""

    def gradients(*tensors: Any) -> Any:
        upstream, arguments = tensors[:outputs], tensors[outputs:]
        result = function(*arguments)
        several = result if isinstance(result, tuple | list) else [result]
        inputs = [t for t, w in zip(arguments, wanted) if w]
        if library.name == "torch":
            allocate_zeros(tensors)
        # several outputs weighted by their g and summed: one number, with g as its gradient
        total = sum((library.sum(y * g) for y, g in zip(several, upstream)), start=0.0)
        return tuple(library.grad(total, inputs, create_graph=True))

    return gradients
