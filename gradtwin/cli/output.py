"""What every command prints with: a console that no encoding can make fail, and JSON."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")

INTERRUPTED = "interrupted"

PIPE_WIDTH = 200
"""Columns where there is no terminal to ask: enough for every table."""


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


def print_lines(rows: Sequence[tuple[str, str, str]]) -> None:
    """Name, title and section, a line each: for grep, and at once, without Rich."""
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, title, section in rows:
        print(f"{name:{widths[0]}}  {title:{widths[1]}}  {section}")


def print_json(value: Any) -> None:
    """`value` as JSON, in ASCII, as programs read it."""
    print(json.dumps(value, indent=2, allow_nan=False))
