"""Rounding, magnified: a computation of PyTorch's run again with larger rounding errors.

How far may rounding take a result? No formula of the result alone can say: in sigmoid(20) in
float32 the value is 1 to the last bit, and the derivative y (1 - y) that PyTorch computes from it
has no digit left. But the computation itself can be asked. Each operation is right to a few
roundings, so each result, forward and backward, is moved by some roundings of its own dtype, and
what arrives at the end is compared with what arrived unmoved (the idea of CESTAC and Monte Carlo
arithmetic: J. Vignes, A stochastic arithmetic for reliable scientific computation, Math. Comput.
Simul. 35, 1993; D. S. Parker, Monte Carlo Arithmetic, UCLA CSD-970002, 1997). To first order a
result moves by the sum over all intermediate values v of (df/dv) v times their moves: the running
error bound (Higham, section 3.3), measured.

Equal numbers move alike, wherever they stand, and 0 stays 0: a tie stays a tie and a kink a kink.
Two things tell numbers apart that are equal only because they were rounded, and let each move its
own way: the terms inside that they are what is left of, and what they are a strictly monotone
function of. sigmoid(17) and sigmoid(27) are both 1 in float32, and whether the logarithm of 1 - p
is clamped is decided for each by itself; moved alike, what they do to a sum might cancel each time.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from .tolerance import ULPS

Array = np.ndarray[Any, np.dtype[Any]]

FAR = 2.0**11
"""So many eps are well above the roundings of the run itself and well below any step in a function:
what arrives is proportional to the move, and a jump at a kink arrives as a jump, 2048 times too
small to pass for rounding. (Relative to the value, 2.4e-4 in float32: the root of its eps, which
balances truncation against rounding; Higham, section 1.14.)"""

NEAR = ULPS + 1
"""So few are what the tolerance allows every operation, so that a jump arrives as large as it is:
for results that are proportional to no larger move, such as log(1 - p) of a p that rounds to 1, or
a sum that rounding puts on one side of a kink."""

EXACT = frozenset(re.findall(r"\w+", """
    abs amax amin argmax aminmax cat clamp clamp_max clamp_min clone constant_pad_nd copy copy_
    diagonal_backward embedding empty empty_like eq fill fill_ flip full full_like gather
    hardshrink hardtanh hardtanh_backward index index_put index_put_ index_select lift_fresh
    _local_scalar_dense masked_fill masked_scatter max maximum min minimum neg new_empty
    new_empty_strided new_zeros ones ones_like relu repeat roll scalar_tensor scatter
    select_backward sgn sign slice_backward stack threshold threshold_backward unfold_backward
    unsqueeze where zero_ zeros zeros_like
"""))
"""Operations that move or choose numbers and round none."""


def _of_input(args: Any, kwargs: Any) -> Any:
    return args[0].abs()


def _of_largest_input(args: Any, kwargs: Any) -> Any:
    return args[0].abs().max().clamp(min=1) if args[0].numel() else 0.0


def _of_softmax(args: Any, kwargs: Any) -> Any:
    g, y, dim = args[:3]
    return (y * g.abs().amax(dim, keepdim=True)) if g.numel() else 0.0


def _of_log_softmax(args: Any, kwargs: Any) -> Any:
    g, y, dim = args[:3]
    return g.abs() + y.exp() * g.abs().sum(dim, keepdim=True)


def _of_sigmoid(args: Any, kwargs: Any) -> Any:
    g, y = args[:2]
    return (g * y).abs()


def _of_tanh(args: Any, kwargs: Any) -> Any:
    g, y = args[:2]
    return (g * y * y).abs()


def _of_gelu(args: Any, kwargs: Any) -> Any:
    g, x = args[:2]
    if kwargs.get("approximate") != "tanh":                 # (1 + erf)/2 + x phi
        return g.abs()
    x = x.abs().clamp(max=9)                                # beyond, tanh is 1 in float64 too
    return g.abs() * (1 + x * (0.8 + 0.11 * x * x))         # (1 + t)/2 + x (1 - t t) u'/2


def _of_mish(args: Any, kwargs: Any) -> Any:
    g, x = args[:2]
    return g.abs() * (1 + x.abs().clamp(max=20))            # t + x (1 - t t) sigmoid(x)


def _of_a_logarithm(args: Any, kwargs: Any) -> Any:
    return 1.0                                              # of a sum that is 1 and a little


def _of_logits(args: Any, kwargs: Any) -> Any:
    defaults: tuple[Any, ...] = (None, None, None, None, 1)  # arguments at theirs are not passed
    x, _, weight, _, reduction = tuple(args) + defaults[len(args):]
    terms = x.abs() if weight is None else x.abs() * weight
    return (terms, terms.mean(), terms.sum())[reduction]


def _of_product(args: Any, kwargs: Any) -> Any:
    a, b = args[-2:]                                        # addmm's first is added
    return _unless_exact(a.abs() @ b.abs(), a, b)


def _of_convolution(args: Any, kwargs: Any) -> Any:
    factors = [a for a in args[:3] if a is not None]        # input, weight and perhaps a bias
    return _unless_exact(torch.ops.aten.convolution.default(*_absolute(args)), *factors)


def _of_convolution_backward(args: Any, kwargs: Any) -> Any:
    g, x, weight = args[:3]
    sums = torch.ops.aten.convolution_backward.default(*_absolute(args))
    factors = (g, weight), (g, x), (g,)                     # d_input, d_weight, d_bias
    return tuple(None if s is None else _unless_exact(s, *f) for s, f in zip(sums, factors))


def _absolute(args: Any) -> list[Any]:
    return [a.abs() if isinstance(a, torch.Tensor) else a for a in args]


def _unless_exact(terms: Any, *factors: Any) -> Any:
    """terms; 0 where sums of 65,536ths are exact: what they put on a kink stays there."""
    if not all(bool((x * 256 == (x * 256).round()).all()) for x in factors):
        return terms
    digits = 2 / torch.finfo(terms.dtype).eps
    return torch.where(terms * 256**2 < digits, 0.0, terms)


INSIDE = {
    "mm": _of_product,                                      # sums of products
    "mv": _of_product,
    "dot": _of_product,
    "bmm": _of_product,
    "addmm": _of_product,
    "convolution": _of_convolution,
    "convolution_backward": _of_convolution_backward,
    "binary_cross_entropy_with_logits": _of_logits,         # (1 - y) x + softplus(-x)
    "gelu": _of_input,                                      # x (1 + erf(x / sqrt 2)) / 2
    "silu": _of_input,
    "mish": _of_input,
    "logsumexp": _of_largest_input,                         # max + log(sum)
    "_log_softmax": _of_a_logarithm,                        # x - max - log(sum)
    "gelu_backward": _of_gelu,
    "silu_backward": _of_input,
    "sigmoid_backward": _of_sigmoid,                        # g (y - y y)
    "tanh_backward": _of_tanh,                              # g (1 - y y)
    "mish_backward": _of_mish,
    "hardswish_backward": _of_input,
    "_softmax_backward_data": _of_softmax,                  # y (g - sum(g y))
    "_log_softmax_backward_data": _of_log_softmax,          # g - exp(y) sum(g)
}  # fmt: skip
"""Operations that add terms of both signs inside, and the magnitude of these terms: one for all
results, or a tuple of one each."""

MONOTONE = frozenset(re.findall(r"\w+", """
    acosh asin asinh atan atanh elu erf erfc exp exp2 expm1 log log10 log1p log2
    log_sigmoid_forward reciprocal rsqrt sigmoid sinh softplus sqrt tanh
"""))
"""Functions of one number that are equal nowhere but for rounding."""

POSITIVE = frozenset({"exp", "sigmoid", "_softmax"})
"""Operations whose results are above 0: a 0 among them is what underflow left of a number, and half
of the probes put the smallest normal number in its place."""

AT_MOST_1 = frozenset({"sigmoid", "tanh", "_softmax"})
"""Operations whose results no rounding takes beyond 1: a logarithm may follow."""


class Magnified(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is active, every result in PyTorch is moved by so many roundings.

    >>> x = torch.tensor([1.0, 1.0, 3.0])
    >>> with Magnified(seed=0, by=NEAR):
    ...     y = x * 3
    >>> (y[0] == y[1]).item(), abs(y / (x * 3) - 1).max().item() <= 5.5 * 2**-23
    (True, True)
    """

    def __init__(self, seed: int, by: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seed, self.by = seed, by

    @classmethod
    def _should_skip_dynamo(cls) -> bool:  # else the compiler is imported: seconds
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if func is torch.ops.aten._efficientzerotensor.default:  # zeros without memory crash here
            func = torch.ops.aten.zeros.default
        out = func(*args, **(kwargs or {}))
        name = func._schema.name.partition("::")[2]
        if name in EXACT or _is_view(func) or (name == "_to_copy" and _widens(args[0], out)):
            return out
        results = out if isinstance(out, tuple | list) else (out,)
        if all(r.device.type != "cpu" for r in results if isinstance(r, torch.Tensor)):
            return out                                      # the shapes alone, on "meta"
        inside = INSIDE[name](args, kwargs or {}) if name in INSIDE else 0.0
        units = inside if isinstance(inside, tuple) else (inside,) * len(results)
        for result, unit in zip(results, units):
            if isinstance(result, torch.Tensor) and result.is_floating_point():
                numbers = result.detach().numpy()
                of = args[0].detach().numpy() if name in MONOTONE else 0.0
                moved = move(numbers, self.seed, self.by, np.asarray(unit), of)
                if name in AT_MOST_1:
                    np.clip(moved, -1, 1, out=moved)
                if name in POSITIVE and self.seed % 2:
                    moved[moved == 0] = np.finfo(moved.dtype).tiny
                numbers[...] = moved
        return out


def _widens(a: Any, out: Any) -> bool:
    return not a.is_floating_point() or a.element_size() <= out.element_size()


_VIEWS: dict[Any, bool] = {}


def _is_view(func: Any) -> bool:
    """Whether the result is an argument's memory, seen in another way."""
    known = _VIEWS.get(func)
    if known is None:
        aliases = [r.alias_info for r in func._schema.returns]
        known = _VIEWS[func] = any(a is not None and not a.is_write for a in aliases)
    return known


def move(a: Array, seed: int, by: float, unit: Any = 0.0, of: Any = 0.0) -> Array:
    """a moved by so many eps of its dtype, up or down; a number decides by itself which.

    unit: a magnitude beside |a|: of the terms that a is the sum of.
    of: what a is a strictly monotone function of.

    >>> float(move(np.array([1.0]), seed=0, by=8)[0] - 1) in (8 * 2.0**-52, -8 * 2.0**-52)
    True
    """
    with np.errstate(all="ignore"):
        hashed = _bits(a) ^ np.uint64((seed + 1) * 0x5851F42D4C957F2D & 2**64 - 1)
        for behind in (unit, of):                           # equal numbers of equal origin: alike
            hashed = _mixed(hashed) ^ _bits(behind)
        sign = np.where(_mixed(hashed) >> np.uint64(63), 1.0, -1.0)
        eps = by * float(np.finfo(a.dtype).eps)
        moved = a + eps * sign * (np.abs(a) + unit)
        result: Array = np.where(np.isfinite(moved), moved, a).astype(a.dtype)
    return result


def _bits(a: Any) -> Any:
    return np.asarray(a, np.float64).view(np.uint64)


def _mixed(bits: Any) -> Any:
    """Every bit of the result depends on every bit."""
    bits = bits * _ODD
    return (bits ^ (bits >> np.uint64(29))) * _ODD


_ODD = np.uint64(0x9E3779B97F4A7C15)
