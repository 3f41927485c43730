"""Each wrong engine passes easy programs, fails on its own, and is right once it is cured."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from close import assert_close, assert_within

import scratch
from gradtwin.pitfalls import PITFALLS, PROGRAMS, Descent, Pitfall, Program, __main__, report
from gradtwin.pitfalls.engines import not_zeroed, right, walked_again
from gradtwin.tolerance import rounded_to

PAGE = Path(__file__).resolve().parents[1] / "docs" / "pitfalls.md"

ALL = [pytest.param(p, id=p.name) for p in PITFALLS]
BY_NAME = {pitfall.name: pitfall for pitfall in PITFALLS}
JUDGES = [pytest.param(program, id=name) for name, program in PROGRAMS.items()]


def failures(engine: Any) -> set[str]:
    """The programs on which an engine differs from PyTorch, of those that it can run."""
    return {
        name
        for name, program in PROGRAMS.items()
        if (hasattr(engine, "sum") or not program.arrays)
        and not program.compare(engine, witness=False).ok
    }


# ---- right --------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", JUDGES)
def test_scratch_and_the_right_engine_pass_every_program(program: Program) -> None:
    for engine in ("scratch", right.Value):
        comparison = program.compare(engine)
        assert comparison.ok, str(comparison)
        assert len(comparison.gradients) == len(program.inputs)  # every one was compared


@pytest.mark.parametrize("steps", report.STEPS)
def test_scratch_arrives_where_pytorch_does(steps: int) -> None:
    assert Descent(steps).compare("scratch").ok
    # two roundings a step
    allowed = rounded_to(0.8**steps, "float64", times=2 * steps)
    assert_within(Descent(steps).arrives("scratch"), 0.8**steps, allowed)


# ---- wrong --------------------------------------------------------------------------------------


@pytest.mark.parametrize("pitfall", ALL)
def test_caught_by_its_program_and_hidden_by_others(pitfall: Pitfall) -> None:
    assert not pitfall.caught().ok
    assert pitfall.hidden_by
    for program in pitfall.hidden_by:
        assert program.compare(pitfall.engine).ok, program.name


@pytest.mark.parametrize("pitfall", ALL)
def test_the_cure_is_all_that_was_missing(pitfall: Pitfall) -> None:
    assert pitfall.exposed_by.compare(pitfall.cured()).ok
    if not isinstance(pitfall.exposed_by, Descent):
        # those that walk by recursion keep the gradients of inner values too: the fifth pitfall
        kept = {"walked_again", "walked_too_early"}
        inherited = {"walked_twice", "two_losses"} if pitfall.name in kept else set()
        assert failures(pitfall.cured()) == inherited


@pytest.mark.parametrize("pitfall", ALL)
def test_short_enough_to_be_read_aloud(pitfall: Pitfall) -> None:
    lines = [line for line in pitfall.code.splitlines() if line.strip()]
    assert len(lines) <= 26
    assert len(pitfall.title) < 100
    assert pitfall.cure_in_words


def test_twenty_lines_give_8_for_4() -> None:
    pitfall = BY_NAME["walked_again"]
    assert len([line for line in pitfall.code.splitlines() if line.strip()]) <= 20
    comparison = pitfall.caught()
    assert comparison.outputs[0].ok  # forward is right
    (gradient,) = comparison.gradients
    assert (gradient.ours, gradient.theirs) == (8.0, 4.0)
    assert "worst at gradient of a: ours 8, theirs 4," in str(comparison)


@pytest.mark.parametrize(
    ("name", "expected"),
    [  # by hand: the wrong gradient, the right one
        ("walked_again", {"a": (8, 4)}),
        ("walked_too_early", {"a": (28, 44)}),  # 4 a^3 + 3 a^2 at 2, and without c's share of b
        ("overwritten", {"a": (3, -2), "b": (2, 2), "c": (2, 2)}),  # b for b + c
        ("counted_once", {"a": (3, 6)}),  # a for 2 a
        ("counted_again", {"a": (-9, -6), "b": (-6, -4), "c": (12, 12)}),  # 1 + 2 for 1 + 1
        ("shared_array", {"a": ([2, 2], [2, 2]), "b": ([2, 2], [1, 1])}),
    ],
)
def test_the_numbers(name: str, expected: dict[str, tuple[Any, Any]]) -> None:
    gradients = BY_NAME[name].caught().gradients
    assert [g.name for g in gradients] == [f"gradient of {argument}" for argument in expected]
    for gradient, (wrong, correct) in zip(gradients, expected.values()):
        np.testing.assert_array_equal(gradient.ours, wrong)
        np.testing.assert_array_equal(gradient.theirs, correct)


def test_a_missing_sum_is_found_by_its_shape_and_spoils_the_weights() -> None:
    comparison = BY_NAME["not_summed"].caught()
    assert [(f.kind, f.argument) for f in comparison.findings] == [("shape", "gradient of w")]
    gradient = comparison.gradients[1]
    assert gradient.shapes == ((3, 2), (2,))
    assert (np.ones(2) - 0.1 * gradient.ours).shape == (3, 2)  # no longer a vector, and no error


def test_recursion_ends() -> None:
    (finding,) = BY_NAME["too_deep"].caught().findings
    assert finding.kind == "raises"
    assert "RecursionError in backward" in finding.message


def test_too_early_depends_on_the_order_of_the_factors() -> None:
    engine = BY_NAME["walked_too_early"].engine
    found = [PROGRAMS[name].gradients(engine)["a"] for name in ("too_early", "late_enough")]
    assert found == [28, 44]


def test_the_shared_weight_of_the_lecture() -> None:
    """dL/dw1 of the DAG network at w1 = 0.5, w2 = 0.3, x = 2, y = 1, both paths counted."""
    program = PROGRAMS["shared_weight"]
    for engine in ("scratch", "torch", right.Value):
        assert_close(program.gradients(engine)["w1"], -0.32, terms=2, layers=4)
    assert not program.compare(BY_NAME["overwritten"].engine).ok


# ---- what the texts claim -----------------------------------------------------------------------


def recorded_walk(monkeypatch: pytest.MonkeyPatch, function: Callable[..., Any]) -> list[str]:
    """The calls of walk, indented by depth, with what each hands on."""
    lines: list[str] = []
    depth = 0
    walk = walked_again.Value.walk
    names: dict[int, str] = {}

    def traced(self: Any) -> None:
        nonlocal depth
        line = f"{'    ' * depth}{names[id(self)]}.walk()"
        if self.parents:
            (parent, *again) = [p for p, _ in self.parents]
            assert again == [parent]
            old, share = parent.grad, self.grad
            total = old + 2 * share
            line = (
                f"{line:<20}{names[id(parent)]}.grad = {old:.0f} + {share:.0f} + {share:.0f} "
                f"= {total:.0f}"
            )
        lines.append(line)
        depth += 1
        walk(self)
        depth -= 1

    monkeypatch.setattr(walked_again.Value, "walk", traced)
    a = walked_again.Value(1.0)
    c = function(a)
    b = c.parents[0][0]
    names.update({id(a): "a", id(b): "b", id(c): "c"})
    c.backward()
    return lines


def test_the_trace_that_leads_to_8(monkeypatch: pytest.MonkeyPatch) -> None:
    found = recorded_walk(monkeypatch, PROGRAMS["used_twice"].function)
    printed = [
        line.split("   right:")[0].split("   once")[0].rstrip()
        for line in (inspect.getdoc(walked_again) or "").splitlines()
        if ".walk()" in line
    ]
    assert [line.removeprefix("    ") for line in printed] == found


@pytest.mark.parametrize("sums", [2, 10])
def test_walks_double_with_every_sum(monkeypatch: pytest.MonkeyPatch, sums: int) -> None:
    walks = 0
    walk = walked_again.Value.walk

    def counted(self: Any) -> None:
        nonlocal walks
        walks += 1
        walk(self)

    monkeypatch.setattr(walked_again.Value, "walk", counted)
    value = walked_again.Value(1.0)
    for _ in range(sums):
        value = value + value
    value.backward()
    assert walks == 2 ** (sums + 1) - 1


def test_gradients_that_are_not_zeroed_are_momentum_1() -> None:
    """PyTorch takes the same steps with momentum 1, and where nobody zeroes its gradients."""
    w = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1, momentum=1.0)
    v = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    trajectory = []
    for step in range(1, 71):
        optimizer.zero_grad()
        (w * w).backward()
        optimizer.step()
        (v * v).backward()
        with torch.no_grad():
            v -= 0.1 * v.grad
        ours = not_zeroed.descend(1.0, 0.1, step)
        # each step rounds four times on either side, and nothing damps what earlier ones rounded
        allowed = rounded_to(1, "float64", times=2 * 4 * step)
        assert_within([ours, ours], [w, v], allowed)
        trajectory.append(ours)
    late = np.array(trajectory[-14:])  # one swing: 2 pi / arccos(0.9) = 13.9 steps
    assert late.max() > 0.9  # as far out as it began, on both sides
    assert late.min() < -0.9


def test_scratch_adds_up_what_is_not_zeroed_too() -> None:
    """It is the promise of backward, not a mistake of the engine."""
    w = scratch.tensor(1.0, requires_grad=True)
    for expected in (2.0, 4.0):
        (w * w).backward()
        assert w.grad == expected


# ---- the report and the page --------------------------------------------------------------------


def test_the_page_is_what_the_code_says() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == report.markdown(), "python -m gradtwin.pitfalls --markdown > docs/pitfalls.md"
    blocks = re.findall(r"```python\n(.*?)\n```", page, re.DOTALL)
    for pitfall in PITFALLS:
        assert pitfall.code in blocks
        assert pitfall.code in Path(str(pitfall.module.__file__)).read_text(encoding="utf-8")


def test_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main([]) == 0
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert "gradient of a: wrong 8, scratch 4, PyTorch 4" in printed
    assert printed.endswith(
        "All 9 are caught; scratch agrees with PyTorch on every program.\n"
    )
    for pitfall in PITFALLS:
        assert pitfall.title in printed


def test_a_pitfall_that_is_not_caught_is_exit_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = Pitfall("overwritten", PROGRAMS["tree"], (PROGRAMS["chain"],), {})
    monkeypatch.setattr(report, "PITFALLS", (hidden,))
    report.all_caught.cache_clear()
    try:
        assert __main__.main([]) == 1
    finally:
        report.all_caught.cache_clear()


def test_a_cure_that_does_not_fit_is_refused() -> None:
    pitfall = Pitfall("overwritten", PROGRAMS["square"], (), {"no such line": ""})
    with pytest.raises(ValueError, match=r"cure: expected once in overwritten.py"):
        pitfall.cured()


def test_a_mistake_that_was_not_foreseen_is_caught_too() -> None:
    """The programs judge any engine: here a product that confuses its two slopes."""

    class Value(right.Value):
        def __mul__(self, other: Any) -> Any:
            return right.Value(
                self.data * other.data, ((self, self.data), (other, other.data))
            )

    assert {"tree", "chain"} <= failures(Value)
    assert "used_twice" not in failures(Value)
