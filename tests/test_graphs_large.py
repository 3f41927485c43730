"""Large graphs: folded by layer and by repetition, cut to a part, refused when too large."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import networkx
import numpy as np
import pytest
import torch
from close import assert_close

import graphs
import scratch
import torch_ref
from graphs.select import GraphTooLargeError


def chain(count: int, engine: Any = scratch) -> tuple[Any, dict[str, Any]]:
    """`count` times x = tanh(x) * w + x: three operations each, one weight for all."""
    w = engine.tensor(0.5, requires_grad=True)
    x = start = engine.tensor(0.25, requires_grad=True)
    for _ in range(count):
        x = engine.tanh(x) * w + x
    return x, {"w": w, "x": start}


def stack(layers: int, wing: Any = scratch) -> tuple[Any, Any]:
    net = wing.FullyConnected([4] * (layers + 1), "relu", seed=0)
    x = (scratch if wing is scratch else torch).tensor(np.ones((2, 4)))
    return net, (net(x) ** 2).sum()


def parsed(drawing: graphs.Drawing) -> Any:
    import pygraphviz

    return networkx.MultiDiGraph(networkx.nx_agraph.from_agraph(pygraphviz.AGraph(drawing.dot)))


def folds(graph: Any) -> list[tuple[str, int]]:
    return [(v.name, v.count) for v in graph.of_kind("fold")]


# ---- folding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("wing", [scratch, torch_ref])
def test_layers_fold_to_boxes(wing: Any) -> None:
    net, loss = stack(2, wing)
    drawing = graphs.draw(loss, model=net, collapse=True)
    assert folds(drawing.graph) == [("layers.0", 1), ("layers.1", 1)]
    assert "2 parameters, 20 numbers" in drawing.dot
    assert "linear → ReLU" in drawing.dot or "X · W + b → ReLU" in drawing.dot
    assert networkx.is_directed_acyclic_graph(parsed(drawing))
    assert not list(drawing.graph.of_kind("parameter"))


def test_equal_repeated_blocks_fold_to_one_box_with_their_number() -> None:
    net, loss = stack(13)
    drawing = graphs.draw(loss, model=net, collapse=True)
    # layers.0 is like the others, and layers.12 lacks the activation
    assert folds(drawing.graph) == [("layers.0 … layers.11", 12), ("layers.12", 1)]
    assert "layers.0 … layers.11 × 12" in drawing.dot  # noqa: RUF001
    assert "each: linear → ReLU" in drawing.dot
    box = next(d for _, d in parsed(drawing).nodes(data=True) if "× 12" in d["label"])  # noqa: RUF001
    assert box["peripheries"] == "2"
    assert "24 parameters, 240 numbers" in drawing.dot
    (first, *_) = drawing.graph.of_kind("fold")
    assert len([m for m in first.members if m.kind == "operation"]) == 24


def test_repetitions_without_layers() -> None:
    x, names = chain(50)
    graph = graphs.draw(x, names, collapse="repeats").graph
    # the first block takes a parameter where the others take a result
    assert folds(graph) == [("tanh → × → +", 49)]  # noqa: RUF001
    assert graph.named("w").kind == "parameter"


def test_two_of_a_kind_are_not_worth_a_box_and_unequal_blocks_stay_apart() -> None:
    x, names = chain(2)
    assert folds(graphs.draw(x, names, collapse="repeats").graph) == []
    net = scratch.FullyConnected([4, 5, 6, 7])
    loss = net(scratch.tensor(np.ones((2, 4)))).sum()
    counts = [count for _, count in folds(graphs.draw(loss, model=net, collapse=True).graph)]
    assert counts == [1, 1, 1]  # shapes differ


def test_a_folded_graph_opens_where_asked() -> None:
    net, loss = stack(13)
    graph = graphs.draw(loss, model=net, collapse=True, open=["layers.6"]).graph
    assert folds(graph) == [
        ("layers.0 … layers.5", 6), ("layers.7 … layers.11", 5), ("layers.12", 1),
    ]  # fmt: skip
    opened = [(v.operation, v.module) for v in graph.of_kind("operation")]
    assert ("linear", "layers.6") in opened
    assert ("relu", "layers.6") in opened
    assert graph.named("layers.6.weight").kind == "parameter"
    with pytest.raises(ValueError, match=r"open: no layer 'layers.99'"):
        graphs.draw(loss, model=net, collapse=True, open="layers.99")


def test_folding_by_depth_by_module_and_by_name() -> None:
    net = scratch.ResidualNetwork(4, 3, 3, 2)
    loss = (net(scratch.tensor(np.ones((2, 3)))) ** 2).sum()

    def names(how: Any) -> list[str]:
        return [name for name, _ in folds(graphs.draw(loss, model=net, collapse=how).graph)]

    assert names(1) == ["input_layer", "blocks", "output_layer"]
    assert names("module") == ["input_layer", "blocks.0 … blocks.2", "output_layer"]
    assert names(["blocks.1"]) == ["blocks.1"]
    for wrong in (0, "everything", ["blocks.7"]):
        with pytest.raises(ValueError, match="collapse"):
            graphs.draw(loss, model=net, collapse=wrong)


def test_a_folded_box_carries_the_value_and_gradient_of_its_last_operation() -> None:
    net, loss = stack(3)
    whole = graphs.draw(loss, model=net, gradients=True).graph
    folded = graphs.draw(loss, model=net, gradients=True, collapse=True).graph
    last = {v.module: v for v in whole.of_kind("operation") if v.module}
    for box in folded.of_kind("fold"):
        np.testing.assert_array_equal(box.value, last[box.name].value)
        np.testing.assert_array_equal(box.gradient, last[box.name].gradient)


def test_a_graph_with_every_folding_stays_without_cycles() -> None:
    """A block whose parts do not follow one another must not close a circle."""
    rng = np.random.default_rng(0)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        leaves = {f"l{i % 3}.w{i}": scratch.tensor(rng.normal(), requires_grad=True)
                  for i in range(6)}  # fmt: skip
        pool = list(leaves.values())
        for _ in range(25):
            a, b = (pool[int(rng.integers(len(pool)))] for _ in range(2))
            pool.append(a * b if rng.random() < 0.5 else scratch.tanh(a + b))
        model = SimpleNamespace(named_parameters=leaves.items)  # not all take part
        drawing = graphs.draw(pool[-1] + pool[-2], model=model, collapse=True, values=False)
        assert networkx.is_directed_acyclic_graph(parsed(drawing))


# ---- a part --------------------------------------------------------------------------------------


def test_between_shows_only_what_lies_between_two_tensors() -> None:
    for engine in (scratch, torch):
        w = engine.tensor(2.0, requires_grad=True)
        a = w * 3
        b = engine.exp(a)
        c = engine.sin(a)  # on another way
        d = b * w
        loss = d + c
        names = {"w": w, "a": a, "b": b, "d": d}
        for ends in ((a, d), ("a", "d")):
            graph = graphs.draw(loss, names, between=ends).graph
            operations = [v.operation for v in graph.of_kind("operation")]
            assert operations == ["mul", "exp", "mul"]  # a itself, exp, d
            assert [v.name for v in graph.of_kind("parameter")] == ["w"]  # a direct leaf of d
            assert not list(graph.of_kind("output"))
        with pytest.raises(ValueError, match="no path"):
            graphs.draw(loss, names, between=("d", "a"))
        with pytest.raises(ValueError, match="no tensor named 'q'"):
            graphs.draw(loss, names, between=("q", "a"))


# ---- references ----------------------------------------------------------------------------------


def test_a_parameter_used_often_is_repeated_as_a_dashed_reference() -> None:
    x, names = chain(10)
    x.backward()
    read = parsed(graphs.draw(x, names))
    kinds = [d["class"] for _, d in read.nodes(data=True)]
    assert kinds.count("reference") == 9
    references = [d for _, d in read.nodes(data=True) if d["class"] == "reference"]
    parameter = next(d for _, d in read.nodes(data=True) if ">w<" in d["label"])
    assert {d["fillcolor"] for d in references} == {parameter["fillcolor"]}
    assert all("dashed" in d["style"] and "w ×10" in d["label"] for d in references)  # noqa: RUF001
    assert "used 10 times" in parameter["label"]
    one = graphs.draw(x, names, max_uses=10).graph
    assert not list(one.of_kind("reference"))
    assert len(one.edges_out()[one.named("w").id]) == 10


def test_the_edges_of_references_add_up_to_the_gradient() -> None:
    x, names = chain(10)
    x.backward()
    graph = graphs.draw(x, names).graph
    uses = [v for v in graph.vertices.values() if v.name == "w"]
    total = sum(float(e.gradient) for v in uses for e in graph.edges_out()[v.id])
    assert_close(total, names["w"].grad, terms=10)


# ---- size ----------------------------------------------------------------------------------------


def test_ten_thousand_operations_are_drawn_folded() -> None:
    x, names = chain(3334)
    drawing = graphs.draw(x, names, collapse=True)
    assert folds(drawing.graph) == [("tanh → × → +", 3333)]  # noqa: RUF001
    assert len(drawing.graph.vertices) < 10
    assert "<svg" in drawing.svg
    assert "tanh → × → + × 3333" in drawing.dot  # noqa: RUF001


def test_ten_thousand_operations_of_torch_too() -> None:
    x, names = chain(3334, torch)
    drawing = graphs.draw(x, names, collapse=True, values=False)
    assert [count for _, count in folds(drawing.graph)] == [3333]


def test_a_graph_too_large_says_so_at_once_and_offers_the_folded_one() -> None:
    x, names = chain(1000)
    with pytest.raises(GraphTooLargeError) as caught:
        graphs.draw(x, names)
    message = str(caught.value)
    count = int(re.search(r"collapse=True \((\d+) nodes\)", message)[1])  # type: ignore[index]
    assert count == len(graphs.draw(x, names, collapse=True).graph.vertices)
    assert "between=(a, b)" in message
    assert isinstance(caught.value, ValueError)


def test_a_thousand_nodes_are_laid_out_unfolded() -> None:
    """In a process of its own: a crash of Graphviz would not be the user's."""
    x, names = chain(200)
    drawing = graphs.draw(x, names)
    assert len(drawing.graph.vertices) >= 800
    svg = drawing.svg
    assert svg.count('class="node') == len(drawing.graph.vertices)
    assert re.search(r"<svg [^>]*height=\"(\d+)pt", svg)


def test_a_broken_layout_process_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from graphs import rendering

    x, names = chain(200)
    drawing = graphs.draw(x, names)
    monkeypatch.setattr(rendering, "CHILD", "import os; os.abort()")
    with pytest.raises(RuntimeError, match="collapse="):
        drawing.svg  # noqa: B018
    monkeypatch.setattr(rendering, "CHILD", "import time; time.sleep(60)")
    monkeypatch.setattr(rendering, "SECONDS", 0.3)
    with pytest.raises(RuntimeError, match="between="):
        drawing.svg  # noqa: B018
