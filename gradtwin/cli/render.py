"""`gradtwin render`: the computational graph of a concept as a picture, or all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .numbers import one_of
from .output import loading

if TYPE_CHECKING:
    from ..concepts import Concept


class Side(StrEnum):
    """Whose graph."""

    scratch = "scratch"
    torch = "torch"
    both = "both"


class Style(StrEnum):
    """How it is drawn."""

    lecture = "lecture"
    torchviz = "torchviz"
    neurons = "neurons"


class Theme(StrEnum):
    """Its colours; the same as `graphs.themes.THEMES`."""

    light = "light"
    dark = "dark"
    transparent = "transparent"


class Format(StrEnum):
    """The formats; those of `graphs.drawing.FORMATS`, and gif for what moves."""

    png = "png"
    svg = "svg"
    pdf = "pdf"
    dot = "dot"
    gif = "gif"


GALLERY = Path("graphs/gallery")


def render(
    concept: Annotated[
        str | None, typer.Argument(metavar="CONCEPT", help="A name from `gradtwin list`.")
    ] = None,
    side: Annotated[
        Side | None,
        typer.Option(
            parser=one_of(Side), metavar="|".join(Side), help="Whose graph; scratch by default."
        ),
    ] = None,
    style: Annotated[
        Style,
        typer.Option(parser=one_of(Style), metavar="|".join(Style), help="How it is drawn."),
    ] = Style.lecture,
    values: Annotated[
        bool | None,
        typer.Option(
            "--values/--no-values",
            help="Numbers in the picture; in torchviz's only where they are asked for.",
        ),
    ] = None,
    collapse: Annotated[
        bool, typer.Option("--collapse", help="Fold each layer, and equal blocks.")
    ] = False,
    steps: Annotated[
        bool,
        typer.Option("--steps", help="Step by step: an animation (.svg, .gif), or a folder."),
    ] = False,
    theme: Annotated[
        Theme,
        typer.Option(parser=one_of(Theme), metavar="|".join(Theme), help="Its colours."),
    ] = Theme.light,
    format: Annotated[
        Format | None,
        typer.Option(
            parser=one_of(Format), metavar="|".join(Format), help="By default by the name of FILE."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE",
            help="Or a folder; by default CONCEPT.png here, and graphs/gallery for --all. "
            "The folder of FILE is made if it is not there.",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="The gallery: every concept that has a graph.")
    ] = False,
) -> None:
    """Draw a concept's computational graph, with its values and gradients.

    Exit status 1 when, with --side both, the two wings' graphs differ.
    """
    if every:
        given = (concept, side, values, format, collapse or None, steps or None)
        looks = (style, theme) != (Style.lecture, Theme.light)
        if looks or any(each is not None for each in given):
            raise _wrong("the gallery has its own sides and styles, so it takes only -o", "--all")
        _gallery(output or GALLERY)
        return
    if concept is None:
        raise _wrong("a name from `gradtwin list` is missing, or --all", "CONCEPT")
    from ..concepts import find

    try:
        found = find(concept)
    except ValueError as error:
        raise _wrong(str(error), "CONCEPT") from error
    side = _side(side, style, values, collapse, steps)
    path, kind = _where(found.name, output, format, steps)
    options = {"values": values, "collapse": collapse, "theme": theme}
    with loading("scratch", "torch_ref", "graphs"):
        from ..render import NoGraphError
    try:
        drawing, same = _draw(found, side, style, steps, options)
    except NoGraphError as error:
        raise _wrong(str(error), "CONCEPT") from error
    try:
        with _made(path.parent):
            written = drawing.save(path, format=kind)
    except (OSError, ImportError, ValueError) as error:  # ImportError: a GIF without Pillow
        raise _wrong(f"cannot write there: {error}", "--output") from error
    for each in written if isinstance(written, list) else [written]:
        print(each)
    if side is Side.both:
        print(same)
    raise typer.Exit(0 if same else 1)


def _side(
    side: Side | None, style: Style, values: bool | None, collapse: bool, steps: bool
) -> Side:
    """Whose graph; an error where the options do not go together."""
    if style is Style.torchviz and side not in (None, Side.torch):
        raise _wrong(f"torchviz draws PyTorch's graph, not that of --side {side}", "--style")
    if side is Side.both and style is not Style.lecture:
        raise _wrong(f"side by side are graphs in the lecture's style, not {style}", "--style")
    if collapse and style is not Style.lecture:
        raise _wrong(f"--style {style} has nothing that could be folded", "--collapse")
    if steps and (side is Side.both or style is not Style.lecture):
        raise _wrong("the steps are those of one wing's graph in the lecture's style", "--steps")
    if steps and values is False:
        raise _wrong("the steps are made of values, so they need them", "--no-values")
    return side or (Side.torch if style is Style.torchviz else Side.scratch)


def _where(
    name: str, output: Path | None, format: Format | None, steps: bool
) -> tuple[Path, str]:
    """The file, or for steps the folder, and the format of what is written."""
    usual = Format.svg if steps else Format.png
    if output is None or (output.is_dir() and not steps):
        output = (output or Path()) / f"{name}.{format or usual}"
    named = output.suffix.removeprefix(".").lower()
    if format is not None and named and not output.is_dir() and named != format:
        raise _wrong(f"expected {named}, as {output.name} says, got {format}", "--format")
    if steps:
        if named in ("svg", "gif") and not output.is_dir():
            return output, named
        if format is Format.gif or (named and not output.is_dir()):
            raise _wrong(
                f"expected a folder, or a file .svg or .gif for an animation, got {output}",
                "--output",
            )
        return output, format or Format.png
    kind = format or named
    if kind == "gif":
        raise _wrong("only --steps make a GIF, expected png, svg, pdf or dot", "--format")
    if kind not in Format.__members__:
        raise _wrong(f"expected a file .png, .svg, .pdf or .dot, got {output.name!r}", "--output")
    return output, kind


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """The folder is there within; it goes again where nothing could be written into it."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for each in missing:  # the innermost first; one that has a file in it stays
            with suppress(OSError):
                each.rmdir()
        raise


def _draw(
    concept: Concept, side: Side, style: Style, steps: bool, options: dict[str, Any]
) -> tuple[Any, Any]:
    """The picture, and whether the graphs are the same, which is said when it is printed."""
    from .. import render

    values, theme = options["values"], options["theme"]
    numbers = values is not False
    if steps:
        return render.steps(concept, side, collapse=options["collapse"], theme=theme), True
    if side is Side.both:
        same = render.aligned(concept, learn=True)
        looks = {"theme": theme, "title": concept.title, "collapse": options["collapse"]}
        return same.draw(values=numbers, **looks), same
    if style is Style.torchviz:
        return render.torchviz(concept, values=values is True, theme=theme), True
    if style is Style.neurons:
        return render.neurons(concept, side, values=numbers, theme=theme), True
    collapse = options["collapse"]
    return render.lecture(concept, side, values=numbers, collapse=collapse, theme=theme), True


def _gallery(folder: Path) -> None:
    """Every picture, its DOT, and the page that shows them."""
    from ..datasets import MissingExtraError

    with loading("scratch", "torch_ref", "graphs"):
        from ..render.gallery import entries, index
    count, size = 0, 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made = list(entries())
        for entry in made:
            for path in entry.save(folder):
                count, size = count + 1, size + path.stat().st_size
            print(folder / entry.path, flush=True)
        page = folder / "README.md"
        page.write_text(index(made), encoding="utf-8")
        print(page)
    except OSError as error:
        raise _wrong(f"cannot write there: {error}", "--output") from error
    except MissingExtraError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2) from error
    print(f"{count} files, {size / 1e6:.1f} MB")


def _wrong(message: str, option: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint=f"'{option}'")
