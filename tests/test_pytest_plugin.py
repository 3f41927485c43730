"""The `twins` fixture, as a project that has gradtwin installed sees it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

TESTS = """
import numpy as np
import torch

def right(x):
    return np.tanh(x), x

def back(g, x):
    return g * (1 - np.tanh(x) ** 2)

def test_right(twins):
    twins((right, back), torch.tanh, [0.5, -2.0])

def test_right_in_any_size(twins):
    twins((right, back), torch.tanh, shapes=[("N", 2)], cases=5)

def test_wrong(twins):
    twins((right, lambda g, x: g * (1 + np.tanh(x) ** 2)), torch.tanh, [0.5, -2.0])

def test_wrong_in_any_size(twins):
    wrong = lambda x: np.where(x > 3, x - 1e-3, x)
    twins((wrong, lambda g, x: g), lambda x: x * 1, shapes=[("N",)])

def test_only_right_in_float64(twins):
    twins((lambda x: np.asarray(x, np.float64) * 2, lambda g, x: 2 * g), lambda x: 2 * x, [1.0])

def test_neither_arrays_nor_shapes(twins):
    twins(right, torch.tanh)
"""


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_mine.py").write_text(TESTS)
    plugin = ("-p", "no:gradtwin", "-p", "gradtwin.pytest_plugin")  # the same, installed or not
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin, *options],
        cwd=folder, text=True, capture_output=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def outcomes(done: subprocess.CompletedProcess[str]) -> set[str]:
    lines = done.stdout.splitlines()
    return {line.partition("::")[2].split(" ")[0] for line in lines if line.startswith("FAILED")}


def test_the_fixture_fails_wrong_code_and_says_why(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert outcomes(done) == {
        "test_wrong", "test_wrong_in_any_size", "test_neither_arrays_nor_shapes"
    }, done.stdout  # fmt: skip
    assert "gradient of x" in done.stdout
    assert "x = np.array([4.0])" in done.stdout  # the smallest
    assert "expected arrays, or shapes=[...] of them" in done.stdout


def test_the_options_reach_it(tmp_path: Path) -> None:
    done = run(tmp_path, "--twins-dtype", "both", "--twins-seed", "3", "--twins-cases", "20")
    assert "test_only_right_in_float64" in outcomes(done), done.stdout
    assert "something in it turns float32 into float64" in " ".join(done.stdout.split())


@pytest.mark.parametrize("option", ["--twins-seed=-1", "--twins-cases=0", "--twins-dtype=int"])
def test_an_option_that_makes_no_sense_is_refused(tmp_path: Path, option: str) -> None:
    done = run(tmp_path, option)
    assert done.returncode == 4
    assert option.partition("=")[0] in done.stderr


def test_it_is_installed_and_loads_nothing_heavy() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"gradtwin": "gradtwin.pytest_plugin"}
    heavy = "import sys, gradtwin.pytest_plugin; print({'torch', 'scratch'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", heavy], cwd=ROOT, text=True, capture_output=True, check=True
    )
    assert done.stdout.strip() == "set()"
