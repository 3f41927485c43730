"""`gradtwin exercises`: starting files for students, and what is right and wrong in their work.

Exit status 0: all right; 1: something is wrong or incomplete; 2: wrong usage.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .grade import grade
from .language import Lang, language_of
from .output import console, loading, print_json
from .usage import Command

if TYPE_CHECKING:
    from ..exercises.reports import Report

app = typer.Typer(
    name="exercises", no_args_is_help=True, rich_markup_mode=None,
    help="Solve the lecture's exercises in plain numpy, and learn from a wrong answer.",
)  # fmt: skip


Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
EXERCISES = "a name from `gradtwin exercises list`, `all`, or a file with exercises of your own"


@app.command("list", cls=Command)
def list_exercises(lang: Lang = None, json: Json = False) -> None:
    """List the exercises in the lecture's order."""
    from ..exercises.library import NAMES, find
    from ..exercises.texts import pick

    chosen = [find(name) for name in NAMES]
    if json:
        print_json(
            [
                {
                    "name": e.name,
                    "title": e.title if isinstance(e.title, str) else dict(e.title),
                    "section": e.section,
                    "functions": [str(f) for f in e.parsed],
                    "points": sum(e.worth.values()),
                }
                for e in chosen
            ]
        )
        return
    language = language_of(lang)
    rows = [(e.name, f"{sum(e.worth.values()):g}", pick(e.title, language), e.section)
            for e in chosen]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for name, points, title, section in rows:
        _print(f"{name:{widths[0]}}  {points:>{widths[1]}}  {title:{widths[2]}}  {section}")


@app.command("new", cls=Command)
def new(
    names: Annotated[list[str], typer.Argument(metavar="NAME|all", help=f"Each {EXERCISES}.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Made where it is not there.")],
    lang: Lang = None,
    notebook: Annotated[bool, typer.Option("--notebook", help="Notebooks, not .py.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that hold work already.")
    ] = False,
) -> None:
    """Write a starting file for each exercise: the statement and the functions, nothing solved."""
    from ..exercises.check import chosen
    from ..exercises.starting import write_all

    language = language_of(lang)
    with _usage("NAME", language):
        exercises = list(chosen(names).values())
    try:
        written = write_all(exercises, folder, language, notebook=notebook, force=force)
    except OSError as error:
        raise _wrong("DIR", language, error) from error
    for path in written:
        _print(str(path))


@app.command("check", cls=Command)
def check(
    target: Annotated[Path, typer.Argument(metavar="DIR|FILE", help="Your work.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help=f"Only these, or which exercise FILE is; each {EXERCISES}.",
        ),
    ] = None,
    lang: Lang = None,
    hide_expected: Annotated[
        bool, typer.Option("--hide-expected", help="Leave the expected values out.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report as a page too.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write points and reasons as CSV too.")
    ] = None,
    json: Json = False,
) -> None:
    """Grade your own work against PyTorch: points, the mistake, the smallest failing input.

    A file is an exercise by its name, or by the line `# gradtwin exercise: NAME` in it. Exercises
    that are named and not found count as missing.
    """
    language = language_of(lang)
    for option, path in (("--html", html), ("--csv", csv)):
        _writable(option, path, language)
    with loading("torch"):
        from ..exercises.check import check_files

    with _usage("NAME", language), _status(json) as show:
        try:
            report = check_files(
                target, names or [], lang=language, hide_expected=hide_expected,
                watch=lambda name, _: show(name),
            )  # fmt: skip
        except (FileNotFoundError, PermissionError) as error:
            raise _wrong("DIR|FILE", language, error) from error
    _write("--html", html, report.html, "utf-8")
    _write("--csv", csv, report.csv, "utf-8-sig")
    if json:
        print_json(report.to_dict())
    else:
        print_report(report)
    raise typer.Exit(0 if report.ok else 1)


app.command("grade", cls=Command)(grade)


@app.command("selftest", cls=Command)
def selftest(
    exercise: Annotated[str, typer.Argument(metavar="FILE|all", help=f"{EXERCISES}.")],
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Grade what exercises declare: right solutions, known mistakes, answers that show nothing."""
    with loading("torch"):
        from ..exercises.selftest import selftest as run

    language = language_of(lang)
    with _usage("FILE|all", language), _status(json) as show:
        report = run(exercise, watch=lambda each: show(f"{each.exercise}: {each.subject}"))
    if json:
        print_json(report.to_dict())
    else:
        for line in report.say(language).splitlines():
            _print(line)
    raise typer.Exit(0 if report.ok else 1)


def print_report(report: Report) -> None:
    """A report on standard output, in colours where there are any, in any encoding."""
    from rich.text import Text

    from ..exercises.reports.text import WIDTH, fit, styled

    out = console()
    for line, style in styled(report, min(out.width, WIDTH)):
        out.print(Text(fit(line, out.encoding), style=style))


def _print(line: str) -> None:
    from ..exercises.reports.text import fit

    print(fit(line, sys.stdout.encoding or "utf-8"), flush=True)


@contextmanager
def _usage(hint: str, language: str) -> Iterator[None]:
    """An unknown exercise, or a file of exercises that is none, is wrong usage."""
    try:
        yield
    except (ValueError, FileNotFoundError) as error:
        raise _wrong(hint, language, error) from error


def _wrong(hint: str, language: str, error: Exception) -> typer.BadParameter:
    from ..exercises.texts import words_of

    return typer.BadParameter(words_of(error, language), param_hint=hint)


@contextmanager
def _status(quiet: bool) -> Iterator[Callable[[str], None]]:
    """What is being done, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    with console(stderr=True).status("") as status:
        yield lambda words: status.update(words)


def _write(option: str, path: Path | None, text: Callable[[], str], encoding: str) -> None:
    from graphs.rendering import write_atomically

    if path is None:
        return
    try:
        write_atomically(path, text().encode(encoding))
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint=f"'{option}'") from error


def _writable(option: str, path: Path | None, language: str) -> None:
    """Said before the grading, which takes a while."""
    if path is None:
        return
    from ..exercises.reports.report import check_writable

    with _usage(f"'{option}'", language):
        check_writable(path)
