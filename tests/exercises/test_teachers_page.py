"""docs/exercises.md: its commands and options are there, and so are the files that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from gradtwin.cli import app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "exercises.md"
TEXT = PAGE.read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ gradtwin exercises (\w+)(.*)$", TEXT, re.MULTILINE)


def options(command: str) -> set[str]:
    exercises = get_command(app).commands["exercises"]
    return {o for p in exercises.commands[command].params for o in (*p.opts, *p.secondary_opts)}


@pytest.mark.parametrize(("command", "rest"), COMMANDS)
def test_every_command_is_there_with_its_options(command: str, rest: str) -> None:
    assert set(re.findall(r"--[\w-]+", rest)) <= options(command)


def test_every_option_in_the_text_is_one() -> None:
    prose = set(re.findall(r"`(--[\w-]+)", TEXT))
    assert len(prose) >= 5
    assert prose <= options("grade") | options("check")


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert links
    assert [link for link in links if not (PAGE.parent / link).exists()] == []
