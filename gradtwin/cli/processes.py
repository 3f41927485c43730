"""Several processes of one command, as torchrun starts them: only process 0 speaks."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ..distributed import Team

SET_BY_TORCHRUN = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")

GRACE = 10.0
"""Seconds for process 0 to say what is wrong: torchrun ends all as soon as one has failed."""


def is_helper() -> bool:
    """Whether this is one of several processes, and not process 0."""
    return _started_together() and os.environ["RANK"] != "0"


def _started_together() -> bool:
    return all(name in os.environ for name in SET_BY_TORCHRUN)


def silence_helper() -> None:
    """Nothing on standard output from here on, unless this is process 0."""
    if is_helper():
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - as long as the process


@contextmanager
def one_voice() -> Iterator[None]:
    """An error that every process makes, a wrong option for one, is process 0's to tell."""
    try:
        yield
    except Exception as error:
        status = getattr(error, "exit_code", 0)
        if not (status and is_helper()):
            raise
        time.sleep(GRACE)
        raise typer.Exit(status) from error


@contextmanager
def team() -> Iterator[Team | None]:
    """The processes that torchrun started, to the end, which they reach with one exit status.

    None outside torchrun.
    """
    if not _started_together():
        yield None
        return
    from ..distributed import LostError, Team

    try:
        joined = Team.join()
    except (ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        typer.echo(f"Error: the processes do not find each other: {reason}", err=True)
        raise typer.Exit(2) from error
    status = 1
    try:
        yield joined
    except LostError as error:
        if not joined.rank:
            typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from error
    except Exception as error:
        status = getattr(error, "exit_code", 1)
        raise
    finally:
        sys.stdout.flush()  # torchrun ends all as soon as one has failed
        if not joined.rank:
            joined.finish(status)
        joined.leave()
