"""What the monitors saw of a training, in files that TensorBoard shows: `tensorboard --logdir DIR`.

Each wing is a run of its own, DIR/scratch and DIR/torch, so that TensorBoard draws them over each
other. TensorBoard is the extra `[monitor]`; it is imported only when a `LogDir` is opened.

Section of the lecture: «Cómo detectar y monitorizar estos problemas».
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from .datasets import MissingExtraError
from .lockstep import Epoch

RUNS = ("scratch", "torch")

SCALARS = ("mean", "std", "min", "max", "norm", "zeros", "nonfinite")
"""The numbers of a `Statistics` that are drawn as curves; its histogram is drawn as one."""


class LogDir:
    """Event files DIR/scratch and DIR/torch, an event an epoch; also a context manager.

    `path`: the directory; it is made. A second training into the same directory takes the place of
    the first in what TensorBoard shows; no file is deleted.

    Written of each epoch, in both runs: the scalars `loss` and `accuracy`; for every parameter and
    activation, as `weights/NAME`, `gradients/NAME`, `activations/NAME`, a histogram, and its
    numbers as `weights/NAME/mean`, ... (`SCALARS`); the dead neurons as `dead/NAME`; `warnings` as
    text. Events are in the file as soon as they are written, so that a training which is cut off
    leaves what it had.

    Raises:
        MissingExtraError: without TensorBoard (pip install gradtwin[monitor]).
        OSError: a file is in the way, or the directory cannot be written; nothing is left behind.

    >>> from tempfile import TemporaryDirectory
    >>> from gradtwin import datasets, lockstep
    >>> with TemporaryDirectory() as path, LogDir(path) as log:
    ...     _ = lockstep.train(datasets.load("iris"), epochs=2, watch=log.write)
    ...     sorted(run.name for run in Path(path).iterdir())
    ['scratch', 'torch']
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        writer = _record_writer()
        self._files: list[Any] = []
        self._writers: list[Any] = []
        made: list[Path] = []  # directories and files, in this order
        try:
            for run in RUNS:
                directory = Path(path) / run
                for each in (*reversed(directory.parents), directory):
                    if not each.exists():
                        each.mkdir()
                        made.append(each)
                # TensorBoard reads the files of a run in the order of these names
                name = directory / f"events.out.tfevents.{time.time():.6f}.{os.getpid()}"
                self._files.append(name.open("xb"))
                made.append(name)
                self._writers.append(writer(self._files[-1]))
                self._begin(self._writers[-1])
                self._files[-1].flush()
        except OSError:
            self._undo(made)
            raise

    def write(self, epoch: Epoch, ours: Any, theirs: Any) -> None:
        """An epoch, with a monitor's `Record` in each wing: what `lockstep.train` calls as `watch`.

        Raises:
            OSError: the disk is full, ...
        """
        from tensorboard.plugins.text.summary_v2 import text_pb  # type: ignore[import-untyped]

        for side, record in enumerate((ours, theirs)):
            event = _event(epoch.epoch)
            values = event.summary.value
            values.add(tag="loss", simple_value=epoch.loss[side])
            values.add(tag="accuracy", simple_value=epoch.accuracy[side])
            for kind in ("weights", "gradients", "activations"):
                for name, statistics in getattr(record, kind).items():
                    _add(values, f"{kind}/{name}", statistics)
            for name, (dead, _) in record.dead.items():
                values.add(tag=f"dead/{name}", simple_value=dead)
            for sentence in record.warnings:
                event.summary.MergeFrom(text_pb("warnings", sentence))
            self._writers[side].write(event.SerializeToString())
            self._files[side].flush()

    def close(self) -> None:
        """Close the files; what could not be written was an error of `write`."""
        for file in self._files:
            with suppress(OSError):
                file.close()

    def __enter__(self) -> LogDir:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _begin(self, writer: Any) -> None:
        """What every event file begins with; the start hides the steps of an earlier training."""
        from tensorboard.compat.proto.event_pb2 import SessionLog  # type: ignore[import-untyped]

        version, start = _event(0), _event(0)
        version.file_version = "brain.Event:2"
        start.session_log.status = SessionLog.START
        for event in (version, start):
            writer.write(event.SerializeToString())

    def _undo(self, made: list[Path]) -> None:
        self.close()
        for each in reversed(made):
            with suppress(OSError):
                if each.is_dir():
                    each.rmdir()
                else:
                    each.unlink()


def _event(step: int) -> Any:
    from tensorboard.compat.proto.event_pb2 import Event

    return Event(wall_time=time.time(), step=step)


def _add(values: Any, tag: str, statistics: Any) -> None:
    """A histogram and `SCALARS`, of a `Statistics`."""
    for name in SCALARS:
        values.add(tag=f"{tag}/{name}", simple_value=getattr(statistics, name))
    counts, edges = statistics.histogram.tolist(), statistics.edges.tolist()
    histogram = values.add(tag=tag).histo
    histogram.min, histogram.max, histogram.num = edges[0], edges[-1], sum(counts)
    histogram.bucket.extend(counts)
    histogram.bucket_limit.extend(edges[1:])  # TensorBoard names a bucket by its upper end
    if not statistics.nonfinite:
        histogram.sum = statistics.mean * statistics.size
        histogram.sum_squares = statistics.norm**2


def _record_writer() -> Any:
    """TensorBoard's own; it writes at once, where SummaryWriter leaves that to a thread."""
    try:
        from tensorboard.summary.writer.record_writer import (  # type: ignore[import-untyped]
            RecordWriter,
        )
    except ImportError as error:
        raise MissingExtraError(
            "--logdir needs TensorBoard: pip install gradtwin[monitor]"
        ) from error
    return RecordWriter
