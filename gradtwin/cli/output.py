"""What every command prints with: a console that no encoding can make fail, and JSON."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")

INTERRUPTED = "interrupted"

PIPE_WIDTH = 1000
"""Columns where there is no terminal to ask: no table is as wide, and none is cut or folded."""


def tolerant_streams() -> None:
    """A character that the console cannot show becomes "?", on ASCII and cp1252 too."""
    if sys.stderr is None:  # closed, 2>&-
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - as long as the process
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def pipes_that_close() -> None:
    """A reader that has seen enough (`| head`) ends this process as it ends any other on Unix."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def run_command(command: Callable[[], object]) -> None:
    """A program of the command line, whatever becomes of its output.

    What cannot be written, into a closed standard output or onto a full disk, ends it with status 2
    and one line, Ctrl-C with 130 and one.
    """
    tolerant_streams()
    pipes_that_close()
    if sys.stdout is None:  # closed, >&-
        _cannot_write("standard output is closed")
    try:
        try:
            command()
        finally:
            sys.stdout.flush()  # a full disk may show only here
    except KeyboardInterrupt:
        print(INTERRUPTED, file=sys.stderr)
        sys.exit(130)
    except OSError as error:
        if error.filename is not None:  # a file, not the output
            raise
        # what is still to be written must not fail once more when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _cannot_write(str(error))


def _cannot_write(why: str) -> None:
    print(f"Error: the output cannot be written: {why}", file=sys.stderr)
    sys.exit(2)


def check_file(path: Path) -> None:
    """Raise OSError, before any work is done, where no file can be written at this path."""
    from graphs.rendering import check_place

    check_place(path)
    place = path if path.exists() else path.resolve().parent
    if not os.access(place, os.W_OK):
        raise PermissionError(f"{path}: {place} cannot be written to")


@contextmanager
def on_ctrl_c(handler: Callable[[int, Any], object]) -> Iterator[None]:
    """Ctrl-C calls this within, unless it does nothing anyway, as under nohup."""
    asked = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if asked:
        signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        if asked:
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def loading(*packages: str) -> Iterator[None]:
    """Load both wings, or these packages, with Ctrl-C ending the process at once.

    Raised inside an import, KeyboardInterrupt comes out of PyTorch as another error.
    """

    def end(number: int, frame: object) -> None:
        print(INTERRUPTED, file=sys.stderr, flush=True)
        os._exit(130)

    with on_ctrl_c(end):
        for package in packages or ("scratch", "torch_ref"):
            import_module(package)
        yield


def console(stderr: bool = False) -> Console:
    """Rich's console on standard output; it draws its boxes in ASCII where it must."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return Console(
        file=stream, highlight=False, markup=False, emoji=False, width=width, soft_wrap=True
    )


def tracked(work: Iterable[T], description: str, total: int, hidden: bool = False) -> Iterable[T]:
    """The work, with a bar on standard error while it is done, if that is a terminal."""
    from rich.progress import track

    return track(
        work,
        description=description,
        total=total,
        console=console(stderr=True),
        transient=True,
        disable=hidden or not sys.stderr.isatty(),
    )


def print_table(
    out: Console,
    title: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    styles: Sequence[str | None] = (),
) -> None:
    """A table of which no cell is cut: one that is too wide is printed in parts.

    Each part has the first column, which alone may be folded, and such rows as have something to
    say in it.

    styles: of each row.
    """
    from rich.table import Table

    for columns, widths in parts(headings, rows, out.width):
        saying = [any(row[k] for k in columns[1:]) for row in rows]
        if rows and not any(saying):
            continue
        table = Table(title=title, title_justify="left")
        for k, width in zip(columns, widths):
            side: Literal["left", "right"] = "right" if k else "left"
            table.add_column(headings[k], justify=side, width=width, overflow="fold")
        for row, style, says in zip(rows, styles or [None] * len(rows), saying):
            if says:
                table.add_row(*(row[k] for k in columns), style=style)
        out.print(table)


NARROWEST = 24
"""A terminal with fewer columns breaks the lines itself."""

FRAME = 3
"""Columns of a terminal that a column of a table takes beside its text: a line and two spaces."""


def parts(
    headings: Sequence[str], rows: Sequence[Sequence[str]], room: int
) -> list[tuple[list[int], list[int]]]:
    """The columns of each part of a table, and how wide they are.

    >>> wide = [("sigmoid", "1.25", "1.75", "0.5")]
    >>> parts(["function", "value", "the gradient", "unit"], wide, 80)
    [([0, 1, 2, 3], [8, 5, 12, 4])]
    >>> parts(["function", "value", "the gradient", "unit"], wide, 32)
    [([0, 1, 2], [8, 5, 8]), ([0, 3], [8, 4])]
    """
    room = max(room, NARROWEST)
    texts = [[row[k] for row in rows] for k in range(len(headings))]
    cells = [max((len(text) for text in column), default=0) for column in texts]
    whole = [max(width, len(heading)) for width, heading in zip(cells, headings)]
    if sum(whole) + FRAME * len(whole) + 1 <= room:
        return [(list(range(len(whole))), whole)]
    # headings may be broken between their words
    least = [max(w, *map(len, heading.split())) for w, heading in zip(cells, headings)]
    first = min(least[0], max(room // 3, len(headings[0])))
    found: list[tuple[list[int], list[int]]] = []
    free = 0
    for k in range(1, len(headings)):
        width = min(least[k], room - first - 2 * FRAME - 1)
        if width + FRAME > free:
            found.append(([0], [first]))
            free = room - first - FRAME - 1
        free -= width + FRAME
        columns, widths = found[-1]
        columns.append(k)
        widths.append(width)
    for _, widths in found:  # what is left over is for the names
        free = room - sum(widths) - FRAME * len(widths) - 1
        widths[0] = min(least[0], first + free)
    return found


def print_lines(rows: Sequence[tuple[str, str, str]]) -> None:
    """Name, title and section, a line each: for grep, and at once, without Rich."""
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, title, section in rows:
        print(f"{name:{widths[0]}}  {title:{widths[1]}}  {section}")


def print_json(value: Any) -> None:
    """`value` as JSON, in ASCII, as programs read it."""
    print(json.dumps(value, indent=2, allow_nan=False))
