"""A worked example of a new block: "snake", an activation that no framework ships.

Lecture: "Diferenciación automática": a block that a framework lacks is added with a derivative
that we write ourselves. `Function` is the way to add it, here and in PyTorch.

    f(x, a) = x + sin²(a x) / a           rises like x, with a ripple of frequency a that is learned

    df/dx = 1 + sin(2 a x)      = (sin a x + cos a x)²
    df/da = x sin(2 a x) / a - sin²(a x) / a²      = r (2 x cos a x - r),      r = sin(a x) / a

What there is to see: two tensor arguments, so two gradients; a frequency that all examples share,
so that its gradient is a sum over them; formulas rewritten so that nothing cancels or is divided
by a², and that hold at a = 0 too (r is x there).
Source: Ziyin, Hartwig and Ueda (2020), Neural networks fail to learn periodic functions.

A derivative that was written by hand is compared before it is used. With sin(a x) for sin(2 a x):

>>> import gradtwin, scratch, torch_ref
>>> class Wrong(Snake):
...     @staticmethod
...     def backward(ctx, g):
...         input, a = ctx.saved_tensors
...         return g * (1 + (a * input).sin()), Snake.backward(ctx, g)[1]
>>> def wrong(input, a):
...     return Wrong.apply(input, a)
>>> report = str(gradtwin.compare(wrong, torch_ref.snake, [[-1.0, 0.5], [0.0, 2.0]], [1.0, 3.0]))
>>> for line in report.splitlines()[2:4]:  # doctest: +ELLIPSIS
...     print(line)
  gradient of input  DIFFERS  (2, 2) float64, 3 of 4 elements
      worst at gradient of input[0, 1]: ours 1.14831, theirs 0.656004, allowed difference ...
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .autograd import Function
from .checks import integer, number
from .module import Module, checked_dtype
from .operations import where
from .tensor import Tensor, tensor


class Snake(Function):
    """f(x, a) = x + sin²(a x) / a; `input` (..., features), `a` () or (features,) -> as `input`.

    Used as `Snake.apply(input, a)`, or by `snake`, which looks at its arguments first.

    Source: "Diferenciación automática"; Ziyin, Hartwig and Ueda (2020).

    >>> import scratch
    >>> x, a = scratch.tensor([0.0, 0.5], requires_grad=True), scratch.tensor(2.0)
    >>> Snake.apply(x, a).sum().backward()
    >>> x.grad.round(4)  # 1 + sin(2 a x)
    array([1.    , 1.9093])
    """

    @staticmethod
    def forward(ctx: Any, input: Any, a: Any) -> Any:
        # Only arguments are saved: what is computed here is not recorded, so that a second
        # derivative would leave out whatever goes through it, without a word.
        ctx.save_for_backward(input, a)
        return input + (a * input).sin() * sine_over(a, input)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        input, a = ctx.saved_tensors
        sin, cos, r = (a * input).sin(), (a * input).cos(), sine_over(a, input)
        d_input = g * (sin + cos) ** 2
        d_a = g * r * (2 * input * cos - r)
        return d_input, over_the_batch(d_a, a)  # one for each argument of forward, in its order


def sine_over(a: Any, input: Any) -> Any:
    """sin(a x) / a, and x where a is 0: what it tends to there.

    Source: the r of this file's first lines.

    >>> sine_over(tensor([0.0, 1.0]), tensor([3.0, 3.0])).numpy().round(4)
    array([3.    , 0.1411])
    """
    zero = a == 0
    return where(zero, input, (a * input).sin() / where(zero, 1, a))


def over_the_batch(d: Tensor, argument: Tensor) -> Tensor:
    """The gradient of an argument that all examples share: the sum over them, of its shape.

    Source: "Propagación hacia atrás".

    >>> over_the_batch(tensor([[1.0, 2.0], [10.0, 20.0]]), tensor([0.0, 0.0]))
    tensor([11., 22.])
    """
    examples = math.prod(d.shape[: d.ndim - argument.ndim])
    return d.reshape(examples, *argument.shape).sum(0)


def snake(input: Tensor, a: Tensor) -> Tensor:
    """x + sin²(a x) / a; `input` (..., features), `a` () or (features,) -> as `input`.

    TypeError: an argument that is no tensor. RuntimeError: `a` of another shape or dtype.

    Source: "Diferenciación automática"; Ziyin, Hartwig and Ueda (2020).

    >>> snake(tensor([-1.0, 0.0, 2.0]), tensor(1.0)).numpy().round(4)
    array([-0.2919,  0.    ,  2.8268])
    """
    for name, value in (("input", input), ("a", a)):
        if not isinstance(value, Tensor):
            raise TypeError(f"snake: {name} must be a tensor, got {type(value).__name__}")
    if a.shape not in ((), input.shape[-1:]):
        raise RuntimeError(
            f"snake: a has shape {a.shape}, expected () or {input.shape[-1:]}, one for each feature"
        )
    if a.dtype != input.dtype:
        raise RuntimeError(f"snake: a has dtype {a.dtype}, input {input.dtype}")
    return Snake.apply(input, a)


class SnakeActivation(Module):
    """snake(x, a) with an `a` that is learned: an activation for `FullyConnected`.

    `features`: None: one `a` for all neurons, shape (); a number: one for each, shape (features,).
    `init`: where `a` starts. `dtype`: "float32" or "float64".
    Parameter: `a`.
    ValueError: `features` below 1, an `init` that is not finite, an unknown dtype. TypeError:
    `features` no integer, `init` no number.

    Source: "Diferenciación automática"; Ziyin, Hartwig and Ueda (2020).

    >>> import scratch
    >>> net = scratch.FullyConnected([1, 8, 1], activation=SnakeActivation(8))
    >>> [name for name, _ in net.named_parameters()][0], net.activation.a.shape
    ('activation.a', (8,))
    """

    def __init__(
        self, features: int | None = None, init: float = 1.0, dtype: Any = "float64"
    ) -> None:
        if features is not None and integer("features", features) < 1:
            raise ValueError(f"features: expected 1 or more, or None, got {features}")
        if not math.isfinite(number("init", init)):
            raise ValueError(f"init: expected a finite number, got {init!r}")
        shape = () if features is None else (features,)
        self.a = tensor(np.full(shape, init, checked_dtype(dtype)), requires_grad=True)

    def forward(self, input: Tensor) -> Tensor:
        """snake(input, a); any shape whose last size is `features`."""
        return snake(input, self.a)
