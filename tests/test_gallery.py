"""The gallery is what the code draws today, complete, and small."""

from __future__ import annotations

import re
import struct
from html import unescape
from pathlib import Path

import numpy as np
import pygraphviz
import pytest
from close import assert_within
from typer.testing import CliRunner

import graphs
from gradtwin.cli import app
from gradtwin.concepts import concepts, find
from gradtwin.render import gallery
from gradtwin.render.gallery import FOLDER, KINDS, Entry, entries, few_colours, index
from gradtwin.tolerance import another_font

ROOT = Path(__file__).parent.parent
GALLERY = ROOT / FOLDER
AGAIN = "`gradtwin render --all` writes the gallery again"


@pytest.fixture(scope="module")
def made() -> list[Entry]:
    return list(entries())


def test_each_graph_is_what_the_code_draws_today(made: list[Entry]) -> None:
    for entry in made:
        drawing = entry.make()
        if isinstance(drawing, graphs.Steps):
            continue
        kept = (GALLERY / entry.path.with_suffix(".dot")).read_text(encoding="utf-8")
        assert kept == drawing.dot, f"{entry.path}: {AGAIN}"


def test_an_animation_tells_the_steps_of_today(made: list[Entry]) -> None:
    """Its captions: the rest of an SVG depends on the fonts of the machine that wrote it."""
    animated = [entry for entry in made if entry.kind == "steps"]
    assert animated
    for entry in animated:
        steps = entry.make()
        assert isinstance(steps, graphs.Steps)
        told = " ".join(f"{i}. {caption}." for i, caption in enumerate(steps.captions, start=1))
        kept = (GALLERY / entry.path).read_text(encoding="utf-8")
        assert f"In steps: {told}</desc>" in unescape(kept), f"{entry.path}: {AGAIN}"


def test_every_picture_is_there_and_no_other(made: list[Entry]) -> None:
    wanted = {entry.path for entry in made}
    wanted |= {path.with_suffix(".dot") for path in wanted if path.suffix == ".png"}
    found = {
        path.relative_to(GALLERY)
        for kind in KINDS
        for path in (GALLERY / kind).iterdir()
    }
    assert found == wanted, AGAIN
    assert sum(path.stat().st_size for path in GALLERY.rglob("*.*")) < 10e6


def test_every_concept_with_a_graph_is_there_in_both_engines(made: list[Entry]) -> None:
    for kind in ("scratch", "torch"):
        drawn = {entry.concept.name for entry in made if entry.kind == kind}
        assert drawn == {c.name for c in concepts() if c.operation.differentiable}
    models = {entry.concept.name for entry in made if entry.kind == "neurons"}
    assert models >= {"perceptron", "xor", "fully_connected", "residual_network", "dag"}


def test_pictures_are_as_large_as_their_layout_says(made: list[Entry]) -> None:
    """Not empty, not cut off: a PNG has 72 dots an inch, so a dot a point of the drawing."""
    for entry in made:
        if entry.path.suffix != ".png":
            continue
        content = (GALLERY / entry.path).read_bytes()
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = struct.unpack(">II", content[16:24])
        assert 60 < width < 4000, entry.path
        assert 60 < height < 4000, entry.path
        assert len(content) > 1000, entry.path


@pytest.mark.parametrize("name", ["relu", "linear_regression"])
def test_a_picture_made_again_has_the_size_of_the_one_that_is_kept(name: str) -> None:
    (entry,) = [e for e in entries([find(name)]) if e.kind == "scratch"]
    drawing = entry.make()
    assert isinstance(drawing, graphs.Drawing)
    again = few_colours(drawing.as_bytes("png", 72))
    kept = (GALLERY / entry.path).read_bytes()
    sizes = [np.array(struct.unpack(">II", content[16:24])) for content in (again, kept)]
    assert_within(*sizes, another_font(sizes[1]))


def test_the_dot_files_hold_the_engines_graphs(made: list[Entry]) -> None:
    graph = pygraphviz.AGraph(string=(GALLERY / "scratch/linear_regression.dot").read_text("utf-8"))
    leaves = {n for n in graph.nodes() if graph.in_degree(n) == 0}
    boxes = [n for n in graph.nodes() if n.attr["shape"] == "box"]
    assert len(boxes) == 4
    assert len(leaves) == 4
    labels = " ".join(e.attr["label"] for e in graph.edges())
    for number in ("-12", "-4", ">6<", ">7<", ">-2<"):
        assert number in labels
    fills = {n.attr["fillcolor"] for n in leaves}
    assert len(fills) == 2, "inputs yellow, parameters violet"


def test_the_page_shows_them_all(made: list[Entry]) -> None:
    page = (GALLERY / "README.md").read_text(encoding="utf-8")
    assert page == index(made), AGAIN
    linked = {Path(target) for target in re.findall(r"\]\(([^)]+)\)", page)}
    assert linked == {entry.path for entry in made}


def test_the_command_writes_pictures_graphs_and_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = ["adam", "relu", "linear_regression"]
    monkeypatch.setattr(gallery, "concepts", lambda: [find(name) for name in few])
    done = CliRunner().invoke(app, ["render", "--all", "-o", str(tmp_path / "a" / "b")])
    assert done.exit_code == 0, done.output
    folder = tmp_path / "a" / "b"
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    regression = {f"{kind}/linear_regression" for kind in ("scratch", "torch", "both", "torchviz")}
    pairs = {"scratch/relu", "torch/relu", *regression}
    wanted = {f"{each}.{suffix}" for each in pairs for suffix in ("png", "dot")}
    assert written == wanted | {"steps/linear_regression.svg", "README.md"}, "adam has no graph"
    assert f"{len(written) - 1} files" in done.output


def test_a_repeated_input_stays_yellow() -> None:
    """In the picture where each tensor stands beside each of its uses."""
    text = (GALLERY / "scratch/linear_collapse.dot").read_text(encoding="utf-8")
    graph = pygraphviz.AGraph(string=text)
    leaves = [n for n in graph.nodes() if n.attr["shape"] == "ellipse"]
    fills = {
        name: {n.attr["fillcolor"] for n in leaves if f"<b>{name}" in str(n.attr["label"])}
        for name in ("X", "weight1")
    }
    assert len(fills["X"]) == len(fills["weight1"]) == 1
    assert fills["X"] != fills["weight1"]
