"""The lecture's picture, read back from its DOT and compared with both engines."""

from __future__ import annotations

# ruff: noqa: RUF001
import re
import subprocess
import sys
from typing import Any

import networkx
import numpy as np
import pytest
import torch
from close import assert_close

import graphs
import scratch
import scratch.functional as F
import torch_ref
from graphs.select import GraphTooLargeError


def regression(engine: Any) -> tuple[Any, dict[str, Any]]:
    """The lecture's example: y_hat = w x + b, L = (y_hat - y)^2, point (3, 9)."""
    tensor = engine.tensor
    x, y = tensor(3.0), tensor(9.0)
    w, b = tensor(2.0, requires_grad=True), tensor(1.0, requires_grad=True)
    with graphs.capture():
        z = w * x
        y_hat = z + b
        e = y_hat - y
        L = e**2
    return L, {"w": w, "b": b, "x": x, "y": y, "z": z, "y_hat": y_hat, "e": e, "L": L}


def parsed(drawing: graphs.Drawing) -> Any:
    """The DOT text back as a graph, by another program than the one that wrote it."""
    import pygraphviz

    return networkx.MultiDiGraph(networkx.nx_agraph.from_agraph(pygraphviz.AGraph(drawing.dot)))


def text(label: str) -> list[str]:
    """The lines of an HTML-like label, without its fonts."""
    return [re.sub("<[^>]*>", "", line) for line in label.split("<br/>")]


def edge_texts(drawing: graphs.Drawing) -> dict[tuple[str, str], list[str]]:
    """The lines on each edge, between the first lines of its ends."""
    read = parsed(drawing)
    # a box has its sign in the first line and the result's name in the second
    names = {
        n: text(data["label"])[1 if data["class"] == "operation" else 0]
        for n, data in read.nodes(data=True)
    }
    return {(names[a], names[b]): text(data["label"]) for a, b, data in read.edges(data=True)}


FORWARD = {
    ("w", "z"): "2", ("x", "z"): "3", ("z", "y_hat"): "6", ("b", "y_hat"): "1",
    ("y_hat", "e"): "7", ("y", "e"): "9", ("e", "L"): "-2", ("L", "L"): "4",
}  # fmt: skip
BACKWARD = {
    ("w", "z"): "∂ -12", ("z", "y_hat"): "∂ -4", ("b", "y_hat"): "∂ -4", ("y_hat", "e"): "∂ -4",
    ("e", "L"): "∂ -4", ("L", "L"): "∂ 1",
}  # fmt: skip


@pytest.mark.parametrize("engine", [scratch, torch])
def test_the_lectures_numbers_stand_on_the_edges(engine: Any) -> None:
    L, names = regression(engine)
    before = edge_texts(graphs.draw(L, names))
    assert before == {ends: [value] for ends, value in FORWARD.items()}
    L.backward()
    after = edge_texts(graphs.draw(L, names))
    assert {ends: lines[0] for ends, lines in after.items()} == FORWARD
    assert {ends: lines[1] for ends, lines in after.items() if len(lines) > 1} == BACKWARD


@pytest.mark.parametrize("engine", [scratch, torch])
def test_kinds_have_the_lectures_colours_and_shapes(engine: Any) -> None:
    L, names = regression(engine)
    read = parsed(graphs.draw(L, names))
    look = {
        text(d["label"])[0]: (d["class"], d["shape"], d["fillcolor"])
        for _, d in read.nodes(data=True)
    }
    assert look["x"] == look["y"] == ("input", "ellipse", "#ffe680")
    assert look["w"] == look["b"] == ("parameter", "ellipse", "#e2d0f8")
    assert look["×"] == look["+"] == look["−"] == look["^ 2"] == ("operation", "box", "#cfe4fa")
    assert look["L"] == ("output", "ellipse", "#d3f0d8")
    assert networkx.is_directed_acyclic_graph(read)
    assert len(read) == 9


def test_a_gradient_that_was_not_computed_is_none_and_not_zero() -> None:
    x = scratch.tensor(-1.0, requires_grad=True)
    y = F.relu(x)
    assert "grad = None" in graphs.draw(y, {"x": x}).dot
    assert "∂" not in graphs.draw(y, {"x": x}).dot
    y.backward()
    dot = graphs.draw(y, {"x": x}).dot
    assert "grad = 0" in dot
    assert "∂ 0" in dot


def test_a_grad_left_by_another_graph_is_no_gradient_of_this_one() -> None:
    for engine in (scratch, torch):
        x = engine.tensor(3.0, requires_grad=True)
        (x * x).backward()
        assert not graphs.draw(x * x * x).graph.has_gradients  # .grad is 6, not 27
        y = x * x * x
        x.grad = None
        y.backward(retain_graph=True)
        assert graphs.draw(y).graph.has_gradients


def random_network(engine: Any, capture: bool) -> tuple[Any, Any, dict[str, np.ndarray]]:
    """A network with shared weight, broadcast and reduction; its gradients by retain_grad."""
    rng = np.random.default_rng(3)
    W, X, v = rng.normal(size=(4, 4)), rng.normal(size=(5, 4)), rng.normal(size=4)
    w = engine.tensor(W, requires_grad=True)
    b = engine.tensor(v, requires_grad=True)
    x = engine.tensor(X)

    def run() -> tuple[Any, ...]:
        h1 = x @ w + b
        h2 = engine.exp(h1 * 0.1) @ w
        return h1, h2, (h2 * h1).mean()

    h1, h2, loss = graphs.trace(run) if capture else run()
    return loss, {"w": w, "b": b, "x": x, "h1": h1, "h2": h2, "loss": loss}, {}


def same(ours: Any, theirs: torch.Tensor) -> None:
    """Three products of `random_network` forth and back, sums of 20 numbers that may cancel."""
    assert_close(ours, theirs, terms=20, layers=2 * 3, size=theirs.abs().max().item())


@pytest.mark.parametrize("engine", [scratch, torch])
def test_inner_values_and_gradients_are_those_of_retain_grad(engine: Any) -> None:
    loss, names, _ = random_network(engine, capture=True)
    loss.backward()
    graph = graphs.draw(loss, names).graph
    reference, theirs, _ = random_network(torch, capture=False)
    for name in ("h1", "h2"):
        theirs[name].retain_grad()
    reference.backward()
    for name in ("w", "b", "h1", "h2"):
        vertex = graph.named(name)
        same(vertex.value, theirs[name])
        same(vertex.gradient, theirs[name].grad)
    out = graph.edges_out()
    shares = [e.gradient for e in out[graph.named("w").id]]
    assert len(shares) == 2  # one vertex with two edges
    same(sum(shares), theirs["w"].grad)


def test_torch_without_capture_shows_saved_values_and_its_own_gradients() -> None:
    loss, names, _ = random_network(torch, capture=False)
    drawing = graphs.draw(loss, names, gradients=True)
    assert names["w"].grad is None  # the picture's backward pass touches no .grad
    loss.backward()  # ... and leaves the graph as it was
    np.testing.assert_array_equal(drawing.graph.named("w").gradient, names["w"].grad)
    L, names = scratch_free_regression()
    assert "not kept by PyTorch" in graphs.draw(L, names).dot


def scratch_free_regression() -> tuple[Any, dict[str, Any]]:
    w, b = torch.tensor(2.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    z = w * torch.tensor(3.0)
    return (z + b - 9) ** 2, {"w": w, "b": b, "z": z}


def test_capture_inside_its_block_and_for_a_block_of_the_users_own() -> None:
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * 3 * x**2

    x = torch.tensor(2.0, requires_grad=True)
    with graphs.capture():
        y = Cube.apply(x) * 1.5
        graph = graphs.draw(y, {"x": x}, gradients=True).graph
    values = [v.value.item() for v in graph.of_kind("operation")]
    gradients = [v.gradient.item() for v in graph.of_kind("operation")]
    assert values == [8.0, 12.0]
    assert gradients == [1.5, 1.0]


def test_lists_tuples_and_dicts_of_outputs() -> None:
    for engine in (scratch, torch):
        w = engine.tensor([1.0, 2.0], requires_grad=True)
        a, b = w * 2, w.sum()
        graph = graphs.draw({"twice": a, "both": [b, (a + b)]}).graph
        assert [v.name for v in graph.of_kind("output")] == ["twice", "both[0]", "both[1]"]
        g = [np.ones(2), 1.0, np.ones(2)]
        again = graphs.draw([a, b, a + b], {"w": w}, gradients=True, gradient=g).graph
        np.testing.assert_array_equal(again.named("w").gradient, [7.0, 7.0])  # 2+2, 1, 2


def test_names_of_a_model_and_layers_of_its_operations() -> None:
    net = scratch.FullyConnected([3, 4, 2], seed=0)
    out = net(scratch.tensor(np.ones((2, 3)))).sum()
    graph = graphs.draw(out, model=net).graph
    assert {v.name for v in graph.of_kind("parameter")} == {
        "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
    }  # fmt: skip
    layers = [(v.operation, v.module) for v in graph.of_kind("operation")]
    assert layers == [
        ("linear", "layers.0"), ("relu", "layers.0"), ("linear", "layers.1"), ("sum", ""),
    ]  # fmt: skip


def test_a_tensors_own_name_is_used() -> None:
    w = scratch.tensor(1.0, requires_grad=True)
    w.name = "slope"
    assert graphs.draw(w * 2).graph.named("slope").kind == "parameter"


def test_constants_and_leaves_without_gradient_can_be_hidden() -> None:
    w, x = scratch.tensor([1.0], requires_grad=True), scratch.tensor([5.0])
    y = F.relu(w * x) * 2
    drawing = graphs.draw(y, {"w": w, "x": x})
    assert "× 2" in drawing.dot  # a number stands inside of its operation
    assert "× 2" not in graphs.draw(y, constants=False).dot
    hidden = graphs.draw(y, {"w": w, "x": x}, without_gradient=False).graph
    assert {v.name for v in hidden.vertices.values() if v.is_leaf} == {"w"}
    assert graphs.draw(y, {"w": w, "x": x}, inputs=["w"]).graph.named("w").kind == "input"


def test_the_same_computation_gives_the_same_dot_byte_by_byte() -> None:
    for engine in (scratch, torch):
        (a, names_a), (b, names_b) = regression(engine), regression(engine)
        a.backward()
        b.backward()
        assert graphs.draw(a, names_a, legend=True).dot == graphs.draw(b, names_b, legend=True).dot


@pytest.mark.parametrize("theme", ["light", "dark", "transparent"])
def test_themes_keep_text_readable(theme: str) -> None:
    """WCAG's contrast of 4.5 to 1 for every text on its fill."""
    from graphs.themes import get_theme

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    def contrast(a: str, b: str) -> float:
        low, high = sorted((luminance(a), luminance(b)))
        return (high + 0.05) / (low + 0.05)

    look = get_theme(theme)
    background = "#ffffff" if look.background == "transparent" else look.background
    for paint in (*look.kinds.values(), *look.marks.values()):
        assert contrast(paint.text, paint.fill) >= 4.5
    for colour in (look.value, look.gradient, look.text, look.quiet):
        assert contrast(colour, background) >= 4.5
    assert contrast(look.gradient, look.kinds["parameter"].fill) >= 3.9  # .grad, beside its name


def test_restyle_explain_engine_names_and_title() -> None:
    L, names = regression(torch)
    dot = graphs.draw(
        L, names, title="A title", engine_names=True, explain=True, direction="TB",
        restyle=lambda v: {"fillcolor": "#123456"} if v.name == "w" else None,
    ).dot  # fmt: skip
    assert "#123456" in dot
    assert "MulBackward0" in dot
    assert "gradient is" in dot  # the glossary, broken into lines
    assert 'label="A title"' in dot
    assert 'rankdir="TB"' in dot
    assert "ReLU" in graphs.draw(F.relu(scratch.tensor(1.0, requires_grad=True))).dot


def test_names_are_escaped() -> None:
    w = scratch.tensor(1.0, requires_grad=True)
    drawing = graphs.draw(w * w, {'<b>"&\\': w})
    assert text(parsed(drawing).nodes["n0"]["label"])[0] == "&lt;b&gt;&quot;&amp;\\"
    assert "&lt;b&gt;" in drawing.svg


def test_float16_nan_empty_and_integers_are_drawn() -> None:
    w = scratch.tensor([np.nan, np.inf, 1.0, 2.0, 3.0, 4.0, 5.0], requires_grad=True)
    assert "2 not finite" in graphs.draw(w * 2).dot
    empty = scratch.tensor(np.zeros((0, 3)), requires_grad=True)
    assert "empty" in graphs.draw(empty * 2).dot
    z = scratch.tensor(np.eye(3), requires_grad=True)
    loss = F.cross_entropy(z, scratch.tensor([0, 1, 2]))
    assert "[0, 1, 2]" in graphs.draw(loss).dot
    half = torch.ones(3, dtype=torch.bfloat16, requires_grad=True)
    assert "[2, 2, 2]" in graphs.draw(half * 2).dot


# ---- bad input ----------------------------------------------------------------------------------


def test_clear_errors() -> None:
    w = scratch.tensor(1.0, requires_grad=True)
    v = scratch.tensor(1.0, requires_grad=True)
    with scratch.no_grad():
        dead = w * 2
    for broken, error, words in [
        (lambda: graphs.draw(dead), RuntimeError, "no_grad"),
        (lambda: graphs.draw(w), RuntimeError, "leaf"),
        (lambda: graphs.draw(torch.ones(1)), RuntimeError, "requires_grad"),
        (lambda: graphs.draw(3.0), TypeError, "float"),
        (lambda: graphs.draw([]), ValueError, "empty"),
        (lambda: graphs.draw([w * 2, torch.ones(1)]), TypeError, "one engine"),
        (lambda: graphs.draw(w * v, [("a", w), ("a", v)]), ValueError, "two different"),
        (lambda: graphs.draw(w * v, {"a": w, "b": w}), ValueError, "two names"),
        (lambda: graphs.draw(w * v, {"a": 1}), TypeError, "names"),
        (lambda: graphs.draw(w * v, model=3), TypeError, "named_parameters"),
        (lambda: graphs.draw(w * v, theme="pink"), ValueError, "light, dark"),
        (lambda: graphs.draw(w * v, direction="UP"), ValueError, "direction"),
        (lambda: graphs.draw(w * v, inputs=[3]), TypeError, "inputs"),
        (lambda: graphs.draw(w * v, gradient=np.ones(3), gradients=True), ValueError, "shape"),
        (lambda: graphs.draw(w * v, max_uses=0), ValueError, "max_uses"),
        (lambda: graphs.draw(w * v, max_uses="all"), TypeError, "^max_uses: .* 'all'"),
        (lambda: graphs.draw(w * v, max_nodes=1.5), TypeError, "^max_nodes: .* 1.5"),
        (lambda: graphs.steps(w * v, max_steps="all"), TypeError, "^max_steps: .* 'all'"),
        (lambda: graphs.draw(w * v, restyle=3), TypeError, "^restyle: expected a function"),
        (lambda: graphs.draw(w * v, restyle=lambda v: 5), TypeError, "^restyle: .* returned 5"),
        (lambda: graphs.draw(w * v, max_nodes=2), GraphTooLargeError, "collapse"),
        (lambda: graphs.draw(w * v, between=(w, dead)), ValueError, "takes no part"),
        (lambda: graphs.draw(w * v, between="w"), TypeError, "between"),
        (lambda: graphs.draw(w * v, collapse=["layers.7"]), ValueError, "no layer"),
        (lambda: graphs.draw(w * v, collapse="everything"), ValueError, "collapse"),
    ]:
        with pytest.raises(error, match=words):
            broken()


@pytest.mark.parametrize("engine", [scratch, torch])
def test_a_name_for_a_tensor_that_is_not_in_the_graph_is_an_error(engine: Any) -> None:
    """`w = w - lr * w.grad` makes another w: its name would be missing without a word."""
    w, x = engine.tensor(2.0, requires_grad=True), engine.tensor(3.0)
    loss = (w * x) ** 2
    other = engine.tensor(2.0, requires_grad=True)
    result = other * 2
    functions = [graphs.draw, graphs.steps] + [graphs.draw_torch] * (engine is torch)
    for draw in functions:
        draw(loss, {"w": w, "x": x, "loss": loss})
        for tensor in (other, result):
            with pytest.raises(ValueError, match=r"names: the tensor given as 'v' is not in this"):
                draw(loss, {"w": w, "v": tensor})
    graphs.draw(loss, {"w": w, "x": engine.tensor(3.0)})  # PyTorch need not keep what has none


@pytest.mark.parametrize("wing", [scratch, torch_ref])
def test_a_models_parameters_need_not_all_take_part(wing: Any) -> None:
    net = wing.FullyConnected([2, 3, 1])
    X = wing.module.as_tensor(np.ones((1, 2)))
    half = net.layers[0](X).sum()
    functions = [graphs.draw, graphs.steps] + [graphs.draw_torch] * (wing is torch_ref)
    for draw in functions:
        draw(half, net)
        draw(half, {"X": X}, model=net)
        draw(half, dict(net.named_parameters()), model=net)
        with pytest.raises(ValueError, match=r"names: .* 'layers\.1\.weight' is not in this graph"):
            draw(half, dict(net.named_parameters()))


def test_a_tensor_changed_in_place_is_refused() -> None:
    w = scratch.tensor([1.0], requires_grad=True)
    y = F.relu(w * w)
    with scratch.no_grad():
        w -= 0.5
    with pytest.raises(RuntimeError, match="changed in place"):
        graphs.draw(y)
    y = F.relu(w * w)
    w.data = w.data * 3  # behind the tensor's back
    with pytest.raises(RuntimeError, match="other numbers"):
        graphs.draw(y)
    assert graphs.draw(y, values=False).graph.has_values is False


def test_a_freed_torch_graph_says_what_to_do() -> None:
    w = torch.tensor(2.0, requires_grad=True)
    y = (w * w).exp()
    y.backward()
    with pytest.raises(RuntimeError, match=r"retain_graph=True.*capture"):
        graphs.draw(y)
    structure = graphs.draw(y, {"w": w}, values=False)
    assert [v.operation for v in structure.graph.of_kind("operation")] == ["mul", "exp"]


def test_importing_graphs_loads_no_torch_and_no_graphviz() -> None:
    code = (
        "import sys, scratch, graphs\n"
        "w = scratch.tensor(1.0, requires_grad=True)\n"
        "graphs.draw(w * w).dot\n"
        "heavy = {'torch', 'torchviz', 'networkx', 'pygraphviz', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
