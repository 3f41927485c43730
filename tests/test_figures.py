"""The pictures of the lecture: what is drawn is what PyTorch computes, and twice the same bytes.

The numbers are read back from the lines of the figure, not from the functions that drew them.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional
from close import assert_close, assert_printed, assert_within
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text
from typer.testing import CliRunner, Result

import scratch
import torch_ref
from gradtwin.cli import app
from gradtwin.cli.figures import Format
from gradtwin.cli.language import Language
from gradtwin.figures import (
    FORMATS,
    LANGUAGES,
    Picture,
    batches,
    find,
    pictures,
    separability,
    tradeoff,
)
from gradtwin.figures.activations import AGAINST_VANISHING, OF_THE_PERCEPTRON, OTHERS, THAT_SATURATE
from gradtwin.figures.style import LINES, SMALLEST
from gradtwin.tolerance import Tolerance, drift, resolution, rounded_to
from scratch.activations import ACTIVATIONS

ROOT = Path(__file__).resolve().parents[1]
ACTIVATION_PICTURES = (*OF_THE_PERCEPTRON, *THAT_SATURATE, *AGAINST_VANISHING, *OTHERS)
SLOW = {"tradeoff"}  # trains for seconds; drawn in one test only, with fewer epochs


@cache
def drawn(name: str, lang: str = "es") -> Figure:
    """The figure, drawn once for all tests that only read it."""
    return find(name).draw(lang)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["figures", *arguments])


def line(axes: Axes, label: str) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the one line of this label, that begins so."""
    (found,) = [each for each in axes.lines if str(each.get_label()).startswith(label)]
    return np.asarray(found.get_xdata()), np.asarray(found.get_ydata())


def words(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_text().strip()]


# ---- the list -------------------------------------------------------------------------------


def test_the_list_names_every_figure_with_its_section():
    done = invoke("--list")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert [each.split()[0] for each in lines] == [picture.name for picture in pictures()]
    xor = next(each for each in lines if each.startswith("xor "))
    assert "antes y después" in xor
    assert xor.endswith("Ejemplo práctico: XOR")
    assert "before and after" in invoke("--list", "xor", "--lang", "en").stdout


def test_the_list_as_json():
    listed = json.loads(invoke("--list", "--json", "relu").stdout)
    assert listed == [
        {
            "name": "relu",
            "title": {"es": "ReLU y su derivada", "en": "ReLU and its derivative"},
            "section": "Función de activación ReLU",
        }
    ]


def test_names_are_unique_and_every_section_is_a_heading_of_its_own_language():
    names = [picture.name for picture in pictures()]
    assert len(set(names)) == len(names)
    for picture in pictures():
        assert re.fullmatch("[a-z][a-z0-9_]*", picture.name)
        assert picture.es != picture.en
        assert picture.section


def test_every_activation_that_works_element_by_element_has_a_picture():
    over_classes = {"softmax", "log_softmax"}
    drawn = {picture.name for picture in ACTIVATION_PICTURES}
    assert drawn == set(ACTIVATIONS) - over_classes - {"identity"}


def test_the_list_loads_neither_matplotlib_nor_pytorch():
    program = (
        "import sys; sys.argv = ['gradtwin', 'figures', '--list']\n"
        "from gradtwin.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print([name for name in ('torch', 'matplotlib', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", cwd=ROOT,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_words_of_the_command_are_those_of_the_library():
    assert (tuple(Format), tuple(Language)) == (FORMATS, LANGUAGES)


# ---- what is drawn --------------------------------------------------------------------------


@pytest.mark.parametrize("picture", ACTIVATION_PICTURES, ids=lambda picture: picture.name)
def test_an_activation_and_its_derivative_are_those_of_pytorch(picture: Picture):
    left, right = drawn(picture.name).axes
    x, y = map(np.asarray, left.lines[0].get_data())
    at, slope = map(np.asarray, right.lines[0].get_data())
    points = torch.tensor(x, requires_grad=True)
    theirs = torch_ref.activations.ACTIVATIONS[picture.name](points)
    (derivative,) = (
        torch.autograd.grad(theirs.sum(), points) if theirs.requires_grad else (points * 0,)
    )
    np.testing.assert_array_equal(at, x)
    eps = resolution("float64")
    assert_within(y, theirs, Tolerance().allowed(theirs.detach(), eps=eps))
    allowed = Tolerance().allowed(derivative, eps=eps)
    if picture.name == "hardsigmoid":  # PyTorch has its 1/6 in float32
        allowed += rounded_to(derivative, "float32")
    assert_within(slope, derivative, allowed)
    assert -x.min() == x.max() >= 4


def test_the_bounds_that_are_written_beside_a_derivative():
    def note(name: str) -> str:
        return next(
            t.get_text() for t in drawn(name, "en").axes[1].texts if "between" in t.get_text()
        )

    assert note("sigmoid") == "between 0 and 0.25"
    assert note("leaky_relu") == "between 0.01 and 1"
    assert note("softplus") == "between 0 and 1"
    assert note("hardswish") == "between -0.5 and 1.5"


def test_the_decision_boundary_is_the_printed_line_and_the_two_points_have_their_numbers():
    (axes,) = drawn("decision_boundary").axes
    x1, x2 = line(axes, "$-1.15")
    # x2 is right to three roundings of these, the sum to four more
    largest = max(4.1, *np.abs(1.15 * x1), *np.abs(0.21 * x2))
    assert_within(-1.15 * x1 - 0.21 * x2 + 4.1, 0, rounded_to(largest, "float64", times=3 + 4))
    assert np.ptp(x2) > 10
    written = " ".join(text.get_text() for text in axes.texts)
    assert "(0, 6)" in written
    assert "0.94" in written
    assert "(6, 8)" in written
    assert "0.01" in written


def test_the_probability_map_is_the_sigmoid_of_pytorch():
    axes = drawn("probability_map").axes[0]
    (mesh,) = [each for each in axes.collections if each.get_array() is not None
               and each.get_array().size > 10_000]  # fmt: skip
    x = torch.tensor(np.asarray(mesh.get_coordinates()))
    theirs = torch.sigmoid(x @ torch.tensor([-1.15, -0.21], dtype=torch.float64) + 4.1)
    # what z adds up reaches a small sigmoid as a share of it
    size = theirs * (1 + x.abs() @ torch.tensor([1.15, 0.21], dtype=torch.float64) + 4.1)
    assert_close(np.reshape(mesh.get_array(), theirs.shape), theirs, terms=3, size=size)


def test_the_learned_line_separates_the_drawn_points():
    (axes,) = drawn("separable").axes
    (x1_low, x1_high), (x2_low, x2_high) = line(axes, "$")
    classes = [np.asarray(each.get_offsets()) for each in axes.collections
               if each.get_label() in ("clase 0", "clase 1")]  # fmt: skip
    sides = [
        (x1_high - x1_low) * (points[:, 1] - x2_low) - (x2_high - x2_low) * (points[:, 0] - x1_low)
        for points in classes
    ]
    assert (sides[0] < 0).all()
    assert (sides[1] > 0).all()
    assert len(sides[0]) == len(sides[1]) == 40


def test_the_line_fails_where_the_hidden_layer_succeeds():
    one, hidden = (axes.get_title() for axes in drawn("not_separable", "en").axes)
    assert float(re.search(r"(\d+)%", one)[1]) < 70
    assert "100%" in hidden


def test_xor_begins_with_the_printed_outputs_and_ends_right():
    before, after = drawn("xor").axes[:2]
    numbers = [[float(re.search(r"= ([\d.]+)", text.get_text())[1]) for text in axes.texts
                if "hat y" in text.get_text()] for axes in (before, after)]  # fmt: skip
    assert numbers[0] == [0.60, 0.62, 0.64, 0.66]
    assert [round(y_hat) for y_hat in numbers[1]] == [0, 1, 1, 0]


@pytest.mark.parametrize(("panel", "lr"), [(0, 0.02), (1, 0.2), (2, 1.05)])
def test_the_paths_of_the_learning_rates_are_those_of_torch_optim(panel: int, lr: float):
    axes = drawn("learning_rates").axes[panel]
    assert f"{lr:g}" in axes.get_title()
    _, path = axes.lines[:2]
    x = torch.tensor(1.2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=lr)
    theirs = [x.item()]
    for _ in range(len(path.get_xdata()) - 1):
        optimizer.zero_grad()
        (x**2).backward()
        optimizer.step()
        theirs.append(x.item())
    assert_close(path.get_xdata(), theirs, terms=len(theirs))
    assert_close(path.get_ydata(), np.square(theirs), terms=len(theirs), layers=2)
    taken = 12 if lr < 1 else 10  # after ten rises descend gives it up
    assert f"tras {taken} pasos $x = {theirs[taken]:.2f}$" in axes.get_xlabel()


def test_the_starting_points_end_in_the_two_minima():
    both = drawn("starting_points").axes
    ends = [axes.lines[1].get_xdata()[[0, -1]].tolist() for axes in both]
    minima = np.sort(np.roots([4, 0, -4, 1]).real)[[2, 0]]  # of x^4 - 2 x^2 + x - 1
    assert [start for start, _ in ends] == [0.3, 0.0]
    for (_, end), minimum in zip(ends, minima):
        assert_printed(end, f"{minimum:.4f}")  # four digits are shown


def test_the_descent_on_two_weights_follows_the_gradient_of_pytorch():
    above = drawn("two_weights").axes[1]
    for path in above.lines:
        at = torch.tensor(np.stack(path.get_data(), axis=1), requires_grad=True)
        value = (at[:, 0] ** 4 - 2 * at[:, 0] ** 2 + at[:, 0] - 1 + at[:, 1] ** 2).sum()
        (slope,) = torch.autograd.grad(value, at)
        steps = np.diff(at.detach(), axis=0)
        assert_close(steps, -0.05 * slope[:-1], size=at.abs().max().item())
        assert len(at) == 101


def test_the_three_descents_are_those_that_pytorch_takes():
    data = batches.problem()
    for axes, mode in zip(drawn("three_descents").axes, batches.MODES):
        path = np.stack(axes.lines[0].get_data(), axis=1)
        theirs = batches.descent_path(
            data, mode, batches.BATCH_SIZE, batches.LR, batches.EPOCHS, wing="torch"
        )
        allowed = drift(len(path), terms=len(data.X), dtype="float64")
        assert_within(path, theirs.weights, allowed * np.abs(theirs.weights).max())
        assert f"{len(path) - 1} pasos" in axes.get_title()


def test_a_sigmoid_loses_the_gradient_and_a_residual_network_keeps_it():
    (axes,) = drawn("vanishing_by_depth").axes
    depth, sigmoid = line(axes, "sigmoid")
    per_layer = (sigmoid[-1] / sigmoid[0]) ** (1 / (depth[-1] - depth[0]))
    assert per_layer < 0.25 * 1.5  # the slope's bound; weights of Xavier's size add little
    assert line(axes, "ResNet")[1].min() > 0.1
    (axes,) = drawn("exploding_gradient").axes
    assert line(axes, r"$\sigma = 0.5")[1][-1] > 1e6
    assert line(axes, r"$\sigma = 0.1")[1][-1] < 1 / 1e6


def test_the_histograms_of_glorot_narrow_without_normalisation_only():
    figure = drawn("glorot")
    spread = [[np.ptp(each.get_xdata()) for each in axes.lines] for axes in figure.axes]
    assert [len(each) for each in spread] == [5] * 4
    standard, normalised, gradients, _ = spread
    assert standard == sorted(standard, reverse=True)
    assert standard[-1] < 0.5 * standard[0]
    assert normalised[-1] > 0.8 * normalised[0]
    assert gradients[0] < 0.5 * gradients[-1]  # what comes back has become small


def test_softmax_shows_the_probabilities_of_pytorch():
    left, right = drawn("softmax").axes
    logits, shares = ([bar.get_height() for bar in axes.patches] for axes in (left, right))
    theirs = torch.softmax(torch.tensor([5.0, 6, 11, 7], dtype=torch.float64), 0)
    assert logits == [5, 6, 11, 7]
    assert_close(shares, theirs, terms=4)


def test_linear_regression_shows_the_printed_gradients():
    (axes,) = drawn("linear_regression").axes
    (note,) = [text.get_text() for text in axes.texts]
    assert "w = -12" in note
    assert "b = -4" in note
    assert "= e^2 = 4" in note


def test_the_tradeoff_draws_what_was_learned(monkeypatch):
    monkeypatch.setattr(tradeoff, "RUNS", {64: (0.1, 2), 0: (0.3, 3)})
    tradeoff.curves.cache_clear()
    left, right, *_ = find("tradeoff").draw("en").axes
    tradeoff.curves.cache_clear()
    read, loss = line(left, "batches of 64")
    assert read.tolist() == [1348, 2 * 1348]
    assert loss[1] < loss[0]
    np.testing.assert_array_equal(right.lines[0].get_xdata(), loss)


def test_monitoring_draws_every_layer():
    left, right = drawn("monitoring").axes
    assert len(left.lines) == len(right.lines) == 3
    assert all((np.asarray(each.get_ydata()) > 0).all() for each in right.lines)


# ---- how it is drawn ------------------------------------------------------------------------


def test_every_figure_has_its_title_its_section_and_no_small_print():
    for picture in pictures():
        if picture.name in SLOW or picture in ACTIVATION_PICTURES[2:]:
            continue  # the activations are all drawn by one function
        figure = drawn(picture.name)
        assert figure.get_suptitle() == picture.es
        assert figure.get_supxlabel() == picture.section
        assert figure.get_size_inches().tolist() == [12.8, 7.2]
        small = [text.get_text() for text in words(figure) if text.get_fontsize() < SMALLEST]
        assert not small, f"{picture.name}: {small}"


@pytest.mark.parametrize("name", ["sigmoid", "learning_rates", "decision_boundary", "softmax"])
def test_in_english_nothing_stays_spanish(name: str):
    spanish, english = drawn(name), drawn(name, "en")
    assert english.get_suptitle() == find(name).en
    words_of = [{text.get_text() for text in words(figure)} for figure in (spanish, english)]
    kept = {text for text in words_of[0] & words_of[1] if re.search("[a-z]{3}", text)}
    formulas = {text for text in kept if text.startswith("$") or "hat y" in text}
    assert kept - formulas - {find(name).section} == set()


def test_no_two_lines_differ_by_colour_alone():
    assert len({str(style["linestyle"]) for style in LINES}) == len(LINES)
    assert len({style["marker"] for style in LINES}) == len(LINES)
    assert len({style["color"] for style in LINES}) == len(LINES)


def test_the_size_is_that_of_a_slide_and_something_is_on_it(tmp_path: Path):
    path = find("learning_rates").save(tmp_path)
    pixels = imread(path)
    assert pixels.shape[:2] == (720, 1280)
    inked = (pixels[..., :3].min(axis=-1) < 0.9).mean()
    assert 0.01 < inked < 0.5


@pytest.mark.parametrize(
    ("name", "format"),
    [("two_weights", "png"), ("xor", "svg"), ("sigmoid", "svg"), ("relu", "pdf")],
)
def test_twice_the_same_bytes(name: str, format: str):
    content = find(name).render(format)
    assert content == find(name).render(format)
    assert content.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[format])
    told = [word for word in (b"CreationDate", b"<dc:date>", b"Software") if word in content]
    assert told == []  # neither when it was drawn nor by which version


def test_the_same_bytes_in_another_process(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "gradtwin", "figures", "softmax", "-o", str(tmp_path), "--format",
         "svg"], capture_output=True, encoding="utf-8", cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "softmax.svg")
    assert (tmp_path / "softmax.svg").read_bytes() == find("softmax").render("svg")


def test_the_users_settings_neither_change_the_picture_nor_are_changed():
    import matplotlib

    usual = find("relu").render()
    with matplotlib.rc_context({"font.size": 40, "axes.facecolor": "black", "savefig.dpi": 30}):
        before = dict(matplotlib.rcParams)
        assert find("relu").render() == usual
        assert dict(matplotlib.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or not matplotlib.pyplot.get_fignums()


# ---- files and errors -----------------------------------------------------------------------


def test_files_are_written_into_a_folder_that_is_made_and_existing_ones_replaced(tmp_path: Path):
    folder = tmp_path / "a" / "b"
    for _ in range(2):
        done = invoke("-o", str(folder), "softmax", "step", "softmax", "--lang", "en")
        assert done.exit_code == 0, done.output
        assert done.stdout.splitlines() == [
            str(folder / "softmax.png"),
            str(folder / "step.png"),
        ]
    assert sorted(each.name for each in folder.iterdir()) == ["softmax.png", "step.png"]
    assert (folder / "softmax.png").read_bytes() == find("softmax").render(lang="en")


def test_the_files_as_json(tmp_path: Path):
    done = invoke("-o", str(tmp_path), "step", "--json")
    assert json.loads(done.stdout) == [{"name": "step", "path": str(tmp_path / "step.png")}]


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path, monkeypatch):
    old = tmp_path / "step.png"
    old.write_bytes(b"old")

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    done = invoke("-o", str(tmp_path), "step")
    assert done.exit_code == 2
    assert "No space left on device" in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["step.png"]
    assert old.read_bytes() == b"old"


@pytest.mark.parametrize("by", ["the command", "the library"])
def test_ctrl_c_while_a_model_is_trained_leaves_no_picture_of_it(by: str, tmp_path, monkeypatch):
    loss, calls = scratch.functional.binary_cross_entropy, []

    def pressed_at_the_third_step(y_hat: scratch.Tensor, y: scratch.Tensor) -> scratch.Tensor:
        calls.append(y_hat)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return loss(y_hat, y)

    monkeypatch.setattr(scratch.functional, "binary_cross_entropy", pressed_at_the_third_step)
    separability.trained_perceptron.cache_clear()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if by == "the command":
            done = invoke("-o", str(tmp_path), "separable", "step")
            assert (done.exit_code, done.stdout, done.stderr) == (130, "", "interrupted\n")
        else:
            with pytest.raises(KeyboardInterrupt):
                find("separable").save(tmp_path)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(calls) < 10
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sigmod", "-o", "x"], ["NAME", "unknown figure 'sigmod'", "did you mean sigmoid"]),
        (["zzz", "-o", "x"], ["NAME", "'zzz'", "gradtwin figures --list"]),
        ([], ["--output", "-o DIR"]),
        (["step"], ["--output", "-o DIR"]),
        (["-o"], ["requires an argument"]),
        (["-o", "x", "--format", "gif"], ["--format", "png, svg or pdf, got 'gif'"]),
        (["-o", "x", "--lang", "fr"], ["--lang", "es or en, got 'fr'"]),
    ],
    ids=" ".join,
)
def test_wrong_usage_draws_nothing(arguments, said, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = invoke(*arguments)
    assert done.exit_code == 2, done.output
    assert not done.stdout
    told = " ".join(done.stderr.split())
    assert [each for each in said if each not in told] == [], told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", ["", "folder"])
def test_a_file_is_no_folder(below: str, tmp_path: Path):
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    done = invoke("-o", str(path / below), "step")
    assert done.exit_code == 2
    assert "notes.txt" in done.stderr
    assert "--output" in done.stderr
    assert path.read_text() == "mine"
    assert "Traceback" not in done.output


def test_without_matplotlib_the_extra_is_named_and_nothing_made(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = invoke("-o", str(tmp_path / "out"), "step")
    assert done.exit_code == 2
    assert done.stderr == (
        "Error: the figures are drawn by Matplotlib: pip install gradtwin[plots]\n"
    )
    assert list(tmp_path.iterdir()) == []
    assert invoke("--list").exit_code == 0


def test_without_scikit_learn_the_other_figures_are_drawn(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    tradeoff.curves.cache_clear()
    done = invoke("-o", str(tmp_path), "tradeoff", "step")
    assert done.exit_code == 2
    assert "tradeoff: " in done.stderr
    assert "pip install gradtwin[data]" in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["step.png"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: find("step").draw("fr"), "lang: expected es or en, got 'fr'"),
        (lambda: find("step").render("gif"), "format: expected one of png, svg, pdf, got 'gif'"),
        (lambda: find("setp"), "unknown figure 'setp': did you mean step"),
    ],
)
def test_the_library_names_what_is_wrong(call, said: str):
    with pytest.raises(ValueError, match=re.escape(said)):
        call()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        find("step").save(tmp_path / "nowhere")
