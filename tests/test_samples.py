"""What holds for every operation, tested once over the whole table of samples.

The other side is PyTorch throughout; how far two right results may be apart is
`gradtwin/tolerance.py`'s. Where scratch is more exact than PyTorch (the gradient of sigmoid, tanh,
GELU in their tails, the loss of a saturated prediction) the two still agree: the tolerance allows
rounding errors of the largest intermediate value, 1 there, so these are no exceptions.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

import numpy as np
import pytest

import scratch
from gradtwin.compare import Comparison
from gradtwin.samples import (
    OPERATIONS,
    Library,
    Operation,
    Sample,
    Wrong,
    scratch_library,
    torch_library,
)
from gradtwin.samples.twins import twins
from scratch.autograd import Array
from scratch.autograd.walk import walk

SCRATCH, TORCH = scratch_library(), torch_library()

every_dtype = pytest.mark.parametrize("dtype", ["float64", "float32"])
every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def those(condition: Callable[[Operation], bool]) -> pytest.MarkDecorator:
    """The operations for which the condition holds."""
    chosen = [o for o in OPERATIONS.values() if condition(o)]
    return pytest.mark.parametrize("operation", chosen, ids=[o.name for o in chosen])


def assert_all_twins(comparisons: Iterable[tuple[Sample, Comparison]]) -> None:
    """Every sample is the same in both wings, and none is refused; a report of those that differ.

    Both wings refusing a sample would count as agreement, and is a mistake in the table here.
    """
    failed = [
        f"{sample}\n{comparison}"
        for sample, comparison in comparisons
        if not comparison.ok or comparison.raised != (None, None)
    ]
    assert not failed, f"{len(failed)} samples differ\n\n" + "\n\n".join(failed)


# ---- value and gradient ---------------------------------------------------------------------


@every_dtype
@every_operation
def test_value_and_gradients(operation: Operation, dtype: str) -> None:
    """Values, gradients, shapes and dtypes are PyTorch's, and numpy has nothing to warn of."""
    assert_all_twins((s, twins(s, dtype)) for s in operation.samples(dtype))


@every_dtype
@those(lambda o: bool(o.corners))
def test_corners(operation: Operation, dtype: str) -> None:
    """So they are at zeros, infinities, NaN, ties, kinks, and for huge and tiny numbers."""

    def comparisons() -> Iterable[tuple[Sample, Comparison]]:
        for s in operation.corner_samples(dtype):
            # numpy may warn of an infinity or a NaN that is in PyTorch's result too
            finite = is_finite(s, dtype)
            with np.errstate(all="warn" if finite else "ignore", under="ignore"):
                yield s, twins(s, dtype)

    assert_all_twins(comparisons())


def is_finite(sample: Sample, dtype: str = "float64", order: int = 1) -> bool:
    """Whether PyTorch's values and gradients are numbers, neither infinite nor NaN."""
    with np.errstate(all="ignore"):
        comparison = twins(sample, dtype, order)
    compared = [*comparison.outputs, *comparison.gradients]
    return all(bool(np.isfinite(c.theirs).all()) for c in compared)


@those(lambda o: True)
def test_random_draws(operation: Operation) -> None:
    """Random shapes and numbers, as the search for differences draws them."""
    rng = np.random.default_rng(1)
    assert_all_twins((s, twins(s)) for s in (operation.draw(rng) for _ in range(8)))


# ---- arrays that are not contiguous ---------------------------------------------------------


def every_second(x: Any) -> Any:
    return x[..., ::2] if x.ndim else x


def upside_down(x: Any) -> Any:
    return x.transpose(0, -1) if x.ndim else x


@those(lambda o: True)
def test_sliced_arguments(operation: Operation) -> None:
    """Every second element of a longer array: the same as an array of its own."""

    def longer(a: np.ndarray) -> np.ndarray:
        return np.repeat(a, 2, axis=-1) if a.ndim else a

    assert_all_twins(seen(operation, longer, every_second))


@those(lambda o: True)
def test_transposed_arguments(operation: Operation) -> None:
    """An array of swapped dimensions, swapped back: in memory it lies column by column."""

    def swapped(a: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(a.swapaxes(0, -1)) if a.ndim else a

    assert_all_twins(seen(operation, swapped, upside_down))


def seen(
    operation: Operation, stored: Callable[[np.ndarray], np.ndarray], view: Callable[[Any], Any]
) -> Iterable[tuple[Sample, Comparison]]:
    """Each sample of arrays that are stored differently and seen through a view."""
    for s in operation.samples():
        other = Sample(
            s.operation, tuple(map(stored, s.arrays)), s.options, s.keywords, s.requires_grad
        )
        yield s, twins(other, view=view)


# ---- gradients of gradients -----------------------------------------------------------------


@those(lambda o: o.differentiable and o.twice)
def test_second_derivatives(operation: Operation) -> None:
    """Every body runs on Tensors, and what it records there has PyTorch's derivatives."""
    samples = (s for s in operation.samples() if any(s.requires_grad))
    assert_all_twins((s, twins(s, order=2)) for s in samples)


@those(lambda o: o.differentiable and o.twice and o.smooth and bool(o.corners))
def test_second_derivatives_at_corners(operation: Operation) -> None:
    """Also at 0, where a formula that goes through |x| has a kink that the function lacks."""
    corners = (s for s in operation.corner_samples() if is_tame(s, orders=2))
    assert_all_twins((s, twins(s, order=2)) for s in corners)


# smooth functions of one number whose third derivative is not 0 everywhere
THIRD = (
    "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "erf", "number / x", "sigmoid", "tanh",
    "logsigmoid", "softplus", "gelu", "silu", "mish", "tanhshrink",
)  # fmt: skip


@those(lambda o: o.name in THIRD)
def test_third_derivatives(operation: Operation) -> None:
    """The derivative of the derivative of the derivative, at 0 too."""
    corners = (s for s in operation.corner_samples() if is_tame(s, orders=3))
    assert_all_twins((s, twins(s, order=3)) for s in chain(operation.samples(), corners))


def is_tame(sample: Sample, orders: int) -> bool:
    """Numbers up to 8 with finite derivatives: of huge ones PyTorch's higher ones overflow."""
    near = all(bool(np.all(np.isfinite(a) & (abs(a) <= 8))) for a in sample.arrays)
    return near and all(is_finite(sample, order=n) for n in range(1, orders + 1))


# ---- what an operation leaves alone ---------------------------------------------------------


def tensors_of(sample: Sample) -> list[scratch.Tensor]:
    return [scratch.tensor(a, requires_grad=w) for a, w in zip(sample.arrays, sample.requires_grad)]


@every_operation
def test_nothing_is_written_to(operation: Operation) -> None:
    """Neither arguments nor the upstream gradient: they are read-only here."""
    for sample in operation.samples():
        inputs = tensors_of(sample)
        for t in inputs:
            t.data.flags.writeable = False
        y = sample.on(SCRATCH)(*inputs)
        if y.requires_grad:
            g = np.random.default_rng(0).normal(size=y.shape).astype(y.dtype)
            g.flags.writeable = False
            walk(y.grad_fn, g)  # not y.backward(g), which would copy g first


@every_operation
def test_gradients_share_no_memory(operation: Operation) -> None:
    """A `.grad` is an array of its own: changing one changes nothing else."""
    for sample in operation.samples():
        inputs = tensors_of(sample)
        y = sample.on(SCRATCH)(*inputs)
        if not y.requires_grad:
            continue
        g = np.ones(y.shape, y.dtype)
        y.backward(g)
        grads = [t.grad for t in inputs if t.grad is not None]
        others = [g, y.data, *(t.data for t in inputs)]
        for i, one in enumerate(grads):
            for other in (*grads[:i], *others):
                assert not np.shares_memory(one, other), sample


@every_operation
def test_gradients_accumulate(operation: Operation) -> None:
    """A second backward adds to `.grad`, through the kept graph and through a new one."""
    for sample in operation.samples():
        inputs = tensors_of(sample)
        y = sample.on(SCRATCH)(*inputs)
        if not y.requires_grad:
            continue
        g = np.random.default_rng(0).normal(size=y.shape).astype(y.dtype)
        y.backward(g, retain_graph=True)
        once = [t.grad if t.grad is None else t.grad.copy() for t in inputs]
        y.backward(g)
        sample.on(SCRATCH)(*inputs).backward(g)
        for t, first in zip(inputs, once):
            if first is not None:
                np.testing.assert_array_equal(t.grad, first + first + first, err_msg=str(sample))


@every_operation
def test_no_grad_records_nothing(operation: Operation) -> None:
    sample = next(operation.samples())
    recorded = sample.on(SCRATCH)(*tensors_of(sample))
    assert recorded.requires_grad is operation.differentiable
    with scratch.no_grad():
        y = sample.on(SCRATCH)(*tensors_of(sample))
    assert not y.requires_grad
    assert y.is_leaf
    np.testing.assert_array_equal(y.data, recorded.data)


@every_operation
def test_result_is_a_tensor_of_an_array(operation: Operation) -> None:
    """Never a numpy scalar: `.data` has a shape and can be indexed."""
    for sample in operation.samples():
        y = sample.on(SCRATCH)(*tensors_of(sample))
        assert type(y) is scratch.Tensor, sample
        assert type(y.data) is np.ndarray, sample


@those(lambda o: o.differentiable)
def test_frozen_arguments_get_no_gradient(operation: Operation) -> None:
    """Each argument alone has the gradient that it has in company; the others have none."""
    for sample in operation.samples():
        if sum(sample.requires_grad) < 2:
            continue
        everyone = tensors_of(sample)
        y = sample.on(SCRATCH)(*everyone)
        g = np.random.default_rng(0).normal(size=y.shape).astype(y.dtype)
        y.backward(g)
        for i, wanted in enumerate(sample.requires_grad):
            if not wanted:
                continue
            alone = [scratch.tensor(a, requires_grad=i == j) for j, a in enumerate(sample.arrays)]
            sample.on(SCRATCH)(*alone).backward(g)
            np.testing.assert_array_equal(alone[i].grad, everyone[i].grad, err_msg=str(sample))
            assert all(t.grad is None for j, t in enumerate(alone) if j != i), sample


# ---- other spellings, and wrong calls -------------------------------------------------------


@those(lambda o: bool(o.forms))
def test_operators_and_methods(operation: Operation) -> None:
    """An operator and a method are the same operation, to the last bit."""
    for sample in operation.samples():
        expected = run(sample, sample.on(SCRATCH))
        for form in operation.forms:
            for one, other in zip(run(sample, sample.on(SCRATCH, form)), expected):
                np.testing.assert_array_equal(one, other, err_msg=str(sample), strict=True)


def run(sample: Sample, function: Callable[..., Any]) -> list[Any]:
    """The value and the gradients."""
    inputs = tensors_of(sample)
    y = function(*inputs)
    if y.requires_grad:
        y.backward(np.ones(y.shape, y.dtype))
    return [y.data, *(t.grad for t in inputs if t.grad is not None)]


WRONG = [
    pytest.param(o.wrong_sample(w), w, id=str(o.wrong_sample(w)))
    for o in OPERATIONS.values()
    for w in o.errors
]


@pytest.mark.parametrize(("sample", "wrong"), WRONG)
def test_wrong_calls(sample: Sample, wrong: Wrong) -> None:
    """Both wings refuse, with the same type of error; scratch names the argument."""
    with pytest.raises(wrong.raises):
        sample.on(TORCH)(*map(TORCH.tensor, sample.arrays))
    with pytest.raises(wrong.raises, match=f"(?s){wrong.match}"):
        sample.on(SCRATCH)(*map(scratch.tensor, sample.arrays))


def test_every_public_operation_has_a_row() -> None:
    """What `scratch` and `scratch.functional` offer is in the table, so that it is tested."""
    public = {**vars(scratch), **vars(scratch.functional)}
    names = {name for name, thing in public.items() if is_operation(thing)}
    assert names - set(OPERATIONS) == set()


def is_operation(thing: Any) -> bool:
    return isinstance(thing, types.FunctionType) and thing.__module__.split(".")[1] in (
        "operations", "activations", "losses", "linear", "special",
    )  # fmt: skip


def test_samples_are_the_same_for_the_same_seed() -> None:
    """And other numbers for another seed."""
    for operation in OPERATIONS.values():
        for a, b in zip(operation.samples(seed=3), operation.samples(seed=3), strict=True):
            for x, y in zip(a.arrays, b.arrays, strict=True):
                np.testing.assert_array_equal(x, y)
    first, second = (next(OPERATIONS["exp"].samples(seed=s)).arrays[0] for s in (0, 1))
    assert first != second


@every_dtype
def test_a_planted_mistake_is_found(dtype: str) -> None:
    """A derivative that is wrong by a factor 1.0005 does not pass, in either dtype."""

    @scratch.autograd.primitive
    def wrong_square(input: Array) -> Any:
        return input * input, lambda g: g * 2.001 * input

    def call(library: Library, x: Any) -> Any:
        return wrong_square(x) if library.name == "scratch" else x.square()

    row = Operation("square", call, OPERATIONS["square"].cases)
    with pytest.raises(AssertionError, match=r"gradient of .* differs in"):
        assert_all_twins((s, twins(s, dtype)) for s in row.samples(dtype))
