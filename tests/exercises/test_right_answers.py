"""A right answer is never rejected, whatever form it has; each fault of conduct costs itself alone.

Every exercise of the library, by wrapping the functions of its first right solution; at the end,
that a wrong answer does not pass: every right solution with one slip made at random.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from gradtwin.exercises import Exercise
from gradtwin.exercises.diagnosis import namespace
from gradtwin.exercises.judge import judge
from gradtwin.exercises.library import NAMES, find
from gradtwin.exercises.probes import standard
from gradtwin.exercises.result import Result
from gradtwin.exercises.trusted import Trusted, grade_source, grade_space

every_exercise = pytest.mark.parametrize("name", NAMES)
Change = Callable[[Any], Any]


def results_of(returns: tuple[str, ...], result: Any) -> dict[str, Any]:
    if len(returns) == 1:
        return {returns[0]: result}
    return dict(result) if isinstance(result, dict) else dict(zip(returns, result, strict=True))


def wrapped(exercise: Exercise, change: Change) -> Mapping[str, Callable[..., Any]]:
    """The right solution, with each graded result changed."""
    space = namespace(exercise, exercise.right[0])

    def wrap(name: str, returns: tuple[str, ...]) -> Callable[..., Any]:
        def function(*arguments: Any) -> Any:
            out = {
                q: value if q in exercise.opaque else change(value)
                for q, value in results_of(returns, space[name](*arguments)).items()
            }
            return out if len(returns) > 1 else out[returns[0]]

        return function

    return {f.name: wrap(f.name, f.returns) for f in exercise.parsed}


def graded_with(name: str, change: Change) -> Result:
    exercise = find(name)
    return grade_space(exercise, wrapped(exercise, change))


def lost(result: Result) -> list[str]:
    return [c.name for c in result.criteria if not c.passed]


def floating(value: Any) -> bool:
    return np.asarray(value).dtype.kind == "f"


def as_lists(value: Any) -> Any:
    return np.asarray(value).tolist()


def as_single(value: Any) -> Any:
    return np.float32(value) if floating(value) else value


def as_column(value: Any) -> Any:
    """(n,) as (n, 1), a number as (1, 1)."""
    a = np.asarray(value)
    return a.reshape(-1, 1) if a.ndim < 2 and floating(a) else value


def as_row(value: Any) -> Any:
    a = np.asarray(value)
    return a.reshape(1, -1) if a.ndim < 2 and floating(a) else value


def as_view(value: Any) -> Any:
    """Every second entry of an array in Fortran's order."""
    a = np.asarray(value)
    wide = np.zeros([2 * n for n in a.shape], a.dtype, order="F")
    wide[tuple(slice(None, None, 2) for _ in a.shape)] = a
    return wide[tuple(slice(None, None, 2) for _ in a.shape)]


def as_masked(value: Any) -> Any:
    return np.ma.masked_array(value)


def as_longdouble(value: Any) -> Any:
    """Single stays single, since that is asked for."""
    a = np.asarray(value)
    return a.astype(np.longdouble) if a.dtype == np.float64 else a


def with_a_little_rounding(value: Any) -> Any:
    """Another order of adding: two units in the last place."""
    if not floating(value):
        return value
    a = np.asarray(value)
    return a * (1 + 2 * np.finfo(a.dtype).eps)


FORMS = [as_lists, as_single, as_column, as_row, as_view, as_masked, as_longdouble,
         with_a_little_rounding]


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.__name__)
@every_exercise
def test_a_right_answer_in_another_form(name: str, form: Change) -> None:
    result = graded_with(name, form)
    may_overflow = {"extreme"} if form is as_single else set()     # 1e300 is no float32
    assert set(lost(result)) <= may_overflow, [c.reason for c in result.criteria if not c.passed]
    assert not result.diagnoses


@every_exercise
def test_double_results_for_single_inputs_cost_the_dtype_alone(name: str) -> None:
    """A number alone may be a Python float, which np.float64 is."""
    result = graded_with(name, lambda v: np.float64(v) if floating(v) else v)
    (single,) = [p.arrays for p in find(name).all_probes if p.kind == "float32"]
    expected = find(name).references.all_expected(single)
    arrays = any(expected[q].dtype.kind == "f" and expected[q].ndim for q in find(name).quantities)
    assert lost(result) == (["dtype"] if arrays and "dtype" in find(name).worth else [])


@every_exercise
def test_writing_into_an_argument_costs_that_alone(name: str) -> None:
    exercise = find(name)
    space = namespace(exercise, exercise.right[0])

    def writing(function: Callable[..., Any]) -> Callable[..., Any]:
        def changed(*arguments: Any) -> Any:
            result = function(*(copy_of(a) for a in arguments))    # which may be a view of one
            for a in arguments:
                if type(a) is np.ndarray:
                    a += 1
            return result

        return changed

    takes_arrays = any(a.ndim for a in exercise.all_probes[0].arrays.values())
    result = grade_space(exercise, {
        f.name: writing(space[f.name]) for f in exercise.parsed
    })
    assert lost(result) == (["unmodified"] if takes_arrays else [])


def copy_of(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


@every_exercise
def test_another_result_at_every_call_costs_that_alone(name: str) -> None:
    """Far less than what a right answer may be off, so that nothing else notices."""
    calls = iter(range(10**9))

    def drifting(value: Any) -> Any:
        a = np.asarray(value)
        return a * (1 + next(calls) * 2.0**-50) if a.dtype == np.float64 else value

    assert lost(graded_with(name, drifting)) == ["unmodified"]


@every_exercise
def test_a_factor_that_is_almost_one_is_a_mistake(name: str) -> None:
    """Of the first quantity; the later ones may be right for what came before."""
    exercise = find(name)
    result = graded_with(name, lambda v: v * 1.0005 if floating(v) else v)
    probes = [p for p in exercise.all_probes if p.kind == "values"]
    rows = [exercise.references.all_expected(p.arrays) for p in probes]
    first = next(q for q in exercise.quantities if q in exercise.worth
                 and any(row[q].dtype.kind == "f" and np.any(row[q]) for row in rows))
    assert first in lost(result)


# ---- what passes is right -------------------------------------------------------------------

MUTANTS = 4
OTHERS: dict[type[ast.AST], Any] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.Lt: ast.GtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Lt, ast.USub: ast.UAdd,
}


def mutants(source: str) -> list[str]:
    """A source with one operator exchanged, or one number raised by 1, in every possible place."""
    if "while" in source:                               # it might never end
        return []
    found = []
    for place in range(len(list(ast.walk(ast.parse(source))))):
        tree = ast.parse(source)
        node = list(ast.walk(tree))[place]
        if isinstance(node, ast.BinOp | ast.UnaryOp) and type(node.op) in OTHERS:
            node.op = OTHERS[type(node.op)]()
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in OTHERS:
            node.ops = [OTHERS[type(node.ops[0])]()]
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            assert isinstance(node.value, int | float)
            node.value = 1 + node.value
        else:
            continue
        found.append(ast.unparse(tree))
    return found


@every_exercise
def test_what_gets_all_points_is_right_on_other_inputs_too(name: str) -> None:
    """One slip at random in a right solution: most lose points, the others change nothing."""
    exercise = find(name)
    every = [m for source in exercise.right for m in mutants(source)]
    chosen = [every[i] for i in np.random.default_rng(0).permutation(len(every))[:MUTANTS]]
    failed = 0
    for source in chosen:
        result = grade_source(exercise, source)
        failed += not result.ok
        if not result.ok or any(d.kind == "accepted" for d in result.diagnoses):
            continue
        for probe in standard(exercise, seed=77):
            if probe.kind == "values":
                outcomes = Trusted(exercise, namespace(exercise, source)).probe(probe.arrays)
                judged = judge(exercise, probe, outcomes)
                wrong = [q for q in exercise.worth if q in judged and not judged[q].ok]
                assert not wrong, f"{wrong} on {probe.label}:\n{source}"
    assert failed
