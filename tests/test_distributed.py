"""The torch wing in several processes: the same steps as scratch's in one, and one voice.

The processes are forked from a server that has loaded PyTorch once, and meet at a store of this
process, as torchrun's meet at the one of torchrun; the last test goes through torchrun itself.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from close import assert_within
from torch.distributed import TCPStore

import scratch
import scratch.monitoring
import torch_ref
from gradtwin.lockstep import train
from gradtwin.tolerance import drift

ROOT = Path(__file__).resolve().parents[1]

if not hasattr(os, "fork"):
    pytest.skip("processes are forked", allow_module_level=True)

CONTEXT = multiprocessing.get_context("forkserver")
# torch._dynamo: PyTorch's optimizers import it when they are first made, which takes a second
CONTEXT.set_forkserver_preload(
    ["gradtwin.distributed", "gradtwin.cli.train", "sklearn.datasets", "torch._dynamo"]
)


def together(size, work, *arguments, folder=None):
    """`work(rank, *arguments)` in `size` processes: the exit statuses, and what each returned."""
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    ends = [CONTEXT.Pipe(duplex=False) for _ in range(size)]
    processes = [
        CONTEXT.Process(
            target=enter, args=(rank, size, store.port, folder, ends[rank][1], work, arguments)
        )
        for rank in range(size)
    ]
    for process in processes:
        process.start()
    for _, written in ends:
        written.close()
    returned = []
    try:
        for read, _ in ends:
            assert read.poll(300), "it hangs"  # true when the process ends, too
            try:
                returned.append(read.recv())
            except EOFError:
                returned.append(None)
        for process in processes:
            process.join(300)
            assert process.exitcode is not None, "it hangs"
    finally:
        for process in processes:
            process.kill()
    return [process.exitcode for process in processes], returned


def enter(rank, size, port, folder, answer, work, arguments):
    """What each process begins with; torchrun sets the same variables."""
    torch.set_num_threads(1)
    os.environ |= {
        "RANK": str(rank), "WORLD_SIZE": str(size), "TORCHELASTIC_USE_AGENT_STORE": "True",
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
    }  # fmt: skip
    if folder is not None:  # what it prints
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(f"{folder}/{name}{rank}", os.O_WRONLY | os.O_CREAT), number)
            setattr(sys, f"std{name}", os.fdopen(number, "w", closefd=False))
    answer.send(work(rank, *arguments))


# ---- the same steps -----------------------------------------------------------------------------


def examples(n, dtype="float64"):
    rng = np.random.default_rng(n)
    return rng.normal(size=(n, 3)).astype(dtype), rng.integers(0, 2, n)


def network(wing, dtype="float64", hidden=5, activation="tanh"):
    return wing.FullyConnected([3, hidden, 2], activation, seed=1, dtype=dtype)


def watched(wing):
    """A network and examples, some of whose neurons only some examples wake, and some none."""
    X, y = examples(13)
    return network(wing, hidden=50, activation="relu"), np.abs(X), y


CASES = {
    # 4 processes: parts of 2, 2, 2, 1
    "a batch that no number divides": ((7, "float64"), {"mode": "batch", "epochs": 4}),
    # a last batch of 3: in 4 processes one has no part, in 2 they have 2 and 1
    "a last short batch": ((13, "float64"), {"batch_size": 5, "epochs": 3}),
    "fewer examples than processes": ((2, "float64"), {"mode": "batch", "epochs": 2}),
    "one example a step": ((5, "float64"), {"mode": "stochastic", "epochs": 2}),
    "float32": ((13, "float32"), {"batch_size": 4, "epochs": 3}),
    "a loss an element": ((7, "float64"), {"mode": "batch", "reduction": "none"}),
}


def learn(fit, wing, examples_of, options):
    """A network's gradients of the last step and its parameters after `fit`, and the losses."""
    options = dict(options)
    reduction = options.pop("reduction", "mean")
    net = network(wing, examples_of[1])
    history = fit(
        net, *examples(*examples_of),
        lambda y_hat, y: wing.functional.cross_entropy(y_hat, y, reduction=reduction),
        lr=0.5, seed=3, progress=False, **options,
    )  # fmt: skip
    parameters = dict(net.named_parameters())
    return (
        {name: np.array(p.grad.tolist()) for name, p in parameters.items()},
        {name: np.array(p.tolist()) for name, p in parameters.items()},
        history and history.steps,
    )


def learn_all(rank):
    """Every case, one after the other in the same processes."""
    from gradtwin.distributed import Team

    team, found = Team.join(), {}

    def assist(*arguments, seed, **options):  # the seed is told by process 0
        assert team.assist(*arguments, **options) == 7

    for name, (examples_of, options) in CASES.items():
        fit = team.fit if rank == 0 else assist
        found[name] = learn(fit, torch_ref, examples_of, options)
        if rank == 0:
            team.finish(7)
    team.leave()
    return found


@pytest.mark.parametrize("size", [1, 2, 4])
def test_gradients_and_parameters_are_scratchs(size):
    statuses, (first, *others) = together(size, learn_all)
    assert statuses == [0] * size
    for case, ((n, dtype), options) in CASES.items():
        *expected, losses = learn(scratch.fit, scratch, (n, dtype), options)
        allowed = drift(len(losses), terms=n, dtype=dtype)
        assert_within(first[case][2], losses, allowed * np.array(losses), case)
        largest = max(np.abs(p).max() for p in expected[1].values())
        for kind, arrays in enumerate(expected):  # gradients, parameters
            for name, array in arrays.items():
                found, message = first[case][kind][name], f"{case}: {name}"
                assert_within(found, array, allowed * largest, message)
                for other in others:  # not rounded otherwise either: they stay one network
                    np.testing.assert_array_equal(other[case][kind][name], found, message)


# ---- what the monitor sees ----------------------------------------------------------------------


def watch_all(rank):
    """The record of an epoch, from process 0 of a team: its statistics, and the dead neurons."""
    from gradtwin.distributed import Team

    team = Team.join()
    net, X, y = watched(torch_ref)
    with team.monitor(net, warn=False) as monitor:
        arguments = (net, X, y, torch_ref.functional.cross_entropy)
        options = {"batch_size": 5, "callback": monitor, "progress": False}
        if rank == 0:
            team.fit(*arguments, seed=3, **options)
            team.finish(0)
        else:
            team.assist(*arguments, **options)
    team.leave()
    if rank:
        return None
    (record,) = monitor.records
    kinds = (record.weights, record.gradients, record.activations)
    return [{name: plain(s) for name, s in kind.items()} for kind in kinds], record.dead


def plain(statistics):
    """Lists for tensors, which could not be sent after the end of their process."""
    return statistics._replace(histogram=statistics.histogram.tolist(), edges=[])


def test_the_monitor_sees_the_examples_of_every_process():
    net, X, y = watched(scratch)
    with scratch.monitoring.Monitor(net, warn=False) as monitor:
        scratch.fit(
            net, X, y, scratch.functional.cross_entropy, batch_size=5, seed=3, callback=monitor,
            progress=False,
        )  # fmt: skip
    (ours,) = monitor.records
    statuses, returned = together(4, watch_all)  # parts of 1, 1, 1, 0 in the last batch
    assert statuses == [0] * 4
    statistics, dead = returned[0]
    assert dead == ours.dead
    assert 0 < dead["activation.0"][0] < 50
    allowed = drift(3, terms=13, dtype="float64")
    for mine, theirs in zip((ours.weights, ours.gradients, ours.activations), statistics):
        assert mine.keys() == theirs.keys()
        for name, expected in mine.items():
            found = theirs[name]
            assert (found.size, found.zeros) == (expected.size, expected.zeros)
            assert sum(found.histogram) == expected.size  # an edge may lie at 0, where many are
            for field in ("mean", "std", "min", "max", "norm"):
                number = getattr(expected, field)
                assert_within(getattr(found, field), number, allowed * max(abs(number), 1), field)


# ---- the command --------------------------------------------------------------------------------


def command(rank, arguments, wing="", at=0, where=0, what="signal"):
    """`gradtwin train` in one process; in process `where` the `at`-th loss of a wing goes wrong."""
    from gradtwin.cli import main, processes

    processes.GRACE = 0.0  # nobody is there to end the other processes
    if rank == where and wing:
        functional = (scratch if wing == "scratch" else torch_ref).functional
        right, calls = functional.cross_entropy, iter(range(1, 1000))

        def loss(input, target):
            value = right(input, target)
            if what == "difference":
                return value * 1.01
            if next(calls) == at:
                if what == "signal":
                    os.kill(os.getpid(), signal.SIGINT)
                else:
                    raise MemoryError("planted")
            return value

        functional.cross_entropy = loss
    sys.argv = ["gradtwin", "train", *arguments]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()


def run(folder, *arguments, size=2, **plant):
    """The exit statuses, and what each process printed on standard output and error."""
    plant = tuple(plant.get(name, default) for name, default in
                  (("wing", ""), ("at", 0), ("where", 0), ("what", "signal")))  # fmt: skip
    statuses, _ = together(size, command, arguments, *plant, folder=folder)
    out, err = (
        [Path(folder, f"{name}{rank}").read_text() for rank in range(size)]
        for name in ("out", "err")
    )
    return statuses, out, err


TRAIN = ("iris", "--epochs", "4", "--batch-size", "16", "--hidden", "5")  # 113 = 7 * 16 + 1


def test_process_0_prints_what_a_single_process_prints(tmp_path):
    statuses, out, err = run(tmp_path, *TRAIN, "--json", "--logdir", str(tmp_path / "log"), size=3)
    assert statuses == [0, 0, 0]
    assert (out[1:], err) == (["", ""], ["", "", ""])
    report = json.loads(out[0])
    from gradtwin.datasets import load

    alone = train(load("iris"), hidden=[5], epochs=4, batch_size=16)
    assert report["ok"]
    for epoch, same in zip(report["epochs"], alone.epochs, strict=True):
        assert_within(epoch["loss"]["torch"], same.loss[1], alone.allowed * same.loss[1])
        assert epoch["accuracy"]["torch"] == same.accuracy[1]
        assert 0 < epoch["distance"] <= alone.allowed
    files = [path.parent.name for path in (tmp_path / "log").rglob("*tfevents*")]
    assert sorted(files) == ["scratch", "torch"], "of process 0 alone"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["iris", "--epochs", "0"], "integer of 1 or more, got '0'"),
        (["iris", "--mode", "batch", "--batch-size", "3"], "only --mode mini-batch has a size"),
        (["iris", "--hidden", "99999999999"], "20,000,000 parameters at most"),
        (["iris", "--logdir", "/dev/null"], "--logdir cannot be written: Not a directory: /dev/"),
    ],
)
def test_a_wrong_option_is_told_once(tmp_path, arguments, message):
    statuses, out, err = run(tmp_path, *arguments)
    assert statuses == [2, 2]
    assert out == ["", ""]
    assert message in err[0]
    assert err[1] == ""


@pytest.mark.parametrize(("wing", "where"), [("scratch", 0), ("torch", 0), ("torch", 1)], ids=str)
def test_ctrl_c_ends_all_processes_after_the_last_finished_epoch(tmp_path, wing, where):
    at = 20  # the 20th step of 8 an epoch; in torch process 1 has no part of the last one: 7
    statuses, out, err = run(tmp_path, *TRAIN, wing=wing, at=at, where=where)
    assert statuses == [130, 130]
    assert "Interrupted. After epoch 2: test accuracy" in out[0]
    assert "twins" in out[0]
    assert (out[1], err) == ("", ["", ""])


def test_an_error_in_one_process_ends_the_others(tmp_path):
    statuses, out, err = run(tmp_path, *TRAIN, wing="torch", at=9, where=1, what="error")
    assert statuses == [1, 2]
    assert err[0] == "Error: another process has ended, and with it the training\n"
    assert err[1] == "Error: not enough memory: planted\n"
    assert out[0].splitlines()[-1].split()[0] == "1", "the epoch that was finished"


@pytest.mark.parametrize("wing", ["scratch", "torch"])
def test_an_error_in_process_0_ends_the_others(tmp_path, wing):
    statuses, out, err = run(tmp_path, *TRAIN, wing=wing, at=9, what="error", size=3)
    assert statuses == [2, 1, 1]
    assert out[1:] == ["", ""]
    assert err == ["Error: not enough memory: planted\n", "", ""]


def test_a_difference_is_the_exit_status_of_all(tmp_path):
    statuses, out, err = run(tmp_path, *TRAIN, wing="scratch", what="difference")
    assert statuses == [1, 1]
    assert out[0].strip().endswith("DIFFERENT")
    assert (out[1], err) == ("", ["", ""])


def test_through_torchrun_itself():
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
         "-m", "gradtwin", "train", *TRAIN, "--json"],
        capture_output=True, encoding="utf-8", cwd=ROOT, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["ok"]
    assert report["distance"] > 0
    assert len(report["epochs"]) == 4


ONE_PROCESS = """
import pathlib
import torch.distributed as dist
from gradtwin.distributed import Team
import torch, torch_ref

def gloo():
    threads = pathlib.Path("/proc/self/task").glob("*/comm")
    return sum("gloo" in thread.read_text() for thread in threads)

dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
team, net = Team(), torch_ref.FullyConnected([2, 3, 1])
X = torch.ones(4, 2, dtype=torch.float64)
team.fit(net, X, X[:, :1], torch_ref.functional.mse_loss, epochs=1, progress=False)
during = gloo()
team.leave()
print(during, gloo())
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are named in /proc")
def test_the_threads_of_gloo_end_with_leave_and_not_with_the_interpreter():
    """One that is still there then aborts the process, one time in ten."""
    done = subprocess.run(
        [sys.executable, "-c", ONE_PROCESS], capture_output=True, encoding="utf-8", cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    during, after = map(int, done.stdout.split())
    assert during > 0
    assert after == 0
