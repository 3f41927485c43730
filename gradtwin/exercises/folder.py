"""A folder or a file -> which submission is there for which exercise, and what is none.

A file is an exercise by its own name (`softmax.py`, `softmax.ipynb`), by the line of its starting
file (`# gradtwin exercise: softmax`; one file may hold several), or by its name loosely read
(`Softmax (1).py`). Nothing of it runs here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from .notebook import named_in
from .submission import Submission, is_ones_own, read_submission, sibling_sources
from .texts import N_, Message, fault
from .untrusted import clean
from .written import marked, section

KINDS = (".py", ".ipynb")
MOST_FILES = 10_000
"""Looked at in a folder of folders."""

_COPY = re.compile(r"\s*\(\d+\)$|[ _-]+cop(y|ia)\d*$|^\d+[ _.-]+")


@dataclass
class Collected:
    """What was handed in.

    Args:
        submissions: by exercise, in the order of the exercises.
        remarks: on files that are no exercise, or that were handed in beside a better one.
    """

    submissions: dict[str, Submission] = field(default_factory=dict)
    remarks: list[Message] = field(default_factory=list)


def collect(target: Path, known: Sequence[str], names: Sequence[str] = ()) -> Collected:
    """The submissions of a folder or of one file.

    Args:
        target: a folder, or a file.
        known: the names of all exercises.
        names: only these; for a file: that it is these, whatever it is called.

    Raises:
        FileNotFoundError: there is nothing there.
        ValueError: a file that says in no way which exercise it is.
    """
    if target.is_file():
        return _one_file(target, known, names)
    if not target.is_dir():
        raise fault(FileNotFoundError, N_("no such file or folder: {path}"), path=target)
    found: dict[str, list[Submission]] = {}
    collected = Collected()
    for path in _files(target):
        if path.suffix.lower() not in KINDS:
            collected.remarks += _no_code(path, known)
            continue
        submission = read(path)
        called = named(submission, known)
        if not called:
            collected.remarks += _is_none(path, known)
        for name in called:
            if not names or name in names:
                found.setdefault(name, []).append(_part(submission, name, called))
    for name in known:
        if name in found:
            best, *others = sorted(found[name], key=_unsolved)
            collected.submissions[name] = best
            if others:
                collected.remarks.append(Message(
                    N_("{name} was handed in more than once: {path} is graded, {others} is not"),
                    {"name": name, "path": _shown(best.path, target),
                     "others": ", ".join(_shown(o.path, target) for o in others)}))
    return collected


def read(path: Path) -> Submission:
    """A file with its siblings; one without code has a problem."""
    submission = read_submission(path, sibling_sources(path.parent, [path.stem]))
    if submission.problem is None and not "".join(submission.cells).strip():
        return replace(submission, problem=Message(N_("the file holds no code")))
    return submission


def named(submission: Submission, known: Sequence[str]) -> list[str]:
    """The exercises that a file is; none where it does not say."""
    path = submission.path
    stem = "" if path is None else path.stem
    if stem in known:
        return [stem]
    lines = [n for n in marked("\n".join(submission.cells)) if n in known]
    if not lines and path is not None and path.suffix.lower() == ".ipynb":
        lines = [n for n in named_in(path) if n in known]
    loose = re.sub(r"[\s.-]+", "_", _COPY.sub("", _COPY.sub("", stem)).strip()).lower()
    return lines or ([loose] if loose in known else [])


def _one_file(path: Path, known: Sequence[str], names: Sequence[str]) -> Collected:
    submission = read(path)
    called = list(names) or named(submission, known)
    if not called:
        near = get_close_matches(path.stem.lower(), known, n=1, cutoff=0.6)
        if near:
            raise fault(ValueError, N_("{path} does not say which exercise it is; did you mean "
                                       "{name}? Name it after the file"), path=path, name=near[0])
        raise fault(ValueError, N_("{path} does not say which exercise it is: name it after the "
                                   "file"), path=path)
    inside = marked("\n".join(submission.cells))
    return Collected({n: _part(submission, n, inside) for n in called})


def _part(submission: Submission, name: str, called: Sequence[str]) -> Submission:
    if len(called) < 2 or name not in called:
        return submission
    return replace(submission, cells=section(submission.cells, name))


def _files(folder: Path) -> Iterator[Path]:
    """The visible files of the folder itself, or where it has no code, of the folders in it."""
    at_the_top = [p for p in sorted(folder.iterdir()) if is_ones_own(p, folder)]
    if not any(p.suffix.lower() in KINDS for p in at_the_top):
        at_the_top += sorted(p for p in islice(folder.rglob("*"), MOST_FILES)
                             if p.parent != folder and is_ones_own(p, folder))
    for path in at_the_top:
        if not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts):
            yield path


def _no_code(path: Path, known: Sequence[str]) -> list[Message]:
    """A remark on `softmax.pdf` or `softmax.py.txt`, which was meant to be an exercise."""
    if path.name.partition(".")[0] not in known:
        return []
    return [Message(N_("{path} is not read: a .py or .ipynb file is expected"),
                    {"path": clean(path.name)})]


def _is_none(path: Path, known: Sequence[str]) -> list[Message]:
    near = get_close_matches(path.stem.lower(), known, n=1, cutoff=0.7)
    if near:
        return [Message(N_("{path} is no exercise; is it {name}?"),
                        {"path": clean(path.name), "name": near[0]})]
    if path.suffix.lower() == ".ipynb":
        return [Message(N_("{path} does not say which exercise it is"), {"path": clean(path.name)})]
    return []                                           # a module that others import


def _unsolved(submission: Submission) -> tuple[bool, int, float, str]:
    """The more is written, then the newer, the better."""
    code = "\n".join(submission.cells)
    path = submission.path
    newest = path.stat().st_mtime if path is not None else 0.0
    return (submission.problem is not None, code.count("raise NotImplementedError"), -newest,
            str(path))


def _shown(path: Path | None, folder: Path) -> str:
    return "" if path is None else clean(path.relative_to(folder).as_posix())
