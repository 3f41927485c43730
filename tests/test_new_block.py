"""A block that no framework ships: right against autograd, and caught where it is written wrong.

The judge is PyTorch's autograd on x + sin²(a x) / a as it stands in the paper; neither wing's
handwritten derivative judges the other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from close import assert_close, assert_within

import gradtwin
import scratch
import torch_ref
from gradtwin import tolerance
from gradtwin.tolerance import Tolerance, drift, resolution

WINGS = [pytest.param(wing, id=wing.__name__) for wing in (scratch, torch_ref)]


def composed(input: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
    return input + torch.sin(a * input) ** 2 / a


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-3, 3, shape)


def tensor(wing: Any, values: Any, requires_grad: bool = True) -> Any:
    make = scratch.tensor if wing is scratch else torch.tensor
    return make(np.array(values, np.float64), requires_grad=requires_grad)


# ---- right ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "shapes",
    [((5, 3), (3,)), ((5, 3), ()), ((2, 4, 3), (3,)), ((3,), (3,)), ((), ()), ((0, 3), (3,))],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("wing", WINGS)
def test_value_and_gradients_are_those_of_autograd(
    wing: Any, shapes: tuple[tuple[int, ...], tuple[int, ...]], dtype: str
) -> None:
    gradtwin.assert_twins(
        gradtwin.side("scratch" if wing is scratch else "torch", wing.snake),
        composed,
        numbers(*shapes[0]),
        numbers(*shapes[1], seed=1),
        dtype=dtype,
    )


@pytest.mark.parametrize("wing", WINGS)
def test_second_derivatives(wing: Any) -> None:
    """Of (df/dx)² + (df/da)², summed: every second partial takes part."""

    def second(function: Callable[..., Any], wing: Any) -> list[np.ndarray]:
        x, a = tensor(wing, numbers(4, 3)), tensor(wing, [0.5, -1.0, 2.0])
        d_x, d_a = wing.autograd.grad(function(x, a).sum(), (x, a), create_graph=True)
        found = wing.autograd.grad((d_x * d_x).sum() + (d_a * d_a).sum(), (x, a))
        return [np.asarray(each.detach()) for each in found]

    for ours, theirs in zip(second(wing.snake, wing), second(composed, torch_ref)):
        # sums of at most 4 terms, each a product of some ten factors
        assert_close(ours, theirs, terms=4, layers=5, size=np.abs(theirs).max())


@pytest.mark.parametrize("wing", WINGS)
def test_without_frequency_it_is_the_identity(wing: Any) -> None:
    """At a = 0 the formula reads 0/0; its limits are f = x, df/dx = 1, df/da = x²."""
    x, a = tensor(wing, [-3.0, 0.0, 2.0]), tensor(wing, [0.0, 0.0, 0.0])
    y = wing.snake(x, a)
    y.sum().backward()
    assert y.tolist() == [-3.0, 0.0, 2.0]
    assert x.grad.tolist() == [1.0, 1.0, 1.0]
    assert a.grad.tolist() == [9.0, 0.0, 4.0]

    (d_x,) = wing.autograd.grad(wing.snake(x, a).sum(), x, create_graph=True)
    assert wing.autograd.grad(d_x.sum(), a)[0].tolist() == [-6.0, 0.0, 4.0]  # 2 x cos(2 a x)


@pytest.mark.parametrize("wing", WINGS)
def test_slope_keeps_its_digits_where_it_vanishes(wing: Any) -> None:
    """1 + sin(2 a x) around a x = -pi/4, where 1 + sin cancels and the square does not."""
    x = -np.pi / 4 + np.array([0.0, 1e-12, 1e-9, 1e-6, 1e-3])
    t = tensor(wing, x)
    wing.snake(t, tensor(wing, 1.0)).sum().backward()
    with mpmath.workdps(40):
        slope = np.array([float(1 + mpmath.sin(2 * mpmath.mpf(z))) for z in x])
        change = np.array([float(2 * mpmath.cos(2 * mpmath.mpf(z))) for z in x])
    eps = resolution("float64")
    allowed = Tolerance(terms=0).allowed(slope, eps=eps, unit=0, condition=np.abs(x * change))
    assert_within(t.grad, slope, allowed + eps**2)  # of the square that vanishes, a rounding's
    assert np.all(np.asarray(t.grad) >= 0)


# ---- wrong, and caught ------------------------------------------------------------------------

X, A = numbers(4, 3), np.array([0.5, -1.0, 2.0])
Z, R = A * X, np.sin(A * X) / A

# what is wrong: (argument, the wrong backward, what it gives for g)
WRONG: dict[str, tuple[str, Callable[..., Any], Callable[[np.ndarray], np.ndarray]]] = {
    "sign": (
        "input",
        lambda ctx, g: (-right(ctx, g)[0], right(ctx, g)[1]),
        lambda g: -g * (1 + np.sin(2 * Z)),
    ),
    "factor 2 of the square forgotten": (
        "input",
        lambda ctx, g: (g * (1 + z_of(ctx).sin() * z_of(ctx).cos()), right(ctx, g)[1]),
        lambda g: g * (1 + np.sin(Z) * np.cos(Z)),
    ),
    "incoming gradient forgotten": (
        "input",
        lambda ctx, g: (1 + (2 * z_of(ctx)).sin(), right(ctx, g)[1]),
        lambda g: 1 + np.sin(2 * Z),
    ),
    "wrong only for negative inputs": (
        "input",
        lambda ctx, g: (scratch.where(input_of(ctx) < 0, g, right(ctx, g)[0]), right(ctx, g)[1]),
        lambda g: np.where(X < 0, g, g * (1 + np.sin(2 * Z))),
    ),
    "second argument forgotten": (
        "a",
        lambda ctx, g: (right(ctx, g)[0], None),
        lambda g: np.zeros(3),
    ),
    "second argument: mean over the batch": (
        "a",
        lambda ctx, g: (right(ctx, g)[0], right(ctx, g)[1] / 4),
        lambda g: (g * R * (2 * X * np.cos(Z) - R)).mean(0),
    ),
    "second argument: only the last example": (
        "a",
        lambda ctx, g: (right(ctx, g)[0], d_a_of_each(ctx, g)[-1]),
        lambda g: (g * R * (2 * X * np.cos(Z) - R))[-1],
    ),
    "second argument: quotient rule without its second term": (
        "a",
        lambda ctx, g: (right(ctx, g)[0], (g * 2 * input_of(ctx) * z_of(ctx).cos()
                                           * z_of(ctx).sin() / ctx.saved_tensors[1]).sum(0)),
        lambda g: (g * R * 2 * X * np.cos(Z)).sum(0),
    ),
}  # fmt: skip


def right(ctx: Any, g: Any) -> Any:
    return scratch.Snake.backward(ctx, g)


def input_of(ctx: Any) -> Any:
    return ctx.saved_tensors[0]


def z_of(ctx: Any) -> Any:
    return ctx.saved_tensors[1] * ctx.saved_tensors[0]


def d_a_of_each(ctx: Any, g: Any) -> Any:
    """The gradient of a before it is summed over the batch."""
    x, a = ctx.saved_tensors
    r = z_of(ctx).sin() / a
    return g * r * (2 * x * z_of(ctx).cos() - r)


def with_backward(backward: Callable[..., Any]) -> Callable[..., Any]:
    """snake with another backward, as a function of tensors."""
    Wrong = type("Wrong", (scratch.Snake,), {"backward": staticmethod(backward)})

    def wrong(input: Any, a: Any) -> Any:
        return Wrong.apply(input, a)

    return wrong


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_backward_is_caught(mistake: str) -> None:
    """The report names the argument, the entry and both values; the other argument is right."""
    argument, backward, gives = WRONG[mistake]
    comparison = gradtwin.compare(with_backward(backward), composed, X, A)
    assert not comparison.ok
    assert comparison.outputs[0].ok
    wrong = {c.name: c for c in comparison.gradients}[f"gradient of {argument}"]
    assert [c.ok for c in comparison.gradients if c is not wrong] == [True]

    (g,) = comparison.upstream
    x, a = torch.tensor(X, requires_grad=True), torch.tensor(A, requires_grad=True)
    composed(x, a).backward(torch.tensor(g))
    theirs = np.asarray((x if argument == "input" else a).grad)
    ours = gives(g)
    size = np.abs(ours).max()
    assert_close(wrong.ours, ours, terms=4, size=size)
    allowed = tolerance.composed(theirs, terms=4, size=size)
    assert wrong.differing == np.sum(np.abs(ours - theirs) > allowed)
    assert wrong.differing == np.sum(np.abs(ours - theirs) > allowed / resolution("float32"))

    assert wrong.worst is not None
    entry = f"gradient of {argument}[{', '.join(map(str, wrong.worst))}]"
    at = ours[wrong.worst], theirs[wrong.worst]
    assert f"worst at {entry}: ours {at[0]:.6g}, theirs {at[1]:.6g}," in str(comparison)
    assert f"[values] gradient of {argument}" in str(comparison)
    (finding,) = comparison.findings
    assert finding.argument == f"gradient of {argument}"
    assert finding.detail["index"] == list(wrong.worst)
    # two formulas for the same number
    assert_close([finding.detail["ours"], finding.detail["theirs"]], at, terms=4, size=size)


def test_wrong_only_for_negative_inputs_is_found_there_and_hidden_elsewhere() -> None:
    wrong = with_backward(WRONG["wrong only for negative inputs"][1])
    comparison = gradtwin.compare(wrong, composed, X, A)
    index = comparison.gradients[0].worst
    assert index is not None
    assert X[index] < 0
    assert gradtwin.compare(wrong, composed, np.abs(X), A).ok


def test_a_gradient_that_is_not_summed_over_the_batch_is_refused_by_its_shape() -> None:
    wrong = with_backward(lambda ctx, g: (right(ctx, g)[0], d_a_of_each(ctx, g)))
    comparison = gradtwin.compare(wrong, composed, X, A)
    (finding,) = comparison.findings
    assert finding.kind == "raises"
    assert "gradient 1 has shape (4, 3), the argument (3,)" in finding.message

    # the same as plain numpy, where nobody refuses it
    def forward(input: np.ndarray, a: np.ndarray) -> np.ndarray:
        return input + np.sin(a * input) ** 2 / a

    def backward(g: np.ndarray, input: np.ndarray, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return g * (1 + np.sin(2 * Z)), g * R * (2 * X * np.cos(Z) - R)

    comparison = gradtwin.compare((forward, backward), composed, X, A)
    assert [(f.kind, f.argument) for f in comparison.findings] == [("shape", "gradient of a")]
    assert "ours (4, 3), theirs (3,)" in str(comparison)


def test_a_wrong_backward_of_the_torch_wing_is_caught_as_well() -> None:
    class Wrong(torch_ref.Snake):
        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            d_input, d_a = torch_ref.Snake.backward(ctx, g)
            return d_input, -d_a

    comparison = gradtwin.compare(scratch.snake, Wrong.apply, X, A)
    assert [f.argument for f in comparison.findings] == ["gradient of a"]


@pytest.mark.parametrize("wing", WINGS)
def test_a_saved_intermediate_is_right_once_and_wrong_in_the_second_derivative(wing: Any) -> None:
    """Why forward saves its arguments only: r was computed where nothing is recorded."""

    class Wrong(wing.Snake):
        @staticmethod
        def forward(ctx: Any, input: Any, a: Any) -> Any:
            r = (a * input).sin() / a
            ctx.save_for_backward(input, a, r)
            return input + (a * input).sin() * r

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            input, a, r = ctx.saved_tensors
            return g * (1 + 2 * a * r * (a * input).cos()), None

    first, second = [], []
    for block in (Wrong, wing.Snake):
        x = tensor(wing, 0.7)
        (d,) = wing.autograd.grad(block.apply(x, tensor(wing, 2.0)), x, create_graph=True)
        first.append(d.item())
        second.append(wing.autograd.grad(d, x)[0].item())
    sin, cos = np.sin(1.4), np.cos(1.4)
    assert_close(first, [1 + 2 * sin * cos] * 2, terms=4)
    # the two paths of 2 sin cos: with r held still, only that of cos is left
    assert_close(second, [-4 * sin**2, 4 * (cos**2 - sin**2)], terms=4)


# ---- used -------------------------------------------------------------------------------------


def test_a_network_with_it_learns_a_wave_in_both_wings() -> None:
    """sin(2x) on [-4, 4]; parameters, frequencies and losses stay together step after step."""
    X = np.linspace(-4, 4, 40)[:, None]
    y = np.sin(2 * X)
    found = []
    for wing in (scratch, torch_ref):
        net = wing.FullyConnected([1, 8, 1], activation=wing.SnakeActivation(8))
        start = np.asarray(net.activation.a.detach()).copy()
        optimizer = wing.optimizers.Adam(net.parameters(), lr=0.02)
        history = wing.fit(
            net, X, y, wing.functional.mse_loss, epochs=200, mode="batch", optimizer=optimizer
        )
        state = {name: np.asarray(each) for name, each in net.state_dict().items()}
        assert history.loss[-1] < history.loss[0] / 20
        moved = state["activation.a"].round(2) != start.round(2)
        assert moved.all()  # every frequency
        found.append((state, history.loss))

    (ours, our_loss), (theirs, their_loss) = found
    assert list(ours) == list(theirs)
    # 40 examples; Adam divides by the root of a mean square, which repeats the rounding of g
    allowed = drift(200, terms=2 * 40, dtype="float64")
    for name, array in ours.items():
        size = np.abs(theirs[name]).max()
        assert_within(array, theirs[name], allowed * size, name)
    assert_within(our_loss, their_loss, allowed * max(their_loss))


@pytest.mark.parametrize("wing", WINGS)
def test_one_frequency_for_all_neurons(wing: Any) -> None:
    net = wing.FullyConnected([2, 5, 3, 1], activation=wing.SnakeActivation(init=0.5))
    net(tensor(wing, numbers(4, 2), requires_grad=False)).sum().backward()
    assert tuple(net.activation.a.grad.shape) == ()
    assert abs(float(net.activation.a.grad)) > 0


# ---- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize("wing", WINGS)
def test_bad_input(wing: Any) -> None:
    x = tensor(wing, numbers(5, 3))
    with pytest.raises(RuntimeError, match=r"a has shape \(5,\), expected \(\) or \(3,\)"):
        wing.snake(x, tensor(wing, numbers(5)))
    single = scratch.tensor(1.0, dtype="float32") if wing is scratch else torch.tensor(1.0)
    with pytest.raises(RuntimeError, match="a has dtype float32, input float64"):
        wing.snake(x, single)
    with pytest.raises(TypeError, match="a must be a tensor, got float"):
        wing.snake(x, 2.0)
    with pytest.raises(ValueError, match="features: expected 1 or more, or None, got 0"):
        wing.SnakeActivation(0)
    with pytest.raises(TypeError, match="features: expected an integer"):
        wing.SnakeActivation(2.0)
    with pytest.raises(ValueError, match="init: expected a finite number, got nan"):
        wing.SnakeActivation(init=float("nan"))
    with pytest.raises(TypeError, match="init: expected a number"):
        wing.SnakeActivation(init="1")
    with pytest.raises(ValueError, match="dtype: expected 'float32' or 'float64', got 'int64'"):
        wing.SnakeActivation(dtype="int64")
