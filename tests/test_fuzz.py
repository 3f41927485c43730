"""The search for differences: it draws what it promises, finds what is planted, and shrinks it."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.pool import ThreadPool
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import scratch
from gradtwin.cli import app
from gradtwin.fuzz import Found, Summary, fuzz
from gradtwin.fuzz.case import Case, Step
from gradtwin.fuzz.choices import Choices, Random, Replayed
from gradtwin.fuzz.programs import draw_program
from gradtwin.fuzz.rows import draw_row, draw_wrong, rows
from gradtwin.fuzz.search import _in_processes, _Work, draw_case, run_case
from gradtwin.fuzz.shrink import smallest
from gradtwin.fuzz.snippet import snippet
from gradtwin.fuzz.verdict import Outcome, judged
from scratch.autograd import Array, primitive

pytest.importorskip("hypothesis")


def test_the_wings_agree() -> None:
    seen: list[int] = []
    summary = fuzz(cases=210, seed=20, progress=lambda now: seen.append(now.cases))
    assert summary.ok, summary.found[0].python
    assert summary.cases == sum(summary.outcomes.values()) == 210
    assert seen == [200, 210]


# ---- what is drawn --------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [draw_row, draw_program, draw_wrong])
def test_a_case_is_that_of_its_number(draw: Callable[[Choices], Case]) -> None:
    """From seed and number, and again from the choices that were made: all that shrinking needs."""
    for number in range(40):
        choices = Random(3, number)
        case = draw(choices)
        for other in (draw(Random(3, number)), draw(Again(choices.taken))):
            assert case.steps == other.steps
            assert case.results == other.results
            for a, b in zip(case.arrays, other.arrays, strict=True):
                np.testing.assert_array_equal(a, b, strict=True)


class Again(Replayed):
    """The same choices once more."""

    def __init__(self, taken: list[int]) -> None:
        remaining = iter(taken)
        super().__init__(lambda n: next(remaining))


def test_other_seeds_and_numbers_draw_other_cases() -> None:
    assert Random(0, 1).indices(4).tolist() != Random(0, 2).indices(4).tolist()
    assert Random(1, 1).indices(4).tolist() != Random(2, 1).indices(4).tolist()


def test_everything_is_drawn() -> None:
    """Every row; zero-size and 0-d arrays, layouts, dtypes, edges, orders, options."""
    cases = [draw_row(Random(0, number)) for number in range(3000)]
    assert {case.label for case in cases} == {operation.name for operation, _ in rows()}
    arrays = [a for case in cases for a in case.arrays]
    assert {a.dtype.name for a in arrays} >= {"float32", "float64", "int64", "bool"}
    assert {a.ndim for a in arrays} >= {0, 1, 2, 3, 4}
    assert any(a.size == 0 for a in arrays)
    assert {case.order for case in cases} == {1, 2}
    numbers = np.concatenate([a.ravel() for a in arrays if a.dtype == np.float64])
    assert np.isnan(numbers).any()
    assert np.isinf(numbers).any()
    tiny = np.finfo(np.float64).tiny
    assert ((numbers != 0) & (abs(numbers) < tiny)).any(), "subnormal numbers"
    assert (np.signbit(numbers) & (numbers == 0)).any(), "-0.0"
    texts = " ".join(step.text for case in cases for step in case.steps)
    for view in ("[..., ::2]", ".transpose(0, -1)", "[::-1]", ".expand(", "[1:]", ".reshape("):
        assert view in texts, view


def test_programs_share_and_return_several() -> None:
    """Values used more than once, several results, networks, losses, views, two dtypes."""
    programs = [draw_program(Random(0, number)) for number in range(800)]
    assert any(len(p.results) > 1 for p in programs)
    assert max(len(p.steps) for p in programs) >= 8
    used = [[q for step in p.steps for q in step.places] for p in programs]
    assert sum(len(set(places)) < len(places) for places in used) > 100
    texts = " ".join(step.text for p in programs for step in p.steps)
    for word in ("FullyConnected", "ResidualNetwork", "SharedWeightDAG", "cross_entropy",
                 "mse_loss", "lib.cat", "@", "logsumexp", "F.softmax", "lib.where", ".to("):
        assert word in texts, word


# ---- what is found --------------------------------------------------------------------------


def replaced(monkeypatch: pytest.MonkeyPatch, name: str, body: Any) -> None:
    monkeypatch.setattr(scratch.functional, name, primitive(body))


def wrong_above_2(input: Array) -> Any:
    y = np.tanh(input)
    return input - y, lambda g: g * np.where(input > 2, 1, y * y)


def slightly_wrong_tanhshrink(input: Array) -> Any:
    y = np.tanh(input)
    return input - y, lambda g: g * (y * y * input.dtype.type(1.0005))


def first_that_differs(draw: Callable[[Choices], Case]) -> tuple[list[int], Case]:
    for number in range(4000):
        choices = Random(0, number)
        case = draw(choices)
        if judged(case).outcome is Outcome.differ:
            return choices.taken, case
    raise AssertionError("nothing was found")


def of_row(name: str) -> Callable[[Choices], Case]:
    """Draws of this row alone."""
    place = [operation.name for operation, _ in rows()].index(name)

    def draw(c: Choices) -> Case:
        inner = c.pick
        picks = iter([lambda n: place])
        c.pick = lambda n: next(picks, inner)(n)  # type: ignore[method-assign]
        return draw_row(c)

    return draw


def test_a_planted_mistake_is_found_and_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong above 2 only: what remains is one number above 2, and Python that shows it."""
    replaced(monkeypatch, "tanhshrink", wrong_above_2)
    draw = of_row("tanhshrink")
    taken, _ = first_that_differs(draw)
    small = smallest(draw, taken)
    assert len(small.steps) == 1
    assert small.arrays[0].size == 1
    assert 2 < small.arrays[0].item() <= 4
    code = snippet(small)
    assert len(code.splitlines()) < 20
    with pytest.raises(AssertionError):
        exec(code, {})
    monkeypatch.undo()
    exec(code, {})  # nothing differs any more


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_factor_of_1_0005_is_found(monkeypatch: pytest.MonkeyPatch, dtype: str) -> None:
    replaced(monkeypatch, "tanhshrink", slightly_wrong_tanhshrink)
    x = np.array([0.5, -1.25, 2.0], dtype)
    case = Case([x], [True], [Step("F.tanhshrink({0})", (0,))], [1], dtype)
    assert judged(case).outcome is Outcome.differ


def test_snippets_of_every_kind_run(capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed is what was run, up to a second derivative through float32."""
    kinds = set()
    for number in range(60):
        case = draw_case(Random(7, number))
        kind = case.order, case.coarse, "OPERATIONS" in str(case.steps)
        if kind not in kinds and not case.may_be_wrong:
            kinds.add(kind)
            exec(snippet(case), {})
    assert len(kinds) >= 4


def test_a_warning_of_numpy_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ordinary numbers in, ordinary numbers out: then nothing may overflow on the way."""
    def body(input: Array) -> Any:
        np.exp(np.abs(input) * 1000)  # overflows, and nobody uses it
        low = 1 + np.abs(input)
        return input / low, lambda g: g / (low * low)

    replaced(monkeypatch, "softsign", body)
    case = Case([np.ones(3)], [True], [Step("F.softsign({0})", (0,))], [1], "float64", finite=True)
    verdict = judged(case)
    assert (verdict.outcome, verdict.warning) == (Outcome.differ, "overflow")


@pytest.mark.parametrize(
    ("text", "x", "outcome"),
    [
        ("lib.sinh({0})", -710.0, Outcome.scratch_right),  # PyTorch's overflows
        ("F.gelu({0}, approximate='tanh')", 1e155, Outcome.scratch_right),  # of x³
        ("lib.exp({0})", 710.0, Outcome.agree),  # infinite in both
        ("F.nonsense({0})", 1.0, Outcome.differ),
    ],
)
def test_who_is_right(text: str, x: float, outcome: Outcome) -> None:
    case = Case([np.full(64, x)], [True], [Step(text, (0,))], [1], "float64")
    assert judged(case).outcome is outcome


def test_infinity_in_scratch_alone_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def body(input: Array) -> Any:
        return input * np.inf, lambda g: g * np.inf

    replaced(monkeypatch, "silu", body)
    case = Case([np.ones(64)], [True], [Step("F.silu({0})", (0,))], [1], "float64")
    assert judged(case).outcome is Outcome.differ


# ---- differences that were found: each was one before it was fixed --------------------------


FOUND = {
    "cat of two dtypes: the gradient of the float32 tensor was float64": Case(
        [np.array([1.0, 2.0], np.float32), np.array([3.0])], [True, True],
        [Step("{0}.to(lib.dtype('float64'))", (1,)), Step("lib.cat([{0}, {1}])", (0, 2)),
         Step("{0} * {0}", (3,))],
        [4], "float32", coarse=True,
    ),
    "cat beside an empty tensor of another dtype": Case(
        [np.zeros(0, np.float32), np.ones(2, np.float32)], [True, True],
        [Step("{0}.to(lib.dtype('float64'))", (1,)), Step("lib.cat([{0}, {1}])", (2, 0))],
        [3], "float32", coarse=True,
    ),
    "stack of two dtypes": Case(
        [np.array(1.0, np.float32), np.array(3.0, np.float32)], [True, True],
        [Step("{0}.to(lib.dtype('float64'))", (1,)), Step("lib.stack([{0}, {1}])", (0, 2)),
         Step("{0} * {0}", (3,))],
        [4], "float32", coarse=True,
    ),
    "the second derivative of a 0-d float64 beside float32 was float64": Case(
        [np.array(2.0, np.float32), np.array([1.0, 5.0], np.float32)], [True, True],
        [Step("{0}.to(lib.dtype('float64'))", (0,)), Step("lib.maximum({0}, {1})", (2, 1)),
         Step("1.0 / {0}", (3,))],
        [4], "float32", order=2, coarse=True,
    ),
    "the second derivative of sigmoid was NaN where exp(-x) overflows": Case(
        [np.array([-90.0, -104.0, -745.0, 90.0], np.float32)], [True],
        [Step("F.sigmoid({0})", (0,))], [1], "float32", order=2,
    ),
    "linear took a 0-d input, and scaled the weight by it": Case(
        [np.array(2.0), np.ones((3, 1)), np.ones(3)], [True] * 3,
        [Step("F.linear({0}, {1}, {2})", (0, 1, 2))], [3], "float64", may_be_wrong=True,
    ),
    "alpha * other was rounded to float32 beside a float64 tensor": Case(
        [np.array([-9.744871139526367], np.float32)], [True],
        [Step("{0} + 2.5", (0,)), Step("{0}.to(lib.dtype('float64'))", (1,)),
         Step("lib.add({0}, {1}, alpha=2.5)", (2, 1)), Step("{0} / {1}", (3, 2))],
        [4], "float32", coarse=True,
    ),
    "PyTorch's terms of a weighted loss of logits cancel, which the tolerance did not know": Case(
        [np.array([0.0, -4.0]), np.array([0.5, 0.02]), np.array([1.0, 20.1])],
        [True, True, False],
        [Step("F.binary_cross_entropy_with_logits({0}, {1}, weight={2})", (0, 1, 2))],
        [3], "float64",
    ),
    "what saturated probabilities do cancels where all of them are rounded alike": Case(
        [np.array([0.48940709, -0.67368227, -1.8005519, -3.5, 0.0], np.float32),
         np.array([[3.25, 0, -2.875, 1, 0], [2.3665243, -1.2012281, -2.375, 1.1179408, 0],
                   [0, 2.125, 0, -1.6499778, 0], [0, 0, 0, 0.9696100, 0], [0, 0, 0, 4, 0]],
                  np.float32),
         np.array([[2, 0, 0, 0, 0], [0, 0, 0, 0, -0.87374508], [0, 0, 0, 0, 0],
                   [3.625, -2, 0, -1.2556330, 0.80599040], [0, 0, 0, 0, 0]], np.float32),
         np.array([[0, 0, -2.75, 0, 0]], np.float32)],
        [True] * 4,
        [Step("{0}[None]", (0,)),
         Step("lib.call(lib.SharedWeightDAG(np.zeros((5, 5)), np.zeros((5, 5)), 'relu'), "
              "dict([('w1', {1}), ('w2', {2})]), {0})", (4, 1, 2)),
         Step("F.binary_cross_entropy(F.sigmoid({0}), F.sigmoid({1}))", (5, 3))],
        [6], "float32",
    ),
    "the gradient of a weighted target cancelled near 0": Case(
        [np.array([1e-6, -1e-9]), np.array([0.5, 0.25]), np.array([1.5, 0.5])],
        [True, True, False],
        [Step("F.binary_cross_entropy_with_logits({0}, {1}, weight={2})", (0, 1, 2))],
        [3], "float64",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_found_and_fixed(name: str) -> None:
    verdict = judged(FOUND[name])
    assert verdict.outcome in (Outcome.agree, Outcome.refused), str(verdict.comparison)


def test_an_overflow_of_pytorch_at_a_single_point_is_pytorchs() -> None:
    """x^(y - 1) overflows on the way to y x^(y - 1), which does not."""
    x, y = np.array([1.0, 4.476e-309]), np.array([0.0, -0.001])
    case = Case([x, y], [True, True], [Step("lib.pow({0}, {1})", (0, 1))], [2], "float64")
    verdict = judged(case)
    assert verdict.outcome is Outcome.scratch_right, str(verdict.comparison)


# ---- the search -----------------------------------------------------------------------------


def test_ctrl_c_loses_nothing() -> None:
    def interrupt(now: Summary) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    summary = fuzz(cases=100_000, progress=interrupt)
    assert summary.interrupted
    assert summary.cases == 200
    assert signal.getsignal(signal.SIGINT) is before


def test_what_is_found_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch.functional, "relu", lambda input: input + 1)
    monkeypatch.setattr("gradtwin.fuzz.search.draw_case", of_row("relu"))
    told: list[Found] = []
    summary = fuzz(cases=4, seed=1, found=told.append)
    assert not summary.ok
    assert told == summary.found
    assert all("relu" in each.python for each in told)


def test_a_difference_does_not_wait_for_its_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is found the block ends; the rest of its numbers follows."""
    monkeypatch.setattr("gradtwin.fuzz.search.run_case", wrong_at(3, 7, 8))
    events: list[Any] = []
    summary = fuzz(cases=210, found=lambda each: events.append(each.number),
                   progress=lambda now: events.append((now.cases, len(now.found))))  # fmt: skip
    assert events == [3, (4, 1), 7, (8, 2), 8, (9, 3), (200, 3), (210, 3)]
    assert summary.cases == sum(summary.outcomes.values()) == 210


def wrong_at(*numbers: int) -> Callable[[int, int], tuple[Outcome, Found | None]]:
    def run(seed: int, number: int) -> tuple[Outcome, Found | None]:
        if number in numbers:
            return Outcome.differ, Found(seed, number, "label", "code", "report")
        return Outcome.agree, None

    return run


def test_every_number_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(seed: int, number: int) -> tuple[Outcome, Found | None]:
        seen.append(number)
        return wrong(seed, number)

    seen: list[int] = []
    wrong = wrong_at(5, 199, 200, 449)
    monkeypatch.setattr("gradtwin.fuzz.search.run_case", run)
    fuzz(cases=450)
    assert sorted(seen) == list(range(450))


@pytest.mark.parametrize(("step", "cases"), [(0.25, 4), (5.0, 1)])
def test_the_time_is_looked_at_after_each_case(
    monkeypatch: pytest.MonkeyPatch, step: float, cases: int
) -> None:
    """And one case is compared however short it is."""
    def run(seed: int, number: int) -> tuple[Outcome, None]:
        clock[0] += step
        return Outcome.agree, None

    clock = [100.0]
    monkeypatch.setattr("gradtwin.fuzz.search.run_case", run)
    monkeypatch.setattr("gradtwin.fuzz.search.time", SimpleNamespace(monotonic=lambda: clock[0]))
    assert fuzz(seconds=1.0).cases == cases


def test_in_processes_each_number_is_compared_once_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """In threads, which see what is monkeypatched."""
    def run(seed: int, number: int) -> tuple[Outcome, Found | None]:
        seen.append(number)
        return wrong_at(5, 199, 200, 449)(seed, number)

    seen: list[int] = []
    monkeypatch.setattr("gradtwin.fuzz.search.run_case", run)
    monkeypatch.setattr("gradtwin.fuzz.search._prepare_process", lambda stop: None)
    work = _Work(0, 450, None, threading.Event())
    blocks = list(_in_processes(0, work, 2, SimpleNamespace(Pool=ThreadPool)))
    assert sorted(seen) == list(range(450))
    assert all(len(block.found) <= 1 for block in blocks)
    assert sorted(each.number for block in blocks for each in block.found) == [5, 199, 200, 449]


def test_a_mistake_in_the_search_itself_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(c: Choices) -> Case:
        raise ZeroDivisionError("in the search")

    monkeypatch.setattr("gradtwin.fuzz.search.draw_case", broken)
    outcome, found = run_case(0, 0)
    assert outcome is Outcome.differ
    assert found is not None
    assert "in the search" in found.report


def test_the_command(tmp_path: Any) -> None:
    """In two processes; what it prints is JSON."""
    options = ["--cases", "40", "--jobs", "2", "--seed", "5", "--json"]
    result = CliRunner().invoke(app, ["fuzz", *options, "--save", str(tmp_path / "found")])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["cases"] == 40
    assert answer["found"] == []
    assert (tmp_path / "found").read_text() == ""


def test_what_is_found_is_saved_before_the_next_case(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """A process that is killed has lost nothing of what it had found."""
    def run(seed: int, number: int) -> tuple[Outcome, Found | None]:
        saved.append(len(file.read_text().splitlines()))
        return wrong_at(1)(seed, number)

    saved: list[int] = []
    file = tmp_path / "found"
    monkeypatch.setattr("gradtwin.fuzz.search.run_case", run)
    CliRunner().invoke(app, ["fuzz", "--cases", "4", "--save", str(file)])
    assert saved == [0, 0, 1, 1]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_a_full_disk(monkeypatch: pytest.MonkeyPatch, json_too: list[str]) -> None:
    """The path is named, and what was found is printed all the same."""
    monkeypatch.setattr("gradtwin.fuzz.search.run_case", wrong_at(1))
    result = CliRunner().invoke(app, ["fuzz", "--cases", "3", "--save", "/dev/full", *json_too])
    assert result.exit_code == 1
    assert "--save: /dev/full: No space left on device" in result.stderr
    assert "report" in result.stdout
    if json_too:
        assert json.loads(result.stdout)["cases"] == 3


def test_both_refuse_is_explained() -> None:
    result = CliRunner().invoke(app, ["fuzz", "--cases", "150", "--seed", "20"])
    line = next(line for line in result.output.splitlines() if "both refuse" in line)
    assert "drawn wrong on purpose" in line


def test_the_command_compares_one_case_at_the_least() -> None:
    result = CliRunner().invoke(app, ["fuzz", "--time", "1e-9"])
    assert result.exit_code == 0
    assert "no difference in 1 case " in result.output


def test_the_command_saves_and_shows(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(scratch.functional, "relu", lambda input: input + 1)
    monkeypatch.setattr("gradtwin.fuzz.search.draw_case", of_row("relu"))
    options = ["--cases", "2", "--save", str(tmp_path / "found")]
    result = CliRunner().invoke(app, ["fuzz", *options])
    assert result.exit_code == 1
    assert "relu differs" in result.output
    assert "2 differences in 2 cases" in result.output
    saved = [json.loads(line) for line in (tmp_path / "found").read_text().splitlines()]
    assert [each["label"] for each in saved] == ["relu", "relu"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--cases", "0"], "1 or more"),
        (["--time", "-1"], "above 0"),
        (["--jobs", "x"], "integer"),
        (["--save", "/nowhere/found"], "/nowhere does not exist"),
        (["--save", ""], "expected the name of a file, got ''"),
        (["--save", "."], "name a file in it"),
    ],
)
def test_wrong_usage(options: list[str], message: str) -> None:
    result = CliRunner().invoke(app, ["fuzz", *options])
    assert result.exit_code == 2
    assert message in result.output
