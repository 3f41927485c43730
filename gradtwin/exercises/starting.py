"""Starting files: the statement, the functions with their shapes, and nothing solved."""

from __future__ import annotations

import ast
import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .exercise import Exercise
from .reference import Gradient
from .signature import Function
from .texts import N_, check_language, fault, pick, say
from .written import MARKER

WIDTH = 92


def starting_file(exercise: Exercise, lang: str = "en") -> str:
    """The `.py` file that a student begins with.

    Raises:
        ValueError: a language without texts.

    >>> from gradtwin.exercises.library import find
    >>> print(starting_file(find("sigmoid")).splitlines()[0])
    # gradtwin exercise: sigmoid
    """
    check_language(lang)
    command = f"gradtwin exercises check {exercise.name}.py"
    words = f"{_heading(exercise, lang)}\n\n{statement(exercise, lang)}\n\n" + say(
        lang, N_("See how far you are: {command}"), command=command)
    return f"{MARKER}{exercise.name}\n{_quoted(words)}\n\n{_code(exercise, lang)}"


def starting_notebook(exercise: Exercise, lang: str = "en") -> str:
    """The same as a notebook (nbformat 4.5), with a cell that checks it.

    Raises:
        ValueError: a language without texts.
    """
    check_language(lang)
    words = f"# {pick(exercise.title, lang)}\n\n"
    if exercise.section:
        words += f"*{exercise.section}*\n\n"
    words += statement(exercise, lang)
    functions, constants = asked_for(exercise)
    given = ", ".join([f'"{exercise.name}"', *functions, *(f"{n}={n}" for n in constants)])
    check = f'from gradtwin import exercises\n\nexercises.check({given}, lang="{lang}")'
    cells = [("markdown", words), ("code", f"{MARKER}{exercise.name}\n{_code(exercise, lang)}"),
             ("markdown", say(lang, N_("See how far you are:"))), ("code", check)]
    notebook = {
        "cells": [_cell(number, kind, text) for number, (kind, text) in enumerate(cells, 1)],
        "metadata": {
            "gradtwin": {"exercise": exercise.name, "lang": lang},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def write_all(
    exercises: Sequence[Exercise],
    folder: Path,
    lang: str = "en",
    *,
    notebook: bool = False,
    force: bool = False,
) -> list[Path]:
    """Starting files into a folder: all of them, or where one cannot be written, none.

    Args:
        force: replace what is there. Otherwise a file with any other content is never touched.

    Raises:
        FileExistsError: files that hold work; the message names them.
        OSError: a folder that cannot be written into.
        ValueError: a language without texts.
    """
    from graphs.rendering import write_atomically

    text = starting_notebook if notebook else starting_file
    files = {folder / f"{e.name}{'.ipynb' if notebook else '.py'}": text(e, lang).encode()
             for e in exercises}
    if folder.exists() and not folder.is_dir():
        raise fault(NotADirectoryError, N_("{path} is a file, expected a folder"), path=folder)
    before = {p: p.read_bytes() if p.exists() else None for p in files}
    work = [p for p, content in files.items() if before[p] not in (None, content)]
    if work and not force:
        raise fault(
            FileExistsError, N_("{folder} holds work already: {names}. --force replaces it"),
            folder=folder, names=", ".join(p.name for p in work))
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    try:
        for path, content in files.items():
            if before[path] != content:
                write_atomically(path, content)
                written.append(path)
    except BaseException:
        for path in written:
            was = before[path]
            path.unlink() if was is None else write_atomically(path, was)
        raise
    return list(files)


def statement(exercise: Exercise, lang: str) -> str:
    """What is asked for, and what must not be used."""
    text = textwrap.dedent(pick(exercise.statement, lang)).strip()
    if exercise.forbidden:
        text += "\n\n" + say(lang, N_("Not allowed here: {names}."),
                             names=", ".join(exercise.forbidden))
    return text


def signature_lines(exercise: Exercise, function: Function, lang: str) -> list[str]:
    """Each parameter and each result of a function with its shape and its part."""
    lines = []
    parts = [(N_("Parameters:"), function.parameters), (N_("Returns:"), function.returns)]
    for heading, names in parts:
        if names:
            lines.append(say(lang, heading))
            lines += [f"    {name}: {_what(exercise, name, lang)}" for name in names]
    return lines


def _what(exercise: Exercise, name: str, lang: str) -> str:
    if name in exercise.opaque:
        return say(lang, N_("whatever backward needs; it is handed on as it is"))
    dims = exercise.inputs[name].dims if name in exercise.inputs else exercise.shapes.get(name)
    integers = name in exercise.inputs and not exercise.inputs[name].floating
    if dims is None:
        shape = say(lang, N_("an array"))
    elif not dims.split():
        shape = say(lang, N_("a number"))
    else:
        lengths = ", ".join(part.rstrip("+") for part in dims.split())
        if " " not in dims.strip():
            lengths += ","
        text = N_("array of integers, shape ({lengths})") if integers else N_("shape ({lengths})")
        shape = say(lang, text, lengths=lengths)
    reference = exercise.references.of.get(name)
    if name in exercise.upstream:
        of = next(r.of for r in exercise.references.of.values()
                  if isinstance(r, Gradient) and r.upstream == name)
        return say(lang, N_("{shape}, the gradient of the loss with respect to {of}"),
                   shape=shape, of=of)
    if isinstance(reference, Gradient):
        return say(lang, N_("{shape}, the gradient of the loss with respect to {of}"),
                   shape=shape, of=reference.wrt)
    return shape


def _code(exercise: Exercise, lang: str) -> str:
    if exercise.starter:
        return textwrap.dedent(pick(exercise.starter, lang)).strip() + "\n"
    uses = "".join(f"import {name}\n" for name in exercise.uses)
    parts = [f"import numpy as np\n{uses}"]
    for f in exercise.parsed:
        lines = "\n".join(signature_lines(exercise, f, lang))
        body = f"{_quoted(lines)}\nraise NotImplementedError\n"
        head = textwrap.fill(f"def {f.name}({', '.join(f.parameters)}):", WIDTH,
                             subsequent_indent=" " * (len(f.name) + 5), break_long_words=False)
        parts.append(f"{head}\n{textwrap.indent(body, '    ')}")
    return "\n\n".join(parts)


def asked_for(exercise: Exercise) -> tuple[list[str], list[str]]:
    """What a student writes: functions and classes, and constants that are to be filled in.

    >>> from gradtwin.exercises.library import find
    >>> asked_for(find("relu"))
    (['relu', 'relu_backward'], [])
    """
    if not exercise.starter:
        return [f.name for f in exercise.parsed], []
    body = ast.parse(_code(exercise, "en")).body
    constants = [t.id for n in body if isinstance(n, ast.Assign) for t in n.targets
                 if isinstance(t, ast.Name)]
    return [n.name for n in body if isinstance(n, ast.FunctionDef | ast.ClassDef)], constants


def _heading(exercise: Exercise, lang: str) -> str:
    title = pick(exercise.title, lang)
    return f"{title} ({exercise.section})" if exercise.section else title


def _quoted(text: str) -> str:
    """A docstring; raw where the text has backslashes."""
    raw = "r" if "\\" in text else ""
    return f'{raw}"""{text.replace(chr(34) * 3, chr(39) * 3)}\n"""'


def _cell(number: int, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": f"gradtwin-{number}", "metadata": {},
                            "source": text.splitlines(keepends=True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
