"""The two engines' graphs held against each other: equal on networks, and where they differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx
import numpy as np
import pytest
import torch
import torch.nn.functional as TF

import graphs
import scratch
import scratch.functional as F
import torch_ref
from graphs.correspondence import TABLE, rows
from graphs.themes import LIGHT

Array = np.ndarray
RNG = np.random.default_rng(0)
XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([[0.0], [1.0], [1.0], [0.0]])
CLASSES = np.array([0, 1, 2, 1, 0])
SHARES = RNG.dirichlet(np.ones(3), size=5)
NODES = [
    ("h", "linear", "X", ("W", "b")), ("r", "relu", "h"), ("z", "linear", "r", ("V", "b")),
    ("s", "add", ("z", "h")), ("y", "linear", "s", ("V",)),
]  # fmt: skip
SHAPES = {"W": (3, 2), "b": (3,), "V": (3, 3)}

Loss = Callable[[Any, Any, Any], Any]


def squares(y: Any, _tensor: Any, _functional: Any) -> Any:
    return (y * y).sum()


def with_target(name: str, target: Any) -> Loss:
    return lambda y, tensor, functional: getattr(functional, name)(y, tensor(target))


# what is built in both wings, its input, its loss, and how many operations scratch records
NETWORKS: dict[str, tuple[Callable[[Any], Any], Any, Loss, int]] = {
    "perceptron, one point": (
        lambda w: w.Perceptron([-1.15, -0.21], 4.1), [0.0, 6.0], lambda y, *_: (y - 1) ** 2, 5,
    ),
    "perceptron, a batch": (lambda w: w.Perceptron([-1.15, -0.21], 4.1), XOR, squares, 5),
    "fully connected, a batch": (
        lambda w: w.FullyConnected([3, 4, 2]), RNG.normal(size=(5, 3)), squares, 5,
    ),
    "fully connected, a vector": (
        lambda w: w.FullyConnected([3, 4, 2]), RNG.normal(size=3), squares, 5,
    ),
    "fully connected, a stack": (
        lambda w: w.FullyConnected([3, 4, 2]), RNG.normal(size=(2, 5, 3)), squares, 5,
    ),
    "fully connected, no bias": (
        lambda w: w.FullyConnected([3, 4, 2], bias=False), RNG.normal(size=(5, 3)), squares, 5,
    ),
    "fully connected, no bias, a vector": (
        lambda w: w.FullyConnected([3, 4, 2], bias=False), RNG.normal(size=3), squares, 5,
    ),
    "XOR with binary cross entropy": (
        lambda w: w.FullyConnected([2, 2, 1], "sigmoid", "sigmoid"), XOR,
        with_target("binary_cross_entropy", XOR_Y), 5,
    ),
    "XOR with logits": (
        lambda w: w.FullyConnected([2, 2, 1], "sigmoid"), XOR,
        with_target("binary_cross_entropy_with_logits", XOR_Y), 4,
    ),
    "softmax cross entropy": (
        lambda w: w.FullyConnected([3, 4, 3]), RNG.normal(size=(5, 3)),
        with_target("cross_entropy", CLASSES), 4,
    ),
    "softmax cross entropy with probabilities": (
        lambda w: w.FullyConnected([3, 4, 3]), RNG.normal(size=(5, 3)),
        with_target("cross_entropy", SHARES), 5,
    ),
    "softmax with MSE": (
        lambda w: w.FullyConnected([3, 4, 3], output_activation="softmax"),
        RNG.normal(size=(5, 3)), with_target("mse_loss", SHARES), 5,
    ),
    "residual block": (lambda w: w.ResidualBlock(3), RNG.normal(size=(5, 3)), squares, 6),
    "residual block, projected": (
        lambda w: w.ResidualBlock(3, 2, shortcut="projection"), RNG.normal(size=(5, 3)), squares, 7,
    ),
    "residual block, plain": (
        lambda w: w.ResidualBlock(3, shortcut="none"), RNG.normal(size=(5, 3)), squares, 5,
    ),
    "residual network": (
        lambda w: w.ResidualNetwork(4, 3, 3, 2), RNG.normal(size=(5, 3)), squares, 20,
    ),
    "the lecture's DAG": (
        lambda w: w.SharedWeightDAG(0.5, 0.3, "sigmoid"), 2.0, lambda y, *_: (y - 1) ** 2, 8,
    ),
    "the lecture's DAG with matrices": (
        lambda w: w.SharedWeightDAG(np.eye(3) / 2, np.ones((3, 3)) / 3, "sigmoid"),
        RNG.normal(size=(5, 3)), squares, 8,
    ),
    "the lecture's DAG, a vector": (
        lambda w: w.SharedWeightDAG(np.eye(3) / 2, np.ones((3, 3)) / 3), RNG.normal(size=3),
        squares, 7,
    ),
    "the lecture's DAG, a stack": (
        lambda w: w.SharedWeightDAG(np.eye(3) / 2, np.ones((3, 3)) / 3),
        RNG.normal(size=(2, 5, 3)), squares, 7,
    ),
    "residual block, no bias, a vector": (
        lambda w: w.ResidualBlock(3, bias=False), RNG.normal(size=3), squares, 6,
    ),
    "a declared DAG": (
        lambda w: w.DAG(NODES, SHAPES, inputs={"X": 2}), RNG.normal(size=(4, 2)), squares, 7,
    ),
}  # fmt: skip


def aligned(
    make: Callable[[Any], Any], x: Any, loss: Loss, captured: bool
) -> graphs.align.Alignment:
    ours, theirs = make(scratch), make(torch_ref)
    mine = loss(ours(scratch.tensor(np.asarray(x))), scratch.tensor, F)

    def run() -> Any:
        return loss(theirs(torch.tensor(np.asarray(x))), torch.tensor, TF)

    other = graphs.trace(run) if captured else run()
    return graphs.align(mine, other, model=ours, torch_model=theirs)


@pytest.mark.parametrize("captured", [True, False], ids=["captured", "bare"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_wings_have_the_same_graph(name: str, captured: bool) -> None:
    make, x, loss, count = NETWORKS[name]
    alignment = aligned(make, x, loss, captured)
    assert alignment, str(alignment)
    assert str(alignment).startswith(f"the graphs align: {count} operations matched")
    operations = [v.id for v in alignment.ours.of_kind("operation")]
    assert {*operations} <= {*alignment.mapping}  # every operation has its twin
    # every operation of PyTorch is part of exactly one
    parts = {p for found in alignment.mapping.values() for p in found}
    assert {v.id for v in alignment.theirs.of_kind("operation")} <= parts


def test_the_mapping_leads_to_the_vertices_that_pytorch_fuses_or_splits() -> None:
    make, x, loss, _ = NETWORKS["softmax cross entropy"]
    alignment = aligned(make, x, loss, True)
    found = {
        alignment.ours.vertices[u].operation: sorted(
            alignment.theirs.vertices[p].operation for p in parts
        )
        for u, parts in alignment.mapping.items()
        if alignment.ours.vertices[u].kind == "operation"
    }
    assert found == {
        "linear": ["addmm", "transpose"],
        "relu": ["relu"],
        "cross_entropy": ["log_softmax", "nll_loss"],
    }


def test_the_table_is_readable_and_without_doubles() -> None:
    several = rows()
    assert len({(row.ours, row.theirs) for row in several}) == len(several)
    for line in TABLE.strip().splitlines():
        assert line.count("=") == 1, line
        assert len(line) <= 100, line


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("options", ["", "weight", "ignore_index", "weight ignore_index"])
@pytest.mark.parametrize("shape", [(3, 4), (2, 4, 3), (4,)], ids=str)
@pytest.mark.parametrize("loss", ["cross_entropy", "nll_loss"])
def test_a_loss_over_classes_has_one_graph_whatever_its_options(
    loss: str, shape: tuple[int, ...], options: str, reduction: str
) -> None:
    """Examples, pixels and a single example; the class that is left out may be the only one."""
    classes = {(3, 4): [0, 1, 3], (2, 4, 3): [[0, 1, 2], [1, 1, 0]], (4,): 1}[shape]
    given: dict[str, Any] = {"weight": np.array([0.5, 1.0, 2.0, 0.7]), "ignore_index": 1}
    x, y = two(RNG.normal(size=shape))
    found = []
    for module, wing, leaf in ((F, scratch, x), (TF, torch, y)):
        chosen = {name: given[name] for name in options.split()}
        if "weight" in chosen:
            chosen["weight"] = wing.tensor(chosen["weight"])
        run = getattr(module, loss)
        with graphs.capture():
            found.append(run(leaf, wing.tensor(np.array(classes)), reduction=reduction, **chosen))
    gradient = np.ones(found[0].shape)
    alignment = graphs.align(*found, {"z": x}, {"z": y}, gradient=gradient)
    assert alignment, str(alignment)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(5, 3), (3,), (2, 5, 3)], ids=str)
def test_a_frozen_layer_aligns(shape: tuple[int, ...], bias: bool) -> None:
    """PyTorch transposes weights that take no gradient without recording it."""
    found = []
    for wing, tensor in ((scratch, scratch.tensor), (torch_ref, torch.tensor)):
        net = wing.FullyConnected([3, 4, 2], bias=bias)
        net.layers[1].weight.requires_grad_(False)
        with graphs.capture():
            found.append((net(tensor(np.ones(shape) * [0.3, -0.4, 2.0])) ** 2).sum())
    alignment = graphs.align(*found)
    assert alignment, str(alignment)


def test_a_weight_that_was_not_transposed_is_a_difference() -> None:
    x, y = two(RNG.normal(size=(4, 3)))
    w, v = two(RNG.normal(size=(3, 3)))
    b, c = two(RNG.normal(size=3))
    alignment = graphs.align(F.linear(x, w, b).sum(), torch.addmm(c, y, v).sum())
    assert not alignment


def test_a_transposed_matrix_is_copied_before_it_is_reshaped() -> None:
    x, y = two(RNG.normal(size=(4, 3)))
    for ours, theirs in (
        (scratch.flatten(x.T), torch.flatten(y.T)),
        (x.T.reshape(12), y.T.reshape(12)),
    ):
        assert graphs.align((ours * ours).sum(), (theirs * theirs).sum())


@pytest.mark.parametrize("captured", [True, False], ids=["captured", "bare"])
@pytest.mark.parametrize("takes", [(True, True), (True, False), (False, True)], ids=str)
def test_the_condition_of_where_is_its_first_argument(
    takes: tuple[bool, bool], captured: bool
) -> None:
    arrays = RNG.normal(size=(2, 3))
    a, b = (scratch.tensor(x, requires_grad=r) for x, r in zip(arrays, takes))
    c, d = (torch.tensor(x, requires_grad=r) for x, r in zip(arrays, takes))
    where = (lambda *given: graphs.trace(torch.where, *given)) if captured else torch.where
    output = where(c > d, c, d)
    alignment = graphs.align(scratch.where(a > b, a, b), output, gradient=np.ones(3))
    assert alignment, str(alignment)
    (box,) = alignment.theirs.of_kind("operation")
    first = alignment.theirs.vertices[alignment.theirs.edges_into()[box.id][0].source]
    assert first.dtype == "bool"


def test_a_convolution_of_one_example_is_one_of_a_batch_of_one_in_pytorch() -> None:
    x, y = two(RNG.normal(size=(2, 7)))
    w, v = two(RNG.normal(size=(3, 2, 3)))
    b, c = two(RNG.normal(size=3))
    assert graphs.align(F.conv1d(x, w, b).sum(), TF.conv1d(y, v, c).sum())
    assert graphs.align(F.conv1d(x, w).sum(), TF.conv1d(y, v).sum())


# ---- differences --------------------------------------------------------------------------------


def two(values: Any) -> tuple[Any, Any]:
    return scratch.tensor(values, requires_grad=True), torch.tensor(values, requires_grad=True)


def test_an_operation_that_is_missing() -> None:
    x, y = two(2.0)
    alignment = graphs.align(scratch.exp(x * 3), torch.exp(torch.tanh(y * 3)))
    assert not alignment
    (first, *_) = [d for d in alignment.differences if not d.follows]
    assert (first.kind, first.where) == ("missing", "tanh")
    assert "TanhBackward0" in first.text
    marks = {v.operation: v.mark for v in alignment.theirs.of_kind("operation")}
    assert marks["tanh"] == "missing"
    assert "unequal" not in marks.values()  # all that differs only follows from it


def test_an_operation_too_many() -> None:
    x, y = two(2.0)
    alignment = graphs.align(scratch.exp(scratch.tanh(x * 3)), torch.exp(y * 3))
    kinds = [(d.kind, d.where) for d in alignment.differences if not d.follows]
    assert kinds == [("extra", "tanh")]


def test_another_operation_in_the_same_place() -> None:
    x, y = two(2.0)
    alignment = graphs.align(F.relu(scratch.sin(x)), TF.relu(torch.cos(y)))
    texts = [d.text for d in alignment.differences if not d.follows]
    assert texts == ["sin stands where PyTorch has CosBackward0"]


def test_an_edge_more() -> None:
    x, y = two(2.0)
    u, v = two(2.0)
    alignment = graphs.align(scratch.exp(x * x), torch.exp(y * v), {"x": x}, {"y": y, "v": v})
    assert not alignment
    kinds = {d.kind for d in alignment.differences if not d.follows}
    assert "edge" in kinds
    again = graphs.align(scratch.exp(x * u), torch.exp(y * y), {"x": x, "u": u}, {"y": y})
    assert "edge" in {d.kind for d in again.differences}
    assert graphs.align(scratch.exp(x * x), torch.exp(y * y))


def test_an_unequal_gradient_in_the_middle_of_the_network() -> None:
    @scratch.autograd.primitive
    def tanh(input: Array) -> Any:
        value = np.tanh(input)
        return value, lambda g: g * (1 - value * value) * 1.001

    x, y = two([0.3, -0.4])
    w, v = two([1.5, 2.5])
    mine = scratch.exp(tanh(x * w)).sum()
    other = graphs.trace(lambda: torch.exp(torch.tanh(y * v)).sum())
    alignment = graphs.align(mine, other, {"x": x, "w": w}, {"y": y, "v": v})
    first = [d for d in alignment.differences if not d.follows]
    assert [(d.kind, d.where) for d in first] == [("gradient", "mul")]
    assert "against PyTorch's" in first[0].text
    following = {d.where for d in alignment.differences if d.follows}
    assert following == {"x", "w"}  # behind it, not beside it
    marks = {v.operation or v.name: v.mark for v in alignment.ours.vertices.values()}
    assert marks["mul"] == "unequal"
    assert marks["exp"] == ""
    assert marks["x"] == "follows"


def test_a_value_that_is_not_equal() -> None:
    x, y = two(2.0)
    alignment = graphs.align((x * 3) + 1, graphs.trace(lambda: (y * 4) + 1))
    first = [d for d in alignment.differences if not d.follows]
    assert first[0].kind == "value"
    assert first[0].where == "mul"
    assert "6 against PyTorch's 8" in first[0].text
    assert graphs.align((x * 3) + 1, (y * 3) + 1)


def test_the_report_names_the_first_place_and_counts_the_others() -> None:
    x, y = two([1.0, 2.0])
    alignment = graphs.align(F.relu(x * 2).sum(), TF.relu(torch.tanh(y * 2)).sum(), {"x": x})
    assert str(alignment).splitlines()[0].startswith("the graphs differ in 1 place")
    assert "more numbers differ in consequence" in str(alignment)


def test_rounding_is_no_difference_and_a_wrong_digit_is() -> None:
    """The gradient of a sum of softmax outputs is 0 but for rounding: 7e-17 against 0."""
    x, y = two(RNG.normal(size=(3, 4)))
    assert graphs.align(F.softmax(x, dim=-1).sum(), torch.softmax(y, -1).sum())
    assert not graphs.align(F.softmax(x * 1.0001, dim=-1).sum(), torch.softmax(y * 1, -1).sum())


def test_float32_is_compared_as_float32() -> None:
    x, y = two(RNG.normal(size=(3, 4)).astype(np.float32))
    assert graphs.align((x.exp() @ x.T).sum(), (y.exp() @ y.T).sum())


def test_one_engine_on_both_sides_is_refused() -> None:
    x, y = two(2.0)
    with pytest.raises(TypeError, match="a result of scratch and one of torch"):
        graphs.align(x * 2, x * 2)
    with pytest.raises(TypeError, match="a result of scratch"):
        graphs.align(y * 2, x * 2)


# ---- the picture --------------------------------------------------------------------------------


def side_by_side(alignment: Any, **options: Any) -> Any:
    import pygraphviz

    dot = alignment.draw(**options).dot
    return networkx.MultiDiGraph(networkx.nx_agraph.from_agraph(pygraphviz.AGraph(dot)))


def test_twins_have_one_colour_side_by_side() -> None:
    make, x, loss, _ = NETWORKS["fully connected, a batch"]
    alignment = aligned(make, x, loss, True)
    read = side_by_side(alignment)
    for u, parts in alignment.mapping.items():
        if alignment.ours.vertices[u].kind != "operation":
            continue
        mine = read.nodes[f"s_{u}"]
        for part in parts:
            other = read.nodes[f"t_{part}"]
            assert (mine["fillcolor"], mine["color"]) == (other["fillcolor"], other["color"])
    used = {read.nodes[f"s_{u}"]["fillcolor"] for u in alignment.mapping}
    assert len(used) >= 5


def test_what_differs_stands_out() -> None:
    x, y = two([0.5, 1.0])
    mine = scratch.exp(scratch.sin(x * 3)).sum()
    other = torch.exp(torch.tanh(torch.sin(y * 3))).sum()
    alignment = graphs.align(mine, other, {"x": x}, {"y": y})
    read = side_by_side(alignment)
    by_operation = {v.operation: v.id for v in alignment.theirs.of_kind("operation")}
    missing = read.nodes["t_" + by_operation["tanh"]]
    assert missing["fillcolor"] == LIGHT.marks["missing"].fill
    assert missing["xlabel"] == "missing"
    assert "extra" not in {d.get("xlabel") for _, d in read.nodes(data=True)}
    assert alignment.drawing.svg.count("<title>") > 8
    assert alignment.drawing.png.startswith(b"\x89PNG")
    dark = side_by_side(alignment, theme="dark", direction="LR")
    assert dark.nodes["t_" + by_operation["tanh"]]["fillcolor"] != missing["fillcolor"]


def test_an_unequal_vertex_has_its_colour_in_both_halves() -> None:
    x, y = two([0.5, 1.0])
    alignment = graphs.align((x * 3).sum(), graphs.trace(lambda: (y * 4).sum()))
    read = side_by_side(alignment)
    unequal = [n for n, d in read.nodes(data=True) if d["fillcolor"] == LIGHT.marks["unequal"].fill]
    assert [n[:2] for n in unequal] == ["s_", "t_"]


def test_folded_boxes_have_the_colours_of_their_results() -> None:
    """A layer without a bias is one operation here, and two there, of which one has no weight."""
    wings = scratch, torch_ref
    ours, theirs = (w.FullyConnected([2, 3, 2, 1], "tanh", bias=False) for w in wings)
    theirs.load_state_dict({k: np.array(v) for k, v in ours.state_dict().items()})
    X = np.ones((4, 2))
    other = graphs.trace(lambda: theirs(torch.tensor(X)).sum())
    alignment = graphs.align(ours(scratch.tensor(X)).sum(), other, model=ours, torch_model=theirs)
    boxes: dict[str, list[Any]] = {"s_": [], "t_": []}
    for node, data in side_by_side(alignment, collapse=True).nodes(data=True):
        if data["class"] == "fold":
            name = data["label"].partition("<b>")[2].partition("</b>")[0]
            boxes[node[:2]].append((name, data["fillcolor"], data["color"]))
    assert [name for name, *_ in boxes["s_"]] == ["layers.0", "layers.1", "layers.2"]
    assert boxes["s_"] == boxes["t_"]
    assert len({colour for _, colour, _ in boxes["s_"]}) == 3
    opened = side_by_side(alignment, collapse=True, open=["layers.1"])
    assert "tanh" in {d["label"].partition("<b>")[2].partition("</b>")[0] for _, d in
                      opened.nodes(data=True)}  # fmt: skip


def test_the_layer_that_differs_stands_out_of_the_equal_ones() -> None:
    """Ten equal layers would be one box; the one whose weights differ is a box of its own."""
    ours, theirs = (wing.FullyConnected([3] * 11, "tanh") for wing in (scratch, torch_ref))
    state = {name: np.array(value) for name, value in ours.state_dict().items()}
    state["layers.4.weight"][0, 0] += 1.0
    theirs.load_state_dict(state)
    X = np.ones((2, 3))
    other = graphs.trace(lambda: theirs(torch.tensor(X)).sum())
    alignment = graphs.align(ours(scratch.tensor(X)).sum(), other, model=ours, torch_model=theirs)
    assert not alignment
    read = side_by_side(alignment, collapse=True)
    wrong = [(n[:2], d) for n, d in read.nodes(data=True) if d.get("xlabel") == "unequal"]
    assert [half for half, _ in wrong] == ["s_", "t_"]
    for _, data in wrong:
        assert "<b>layers.4</b>" in data["label"]
        assert data["fillcolor"] == LIGHT.marks["unequal"].fill
    names = [d["label"] for n, d in read.nodes(data=True) if d["class"] == "fold" and n[0] == "s"]
    assert any("layers.0 … layers.3 \u00d7 4" in name for name in names), names
