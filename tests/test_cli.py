"""The command line as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def gradtwin(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own; its output is decoded as it was encoded."""
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "gradtwin", *arguments],
        capture_output=True,
        encoding=encoding,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        cwd=ROOT,
        check=False,
    )


def test_check_of_one_concept() -> None:
    done = gradtwin("check", "perceptron")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 concepts agree" in done.stdout


def test_check_as_json() -> None:
    done = gradtwin("check", "xor", "softmax", "--json", "--cases", "2", "--seed", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert [c["name"] for c in report["concepts"]] == ["xor", "softmax"]
    assert all(c["ok"] for c in report["concepts"])
    printed = [f["printed"] for f in report["concepts"][0]["figures"]]
    assert {"0.60", "0.62", "0.64", "0.66", "0.92", "0.48", "0.44", "1.07"} <= set(printed)
    erratum = [f for f in report["concepts"][1]["figures"] if f["erratum"]]
    assert [(f["printed"], f["erratum"]) for f in erratum] == [(".01", ".02")]


def test_list() -> None:
    done = gradtwin("list", "--json")
    assert done.returncode == 0
    listed = [c["name"] for c in json.loads(done.stdout)]
    assert listed.index("perceptron") < listed.index("xor") < listed.index("softmax")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("check", "perceptrn"), "perceptron"),
        (("check", "--dtype", "float16"), "float16"),
        (("check", "--cases", "0"), "cases"),
        (("train", "mnist"), "mnist"),
        (("train", "iris", "--lr", "nan"), "lr"),
        (("train", "iris", "--activation", "rely"), "rely"),
        (("train", "iris", "--hidden", "0"), "hidden"),
        (("nonsense",), "nonsense"),
    ],
)
def test_wrong_usage_says_what_and_exits_with_2(arguments: tuple[str, ...], named: str) -> None:
    done = gradtwin(*arguments)
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert named in said
    assert "Traceback" not in said


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("arguments", [("list",), ("check", "relu"), ("--help",)])
def test_a_console_that_knows_few_characters(arguments: tuple[str, ...], encoding: str) -> None:
    done = gradtwin(*arguments, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr


def test_training_of_both_wings() -> None:
    done = gradtwin("train", "iris", "--epochs", "3", "--hidden", "5", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    epochs = json.loads(done.stdout)["epochs"]
    assert len(epochs) == 3
    # a few roundings a step of numbers near 1, over 3 epochs of 4 steps: far below the promise
    assert all(epoch["distance"] < 1e-9 for epoch in epochs)
