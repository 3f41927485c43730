"""PyTorch's graphs: torchviz's picture of any size, and values kept without retain_grad."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest
import torch
import torch.nn.functional as TF
from close import assert_close

import graphs
import torch_ref
from graphs.select import GraphTooLargeError


def network() -> tuple[Any, Any]:
    net = torch_ref.FullyConnected([3, 4, 2], seed=0)
    return net, (net(torch.ones(5, 3).double()) ** 2).mean()


def parsed(drawing: graphs.Drawing) -> Any:
    import pygraphviz

    return networkx.MultiDiGraph(networkx.nx_agraph.from_agraph(pygraphviz.AGraph(drawing.dot)))


def autograd_nodes(tensor: Any) -> set[Any]:
    """Every node of the autograd graph, by a walk of its own."""
    found: set[Any] = set()
    waiting = [tensor.grad_fn]
    while waiting:
        fn = waiting.pop()
        if fn is not None and fn not in found:
            found.add(fn)
            waiting += [each for each, _ in fn.next_functions]
    return found


def make_dot(tensor: Any, params: dict[str, Any]) -> Any:
    """torchviz alone; it uses distutils, which warns."""
    import torchviz

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return torchviz.make_dot(tensor, params)


# ---- draw_torch ----------------------------------------------------------------------------------


def test_torchviz_draws_every_autograd_node_with_its_name() -> None:
    net, loss = network()
    read = parsed(graphs.draw_torch(loss, dict(net.named_parameters())))
    labels = [d["label"].strip() for _, d in read.nodes(data=True)]
    theirs = [fn.name().rpartition("::")[2] for fn in autograd_nodes(loss)]
    for name in set(theirs):
        assert labels.count(name) == theirs.count(name), name
    named = {label.splitlines()[0].strip() for label in labels}
    assert {name for name, _ in net.named_parameters()} <= named
    assert any("(4, 3)" in label for label in labels)  # the shape below the name
    assert networkx.is_directed_acyclic_graph(read)


def test_make_dot_itself_draws_the_same_graph() -> None:
    """Names of vertices aside, the DOT is torchviz's own."""
    net, loss = network()
    theirs = make_dot(loss, dict(net.named_parameters()))
    read = parsed(graphs.draw_torch(loss, model=net))
    import pygraphviz

    other = pygraphviz.AGraph(theirs.source)
    assert len(read) == len(other.nodes())
    assert read.number_of_edges() == len(other.edges())
    assert sorted(d["label"].strip() for _, d in read.nodes(data=True)) == sorted(
        n.attr["label"].replace("\\n", "\n").strip() for n in other.nodes()
    )


def test_show_attrs_and_show_saved() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * 3).exp().sum(dim=0)
    plain = graphs.draw_torch(loss, {"x": x})
    assert "dim" not in plain.dot
    assert "orange" not in plain.dot
    attrs = graphs.draw_torch(loss, {"x": x}, show_attrs=True).dot
    assert re.search(r"SumBackward1[^;]*dim", attrs)
    saved = parsed(graphs.draw_torch(loss, {"x": x}, show_attrs=True, show_saved=True))
    colours = [d.get("fillcolor") for _, d in saved.nodes(data=True)]
    assert "orange" in colours  # the result that exp keeps for its derivative
    assert len(saved) > len(parsed(plain))


def test_the_glossary_stands_in_the_node_on_request() -> None:
    _, loss = network()
    dot = graphs.draw_torch(loss, explain=True).dot
    assert "x·W + b: a whole fully connected layer" in dot
    assert "where a parameter's gradient is added up" in dot
    assert "x·W + b" not in graphs.draw_torch(loss).dot


def test_lists_tuples_and_dicts_of_outputs() -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    a, b = w * 2, w.sum()
    single = len(parsed(graphs.draw_torch(a)))
    for several in ([a, b], (a, b), {"a": a, "b": b}, {"both": [a, (b,)]}):
        read = parsed(graphs.draw_torch(several, {"w": w}))
        labels = [d["label"] for _, d in read.nodes(data=True)]
        assert any("MulBackward0" in label for label in labels)
        assert any("SumBackward0" in label for label in labels)
        assert len(read) > single
        assert len([label for label in labels if label.strip().startswith("w\n")]) == 1


def test_the_same_graph_gives_the_same_dot() -> None:
    """torchviz calls a vertex by its address in memory, which is another one each time."""
    (one, first), (other, second) = network(), network()
    assert graphs.draw_torch(first, model=one).dot == graphs.draw_torch(second, model=other).dot
    assert not re.search(r"\d{9}", graphs.draw_torch(first, model=one).dot)


def test_many_pictures_do_not_crash_the_process() -> None:
    """Graphviz 14.1 crashes after a few labels with an empty first line, as torchviz writes them
    for a tensor without a name."""
    code = (
        "import scratch, torch, graphs\n"
        "w = torch.ones(2, 2, requires_grad=True)\n"
        "b = torch.ones(2, requires_grad=True)\n"
        "v = scratch.tensor(1.0, requires_grad=True)\n"
        "for _ in range(30):\n"
        "    assert graphs.draw_torch((b @ w + b).sum()).svg\n"
        "    assert graphs.draw(v * v, {'v': v}, title='\\n two').svg\n"
        "    assert graphs.draw(v * v, restyle=lambda vertex: {'label': '\\nx'}).svg\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_text_is_readable_without_a_fixed_page() -> None:
    _, loss = network()
    drawing = graphs.draw_torch(loss)
    assert not re.search(r"[ \[]size=", drawing.dot)
    sizes = [float(s) for s in re.findall(r'font-size="([\d.]+)"', drawing.svg)]
    assert min(sizes) >= 10
    assert 'transform="scale(1 1)' in drawing.svg


def test_a_thousand_residual_blocks_are_drawn() -> None:
    """make_dot alone raises RecursionError from 330 layers on."""
    x = w = torch.tensor(0.5, requires_grad=True)
    for _ in range(1000):
        x = x + torch.tanh(x) * w
    limit = sys.getrecursionlimit()
    drawing = graphs.draw_torch(x, {"w": w})
    assert sys.getrecursionlimit() == limit
    assert drawing.dot.count("TanhBackward0") == 1000
    # 3 operations a block, the leaf, its first AccumulateGrad, the output; w is used 1,002 times
    assert len([line for line in drawing.dot.splitlines() if "label=" in line]) == 3003 + 1001
    with pytest.raises(GraphTooLargeError, match="collapse=True"):
        graphs.draw_torch(x, max_nodes=1000)
    with pytest.raises(RecursionError):
        make_dot(x, {})


def test_clear_errors() -> None:
    w = torch.tensor(2.0, requires_grad=True)
    with torch.no_grad():
        dead = w * 2
    freed = (w * w).exp()
    freed.backward()
    import scratch

    for broken, error, words in [
        (lambda: graphs.draw_torch(scratch.tensor(1.0)), TypeError, "graphs.draw takes tensors"),
        (lambda: graphs.draw_torch([]), ValueError, "empty"),
        (lambda: graphs.draw_torch(dead), RuntimeError, "no_grad"),
        (lambda: graphs.draw_torch(w), RuntimeError, "leaf"),
        (lambda: graphs.draw_torch(freed, show_attrs=True, show_saved=True), RuntimeError, "freed"),
        (lambda: graphs.draw_torch(w * 2, [("a", w), ("a", w * 1)]), ValueError, "two different"),
        (lambda: graphs.draw_torch(w * 2, theme="pink"), ValueError, "light, dark"),
    ]:
        with pytest.raises(error, match=words):
            broken()
    assert "ExpBackward0" in graphs.draw_torch(freed).dot  # the structure is still there


# ---- capture: values and gradients without retain_grad -----------------------------------------


def test_capture_keeps_values_and_gradients_after_backward_has_freed_the_graph() -> None:
    net = torch_ref.FullyConnected([3, 4, 2], "sigmoid", seed=0)
    X, y = torch.ones(5, 3).double(), torch.zeros(5, 2).double()
    with graphs.capture():
        loss = TF.mse_loss(net(X), y)
        loss.backward()
    graph = graphs.draw(loss, model=net).graph
    found = {v.operation: v for v in graph.of_kind("operation")}
    h = torch.sigmoid(net.layers[0](X)).detach().requires_grad_()
    y_hat = net.layers[1](h)
    y_hat.retain_grad()
    TF.mse_loss(y_hat, y).backward()
    np.testing.assert_array_equal(found["sigmoid"].value, h.detach())
    assert_close(found["sigmoid"].gradient, h.grad, terms=4, layers=3)
    last = [v for v in graph.of_kind("operation") if v.operation == "addmm"][-1]
    assert_close(last.gradient, y_hat.grad, terms=4, layers=2)
    assert all(v.value is not None for v in graph.of_kind("operation"))
    (weight,) = [v for v in graph.of_kind("parameter") if v.name == "layers.0.weight"]
    np.testing.assert_array_equal(weight.grad, net.layers[0].weight.grad)


def test_captured_gradients_are_those_of_the_users_backward() -> None:
    """With an upstream gradient of the user's own, not with the 1 of a scalar."""
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    with graphs.capture():
        y = w * w
    y.backward(torch.tensor([10.0, 1.0]))
    graph = graphs.draw(y, {"w": w}).graph
    np.testing.assert_array_equal(graph.named("w").gradient, [20.0, 4.0])


def test_capture_changes_no_number() -> None:
    """PyTorch's l1_loss hands its weight to no listener: it must not get lost."""
    torch.manual_seed(0)
    p = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    t, w = torch.randn(2, 3, dtype=torch.float64), torch.rand(2, 3, dtype=torch.float64)
    calls = [
        lambda: TF.l1_loss(p, t, weight=w),
        lambda: TF.l1_loss(p, t),
        lambda: TF.mse_loss(p, t, weight=w),
        lambda: TF.huber_loss(p, t, weight=w),
        lambda: TF.smooth_l1_loss(p, t),
        lambda: TF.cross_entropy(p, torch.tensor([0, 2]), weight=w[0], label_smoothing=0.1),
        lambda: TF.binary_cross_entropy_with_logits(p, w, weight=w, pos_weight=w),
        lambda: TF.layer_norm(p, (3,), w[0], w[1]).sum(),
    ]
    for call in calls:
        with graphs.capture():
            inside = call()
        assert inside.item() == call().item()


def test_capture_leaves_no_listener_and_no_circle_behind() -> None:
    import gc
    import weakref

    w = torch.tensor(2.0, requires_grad=True)
    gc.collect()
    gc.disable()
    try:
        with graphs.capture():
            y = (w * 3).exp()
            y.backward()
        graphs.draw(y, {"w": w}).dot  # noqa: B018 (the picture must hold nothing either)
        marker = {1, 2}  # lives as long as the node does
        y.grad_fn.metadata["marker"] = marker
        watched = weakref.ref(marker)
        del y, marker
        assert watched() is None
    finally:
        gc.enable()
    assert "value not kept" in str(graphs.draw((w * 3) + 1).graph.vertices["n2"].note)


def test_capture_passes_an_error_on_and_ends() -> None:
    w = torch.tensor(2.0, requires_grad=True)
    with pytest.raises(RuntimeError, match="size"), graphs.capture():
        torch.ones(2) @ torch.ones(3)
    graph = graphs.draw(w * 3 + 1, gradients=True).graph
    assert next(v.value for v in graph.of_kind("operation")) is None  # not captured any more


def test_trace_returns_what_the_function_returns() -> None:
    w = torch.tensor(2.0, requires_grad=True)
    a, b = graphs.trace(lambda k: (w * k, w + k), 3)
    assert (a.item(), b.item()) == (6.0, 5.0)
    assert graphs.draw([a, b]).graph.has_values


# ---- the glossary --------------------------------------------------------------------------------


def test_the_glossary_explains_every_node_of_the_lectures_networks() -> None:
    outputs = []
    for net in (
        torch_ref.Perceptron([1.0, 2.0]),
        torch_ref.FullyConnected([2, 3, 2], "tanh", "softmax"),
        torch_ref.ResidualNetwork(2, 2, shortcut="projection"),
        torch_ref.SharedWeightDAG(np.eye(2), np.ones((2, 2)), "sigmoid"),
    ):
        y = net(torch.ones(4, 2).double())
        outputs += [(y**2).mean(), TF.mse_loss(y, y.detach() - 1)]
    z = torch.ones(4, 3, requires_grad=True)
    outputs += [
        TF.cross_entropy(z, torch.tensor([0, 1, 2, 0])), TF.softmax(z, 1).sum(),
        TF.binary_cross_entropy_with_logits(z, z.detach()), (2 - z).abs().sum(),
    ]  # fmt: skip
    for activation in ("relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus"):
        outputs.append(getattr(TF, activation)(z).sum())
    names = {fn.name() for output in outputs for fn in autograd_nodes(output)}
    unexplained = {name for name in names if not graphs.explain(name)}
    assert unexplained == set()
    assert len(names) > 20


def test_the_glossary_in_the_docs_is_fresh() -> None:
    from graphs.glossary import table

    docs = (Path(__file__).parents[1] / "docs" / "graphs.md").read_text(encoding="utf-8")
    begin = "<!-- the glossary: written by graphs.glossary.table() -->\n"
    (_, _, rest) = docs.partition(begin)
    assert rest.partition("<!-- end of the glossary -->")[0] == table()


def test_a_leaf_used_often_gets_references_instead_of_lines_across_the_picture() -> None:
    w = torch.tensor(0.5, requires_grad=True)
    x = w
    for _ in range(10):
        x = torch.sin(x) * w
    read = parsed(graphs.draw_torch(x, {"w": w}))
    sums = [n for n, d in read.nodes(data=True) if "AccumulateGrad" in d["label"]]
    assert len(sums) == 11  # w's eleven uses
    assert all(read.out_degree(n) == 1 for n in sums)
    assert len([n for n in sums if "dashed" in read.nodes[n].get("style", "")]) == 10
    (one,) = [n for n, d in parsed(graphs.draw_torch(x, max_uses=11)).nodes(data=True)
              if "AccumulateGrad" in d["label"]]  # fmt: skip
    assert one
    with pytest.raises(ValueError, match="max_uses"):
        graphs.draw_torch(x, max_uses=0)
