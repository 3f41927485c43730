"""Calls that cannot mean anything are refused, and the message names the argument.

Each row: a call, the exceptions that PyTorch's users and Python's would expect of it, and what
the message must say. Below, what PyTorch answers where others would refuse, and the reverse.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from close import assert_close

import scratch
import scratch.functional as F
import torch_ref
from scratch import tensor as T

Row = tuple[Callable[[], Any], Any, str]

v = T([0.25, 0.75])
m = T([[1.0, 2.0], [3.0, 4.0]])
classes = T([0, 1])

LOSSES: dict[str, Row] = {
    "cross_entropy of a number": (
        lambda: F.cross_entropy(T(0.5), T(0)),
        (ValueError, RuntimeError),
        r"input: expected a dimension of classes, \(C,\) or \(n, C\), got shape \(\)",
    ),
    "nll_loss of a number": (
        lambda: F.nll_loss(T(-0.5), T(0)),
        ValueError,
        "input: expected a dimension of classes",
    ),
    "huber reduction": (
        lambda: F.huber_loss(v, v, weight=v, reduction="avg"),
        ValueError,
        "reduction: .*'avg'",
    ),
    "huber delta str": (
        lambda: F.huber_loss(v, v, delta="1"),  # type: ignore[arg-type]
        TypeError,
        "huber_loss: delta: expected a number, got str '1'",
    ),
    "huber delta None": (
        lambda: F.huber_loss(v, v, delta=None),  # type: ignore[arg-type]
        TypeError,
        "delta: expected a number, got NoneType",
    ),
    "smooth_l1 beta": (
        lambda: F.smooth_l1_loss(v, v, beta="a"),  # type: ignore[arg-type]
        TypeError,
        "smooth_l1_loss: beta: expected a number, got str 'a'",
    ),
    "mse weight list": (
        lambda: F.mse_loss(v, v, weight=[1, 2]),  # type: ignore[arg-type]
        TypeError,
        r"weight: expected a Tensor or an array, got list \[1, 2\]",
    ),
    "mse weight str": (
        lambda: F.mse_loss(v, v, weight="a"),  # type: ignore[arg-type]
        TypeError,
        "weight: expected a Tensor or an array, got str 'a'",
    ),
    "mse of integers": (lambda: F.mse_loss(classes, classes), TypeError, "input: .*int64"),
    "bce weight wider": (
        lambda: F.binary_cross_entropy(v, v, weight=T(np.ones((2, 2)))),
        RuntimeError,
        r"weight: .*broadcasts to \(2,\), got \(2, 2\)",
    ),
    "bce weight longer": (
        lambda: F.binary_cross_entropy(v[:1], v[:1], weight=v),
        RuntimeError,
        r"weight: .*broadcasts to \(1,\), got \(2,\)",
    ),
    "logits weight wider": (
        lambda: F.binary_cross_entropy_with_logits(v, v, weight=T(np.ones((2, 2)))),
        RuntimeError,
        r"weight: .*broadcasts to \(2,\), got \(2, 2\)",
    ),
    "logits pos_weight wider": (
        lambda: F.binary_cross_entropy_with_logits(v, v, pos_weight=T(np.ones((2, 2)))),
        RuntimeError,
        r"pos_weight: .*broadcasts to \(2,\), got \(2, 2\)",
    ),
    "logits pos_weight number": (
        lambda: F.binary_cross_entropy_with_logits(v, v, pos_weight=2.0),
        TypeError,
        "pos_weight: expected a Tensor or an array, got float 2.0",
    ),
    "cross_entropy weight list": (
        lambda: F.cross_entropy(m, classes, weight=[1, 2]),
        TypeError,
        "weight: expected a Tensor or an array, got list",
    ),
    "cross_entropy weight str": (
        lambda: F.cross_entropy(m, classes, weight="ab"),
        TypeError,
        "weight: expected a Tensor or an array, got str",
    ),
    "cross_entropy weight dtype": (
        lambda: F.cross_entropy(m.to("float32"), classes, weight=v),
        RuntimeError,
        "weight: expected the dtype of input, float32, got float64",
    ),
    "nll weight of integers": (
        lambda: F.nll_loss(m, classes, weight=classes),
        RuntimeError,
        "weight: expected the dtype of input, float64, got int64",
    ),
    "cross_entropy of integers": (
        lambda: F.cross_entropy(T([[1, 2]]), T([0])),
        TypeError,
        "cross_entropy: input: expected floating point numbers, got int64",
    ),
    "cross_entropy of integers, smoothed": (
        lambda: F.cross_entropy(T([[1, 2]]), T([0]), label_smoothing=0.5),
        TypeError,
        "input: expected floating point numbers, got int64",
    ),
    "label_smoothing": (
        lambda: F.cross_entropy(m, classes, label_smoothing="a"),  # type: ignore[arg-type]
        TypeError,
        "label_smoothing: expected a number, got str 'a'",
    ),
    "ignore_index str": (
        lambda: F.cross_entropy(m, classes, ignore_index="a"),  # type: ignore[arg-type]
        TypeError,
        "cross_entropy: ignore_index: expected an integer, got str 'a'",
    ),
    "ignore_index bool": (
        lambda: F.cross_entropy(m, classes, ignore_index=True),
        TypeError,
        "ignore_index: expected an integer, got bool True",
    ),
    "nll ignore_index": (
        lambda: F.nll_loss(m, classes, ignore_index=1.5),  # type: ignore[arg-type]
        TypeError,
        "nll_loss: ignore_index: expected an integer, got float 1.5",
    ),
}

OPERATIONS: dict[str, Row] = {
    "conv1d stride": (
        lambda: F.conv1d(T([[1.0]]), T([[[1.0]]]), stride=1.5),  # type: ignore[arg-type]
        TypeError,
        "conv1d: stride: expected an integer, got float 1.5",
    ),
    "conv1d padding": (
        lambda: F.conv1d(T([[1.0]]), T([[[1.0]]]), padding="same"),  # type: ignore[arg-type]
        TypeError,
        "conv1d: padding: expected an integer, got str 'same'",
    ),
    "reshape None": (
        lambda: m.reshape(None),
        TypeError,
        "reshape: shape: expected an integer, got NoneType None",
    ),
    "threshold value None": (
        lambda: F.threshold(v, 1, None),  # type: ignore[arg-type]
        TypeError,
        "threshold: value: expected a number, got NoneType",
    ),
    "threshold str": (
        lambda: F.threshold(v, "a", 1),  # type: ignore[arg-type]
        TypeError,
        "threshold: threshold: expected a number, got str 'a'",
    ),
    "leaky_relu": (
        lambda: F.leaky_relu(v, "a"),  # type: ignore[arg-type]
        TypeError,
        "leaky_relu: negative_slope: expected a number, got str 'a'",
    ),
    "elu": (
        lambda: F.elu(v, alpha=None),  # type: ignore[arg-type]
        TypeError,
        "elu: alpha: expected a number, got NoneType",
    ),
    "celu": (
        lambda: F.celu(v, alpha="a"),  # type: ignore[arg-type]
        TypeError,
        "celu: alpha: expected a number, got str",
    ),
    "softplus beta": (
        lambda: F.softplus(v, beta=[1]),  # type: ignore[arg-type]
        TypeError,
        r"softplus: beta: expected a number, got list \[1\]",
    ),
    "softplus threshold": (
        lambda: F.softplus(v, threshold="a"),  # type: ignore[arg-type]
        TypeError,
        "softplus: threshold: expected a number, got str 'a'",
    ),
    "hardtanh": (
        lambda: F.hardtanh(v, -1, None),  # type: ignore[arg-type]
        TypeError,
        "hardtanh: max_val: expected a number, got NoneType",
    ),
    "hardshrink": (
        lambda: F.hardshrink(v, "a"),  # type: ignore[arg-type]
        TypeError,
        "hardshrink: lambd: expected a number, got str 'a'",
    ),
    "softshrink": (
        lambda: F.softshrink(v, "a"),  # type: ignore[arg-type]
        TypeError,
        "softshrink: lambd: expected a number, got str 'a'",
    ),
    "softshrink NaN": (
        lambda: F.softshrink(v, float("nan")),
        RuntimeError,
        "softshrink: lambd: expected at least 0, got nan",
    ),
    "maxout pieces": (
        lambda: F.maxout(v, 2.0),  # type: ignore[arg-type]
        TypeError,
        "maxout: pieces: expected an integer, got float 2.0",
    ),
    "maxout dim": (
        lambda: F.maxout(v, 2, dim="a"),  # type: ignore[arg-type]
        TypeError,
        "maxout: dim: expected an integer, got str 'a'",
    ),
    "glu dim": (
        lambda: F.glu(v, dim=1.0),  # type: ignore[arg-type]
        TypeError,
        "glu: dim: expected an integer, got float 1.0",
    ),
    "softmax two dims": (
        lambda: F.softmax(m, dim=(0, 1)),  # type: ignore[arg-type]
        TypeError,
        r"softmax: dim: expected an integer, got tuple \(0, 1\)",
    ),
    "softmax dim str": (
        lambda: F.softmax(m, dim="a"),  # type: ignore[arg-type]
        TypeError,
        "softmax: dim: expected an integer, got str 'a'",
    ),
    "softmax dim float": (
        lambda: F.log_softmax(m, dim=1.0),  # type: ignore[arg-type]
        TypeError,
        "log_softmax: dim: expected an integer, got float 1.0",
    ),
    "softmax dim too large": (
        lambda: F.softmax(m, dim=2),
        IndexError,
        r"softmax: dim: 2 is out of range .*expected -2 to 1",
    ),
    "softmax dtype": (
        lambda: F.softmax(m, dim=1, dtype="int64"),
        TypeError,
        "softmax: dtype: expected a floating point dtype, got 'int64'",
    ),
    "linear weight": (
        lambda: F.linear(T(np.ones((2, 3))), T(np.ones((4, 2)))),
        RuntimeError,
        r"linear: weight: expected shape \(out, 3\) for an input of shape \(2, 3\), got \(4, 2\)",
    ),
    "linear weight 0-d": (
        lambda: F.linear(m, T(3.0)),
        RuntimeError,
        r"linear: weight: expected shape \(out, 2\) .*, got \(\)",
    ),
    "linear weight dtype": (
        lambda: F.linear(m, m.to("float32")),
        RuntimeError,
        "linear: weight: expected the dtype of input, float64, got float32",
    ),
    "linear bias": (
        lambda: F.linear(T(np.ones((2, 3))), T(np.ones((4, 3))), v),
        RuntimeError,
        r"linear: bias: expected shape \(4,\) and the dtype of input, float64, got \(2,\) float64",
    ),
    "reshape -2": (
        lambda: scratch.reshape(T(np.ones(6)), (-2, 3)),
        RuntimeError,
        r"reshape: shape: expected lengths of 0 and more, or -1 once, got \(-2, 3\)",
    ),
    "reshape size": (
        lambda: m.reshape(3),
        RuntimeError,
        r"reshape: shape: \(2, 2\) cannot be laid out as \(3,\)",
    ),
    "reshape float": (
        lambda: m.reshape(2.0, 2),
        TypeError,
        "reshape: shape: expected an integer, got float 2.0",
    ),
    "reshape str": (
        lambda: scratch.reshape(m, "a"),
        TypeError,
        "reshape: shape: expected an integer, got str 'a'",
    ),
    "expand float": (
        lambda: m.expand(3.0, 2),
        TypeError,
        "expand: shape: expected an integer, got float 3.0",
    ),
    "expand -2": (
        lambda: m.expand(-2, 2),
        RuntimeError,
        r"expand: shape: .*got \(-2, 2\)",
    ),
    "transpose str": (
        lambda: m.transpose("a", 1),
        TypeError,
        "transpose: dim0: expected an integer, got str 'a'",
    ),
    "transpose bool": (
        lambda: m.transpose(0, True),
        TypeError,
        "transpose: dim1: expected an integer, got bool True",
    ),
    "transpose range": (
        lambda: m.transpose(0, 2),
        IndexError,
        "transpose: dim1: 2 is out of range .*expected -2 to 1",
    ),
    "unsqueeze str": (
        lambda: m.unsqueeze("a"),
        TypeError,
        "unsqueeze: dim: expected an integer, got str 'a'",
    ),
    "unsqueeze range": (
        lambda: m.unsqueeze(4),
        IndexError,
        "unsqueeze: dim: 4 is out of range .*expected -3 to 2",
    ),
    "permute twice": (
        lambda: m.permute(0, 0),
        RuntimeError,
        r"permute: dims: \(0, 0\) names a dimension twice",
    ),
    "permute range": (lambda: m.permute(0, 2), IndexError, "permute: dims: 2 is out of range"),
    "permute str": (
        lambda: m.permute("a", 0),
        TypeError,
        "permute: dims: expected an integer, got str 'a'",
    ),
    "flatten": (
        lambda: m.flatten(0, "a"),
        TypeError,
        "flatten: end_dim: expected an integer, got str 'a'",
    ),
    "stack None": (
        lambda: scratch.stack(None),
        TypeError,
        "stack: tensors: expected a sequence of tensors, got NoneType",
    ),
    "stack of one tensor": (
        lambda: scratch.stack(m),
        TypeError,
        "stack: tensors: expected a sequence of tensors, got Tensor",
    ),
    "stack dim str": (
        lambda: scratch.stack([m, m], dim="a"),  # type: ignore[arg-type]
        TypeError,
        "stack: dim: expected an integer, got str 'a'",
    ),
    "stack dim range": (
        lambda: scratch.stack([m, m], dim=4),
        IndexError,
        "stack: dim: 4 is out of range .*expected -3 to 2",
    ),
    "cat dim": (
        lambda: scratch.cat([m, m], dim="a"),  # type: ignore[arg-type]
        TypeError,
        "cat: dim: expected an integer, got str 'a'",
    ),
    "mean in integers": (
        lambda: m.mean(dtype="int64"),
        TypeError,
        "mean: dtype: expected a floating point dtype, got 'int64'",
    ),
    "sum in integers": (
        lambda: m.sum(dtype="int64"),
        TypeError,
        "sum: dtype: expected a floating point dtype, got 'int64'",
    ),
    "addmm vector": (
        lambda: scratch.addmm(m, m, v),
        RuntimeError,
        r"addmm: mat1, mat2: expected matrices, got \(2, 2\) and \(2,\)",
    ),
    "addmm sizes": (
        lambda: scratch.addmm(m, m, T(np.ones((3, 2)))),
        RuntimeError,
        r"addmm: mat2: expected shape \(2, m\) beside mat1 of \(2, 2\), got \(3, 2\)",
    ),
    "addmm input": (
        lambda: scratch.addmm(T(np.ones(3)), m, m, beta=0),
        RuntimeError,
        r"addmm: input: expected a shape that broadcasts to \(2, 2\), got \(3,\)",
    ),
    "addmm dtype": (
        lambda: scratch.addmm(m.to("float32"), m, m),
        RuntimeError,
        "addmm: input, mat1, mat2: expected one dtype, got float32, float64, float64",
    ),
    "addmm alpha": (
        lambda: scratch.addmm(m, m, m, alpha="a"),  # type: ignore[arg-type]
        TypeError,
        "addmm: alpha: expected a number, got str 'a'",
    ),
    "to complex": (lambda: v.to("complex64"), TypeError, "dtype: .*real numbers.*'complex64'"),
    "to None": (lambda: v.to(None), TypeError, "dtype: .*got None"),
    "to unknown": (lambda: v.to("flaot32"), TypeError, "dtype: .*'flaot32'"),
}

X, y = np.ones((4, 3)), np.ones((4, 2))


def both(call: Callable[[Any], Any], raises: Any, says: str) -> dict[str, Row]:
    """The same call on each wing, which refuse it in the same words."""
    return {
        wing.__name__: (functools.partial(call, wing), raises, says)
        for wing in (scratch, torch_ref)
    }


def net(wing: Any, **options: Any) -> Any:
    return wing.FullyConnected(**{"sizes": [3, 2], **options})


def fitted(wing: Any, **options: Any) -> Any:
    model = options.pop("model", net(wing))
    return wing.fit(model, X, y, wing.functional.mse_loss, progress=False, **options)


TWINS: dict[str, dict[str, Row]] = {
    "a size True": both(
        lambda wing: net(wing, sizes=[3, True]), TypeError, r"sizes: .*\[3, True\]"
    ),
    "bias no": both(
        lambda wing: net(wing, bias="no"), TypeError, "bias: expected True or False, got 'no'"
    ),
    "dtype list": both(lambda wing: net(wing, dtype=["a"]), ValueError, r"dtype: .*\['a'\]"),
    "dtype int": both(lambda wing: net(wing, dtype=np.int64), ValueError, "dtype: .*int64"),
    "seed -1": both(
        lambda wing: net(wing, seed=-1), ValueError, "seed: expected an integer .*got int -1"
    ),
    "seed str": both(
        lambda wing: net(wing, seed="a"), TypeError, "seed: expected an integer .*got str 'a'"
    ),
    "output_activation": both(
        lambda wing: net(wing, output_activation="foo"),
        ValueError,
        "^output_activation: unknown name 'foo'",
    ),
    "output_activation 3": both(
        lambda wing: net(wing, output_activation=3), TypeError, "^output_activation: .*got 3"
    ),
    "load_state_dict None": both(
        lambda wing: net(wing).load_state_dict(None),
        TypeError,
        "state_dict: expected arrays by name, a dict, got NoneType",
    ),
    "fit lr": both(lambda wing: fitted(wing, lr=True), TypeError, "lr: .*got True"),
    "fit epochs": both(lambda wing: fitted(wing, epochs=True), TypeError, "epochs: .*got True"),
    "fit seed": both(lambda wing: fitted(wing, seed=-1), ValueError, "seed: .*got int -1"),
    "fit optimizer": both(
        lambda wing: fitted(wing, optimizer="adam"),
        TypeError,
        r"optimizer: expected an object with step\(\) and zero_grad\(\), .*got 'adam'",
    ),
    "fit optimizer class": both(
        lambda wing: fitted(wing, optimizer=wing.optimizers.SGD), TypeError, "optimizer: .*SGD"
    ),
    "fit callback": both(lambda wing: fitted(wing, callback=5), TypeError, "callback: .*got 5"),
    "fit model": both(lambda wing: fitted(wing, model=None), TypeError, "model: .*got None"),
    "clip None": both(
        lambda wing: wing.clipping.clip_grad_norm_(None, 1),
        TypeError,
        "parameters: expected .ensors, got NoneType",
    ),
    "clip max_norm": both(
        lambda wing: wing.clipping.clip_grad_norm_([], "a"),
        TypeError,
        "max_norm: expected a number, got str 'a'",
    ),
    "clip norm_type": both(
        lambda wing: wing.clipping.clip_grad_norm_([], 1, norm_type="a"),
        TypeError,
        "norm_type: expected a number, got str 'a'",
    ),
    "clip_value": both(
        lambda wing: wing.clipping.clip_grad_value_([], None),
        TypeError,
        "clip_value: expected a number, got NoneType",
    ),
}


def stepped(grad: Any) -> None:
    w = T([1.0, 2.0], requires_grad=True)
    w.grad = grad
    scratch.optimizers.SGD([w], lr=0.1).step()


OPTIMIZERS: dict[str, Row] = {
    "grad shape": (
        lambda: stepped(np.ones(1)),
        ValueError,
        r"grad: expected an array of the parameter's shape, \(2,\), got shape \(1,\)",
    ),
    "grad type": (lambda: stepped(T([1.0, 1.0])), ValueError, "grad: .*got Tensor"),
    "grad number": (lambda: stepped(3.0), ValueError, "grad: .*got float"),
    "params None": (
        lambda: scratch.optimizers.SGD(None),  # type: ignore[arg-type]
        TypeError,
        "params: expected several Tensors, got NoneType",
    ),
    "load_state_dict": (
        lambda: scratch.optimizers.SGD([T([1.0], requires_grad=True)]).load_state_dict(
            None  # type: ignore[arg-type]
        ),
        TypeError,
        r"state_dict: expected what state_dict\(\) gave, got NoneType",
    ),
}

TWIN_ROWS = {
    f"{name}, {wing}": row for name, wings in TWINS.items() for wing, row in wings.items()
}
ROWS = {**TWIN_ROWS, **OPTIMIZERS, **LOSSES, **OPERATIONS}


@pytest.mark.parametrize(("call", "raises", "says"), ROWS.values(), ids=ROWS)
def test_refused_and_named(call: Callable[[], Any], raises: Any, says: str) -> None:
    with pytest.raises(raises, match=f"(?s){says}"):
        call()


@pytest.mark.parametrize("dtype", ["int64", "bool"])
def test_a_cast_to_integers_has_no_gradient(dtype: str) -> None:
    x = T([1.5], requires_grad=True)
    for y in (x.to(dtype), (x * 2).to(dtype)):
        assert not y.requires_grad
        assert y.dtype == np.dtype(dtype)
    assert x.to("float32").requires_grad


WEIGHT = [1.0, 2.0]
IGNORING = [
    ("cross_entropy", {}),
    ("cross_entropy", {"weight": WEIGHT}),
    ("cross_entropy", {"label_smoothing": 0.1}),
    ("cross_entropy", {"weight": WEIGHT, "label_smoothing": 0.1}),
    ("nll_loss", {}),
    ("nll_loss", {"weight": WEIGHT}),
]


@pytest.mark.parametrize(("name", "options"), IGNORING)
def test_all_targets_ignored(name: str, options: dict[str, Any]) -> None:
    """NaN, and gradients of 0, as PyTorch; warnings of numpy would be errors here."""
    found = []
    for make, wing in ((T, F), (torch.tensor, torch.nn.functional)):
        x = make([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        given = {k: make(w) if k == "weight" else w for k, w in options.items()}
        loss = getattr(wing, name)(x, make([-100, -100]), **given)
        loss.backward()
        assert np.isnan(loss.item())
        found.append(np.asarray(x.grad))
    np.testing.assert_array_equal(found[0], found[1])


def test_losses_of_nothing_are_nan() -> None:
    x = T(np.zeros(0), requires_grad=True)
    for loss in (F.mse_loss, F.l1_loss, F.huber_loss, F.binary_cross_entropy_with_logits):
        y = loss(x, T(np.zeros(0)))
        y.backward()
        assert np.isnan(y.item())
        assert x.grad is not None
        assert x.grad.shape == (0,)


def test_weights_keep_the_dtype_of_the_input() -> None:
    """As in PyTorch; numpy would make float64 of float32 and float64 or int64."""
    p = v.to("float32")
    for w in (np.ones(2), np.ones(2, np.int64)):
        assert F.binary_cross_entropy(p, p, weight=w).dtype == np.float32
        loss = F.binary_cross_entropy_with_logits(p, p, weight=w, pos_weight=w)
        assert loss.dtype == np.float32


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("softplus", {"beta": 0}), ("softplus", {"beta": -0.0}), ("softplus", {"beta": np.nan}),
        ("softplus", {"beta": -1.0}), ("softplus", {"threshold": np.nan}),
        ("elu", {"alpha": np.nan}), ("celu", {"alpha": np.nan}), ("leaky_relu",
        {"negative_slope": np.nan}), ("hardshrink", {"lambd": -1.0}),
    ],
)  # fmt: skip
def test_odd_numbers_mean_what_they_mean_in_pytorch(name: str, options: dict[str, Any]) -> None:
    """PyTorch computes with them, so do we: the same value and gradient, without warnings."""
    found = []
    for make, wing in ((T, F), (torch.tensor, torch.nn.functional)):
        x = make([-1.5, 0.0, 2.0], requires_grad=True)
        y = getattr(wing, name)(x, **options)
        y.sum().backward()
        found.append((np.asarray(y.detach()), np.asarray(x.grad)))
    for ours, theirs in zip(*found):
        assert_close(ours, theirs)  # PyTorch's are float32


def test_options_that_are_numpys_numbers_keep_float32() -> None:
    x = T([-1.0, 2.0], dtype="float32")
    half = np.float64(0.5)
    for y in (F.leaky_relu(x, half), F.elu(x, half), F.threshold(x, half, half),
              F.hardtanh(x, -half, half), F.softplus(x, half)):  # fmt: skip
        assert y.dtype == np.float32


@pytest.mark.parametrize("options", [{"beta": 0}, {"alpha": 0}, {"beta": 0, "alpha": 0}])
def test_addmm_leaves_out_what_counts_0(options: dict[str, Any]) -> None:
    found = []
    for make, wing in ((T, scratch), (torch.tensor, torch)):
        input, a, b = (
            make([[np.nan if ignored else 2.0] * 2] * 2, requires_grad=True)
            for ignored in ("beta" in options, "alpha" in options, False)
        )
        y = wing.addmm(input, a, b, **options)
        y.sum().backward()
        found.append([np.asarray(x) for x in (y.detach(), input.grad, a.grad, b.grad)])
    for ours, theirs in zip(*found):
        np.testing.assert_array_equal(ours, theirs)


def test_logsumexp_of_integers_is_a_float() -> None:
    for data in (np.array([1, 2]), np.array([1, 2], np.int8), np.array([True, False])):
        ours = scratch.logsumexp(T(data), 0)
        assert ours.dtype == np.float64
        theirs = torch.logsumexp(torch.tensor(data, dtype=torch.float64), 0)
        assert_close(ours, theirs, terms=0)


def test_the_mean_of_nothing_is_nan() -> None:
    x = T(np.zeros((0, 2)), requires_grad=True)
    for y in (x.mean(), x.mean(0)):
        assert np.isnan(y.detach().numpy()).all()
        y.sum().backward()


@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype("float32")])
def test_a_network_takes_a_dtype_by_name_or_numpys(dtype: Any) -> None:
    for wing in (scratch, torch_ref):
        output = net(wing, dtype=dtype)(wing.module.as_tensor(np.ones((1, 3), np.float32)))
        assert output.detach().numpy().dtype == np.float32
