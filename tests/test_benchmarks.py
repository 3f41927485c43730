"""The benchmark compares like with like: every contender computes PyTorch's gradients.

No time is looked at here: it belongs to the machine, not to the code.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

pytest.importorskip("threadpoolctl")

from benchmarks import __main__, contender_fused, contender_models, contenders, gradients
from benchmarks.report import Report
from benchmarks.section_models import CONTENDERS, MODELS
from benchmarks.step import Step
from benchmarks.workloads import WORKLOADS, Workload

# "wide" takes a second a contender, and is the network of "mnist" with one more layer.
SMALL = [name for name in WORKLOADS if name != "wide"]


@pytest.mark.parametrize("name", SMALL)
def test_every_contender_has_pytorchs_gradients(name: str) -> None:
    found, _ = contenders.load()
    gradients.check(WORKLOADS[name](), found)


@pytest.mark.parametrize("name", MODELS)
def test_the_models_have_the_gradients_of_both_wings_and_of_the_fused_step(name: str) -> None:
    gradients.check(MODELS[name](), CONTENDERS)


def off_by(factor: float) -> Callable[[Workload], Step]:
    """The fused step with its last gradient scaled."""

    def prepare(workload: Workload) -> Step:
        step = contender_fused.prepare(workload)

        def read(result: Any) -> Any:
            assert step.read is not None
            loss, found = step.read(result)
            return loss, [*found[:-1], factor * found[-1]]

        return step._replace(read=read)

    return prepare


def test_a_wrong_contender_is_refused() -> None:
    wrong = {"torch": contender_models.prepare_torch, "wrong": off_by(1 + 1e-6)}
    with pytest.raises(AssertionError, match="wrong, xor: gradient of parameter 3 is 1"):
        gradients.check(WORKLOADS["xor"](), wrong)


def test_a_contender_in_another_dtype_is_refused() -> None:
    def wider(workload: Workload) -> Step:
        return contender_fused.prepare(workload.in_float64())

    contending = {"torch": contender_models.prepare_torch, "wider": wider}
    workload = replace(WORKLOADS["digits"](), name="digits")
    with pytest.raises(AssertionError, match="float64, PyTorch's is float32"):
        gradients.check(workload, contending)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"json": Path("/no/such/folder/x.json")}, "--json"),
        ({"plot": Path("/")}, "--plot"),
        ({"page": Path("page.md"), "quick": True}, "--page"),
        ({"page": Path("page.md"), "workload": ["xor"]}, "--page"),
        ({"threads": 100_000}, "--threads"),
        ({"section": ["step"]}, "--section"),
        ({"page": Path("no_such_page.md")}, "--page"),
        ({"page": Path("README.md")}, "--page"),  # without the comments that tables stand between
        ({"plot": Path("figure.txt")}, "--plot"),
        ({"plot": Path("figure.png"), "section": ["compare"]}, "--plot"),
        ({"json": Path("one"), "markdown": Path("one")}, "--json"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_measured(
    arguments: dict[str, Any], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(__main__, "_section", lambda *given: pytest.fail("it was measured"))
    with pytest.raises(typer.BadParameter) as refused:
        __main__.main(**arguments)
    assert refused.value.param_hint == named


def test_a_name_that_is_spelled_nearly_so_is_named() -> None:
    with pytest.raises(typer.BadParameter, match="did you mean growth"):
        __main__.main(section=["grwth"])


def report(name: str) -> Report:
    return Report(name, f"What {name} found", ("A note.",), ("way", "a second"), ((name, "1,250"),))


def finished(
    monkeypatch: pytest.MonkeyPatch, sections: dict[str, Any], tmp_path: Path, **more: Any
) -> tuple[int, str]:
    """The exit status and the Markdown of sections that return a report, or raise."""

    def section(module: str) -> Any:
        found = sections[module.removeprefix("benchmarks.section_")]

        def run(options: Any) -> Report:
            if isinstance(found, BaseException):
                raise found
            return found

        return SimpleNamespace(run=run)

    monkeypatch.setattr(__main__.importlib, "import_module", section)
    monkeypatch.setattr(__main__, "loading", lambda *packages: nullcontext())
    markdown = tmp_path / "found.md"
    with pytest.raises(typer.Exit) as ended:
        __main__.main(section=list(sections), markdown=markdown, **more)
    return ended.value.exit_code, markdown.read_text(encoding="utf-8")


def test_ctrl_c_keeps_the_finished_sections(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sections = {"compare": report("compare"), "startup": KeyboardInterrupt()}
    status, written = finished(monkeypatch, sections, tmp_path)
    assert status == 130
    assert "| compare | 1,250 |" in written
    assert "- interrupted: in section startup" in written
    said = capsys.readouterr()
    assert "What compare found" in said.out
    assert said.err.splitlines() == [
        "interrupted in section startup", f"Written: {tmp_path / 'found.md'}"
    ]  # fmt: skip


def test_a_section_that_fails_is_one_line_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = RuntimeError("python -m x failed:\nTraceback\nImportError: no x")
    page = tmp_path / "page.md"
    page.write_text("<!-- threads: 1 -->\nold\n<!-- end -->\n", encoding="utf-8")
    sections = {"memory": error, "compare": report("compare")}
    status, written = finished(monkeypatch, sections, tmp_path, page=page)
    assert status == 1
    assert "| compare | 1,250 |" in written
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(
        "Error: section memory: RuntimeError: python -m x failed: ImportError: no x (test_bench"
    )
    assert "old" in page.read_text(encoding="utf-8"), "a page shows whole runs"


def test_a_page_gets_the_tables_between_its_comments(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text("above\n<!-- threads: 1 -->\nold\n<!-- end -->\nbelow\n", encoding="utf-8")
    status, _ = finished(monkeypatch, {"compare": report("compare")}, tmp_path, page=page)
    assert status == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("above\n<!-- threads: 1 -->\n\n- processor:")
    assert text.endswith("| compare | 1,250 |\n\nA note.\n\n<!-- end -->\nbelow\n")
    assert "old" not in text


def test_the_sections_with_a_plot_are_those_that_draw() -> None:
    folder = Path(__main__.__file__).parent
    drawing = [name for name in __main__.SECTIONS
               if "_draw(axes" in (folder / f"section_{name}.py").read_text(encoding="utf-8")]
    assert tuple(drawing) == __main__.DRAWN


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize("where", [">/dev/full", ">&-"])
def test_output_that_cannot_be_written(where: str) -> None:
    done = subprocess.run(
        f"{sys.executable} -m benchmarks --help {where}",
        shell=True, capture_output=True, encoding="utf-8", check=False,
        cwd=Path(__main__.__file__).parents[1],
    )  # fmt: skip
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: the output cannot be written: ")
