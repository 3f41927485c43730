"""The neuron diagram, read back from its DOT and its SVG and compared with the models."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations, pairwise
from typing import Any

import networkx
import numpy as np
import pytest
import torch
from close import assert_close

import graphs
import scratch
import torch_ref
from graphs.themes import DARK, LIGHT

WINGS = [scratch, torch_ref]
BLUE, ORANGE = LIGHT.kinds["operation"].line, LIGHT.marks["missing"].line
NODES = [
    ("h", "linear", "X", ("W", "b")), ("r", "relu", "h"), ("z", "linear", "r", ("V", "b")),
    ("s", "add", ("z", "h")), ("y", "linear", "s", ("V",)),
]  # fmt: skip
SHAPES = {"W": (3, 2), "b": (3,), "V": (3, 3)}


def digits(number: float) -> str:
    """As the diagram writes it."""
    return f"{number:.3g}"


def tensor_of(wing: Any, array: Any) -> Any:
    return (scratch if wing is scratch else torch).tensor(np.asarray(array))


def learned(wing: Any, model: Any, x: Any) -> Any:
    """The model after a backward pass of the sum of its squared outputs."""
    y = model(tensor_of(wing, x))
    (y * y).sum().backward()
    return model


def parsed(drawing: graphs.Drawing) -> Any:
    import pygraphviz

    return networkx.MultiDiGraph(networkx.nx_agraph.from_agraph(pygraphviz.AGraph(drawing.dot)))


def text(label: str) -> list[str]:
    return [re.sub("<[^>]*>", "", line) for line in label.split("<br/>")]


def lines_of(drawing: graphs.Drawing) -> dict[tuple[str, str], list[str]]:
    """The lines of the label on each edge."""
    return {(a, b): text(d.get("label", "")) for a, b, d in parsed(drawing).edges(data=True)}


# ---- the lecture's perceptron -------------------------------------------------------------------


@pytest.mark.parametrize("wing", WINGS)
def test_the_lectures_perceptron(wing: Any) -> None:
    """w_0 = 4.1, w = (-1.15, -0.21); at (0, 6) the lecture prints 0.94."""
    drawing = graphs.draw_network(wing.Perceptron([-1.15, -0.21], 4.1), [0.0, 6.0])
    assert lines_of(drawing) == {
        ("c0_0", "c1_0"): ["-1.15"], ("c0_1", "c1_0"): ["-0.21"], ("b1", "c1_0"): ["4.1"],
    }  # fmt: skip
    labels = {n: text(d.get("label", "")) for n, d in parsed(drawing).nodes(data=True)}
    assert labels["c0_0"] == ["x₁", "0"]
    assert labels["c0_1"] == ["x₂", "6"]
    assert labels["c1_0"] == ["ŷ", "0.945"]
    assert labels["b1"] == ["1"]
    assert labels["caption1"][0] == "ŷ = sigmoid(w·x + w₀)"


@pytest.mark.parametrize("wing", WINGS)
def test_gradients_stand_below_the_weights_after_backward(wing: Any) -> None:
    model = wing.Perceptron([-1.15, -0.21], 4.1)
    assert "∂" not in graphs.draw_network(model).dot
    with pytest.raises(RuntimeError, match=r"run backward\(\)"):
        graphs.draw_network(model, gradients=True)
    learned(wing, model, [0.0, 6.0])
    written = lines_of(graphs.draw_network(model, [0.0, 6.0]))
    gradient = np.asarray(model.weight.grad)
    assert written["c0_1", "c1_0"] == ["-0.21", f"∂ {gradient[1]:.3g}"]
    assert written["c0_0", "c1_0"] == ["-1.15", "∂ 0"]  # x_1 is 0
    assert written["b1", "c1_0"] == ["4.1", f"∂ {float(model.bias.grad):.3g}"]
    assert "∂" not in graphs.draw_network(model, gradients=False).dot


# ---- lines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("wing", WINGS)
def test_a_line_for_each_weight_as_wide_as_the_weight_is_large(wing: Any) -> None:
    net = wing.FullyConnected([3, 4, 2], seed=1, initializer=lambda rng, s: rng.normal(size=s))
    read = parsed(graphs.draw_network(net))
    assert read.number_of_edges() == 3 * 4 + 4 + 4 * 2 + 2
    found = []
    for k, layer in enumerate(net.layers):
        weight = np.asarray(layer.weight.detach())
        for i, j in np.ndindex(*weight.shape):
            (style,) = read.get_edge_data(f"c{k}_{j}", f"c{k + 1}_{i}").values()
            found.append((abs(weight[i, j]), float(style["penwidth"]), weight[i, j] >= 0, style))
            assert text(style["label"])[0] == digits(weight[i, j])
    found.sort(key=lambda each: each[0])
    widths = [width for _, width, *_ in found]
    assert widths == sorted(widths)
    assert widths[-1] == 4.0

    def hue(colour: str) -> int:
        """Red minus blue."""
        return int(colour[1:3], 16) - int(colour[5:7], 16)

    for *_, positive, style in found:
        assert (hue(style["color"]) < 0) == positive  # blue or orange, however pale
    assert found[-1][3]["color"] in (BLUE, ORANGE)  # the largest in full colour


def test_zero_and_what_is_no_number_look_different() -> None:
    p = scratch.Perceptron([0.0, np.nan, 1.0])
    read = parsed(graphs.draw_network(p))
    styles = [read.get_edge_data(f"c0_{i}", "c1_0")[0].get("style", "solid") for i in range(3)]
    assert styles == ["dotted", "dashed", "solid"]


@pytest.mark.parametrize("seed", [0, 1])
def test_both_wings_give_the_same_picture_byte_by_byte(seed: int) -> None:
    x = [0.5, -1.0, 2.0]
    for make in (
        lambda w: w.FullyConnected([3, 4, 2], "tanh", "softmax", seed=seed),
        lambda w: w.ResidualNetwork(3, 2, out_features=2, seed=seed),
        lambda w: w.ResidualBlock(3, 2, shortcut="projection", seed=seed),
        lambda w: w.DAG(NODES, SHAPES | {"W": (3, 3)}, inputs={"X": 3}, seed=seed),
        lambda w: w.SharedWeightDAG(np.eye(3), np.ones((3, 3)), "sigmoid"),
    ):
        (ours, _), (theirs, _) = [
            (graphs.draw_network(make(w), x), graphs.draw_network(make(w), x)) for w in WINGS
        ]
        assert ours.dot == theirs.dot


# ---- activations ---------------------------------------------------------------------------------


MODELS: dict[str, tuple[Callable[[Any], Any], list[float]]] = {
    "perceptron": (lambda w: w.Perceptron([-1.15, -0.21], 4.1), [0.0, 6.0]),
    "fully connected": (
        lambda w: w.FullyConnected([3, 4, 3, 2], "sigmoid", "softmax", seed=2), [1.0, -2.0, 0.5],
    ),
    "residual block": (lambda w: w.ResidualBlock(2, seed=2), [1.0, -2.0]),
    "projected block": (
        lambda w: w.ResidualBlock(2, 3, shortcut="projection", scale=0.5, seed=2), [1.0, -2.0],
    ),
    "plain block": (lambda w: w.ResidualBlock(2, shortcut="none", seed=2), [1.0, -2.0]),
    "residual network": (lambda w: w.ResidualNetwork(3, 2, 2, 1, seed=2), [1.0, -2.0]),
    "residual network alone": (lambda w: w.ResidualNetwork(2, 2, seed=2), [1.0, -2.0]),
}  # fmt: skip


@pytest.mark.parametrize("wing", WINGS)
@pytest.mark.parametrize("name", MODELS)
def test_activations_are_those_of_the_model(name: str, wing: Any) -> None:
    from graphs.neurons import columns_of

    make, x = MODELS[name]
    model = make(wing)
    for dtype in (np.float64, np.float32):
        expected = np.atleast_1d(np.asarray(model(tensor_of(wing, x)).detach().numpy()))
        found = columns_of(model, np.asarray([x], dtype))[-1].values
        # up to six layers of sums of at most five terms, in another order
        assert_close(found, expected, terms=5, layers=6)
    labels = {
        n: text(d.get("label", ""))
        for n, d in parsed(graphs.draw_network(model, x)).nodes(data=True)
    }
    last = max(int(n[1:].split("_")[0]) for n in labels if re.fullmatch(r"c\d+_\d+", n))
    shown = [labels[f"c{last}_{i}"][1] for i in range(len(expected))]
    assert shown == list(map(digits, expected))


def test_hidden_activations_by_hand() -> None:
    net = scratch.FullyConnected([2, 2, 1], "relu", seed=0)
    net.load_state_dict({
        "layers.0.weight": np.array([[1.0, 2.0], [-1.0, 0.5]]),
        "layers.0.bias": np.array([0.5, 0.0]),
        "layers.1.weight": np.array([[2.0, 3.0]]),
        "layers.1.bias": np.array([-1.0]),
    })  # fmt: skip
    labels = {n: text(d.get("label", "")) for n, d in
              parsed(graphs.draw_network(net, [3.0, 4.0])).nodes(data=True)}  # fmt: skip
    assert labels["c1_0"] == ["h₁", "11.5"]
    assert labels["c1_1"] == ["h₂", "0"]
    assert labels["c2_0"] == ["ŷ", "22"]


def test_float32_models_are_drawn() -> None:
    for wing in WINGS:
        net = wing.FullyConnected([2, 2], "relu", dtype="float32")
        assert "ŷ" in graphs.draw_network(net, [1.0, 2.0]).dot


def test_a_torch_sequential_is_drawn() -> None:
    net = torch.nn.Sequential(
        torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1, bias=False),
        torch.nn.Sigmoid(),
    ).double()  # fmt: skip
    drawing = graphs.draw_network(net, [1.0, 2.0])
    read = parsed(drawing)
    expected = net(torch.tensor([1.0, 2.0]).double()).item()
    assert text(read.nodes["c2_0"]["label"])[1] == digits(expected)
    assert read.number_of_edges() == 2 * 3 + 3 + 3
    assert text(read.nodes["caption2"]["label"])[0] == "ŷ = Sigmoid(W·h¹)"


# ---- large networks ------------------------------------------------------------------------------


def test_a_wide_layer_is_abbreviated_with_its_size() -> None:
    drawing = graphs.draw_network(scratch.FullyConnected([64, 32, 10], bias=False))
    read = parsed(drawing)
    for k, size in enumerate((64, 32, 10)):
        neurons = [n for n in read if re.fullmatch(rf"c{k}_\d+", n)]
        assert [int(n.split("_")[1]) for n in neurons] == [0, 1, 2, 3, size - 1]
        assert text(read.nodes[f"c{k}_rest"]["label"]) == ["⋮", str(size)]
    assert read.number_of_edges() == 5 * 5 * 2
    assert "label" not in next(iter(read.edges(data=True)))[2]
    more = parsed(graphs.draw_network(scratch.FullyConnected([64, 3]), most=10))
    assert len([n for n in more if n.startswith("c0_")]) == 10


def test_a_deep_network_shows_its_first_and_last_layers() -> None:
    drawing = graphs.draw_network(scratch.ResidualNetwork(4, 1000, 2, 1))
    read = parsed(drawing)
    columns = sorted({int(n[1:].split("_")[0]) for n in read if re.fullmatch(r"c\d+_.*", n)})
    assert len(columns) <= 12
    assert columns[0] == 0
    assert columns[-1] == 2002
    (jump,) = [b - a for a, b in pairwise(columns) if b - a > 1]
    (words,) = [text(d.get("label", "")) for n, d in read.nodes(data=True) if n.startswith("more")]
    assert words == ["⋯", f"{jump - 1:,} more"]
    arcs = [(a, b) for a, b in read.edges() if a.startswith("column")]
    assert arcs  # a shortcut is drawn whole or not at all
    assert all({a, b} <= set(read) for a, b in arcs)


def test_numbers_are_left_out_where_there_are_many_and_refused_where_they_cannot_stand() -> None:
    net = scratch.FullyConnected([6, 6, 6])
    assert "label" not in parsed(graphs.draw_network(net)).get_edge_data("c0_0", "c1_0")[0]
    small = scratch.FullyConnected([2, 2])
    assert all(
        not any(lines) for lines in lines_of(graphs.draw_network(small, numbers=False)).values()
    )
    with pytest.raises(ValueError, match=r"most="):
        graphs.draw_network(scratch.FullyConnected([30, 30]), numbers=True, most=30)


# ---- shortcuts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("wing", WINGS)
def test_an_identity_shortcut_goes_around_its_layers(wing: Any) -> None:
    drawing = graphs.draw_network(wing.ResidualNetwork(3, 2, 2, 1, seed=1), [1.0, 2.0])
    written = lines_of(drawing)
    arcs = {ends: lines for ends, lines in written.items() if ends[0].startswith("column")}
    assert arcs == {("column1", "column3"): ["identity"], ("column3", "column5"): ["identity"]}
    captions = [text(d["label"])[0] for n, d in parsed(drawing).nodes(data=True)
                if n.startswith("caption")]  # fmt: skip
    assert captions[3] == "h¹ = h⁰ + 0.707 (W·relu(a¹) + b)"  # the scale 1/sqrt(2)
    plain = graphs.draw_network(wing.ResidualNetwork(3, 2, 2, 1, shortcut="none"))
    assert "identity" not in plain.dot


@pytest.mark.parametrize("wing", WINGS)
def test_a_projected_shortcut_shows_its_weights_and_their_gradients(wing: Any) -> None:
    block = wing.ResidualBlock(2, 3, shortcut="projection")
    before = graphs.draw_network(block, [1.0, 2.0])
    cells = text(parsed(before).nodes["projection2"]["label"].replace("</td>", "<br/>"))
    numbers = [c for c in cells if re.fullmatch(r"-?[\d.]+(e-?\d+)?", c)]
    weight = np.asarray(block.projection.weight.detach())
    assert numbers == list(map(digits, weight.ravel()))
    learned(wing, block, [[1.0, 2.0]])
    after = parsed(graphs.draw_network(block, [1.0, 2.0])).nodes["projection2"]["label"]
    shown = re.findall(r"∂ (-?[\d.]+(?:e-?\d+)?)", after)
    gradient = np.asarray(block.projection.weight.grad)
    assert shown == list(map(digits, gradient.ravel()))
    assert {("column0", "projection2"), ("projection2", "column2")} <= set(lines_of(before))


def test_a_large_projection_is_summed_up() -> None:
    block = scratch.ResidualBlock(16, 8, shortcut="projection")
    label = parsed(graphs.draw_network(block)).nodes["projection2"]["label"]
    assert "8×16" in label  # noqa: RUF001
    assert "…" in label


# ---- DAG networks --------------------------------------------------------------------------------


@pytest.mark.parametrize("wing", WINGS)
def test_a_shared_weight_has_one_colour_wherever_it_is_used(wing: Any) -> None:
    """w1 = 0.5, w2 = 0.3, X = 2: z1 = 1, z2 = 0.9, y_hat = 0.95; L = (y_hat - 1)^2 by hand."""
    model = wing.SharedWeightDAG(0.5, 0.3)
    ((model(tensor_of(wing, 2.0)) - 1.0) ** 2).backward()
    drawing = graphs.draw_network(model, 2.0)
    read = parsed(drawing)
    labels = {n: text(d.get("label", "")) for n, d in read.nodes(data=True)}
    circles = {n: lines for n, lines in labels.items() if re.fullmatch(r"n\d", n)}
    assert circles == {
        "n0": ["X", "2"], "n1": ["z1", "w1 X", "1"], "n2": ["z2", "w2 (z1 + X)", "0.9"],
        "n3": ["ŷ", "w1 (z1 + z2)", "0.95"],
    }  # fmt: skip
    # a line leads from a circle over the weight's name to the next circle
    ways: dict[str, set[tuple[str, str]]] = {}
    colours: dict[str, set[str]] = {}
    for n, lines in labels.items():
        if "_w" in n:
            ((a, _, before),) = read.in_edges(n, data=True)
            ((_, b, after),) = read.out_edges(n, data=True)
            ways.setdefault(lines[0], set()).add((a, b))
            colours.setdefault(lines[0], set()).update((before["color"], after["color"]))
    assert ways == {
        "w1 = 0.5": {("n0", "n1"), ("n1", "n3"), ("n2", "n3")},
        "w2 = 0.3": {("n0", "n2"), ("n1", "n2")},
    }
    assert all(len(found) == 1 for found in colours.values())
    assert colours["w1 = 0.5"] != colours["w2 = 0.3"]
    assert "∂ -0.32" in drawing.dot  # the lecture's formula leaves a path out
    assert "used 2 times" in drawing.dot
    assert "shared: w1" in drawing.description


@pytest.mark.parametrize("wing", WINGS)
def test_a_declared_dag(wing: Any) -> None:
    model = wing.DAG(NODES, SHAPES, inputs={"X": 2})
    read = parsed(graphs.draw_network(model, [1.0, 2.0]))
    labels = {n: text(d.get("label", "")) for n, d in read.nodes(data=True)}
    names = [lines[0] for n, lines in labels.items() if re.fullmatch(r"n\d", n)]
    assert names == ["X", "h", "r", "z", "s", "y"]
    assert read.has_edge("n1", "n2")  # relu has no weight: a line of its own
    assert read.has_edge("n1", "n4")  # the line that skips r and z
    expected = model(tensor_of(wing, [1.0, 2.0])).detach().numpy()
    assert labels["n5"][2:] == list(map(digits, expected))
    shared = [d["color"] for a, b, d in read.edges(data=True) if a.endswith("_bias")]
    assert len(shared) == 2
    assert len(set(shared)) == 1  # b is used in h and in z


def test_a_dag_of_two_inputs_and_without_parameters() -> None:
    model = scratch.DAG([("s", "add", ("a", "b"))], inputs={"a": 2, "b": 2})
    drawing = graphs.draw_network(model, {"a": [1.0, 2.0], "b": [3.0, 4.0]})
    assert text(parsed(drawing).nodes["n2"]["label"]) == ["s", "+", "4", "6"]
    with pytest.raises(ValueError, match="for each of a, b"):
        graphs.draw_network(model, [1.0, 2.0])


# ---- nothing covers anything ---------------------------------------------------------------------


PICTURES: dict[str, Callable[[], graphs.Drawing]] = {
    "perceptron": lambda: graphs.draw_network(
        learned(scratch, scratch.Perceptron([-1.15, -0.21], 4.1), [0.0, 6.0]), [0.0, 6.0],
        title="Perceptron",
    ),
    "three layers": lambda: graphs.draw_network(
        learned(scratch, scratch.FullyConnected([3, 4, 3, 2], "tanh", seed=1), [[1.0, 2.0, 3.0]]),
        [1.0, 2.0, 3.0],
    ),
    "residual block": lambda: graphs.draw_network(
        learned(scratch, scratch.ResidualBlock(2, 3, shortcut="projection"), [[1.0, 2.0]]),
        [1.0, 2.0],
    ),
    "residual network": lambda: graphs.draw_network(
        scratch.ResidualNetwork(2, 2, 2, 1), [1.0, 2.0], numbers=True
    ),
    "shared weight": lambda: graphs.draw_network(scratch.SharedWeightDAG(0.5, 0.3), 2.0),
    "declared DAG": lambda: graphs.draw_network(
        scratch.DAG(NODES, SHAPES, inputs={"X": 2}), [1.0, 2.0]
    ),
}  # fmt: skip


def written_in(svg: str) -> list[tuple[float, float, float, float, str]]:
    """The box of every text: left, low, right, high, and the text."""
    found = []
    for attributes, words in re.findall(r"<text ([^>]*)>([^<]*)</text>", svg):
        a = dict(re.findall(r'([\w-]+)="([^"]*)"', attributes))
        size, x, y = float(a["font-size"]), float(a["x"]), float(a["y"])
        letters = re.sub("&[^;]*;", "-", words)
        narrow = sum(letter in " .,:()[]-ijltfr" for letter in letters)
        width = size * (0.22 * narrow + 0.5 * (len(letters) - narrow))  # no wider than Helvetica's
        left = {"start": x, "middle": x - width / 2, "end": x - width}[a["text-anchor"]]
        # from the foot of a digit to its head
        found.append((left, y - 0.7 * size, left + width, y, words))
    return found


def points_of(svg: str) -> list[tuple[float, float]]:
    """Points along every line, a point apart; the pieces are splines."""
    found = []
    for d in re.findall(r'<path [^>]*d="M([^"]*)"', svg):
        numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*", d)]
        p = np.array(numbers).reshape(-1, 2)
        for i in range(0, len(p) - 3, 3):
            t = np.linspace(0, 1, 1 + int(np.abs(p[i + 3] - p[i]).sum()))[:, None]
            a, b, c, e = p[i : i + 4]
            curve = a * (1 - t) ** 3 + 3 * b * t * (1 - t) ** 2 + 3 * c * t**2 * (1 - t) + e * t**3
            found += [(float(x), float(y)) for x, y in curve]
    return found


@pytest.mark.parametrize("name", PICTURES)
def test_no_text_covers_a_line_or_another_text(name: str) -> None:
    svg = PICTURES[name]().svg
    boxes = written_in(svg)
    assert len(boxes) > 8
    # frames around columns are paths too: they are among what no text may touch
    for x, y in points_of(svg):
        for left, high, right, low, words in boxes:
            assert not (left < x < right and high < y < low), f"{words} covers a line"
    for (l1, h1, r1, b1, one), (l2, h2, r2, b2, other) in combinations(boxes, 2):
        apart = r1 <= l2 or r2 <= l1 or b1 <= h2 or b2 <= h1
        assert apart, f"{one!r} covers {other!r}"


# ---- looks, sounds, errors -----------------------------------------------------------------------


def test_each_neuron_has_a_title_and_a_description() -> None:
    net = scratch.FullyConnected([2, 3, 1], seed=0)
    svg = graphs.draw_network(net, [1.0, 2.0]).svg
    for title, words in [
        ("x₁", "input 1 of 2"), ("h¹[3]", "hidden neuron 3 of 3"), ("ŷ", "output 1 of 1"),
        ("biases of h¹", "the 1 that each bias"),
    ]:  # fmt: skip
        assert re.search(rf"<title>{re.escape(title)}</title>\n<desc>{words}", svg), title
    assert "Neuron diagram of a FullyConnected: layers of 2, 3, 1 neurons" in svg


def test_themes_title_and_legend() -> None:
    p = scratch.Perceptron([1.0, -1.0])
    dark = graphs.draw_network(p, theme="dark", title="A <title>", legend=True)
    assert DARK.background in dark.dot
    assert "A &lt;title&gt;" in dark.dot
    assert "positive weight" in dark.dot
    assert 'bgcolor="transparent"' in graphs.draw_network(p, theme="transparent").dot
    assert dark.png.startswith(b"\x89PNG")
    for theme in ("light", "dark"):
        shared = graphs.draw_network(scratch.SharedWeightDAG(1.0, 2.0), theme=theme, title="<w>")
        assert shared.svg.count("<ellipse") >= 4


def test_clear_errors() -> None:
    net = scratch.FullyConnected([2, 3, 1])
    for broken, error, words in [
        (lambda: graphs.draw_network(3), TypeError, "Perceptron, FullyConnected"),
        (lambda: graphs.draw_network(net, [1.0]), ValueError, "2 numbers"),
        (lambda: graphs.draw_network(net, np.ones((2, 2))), ValueError, "one example"),
        (lambda: graphs.draw_network(net, "ab"), TypeError, "2 numbers"),
        (lambda: graphs.draw_network(net, most=2), ValueError, "most: expected 3"),
        (lambda: graphs.draw_network(net, most=True), ValueError, "most"),
        (lambda: graphs.draw_network(net, most_layers=1), ValueError, "most_layers"),
        (lambda: graphs.draw_network(net, theme="pink"), ValueError, "light, dark"),
        (
            lambda: graphs.draw_network(torch.nn.Sequential(torch.nn.Conv1d(1, 1, 1))),
            TypeError, "Conv1d",
        ),
        (lambda: graphs.draw_network(torch.nn.Sequential(torch.nn.ReLU())), TypeError, "Linear"),
        (lambda: graphs.draw_network(torch.nn.Sequential()), TypeError, "no Linear"),
    ]:  # fmt: skip
        with pytest.raises(error, match=words):
            broken()


def test_drawing_leaves_the_model_as_it_was() -> None:
    net = scratch.FullyConnected([2, 3, 1])
    before = {name: array.copy() for name, array in net.state_dict().items()}
    graphs.draw_network(net, [1.0, 2.0])
    assert all(p.grad is None for p in net.parameters())
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
