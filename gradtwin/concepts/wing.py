"""One wing of the house as a namespace, so that a concept is written once and computed twice.

`wing.F.relu`, `wing.Perceptron`, `wing.log` mean scratch's in one wing and PyTorch's in the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np

from ..samples.library import Library, scratch_library, torch_library

_LIBRARIES = {"scratch": scratch_library, "torch": torch_library}
_MODELS = {"scratch": "scratch", "torch": "torch_ref"}


class Wing(Library):
    """A `Library`, and besides its operations its models and leaves of one dtype.

    name: "scratch" or "torch"; the wing is imported here, and not before.

    >>> wing = Wing("scratch")
    >>> wing.F.relu(wing.tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    def __init__(self, name: str, dtype: str = "float64") -> None:
        if name not in _LIBRARIES:
            raise ValueError(f"name: expected one of {', '.join(_LIBRARIES)}, got {name!r}")
        library = _LIBRARIES[name]()
        super().__init__(name, library.module, library.F, library.grad, library.dtype)
        self.models = import_module(_MODELS[name])
        self.float_dtype = dtype

    def __getattr__(self, name: str) -> Any:
        return getattr(self.models if hasattr(self.models, name) else self.module, name)

    def tensor(self, values: Any, requires_grad: bool = False) -> Any:
        """A leaf with a copy of `values`: floats in the wing's dtype, integers stay.

        >>> Wing("scratch", "float32").tensor([0.5]).dtype
        dtype('float32')
        """
        array = np.array(values)
        if array.dtype.kind == "f":
            array = array.astype(self.float_dtype)
        return self.module.tensor(array, requires_grad=requires_grad)

    def leaf(self, tensor: Any) -> Any:
        """A copy of a tensor that will have a gradient of its own, and may be moved by a step.

        >>> Wing("scratch").leaf(Wing("scratch").tensor([1.0])).requires_grad
        True
        """
        return self.module.tensor(tensor.detach().numpy(), requires_grad=True)

    def gradients(self, function: Callable[..., Any], *values: Any) -> list[Any]:
        """The derivative by each of these values, as the wing's own graph computes it.

        function: of the wing and as many tensors, to one number.

        >>> Wing("scratch").gradients(lambda wing, x, y: x * y, 2.0, 3.0)
        [array(3.), array(2.)]
        """
        tensors = [self.tensor(value, requires_grad=True) for value in values]
        function(self, *tensors).backward()
        return [tensor.grad for tensor in tensors]

    def named(self, **results: Any) -> None:
        """What the lecture calls these intermediate results; for whoever draws them.

        >>> Wing("scratch").named(z=Wing("scratch").tensor(2.0))
        """

    def call(self, model: Any, parameters: Mapping[str, Any], input: Any) -> Any:
        """`model(input)` with these tensors as its parameters, so that each gets its gradient.

        parameters: name, as in `model.named_parameters()`, to tensor.
        """
        if self.name == "torch":
            return self.func.functional_call(model, dict(parameters), (input,))
        for path, tensor in parameters.items():
            *owners, last = path.split(".")
            owner = model
            for part in owners:
                owner = owner[int(part)] if part.isdigit() else getattr(owner, part)
            # Past Module's own __setattr__, which wants a leaf: here any tensor will do, for once.
            object.__setattr__(owner, last, tensor)
        return model(input)


def dtype_of(tensor: Any) -> str:
    """The dtype of a tensor of either wing by its name.

    >>> dtype_of(Wing("scratch", "float32").tensor([0.5]))
    'float32'
    """
    return str(tensor.detach().numpy().dtype)
