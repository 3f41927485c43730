"""`compare`: each finding provoked once, the numbers of a report, and the inputs it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gradtwin.compare import Comparison, assert_twins, compare
from gradtwin.findings import KINDS, Finding

X = np.array([[0.5, -1.5, 2.0], [-1.0, 0.25, -0.75]])
Y = np.array([[1.0, 0.5, -2.0], [3.0, 0.1, 0.2]])


def relu(x: Any) -> Any:
    return np.maximum(x, 0)


def relu_backward(g: Any, x: Any) -> Any:
    return g * (x > 0)


def kinds(result: Comparison) -> list[str]:
    return [f.kind for f in result.findings]


def only(result: Comparison, kind: str) -> Finding:
    """The one finding of this kind, which must also be in the report."""
    (finding,) = result.of(kind)
    assert f"[{kind}]" in str(result)
    return finding


# Twins


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_twins(dtype: str) -> None:
    result = compare((relu, relu_backward), torch.relu, X, dtype=dtype)
    assert result.ok
    assert bool(result)
    assert not result.findings
    assert str(result).startswith("Twins")
    assert result.dtype == dtype
    assert result.outputs[0].max_ulp == 0
    assert result.gradients[0].name == "gradient of x"


def test_both_sides_get_the_same_uneven_upstream_gradient() -> None:
    seen = []

    def backward(g: Any, x: Any) -> Any:
        seen.append(g.copy())
        return relu_backward(g, x)

    compare((relu, backward), torch.relu, X, seed=3)
    compare((relu, backward), torch.relu, X, seed=4)
    g = seen[0]
    assert len(np.unique(np.abs(g))) == g.size
    assert (g > 0).any()
    assert (g < 0).any()
    assert np.abs(g).min() >= 0.5
    assert not np.array_equal(g, seen[len(seen) // 2])      # another seed, another gradient


def test_special_values_agree_in_their_places() -> None:
    x = [np.nan, np.inf, -np.inf, -0.0, 0.0, 1.0]
    pair = lambda x: x * 1, lambda g, x: g * 1
    assert compare(pair, lambda x: x * 1, x).ok
    negative_zero = lambda x: np.where(x == 0, -0.0, x), lambda g, x: g * 1
    assert compare(negative_zero, lambda x: x * 1, x).ok


@pytest.mark.parametrize(
    ("ours", "theirs"), [(np.nan, 1.0), (1.0, np.nan), (np.inf, -np.inf), (np.inf, 1e308),
                         (1e308, np.inf)]
)
def test_special_values_in_other_places_differ(ours: float, theirs: float) -> None:
    pair = (
        lambda x: np.array([1.0, ours]) + 0 * x, lambda g, x: 0 * g,
    )
    result = compare(pair, lambda x: torch.tensor([1.0, theirs], dtype=x.dtype) + 0 * x, [1.0, 1.0])
    output = result.outputs[0]
    assert (output.differing, output.worst) == (1, (1,))
    assert output.max_absolute == np.inf


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_empty_arrays(shape: tuple[int, ...]) -> None:
    result = compare((relu, relu_backward), torch.relu, np.zeros(shape))
    assert result.ok
    assert str(result)
    total = lambda x: x.sum(), lambda g, x: np.full_like(x, g)
    assert compare(total, torch.sum, np.zeros(shape)).ok


def test_a_view_with_strides() -> None:
    x = np.arange(24.0).reshape(4, 6)[::-2, ::3].T
    assert compare((relu, relu_backward), torch.relu, x).ok


def test_inputs_are_left_alone() -> None:
    x = X.copy()

    def forward(x: Any) -> Any:
        x *= 2
        return x

    compare((forward, lambda g, x: g), lambda x: x.mul_(2) if not x.requires_grad else 2 * x, x)
    assert np.array_equal(x, X)


def test_the_clean_path_runs_each_torch_side_once() -> None:
    calls = []

    def counted(x: Any) -> Any:
        calls.append(1)
        return torch.relu(x)

    compare(counted, torch.relu, X)
    assert len(calls) == 1


def test_importing_compare_does_not_import_torch() -> None:
    code = "import sys, gradtwin.counterexample; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# Values


def test_the_numbers_of_a_difference() -> None:
    def forward(x: Any) -> Any:
        out = x * 1
        out[1, 2] += 2.0**-20
        out[0, 0] += 2.0**-30
        return out

    result = compare((forward, lambda g, x: g * 1), lambda x: x * 1, X)
    output = result.outputs[0]
    assert not result.ok
    assert (output.differing, output.elements, output.worst) == (2, 6, (1, 2))
    assert output.max_absolute == 2.0**-20
    assert output.max_relative == 2.0**-20 / 0.75
    assert output.max_ulp == 2.0**33                        # one ULP of 0.75 is 2^-53
    assert output.max_units == 2.0**32                      # eps max(1, 0.75) is 2^-52
    assert (output.ours_at_worst, output.theirs_at_worst) == (-0.75 + 2.0**-20, -0.75)
    assert output.allowed_at_worst is not None
    assert 0 < output.allowed_at_worst < 1e-14
    report = str(result)
    assert "2 of 6 elements" in report
    assert "output[1, 2]" in report
    assert only(result, "values").detail["index"] == [1, 2]


@pytest.mark.parametrize(
    ("backward", "pattern"),
    [
        (lambda g, x: -relu_backward(g, x), "opposite sign"),
        (lambda g, x: 0.25 * relu_backward(g, x), "0.25 times theirs"),
        (lambda g, x: 0 * g, "0 everywhere"),
        (lambda g, x: relu_backward(g, x) * np.where(x > 1, np.nan, 1), "NaN"),
        (lambda g, x: relu_backward(g, x) + np.where(x > 1, np.inf, 0), "infinite"),
        (lambda g, x: relu_backward(g, x).T, "transposed"),
    ],
)
def test_what_the_numbers_have_in_common(backward: Any, pattern: str) -> None:
    x = np.array([[1.5, 0.5, -1.0], [0.2, 3.0, 4.0], [-2.0, 0.75, 1.0]])
    result = compare((relu, backward), torch.relu, x)
    assert pattern in only(result, "values").detail["pattern"]


# One test a kind of finding: `test_every_kind_is_provoked` counts them.

PROVOKED = set()


def provokes(kind: str) -> Callable[[Any], Any]:
    PROVOKED.add(kind)
    return lambda test: test


@provokes("values")
def test_values() -> None:
    result = compare((relu, lambda g, x: 2 * relu_backward(g, x)), torch.relu, X)
    assert only(result, "values").argument == "gradient of x"
    assert result.outputs[0].ok
    assert kinds(result) == ["values"]


@provokes("shape")
def test_a_shape_that_broadcasting_hides() -> None:
    """(n,) minus (n, 1) is (n, n): the best-known silent mistake of a loss."""
    pair = lambda x: x.reshape(-1, 1), lambda g, x: g.reshape(-1)
    result = compare(pair, lambda x: x * 1, [1.0, 2.0, 3.0])
    finding = only(result, "shape")
    assert finding.detail["broadcast"] == [3, 3]
    assert finding.detail["equal_after"] == "reshape to (3,)"
    assert "(3, 1)" in finding.message
    assert "(3, 3)" in finding.message
    assert result.gradients[0].ok                           # compared all the same


def test_a_bias_gradient_that_is_not_summed() -> None:
    pair = lambda x, b: x + b, lambda g, x, b: (g * 1, g * 1)
    finding = only(compare(pair, torch.add, X, X[0]), "shape")
    assert finding.argument == "gradient of b"
    assert finding.detail["equal_after"] == "a sum over axis 0"


def test_a_transposed_gradient() -> None:
    pair = lambda x, w: x @ w, lambda g, x, w: (g @ w.T, g.T @ x)
    result = compare(pair, torch.matmul, X, np.ones((3, 4)) * np.arange(4))
    finding = only(result, "shape")
    assert finding.detail["equal_after"] == "a transpose"
    assert "broadcast" not in finding.detail
    assert "do not broadcast" in finding.message


@provokes("dtype")
def test_float64_out_of_float32() -> None:
    pair = lambda x: x * np.ones(x.shape), lambda g, x: g * 1
    result = compare(pair, lambda x: x * 1, X, dtype="float32")
    finding = only(result, "dtype")
    assert finding.argument == "output"
    assert finding.detail == {"ours": "float64", "theirs": "float32"}
    assert compare(pair, lambda x: x * 1, X).ok


def test_an_integer_gradient() -> None:
    def backward(g: Any, x: Any) -> Any:
        d_x = np.zeros(x.shape, dtype=int)
        d_x[...] = g
        return d_x

    result = compare((lambda x: x * 1, backward), lambda x: x * 1, X)
    assert "integer" in only(result, "dtype").message


@provokes("count")
def test_a_gradient_too_few() -> None:
    pair = lambda x, y: x * y, lambda g, x, y: g * y
    result = compare(pair, torch.mul, X, Y)
    assert only(result, "count").detail == {"returned": 1, "expected": 2}
    assert result.gradients[0].ok
    three = lambda x, y: x * y, lambda g, x, y: (g * y, g * x, g)
    assert only(compare(three, torch.mul, X, Y), "count").detail["returned"] == 3


def test_an_output_too_many() -> None:
    pair = lambda x: (x * 1, x * 2), lambda g1, g2, x: g1 + 2 * g2
    result = compare(pair, lambda x: (x * 1, x * 2, x * 3), X)
    assert only(result, "count").argument == "outputs"


@provokes("missing")
def test_no_gradient() -> None:
    pair = lambda x, y: x * y, lambda g, x, y: (g * y, None)
    result = compare(pair, torch.mul, X, Y)
    assert only(result, "missing").argument == "gradient of y"
    assert result.gradients[1].missing == "ours"


def test_none_and_zero_are_the_same_gradient() -> None:
    pair = lambda x, y: x * 1, lambda g, x, y: (g * 1, np.zeros_like(y))
    assert compare(pair, lambda x, y: x * 1, X, Y).ok
    pair = lambda x, y: x + 0 * y, lambda g, x, y: (g * 1, None)
    assert compare(pair, lambda x, y: x + 0 * y, X, Y).ok


@provokes("not an array")
@pytest.mark.parametrize(
    ("forward", "word"),
    [
        (lambda x: None, "None"),
        (lambda x: "text", "str"),
        (lambda x: [[1.0], [1.0, 2.0]], "ragged"),
        (lambda x: x * 1j, "complex128"),
        (lambda x: x.astype(object), "object"),
    ],
)
def test_not_an_array(forward: Any, word: str) -> None:
    finding = only(compare((forward, relu_backward), torch.relu, X), "not an array")
    assert word in finding.message
    assert "ours" in finding.message


def test_a_forgotten_return_in_backward() -> None:
    def backward(g: Any, x: Any) -> None:
        g * (x > 0)

    result = compare((relu, backward), torch.relu, X)
    assert only(result, "missing").argument == "gradient of x"


@provokes("raises")
def test_one_side_raises() -> None:
    def backward(g: Any, x: Any) -> Any:
        return g @ x

    result = compare((relu, backward), torch.relu, X)
    finding = only(result, "raises")
    assert finding.argument == "ours"
    assert finding.detail["type"] == "ValueError"
    assert finding.detail["during"] == "backward"
    assert finding.detail["where"].startswith("test_compare.py:")
    assert result.raised[0] is not None
    assert result.raised[1] is None
    assert result.outputs[0].ok                             # what ran is still compared

    pair = lambda x, y: x @ y.T, lambda g, x, y: (g @ y, g.T @ x)
    finding = only(compare(pair, torch.matmul, X, Y), "raises")
    assert finding.argument == "theirs"
    assert finding.detail["type"] == "RuntimeError"


def test_both_refuse_the_input() -> None:
    """numpy by a ValueError, PyTorch by a RuntimeError: agreed, but no proof of anything."""
    pair = lambda x, y: x @ y, lambda g, x, y: (g @ y.T, x.T @ g)
    result = compare(pair, torch.matmul, X, Y)
    assert result.ok
    assert all(r is not None for r in result.raised)
    assert str(result).startswith("Nothing was compared: both raised")
    assert result.to_dict()["notes"] == ["nothing was compared: both raised"]
    with pytest.raises(AssertionError, match="Nothing was compared: both raised"):
        assert_twins(pair, torch.matmul, X, Y)


def test_both_refuse_to_go_backward() -> None:
    def backward(g: Any, x: Any) -> Any:
        raise ValueError("no derivative")

    def theirs(x: Any) -> Any:
        y = torch.exp(x)
        y *= 1                                              # exp needs its result as it was
        return y

    pair = lambda x: np.exp(x), backward
    result = compare(pair, theirs, X)
    assert result.ok
    assert str(result).startswith("No gradient was compared: both raised")
    with pytest.raises(AssertionError, match="No gradient was compared"):
        assert_twins(pair, theirs, X)


def _raising(error: Exception) -> Callable[[Any], Any]:
    def forward(x: Any) -> Any:
        raise error

    return forward


@pytest.mark.parametrize(
    "error",
    [
        NameError("w"), AttributeError("w"), UnboundLocalError("w"), ImportError("w"),
        SyntaxError("w"), AssertionError("w"), KeyError("w"), TypeError("w"),
        ZeroDivisionError("w"), NotImplementedError("w"), RecursionError("w"),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_both_raise_but_not_the_same_refusal(error: Exception) -> None:
    refuses, breaks = _raising(ValueError("bad shape")), _raising(error)
    for ours, theirs in ((refuses, breaks), (breaks, refuses)):
        result = compare((ours, None), theirs, X)
        assert not result.ok
        assert only(result, "raises").argument == "both"
        assert "Nothing was compared: both raised." in str(result)
    if not isinstance(error, TypeError):                    # not even when they are alike
        assert not compare((breaks, None), breaks, X)


@pytest.mark.parametrize("one", [ValueError, RuntimeError, IndexError])
@pytest.mark.parametrize("other", [ValueError, RuntimeError, IndexError])
def test_refusals_of_a_value_are_comparable(
    one: type[Exception], other: type[Exception]
) -> None:
    assert compare((_raising(one("a")), None), _raising(other("b")), X)
    assert compare((_raising(TypeError("a")), None), _raising(TypeError("b")), X)


def test_integers_have_no_gradient_and_the_report_says_so() -> None:
    pair = np.square, lambda g, x: 2 * g * x
    result = compare(pair, torch.square, [1, 2])
    assert result.ok
    assert not result.gradients
    note = "no gradient was compared: the inputs are integers; write [1.0, 2.0]"
    assert result.notes == [note]
    assert note.capitalize() in str(result)
    assert "write 3.0" in str(compare(pair, torch.square, 3))
    assert "write 1.0 in place of 1" in str(compare(pair, torch.square, list(range(50))))


def test_integers_that_are_meant_are_not_remarked_on() -> None:
    """Arrays of a dtype that was chosen, class indices beside numbers, and a stated wish."""
    pair = np.square, lambda g, x: 2 * g * x
    assert not compare(pair, torch.square, np.array([1, 2])).notes
    assert not compare(pair, torch.square, [True]).notes
    assert not compare(pair, torch.square, [1, 2], requires_grad=[False]).notes
    taken = lambda x, i: x[i], lambda g, x, i: np.bincount(i, g, len(x))
    assert not compare(taken, lambda x, i: x[i], [5.0, 6.0], [1, 1, 0]).notes


def test_a_wrong_number_of_arguments_is_no_agreement() -> None:
    """Both sides would raise, and nothing would be compared."""
    with pytest.raises(
        TypeError, match=r"ours, <lambda>\(x, w\), cannot be called with 1 argument: .*'w'"
    ):
        compare(lambda x, w: x * w * 3, torch.mul, X)
    with pytest.raises(TypeError, match=r"theirs, .*cannot be called with 2 arguments"):
        compare((np.add, None), lambda x: x * 1, X, Y)
    with pytest.raises(TypeError, match=r"ours, relu\(x\), cannot be called with 0 arguments"):
        compare((relu, relu_backward), torch.relu)
    with pytest.raises(TypeError, match=r"theirs, forward\(.*\), cannot be called with 2"):
        compare((np.add, None), torch.nn.ReLU(), X, Y)
    assert compare((np.add, lambda g, x, y: (g, g)), lambda *xs: xs[0] + xs[1], X, Y)


def test_interrupts_pass_through() -> None:
    def forward(x: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare((forward, relu_backward), torch.relu, X)


@provokes("modified")
def test_forward_writes_into_its_input() -> None:
    def forward(x: Any) -> Any:
        x[x < 0] = 0
        return x.copy()

    result = compare((forward, relu_backward), torch.relu, X)
    finding = only(result, "modified")
    assert (finding.argument, finding.detail["by"]) == ("x", "forward")
    assert finding.detail["elements"] == 3
    assert kinds(result) == ["modified"]                    # one mistake, one finding


def test_backward_writes_into_the_upstream_gradient() -> None:
    def backward(g: Any, x: Any) -> Any:
        g[x < 0] = 0
        return g.copy()

    result = compare((relu, backward), torch.relu, X)
    finding = only(result, "modified")
    assert (finding.argument, finding.detail["by"]) == ("upstream gradient", "backward")


def test_backward_writes_into_the_cache() -> None:
    def backward(g: Any, cache: Any) -> Any:
        cache["mask"][...] = cache["mask"] * g
        return cache["mask"].copy()

    pair = lambda x: (relu(x), {"mask": np.where(x > 0, 1.0, 0.0)}), backward
    result = compare(pair, torch.relu, X)
    assert only(result, "modified").argument == "cache['mask']"
    assert result.gradients[0].ok


def test_backward_writes_into_an_input_and_into_the_output() -> None:
    def backward(g: Any, out: Any) -> Any:
        out *= g
        return out.copy()

    finding = only(
        compare((lambda x: np.exp(x), backward), torch.exp, X), "modified"
    )
    assert finding.argument == "output"

    def backward_x(g: Any, x: Any) -> Any:
        x[...] = g * (x > 0)
        return x.copy()

    finding = only(compare((relu, backward_x), torch.relu, X), "modified")
    assert (finding.argument, finding.detail["by"]) == ("x", "backward")


@provokes("calls disagree")
def test_state_left_behind() -> None:
    total = np.zeros_like(X)

    def backward(g: Any, x: Any) -> Any:
        nonlocal total
        total = total + relu_backward(g, x)                 # never set back to zero
        return total

    result = compare((relu, backward), torch.relu, X)
    assert only(result, "calls disagree").argument == "gradient of x"


def test_randomness() -> None:
    rng = np.random.default_rng(0)
    pair = lambda x: relu(x) * (rng.random(x.shape) > 0.5), relu_backward
    result = compare(pair, torch.relu, X)
    assert only(result, "calls disagree").argument == "output"


@provokes("upstream ignored")
def test_the_upstream_gradient_ignored() -> None:
    result = compare((relu, lambda g, x: (x > 0) * 1.0), torch.relu, X)
    assert only(result, "upstream ignored").argument == "gradient of x"
    assert "ones" in only(result, "upstream ignored").message


@provokes("not linear")
@pytest.mark.parametrize("power", [2, 3])
def test_backward_not_linear(power: int) -> None:
    result = compare((relu, lambda g, x: g**power * (x > 0)), torch.relu, X)
    assert only(result, "not linear").argument == "gradient of x"


def test_a_gradient_of_rounding_alone_is_linear() -> None:
    """The gradient of a shift in front of softmax: 0 but for rounding, which no probe may judge."""

    def softmax(z: Any) -> Any:
        e = np.exp(z - z.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    def backward(g: Any, z: Any, shift: Any) -> Any:
        s = softmax(z + shift)
        d_z = s * (g - (g * s).sum(1, keepdims=True))
        return d_z, d_z.sum(1, keepdims=True)

    pair = lambda z, shift: softmax(z + shift), backward
    result = compare(pair, lambda z, s: torch.softmax(z + s, 1), X, np.array([[0.5], [1.5]]))
    assert result.ok, str(result)


@provokes("isolated point")
def test_wrong_at_one_point_only() -> None:
    """x^3 by logarithms: NaN at 0 where the derivative is 0, and no kink excuses it."""

    def backward(g: Any, x: Any) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            return g * 3 * x**3 / x

    result = compare((lambda x: x**3, backward), lambda x: x**3, [1.5, 0.0, -2.0])
    finding = only(result, "isolated point")
    assert "where x is 0" in finding.message
    assert kinds(result) == ["isolated point"]
    assert not result.only_conventions


@provokes("kink")
def test_the_relu_of_a_widely_read_book() -> None:
    """torch.max(X, zeros) shares the gradient between the two equal numbers: 1/2 at 0."""
    x = np.array([[-1.0, 0.0, 2.0], [0.0, 1.0, -2.0]])
    result = compare(lambda X: torch.max(X, torch.zeros_like(X)), torch.relu, x)
    assert result.outputs[0].ok
    assert not result.ok
    assert result.only_conventions
    finding = only(result, "kink")
    assert finding.argument == "gradient of X"
    assert (finding.detail["ours_for_ones"], finding.detail["theirs_for_ones"]) == (0.5, 0.0)
    assert "where X is 0" in finding.message
    assert "0.5 against 0 " in finding.message
    assert result.gradients[0].differing == 2


def test_a_kink_at_a_tie() -> None:
    """numpy's argmax takes the first of equal maxima, torch.amax shares among them."""

    def forward(x: Any) -> Any:
        return x.max(1)

    def backward(g: Any, x: Any) -> Any:
        d_x = np.zeros_like(x)
        d_x[np.arange(len(x)), x.argmax(1)] = g
        return d_x

    tied = np.array([[1.0, 3.0, 3.0, 3.0], [2.0, 1.0, 0.0, -1.0]])
    result = compare((forward, backward), lambda x: torch.amax(x, 1), tied)
    assert "where x is tied" in only(result, "kink").message
    assert result.only_conventions
    assert compare((forward, backward), lambda x: torch.amax(x, 1), X).ok


def test_a_hidden_kink() -> None:
    """The kink lies at z = x w = 0, seen from the gradients of x and of w."""
    pair = (
        lambda x, w: relu(x @ w),
        lambda g, x, w: ((g * (x @ w >= 0)) @ w.T, x.T @ (g * (x @ w >= 0))),
    )
    x, w = np.array([[1.0, 1.0], [2.0, 1.0]]), np.array([[1.0, 2.0], [-1.0, 1.0]])
    result = compare(pair, lambda x, w: torch.relu(x @ w), x, w)
    assert kinds(result) == ["kink", "kink"]


def test_a_mistake_at_a_kink_is_a_mistake() -> None:
    result = compare(
        (relu, lambda g, x: g * np.where(x == 0, 7.0, x > 0)), torch.relu, [-1.0, 0.0, 2.0]
    )
    assert kinds(result) == ["isolated point"]


def test_a_mistake_beside_a_kink_is_a_mistake() -> None:
    result = compare((relu, lambda g, x: g * (x >= 0) * 1.5), torch.relu, [-1.0, 0.0, 2.0])
    assert kinds(result) == ["values"]


@provokes("shares memory")
def test_results_that_share_memory() -> None:
    pair = lambda x, y: x.reshape(-1), lambda g, x, y: (g.reshape(x.shape), np.zeros_like(y))
    result = compare(pair, lambda x, y: x.reshape(-1) + 0 * y.sum(), X, Y)
    assert result.ok                                        # a warning, not a difference
    first, second = result.of("shares memory")
    assert (first.argument, first.detail["with"]) == ("output", "x")
    assert (second.argument, second.detail["with"]) == ("gradient of x", "the upstream gradient")

    def same_twice(g: Any, x: Any, y: Any) -> Any:
        d = g * 1
        return d, d

    result = compare((lambda x, y: x + y, same_twice), torch.add, X, Y)
    finding = only(result, "shares memory")
    assert finding.detail == {"by": "backward", "with": "gradient of x"}


@provokes("numpy warning")
def test_numpy_warnings() -> None:
    def sigmoid(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    pair = sigmoid, lambda g, x: g * sigmoid(x) * (1 - sigmoid(x))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = compare(pair, torch.sigmoid, [-800.0, 1.0])
    assert result.ok                                        # right, with a warning
    forward, backward = result.of("numpy warning")
    assert forward.detail["during"] == "forward"
    assert forward.detail["category"] == "RuntimeWarning"
    assert forward.detail["where"].startswith("test_compare.py:")
    assert "overflow" in forward.message
    assert backward.detail["during"] == "backward"


def test_every_kind_is_provoked() -> None:
    assert set(KINDS) == PROVOKED


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="kind must be one of"):
        Finding("nonsense", "x", "")


# Reports


def test_to_dict_is_json_whatever_the_numbers() -> None:
    pair = lambda x: x * np.nan, lambda g, x: g * np.inf
    answer = compare(pair, lambda x: x * 1, X).to_dict()
    text = json.dumps(answer, allow_nan=False)
    assert json.loads(text)["ok"] is False
    assert answer["outputs"][0]["ours"] == "nan"
    assert answer["findings"][0]["kind"] == "values"


def test_the_report_is_ascii_and_names_the_arguments() -> None:
    def forward(día: Any) -> Any:
        return día * 1

    pair = forward, lambda g, x: g * 2
    report = str(compare(pair, lambda x: x * 1, X))
    assert report.isascii()
    assert "gradient of d\\xeda" in report
    assert "gradient of ñ" in compare(pair, lambda x: x * 1, X, names=["ñ"]).gradients[0].name


def test_html_escapes() -> None:
    assert "<b>" not in compare((relu, relu_backward), torch.relu, X, names=["<b>"])._repr_html_()


def test_assert_twins() -> None:
    assert_twins((relu, relu_backward), torch.relu, X)
    with pytest.raises(AssertionError, match=r"gradient of x differs in 3 of 6 elements"):
        assert_twins((relu, lambda g, x: 2 * relu_backward(g, x)), torch.relu, X)


# Bad input


@pytest.mark.parametrize(
    ("options", "error", "pattern"),
    [
        ({"dtype": "float16"}, ValueError, "dtype must be"),
        ({"dtype": "nonsense"}, ValueError, "dtype must be"),
        ({"requires_grad": [True]}, ValueError, "one bool an argument: 2 arguments, 1 given"),
        ({"requires_grad": [True, True]}, ValueError, "argument 2 has dtype int64"),
        ({"names": ["x"]}, ValueError, "2 arguments, 1 names"),
    ],
)
def test_bad_options(options: dict[str, Any], error: type[Exception], pattern: str) -> None:
    with pytest.raises(error, match=pattern):
        compare((relu, relu_backward), torch.relu, X, np.array([1, 2]), **options)


@pytest.mark.parametrize(
    ("array", "error", "pattern"),
    [
        ("text", TypeError, "argument 1 must be an array of real numbers"),
        (None, TypeError, "argument 1 must be an array of real numbers"),
        ([1j], TypeError, "argument 1 must be an array of real numbers"),
        ([[1.0], [1.0, 2.0]], ValueError, "argument 1 is no array"),
    ],
)
def test_bad_arrays(array: Any, error: type[Exception], pattern: str) -> None:
    with pytest.raises(error, match=pattern):
        compare((relu, relu_backward), torch.relu, array)


def test_tensors_are_taken_for_their_numbers() -> None:
    pair = np.square, lambda g, x: 2 * g * x
    x = torch.tensor([1.5, -2.0], dtype=torch.float64, requires_grad=True)
    result = compare(pair, torch.square, x)
    assert result.ok
    assert result.inputs[0].tolist() == [1.5, -2.0]
    assert result.gradients[0].ok
    assert x.grad is None
    scratch = pytest.importorskip("scratch")
    assert compare(pair, torch.square, scratch.tensor([1.5, -2.0], requires_grad=True)).gradients
    with pytest.raises(TypeError, match=r"argument 1 is no array: .*BFloat16"):
        compare(pair, torch.square, torch.ones(2, dtype=torch.bfloat16))


# scratch


def test_scratch_functions() -> None:
    scratch = pytest.importorskip("scratch")
    result = compare(lambda x, y: x * scratch.exp(y), lambda x, y: x * torch.exp(y), X, Y)
    assert result.ok, str(result)
    assert result.kinds == ("scratch", "torch")
    result = compare(lambda x: x * scratch.exp(x), lambda x: torch.exp(x), X)
    assert kinds(result) == ["values", "values"]


def test_scratch_with_two_outputs_and_an_unused_argument() -> None:
    pytest.importorskip("scratch")
    result = compare(
        lambda x, y: (x * 2, x.sum(dim=0)), lambda x, y: (x * 2, x.sum(dim=0)), X, Y
    )
    assert result.ok, str(result)
    assert len(result.outputs) == 2


def test_linear_against_torch_in_float32() -> None:
    scratch = pytest.importorskip("scratch")
    result = compare(
        lambda x, w: scratch.functional.linear(x, w), F.linear, X, Y, dtype="float32"
    )
    assert result.ok, str(result)
    assert result.outputs[0].dtypes == (np.float32, np.float32)


def test_digits_enough_to_tell_two_numbers_apart() -> None:
    pair = lambda x: x * 1, lambda g, x: g * (1 + 1e-9)
    result = compare(pair, lambda x: x * 1, [3.0, 4.0])
    assert "1.000000001 times theirs" in only(result, "values").message
    line = next(line for line in str(result).splitlines() if "worst at" in line)
    ours, theirs = line.split("ours ")[1].split(", theirs ")
    assert ours != theirs.split(",")[0]


def test_a_kink_of_a_0d_argument_is_a_kink() -> None:
    """Of 0-d arrays numpy makes numbers: the look around must not stumble over that."""
    pair = lambda x: np.maximum(x, 0), lambda g, x: g * (x >= 0)
    assert [f.kind for f in compare(pair, torch.relu, 0.0).findings] == ["kink"]
