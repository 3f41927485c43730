"""What README shows is what happens."""

from __future__ import annotations

import doctest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_examples_of_the_readme_run() -> None:
    failed, attempted = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert attempted > 10
    assert failed == 0


def test_ci_runs_the_test_command() -> None:
    commands = (ROOT / ".ci" / "run").read_text().splitlines()
    assert "make test" in commands
    assert "$ make test" in (ROOT / "README.md").read_text()
