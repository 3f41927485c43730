"""Exercises of a teacher's own: every `Exercise` that a Python file of theirs defines."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

from .exercise import Exercise
from .library import NAMES, find
from .texts import N_, fault


def exercises_in(path: Path) -> list[Exercise]:
    """The exercises that a file defines, in its order. The file is run: it is the teacher's own.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a file that is no Python, stops with an error, or defines no exercise.
    """
    if not path.is_file():
        raise fault(FileNotFoundError, N_("no such file: {path}"), path=path)
    if not is_file(path.name):
        raise fault(ValueError, N_("{path}: expected a Python file (.py)"), path=path)
    # named, since Python finds none for a file.PY
    loader = SourceFileLoader(f"gradtwin_own_{path.stem}", str(path))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    try:
        loader.exec_module(module)
    except Exception as error:
        raise ValueError(f"{path}: {type(error).__name__}: {error}") from error
    found = {id(e): e for e in vars(module).values() if isinstance(e, Exercise)}
    if not found:
        raise fault(ValueError, N_("{path}: it defines no Exercise (exercise = Exercise(...))"),
                    path=path)
    return list(found.values())


def is_file(name_or_file: str) -> bool:
    """Whether a teacher's file is meant, rather than the name of a built-in exercise.

    >>> is_file("own.py"), is_file("OWN.PY"), is_file("relu")
    (True, True, False)
    """
    return name_or_file.lower().endswith(".py")


def exercises_of(name_or_file: str | Path) -> list[Exercise]:
    """The built-in exercise of that name, "all" of them, or those of a file.

    Raises:
        ValueError: no exercise is called so, or as `exercises_in`.
        FileNotFoundError: no such file.
    """
    text = str(name_or_file)
    if text == "all":
        return [find(name) for name in NAMES]
    if isinstance(name_or_file, Path) or is_file(text):
        return exercises_in(Path(name_or_file))
    return [find(text)]
