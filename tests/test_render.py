"""`gradtwin render`: what is drawn, in which file, and what is refused without one."""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pygraphviz
import pytest
from typer.testing import CliRunner

import gradtwin
import graphs
from gradtwin.cli import app
from gradtwin.concepts import concepts, find
from gradtwin.render import NoGraphError, aligned, compute, lecture, neurons, steps, torchviz
from gradtwin.render.example import argument_names, example, is_parameter


def render(*arguments: Any) -> Any:
    return CliRunner().invoke(app, ["render", *map(str, arguments)])


def parsed(path: Path) -> Any:
    return pygraphviz.AGraph(string=path.read_text(encoding="utf-8"))


def png_size(path: Path) -> tuple[int, int]:
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    return width, height


# ---- what is drawn --------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["scratch", "torch"])
def test_the_lectures_example_has_the_lectures_numbers(side: str) -> None:
    graph = lecture(find("linear_regression"), side).graph
    assert graph is not None
    assert {v.name: v.kind for v in graph.vertices.values() if v.is_leaf and v.name} == {
        "w": "parameter", "b": "parameter", "x": "input", "y": "input",
    }  # fmt: skip
    for name, value, grad in (("w", 2, -12), ("b", 1, -4)):
        vertex = graph.named(name)
        assert (vertex.value, vertex.gradient, vertex.grad) == (value, grad, grad)
    (output,) = graph.of_kind("output")
    assert output.value == 4
    assert graph.named("x").gradient is None, "the lecture does not learn x"
    # as in the lecture's lines of code, in the order of the computation
    results = {v.name: float(v.value) for v in graph.of_kind("operation") if v.value is not None}
    assert list(results.items()) == [("z", 6), ("y_hat", 7), ("e", -2), ("L", 4)]
    assert output.name == "L"


def test_a_picture_without_values_has_no_number_but_the_exponent(tmp_path: Path) -> None:
    for side in ("scratch", "both"):
        path = tmp_path / f"{side}.dot"
        done = render("linear_regression", "--no-values", "--side", side, "-o", path)
        assert done.exit_code == 0, done.output
        graph = parsed(path)
        labels = [str(e.attr["label"] or "") for e in graph.edges()]
        assert not any(c.isdigit() or c in "?∂" for label in labels for c in label), labels
        inside = [str(n.attr["label"]) for n in graph.nodes()]
        assert not any("grad" in label for label in inside), inside
        assert any("^ 2" in label for label in inside), inside


def test_torchviz_draws_what_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "g.dot"
    assert render("xor", "--style", "torchviz", "-o", path).exit_code == 0
    text = path.read_text(encoding="utf-8")
    assert "BinaryCrossEntropyBackward0" in text
    assert text.count("AccumulateGrad") == 2, "one for each matrix of weights"
    with_values = torchviz(find("xor"), values=True).dot
    assert "saved" in with_values or "orange" in with_values
    assert len(with_values) > len(torchviz(find("xor")).dot)


@pytest.mark.parametrize("side", ["scratch", "torch"])
def test_neurons_carry_weights_activations_and_gradients(side: str) -> None:
    dot = neurons(find("perceptron"), side).dot
    for number in ("4.1", "-1.15", "-0.21", "0.945"):  # w_0, w_1, w_2 and y_hat(0, 6)
        assert number in dot
    slope = 0.944786 * (1 - 0.944786)  # g'(z) by the lecture's formula, 0.0522
    assert f"{slope:.3g}" in dot
    bare = neurons(find("perceptron"), side, values=False).dot
    assert ">0.945<" in dot
    assert ">0.945<" not in bare
    assert ">-1.15<" in dot
    assert ">-1.15<" not in bare


def test_both_wings_draw_the_same_neurons() -> None:
    drawn = 0
    for concept in concepts():
        try:
            ours = neurons(concept, "scratch")
        except NoGraphError:
            continue
        assert ours.dot == neurons(concept, "torch").dot, concept.name
        drawn += 1
    assert drawn >= 12


def test_a_folded_network_is_a_box_for_each_layer(tmp_path: Path) -> None:
    path = tmp_path / "g.dot"
    assert render("fully_connected", "--collapse", "-o", path).exit_code == 0
    text = path.read_text(encoding="utf-8")
    folded = lecture(find("fully_connected"), collapse=True).graph
    whole = lecture(find("fully_connected")).graph
    assert folded is not None
    assert whole is not None
    assert [v.name for v in folded.of_kind("fold")] == ["layers.0", "layers.1", "layers.2"]
    assert len(folded.vertices) < len(whole.vertices)
    assert all(f"layers.{k}" in text for k in range(3))


def test_each_theme_has_its_own_background(tmp_path: Path) -> None:
    backgrounds = set()
    for theme in graphs.themes.THEMES:
        path = tmp_path / f"{theme}.dot"
        assert render("relu", "--theme", theme, "-o", path).exit_code == 0
        found = re.search(r'bgcolor="?([#\w]+)', path.read_text(encoding="utf-8"))
        assert found
        backgrounds.add(found[1])
    assert len(backgrounds) == 3


def test_what_an_activation_gets_shows_both_sides() -> None:
    assert example(find("relu")).arrays[0].tolist() == [-2, 2]
    assert compute(find("relu"), "scratch").output.tolist() == [0, 2]


def test_several_tensors_in_one_argument_are_numbered() -> None:
    assert argument_names(find("cat"), example(find("cat"))) == ["x1", "x2"]


def test_parameters_of_a_model_are_called_as_in_the_model() -> None:
    done = compute(find("residual_network"), "torch")
    assert "blocks.2.layers.1.bias" in done.wing.parameters
    assert list(done.names) == ["X"]
    assert not is_parameter("X")


# ---- the same graph -------------------------------------------------------------------------


def test_the_graphs_of_every_concept_align() -> None:
    """Both with the lecture's gradients and with every gradient there is, in both dtypes."""
    without, count = set(), 0
    for concept in concepts():
        try:
            for dtype, learn in (("float64", True), ("float64", False), ("float32", False)):
                found = aligned(concept, dtype, learn)
                assert found, f"{concept.name}, {dtype}: {found}"
        except NoGraphError:
            without.add(concept.name)
        else:
            count += 1
    assert count >= 104
    undifferentiable = {c.name for c in concepts() if not c.operation.differentiable}
    assert without == undifferentiable | {"to"}, "float32 to float32 is no operation"


def test_a_graph_that_differs_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """tanh as the quotient of exponentials: the same numbers by another graph."""
    import torch

    import torch_ref.functional

    def by_exponentials(input: Any) -> Any:
        a, b = torch.exp(input), torch.exp(-input)
        return (a - b) / (a + b)

    monkeypatch.setattr(torch_ref.functional, "tanh", by_exponentials)
    found = aligned(find("tanh"))
    assert not found
    assert "div" in str(found).lower()
    (result,) = gradtwin.check("tanh", cases=1)
    assert not result.ok
    assert result.graphs is not None
    assert not result.graphs.ok
    assert str(found).partition("\n")[0] in str(result)


def test_exit_status_1_where_the_graphs_differ(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import torch_ref.functional

    def doubled(input: Any) -> Any:
        return 2 * np.tanh(1.0) * input

    monkeypatch.setattr(torch_ref.functional, "relu", doubled)
    path = tmp_path / "both.dot"
    done = render("relu", "--side", "both", "-o", path)
    assert done.exit_code == 1
    assert "the graphs differ" in done.output
    assert "missing" in path.read_text(encoding="utf-8") or "extra" in path.read_text()


def test_check_says_whether_the_graphs_are_the_same() -> None:
    done = CliRunner().invoke(app, ["check", "xor", "adam", "--cases", "1"])
    assert done.exit_code == 0
    rows = {line.split()[1]: line for line in done.output.splitlines() if len(line.split()) > 9}
    assert "same" in rows["xor"]
    assert "same" not in rows["adam"], "a training has no graph"
    xor, adam = gradtwin.check(["xor", "adam"], cases=1).to_dict()["concepts"]
    assert xor["graphs"]["ok"] is True
    assert adam["graphs"] is None


def test_twins_have_one_colour_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "both.dot"
    done = render("linear_regression", "--side", "both", "-o", path)
    assert done.exit_code == 0
    assert "4 operations matched" in done.output
    graph = parsed(path)
    colours: dict[str, list[str]] = {"s": [], "t": []}
    for node in graph.nodes():
        if node.attr["shape"] == "box":
            colours[str(node)[0]].append(node.attr["fillcolor"])
    assert colours["s"] == colours["t"]
    assert len(set(colours["s"])) == 4


def test_side_by_side_folded(tmp_path: Path) -> None:
    path = tmp_path / "both.dot"
    done = render("xor", "--side", "both", "--collapse", "-o", path)
    assert done.exit_code == 0
    assert "5 operations matched" in done.output
    graph = parsed(path)
    folds = [n for n in graph.nodes() if n.attr["class"] == "fold"]
    assert [str(n)[0] for n in folds] == ["s", "s", "t", "t"]
    colours = [n.attr["fillcolor"] for n in folds]
    assert colours[:2] == colours[2:]
    assert colours[0] != colours[1]


# ---- files ----------------------------------------------------------------------------------


def test_formats(tmp_path: Path) -> None:
    for name in ("g.png", "g.svg", "g.pdf", "g.dot"):
        done = render("relu", "-o", tmp_path / name)
        assert done.output.strip() == str(tmp_path / name)
    width, height = png_size(tmp_path / "g.png")
    assert width > height > 200
    assert ET.parse(tmp_path / "g.svg").getroot().tag.endswith("svg")
    assert (tmp_path / "g.pdf").read_bytes().startswith(b"%PDF")
    assert parsed(tmp_path / "g.dot").number_of_nodes() >= 3


def test_where_the_picture_goes_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert render("relu").output == "relu.png\n"
    assert render("relu", "--format", "svg").output == "relu.svg\n"
    (tmp_path / "here").mkdir()
    assert render("relu", "-o", "here").exit_code == 0
    assert render("linear_regression", "--steps").output == "linear_regression.svg\n"
    found = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*"))
    assert found == ["here/relu.png", "linear_regression.svg", "relu.png", "relu.svg"]


@pytest.mark.parametrize("more", [[], ["--steps"]])
def test_a_folder_that_is_not_there_is_made(tmp_path: Path, more: list[str]) -> None:
    path = tmp_path / "a" / "b" / "g.svg"
    done = render("relu", *more, "-o", path)
    assert (done.exit_code, done.output) == (0, f"{path}\n")
    assert path.is_file()


def test_a_folder_made_for_a_picture_that_fails_goes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(graphs.Drawing, "save", full)
    done = render("relu", "-o", tmp_path / "a" / "b" / "g.png")
    assert done.exit_code == 2
    assert "No space left" in done.output
    assert list(tmp_path.iterdir()) == []


def test_steps_into_a_folder_or_an_animation(tmp_path: Path) -> None:
    count = len(steps(find("linear_regression")))
    assert count == 10  # the beginning, 4 operations forward, the output's own gradient, 4 back
    done = render("linear_regression", "--steps", "-o", tmp_path / "steps", "--format", "dot")
    assert done.exit_code == 0
    written = sorted((tmp_path / "steps").iterdir())
    assert [str(p) for p in written] == done.output.split()
    assert len(written) == count
    last = written[-1].read_text(encoding="utf-8")
    assert "-12" in last
    path = tmp_path / "moves.svg"
    assert render("linear_regression", "--steps", "--side", "torch", "-o", path).exit_code == 0
    assert "Forward 1 of 4" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["CONCEPT", "missing"]),
        (["linear_regresion"], ["unknown concept", "did you mean linear_regression"]),
        (["relu", "-o", "g.jpg"], [".png, .svg, .pdf or .dot", "'g.jpg'"]),
        (["relu", "-o", "g"], [".png, .svg, .pdf or .dot", "'g'"]),
        (["relu", "--format", "jpg"], ["--format", "expected png, svg, pdf, dot or gif"]),
        (["relu", "--format", "svg", "-o", "g.png"], ["expected png, as g.png says, got svg"]),
        (["relu", "-o", "g.gif"], ["only --steps make a GIF"]),
        (["adam"], ["adam has no graph", "training"]),
        (["argmax"], ["argmax has no graph"]),
        (["relu", "--style", "neurons"], ["relu has no model", "perceptron"]),
        (["relu", "--style", "photo"], ["expected lecture, torchviz or neurons, got 'photo'"]),
        (["relu", "--side", "left"], ["expected scratch, torch or both, got 'left'"]),
        (["relu", "--theme", "pink"], ["expected light, dark or transparent, got 'pink'"]),
        (["relu", "--side", "scratch", "--style", "torchviz"], ["torchviz", "--side scratch"]),
        (["xor", "--side", "both", "--style", "neurons"], ["side by side", "neurons"]),
        (["xor", "--style", "neurons", "--collapse"], ["--collapse", "--style neurons"]),
        (["xor", "--steps", "--side", "both"], ["--steps", "one wing"]),
        (["xor", "--steps", "--no-values"], ["--no-values", "values"]),
        (["xor", "--steps", "-o", "g.png"], ["folder", ".svg or .gif", "g.png"]),
        (["xor", "--steps", "--format", "gif", "-o", "g"], ["folder", ".gif", "got g"]),
        (["relu", "--all"], ["--all", "only -o"]),
        (["--all", "--theme", "dark"], ["--all", "only -o"]),
    ],
)
def test_wrong_usage_writes_nothing(
    arguments: list[str], words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = render(*arguments)
    assert done.exit_code == 2, done.output
    said = " ".join(done.output.split())
    assert all(word in said for word in words), said
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_into(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = render("relu", "-o", tmp_path / "file" / "g.png")
    assert done.exit_code == 2
    assert "cannot write there" in done.output
    done = render("--all", "-o", tmp_path / "file")
    assert done.exit_code == 2
    assert "cannot write there" in done.output
