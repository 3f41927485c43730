"""Where a driver stands between, the code in a report still runs, and gives what was graded."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from close import assert_close, shows

from gradtwin.exercises import Exercise
from gradtwin.exercises.check import check_files
from gradtwin.exercises.diagnosis import namespace
from gradtwin.exercises.library import NAMES, find
from gradtwin.exercises.reports.view import code
from gradtwin.exercises.result import Smallest
from gradtwin.exercises.variants import compiled, patched

WITH_DRIVER = [name for name in NAMES if find(name).driver]
WITH_CALLS = [name for name in WITH_DRIVER if not find(name).shown]

# Of each exercise with a driver: which right solution, and what of it is made wrong ({}: its first
# known mistake). Every wrong one returns: the code shown must run to its end.
WRONG = [
    ("activation_of_choice", 1, {"np.exp(z[z <= 0]) - 1": "np.exp(z[z <= 0])"}),
    ("activation_of_choice", 1, {"np.where(z > 0, g,": "np.where(z > 0, 1,"}),
    ("activation_of_choice", 1, {'CHOICE = "elu"': 'CHOICE = "relu"'}),
    ("k_layers", 0, {"h = z if last else np.tanh(z)": "h = np.tanh(z)"}),
    ("k_layers", 0, {"np.tanh(z)": "np.tanh(z + 1)"}),
    ("k_layers", 0, {"return layers": "return layers[:1]"}),
    ("autograd_engine", 0, {"self.data + other.data": "self.data - other.data"}),
    ("autograd_engine", 0, {"(other, self.data)": "(other, other.data)"}),
    ("autograd_engine", 0, {"parent.grad = parent.grad + share": "parent.grad = share"}),
    ("autograd_engine", 0, {"self.grad = 0.0          # an": "pass      # an"}),
    ("autograd_arrays", 0, {"lambda g: g * self.data)": "lambda g: 2 * g * self.data)"}),
    ("autograd_arrays", 0, {"parent.grad = parent.grad + share": "parent.grad = share"}),
    ("gradient_descent", 0, {}), ("mini_batches", 0, {}), ("momentum", 0, {}), ("adam", 0, {}),
]


@pytest.mark.parametrize("name", WITH_CALLS)
def test_the_code_shown_calls_the_students_own_function(name: str) -> None:
    exercise = find(name)
    assert set(exercise.calls) == {f.name for f in exercise.parsed}
    known: dict[str, Any] = dict(exercise.all_probes[0].arrays)
    inputs = {n: a.tolist() for n, a in known.items()}
    graded = namespace(exercise, exercise.right[0])
    for f in exercise.parsed:
        result = graded[f.name](*(known[p] if known[p].ndim else known[p].item()
                                  for p in f.parameters))
        expected = dict(zip(f.returns, result if len(f.returns) > 1 else [result], strict=True))
        own = dict(compiled(exercise.right[0]))         # without the driver
        text = code(exercise, Smallest(inputs, f.returns[-1]), "", {})
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(text, own)
        assert printed.getvalue().strip()
        came, wanted = own[f.returns[-1]], expected[f.returns[-1]]
        if name == "mini_batches" and f.name == "mini_batches":     # the list, before the driver
            came, wanted = np.concatenate(came), wanted[wanted >= 0]
        # arrays laid out otherwise are added up otherwise; momentum's loop is the longest
        assert_close(came, wanted, terms=3, layers=6)
        assert "# " not in text


def test_every_exercise_with_a_driver_has_a_wrong_solution_here() -> None:
    assert {name for name, _, _ in WRONG} == set(WITH_DRIVER)


@pytest.mark.parametrize(("name", "solution", "swap"), WRONG)
def test_the_code_shown_runs_below_the_wrong_solution(tmp_path, name, solution, swap) -> None:
    """Pasted at the end of the student's own file, and of a notebook's cell that defines it all."""
    exercise = find(name)
    swap = swap or exercise.mistakes[0].swap
    source = patched(exercise.right[solution], swap)
    file = tmp_path / f"{name}.py"
    file.write_text(source, encoding="utf-8")
    shown = check_files(file, lang="en").to_dict()["exercises"][0]["smallest"]
    assert shown is not None
    assert not any(line.startswith("# ") for line in shown["code"].splitlines())
    file.write_text(f"{source}\n{shown['code']}\n", encoding="utf-8")
    done = subprocess.run([sys.executable, file.name], cwd=tmp_path, capture_output=True,
                          encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()

    own: dict[str, Any] = {}
    exec(source, own)
    inputs = Smallest(shown["inputs"], shown["quantity"])
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code(exercise, inputs, "", {}), own)
    assert printed.getvalue().strip()
    if shown["came"] is not None and isinstance(shown["came"], float):
        numbers = re.findall(r"-?\d+\.?\d*(?:e[-+]?\d+)?", printed.getvalue())
        assert any(shows(number, shown["came"]) for number in numbers)


@pytest.mark.parametrize("name", ["autograd_engine", "autograd_arrays"])
def test_the_code_shown_of_every_program_prints_what_was_graded(name: str) -> None:
    exercise = find(name)
    graded = namespace(exercise, exercise.right[0])
    known: dict[str, Any] = dict(exercise.all_probes[0].arrays)
    inputs = {n: a.tolist() for n, a in known.items()}
    for f in exercise.parsed:
        expected = graded[f.name](*(known[p] if known[p].ndim else known[p].item()
                                    for p in f.parameters))
        own = dict(compiled(exercise.right[0]))
        renamed = code(exercise, Smallest(inputs, f.returns[-1]), "", {"Value": "Mine"})
        assert "Value" not in renamed
        own["Mine"] = own["Value"]
        every_digit = np.printoptions(precision=17)
        with every_digit, contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(renamed, own)
        came = eval(printed.getvalue(), {"array": np.array, "np": np})
        for a, b in zip(came, expected, strict=True):
            assert_close(a, b, terms=4, layers=3, size=np.abs(b).max())  # laid out otherwise


def test_a_call_of_a_function_that_is_not_there_is_an_error_at_once() -> None:
    with pytest.raises(ValueError, match="calls: no function is called trian"):
        Exercise("squares", "Squares", "y = x^2", ["train(x) -> y"], {"y": lambda x: x**2},
                 shapes={"x": "N"}, calls={"trian": "x"})
    with pytest.raises(ValueError, match="shown: no function is called trian"):
        Exercise("squares", "Squares", "y = x^2", ["train(x) -> y"], {"y": lambda x: x**2},
                 shapes={"x": "N"}, shown={"trian": "print(x)"})
