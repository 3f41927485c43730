"""Planted mistakes: some of them really planted, all of them held to the source and to the page."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import scratch
from gradtwin.planted import MISTAKES, Mistake, NotPlantedError, Outcome, __main__, find, run
from gradtwin.planted.mistake import ROOT
from gradtwin.planted.plant import plant
from gradtwin.planted.report import declared, markdown
from gradtwin.planted.run import telling, witnesses

PAGE = ROOT / "docs" / "planted.md"

every_mistake = pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: each.name)

# ---- some of them, really planted ---------------------------------------------------------------

# a kink, a missing sum, one path of two, float32 only, a paper; and one that a test must catch
PLANTED = [
    "relu_slope_at_0", "bias_not_summed", "set_for_added", "bound_of_float32",
    "paper_direct_path", "upstream_written_to",
]  # fmt: skip


def test_representative_mistakes_are_caught_and_a_survivor_is_seen() -> None:
    right = find("neg_sign")
    survivor = replace(right, name="survivor", new="return -input, lambda g: -1 * g")
    no_python = replace(right, name="no_python", new="return -input, lambda g:")
    nobody = replace(find("upstream_written_to"), name="nobody", caught_by="tests/none.py::none")
    planted = [find(name) for name in PLANTED]
    # one run for all, since its processes are forked from one that has imported torch
    found = list(run([*planted, survivor, no_python, nobody], jobs=2))
    outcomes = {o.mistake.name: o for o in found if o.mistake is not None}

    # with nothing planted check is content in both dtypes; pytest does not know the last test
    assert [o.failed[:12] for o in found if o.mistake is None] == ["", "", "RuntimeError"]
    assert not any(o.caught for o in found if o.mistake is None)
    for name in PLANTED:
        assert outcomes[name].as_it_should, outcomes[name]
        assert outcomes[name].report
    assert "scratch has -0.03" in outcomes["set_for_added"].report  # one path's share of -0.32
    assert outcomes["survivor"].verdict == "SURVIVED"
    assert outcomes["no_python"].verdict.startswith("FAILED: SyntaxError")
    assert outcomes["nobody"].verdict.startswith("FAILED: RuntimeError")
    assert not any(outcomes[n].as_it_should for n in ("survivor", "no_python", "nobody"))


def test_the_exit_status_says_whether_one_survived(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mistake = find("neg_sign")
    outcomes = [Outcome(None, False, "", 0.1), Outcome(mistake, True, "worst at x", 0.2)]
    monkeypatch.setattr(__main__, "run", lambda chosen, jobs: iter(outcomes))
    assert __main__.main(["neg_sign"]) == 0
    assert "1 of 1 mistakes are caught" in capsys.readouterr().out
    outcomes[1] = Outcome(mistake, False, "", 0.2)
    assert __main__.main(["neg_sign", "--jobs", "1"]) == 1
    assert "neg_sign: SURVIVED" in capsys.readouterr().out
    outcomes[:] = [Outcome(None, True, "worst at x", 0.1), Outcome(mistake, True, "x", 0.2)]
    assert __main__.main(["neg_sign"]) == 1  # who complains always has caught nothing
    said = capsys.readouterr().out
    assert "AN ERROR WITHOUT A MISTAKE: worst at x" in said
    assert "1 of 1 mistakes are caught, which shows nothing" in said


def test_what_is_done_is_printed_where_the_run_is_interrupted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> Iterator[Outcome]:
        yield Outcome(find("neg_sign"), True, "worst at x", 0.2)
        raise KeyboardInterrupt

    monkeypatch.setattr(__main__, "run", interrupted)
    assert __main__.main(["neg_sign", "cos_factor"]) == 130
    said = capsys.readouterr()
    assert "1 of 2 mistakes are caught" in said.out
    assert said.err == "interrupted\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"], ["--jobs", "0"], ["--jobs", "99999"], ["--jobs", "x"], ["--cases"],
        ["neg_sign", "--markdown"], ["--list", "--markdown"],
    ],
)  # fmt: skip
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        __main__.main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m gradtwin.planted" in capsys.readouterr().err


def test_a_name_that_is_spelled_nearly_so_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        __main__.main(["relu_slop", "--list"])
    said = capsys.readouterr().err
    assert "unknown mistake 'relu_slop': did you mean relu_slope" in said


def test_they_are_listed_without_being_planted(capsys: pytest.CaptureFixture[str]) -> None:
    """Whole lines, however narrow the terminal is."""
    assert __main__.main(["--list", "neg_sign", "cos_factor", "neg_sign"]) == 0
    neg, cos = find("neg_sign"), find("cos_factor")
    assert capsys.readouterr().out.splitlines() == [
        neg.file,
        f"  neg_sign: {neg.what}",
        "    gradtwin check neg",
        f"  cos_factor: {cos.what}",
        "    gradtwin check cos --dtype float32",
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize("where", [">/dev/full", ">&-"])
def test_output_that_cannot_be_written(where: str) -> None:
    done = subprocess.run(
        f"{sys.executable} -m gradtwin.planted --list {where}",
        shell=True, capture_output=True, encoding="utf-8", cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: the output cannot be written: ")


# ---- all of them, held to the source ------------------------------------------------------------


def test_there_are_many_and_no_name_is_there_twice() -> None:
    assert len(MISTAKES) >= 60
    assert [name for name, n in Counter(m.name for m in MISTAKES).items() if n > 1] == []


@every_mistake
def test_the_text_stands_once_in_the_source_and_python_results(mistake: Mistake) -> None:
    source = (ROOT / mistake.file).read_text(encoding="utf-8")
    changed = mistake.planted_in(source)  # raises unless it is there exactly once
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source))
    assert re.fullmatch(r"[a-z0-9_]+", mistake.name)
    assert len(mistake.what) < 100
    assert Path(importlib.import_module(mistake.module).__file__ or "") == ROOT / mistake.file


def test_a_text_that_is_gone_or_there_twice_is_refused() -> None:
    mistake = find("neg_sign")
    for source in ("", 2 * mistake.old):
        with pytest.raises(NotPlantedError, match="neg_sign: expected once in scratch/"):
            mistake.planted_in(source)


def test_who_must_notice_exists() -> None:
    from gradtwin.concepts import concepts

    names = {each.name for each in concepts()}
    for mistake in MISTAKES:
        if not mistake.by_test:
            assert mistake.caught_by in names, mistake.name
            continue
        file, _, node = mistake.caught_by.partition("::")
        assert f"def {node.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")
    assert sum(not mistake.by_test for mistake in MISTAKES) >= 60


def test_everybody_is_asked_with_nothing_planted() -> None:
    asked = {(name, dtype) for names, dtype in witnesses(MISTAKES) for name in names}
    assert asked == {(m.caught_by, "" if m.by_test else m.dtype) for m in MISTAKES}


def test_nothing_is_planted_behind_an_import() -> None:
    with pytest.raises(RuntimeError, match=r"scratch\.operations\.elementary is imported already"):
        plant(find("neg_sign"))


def test_an_unknown_name_says_where_they_are_listed() -> None:
    with pytest.raises(ValueError, match=r"unknown mistake 'nothing': .*--list"):
        find("nothing")


def test_the_line_that_says_what_differs() -> None:
    shape = "add: DIFFERENT\n  gradient of input  SHAPE    ours (2,), theirs (1,)"
    assert telling(shape) == "gradient of input  SHAPE    ours (2,), theirs (1,)"
    assert telling("something else") == "something else"


# ---- and the page to the declarations -----------------------------------------------------------


def test_the_page_has_every_mistake_as_it_is_declared() -> None:
    """`python -m gradtwin.planted --markdown > docs/planted.md` writes it anew."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"]
    assert len(rows) == len(MISTAKES)
    for mistake in MISTAKES:
        (row,) = (row for row in rows if row.startswith(f"| `{mistake.name}`:"))
        assert row.startswith(declared(mistake)), mistake.name
        report = row.removeprefix(declared(mistake)).strip(" |")
        assert report not in ("", "-")
        assert not report.startswith(("SURVIVED", "FAILED"))
    assert f"**{len(MISTAKES)} of {len(MISTAKES)} mistakes are caught**" in PAGE.read_text("utf-8")


def test_the_page_of_a_survivor_says_so() -> None:
    page = markdown([Outcome(find("neg_sign"), False, "", 0.1)], seconds=1.0, jobs=1)
    assert "**0 of 1 mistakes are caught**" in page
    assert f"{declared(find('neg_sign'))} SURVIVED |" in page


# ---- what nobody asked before these were planted ------------------------------------------------


def test_a_gradient_has_the_dtype_of_its_leaf_beside_another_dtype() -> None:
    """Of one shape too, where nothing has to be summed back."""
    found = []
    for tensor in (scratch.tensor, torch.tensor):
        x = tensor(np.ones(2, np.float32), requires_grad=True)
        y = tensor(np.ones(2, np.float64), requires_grad=True)
        (x * y).sum().backward()
        found.append([str(np.asarray(t.grad).dtype) for t in (x, y)])
    assert found[0] == found[1] == ["float32", "float64"]


def test_the_array_that_a_functions_backward_keeps_stays_its_own() -> None:
    """Else the second backward would add to what the first one handed out."""
    kept = scratch.tensor([3.0])

    class Constant(scratch.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return kept

    x = scratch.tensor([1.0], requires_grad=True)
    for _ in range(2):
        Constant.apply(x).backward()
    assert x.grad is not None
    assert x.grad.tolist() == [6.0]
    assert kept.tolist() == [3.0]


def test_momentum_leaves_the_gradient_alone() -> None:
    """Gradients that are not zeroed add up: 2; 2 + 1; 3 - 1 (by hand, and every number exact)."""
    w = scratch.tensor(np.array([1.0]), requires_grad=True)
    optimizer = scratch.optimizers.SGD([w], lr=0.25, momentum=0.5)
    found = []
    for _ in range(3):
        (w * w).sum().backward()
        optimizer.step()
        assert w.grad is not None
        found.append((w.grad.item(), w.item()))
    # b = 2; 2/2 + 3 = 4; 4/2 + 2 = 4
    assert found == [(2.0, 0.5), (3.0, -0.5), (2.0, -1.5)]
