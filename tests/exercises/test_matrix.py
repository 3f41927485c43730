"""The matrix of mistakes against probes: every mistake shows, and no two look the same.

On the arrays alone; that each is then *named* rightly is test_selftest.py's. Holds for every
exercise of the library without a line here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pytest

from gradtwin.exercises import Exercise, Mistake, gradient
from gradtwin.exercises.diagnosis import Row, outcome_of, same, source_of
from gradtwin.exercises.library import NAMES, find
from gradtwin.exercises.probes import EXTREME, Probe
from gradtwin.exercises.signature import Function
from gradtwin.exercises.texts import pick
from gradtwin.exercises.trusted import grade_source
from gradtwin.samples.values import named
from gradtwin.tolerance import composed

PAIRS = 6
"""Pairs of mistakes of an exercise that are made at once: a fixed choice of all."""

every_exercise = pytest.mark.parametrize("name", NAMES)


@cache
def probes_of(name: str) -> dict[str, Probe]:
    return {p.label: p for p in find(name).all_probes}


# ---- the probes -----------------------------------------------------------------------------


def lengths_of(exercise: Exercise, probe: Probe) -> dict[str, int]:
    """Name of each dimension -> its length in a probe."""
    found = {}
    for name, values in exercise.inputs.items():
        for word, length in zip(values.dims.split(), probe.arrays[name].shape, strict=True):
            if not word.isdigit():
                found[word.rstrip("+")] = length
    return found


@every_exercise
def test_sizes_are_unequal_and_once_square(name: str) -> None:
    exercise, probes = find(name), probes_of(name)
    dimensions = named([v.dims for v in exercise.inputs.values()])
    for label in ("generic 1", "generic 2", "generic 3"):
        lengths = lengths_of(exercise, probes[label])
        assert min(lengths.values(), default=2) >= 2
        assert len(set(lengths.values())) == min(len(lengths), 5), (label, lengths)
    square = lengths_of(exercise, probes["square"])
    assert len(set(square.values())) <= 1
    assert set(square) == set(dimensions)


@every_exercise
def test_upstream_gradients_are_not_uniform(name: str) -> None:
    exercise = find(name)
    for probe in exercise.all_probes:
        for g in (probe.arrays[n] for n in exercise.upstream):
            assert g.size == 1 or len(np.unique(np.abs(g))) > 1, probe.label
            assert np.all(g), probe.label
    generic = probes_of(name)["generic 1"]
    for n in exercise.upstream:
        g = generic.arrays[n]
        assert g.size == 1 or (g.min() < 0 < g.max()), f"{n} has one sign only"


@every_exercise
def test_inputs_that_may_be_anything_have_both_signs_zeros_ties_and_large_numbers(
    name: str,
) -> None:
    exercise, probes = find(name), probes_of(name)
    generic = [p for label, p in probes.items() if label.startswith("generic")]
    for n in exercise.real_inputs:
        together = np.concatenate([p.arrays[n].ravel() for p in generic])
        assert together.min() < 0 < together.max(), f"{n} has one sign only"
        assert np.all(together), f"{n}: a bias of 0 hides that it was forgotten"
    everything = [probes["zeros and ties"].arrays[n].ravel() for n in exercise.real_inputs]
    if everything:
        ties = np.concatenate(everything)
        assert np.count_nonzero(ties == 0)
        assert len(np.unique(ties)) < len(ties)
    if exercise.extreme and everything:
        far = np.concatenate([probes["extreme"].arrays[n].ravel() for n in exercise.real_inputs])
        assert {-800, 800, 0} <= {*far, 0}
        assert probes["extreme"].kind == EXTREME


@every_exercise
def test_targets_are_soft_where_the_statement_allows_it(name: str) -> None:
    exercise, probe = find(name), probes_of(name)["generic 1"]
    for n in exercise.inputs:
        a = probe.arrays[n]
        rows_sum_to_1 = a.ndim == 2 and a.min() >= 0 and bool(
            (np.abs(a.sum(axis=1) - 1) <= composed(1, terms=a.shape[1])).all())
        statement = pick(exercise.statement, "en")
        if rows_sum_to_1 and ("distribution" in statement or "one-hot" not in statement):
            assert not np.isin(a, (0, 1)).all(), f"every row of {n} is one-hot"


# ---- mistakes against probes ----------------------------------------------------------------


def cells(exercise: Exercise, source: str) -> Iterator[tuple[Probe, Function, Row]]:
    """Every function of a source on every diagnostic probe: its own arguments and outcome."""
    for probe in exercise.all_probes:
        if not probe.diagnostic:
            continue
        known: dict[str, Any] = dict(probe.arrays)
        for f in exercise.parsed:
            if any(p not in known and p not in exercise.opaque for p in f.parameters):
                continue
            outcome = outcome_of(exercise, source, f, Row(probe.arrays, dict(known), {}))
            yield probe, f, Row(probe.arrays, dict(known), outcome)
            if not isinstance(outcome, str):
                known.update(outcome)


@cache
def all_cells(exercise: Exercise, variant: Mistake) -> list[tuple[Probe, Function, Row]]:
    source = source_of(exercise, (variant,))
    assert source is not None
    return list(cells(exercise, source))


@cache
def wrong_cells(exercise: Exercise, variant: Mistake) -> list[tuple[Probe, Function, Row]]:
    """Where a mistake is not what the right solution gives for the same arguments."""
    return [
        (probe, f, row) for probe, f, row in all_cells(exercise, variant)
        if not same(row.outcome, outcome_of(exercise, exercise.right[0], f, row),
                    exercise.graded(f))
    ]


def told_apart(exercise: Exercise, one: Mistake, other: Mistake) -> bool:
    """Whether some probe shows that what was handed in is `one` and not `other`.

    Of every function: that `other` would show where `one` is right tells them apart as well.
    """
    source = source_of(exercise, (other,))
    assert source is not None
    return any(
        not same(row.outcome, outcome_of(exercise, source, f, row), exercise.graded(f))
        for _, f, row in all_cells(exercise, one)
    )


def alike(exercise: Exercise) -> set[frozenset[str]]:
    """The pairs of mistakes that no probe tells apart."""
    return {
        frozenset((one.name, other.name))
        for one, other in permutations(exercise.mistakes, 2)
        if wrong_cells(exercise, one) and not told_apart(exercise, one, other)
    }


@every_exercise
def test_every_mistake_differs_from_right_on_some_probe(name: str) -> None:
    exercise = find(name)
    assert exercise.mistakes
    invisible = [m.name for m in exercise.mistakes if not wrong_cells(exercise, m)]
    assert not invisible


@every_exercise
def test_every_two_mistakes_differ_or_are_listed_as_twins(name: str) -> None:
    exercise = find(name)
    listed = {frozenset((m.name, twin)) for m in exercise.mistakes for twin in m.twins}
    assert alike(exercise) == listed


@every_exercise
def test_a_pair_of_mistakes_is_told_nothing_but_what_it_is(name: str) -> None:
    """Two mistakes at once: whatever is named is one of the two, its twin, or equal to both."""
    exercise = find(name)
    pairs = [
        pair for pair in combinations(exercise.mistakes, 2)
        if source_of(exercise, pair) is not None
    ]
    chosen = np.random.default_rng(0).permutation(len(pairs))[:PAIRS]
    recognised = 0
    for pair in (pairs[i] for i in chosen):
        source = source_of(exercise, pair)
        assert source is not None
        result = grade_source(exercise, source)
        own = {m.name for m in pair} | {t for m in pair for t in m.twins}
        for d in result.diagnoses:
            foreign = set(d.names) - own
            assert not foreign or equal_to(exercise, source, d), (
                f"{pair[0].name} with {pair[1].name} is called {d.names}"
            )
        recognised += bool(result.diagnoses)
    assert recognised or not pairs


def equal_to(exercise: Exercise, source: str, diagnosis: Any) -> bool:
    """Whether the function that was diagnosed really is the variant that was named, everywhere."""
    variants = {v.name: v for v in (*exercise.mistakes, *exercise.conventions)}
    chosen = [variants[n] for n in diagnosis.names if n in variants]
    groups = [tuple(chosen)] if diagnosis.together else [(v,) for v in chosen]
    named_as = [s for group in groups if (s := source_of(exercise, group)) is not None]
    rows = [(f, row) for _, f, row in cells(exercise, source) if f.name == diagnosis.function]
    return all(
        same(row.outcome, outcome_of(exercise, s, f, row), exercise.graded(f))
        for s in named_as for f, row in rows
    )


# ---- why these probes: what the others do not show (two_layer_net) ---------------------------


def invisible_on(exercise: Exercise, *labels: str) -> set[str]:
    return {
        m.name for m in exercise.mistakes
        if not any(probe.label in labels for probe, _, _ in wrong_cells(exercise, m))
    }


def test_one_example_hides_what_the_generic_probe_shows() -> None:
    exercise = find("two_layer_net")
    assert invisible_on(exercise, "generic 1") == set()
    assert invisible_on(exercise, "one") == {
        "loss_summed", "gradient_not_averaged", "averaged_twice", "bias_gradient_mean",
        "averaged_again_in_the_hidden_layer", "bias_gradient_not_summed",
    }


def test_a_square_probe_names_what_an_unequal_one_only_raises() -> None:
    exercise = find("linear_backward")
    (mistake,) = [m for m in exercise.mistakes if m.name == "weight_not_transposed"]
    outcomes = {probe.label: row.outcome for probe, _, row in wrong_cells(exercise, mistake)}
    assert outcomes["generic 1"] == "ValueError"
    assert isinstance(outcomes["square"], Mapping)


# ---- the matrix itself can fail --------------------------------------------------------------

RIGHT = """
import numpy as np
def square(x): return x * x
def square_backward(g, x): return g * 2 * x
"""


def squares(**more: Any) -> Exercise:
    return Exercise(
        "squares", "Squares", "y = x^2", ["square(x) -> y", "square_backward(g, x) -> dx"],
        {"y": lambda x: x**2, "dx": gradient("y", "x", "g")},
        shapes={"x": "N D", "g": "N D"}, right=[RIGHT], **more,
    )


def test_a_mistake_that_is_none_is_found() -> None:
    mistake = Mistake("none", {"return x * x": "return x**2"}, "This is right.")
    assert not wrong_cells(squares(mistakes=[mistake]), mistake)


def test_unlisted_twins_are_found() -> None:
    exercise = squares(mistakes=[
        Mistake("three", {"g * 2 * x": "g * 3 * x"}, "2"),
        Mistake("two_and_one", {"g * 2 * x": "g * 2 * x + g * x"}, "2"),
        Mistake("four", {"g * 2 * x": "g * 4 * x"}, "2"),
    ])
    assert alike(exercise) == {frozenset(("three", "two_and_one"))}
