"""The command line: one small file a command, each importing what it needs when it runs.

Exit status 0: all agree; 1: a difference was found; 2: wrong usage.
"""

from __future__ import annotations

from typing import Annotated

import typer

from .check import check
from .list import list_concepts
from .output import tolerant_streams
from .train import SeveralHidden, train

app = typer.Typer(
    name="gradtwin",
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


app.command("list")(list_concepts)
app.command("check")(check)
app.command("train", cls=SeveralHidden)(train)


def main() -> None:
    """The console's entry point, `gradtwin`."""
    tolerant_streams()
    app()
