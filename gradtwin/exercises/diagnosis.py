"""Which known mistakes, or other conventions, a submission equals: by running the variants.

No rule about ratios or signs: ratios coincide. A variant is named only where the submission's
function gives what the variant gives, and not what the right solution gives, on every diagnostic
probe. A variant's function is run on the same arguments as the submission's own, so an earlier
slip does not hide a later one. Where no single variant fits, pairs are tried; where no pair fits,
what comes as far as the first wrong quantity (all before it are right, so its arguments are too).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

from .exercise import Exercise
from .judge import equal_outcome
from .probes import EXTREME
from .reference import Array
from .result import Diagnosis
from .signature import Function
from .variants import (
    Convention,
    Mistake,
    Outcome,
    SwapError,
    Variant,
    compiled,
    patched,
    run_function,
    together,
)

if TYPE_CHECKING:
    from .grading import Table

Group = tuple[Variant, ...]
"""Variants made at once: one, or a pair."""


@dataclass
class Found:
    """What was recognised.

    Args:
        accepted: the quantities that are right under an accepted convention.
        far: those of them that are right for inputs of +-800 too.
        explained: the functions about which a convention says all there is to say.
    """

    diagnoses: list[Diagnosis] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    far: set[str] = field(default_factory=set)
    explained: set[str] = field(default_factory=set)


@dataclass(frozen=True, eq=False)
class Row:
    """One function on one diagnostic probe: its arguments, and what the submission's gave.

    Args:
        inputs: of the probe.
        known: what the function is called with, by name.
        outcome: what it gave.
        extreme: a probe of +-800.
    """

    inputs: Mapping[str, Array]
    known: Mapping[str, Any]
    outcome: Outcome
    extreme: bool = False

    @cached_property
    def arguments(self) -> tuple[Any, ...]:
        """Equal for equal inputs and arguments: what a variant's outcome depends on."""
        every = (*self.inputs.items(), *self.known.items())
        return tuple((n, a.dtype.str, a.shape, a.tobytes()) for n, a in every)


def diagnose(exercise: Exercise, table: Table, mistakes: bool = True) -> Found:
    """All functions of a submission, in order; without `mistakes` only what changes the points."""
    found = Found()
    if not exercise.right:
        return found
    for conventions in _kept(exercise, table, found):
        functions = touched(exercise, conventions)
        found.diagnoses += [_diagnosis([c], functions[0]) for c in conventions]
        for function in functions:
            found.explained.add(function.name)
            if all(c.accepted for c in conventions):
                found.accepted |= set(exercise.graded(function))
                if _is(exercise, conventions, function, rows_of(function, table)):
                    found.far |= set(exercise.graded(function))
    for convention, slips in _kept_with_a_slip(exercise, table, found):
        found.diagnoses.append(_diagnosis([convention], next(iter(slips))))
        for function, slip in slips.items():
            found.explained.add(function.name)
            right = set(exercise.graded(function))
            if slip is not None:
                right -= spoiled(exercise, slip)
                found.diagnoses += [_diagnosis([slip], function)] if mistakes else []
            found.accepted |= right
            made = (convention,) if slip is None else (slip, convention)
            if _is(exercise, made, function, rows_of(function, table)):
                found.far |= right
    named: list[Diagnosis] = []
    for function in exercise.parsed if mistakes else ():
        quantities = exercise.graded(function)
        wrong = [q for q in quantities if not table.right(q, "values", "extreme")]
        if not wrong or function.name in found.explained:
            continue
        rows = rows_of(function, table)
        if all(isinstance(row.outcome, str) for row in rows):
            continue
        named += _named(exercise, function, rows, quantities, wrong)
    for d in _settled(exercise, table, named):
        if all(d.names != earlier.names for earlier in found.diagnoses):
            found.diagnoses.append(d)
    return found


def _settled(
    exercise: Exercise, table: Table, named: Sequence[Diagnosis]
) -> Iterator[Diagnosis]:
    """Where a function fits several mistakes, what the other functions show decides between them.

    A mistake that would show in a function that is right has not been made; one that explains every
    function that was named, or that is certain in another, has.
    """
    mistakes = {m.name: m for m in exercise.mistakes}
    if _one_class(exercise):                            # what is in it, every function shows
        named = [d for d in named if d.kind != "mistake" or d.together or len(d.names) > 1
                 or not _shows(exercise, table, mistakes[d.names[0]])]
    left = [
        list(d.names) if d.kind != "mistake" or d.together or len(d.names) == 1
        else [n for n in d.names if not _shows(exercise, table, mistakes[n])] or list(d.names)
        for d in named
    ]
    single = [names for d, names in zip(named, left) if d.kind == "mistake" and not d.together]
    common = {n for n in mistakes if single and all(n in names for names in single)}
    certain = common or {names[0] for names in single if len(names) == 1}
    for d, names in zip(named, left):
        if len(d.names) == 1 or d.kind != "mistake" or d.together:
            yield d
        else:
            chosen = [mistakes[n] for n in names if n in certain] or [mistakes[n] for n in names]
            yield replace(d, names=[m.name for m in chosen], texts=[m.text for m in chosen])


def _one_class(exercise: Exercise) -> bool:
    """Whether all functions are the driver's, programs that try one class of the student's."""
    return bool(exercise.driver) and not any(
        f"def {f.name}(" in exercise.right[0] for f in exercise.parsed)


def _shows(exercise: Exercise, table: Table, mistake: Variant) -> bool:
    """Whether a mistake would make wrong a function of the submission that is right."""
    source = source_of(exercise, (mistake,))
    assert source is not None
    for f in exercise.parsed:
        quantities = exercise.graded(f)
        if not all(table.right(q, "values", "extreme") for q in quantities):
            continue
        for row in rows_of(f, table):
            theirs = outcome_of(exercise, source, f, row)
            right = outcome_of(exercise, exercise.right[0], f, row)
            if not same(theirs, right, quantities):
                return True
    return False


def _kept(
    exercise: Exercise, table: Table, found: Found
) -> Iterator[tuple[Convention, ...]]:
    """The conventions, one or two at once, that are kept in every function that they touch.

    Everywhere, or else on ordinary inputs: what overflows for +-800 loses the points for that, not
    the convention.
    """
    groups: list[tuple[Convention, ...]] = [(c,) for c in exercise.conventions]
    groups += combinations(exercise.conventions, 2)
    possible = [g for g in groups if source_of(exercise, g) is not None]
    for everywhere, group in product((True, False), possible):
        functions = touched(exercise, group)
        rows = {
            f: [r for r in rows_of(f, table) if everywhere or not r.extreme] for f in functions
        }
        if functions and found.explained.isdisjoint(f.name for f in functions) and all(
            _is(exercise, group, f, rows[f]) for f in functions
        ):
            yield group


def _kept_with_a_slip(
    exercise: Exercise, table: Table, found: Found
) -> Iterator[tuple[Convention, dict[Function, Mistake | None]]]:
    """The accepted conventions that are kept everywhere, where one mistake stands beside them.

    A function that keeps it is the convention's, or the convention's with one mistake: that slip
    costs what it costs without the convention.
    """
    for convention in exercise.conventions:
        functions = touched(exercise, (convention,))
        if not convention.accepted or not functions or any(
            f.name in found.explained for f in functions
        ):
            continue
        slips: dict[Function, Mistake | None] = {}
        for f in functions:
            rows = [r for r in rows_of(f, table) if not r.extreme]
            if _is(exercise, (convention,), f, rows):
                slips[f] = None
                continue
            if any(_is(exercise, (m,), f, rows) for m in exercise.mistakes):
                break                                   # a mistake says as much, and is simpler
            fitting = [m for m in exercise.mistakes if f in touched(exercise, (m,))
                       and _is(exercise, (m, convention), f, rows)]
            if len(fitting) != 1:
                break
            slips[f] = fitting[0]
        else:
            yield convention, slips


@lru_cache(maxsize=1024)
def spoiled(exercise: Exercise, mistake: Mistake) -> frozenset[str]:
    """The quantities that a mistake alone makes wrong, each judged on what it is computed from."""
    from .trusted import grade_space

    source = source_of(exercise, (mistake,))
    assert source is not None
    space = namespace(exercise, source)
    result = grade_space(exercise, space, named=False)
    return frozenset(c.name for c in result.criteria if c.kind == "value" and not c.passed)


def _is(exercise: Exercise, group: Group, function: Function, rows: Sequence[Row]) -> bool:
    """Whether a whole function of a submission is that of these variants."""
    return _equal(exercise, group, function, rows, exercise.graded(function))


@lru_cache(maxsize=1024)
def touched(exercise: Exercise, group: Group) -> tuple[Function, ...]:
    """The functions in which a variant differs from the right solution on some probe."""
    found = {}
    for _label, f, theirs, right in variant_rows(exercise, group):
        if not same(theirs, right, exercise.graded(f)):
            found[f.name] = f
    return tuple(f for f in exercise.parsed if f.name in found)


def rows_of(function: Function, table: Table) -> list[Row]:
    """What the submission's function was given and gave on each diagnostic probe."""
    rows = []
    for probe, known, outcomes in zip(table.probes, table.known, table.outcomes):
        if not probe.diagnostic:
            continue
        outcome: Outcome
        if function.name in outcomes.failed:
            reason = outcomes.failed[function.name].values
            outcome = str(reason.get("type", "refused" if "reason" in reason else "ended"))
        else:
            outcome = {q: outcomes.values[q] for q in function.returns if q in outcomes.values}
            if not outcome:
                outcome = "not run"
        every = known.get(function.name, {})
        given = {p: every[p] for p in function.parameters if p in every}
        rows.append(Row(probe.arrays, given, outcome, probe.kind == EXTREME))
    return rows


def _named(
    exercise: Exercise,
    function: Function,
    rows: Sequence[Row],
    quantities: Sequence[str],
    wrong: Sequence[str],
) -> list[Diagnosis]:
    """What a wrong function is: one variant, or a pair, or as far as its first wrong quantity.

    Where nothing fits everywhere, the inputs of +-800 are left out: a style of computing that
    overflows there hides a mistake that all the others show.
    """
    ordinary = [row for row in rows if not row.extreme]
    looked_at = [rows] if len(ordinary) in (0, len(rows)) else [rows, ordinary]

    def fitting(groups: Iterable[Group], rows: Sequence[Row], names: Sequence[str]) -> list[Group]:
        return [g for g in groups if _equal(exercise, g, function, rows, names)]

    single = [(m,) for m in exercise.mistakes]
    # a variant that changes nothing here is no second one
    mistakes = [m for m in exercise.mistakes if function in touched(exercise, (m,))]
    conventions = [c for c in exercise.conventions if function in touched(exercise, (c,))]
    for chosen in looked_at:
        if found := fitting(single, chosen, quantities):
            return [_diagnosis([v for (v,) in found], function)]
        for pairs in (combinations(mistakes, 2), product(mistakes, conventions)):
            if found := fitting(pairs, chosen, quantities):
                return _of_pairs(found, function)
    if len(quantities) > 1:
        for chosen in looked_at:
            # with those before it: a mistake that would spoil one that is right has not been made
            if found := fitting(single, chosen, quantities[: quantities.index(wrong[0]) + 1]):
                return [_diagnosis([v for (v,) in found], function)]
    return []


def _diagnosis(variants: Sequence[Variant], function: Function, pair: bool = False) -> Diagnosis:
    first = variants[0]
    kind = "mistake"
    if isinstance(first, Convention):
        kind = "accepted" if first.accepted else "convention"
    kind = "mistake" if pair else kind
    return Diagnosis(kind, [v.name for v in variants], [v.text for v in variants], function.name,
                     pair)


def _of_pairs(pairs: Sequence[Group], function: Function) -> list[Diagnosis]:
    """The pair; where several fit, only what they have in common is certain: it may be nothing."""
    if len(pairs) == 1:
        return [_diagnosis(pairs[0], function, pair=True)]
    common = [v for v in pairs[0] if all(v in g for g in pairs) and not isinstance(v, Convention)]
    return [_diagnosis(common, function)] if common else []


def _equal(
    exercise: Exercise,
    group: Group,
    function: Function,
    rows: Sequence[Row],
    quantities: Sequence[str],
) -> bool:
    """Whether the submission is this variant, and not the right solution, on every row."""
    source = source_of(exercise, group)
    if source is None:
        return False
    compared = differs = False
    for row in rows:
        theirs = outcome_of(exercise, source, function, row)
        if not same(row.outcome, theirs, quantities):
            return False
        compared = compared or not isinstance(theirs, str)
        if not differs:
            right = outcome_of(exercise, exercise.right[0], function, row)
            differs = not (
                same(theirs, right, quantities) or same(row.outcome, right, quantities)
            )
    return compared and differs


def same(a: Outcome, b: Outcome, quantities: Sequence[str]) -> bool:
    """Whether two outcomes are equal in these quantities, or the same exception."""
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and a == b
    return all(equal_outcome(a.get(q), b.get(q)) for q in quantities)


@lru_cache(maxsize=4096)
def source_of(exercise: Exercise, group: Group) -> str | None:
    """The source of a variant or of a pair; None where two do not go together."""
    swap = together(v.swap for v in group)
    try:
        return None if swap is None else patched(exercise.right[0], swap)
    except SwapError:
        if len(group) == 1:
            raise
        return None


_outcomes: dict[Any, Outcome] = {}
MOST_OUTCOMES = 2**14
"""Outcomes of variants that are kept, of small arrays all: the next submission asks the same."""


def outcome_of(exercise: Exercise, source: str, function: Function, row: Row) -> Outcome:
    """What a function of one of the exercise's own sources gives on a row."""
    key = (exercise, source, function.name, row.arguments)
    if key not in _outcomes:
        if len(_outcomes) >= MOST_OUTCOMES:
            _outcomes.clear()
        _outcomes[key] = _run(exercise, source, function, row)
    return _outcomes[key]


def _run(exercise: Exercise, source: str, function: Function, row: Row) -> Outcome:
    space = namespace(exercise, source)
    known = dict(row.known)
    if any(p in exercise.opaque for p in function.parameters):
        known = {**handed_on(exercise, space, row.inputs), **known}
    return run_function(space, function, known, exercise.opaque)[0]


def namespace(exercise: Exercise, source: str) -> Mapping[str, Any]:
    """What a source defines, the exercise's driver run after it."""
    return compiled(source, exercise.driver)


def handed_on(
    exercise: Exercise, space: Mapping[str, Any], inputs: Mapping[str, Array]
) -> dict[str, Any]:
    """The opaque quantities (caches) of a source's own: they cannot come from the submission."""
    known: dict[str, Any] = dict(inputs)
    for f in exercise.parsed:
        known.update(run_function(space, f, known, exercise.opaque)[1])
    return {q: known[q] for q in exercise.opaque if q in known}


def variant_rows(
    exercise: Exercise, group: Group
) -> Iterator[tuple[str, Function, Outcome, Outcome]]:
    """A variant against the right solution: probe, function, the variant's and right outcome.

    Both are given what the variant itself returned earlier, as a submission would be.
    """
    source = source_of(exercise, group)
    assert source is not None
    for probe in exercise.all_probes:
        if not probe.diagnostic:
            continue
        known: dict[str, Any] = dict(probe.arrays)
        for f in exercise.parsed:
            row = Row(probe.arrays, {p: known[p] for p in f.parameters if p in known}, {})
            right = outcome_of(exercise, exercise.right[0], f, row)
            theirs = outcome_of(exercise, source, f, row)
            yield probe.label, f, theirs, right
            known.update({} if isinstance(right, str) else right)
            known.update({} if isinstance(theirs, str) else theirs)
