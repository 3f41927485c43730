"""The files of `--logdir`, read by TensorBoard's own reader; and what stands in their way."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from typer.testing import CliRunner

import scratch
from gradtwin.cli import app
from gradtwin.datasets import MissingExtraError, load
from gradtwin.lockstep import Epoch, train
from gradtwin.logdir import SCALARS, LogDir
from scratch.monitoring import Record, statistics

ROOT = Path(__file__).resolve().parents[1]
"""TensorBoard's scalars are float32."""

TEN_SIGMOIDS = ["--hidden", *["10"] * 10, "--activation", "sigmoid"]


def invoke(*arguments):
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


def read(directory):
    """A run as TensorBoard reads it."""
    accumulator = EventAccumulator(str(directory), size_guidance={"scalars": 0, "histograms": 0})
    accumulator.Reload()
    return accumulator


def scalars(accumulator, tag):
    """[(step, value), ...]"""
    return [(event.step, event.value) for event in accumulator.Scalars(tag)]


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """A directory, and what was handed to the log of it: an epoch and two records each."""
    path, seen = tmp_path_factory.mktemp("log"), []
    with LogDir(path) as log:

        def watch(*epoch):
            log.write(*epoch)
            seen.append(epoch)

        train(load("iris"), hidden=[6, 5], epochs=3, watch=watch)
    return path, seen


@pytest.mark.parametrize("side", [0, 1], ids=["scratch", "torch"])
def test_tensorboard_reads_the_numbers_of_the_monitor(logged, side):
    path, seen = logged
    run = read(path / ("scratch", "torch")[side])
    records = [epoch[1 + side] for epoch in seen]
    written = {"loss", "accuracy"}
    for tag in ("loss", "accuracy"):
        expected = [(epoch.epoch, getattr(epoch, tag)[side]) for epoch, *_ in seen]
        np.testing.assert_array_equal(scalars(run, tag), np.float32(expected))
    for kind in ("weights", "gradients", "activations"):
        assert getattr(records[0], kind)
        for name in getattr(records[0], kind):
            for field in SCALARS:
                tag = f"{kind}/{name}/{field}"
                expected = [(r.epoch, getattr(getattr(r, kind)[name], field)) for r in records]
                np.testing.assert_array_equal(scalars(run, tag), np.float32(expected))
                written.add(tag)
    for name in records[0].dead:
        assert scalars(run, f"dead/{name}") == [(r.epoch, r.dead[name][0]) for r in records]
        written.add(f"dead/{name}")
    assert set(run.Tags()["scalars"]) == written


@pytest.mark.parametrize("side", [0, 1], ids=["scratch", "torch"])
def test_tensorboard_reads_the_histograms_of_the_monitor(logged, side):
    path, seen = logged
    run = read(path / ("scratch", "torch")[side])
    tags = set()
    for kind in ("weights", "gradients", "activations"):
        for name in getattr(seen[0][1 + side], kind):
            tags.add(f"{kind}/{name}")
            events = run.Histograms(f"{kind}/{name}")
            assert [event.step for event in events] == [1, 2, 3]
            for event, epoch in zip(events, seen):
                found, expected = event.histogram_value, getattr(epoch[1 + side], kind)[name]
                assert found.bucket == expected.histogram.tolist()
                assert found.bucket_limit == expected.edges.tolist()[1:]
                assert (found.min, found.num) == (expected.edges[0], expected.size)
                assert found.sum == expected.mean * expected.size
    assert set(run.Tags()["histograms"]) == tags


def test_numbers_that_are_not_finite_are_written_and_their_histogram_is_of_the_rest(tmp_path):
    bad = statistics(np.array([math.nan, 1.0, 3.0]), bins=2)
    record = Record(1, {"w": bad}, {"w": statistics(np.array([math.inf]))}, {}, {}, [])
    with LogDir(tmp_path) as log:
        log.write(Epoch(1, (math.inf, math.nan), (0.0, 0.0), math.nan), record, record)
    run = read(tmp_path / "scratch")
    assert scalars(run, "loss") == [(1, math.inf)]
    assert scalars(run, "weights/w/nonfinite") == [(1, 1)]
    assert math.isnan(scalars(run, "weights/w/mean")[0][1])
    assert run.Histograms("weights/w")[0].histogram_value.bucket == [1, 1]
    assert sum(run.Histograms("gradients/w")[0].histogram_value.bucket) == 0


def test_a_second_training_takes_the_place_of_the_first(tmp_path):
    for epochs in (4, 2):
        with LogDir(tmp_path) as log:
            training = train(load("iris"), lr=epochs / 10, epochs=epochs, watch=log.write)
    assert len(list((tmp_path / "torch").iterdir())) == 2
    expected = [(epoch.epoch, epoch.loss[1]) for epoch in training.epochs]
    found = scalars(read(tmp_path / "torch"), "loss")
    np.testing.assert_array_equal(found, np.float32(expected))


def test_an_epoch_can_be_read_as_soon_as_it_is_written(tmp_path):
    record = Record(1, {"w": statistics(np.array([1.0]))}, {}, {}, {}, [])  # less than a buffer
    with LogDir(tmp_path) as log:
        for epoch in (1, 2):
            log.write(Epoch(epoch, (1.0, 1.0), (1.0, 1.0), 0.0), record, record)
            steps = [step for step, _ in scalars(read(tmp_path / "torch"), "loss")]
            assert steps == list(range(1, epoch + 1))


# ---- the command --------------------------------------------------------------------------------


def test_train_writes_and_says_in_one_line_where_and_how_it_is_shown(tmp_path):
    plain = invoke("iris", "--epochs", 2)
    where = tmp_path / "a b" / "c"
    done = invoke("iris", "--epochs", 2, "--logdir", where)
    line = f"Written into {where}: tensorboard --logdir '{where}'\n"
    assert (done.exit_code, done.output) == (0, plain.output + line)
    assert [step for step, _ in scalars(read(where / "torch"), "loss")] == [1, 2]


@pytest.mark.parametrize("logdir", [True, False])
def test_as_json_the_directory_is_a_field_and_no_line(tmp_path, logdir):
    where = ["--logdir", tmp_path] if logdir else []
    done = invoke("iris", "--epochs", 1, "--json", *where)
    assert json.loads(done.stdout)["logdir"] == (str(tmp_path) if logdir else None)
    assert done.stderr == ""


def test_no_epoch_nothing_to_show(tmp_path, monkeypatch):
    def stopped(input, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(scratch.functional, "cross_entropy", stopped)
    done = invoke("iris", "--logdir", tmp_path)
    assert done.exit_code == 130
    assert done.stdout.endswith("the weights are as they began.\n")


@pytest.mark.parametrize("mode", ["batch", "stochastic"])
def test_every_mode_is_written(tmp_path, mode):
    done = invoke("iris", "--epochs", 2, "--mode", mode, "--lr", "0.01", "--logdir", tmp_path)
    assert done.exit_code == 0, done.output
    run = read(tmp_path / "scratch")
    examples = 113 if mode == "batch" else 1
    assert run.Histograms("activations/activation.0")[0].histogram_value.num == 32 * examples


@pytest.mark.parametrize("logdir", [True, False])
def test_ten_sigmoid_layers_vanish_and_it_is_said_in_one_line(tmp_path, logdir):
    where = ["--logdir", tmp_path] if logdir else []
    done = invoke("iris", "--epochs", 5, *TEN_SIGMOIDS, *where)
    assert done.exit_code == 0, done.output
    (line,) = done.stderr.splitlines()
    assert line.startswith("Warning, epoch 1: gradients vanish: layers.0.weight receives ")
    assert "layers.10.weight" in line
    if logdir:
        (event,) = read(tmp_path / "torch").Tensors("warnings")
        assert event.step == 1
        assert f"Warning, {event.tensor_proto.string_val[0].decode()}" == line


def test_neurons_that_die_are_said_in_one_line():
    done = invoke("digits", "--epochs", 3, "--hidden", 8, "--lr", 3)
    (line,) = done.stderr.splitlines()
    assert line.startswith("Warning, epoch 2: neurons die: 8 of 8 behind activation.0 were 0 on ")


def test_weights_that_do_not_move_are_said_in_one_line():
    done = invoke("iris", "--epochs", 2, "--lr", "1e-20")
    (line,) = done.stderr.splitlines()
    assert line.startswith("Warning, epoch 1: weights stand still: since the start")
    assert line.endswith("lr is too small)")


def test_gradients_that_explode_are_said_in_one_line():
    done = invoke("iris", "--epochs", 1, "--lr", "1e300")
    assert len(done.stderr.splitlines()) == 1
    assert "gradients explode" in done.stderr


def test_warnings_as_json():
    done = invoke("iris", "--epochs", 2, *TEN_SIGMOIDS, "--json")
    (sentence,) = json.loads(done.stdout)["warnings"]
    assert done.stderr == f"Warning, {sentence}\n"


@pytest.mark.parametrize("data", ["digits", "breast_cancer", "iris", "wine"])
def test_a_good_training_is_not_warned_of(data):
    done = invoke(data, "--epochs", 10)
    assert (done.exit_code, done.stderr) == (0, "")


# ---- what stands in the way ---------------------------------------------------------------------


def snapshot(directory):
    return sorted(path.relative_to(directory) for path in directory.rglob("*"))


@pytest.mark.parametrize("path", ["file", "file/log", "half", "\N{LATIN SMALL LETTER E}" * 300])
def test_a_directory_that_cannot_be_is_refused_before_the_training(tmp_path, path):
    (tmp_path / "file").touch()
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "torch").touch()  # the second run's: the first one's is taken back
    before = snapshot(tmp_path)
    done = invoke("iris", "--logdir", tmp_path / path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: the files of --logdir cannot be written: ")
    assert snapshot(tmp_path) == before


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a file system that nobody can write")
def test_a_file_system_that_cannot_be_written(tmp_path):
    done = invoke("iris", "--logdir", "/proc/self/log")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot be written: " in done.stderr
    assert "/proc/self/log" in done.stderr


def test_no_permission(tmp_path, monkeypatch):
    """The tests may run as root, whom no permission stops."""

    right = Path.open

    def refused(self, *arguments, **options):
        if "tfevents" in self.name:
            raise PermissionError(13, "Permission denied", str(self))
        return right(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", refused)
    done = invoke("iris", "--logdir", tmp_path / "new" / "log")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot be written: Permission denied: " in done.stderr
    assert snapshot(tmp_path) == []


def test_an_empty_name_is_no_directory():
    done = invoke("iris", "--logdir", "")
    assert done.exit_code == 2
    assert "--logdir" in done.stderr
    assert "expected a directory, got ''" in done.stderr


def test_without_tensorboard_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard.summary.writer.record_writer", None)
    with pytest.raises(MissingExtraError, match="gradtwin"):
        LogDir(tmp_path / "log")
    done = invoke("iris", "--logdir", tmp_path / "log")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "Error: --logdir needs TensorBoard: pip install gradtwin[monitor]\n"
    assert snapshot(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are a thing of Unix")
def test_a_disk_that_fills_up_leaves_the_epochs_before(tmp_path):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, limits[1]))  # as a disk with so much left
    try:
        done = invoke("iris", "--epochs", 50, "--logdir", tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert done.exit_code == 2
    assert done.stderr == "Error: the files of --logdir cannot be written: File too large\n"
    printed = [int(line.split()[0]) for line in done.stdout.splitlines()[2:]]
    for run, epochs in (("scratch", printed[:-1]), ("torch", printed[:-1])):
        assert [step for step, _ in scalars(read(tmp_path / run), "loss")] == epochs
    assert len(printed) > 2


def test_an_interrupted_training_leaves_files_that_can_be_read(tmp_path, monkeypatch):
    right, calls = scratch.functional.cross_entropy, []

    def loss(input, target):
        calls.append(1)
        if len(calls) == 11:  # in the third of epochs of 4 steps
            os.kill(os.getpid(), signal.SIGINT)
        return right(input, target)

    monkeypatch.setattr(scratch.functional, "cross_entropy", loss)
    done = invoke("iris", "--epochs", 9, "--logdir", tmp_path)
    assert done.exit_code == 130
    for run in ("scratch", "torch"):
        assert [step for step, _ in scalars(read(tmp_path / run), "loss")] == [1, 2]


@pytest.mark.parametrize("arguments", ["['train', '--help']", "['list']"])
def test_tensorboard_is_not_loaded_by(arguments):
    program = f"""
import sys
sys.argv[1:] = {arguments}
from gradtwin.cli import main
try:
    main()
except SystemExit:
    pass
loaded = {{"torch", "tensorboard"}} & set(sys.modules)
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True)
