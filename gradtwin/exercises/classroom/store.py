"""What is graded already: a file a student, written whole or not at all.

A result is kept under a hash of all that it depends on: the code handed in, the exercise, and the
grader itself. So an interruption loses nothing, nothing is graded twice, and what has changed is
graded again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from graphs.rendering import write_atomically

from ..exercise import Exercise
from ..submission import Submission

FORMAT = 1
FOLDER = "results"


def write_whole(path: Path, text: str, encoding: str = "utf-8") -> None:
    """A file that is there as a whole or as it was before, whatever interrupts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.encode(encoding))


def load(out: Path, key: str) -> dict[str, Any]:
    """What is kept of a student; an empty one for nothing, or for what cannot be read."""
    try:
        kept = json.loads((out / FOLDER / f"{key}.json").read_text(encoding="utf-8"))
        fits = kept["format"] == FORMAT and isinstance(kept["exercises"], dict)
    except (OSError, ValueError, KeyError, TypeError):
        fits = False
    return kept if fits else {"format": FORMAT, "exercises": {}, "remarks": []}


def save(out: Path, key: str, kept: Mapping[str, Any]) -> None:
    """Keep it."""
    write_whole(out / FOLDER / f"{key}.json", json.dumps(kept))


def hash_of(exercise: Exercise, source: Path | None, submission: Submission | None) -> str:
    """Of all that the result depends on.

    Args:
        source: the file of a teacher's own exercise; None for a built-in one.
        submission: None where nothing was handed in.
    """
    parts: list[Any] = [FORMAT, exercise.name, _exercise(exercise.name, source), _grader()]
    if submission is not None:
        problem = submission.problem
        parts += [list(submission.cells), dict(submission.siblings),
                  None if problem is None else problem.to_dict()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@lru_cache
def _exercise(name: str, source: Path | None) -> str:
    if source is None:
        module = import_module(f"..library.{name}", __package__)
        source = Path(str(module.__file__))
    return hashlib.sha256(source.read_bytes()).hexdigest()


@lru_cache
def _grader() -> str:
    """Of the grader's own files, those that only write reports aside."""
    here = Path(__file__).parents[1]
    files = [*sorted(here.glob("*.py")), *sorted((here / "box").glob("*.py")),
             here.parent / "tolerance.py"]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
