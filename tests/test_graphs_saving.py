"""Where pictures go: files, notebooks, screen readers; and nothing on stderr."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from close import assert_within
from PIL import Image

import graphs
import scratch


def regression() -> graphs.Drawing:
    """The lecture's linear regression, after its backward pass."""
    x, y = scratch.tensor(3.0), scratch.tensor(9.0)
    w, b = scratch.tensor(2.0, requires_grad=True), scratch.tensor(1.0, requires_grad=True)
    z = w * x
    L = (z + b - y) ** 2
    L.backward()
    return graphs.draw(L, {"w": w, "b": b, "x": x, "y": y, "z": z, "L": L})


# ---- files ---------------------------------------------------------------------------------------


def test_every_format_holds_the_picture(tmp_path: Path) -> None:
    drawing = regression()
    for kind, start in [
        ("png", b"\x89PNG"),
        ("svg", b"<svg"),
        ("pdf", b"%PDF"),
        ("dot", b"digraph"),
    ]:
        path = drawing.save(tmp_path / f"g.{kind}")
        assert path.read_bytes().startswith(start)
    assert (tmp_path / "g.svg").read_text() == drawing.svg
    assert (tmp_path / "g.dot").read_text() == drawing.dot
    assert drawing.pdf.startswith(b"%PDF")
    upper = drawing.save(tmp_path / "G.SVG")
    assert upper.read_text() == drawing.svg
    assert drawing.save(str(tmp_path / "without"), format="png").read_bytes().startswith(b"\x89PNG")


def test_a_png_is_as_large_as_its_resolution_says_and_not_empty(tmp_path: Path) -> None:
    drawing = regression()
    sizes = {}
    for dpi in (72, 144, 288):
        with Image.open(drawing.save(tmp_path / f"{dpi}.png", dpi=dpi)) as image:
            sizes[dpi] = image.size
            colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 24)}
    small, *others = sizes.items()
    for dpi, size in others:
        times = dpi / small[0]
        # whole pixels: one of this picture, and one of the small one
        assert_within(size, np.multiply(small[1], times), 1 + times)
    # the lecture's yellow, violet and blue, and the green of the output
    for colour in ("#ffe680", "#e2d0f8", "#cfe4fa", "#d3f0d8"):
        assert tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)) in colours
    assert drawing.png == drawing.as_bytes("png", 144)


def test_themes_reach_the_png() -> None:
    w = scratch.tensor(1.0, requires_grad=True)
    corners = {}
    for theme in ("light", "dark", "transparent"):
        picture = Image.open(io.BytesIO(graphs.draw(w * w, theme=theme).png)).convert("RGBA")
        corners[theme] = picture.getpixel((1, 1))
    assert corners["light"] == (255, 255, 255, 255)
    assert corners["dark"] == (0x14, 0x18, 0x1D, 255)
    assert corners["transparent"][3] == 0


def test_bad_paths_and_options_leave_nothing_behind(tmp_path: Path) -> None:
    drawing = regression()
    (tmp_path / "folder.png").mkdir()
    for broken, error, words in [
        (lambda: drawing.save(tmp_path / "g.bmp"), ValueError, "png, svg, pdf, dot, got 'bmp'"),
        (lambda: drawing.save(tmp_path / "g"), ValueError, "format"),
        (lambda: drawing.save(tmp_path / "g.png", format="gif"), ValueError, "gif"),
        (lambda: drawing.save(tmp_path / "no" / "g.png"), FileNotFoundError, "does not exist"),
        (lambda: drawing.save(tmp_path / "folder.png"), IsADirectoryError, "name a file"),
        (lambda: drawing.save(tmp_path / "g.png", dpi=5), ValueError, "20 to 1200"),
        (lambda: drawing.save(tmp_path / "g.png", dpi=True), ValueError, "dpi"),
        (lambda: drawing.save(tmp_path / "g.png", dpi=100.5), ValueError, "dpi"),  # type: ignore[arg-type]
    ]:
        with pytest.raises(error, match=words):
            broken()
    assert [p.name for p in tmp_path.iterdir()] == ["folder.png"]


def test_a_failure_while_writing_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "g.dot"
    path.write_text("old")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        regression().save(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_dot_that_is_no_dot_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Graphviz cannot draw"):
        graphs.Drawing("digraph { a -> ").save(tmp_path / "g.svg")
    assert list(tmp_path.iterdir()) == []


# ---- notebooks -----------------------------------------------------------------------------------


def test_a_notebook_gets_svg_and_png_in_one_bundle() -> None:
    drawing = regression()
    bundle = drawing._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml", "image/png", "text/plain"}
    assert bundle["image/svg+xml"] == drawing.svg
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"].startswith("<Drawing: Computational graph in scratch")
    assert set(drawing._repr_mimebundle_(include=["image/png"])) == {"image/png"}
    assert "image/png" not in drawing._repr_mimebundle_(exclude=["image/png"])


def test_the_svg_shrinks_to_the_width_of_its_cell() -> None:
    (head,) = re.findall(r"<svg [^>]*>", regression().svg)
    assert "max-width:100%" in head
    assert "height:auto" in head
    assert "viewBox" in head


def test_show_outside_of_a_notebook_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", None)
    monkeypatch.setitem(sys.modules, "IPython.display", None)
    with pytest.raises(RuntimeError, match=r"\.save"):
        regression().show()


def test_show_in_a_notebook_displays_the_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    import types

    shown: list[Any] = []
    display = types.ModuleType("IPython.display")
    display.display = shown.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    drawing = regression()
    drawing.show()
    assert shown == [drawing]


# ---- screen readers ------------------------------------------------------------------------------


def test_each_node_of_the_svg_has_a_title_and_a_description() -> None:
    drawing = regression()
    root = ElementTree.fromstring(drawing.svg)
    space = {"s": "http://www.w3.org/2000/svg"}
    assert root.get("role") == "img"
    named = {e.get("id"): e.text for e in root.iter() if e.get("id")}
    heard = [named[id] for id in root.get("aria-labelledby", "").split()]
    assert heard[0] == "Computational graph in scratch"
    assert "2 parameters, 4 operations, 1 output; with values and gradients" in str(heard[1])
    nodes = [g for g in root.iter("{http://www.w3.org/2000/svg}g")
             if str(g.get("class")).startswith("node")]  # fmt: skip
    assert len(nodes) == 9
    told = {}
    for g in nodes:
        title, description = g.find("s:title", space), g.find("s:desc", space)
        assert title is not None
        assert description is not None
        told[title.text] = str(description.text)
    assert "value 2; gradient -12; grad = -12" in told["w"]
    assert told["x"].startswith("input x; shape scalar float64; value 3")
    assert "each factor's gradient is scaled by the other" in told["z"]
    edges = [g.find("s:title", space) for g in root.iter("{http://www.w3.org/2000/svg}g")
             if str(g.get("class")).startswith("edge")]  # fmt: skip
    assert "w to z" in {str(e.text) for e in edges if e is not None}


def test_names_with_signs_of_xml_make_well_formed_svg() -> None:
    w = scratch.tensor(1.0, requires_grad=True)
    for name in ("a & b", "<w>", 'say "w"', "back\\slash", "\\1", "línea ñ ŷ 权重"):
        drawing = graphs.draw(w * w, {name: w}, title=name, legend=True)
        titles = [e.text for e in ElementTree.fromstring(drawing.svg).iter() if "title" in e.tag]
        assert name in titles, name


# ---- stderr --------------------------------------------------------------------------------------


def test_nothing_of_graphviz_or_fontconfig_reaches_stderr(tmp_path: Path) -> None:
    """In a process of its own, on the file descriptor: a C library does not ask Python."""
    code = (
        "import sys, torch, scratch, graphs\n"
        "w = scratch.tensor(1.0, requires_grad=True)\n"
        "v = torch.tensor(1.0, requires_grad=True)\n"
        "x = w\n"
        "for _ in range(150): x = scratch.tanh(x) * w\n"
        "pictures = [graphs.draw(w * w, {'línea 权重': w}), graphs.draw_torch(v * v),\n"
        "            graphs.draw_network(scratch.Perceptron([1.0]))]\n"
        "for picture in pictures:\n"
        "    for kind in ('png', 'svg', 'pdf'): picture.as_bytes(kind)\n"
        "graphs.draw(x).svg  # so large that it is laid out in a process of its own\n"
        "sys.stderr.write('still here')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "still here")


def test_what_else_graphviz_says_becomes_a_warning() -> None:
    with pytest.warns(UserWarning, match="Graphviz"):
        graphs.Drawing('digraph { a [shape="no such shape"] }').svg  # noqa: B018


# ---- the same each time --------------------------------------------------------------------------


SAME = """
import hashlib, numpy as np, scratch, torch, torch_ref, graphs
text = []
for wing, tensor in ((scratch, scratch.tensor), (torch_ref, torch.tensor)):
    net = wing.ResidualNetwork(4, 3, 3, 2)
    loss = (net(tensor(np.ones((2, 3)))) ** 2).sum()
    loss.backward(retain_graph=True)
    text += [graphs.draw(loss, model=net, legend=True).dot,
             graphs.draw(loss, model=net, collapse=True).svg,
             graphs.draw_network(net, [1.0, 2.0, 3.0]).svg]
text.append(graphs.draw_torch(loss, model=net).dot)
digest = hashlib.sha256("".join(text).encode()).hexdigest()
"""


def test_dot_and_svg_are_byte_identical_in_another_process() -> None:
    """Another hash seed and other addresses, the same text."""
    here: dict[str, Any] = {}
    exec(SAME, here)
    done = subprocess.run(
        [sys.executable, "-c", SAME + "print(digest)"], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONHASHSEED": "12"},
    )  # fmt: skip
    assert done.stdout.strip() == here["digest"]


# ---- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", [scratch, torch])
def test_graphs_that_are_not_there(engine: Any) -> None:
    w = engine.tensor(2.0, requires_grad=True)
    v = engine.tensor(3.0, requires_grad=True)
    with engine.no_grad():
        dead = w * v
    for draw in (graphs.draw, graphs.steps):
        with pytest.raises(RuntimeError, match=r"no_grad"):
            draw(dead)
        with pytest.raises(ValueError, match="two different tensors"):
            draw(w * v, [("a", w), ("a", v)])
        with pytest.raises(RuntimeError, match="leaf"):
            draw(w)


def test_a_freed_graph_can_still_be_drawn_by_scratch_and_is_refused_by_torch() -> None:
    """scratch computes its numbers anew; PyTorch has let go of them."""
    w = scratch.tensor(2.0, requires_grad=True)
    y = scratch.exp(w * w)
    y.backward()
    assert graphs.draw(y, {"w": w}).graph.named("w").gradient is not None
    v = torch.tensor(2.0, requires_grad=True)
    z = torch.exp(v * v)
    z.backward()
    with pytest.raises(RuntimeError, match="freed"):
        graphs.draw(z)
    with pytest.raises(RuntimeError, match="freed"):
        graphs.steps(z)
    with pytest.raises(RuntimeError, match="freed"):
        graphs.align(y, z)


def test_a_link_stays_a_link_and_a_pipe_a_pipe(tmp_path):
    """Moving a file over a device would remove it: as root /dev/null would be gone."""
    from graphs.rendering import write_atomically

    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_atomically(tmp_path / "link", b"1")
    write_atomically(tmp_path / "link", b"2")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"2"

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_atomically(pipe, b"3")
    assert os.read(reader, 10) == b"3"
    os.close(reader)
    assert pipe.is_fifo()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "link", "pipe"]
