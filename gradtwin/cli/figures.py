"""`gradtwin figures`: the pictures of the lecture, drawn from our own computation."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .language import Language
from .numbers import one_of
from .output import console, on_ctrl_c, print_json, print_lines

if TYPE_CHECKING:
    from ..figures import Picture


class Format(StrEnum):
    """The formats; the same as `gradtwin.figures.FORMATS`."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


def figures(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", help="Names from `gradtwin figures --list`; all by default."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Where to; made if it is not there."),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List the figures with their sections, draw none.")
    ] = False,
    format: Annotated[
        Format,
        typer.Option(parser=one_of(Format), metavar="|".join(Format), help="Of the files."),
    ] = Format.png,
    lang: Annotated[
        Language,
        typer.Option(
            parser=one_of(Language), metavar="|".join(Language), help="Of titles and labels."
        ),
    ] = Language.es,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Draw the lecture's pictures of data and functions into DIR, a file each, NAME.png.

    The same files every time, byte by byte. Existing ones are replaced.
    """
    from ..figures import find, pictures

    try:
        named = [find(name) for name in names] if names else pictures()
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from error
    chosen = list({each.name: each for each in named}.values())  # each once
    if listed:
        _list(chosen, lang, json)
    elif output is None:
        raise typer.BadParameter(
            "where to is missing: -o DIR, or --list to see the names", param_hint="'--output'"
        )
    else:
        _draw(chosen, output, format, lang, json)


def _list(chosen: list[Picture], lang: str, json: bool) -> None:
    if json:
        print_json(
            [
                {
                    "name": each.name,
                    "title": {"es": each.es, "en": each.en},
                    "section": each.section,
                }
                for each in chosen
            ]
        )
        return
    rows = [(each.name, each.title(lang), each.section) for each in chosen]
    if not sys.stdout.isatty():  # plain lines for grep; loading Rich would take most of the time
        print_lines(rows)
        return
    from rich.table import Table

    table = Table("figure", "title", "section of the lecture")
    for row in rows:
        table.add_row(*row)
    console().print(table)


def _draw(chosen: list[Picture], output: Path, format: str, lang: str, json: bool) -> None:
    from ..datasets import MissingExtraError
    from ..figures import require_matplotlib

    written, missing = [], []
    try:
        require_matplotlib()
        if output.exists() and not output.is_dir():
            raise NotADirectoryError(f"{output} is a file, expected a folder")
        output.mkdir(parents=True, exist_ok=True)
        for each in chosen:
            try:
                with _ended_by_ctrl_c():
                    path = each.save(output, format, lang)
            except MissingExtraError as error:  # of this figure's data: the others can be drawn
                missing.append(f"{each.name}: {error}")
                continue
            written.append({"name": each.name, "path": str(path)})
            if not json:
                print(path, flush=True)
    except MissingExtraError as error:
        missing.append(str(error))
    except OSError as error:
        raise typer.BadParameter(f"cannot write there: {error}", param_hint="'--output'") from error
    if json:
        print_json(written)
    for sentence in missing:
        typer.echo(f"Error: {sentence}", err=True)
    raise typer.Exit(2 if missing else 0)


class _Stop(BaseException):
    """Ctrl-C, under a name that `fit` does not take for the end of its training."""


@contextmanager
def _ended_by_ctrl_c() -> Iterator[None]:
    """Ctrl-C ends what is within at once, so that no picture of a half-trained model is written."""

    def stop(number: int, frame: object) -> None:
        raise _Stop

    try:
        with on_ctrl_c(stop):
            yield
    except _Stop:
        raise KeyboardInterrupt from None
