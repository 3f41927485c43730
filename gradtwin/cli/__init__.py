"""The command line: one small file a command, each importing what it needs when it runs.

Exit status 0: all agree; 1: a difference was found, or the training diverged; 2: wrong usage, or
the output cannot be written; 130: interrupted by Ctrl-C; 141: the reader of a pipe closed it.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .accuracy import accuracy
from .check import check
from .exercises import app as exercises
from .figures import figures
from .fuzz import fuzz
from .list import list_concepts
from .output import INTERRUPTED, run_command
from .render import render
from .train import SeveralHidden, train
from .usage import Command


class Commands(TyperGroup):
    """What ends a command early is said in one line."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo(INTERRUPTED, err=True)
            raise typer.Exit(130) from None
        except MemoryError as error:
            typer.echo(f"Error: not enough memory: {error}", err=True)
            raise typer.Exit(2) from None


app = typer.Typer(
    name="gradtwin",
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help and errors: they load fast and fit every console
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"gradtwin {version('gradtwin')}")
        except PackageNotFoundError:
            typer.echo("gradtwin, run from its sources without being installed")
        raise typer.Exit


@app.callback()
def gradtwin(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The fundamentals of deep learning written twice, by hand in numpy and in PyTorch, and shown
    to agree."""


app.command("list", cls=Command)(list_concepts)
app.command("check", cls=Command)(check)
app.command("accuracy", cls=Command)(accuracy)
app.command("figures", cls=Command)(figures)
app.command("fuzz", cls=Command)(fuzz)
app.command("render", cls=Command)(render)
app.command("train", cls=SeveralHidden)(train)
app.add_typer(exercises)


def main() -> None:
    """The console's entry point, `gradtwin`."""
    run_command(app)
