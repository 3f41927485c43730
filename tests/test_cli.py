"""The command line as a user runs it.

In a process of its own where that is the point (what is imported, the console's encoding, Ctrl-C,
a pipe, a terminal); elsewhere inside this one, since importing PyTorch takes seconds.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from rich.console import Console
from typer.main import get_command
from typer.testing import CliRunner, Result

import scratch
from gradtwin.cli import app
from gradtwin.cli.output import print_table
from gradtwin.cli.train import Data
from gradtwin.datasets import DATASETS
from gradtwin.tolerance import drift

ROOT = Path(__file__).resolve().parents[1]


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "gradtwin", *arguments],
        capture_output=True,
        encoding=environment.get("PYTHONIOENCODING", "utf-8"),
        errors="replace",
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        cwd=ROOT,
        check=False,
    )


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


# ---- list -----------------------------------------------------------------------------------


def test_list_shows_name_title_and_section():
    done = invoke("list")
    assert done.exit_code == 0
    line = next(line for line in done.stdout.splitlines() if "fully_connected" in line)
    assert "Red totalmente conectada / Fully connected network" in line
    assert "Evaluación de una red con varias capas" in line


def test_list_as_json():
    done = invoke("list", "--json")
    assert done.exit_code == 0
    assert done.stdout.isascii()
    listed = {each["name"]: each for each in json.loads(done.stdout)}
    names = list(listed)
    assert names.index("perceptron") < names.index("xor") < names.index("softmax")
    assert listed["perceptron"] == {
        "name": "perceptron",
        "title": {"es": "Perceptrón", "en": "Perceptron"},
        "section": "El perceptrón: la pieza clave de una red neuronal",
        "formula": "y_hat = g(w_0 + x^T w)",
        "figures": 3,
    }


@pytest.mark.parametrize("arguments", [["list"], ["--help"], ["check", "--help"], ["--version"]])
def test_what_needs_no_network_does_not_load_pytorch(arguments):
    program = (
        "import sys; from gradtwin.cli import main; sys.argv[1:] = sys.argv[1:]\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print([name for name in ('torch', 'scratch', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True, encoding="utf-8", cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


# ---- check ----------------------------------------------------------------------------------


def test_check_prints_a_row_a_concept():
    done = invoke("check", "xor", "softmax", "linear", "--cases", "3")
    assert done.exit_code == 0, done.output
    rows = [line for line in done.stdout.splitlines() if "equal" in line]
    assert ["10/10" in rows[0], "4/4 (1 erratum)" in rows[1], "/" in rows[2]] == [True, True, False]
    assert [row.split()[1] for row in rows] == ["xor", "softmax", "linear"]
    assert "Erratum of the lecture, softmax: p_3: the lecture prints .01" in done.stdout
    assert "3 of 3 concepts agree" in done.stdout


def test_check_as_json():
    done = invoke("check", "xor", "softmax", "--json", "--cases", "2", "--seed", "3")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["ok"], report["dtype"], report["seed"]) == (True, "float64", 3)
    assert [each["name"] for each in report["concepts"]] == ["xor", "softmax"]
    printed = [figure["printed"] for figure in report["concepts"][0]["figures"]]
    assert {"0.60", "0.62", "0.64", "0.66", "0.92", "0.48", "0.44", "1.07"} <= set(printed)
    errata = [figure for figure in report["concepts"][1]["figures"] if figure["erratum"]]
    assert [(figure["printed"], figure["erratum"]) for figure in errata] == [(".01", ".02")]


def test_check_exits_with_1_and_says_where_when_a_derivative_is_wrong(monkeypatch):
    right = scratch.functional.tanh

    def wrong(input):
        return right(input) * 2.001 - right(input).detach() * 1.001

    monkeypatch.setattr(scratch.functional, "tanh", wrong)
    done = invoke("check", "relu", "tanh", "--cases", "2")
    assert done.exit_code == 1
    assert "1 of 2 concepts differ: tanh" in done.stdout
    assert "gradient of input" in done.stdout
    row = next(line for line in done.stdout.splitlines() if "DIFFERS " in line)
    assert row.split()[1] == "tanh"

    as_json = invoke("check", "tanh", "--cases", "2", "--json")
    assert as_json.exit_code == 1
    report = json.loads(as_json.stdout)
    assert not report["ok"]
    assert report["concepts"][0]["failures"]


def test_a_concept_that_is_named_twice_counts_once():
    done = invoke("check", "relu", "xor", "relu", "--cases", "1")
    assert "2 of 2 concepts agree" in done.stdout


def test_check_says_where_the_witness_finds_pytorch_wrong():
    done = invoke("check", "hardsigmoid", "--cases", "3")
    assert done.exit_code == 0
    assert "scratch right" in done.stdout
    assert "third witness finds scratch right and PyTorch wrong" in done.stdout


# ---- train ----------------------------------------------------------------------------------


def test_train_prints_a_line_an_epoch():
    done = invoke("train", "iris", "--epochs", "3", "--hidden", "5", "4")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].endswith("float64, hidden layers [5, 4] with relu")
    assert [line.split()[0] for line in lines[2:5]] == ["1", "2", "3"]
    assert max(map(len, lines[1:])) < 80, "a line of the table fits a terminal"
    loss, same_loss, accuracy, same_accuracy, distance = lines[4].split()[1:]
    assert (loss, accuracy) == (same_loss, same_accuracy)
    # 3 epochs of 4 batches, of 113 examples; the table rounds to two digits
    assert float(distance) <= drift(3 * 4, terms=113, dtype="float64")
    assert lines[-1].endswith("twins")


def test_train_as_json():
    done = invoke("train", "wine", "--epochs", "2", "--json", "--dtype", "float32", "--seed", "5")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["dataset"], report["dtype"], report["seed"]) == ("wine", "float32", 5)
    assert [epoch["epoch"] for epoch in report["epochs"]] == [1, 2]
    assert (report["ok"], report["verdict"]) == (True, "twins")


@pytest.mark.parametrize(
    ("hidden", "layers"),
    [
        (["--hidden", "7"], "[7]"),
        (["--hidden", "7", "5", "3"], "[7, 5, 3]"),
        (["--hidden", "7", "--hidden", "5"], "[7, 5]"),
        (["--hidden=7", "--hidden", "5", "3"], "[7, 5, 3]"),
        ([], "[32]"),
    ],
)
def test_hidden_layers_as_people_write_them(hidden, layers):
    for arguments in (["iris", *hidden, "--epochs", "1"], [*hidden, "--epochs", "1", "iris"]):
        done = invoke("train", *arguments)
        assert done.exit_code == 0, done.output
        assert f"hidden layers {layers}" in done.stdout


def test_train_that_diverges_exits_with_1():
    done = invoke("train", "iris", "--lr", "1e300", "--epochs", "5")
    assert done.exit_code == 1
    assert "Diverged in epoch" in done.stdout
    assert "learning rate 1e+300 is too large" in done.stdout


def test_train_that_diverges_to_finite_numbers_exits_with_1():
    done = invoke("train", "iris", "--lr", "1e5", "--epochs", "6")
    assert done.exit_code == 1
    assert "Diverged in epoch 1: the loss is 3.82e+27." in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()[1:-1]) < 80


def test_train_that_differs_exits_with_1(monkeypatch):
    right = scratch.functional.cross_entropy
    monkeypatch.setattr(
        scratch.functional, "cross_entropy", lambda input, target: right(input, target) * 1.001
    )
    done = invoke("train", "iris", "--epochs", "2")
    assert done.exit_code == 1
    assert done.stdout.strip().endswith("DIFFERENT")


def test_train_that_magnifies_roundings_cannot_tell():
    arguments = ["train", "wine", "--lr", "20", "--activation", "tanh", "--epochs", "40"]
    done = invoke(*arguments)
    assert done.exit_code == 0
    *_, verdict, advice = done.stdout.splitlines()
    assert verdict.endswith(" apart, a rounding can grow to anything here: cannot tell")
    assert advice == "A lower --lr would tell more."
    assert "twins" not in done.stdout
    done = invoke(*arguments, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["verdict"] == "cannot tell"


def test_memory_that_is_not_there_is_no_traceback(monkeypatch):
    def full(*arguments, **options):
        raise MemoryError("3 TiB")

    monkeypatch.setattr(scratch, "FullyConnected", full)
    done = invoke("train", "iris")
    assert done.exit_code == 2
    assert done.stderr == "Error: not enough memory: 3 TiB\n"


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    done = invoke("train", "iris")
    assert done.exit_code == 2
    assert "pip install gradtwin[data]" in done.stderr


def test_the_data_sets_of_the_command_are_those_of_the_library():
    assert tuple(Data) == DATASETS


# ---- wrong usage ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "perceptrn"], ["CONCEPT", "unknown concept 'perceptrn'", "mean perceptron"]),
        (["check", "--dtype", "float16"],
         ["Invalid value for '--dtype': expected float32 or float64, got 'float16'"]),
        (["check", "--seed"], ["Usage:", "check [OPTIONS]", "'--seed' requires an argument"]),
        (["check", "--cases", "0"], ["--cases", "integer of 1 or more, got '0'"]),
        (["check", "--seed", "-1"], ["--seed", "integer of 0 or more, got '-1'"]),
        (["check", "--seed", "x"], ["--seed", "integer of 0 or more, got 'x'"]),
        (["train"], ["DATASET"]),
        (["train", "mnist"],
         ["'DATASET': expected digits, breast_cancer, iris or wine, got 'mnist'"]),
        (["train", "iris", "--lr", "nan"], ["--lr", "finite number above 0", "got 'nan'"]),
        (["train", "iris", "--lr", "inf"], ["--lr", "finite number above 0", "got 'inf'"]),
        (["train", "iris", "--lr", "0"], ["--lr", "finite number above 0", "got '0'"]),
        (["train", "iris", "--lr", "fast"], ["--lr", "got 'fast'"]),
        (["train", "iris", "--activation", "rely"], ["--activation", "'rely'", "relu", "tanh"]),
        (["train", "iris", "--hidden"], ["Usage:", "--hidden", "requires an argument"]),
        (["train", "iris", "--hidden", "99999999999"], ["--hidden", "20,000,000 parameters"]),
        (["train", "iris", "--hidden", ""], ["--hidden", "integer"]),
        (["train", "iris", "--hidden", "0"], ["--hidden", "integer of 1 or more, got '0'"]),
        (["train", "iris", "--epochs", "0"], ["--epochs", "integer of 1 or more, got '0'"]),
        (["train", "iris", "--batch-size", "0"], ["--batch-size", "integer of 1 or more, got '0'"]),
        (["train", "iris", "--mode", "all"],
         ["'--mode': expected batch, mini-batch or stochastic, got 'all'"]),
        (["train", "iris", "--mode", "stochastic", "--batch-size", "4"],
         ["--batch-size", "only --mode mini-batch has a size, got --mode stochastic"]),
        (["train", "iris", "wine"], ["wine"]),
        (["nonsense"], ["nonsense"]),
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_exits_with_2_and_says_what_was_expected(arguments, said):
    done = invoke(*arguments)
    assert done.exit_code == 2, done.output
    assert not done.stdout
    words = " ".join(done.stderr.split())
    assert [each for each in said if each not in words] == [], words
    assert "Traceback" not in words
    assert "Value error" not in words


@pytest.mark.parametrize(
    "name", ["list", "check", "train", "figures", "render", "accuracy", "fuzz"]
)
def test_the_readme_names_every_option(name):
    readme = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Commands")[2]
    synopsis = re.search(rf"\$ gradtwin {name}\b([^$`]*)", readme)
    given = [p for p in get_command(app).commands[name].params if p.opts[0][0] == "-"]
    options = {each for p in given for each in (p.opts[0], *p.secondary_opts)}
    assert set(re.findall(r"--[a-z-]+", synopsis[1])) == options - {"--help"}


def test_without_a_command_the_help_is_shown():
    done = invoke()
    assert all(command in done.output for command in ("list", "check", "train"))


# ---- consoles, pipes, Ctrl-C ----------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("arguments", [["list"], ["train", "--help"], ["check", "softmax"]])
def test_a_console_that_knows_few_characters(arguments, encoding):
    done = process(*arguments, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    if arguments[0] == "check":
        assert "|---" in done.stdout, "the table is drawn in ASCII"


def test_wrong_usage_in_a_process():
    done = process("check", "perceptrón", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 2
    assert "did you mean perceptron" in done.stderr
    assert "Traceback" not in done.stderr


def test_output_into_a_pipe_that_closes_early():
    command = f"{sys.executable} -m gradtwin list --json | head -n 1"
    done = subprocess.run(
        command, shell=True, capture_output=True, encoding="utf-8", cwd=ROOT, check=False
    )
    assert done.stdout == "[\n"
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="SIGPIPE is a thing of Unix")
def test_a_reader_that_is_gone_ends_the_command_as_it_ends_others():
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "gradtwin", "list"],
        stdout=writing, stderr=subprocess.PIPE, cwd=ROOT, check=False,
    )  # fmt: skip
    os.close(writing)
    assert done.returncode == -signal.SIGPIPE  # a shell says 141
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize("arguments", ["list", "--help", "check xor --cases 1"])
@pytest.mark.parametrize("where", [">/dev/full", ">&-"])
def test_output_that_cannot_be_written(arguments, where):
    command = f"{sys.executable} -m gradtwin {arguments} {where}"
    done = subprocess.run(
        command, shell=True, capture_output=True, encoding="utf-8", cwd=ROOT, check=False
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: the output cannot be written: ")


@pytest.mark.skipif(sys.platform == "win32", reason="Unix shells close streams")
def test_errors_that_nobody_reads():
    command = f"{sys.executable} -m gradtwin check xor --cases 1 2>&-"
    done = subprocess.run(
        command, shell=True, capture_output=True, encoding="utf-8", cwd=ROOT, check=False
    )
    assert done.returncode == 0
    assert "1 of 1 concepts agree" in done.stdout


@pytest.mark.parametrize("arguments", [["check", "relu"], ["train", "iris"]])
def test_ctrl_c_while_pytorch_loads(arguments):
    program = """
import os, signal, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
from gradtwin.cli import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True, encoding="utf-8", cwd=ROOT, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


def test_ctrl_c_while_concepts_are_checked(monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    # by its name: gradtwin.check is the function
    monkeypatch.setattr(import_module("gradtwin.check"), "check_concept", interrupted)
    done = invoke("check", "relu")
    assert (done.exit_code, done.stderr) == (130, "interrupted\n")


def test_ctrl_c_ends_training_cleanly():
    training = subprocess.Popen(
        [sys.executable, "-m", "gradtwin", "train", "iris", "--epochs", "1000000"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert training.stdout is not None
    for line in training.stdout:
        if line.split()[0] == "3":
            training.send_signal(signal.SIGINT)
            break
    rest, error = training.communicate(timeout=60)
    assert training.returncode == 130
    epochs = [line.split()[0] for line in rest.splitlines() if line.split()[0].isdigit()]
    last = epochs[-1] if epochs else "3"
    assert f"Interrupted. After epoch {last}: test accuracy" in rest
    assert error == ""


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a thing of Unix")
def test_a_terminal_gets_a_progress_bar_and_the_same_lines():
    import pty

    main, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "gradtwin", "train", "iris", "--epochs", "2"],
        stdout=terminal, stderr=terminal, stdin=terminal, cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "TERM": "xterm", "COLUMNS": "100"},
    ) as training:  # fmt: skip
        os.close(terminal)
        shown = b""
        while True:
            try:
                piece = os.read(main, 4096)
            except OSError:  # the other end was closed
                break
            if not piece:
                break
            shown += piece
    os.close(main)
    assert training.returncode == 0
    text = shown.decode()
    assert "training" in text, "the bar"
    assert "    2  " in text
    assert "twins" in text


# ---- tables ---------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [30, 40, 80, 1000])
def test_no_cell_of_a_table_is_cut(width, capsys):
    """However narrow the terminal is: it is printed in parts, of which each has the names."""
    headings = ["workload", "torch, us", *(f"scratch / number {k}" for k in range(8)), "met"]
    names = ["xor", "a_name_that_is_longer_than_a_third"]
    rows = [[name, "10,374", *(f"{k}.{len(name)} ±0.01" for k in range(8)), ""] for name in names]
    print_table(Console(file=sys.stdout, width=width), "A title", headings, rows)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if "│" in line]
    shown = [cell for line in cells for cell in line[1:] if cell]
    assert sorted(shown) == sorted(cell for row in rows for cell in row[1:] if cell)
    parts = [line.strip() for line in lines].count("A title")
    assert (parts == 1) is (width == 1000)
    folded = "".join(line[0] for line in cells)
    assert folded == "".join(names) * parts
