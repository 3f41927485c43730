"""What README shows is what happens."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


ENGLISH, SPANISH = "README.md", "README.es.md"


@pytest.mark.parametrize("name", [ENGLISH, SPANISH])
def test_the_examples_of_the_readme_run(name: str) -> None:
    failed, attempted = doctest.testfile(
        str(ROOT / name), module_relative=False, encoding="utf-8")
    assert attempted > 10
    assert failed == 0


def test_ci_runs_the_test_command() -> None:
    commands = (ROOT / ".ci" / "run").read_text().splitlines()
    assert "make test" in commands
    assert "$ make test" in (ROOT / "README.md").read_text()


def shape(name: str) -> dict[str, list[str]]:
    """What a README has in any language: its headings' levels, its code, links, files, tables."""
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^```(.*?)^```", text, re.DOTALL | re.MULTILINE)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return {
        "headings": re.findall(r"^(#+) ", prose, re.MULTILINE),
        "blocks": [re.sub(r" *#.*", "", block) for block in blocks],
        "code": sorted({" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)}),
        "links": sorted(set(re.findall(r"\]\(([^)]+)\)", prose)) - {ENGLISH, SPANISH}),
        "points": re.findall(r"^(-|!|\|)", prose, re.MULTILINE),
    }


def test_both_readmes_say_the_same() -> None:
    """In step: the same sections, commands, examples, links, pictures, lists and tables."""
    english, spanish = shape(ENGLISH), shape(SPANISH)
    assert len(english["headings"]) > 5
    assert any("gradtwin exercises check" in block for block in english["blocks"])
    for part, here in english.items():
        there = spanish[part]
        only = [x for x in here if x not in there], [x for x in there if x not in here]
        assert there == here, f"{part}: only in {ENGLISH}, only in {SPANISH}: {only}"


def test_the_readmes_link_to_each_other_and_to_what_is_there() -> None:
    for name, other in ((ENGLISH, SPANISH), (SPANISH, ENGLISH)):
        first = (ROOT / name).read_text(encoding="utf-8").splitlines()[:5]
        assert any(f"]({other})" in line for line in first)
        assert [link for link in shape(name)["links"] if not (ROOT / link).exists()] == []
