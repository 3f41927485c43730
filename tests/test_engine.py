"""The promises of the engine: recording, the walk back, and what it refuses."""

from __future__ import annotations

import gc
import math
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from close import assert_close

import scratch
from scratch.autograd import grad
from scratch.autograd.grad_mode import blocks


def leaf(*numbers: float) -> scratch.Tensor:
    return scratch.tensor(list(numbers), requires_grad=True)


def same_as_torch(function: Callable[..., Any], *arrays: Any) -> None:
    """Value and gradients of the function of the arrays, with scratch and with torch."""
    ours = [scratch.tensor(np.array(a, float), requires_grad=True) for a in arrays]
    theirs = [torch.tensor(np.array(a, float), requires_grad=True) for a in arrays]
    y, expected = function(*ours), function(*theirs)
    y.sum().backward()
    expected.sum().backward()
    np.testing.assert_array_equal(y.data, expected.detach().numpy())
    for t, u in zip(ours, theirs):
        np.testing.assert_array_equal(t.grad, u.grad.numpy())


# ---- a value that is used more than once ----------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x + x,
        lambda x: x * x,
        lambda x: x * x * x + x,
        lambda x: (x * 2) * (x * 2),
        lambda x: sum([x] * 10),
    ],
    ids=["x + x", "x * x", "cubic", "shared", "ten times"],
)
def test_tensor_used_twice(function: Callable[..., Any]) -> None:
    same_as_torch(function, [1.5, -2.0, 0.0])


def test_shared_subexpression() -> None:
    """b reaches c on two paths: each node is walked once, with all of its gradient."""

    def diamond(x: Any) -> Any:
        b = x * x
        return b * x + b * 3 + b

    same_as_torch(diamond, [2.0, -1.0])


def test_deep_diamonds_are_walked_once() -> None:
    """Sixty diamonds in a row have 2**60 paths; a walk along paths would never end."""
    x = leaf(1.0)
    y = x
    for _ in range(60):
        y = y * 0.5 + y * 0.5
    y.backward()
    np.testing.assert_array_equal(x.grad, [1.0])


def test_order_of_creation_is_not_order_of_use() -> None:
    """A node made early may be used last, beside much newer ones."""

    def late(x: Any) -> Any:
        early = x * 3
        new = x
        for _ in range(5):
            new = new * 2
        return (new + x) * early

    same_as_torch(late, [1.5, 2.0])


def test_same_tensor_as_both_arguments() -> None:
    x = scratch.tensor(np.arange(4.0).reshape(2, 2), requires_grad=True)
    y = torch.tensor(np.arange(4.0).reshape(2, 2), requires_grad=True)
    (x @ x).sum().backward()
    (y @ y).sum().backward()
    np.testing.assert_array_equal(x.grad, y.grad.numpy())


# ---- .grad ----------------------------------------------------------------------------------


def test_gradients_accumulate_until_reset() -> None:
    x = leaf(1.0, 2.0)
    (x * 3).sum().backward()
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [5.0, 7.0])
    x.grad = None
    (x * 3).sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0, 3.0])


def test_only_leaves_that_ask_get_a_gradient() -> None:
    x, constant = leaf(1.0), scratch.tensor([2.0])
    middle = x * constant
    (middle * 3).backward()
    assert middle.grad is None
    assert constant.grad is None
    np.testing.assert_array_equal(x.grad, [6.0])


def test_backward_of_a_leaf_is_its_own_gradient() -> None:
    x = leaf(5.0)
    x.backward()
    x.backward(np.array([2.0]))
    np.testing.assert_array_equal(x.grad, [3.0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_grad_has_shape_and_dtype_of_its_tensor(dtype: str) -> None:
    x = scratch.tensor(np.ones((2, 3), dtype), requires_grad=True)
    (x * 2).mean().backward()
    assert x.grad is not None
    assert x.grad.dtype == dtype
    assert x.grad.shape == (2, 3)


def test_a_failing_walk_leaves_every_grad_as_it_was() -> None:
    """The first partials have run when the last one fails; nothing of it is seen."""

    class Fails(scratch.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            raise ZeroDivisionError("in the middle of the walk")

    x, w = leaf(1.0), leaf(2.0)
    (x * w).backward()
    before = x.grad, w.grad
    loss = Fails.apply(x) + w  # w is newer than Fails: its gradient is found first
    with pytest.raises(ZeroDivisionError, match="in the middle"):
        (loss * 1.0).backward()
    assert x.grad is before[0]
    assert w.grad is before[1]
    np.testing.assert_array_equal(w.grad, [1.0])


# ---- what backward needs --------------------------------------------------------------------


def test_backward_needs_a_gradient_unless_there_is_one_element() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"gradient is needed for a tensor of shape \(2,\)"):
        (x * 2).backward()
    (x * 2).backward(np.array([1.0, 10.0]))
    np.testing.assert_array_equal(x.grad, [2.0, 20.0])


@pytest.mark.parametrize("gradient", [np.ones(3), np.ones((2, 1)), 1.0, np.ones((1, 2))])
def test_backward_refuses_a_gradient_of_another_shape(gradient: Any) -> None:
    """Also one that would broadcast."""
    with pytest.raises(RuntimeError, match=r"gradient of shape .* for a tensor of shape \(2,\)"):
        (leaf(1.0, 2.0) * 2).backward(gradient)


def test_backward_without_a_graph() -> None:
    with pytest.raises(RuntimeError, match="no graph"):
        scratch.tensor([1.0]).backward()
    with pytest.raises(RuntimeError, match="no graph"):
        (scratch.tensor([1.0]) * 2).backward()


def test_backward_twice_needs_the_graph_kept() -> None:
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_array_equal(x.grad, [12.0])
    with pytest.raises(RuntimeError, match=r"second time.*retain_graph"):
        y.backward()
    np.testing.assert_array_equal(x.grad, [12.0])


def test_part_of_a_freed_graph() -> None:
    """A second loss over a part whose first loss was derived."""
    x = leaf(3.0)
    shared = x * x
    (shared * 2).backward()
    with pytest.raises(RuntimeError, match="second time"):
        (shared * 3).backward()


def test_integers_cannot_require_a_gradient() -> None:
    with pytest.raises(RuntimeError, match=r"floating point.*int64"):
        scratch.tensor([1, 2], requires_grad=True)
    with pytest.raises(RuntimeError, match="floating point"):
        scratch.tensor([True]).requires_grad_()


# ---- changes in place -----------------------------------------------------------------------


def test_a_leaf_changed_after_use_is_noticed() -> None:
    """The partial would multiply by the new numbers: PyTorch raises too."""
    x = leaf(2.0)
    y = x * x
    with scratch.no_grad():
        x -= 0.5
    with pytest.raises(RuntimeError, match=r"changed in place after mul used it"):
        y.backward()
    assert x.grad is None


def test_a_leaf_changed_by_index_after_use_is_noticed() -> None:
    x = leaf(2.0, 3.0)
    y = (x * x).sum()
    with scratch.no_grad():
        x[0] = 7.0
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_a_leaf_changed_before_use_is_fine() -> None:
    x = leaf(2.0)
    with scratch.no_grad():
        x *= 2.0
    (x * x).backward()
    np.testing.assert_array_equal(x.grad, [8.0])


def test_a_leaf_cannot_be_changed_while_recording() -> None:
    x = leaf(2.0)
    with pytest.raises(RuntimeError, match="leaf"):
        x += 1.0
    with pytest.raises(RuntimeError, match="corrupt"):
        x[0] = 1.0
    np.testing.assert_array_equal(x.data, [2.0])


def test_augmented_assignment_in_a_graph_is_a_new_tensor() -> None:
    x = leaf(2.0)
    y = x * 3
    kept = y
    y += 1.0
    y *= y
    assert kept is not y
    np.testing.assert_array_equal(kept.data, [6.0])
    y.backward()
    np.testing.assert_array_equal(x.grad, [42.0])  # 2 (3x + 1) 3


def test_tensor_copies_the_array_it_is_made_from() -> None:
    array = np.array([1.0, 2.0])
    x = scratch.tensor(array, requires_grad=True)
    y = (x * x).sum()
    array[:] = 100.0
    y.backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])


# ---- recording off and on -------------------------------------------------------------------


def test_no_grad_and_enable_grad_nest() -> None:
    x = leaf(1.0)
    assert scratch.is_grad_enabled()
    with scratch.no_grad():
        assert not (x * 2).requires_grad
        with scratch.enable_grad():
            assert (x * 2).requires_grad
        assert not scratch.is_grad_enabled()
    assert scratch.is_grad_enabled()


def test_no_grad_ends_with_an_exception() -> None:
    with pytest.raises(KeyError), scratch.no_grad():
        raise KeyError
    assert scratch.is_grad_enabled()


def test_no_grad_as_decorator_and_reentered() -> None:
    @scratch.no_grad()
    def twice(x: scratch.Tensor) -> scratch.Tensor:
        return x * 2

    assert not twice(leaf(1.0)).requires_grad
    once = scratch.no_grad()
    with once, once:
        pass
    assert scratch.is_grad_enabled()


def test_no_grad_holds_in_its_thread_only() -> None:
    found = []

    def elsewhere() -> None:
        found.append((scratch.is_grad_enabled(), (leaf(1.0) * 2).requires_grad))

    with scratch.no_grad():
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        assert not (leaf(1.0) * 2).requires_grad
    assert found == [(True, True)]


def test_no_grad_goes_on_where_a_block_of_another_thread_ends() -> None:
    entered, left = threading.Event(), threading.Event()

    def elsewhere() -> None:
        with scratch.no_grad():
            entered.set()
            left.wait(10)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    entered.wait(10)
    with scratch.no_grad():
        left.set()
        thread.join()
        assert not (leaf(1.0) * 2).requires_grad
    assert (leaf(1.0) * 2).requires_grad


def test_no_block_stays_open_after_an_error() -> None:
    before = blocks.open
    with pytest.raises(ZeroDivisionError), scratch.no_grad():
        raise ZeroDivisionError
    assert blocks.open == before
    assert (leaf(1.0) * 2).requires_grad


def test_detach_cuts_the_graph_and_copies_the_data() -> None:
    x = leaf(2.0)
    y = x * 3
    assert y.detach().data == y.data
    assert not np.shares_memory(y.detach().data, y.data)
    (y.detach() * x).backward()
    np.testing.assert_array_equal(x.grad, [6.0])


# ---- long chains ----------------------------------------------------------------------------

LONG = 100_000


def chain(x: scratch.Tensor) -> scratch.Tensor:
    for _ in range(LONG):
        x = x + 1.0
    return x


def test_long_chain_forward_backward_and_dropped() -> None:
    """No recursion: Python's limit is 1,000 calls, and C's stack ends some 10,000s deep."""
    x = leaf(0.0)
    y = chain(x)
    assert y.item() == LONG
    y.backward()
    np.testing.assert_array_equal(x.grad, [1.0])
    del y


def test_long_chain_dropped_without_backward() -> None:
    y = chain(leaf(0.0))
    node = weakref.ref(y.grad_fn)
    del y
    assert node() is None


def test_long_chain_with_create_graph() -> None:
    """A fifth of the length, since the graph of the gradient is several times as large."""
    x = leaf(1.0)
    y = x
    for _ in range(LONG // 5):
        y = y * 1.0
    (first,) = grad(y * x, x, create_graph=True)
    (second,) = grad(first, x)
    assert (first.item(), second.item()) == (2.0, 2.0)
    del y, first, second


def test_wide_sum() -> None:
    """One tensor used by 100,000 operations."""
    x = leaf(1.0)
    total = scratch.tensor([0.0])
    for _ in range(LONG):
        total = total + x
    total.backward()
    np.testing.assert_array_equal(x.grad, [float(LONG)])


# ---- memory ---------------------------------------------------------------------------------


@pytest.fixture
def collector_off() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def network(x: scratch.Tensor, w: scratch.Tensor) -> scratch.Tensor:
    h = scratch.functional.softmax(scratch.functional.linear(x, w).tanh() * x[:, :3], dim=1)
    total: scratch.Tensor = scratch.cat([h, h * 2]).exp().mean()
    return total


@pytest.mark.usefixtures("collector_off")
@pytest.mark.parametrize("derived", ["no", "backward", "create_graph", "function"])
def test_no_reference_cycle(derived: str) -> None:
    """A dropped graph is freed at once, without the collector."""
    rng = np.random.default_rng(0)
    x = scratch.tensor(rng.normal(size=(4, 3)), requires_grad=True)
    w = scratch.tensor(rng.normal(size=(3, 3)), requires_grad=True)
    loss = network(x, w)
    if derived == "function":
        loss = Cube.apply(loss)
    node = weakref.ref(loss.grad_fn)
    if derived == "backward":
        loss.backward()
    elif derived == "create_graph":
        (first,) = grad(loss, w, create_graph=True)
        (second,) = grad(first.sum(), w, create_graph=True)
        del first, second
    elif derived == "function":
        loss.backward()
    del loss
    assert node() is None
    assert gc.collect() == 0


@pytest.mark.usefixtures("collector_off")
def test_backward_frees_what_it_saved() -> None:
    """After backward the arrays of inner values are gone, though the loss is still held."""
    x = leaf(*(float(i) for i in range(10)))
    y = x * 2
    saved = weakref.ref(y.data)
    loss = (y * y).sum()
    del y
    assert saved() is not None
    loss.backward()
    assert saved() is None


# ---- grad -----------------------------------------------------------------------------------


def test_grad_touches_no_dot_grad() -> None:
    x = leaf(3.0)
    (d,) = grad(x * x, x)
    assert d.item() == 6.0
    assert not d.requires_grad
    assert x.grad is None


def test_grad_of_inner_tensors_and_several_inputs() -> None:
    x, w = leaf(3.0), leaf(5.0)
    y = x * w
    z = y * y
    dy, dw, dx = grad(z, [y, w, x])
    assert (dy.item(), dw.item(), dx.item()) == (30.0, 90.0, 150.0)


def test_grad_of_what_takes_no_part() -> None:
    x, w = leaf(1.0), leaf(1.0)
    with pytest.raises(RuntimeError, match=r"inputs\[1\] takes no part"):
        grad(x * 2, [x, w])
    with pytest.raises(RuntimeError, match=r"inputs\[0\] does not require grad"):
        grad(leaf(1.0) * 2, scratch.tensor([1.0]))
    with pytest.raises(TypeError, match=r"inputs\[0\]: expected a Tensor"):
        grad(leaf(1.0) * 2, [np.ones(1)])


def test_derivatives_up_to_order_five() -> None:
    """x**5 by repeated grad: 5x^4, 20x^3, 60x^2, 120x, 120."""
    x = scratch.tensor(2.0, requires_grad=True)
    y = x**5
    found = []
    for _ in range(5):
        (y,) = grad(y, x, create_graph=True)
        found.append(y.item())
    assert found == [80.0, 160.0, 240.0, 240.0, 120.0]


def test_gradient_penalty_trains_as_in_torch() -> None:
    """backward through a gradient: the norm of d loss / d x as part of a loss."""
    X, W = np.random.default_rng(0).normal(size=(2, 3, 3))
    x, w = scratch.tensor(X, requires_grad=True), scratch.tensor(W, requires_grad=True)
    (d,) = grad((x @ w).tanh().sum(), x, create_graph=True)
    (d * d).sum().backward()
    u, v = torch.tensor(X, requires_grad=True), torch.tensor(W, requires_grad=True)
    (e,) = torch.autograd.grad((u @ v).tanh().sum(), u, create_graph=True)
    (e * e).sum().backward()
    # sums of 3, 3 and 9 terms that cancel: an entry is as exact as its largest terms allow
    assert_close(w.grad, v.grad, terms=9, size=v.grad.abs().max().item())
    assert_close(x.grad, u.grad, terms=9, size=u.grad.abs().max().item())


# ---- a block whose derivative the user writes -----------------------------------------------


class Cube(scratch.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


def test_function() -> None:
    x = leaf(2.0, -1.0)
    y = Cube.apply(x)
    assert y.grad_fn is not None
    y.backward(np.array([1.0, 10.0]))
    np.testing.assert_array_equal(x.grad, [12.0, 30.0])


def test_function_can_be_derived_twice() -> None:
    x = leaf(2.0)
    (first,) = grad(Cube.apply(x), x, create_graph=True)
    (second,) = grad(first, x)
    assert (first.item(), second.item()) == (12.0, 12.0)


def test_function_is_not_recorded_under_no_grad() -> None:
    with scratch.no_grad():
        assert not Cube.apply(leaf(2.0)).requires_grad
    assert not Cube.apply(scratch.tensor([2.0])).requires_grad


def test_function_with_several_arguments() -> None:
    """An option among the tensors, and None for what has no gradient."""

    class Scaled(scratch.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, factor: float, y: Any) -> Any:
            ctx.factor = factor
            return x * factor + y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.factor, None, g

    x, y = leaf(1.0), leaf(2.0)
    Scaled.apply(x, 4.0, y).backward()
    assert (x.grad, y.grad) == ([4.0], [1.0])


def test_function_with_a_wrong_backward() -> None:
    class TooMany(Cube):
        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g, g

    class WrongShape(Cube):
        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g.sum()

    with pytest.raises(RuntimeError, match=r"TooMany.backward: expected 1 gradients.*got 2"):
        TooMany.apply(leaf(1.0)).backward()
    with pytest.raises(RuntimeError, match=r"WrongShape.backward: gradient 0 has shape \(\)"):
        WrongShape.apply(leaf(1.0, 2.0)).sum().backward()


# ---- Python's and numpy's protocols ---------------------------------------------------------


def test_numpy_functions_record() -> None:
    x = leaf(0.5)
    for function in (np.exp, np.sin, np.sqrt, np.square, np.log1p):
        y = function(x)
        assert isinstance(y, scratch.Tensor)
        assert y.requires_grad


def test_numpy_arrays_beside_tensors() -> None:
    """An array on the left must not swallow the tensor element by element."""
    x = leaf(1.0, 2.0)
    for y in (np.array([3.0, 4.0]) * x, np.float64(3.0) + x, np.ones((2, 2)) @ x):
        assert isinstance(y, scratch.Tensor)
        assert y.requires_grad


@pytest.mark.parametrize(
    "function", [np.arctan, np.median, np.add.accumulate, lambda t: np.exp(t, out=np.zeros(1))]
)
def test_numpy_functions_that_would_not_record_are_refused(function: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=r"would not be recorded"):
        function(leaf(1.0))


def test_math_functions_say_which_to_use() -> None:
    with pytest.raises(TypeError, match=r"scratch\.exp"):
        math.exp(leaf(1.0))
    assert math.exp(scratch.tensor([0.0])) == 1.0


def test_leaving_the_graph_must_be_said() -> None:
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        x.numpy()
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        np.asarray(x)
    np.testing.assert_array_equal(x.detach().numpy(), [1.0])
    assert x.item() == 1.0


def test_repr() -> None:
    assert repr(scratch.tensor([1.0, 2.5])) == "tensor([1. , 2.5])"
    assert repr(leaf(1.0)) == "tensor([1.], requires_grad=True)"
    assert repr(leaf(1.0) * 2) == "tensor([2.], grad_fn=<mul>)"
    assert repr(scratch.tensor([1], dtype="float32")) == "tensor([1.], dtype=float32)"
    assert repr(scratch.tensor(np.zeros((0, 2)))) == "tensor([], shape=(0, 2), dtype=float64)"
    assert f"{scratch.tensor(2.0):.2f}" == "2.00"


def test_truth_length_and_iteration() -> None:
    x = leaf(1.0, 2.0)
    assert len(x) == 2
    assert [t.item() for t in x] == [1.0, 2.0]
    assert bool(scratch.tensor([3.0]))
    with pytest.raises(RuntimeError, match="ambiguous"):
        bool(x)
    with pytest.raises(TypeError, match="0-d"):
        len(scratch.tensor(1.0))
    with pytest.raises(ValueError, match=r"one element.*\(2,\)"):
        x.item()


def test_tensors_are_hashed_by_identity() -> None:
    x, y = leaf(1.0), leaf(1.0)
    assert len({x, y, x}) == 2


@pytest.mark.parametrize(
    ("data", "dtype"),
    [(1.5, "float64"), ([1, 2], "int64"), (True, "bool"), (np.float32([1.0]), "float32")],
)
def test_dtype_of_the_data(data: Any, dtype: str) -> None:
    assert scratch.tensor(data).dtype == dtype


@pytest.mark.parametrize("data", ["a", [[1.0], [1.0, 2.0]], [1j], None, [object()]])
def test_data_that_are_not_numbers(data: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="data: expected"):
        scratch.tensor(data)


def test_operations_name_what_they_are_given() -> None:
    """A list is refused, as in PyTorch: it would be copied again at each call."""
    with pytest.raises(TypeError, match=r"exp: input: expected a .* got list"):
        scratch.exp([1.0])
    with pytest.raises(TypeError, match=r"mul: .*got str 'a'"):
        leaf(1.0) * "a"


def test_an_optimizer_does_not_change_what_was_detached() -> None:
    w, x = leaf(1.0, 2.0), leaf(3.0, 4.0)
    loss = (x * w.detach()).sum()
    w.grad = np.ones(2)
    scratch.optimizers.SGD([w], lr=1.0).step()
    loss.backward()
    assert w.data.tolist() == [0.0, 1.0]
    assert x.grad is not None
    assert x.grad.tolist() == [1.0, 2.0]


def test_a_torch_tensor_becomes_a_scratch_tensor() -> None:
    made = scratch.tensor(torch.tensor([1.0, 2.0], dtype=torch.float32))
    assert made.tolist() == [1.0, 2.0]
    assert made.dtype == np.float32


@pytest.mark.parametrize("operation", [scratch.add, scratch.sub])
def test_alpha_is_a_number_and_an_integer_beside_integers(operation: Any) -> None:
    with pytest.raises(TypeError, match="alpha: expected a number, got 'two'"):
        operation(leaf(1.0), leaf(2.0), alpha="two")
    with pytest.raises(RuntimeError, match=r"alpha: expected an integer .* got 0\.5"):
        operation(scratch.tensor([1]), scratch.tensor([2]), alpha=0.5)
    with pytest.raises(RuntimeError, match="alpha must not be a floating point"):
        getattr(torch, operation.__name__)(torch.tensor([1]), torch.tensor([2]), alpha=0.5)


@pytest.mark.parametrize(
    "view",
    [
        lambda w: w.detach(),
        lambda w: w.reshape(2, 1).detach(),
        lambda w: w.T.detach(),
        lambda w: scratch.no_grad()(lambda: w[:])(),
        lambda w: scratch.no_grad()(lambda: w.reshape(2))(),
    ],
    ids=["detach", "reshape", "T", "slice", "reshape-no-grad"],
)
def test_no_view_of_a_parameter_follows_an_optimizer(view: Callable[..., Any]) -> None:
    w, x = leaf(3.0, 4.0), leaf(1.0, 1.0)
    seen = view(w).reshape(2)
    loss = (seen * x).sum()
    w.grad = np.ones(2)
    scratch.optimizers.SGD([w], lr=1.0).step()
    loss.backward()
    assert seen.tolist() == [3.0, 4.0]
    assert x.grad is not None
    assert x.grad.tolist() == [3.0, 4.0]


def test_a_write_into_what_was_detached_or_viewed_reaches_no_graph() -> None:
    w = leaf(3.0, 4.0)
    h = w * 1.0
    loss, z = (h * h).sum(), h.detach()
    z[0] = 100.0
    loss.backward()
    assert w.grad is not None
    assert w.grad.tolist() == [6.0, 8.0]
    c, q = scratch.tensor([[1.0, 2.0]]), leaf(1.0, 1.0)
    loss = (c.T.reshape(2) * q).sum()
    c[0] = 50.0
    loss.backward()
    assert q.grad is not None
    assert q.grad.tolist() == [1.0, 2.0]


def test_arguments_are_named() -> None:
    with pytest.raises(TypeError, match=r"mul: other: expected .* got torch\.Tensor"):
        leaf(1.0) * torch.ones(1)
    with pytest.raises(TypeError, match=r"matmul: input: expected .* got list"):
        scratch.matmul([1.0], leaf(1.0))
    with pytest.raises(TypeError, match="requires_grad: expected True or False, got 'yes'"):
        scratch.tensor([1.0], requires_grad="yes")  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match=r"data: expected numbers .* Tensor"):
        scratch.tensor(torch.ones(1, requires_grad=True))
    with pytest.raises(TypeError, match="output: expected a Tensor, got str 'a'"):
        grad("a", leaf(1.0))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"int\(\) of a tensor that requires grad"):
        int(leaf(1.0))
    with pytest.raises(ValueError, match="argmax: input: expected at least one element"):
        scratch.argmax(scratch.tensor(np.empty(0)))
