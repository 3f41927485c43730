"""What a Tensor is: an array, and the place in the graph that it came from.

Lecture: "Diferenciación automática y grafos computacionales". A Tensor holds its numbers
(`data`), its gradient once `backward` has run (`grad`), and the node that made it (`grad_fn`).
It knows no operation: those stand in `operations/`, `activations.py`, ..., and
`operations/__init__.py` binds the operators and methods to it from one list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .autograd.node import Node

# The tensor argument of a primitive's body: an array, or a Tensor when a derivative is itself
# recorded. `Any`, since a body is written once for both.
Array = Any


class Tensor:
    """An array that remembers where it came from; made by `scratch.tensor`.

    >>> import scratch
    >>> x = scratch.tensor([3.0], requires_grad=True)
    >>> (x * x).backward()
    >>> x.grad
    array([6.])
    """

    __slots__ = ("__weakref__", "_version", "data", "grad", "grad_fn", "name", "requires_grad")

    data: np.ndarray
    grad: np.ndarray | None
    grad_fn: Node | None
    name: str | None
    requires_grad: bool
    _version: int

    def __init__(
        self, data: Any, requires_grad: bool = False, grad_fn: Node | None = None
    ) -> None:
        # A ufunc on 0-d arrays returns a numpy scalar; a Tensor always holds an array.
        self.data = data if type(data) is np.ndarray else np.asarray(data)
        self.requires_grad = requires_grad
        self.grad_fn = grad_fn
        self.grad = None
        self.name = None
        self._version = 0  # when the data was last changed in place, on the engine's clock

    # ---- what it is -------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.data.dtype

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def is_leaf(self) -> bool:
        """True where the graph begins: made by the user, not by an operation."""
        return self.grad_fn is None

    def dim(self) -> int:
        return self.data.ndim

    def size(self, dim: int | None = None) -> Any:
        return self.data.shape if dim is None else self.data.shape[dim]

    def numel(self) -> int:
        return int(self.data.size)

    def item(self) -> Any:
        """The number in a one-element tensor, as a Python scalar."""
        if self.data.size != 1:
            raise ValueError(
                f"item() needs a tensor of one element, this one has shape {self.shape}"
            )
        return self.data.item()

    def tolist(self) -> Any:
        return self.data.tolist()

    def numpy(self) -> np.ndarray:
        """The array itself, not a copy; refused where a change to it could corrupt a gradient."""
        if self.requires_grad:
            raise RuntimeError(
                "numpy() would leave the graph of a tensor that requires grad: "
                "say so with .detach().numpy()"
            )
        return self.data

    def detach(self) -> Tensor:
        """A copy of the numbers, outside the graph.

        PyTorch shares the memory; here a write into one, by an optimizer or by `t[0] = 1`, would
        reach the other, and a graph that holds it would not notice.
        """
        return Tensor(self.data.copy())

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask for a gradient, in place, as in PyTorch; only a leaf can."""
        if self.grad_fn is not None:
            raise RuntimeError(
                "requires_grad can only be changed on a leaf: this tensor is the result of "
                f"{self.grad_fn.name}; use .detach() first"
            )
        check_can_require_grad(self.data.dtype, requires_grad)
        self.requires_grad = requires_grad
        return self

    # ---- Python's protocols -----------------------------------------------------------------

    def __repr__(self) -> str:
        numbers = np.array2string(self.data, separator=", ", prefix="tensor(")
        notes = [numbers]
        if self.data.size == 0 and self.data.ndim > 1:
            notes.append(f"shape={self.shape}")
        if self.data.dtype not in (np.float64, np.int64, np.bool_) or self.data.size == 0:
            notes.append(f"dtype={self.data.dtype}")
        if self.grad_fn is not None:
            notes.append(f"grad_fn=<{self.grad_fn.name}>")
        elif self.requires_grad:
            notes.append("requires_grad=True")
        return f"tensor({', '.join(notes)})"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self.data.size == 1 else format(repr(self), spec)

    def __len__(self) -> int:
        if self.data.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return len(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        if self.data.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(len(self.data)))

    def __bool__(self) -> bool:
        if self.data.size != 1:
            raise RuntimeError(
                "the truth value of a tensor with more than one element is ambiguous: "
                f"shape {self.shape}"
            )
        return bool(self.data.item())

    def __float__(self) -> float:
        # math.exp(t) arrives here, and would cut the graph without a word.
        if self.requires_grad:
            raise TypeError(
                "float() of a tensor that requires grad leaves the graph: use t.item() for the "
                "number; inside a computation use scratch.exp(t), scratch.log(t), ... where you "
                "wrote math.exp(t), math.log(t), ..."
            )
        return float(self.item())

    def __int__(self) -> int:
        if self.requires_grad:
            raise TypeError("int() of a tensor that requires grad leaves the graph: use t.item()")
        return int(self.item())

    def __index__(self) -> int:
        if self.data.dtype.kind not in "iu":
            raise TypeError(f"only an integer tensor can be an index, not {self.data.dtype}")
        return int(self.item())

    __hash__ = object.__hash__  # by identity: == compares element by element

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        from .operations.dispatch import ufunc_on_tensors

        return ufunc_on_tensors(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        from .operations.dispatch import function_on_tensors

        return function_on_tensors(function, args, options)

    if TYPE_CHECKING:  # bound to the class in operations/__init__.py

        T: Tensor

        def backward(self, gradient: Any = None, retain_graph: bool = False) -> None: ...

        def __getattr__(self, name: str) -> Callable[..., Tensor]: ...
        def __getitem__(self, index: Any) -> Tensor: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...
        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __pow__(self, exponent: Any) -> Tensor: ...
        def __rpow__(self, base: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __rmatmul__(self, other: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __lt__(self, other: Any) -> Tensor: ...
        def __le__(self, other: Any) -> Tensor: ...
        def __gt__(self, other: Any) -> Tensor: ...
        def __ge__(self, other: Any) -> Tensor: ...


def tensor(data: Any, requires_grad: bool = False, dtype: Any = None) -> Tensor:
    """A new leaf with a copy of `data`; its dtype is kept (Python floats become float64).

    data: array, number, nested list or Tensor of booleans, integers or floats.
    dtype: a numpy dtype or its name, where another than the data's is wanted.

    Raises TypeError for data that are not real numbers, RuntimeError where integers or booleans
    are asked to carry a gradient.

    >>> tensor([1, 2])
    tensor([1, 2])
    >>> tensor([0.5, 1.0], requires_grad=True, dtype="float32")
    tensor([0.5, 1. ], dtype=float32, requires_grad=True)
    """
    if isinstance(data, Tensor):
        data = data.data
    if not isinstance(requires_grad, (bool, np.bool_)):
        raise TypeError(f"requires_grad: expected True or False, got {requires_grad!r}")
    try:
        array = np.array(np.asarray(data), dtype=dtype)  # a torch tensor knows only asarray
    except (ValueError, TypeError, RuntimeError) as error:  # RuntimeError: a torch tensor's
        raise type(error)(
            f"data: expected numbers in a regular array, got {type(data).__name__}: {error}"
        ) from error
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"data: expected booleans, integers or floats, got dtype {array.dtype}"
        )
    check_can_require_grad(array.dtype, requires_grad)
    return Tensor(array, requires_grad)


def check_can_require_grad(dtype: np.dtype[Any], requires_grad: bool) -> None:
    """Only floating point numbers can move by a little, so only they have a gradient."""
    if requires_grad and dtype.kind != "f":
        raise RuntimeError(
            f"requires_grad: only tensors of floating point dtype can require gradients, "
            f"got {dtype}"
        )


def raw(x: Any) -> np.ndarray:
    """The array behind an array or a Tensor: for decisions that take no part in a derivative."""
    return x.data if type(x) is Tensor else x
