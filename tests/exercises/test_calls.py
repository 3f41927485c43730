"""Where a driver stands between, the code in a report still runs, and gives what was graded."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from gradtwin.exercises import Exercise
from gradtwin.exercises.diagnosis import namespace
from gradtwin.exercises.library import NAMES, find
from gradtwin.exercises.reports.view import code
from gradtwin.exercises.result import Smallest
from gradtwin.exercises.variants import compiled

WITH_CALLS = [name for name in NAMES if find(name).calls]


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
        np.testing.assert_allclose(np.array(came), wanted, rtol=1e-14)
        assert "# " not in text


def test_a_call_of_a_function_that_is_not_there_is_an_error_at_once() -> None:
    with pytest.raises(ValueError, match="calls: no function is called trian"):
        Exercise("squares", "Squares", "y = x^2", ["train(x) -> y"], {"y": lambda x: x**2},
                 shapes={"x": "N"}, calls={"trian": "x"})
