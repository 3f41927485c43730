"""`gradtwin exercises grade`: a class, in the sandbox, on all cores."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .language import Lang, language_of
from .numbers import integer_from
from .output import console


def grade(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="With a folder a student.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where results go; by default FOLDER-graded beside it."),
    ] = None,
    exercise: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|FILE|all",
            help="Graded for everybody; by default those that somebody handed in. Repeatable.",
        ),
    ] = None,
    students: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="The class with e-mail addresses or numbers; Moodle's grading worksheet too.",
        ),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Also a CSV with a row a criterion.")] = False,
    moodle: Annotated[bool, typer.Option("--moodle", help="Also grades for Moodle.")] = False,
    gradescope: Annotated[
        bool, typer.Option("--gradescope", help="Also a results.json a student.")
    ] = False,
    nbgrader: Annotated[bool, typer.Option("--nbgrader", help="Also nbgrader's CSV.")] = False,
    sandbox: Annotated[
        bool,
        typer.Option(
            " /--no-sandbox", show_default=False,
            help="Run this code with limits alone, with all that you may read and write yourself.",
        ),
    ] = True,
    jobs: Annotated[
        int | None,
        typer.Option(parser=integer_from(1), metavar="N", help="Processes; by default one a core."),
    ] = None,
    lang: Lang = None,
    hide_expected: Annotated[
        bool, typer.Option("--hide-expected", help="Reports without the expected values.")
    ] = False,
) -> None:
    """Grade a class: each student's code runs in a sandbox, without network and files.

    Writes class.html, class.csv and a page a student. What was graded before and has not changed
    is kept, so an interrupted run goes on where it stopped. Exit status 1 when anything is not
    right.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from ..exercises.classroom import grade_folder
    from ..exercises.classroom.overview import STRAYS, summary
    from ..exercises.classroom.run import default_out
    from ..exercises.classroom.write import write
    from ..exercises.sandbox import SandboxMissingError
    from ..exercises.texts import say, words_of

    language = language_of(lang)
    out = default_out(folder) if out is None else out
    wanted = {"csv": csv, "moodle": moodle, "gradescope": gradescope, "nbgrader": nbgrader}
    bar = Progress(
        "grading", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=console(stderr=True), transient=True, disable=not sys.stderr.isatty(),
    )
    try:
        with bar:
            task = bar.add_task("grading", total=None)
            group = grade_folder(
                folder, out, exercises=exercise or (), sandboxed=sandbox, jobs=jobs,
                roster=students,
                progress=lambda done, of: bar.update(task, completed=done, total=of),
            )
        files = write(group, out, formats=[name for name, does in wanted.items() if does],
                      lang=language, hide_expected=hide_expected)
    except (SandboxMissingError, ValueError, OSError) as error:
        typer.echo(f"Error: {words_of(error, language)}", err=True)
        raise typer.Exit(2) from None
    if group.strays:
        strays = say(language, STRAYS, names=", ".join(group.strays))
        typer.echo(strays, err=True)
    print(summary(group, language))
    for file in files:
        print(file)
    raise typer.Exit(0 if group.ok else 1)
