"""The two passes step by step: when each number appears, and that nothing moves but the numbers."""

from __future__ import annotations

import io
import re
from html import unescape
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest
import torch

import graphs
import scratch
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


def lecture() -> graphs.Steps:
    return graphs.steps(*regression(scratch), title="Linear regression")


def seen(drawing: graphs.Drawing) -> set[str]:
    """The numbers that can be seen on edges and in parameters: those not drawn transparent."""
    import pygraphviz

    read = networkx.MultiDiGraph(networkx.nx_agraph.from_agraph(pygraphviz.AGraph(drawing.dot)))
    labels = [d["label"] for *_, d in read.edges(data=True)]
    labels += [d["label"] for _, d in read.nodes(data=True) if d["class"] == "parameter"]
    shown = re.findall(r'<font[^>]*color="(#\w+)"[^>]*>([^<]*)</font>', " ".join(labels))
    return {words for colour, words in shown if len(colour) == 7}


FORWARD = [{"2", "3", "1", "9"}, {"6"}, {"7"}, {"-2"}, {"4"}]
BACKWARD = [{"∂ 1"}, {"∂ -4"}, set(), {"grad = -4"}, {"∂ -12", "grad = -12"}]


def test_each_number_appears_in_its_step_and_stays() -> None:
    sequence = lecture()
    assert len(sequence) == len(FORWARD) + len(BACKWARD)
    known: set[str] = set()
    for drawing, new in zip(sequence, [*FORWARD, *BACKWARD]):
        now = seen(drawing)
        assert now - known == new
        assert known <= now
        known = now


def test_captions_say_what_happens() -> None:
    assert lecture().captions == [
        "Start: the inputs and parameters are given",
        "Forward 1 of 4: z = w × x = 6",  # noqa: RUF001
        "Forward 2 of 4: y_hat = z + b = 7",
        "Forward 3 of 4: e = y_hat − y = -2",  # noqa: RUF001
        "Forward 4 of 4: L = e ^ 2 = 4",
        "Backward 1 of 5: the output's own gradient is 1",
        "Backward 2 of 5: ^ 2 passes on: e ∂ -4",
        "Backward 3 of 5: − passes on: y_hat ∂ -4",  # noqa: RUF001
        "Backward 4 of 5: + passes on: z ∂ -4, b ∂ -4",
        "Backward 5 of 5: × passes on: w ∂ -12",  # noqa: RUF001
    ]


@pytest.mark.parametrize("engine", [scratch, torch])
def test_a_result_without_a_name_is_its_number_and_then_its_sign(engine: Any) -> None:
    x = engine.tensor(2.0, requires_grad=True)
    with graphs.capture():
        y = (1 - x * 3) ** 2 + x
    assert graphs.steps(y, {"x": x}).captions[1:] == [
        "Forward 1 of 4: x × 3 = 6",  # noqa: RUF001
        "Forward 2 of 4: 1 − 6 = -5",  # noqa: RUF001
        "Forward 3 of 4: (-5) ^ 2 = 25",
        "Forward 4 of 4: 25 + x = 27",
        "Backward 1 of 5: the output's own gradient is 1",
        "Backward 2 of 5: + passes on: ^ 2 ∂ 1, x ∂ 1",
        "Backward 3 of 5: ^ 2 passes on: 1 − ∂ -10",  # noqa: RUF001
        "Backward 4 of 5: 1 − passes on: × 3 ∂ 10",  # noqa: RUF001
        "Backward 5 of 5: × 3 passes on: x ∂ 30",  # noqa: RUF001
    ]


def test_both_engines_take_the_same_steps() -> None:
    ours, theirs = (graphs.steps(*regression(engine)) for engine in (scratch, torch))
    assert ours.captions == theirs.captions
    assert [seen(d) for d in ours] == [seen(d) for d in theirs]


def test_the_passes_touch_no_grad() -> None:
    for engine in (scratch, torch):
        L, names = regression(engine)
        graphs.steps(L, names)
        assert names["w"].grad is None
        L.backward()  # the graph was kept


def places(svg: str) -> list[Any]:
    """Size of the page, and where every circle, box, arrow and text is, whatever its colour."""
    words = re.findall(r'<svg[^>]*? width="[^"]*" height="[^"]*"', svg)
    words += re.findall(r' (?:points|d|cx|cy|rx|ry|x|y)="[^"]*"', svg)
    return [re.sub(r'style="[^"]*"|aria-labelledby="[^"]*"', "", each) for each in words]


def test_nothing_jumps() -> None:
    sequence = lecture()
    first = places(sequence[0].svg)
    assert len(first) > 60
    for drawing in sequence:
        assert places(drawing.svg) == first
    sizes = {size_of(d.png) for d in sequence}
    assert len(sizes) == 1


def size_of(picture: bytes) -> tuple[int, int]:
    from PIL import Image

    width, height = Image.open(io.BytesIO(picture)).size
    return width, height


def test_a_step_tells_nobody_what_is_not_computed_yet() -> None:
    """Tooltips and descriptions are read aloud: they must not give the result away."""
    sequence = lecture()
    assert "value 6" not in sequence[0].svg
    assert "gradient" not in re.sub(r"each term receives[^<\"]*", "", seen_words(sequence[4].svg))
    assert "value 6" in sequence[1].svg
    assert "gradient -12" in sequence[-1].svg
    assert sequence[1].description.startswith("Forward 1 of 4")


def seen_words(svg: str) -> str:
    """Titles and descriptions, without the glossary's words on gradients in general."""
    told = " ".join(re.findall(r"<desc>[^<]*</desc>|xlink:title=\"[^\"]*\"", svg))
    return re.sub(r"[^;]*(receives|scaled)[^;]*", "", told)


# ---- the animation ------------------------------------------------------------------------------


def frames_of(svg: str) -> list[set[str]]:
    """What stands in each frame of the animation, by its CSS alone."""
    duration = float(re.search(r"animation-duration: ([\d.]+)s", svg)[1])  # type: ignore[index]
    rules = re.findall(r"@keyframes (\S+) \{(.*?)\} \.\S+ \{", svg)
    visible = {
        name: [(float(at), state) for at, state in re.findall(r"([\d.]+)% \{ visibility: (\w+)", r)]
        for name, r in rules
    }
    texts = re.findall(
        r'<g class="\S+ (\S+?)(?: last)?"><text[^>]*fill="([^"]*)"([^>]*)>([^<]*)<', svg
    )
    total = round(duration / 1.5)
    found = []
    for i in range(total):
        now = 100 * (i + 0.5) / total
        on = {
            name
            for name, marks in visible.items()
            if [state for at, state in marks if at <= now][-1] == "visible"
        }
        found.append({
            words for name, _, rest, words in texts if name in on and "fill-opacity" not in rest
        })  # fmt: skip
    return found


def test_the_animation_shows_each_number_in_its_frame() -> None:
    frames = frames_of(unescape(lecture().svg))
    assert len(frames) == 10 + 2  # the last one stands for two steps more
    assert "6" not in frames[0]
    assert "6" in frames[1]
    assert "∂ -12" not in frames[8]
    for frame in frames[9:]:
        assert {"6", "7", "-2", "4", "∂ -12", "grad = -4"} <= frame
    captions = [next(w for w in frame if re.match("Start|Forward|Backward", w)) for frame in frames]
    assert captions[:2] == ["Start: the inputs and parameters are given",
                            "Forward 1 of 4: z = w × x = 6"]  # noqa: RUF001 # fmt: skip


def test_the_animation_respects_who_wants_no_motion_and_has_no_script() -> None:
    svg = lecture().svg
    assert "<script" not in svg
    assert "prefers-reduced-motion: reduce" in svg
    # what is visible without any animation is the last frame
    still = set(re.findall(r'class="\S+ \S+ last"><text[^>]*>([^<]*)<', unescape(svg)))
    assert {"∂ -12", "grad = -12"} <= still
    assert svg.count("visibility: hidden; animation-duration") == 1
    assert re.search(r"<desc[^>]*>In steps: 1\. Start: .* 10\. Backward 5 of 5", svg)


def test_two_animations_on_one_page_have_names_of_their_own() -> None:
    x = scratch.tensor(2.0, requires_grad=True)
    one, other = lecture().svg, graphs.steps(scratch.exp(x * 2), {"x": x}).svg
    names = [set(re.findall(r"@keyframes (\S+)", svg)) for svg in (one, other)]
    assert not names[0] & names[1]
    ids = [set(re.findall(r'id="((?:title|description)-\w+)"', svg)) for svg in (one, other)]
    assert len(ids[0]) == 2
    assert not ids[0] & ids[1]
    assert lecture().svg == one  # the same each time


def test_the_svg_is_well_formed() -> None:
    from xml.etree import ElementTree

    root = ElementTree.fromstring(lecture().svg)
    assert root.tag.endswith("svg")


# ---- saving --------------------------------------------------------------------------------------


def test_a_folder_an_animated_svg_and_a_gif(tmp_path: Path) -> None:
    sequence = lecture()
    files = sequence.save(tmp_path / "steps", dpi=40)
    assert [f.name for f in files][:2] == ["step_00.png", "step_01.png"]
    assert len(files) == 10
    assert all(f.read_bytes().startswith(b"\x89PNG") for f in files)
    assert sorted(tmp_path.joinpath("steps").iterdir()) == files
    (svg,) = sequence.save(tmp_path / "a.svg", seconds=2)
    assert "animation-duration: 24s" in svg.read_text()
    (made,) = sequence.save(tmp_path / "a.gif", seconds=0.5, dpi=40)
    from PIL import Image

    with Image.open(made) as gif:
        assert gif.n_frames == 10
        assert gif.info["duration"] == 500
    assert [f.name for f in sequence.save(tmp_path / "d", format="dot")][-1] == "step_09.dot"


def test_saving_refuses_what_it_cannot_do_and_leaves_nothing(tmp_path: Path) -> None:
    sequence = lecture()
    for broken, error, words in [
        (lambda: sequence.save(tmp_path / "a.png"), ValueError, "folder"),
        (lambda: sequence.save(tmp_path / "d", format="bmp"), ValueError, "png, svg"),
        (lambda: sequence.save(tmp_path / "a.svg", seconds=0), ValueError, "seconds"),
        (lambda: sequence.save(tmp_path / "no" / "a.svg"), FileNotFoundError, "does not exist"),
        (lambda: sequence.save(tmp_path / "no" / "d"), FileNotFoundError, "no"),
    ]:
        with pytest.raises(error, match=words):
            broken()
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_gets_the_animation_and_a_still() -> None:
    bundle = lecture()._repr_mimebundle_()
    assert "@keyframes" in bundle["image/svg+xml"]
    assert bundle["image/png"].startswith(b"\x89PNG")


# ---- networks ------------------------------------------------------------------------------------


def test_a_network_folded_takes_a_step_a_layer() -> None:
    net = scratch.FullyConnected([4, 3, 2])
    loss = (net(scratch.tensor(np.ones((5, 4)))) ** 2).sum()
    captions = graphs.steps(loss, model=net, collapse=True).captions
    assert captions[1] == "Forward 1 of 4: layers.0 = 5×3"  # noqa: RUF001
    assert captions[-1].endswith("layers.1 passes on: layers.0 ∂ 5×3")  # noqa: RUF001
    open_captions = graphs.steps(loss, model=net).captions
    assert len(open_captions) > len(captions)
    assert all(len(c) <= 90 for c in open_captions)


def test_forward_alone_several_outputs_and_limits() -> None:
    x = scratch.tensor([1.0, 2.0], requires_grad=True)
    pair = [x * 2, scratch.exp(x)]
    alone = graphs.steps(pair, {"x": x}, gradients=False)
    assert [c.split()[0] for c in alone.captions] == ["Start:", "Forward", "Forward"]
    both = graphs.steps(pair, {"x": x}, gradient=[np.ones(2), np.ones(2)])
    assert both.captions[3].startswith("Backward 1 of 3: the outputs' own gradients are [1, 1]")
    with pytest.raises(GraphTooLargeError, match="collapse=True"):
        graphs.steps(pair, {"x": x}, max_steps=2)
    assert isinstance(alone[0:2], list)
    assert "3 pictures" in repr(alone)


def test_a_shared_parameter_gets_its_grad_when_all_its_uses_have_sent_theirs() -> None:
    x = scratch.tensor(3.0, requires_grad=True)
    sequence = graphs.steps(x * x * x, {"x": x})
    with_grad = ["grad = 27" in seen(d) for d in sequence]
    assert with_grad == [False] * (len(sequence) - 1) + [True]
