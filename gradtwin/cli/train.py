"""`gradtwin train`: both wings learn real data in lockstep, an epoch a line."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from enum import StrEnum
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import processes
from .check import Dtype
from .numbers import integer_from, one_of, positive
from .output import console, loading, print_json
from .usage import Command

if TYPE_CHECKING:
    from rich.console import Console

    from ..datasets import Dataset
    from ..lockstep import Epoch, Training
    from ..logdir import LogDir


class Data(StrEnum):
    """The data sets; the same as `gradtwin.datasets.DATASETS`."""

    digits = "digits"
    breast_cancer = "breast_cancer"
    iris = "iris"
    wine = "wine"


class Mode(StrEnum):
    """How many examples a step sees."""

    batch = "batch"
    mini_batch = "mini-batch"
    stochastic = "stochastic"


class SeveralHidden(Command):
    """`--hidden 64 32` as people write it; Typer wants the option's name before each number."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        processes.silence_helper()
        spread: list[str] = []
        following = False  # whether numbers still belong to --hidden
        for word in args:
            if following and word.isdigit() and spread[-1] != "--hidden":
                spread.append("--hidden")
            following = word == "--hidden" or (following and word.isdigit())
            spread.append(word)
        with processes.one_voice():
            return super().parse_args(ctx, spread)


def _activation(name: str) -> str:
    from difflib import get_close_matches

    from scratch.activations import ACTIVATIONS

    if name not in ACTIVATIONS:
        near = get_close_matches(name, ACTIVATIONS, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise typer.BadParameter(
            f"unknown activation {name!r}{hint}, expected one of {', '.join(sorted(ACTIVATIONS))}"
        )
    return name


def _directory(path: str | None) -> str | None:
    if path == "":
        raise typer.BadParameter("expected a directory, got ''")
    return path


def train(
    dataset: Annotated[
        Data,
        typer.Argument(
            parser=one_of(Data), metavar="DATASET", help="A data set of scikit-learn."
        ),
    ],
    hidden: Annotated[
        list[int] | None,
        typer.Option(
            parser=integer_from(1), metavar="N ...", help="Neurons of each hidden layer: 32."
        ),
    ] = None,
    activation: Annotated[
        str, typer.Option(callback=_activation, metavar="NAME", help="Of the hidden layers.")
    ] = "relu",
    lr: Annotated[float, typer.Option(parser=positive, metavar="X", help="Learning rate.")] = 0.2,
    epochs: Annotated[
        int, typer.Option(parser=integer_from(1), metavar="N", help="Passes over the examples.")
    ] = 30,
    batch_size: Annotated[
        int | None,
        typer.Option(parser=integer_from(1), metavar="N", help="Examples of a mini-batch: 32."),
    ] = None,
    mode: Annotated[
        Mode,
        typer.Option(
            parser=one_of(Mode), metavar="|".join(Mode), help="How many examples a step sees."
        ),
    ] = Mode.mini_batch,
    seed: Annotated[
        int, typer.Option(parser=integer_from(0), metavar="N", help="Of split, weights, shuffles.")
    ] = 0,
    dtype: Annotated[
        Dtype,
        typer.Option(
            parser=one_of(Dtype), metavar="|".join(Dtype), help="Of examples and weights."
        ),
    ] = Dtype.float64,
    logdir: Annotated[
        str | None,
        typer.Option(
            callback=_directory, metavar="DIR", help="What happens in each layer, for TensorBoard."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, at the end.")] = False,
) -> None:
    """Train both wings in lockstep: losses, test accuracies, distance of the parameters.

    A warning on standard error says when gradients vanish or explode, neurons die, or no weight
    moves.

    The verdict is twins, DIFFERENT, or "cannot tell" where the training magnifies a rounding so
    much that it explains any difference.

    Exit status 1 when the wings end further apart than rounding explains, or when the training
    diverges; 130 when interrupted by Ctrl-C.

    Under torchrun (torchrun --nproc-per-node N -m gradtwin train ...) N processes train the
    PyTorch network together, each on its part of every batch.
    """
    if batch_size is not None and mode is not Mode.mini_batch:
        with processes.one_voice():
            raise typer.BadParameter(
                f"only --mode mini-batch has a size, got --mode {mode}",
                param_hint="'--batch-size'",
            )
    from .. import lockstep

    hidden = hidden or [32]
    with processes.one_voice():
        data = _data(dataset, seed, dtype, hidden)
    options: dict[str, Any] = {
        "hidden": hidden,
        "activation": activation,
        "lr": lr,
        "batch_size": batch_size or 32,
        "mode": mode,
    }
    with processes.team() as team:
        if team is not None and team.rank:
            raise typer.Exit(lockstep.assist(team, data, **options, watched=True))
        with _log(logdir) as log:
            out = console()
            bar = _bar(out, epochs) if out.is_terminal and not json else nullcontext()
            if not json:
                out.print(f"{data}, {dtype}, hidden layers {hidden} with {activation}")
                out.print(_HEADING)
            warnings: list[str] = []
            with bar as advance:

                def show(epoch: Epoch) -> None:
                    if not json:
                        out.print(_line(epoch))
                    if advance is not None:
                        advance()

                def watch(epoch: Epoch, ours: Any, theirs: Any) -> None:
                    for sentence in dict.fromkeys([*ours.warnings, *theirs.warnings]):
                        warnings.append(sentence)
                        print(f"Warning, {sentence}", file=sys.stderr)
                    if log is not None:
                        try:
                            log.write(epoch, ours, theirs)
                        except OSError as error:
                            raise _not_written(error) from error

                training = lockstep.train(
                    data, **options, epochs=epochs, seed=seed, callback=show, watch=watch, team=team
                )
        written = logdir if training.epochs else None
        if json:
            named = {"dataset": dataset, "dtype": dtype, "seed": seed}
            print_json({**named, **training.to_dict(), "warnings": warnings, "logdir": written})
        else:
            out.print(_end(training, lr))
            if written is not None:
                out.print(f"Written into {written}: tensorboard --logdir {quote(written)}")
        raise typer.Exit(130 if training.interrupted else 0 if training.ok else 1)


def _data(name: str, seed: int, dtype: str, hidden: list[int]) -> Dataset:
    """The data set, and whether the network for it can be."""
    from ..datasets import MissingExtraError, load
    from ..lockstep import layer_sizes

    try:
        with loading():
            data = load(name, seed, dtype)
        layer_sizes(data, hidden)
    except MissingExtraError as error:
        raise _missing(error) from error
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--hidden'") from error
    return data


def _log(path: str | None) -> LogDir | nullcontext[None]:
    """The files for TensorBoard, opened before the training begins."""
    if path is None:
        return nullcontext()
    from ..datasets import MissingExtraError
    from ..logdir import LogDir

    try:
        return LogDir(path)
    except MissingExtraError as error:
        raise _missing(error) from error
    except OSError as error:
        raise _not_written(error) from error


def _missing(error: ImportError) -> typer.Exit:
    if not processes.is_helper():
        typer.echo(f"Error: {error}", err=True)
    return typer.Exit(2)


def _not_written(error: OSError) -> typer.Exit:
    """Said at once: under torchrun the other processes may end this one as soon as they hear."""
    reason = error.strerror or str(error)
    named = "" if error.filename is None else f": {error.filename}"
    typer.echo(f"Error: the files of --logdir cannot be written: {reason}{named}", err=True)
    return typer.Exit(2)


_HEADING = (
    "epoch  loss scratch  loss PyTorch  test scratch  test PyTorch  parameters apart"
)
"""79 columns: a line of it fits every terminal. "test" is the accuracy on the test examples."""


def _line(epoch: Epoch) -> str:
    losses = "  ".join(f"{loss:12.8f}" if loss < 1000 else f"{loss:12.6g}" for loss in epoch.loss)
    accuracies = "  ".join(f"{accuracy:12.2%}" for accuracy in epoch.accuracy)
    return f"{epoch.epoch:5}  {losses}  {accuracies}  {epoch.distance:16.1e}"


def _end(training: Training, lr: float) -> str:
    finished = len(training.epochs)
    if training.diverged:
        return (
            f"Diverged in epoch {finished}: the loss is {max(training.epochs[-1].loss):.3g}. "
            f"The learning rate {lr:g} is too large."
        )
    if not finished:
        return "Interrupted before the first epoch was finished: the weights are as they began."
    ours, theirs = training.epochs[-1].accuracy
    ended = f"Interrupted. After epoch {finished}" if training.interrupted else "In the end"
    explained = (
        "a rounding can grow to anything here"
        if training.magnifies
        else f"rounding explains {training.allowed:.1e}"
    )
    lines = [
        f"{ended}: test accuracy {ours:.2%} (scratch) and {theirs:.2%} (PyTorch)",
        f"Parameters {training.distance:.1e} apart, {explained}: {training.verdict}",
    ]
    if training.magnifies:
        lines.append("A lower --lr would tell more.")
    return "\n".join(lines)


def _bar(out: Console, epochs: int) -> Any:
    """A progress bar below the lines, as a context that gives a function to advance it."""
    from contextlib import contextmanager

    from rich.progress import Progress

    @contextmanager
    def shown() -> Any:
        with Progress(console=out, transient=True) as progress:
            task = progress.add_task("training", total=epochs)
            yield lambda: progress.advance(task)

    return shown()
