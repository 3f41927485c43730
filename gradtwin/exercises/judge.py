"""Every quantity that came out of the box against what it should be; all of it outside.

A quantity is judged on the submission's own earlier quantities, so that one slip costs one step.
What is allowed is gradtwin's tolerance times a slack (`gradtwin/tolerance.py`): a student's formula
may be right and lose a few more digits than a stable one; a mistake is many orders of magnitude
away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..tolerance import (
    Tolerance,
    condition,
    exponent_unit,
    gradient_unit,
    moved_inputs,
    resolution,
    same_outcome,
    students_slack,
    summed_terms,
)
from .exercise import Exercise
from .probes import Probe
from .reference import Array, Gradient, References, Value, as_reference
from .texts import N_, Message

CONDITION_PROBES = 3

RIGHT, WRONG, RAISED, UNJUDGED, ABSENT = "right", "wrong", "raised", "unjudged", "absent"


@dataclass(eq=False)
class Judgement:
    """One quantity on one probe.

    Args:
        state: "right"; "wrong" (values or shape); "raised" (or refused, or the box ended);
            "unjudged" (no value of it can be expected); "absent" (the function is missing, or what
            it needs was not returned).
        came, expected, allowed: arrays, None where there are none.
        reason: why it is not right, or a note on why it counts as right.
        adrift: it stands on wrong own quantities.
    """

    state: str
    came: Array | None = None
    expected: Array | None = None
    allowed: Array | None = None
    reason: Message | None = None
    note: Message | None = None
    adrift: bool = False

    @property
    def ok(self) -> bool:
        return self.state == RIGHT


@dataclass(eq=False)
class Outcomes:
    """What a submission gave on one probe, as it came out of the box.

    Args:
        values: the quantities that came.
        failed: function -> why it gave none.
        headers: function -> what the runner said of the call ("modified", "warnings", "python").
        absent: functions that the submission does not define.
    """

    values: dict[str, Array] = field(default_factory=dict)
    failed: dict[str, Message] = field(default_factory=dict)
    headers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)


def judge(exercise: Exercise, probe: Probe, outcomes: Outcomes) -> dict[str, Judgement]:
    """Every graded quantity on one probe, in order."""
    judged: dict[str, Judgement] = {}
    own: dict[str, Array] = dict(probe.arrays)
    fitting: dict[str, Array] = dict(probe.arrays)      # with stand-ins for what has a wrong shape
    for function in exercise.parsed:
        for quantity in function.returns:
            if quantity in exercise.opaque:
                continue
            on = own
            try:
                expected = _expected(exercise.references, quantity, on)
            except Exception:                           # own quantities that fit nothing
                on = fitting
                try:
                    expected = _expected(exercise.references, quantity, on)
                except Exception:
                    expected = None
            j = _judge_one(exercise, probe, function.name, quantity, outcomes, expected, on)
            if j.ok and j.expected is not None:
                # one of the other right functions may stand on quantities that the first does not
                others = [as_reference(quantity, f) for f in exercise.also.get(quantity, ())]
                names = _stands_on(exercise, quantity).union(
                    *(r.parameters for r in others if isinstance(r, Value))
                )
                j.adrift = any(p in judged and not judged[p].ok for p in names)
            judged[quantity] = j
            fitting[quantity] = _own(j, expected)
            misshapen = j.came is not None and not j.ok and j.came.dtype.kind in "fiub"
            own[quantity] = _wide(j.came, expected) if misshapen else fitting[quantity]
    return judged


def _stands_on(exercise: Exercise, quantity: str) -> set[str]:
    """Everything that a quantity is computed from, its own inputs' inputs included."""
    found: set[str] = set()
    waiting = [quantity]
    while waiting:
        name = waiting.pop()
        if name in exercise.references.of:
            new = exercise.references.stands_on(name) - found
            found |= new
            waiting += new
    return found


def _own(j: Judgement, expected: Array | None) -> Array:
    """The value that later quantities are judged on: the student's, where it has a usable form."""
    if j.ok and j.expected is not None:
        expected = j.expected
    if expected is None:                                # nothing is known of its form
        return np.zeros(())
    if j.came is None or (j.came.shape != expected.shape and not j.ok):
        return expected
    return _wide(j.came, expected).reshape(expected.shape)


def _wide(came: Array | None, expected: Array | None) -> Array:
    """The student's value itself; integers serve as well where numbers are expected."""
    assert came is not None
    floating = expected is not None and expected.dtype.kind == "f" and came.dtype.kind != "f"
    return came.astype(np.float64) if floating else came


def _expected(references: References, quantity: str, own: Mapping[str, Array]) -> Array:
    with np.errstate(all="ignore"):
        return references.expected(quantity, own)


def shows_nothing(rows: Sequence[Judgement]) -> bool:
    """Whether a quantity agrees on all probes only because all that it stands on is wrong.

    Zeros are the gradient of a loss that is always 0, and 0.5 is the sigmoid of 0. So a quantity
    that stands on wrong own ones must have more than one value, and not the same on every probe.
    """
    if not any(j.adrift for j in rows):
        return False
    came = [j.came for j in rows if j.came is not None and j.came.dtype.kind in "biuf"]
    values = np.unique(np.concatenate([np.ravel(a) for a in came])) if came else np.zeros(0)
    same = len(came) > 1 and len({(a.shape, a.tobytes()) for a in came}) < 2
    return same or int(np.count_nonzero(values == values)) < 2


def _judge_one(
    exercise: Exercise,
    probe: Probe,
    function: str,
    quantity: str,
    outcomes: Outcomes,
    expected: Array | None,
    own: Mapping[str, Array],
) -> Judgement:
    if quantity not in outcomes.values:
        if function in outcomes.failed:
            return Judgement(RAISED, expected=expected, reason=outcomes.failed[function])
        if function in outcomes.absent:
            reason = Message(N_("the function {function} is missing"), {"function": function})
            return Judgement(ABSENT, expected=expected, reason=reason)
        reason = Message(N_("{function} was not called: what it needs was not returned"),
                         {"function": function})
        return Judgement(ABSENT, expected=expected, reason=reason)
    came = outcomes.values[quantity]
    if expected is None:
        reason = Message(N_("cannot be judged: what it is computed from fits nothing"))
        return Judgement(UNJUDGED, came, reason=reason)
    j = compare(exercise.references, quantity, came, expected, own)
    if not j.ok:
        for other in exercise.also.get(quantity, ()):
            again = _by_another(exercise, quantity, other, came, own)
            if again is not None and again.ok:
                return again
    return j


def _by_another(
    exercise: Exercise, quantity: str, other: Any, came: Array, own: Mapping[str, Array]
) -> Judgement | None:
    references = exercise.by_another(quantity, other)
    try:
        expected = references.expected(quantity, own)
    except Exception:
        return None
    return compare(references, quantity, came, expected, own)


def compare(
    references: References,
    quantity: str,
    came: Array,
    expected: Array,
    own: Mapping[str, Array],
) -> Judgement:
    """One array against another: shape (axes of length 1 aside), then values."""
    note = None
    if came.shape != expected.shape:
        if _without_ones(came.shape) != _without_ones(expected.shape):
            reason = Message(
                N_("{name} has shape {came}, expected is {expected}"),
                {"name": quantity, "came": str(came.shape), "expected": str(expected.shape)},
            )
            return Judgement(WRONG, came, expected, reason=reason)
        note = Message(
            N_("{name} has shape {came} where {expected} is asked for: the same numbers, accepted"),
            {"name": quantity, "came": str(came.shape), "expected": str(expected.shape)},
        )
        came = came.reshape(expected.shape)
    allowed = _allowed(references, quantity, came, expected, own, measured=False)
    equal = _within(came, expected, allowed)
    if not equal.all():
        allowed = _allowed(references, quantity, came, expected, own, measured=True)
        equal = _within(came, expected, allowed)
    if equal.all():
        return Judgement(RIGHT, came, expected, allowed, note=note)
    reason = _difference(quantity, came, expected, equal)
    if came.dtype == np.float16:
        reason = Message(N_("{name} is float16, which keeps three digits: use float32 or float64"),
                         {"name": quantity})
    return Judgement(WRONG, came, expected, allowed, reason=reason)


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def _allowed(
    references: References,
    quantity: str,
    came: Array,
    expected: Array,
    own: Mapping[str, Array],
    measured: bool,
) -> Array:
    """gradtwin's tolerance; `measured`: with the condition of this quantity's reference added."""
    if expected.dtype.kind != "f":
        return np.zeros(expected.shape)
    reference = references.of[quantity]
    names = [n for n in references.stands_on(quantity) if n in own]
    inputs = [own[n] for n in names]
    working = [a.dtype for a in inputs]
    shapes = [a.shape for a in inputs]
    unit: Any = 1.0
    if isinstance(reference, Gradient):
        upstream = [own.get(reference.upstream, np.ones(()))]
        if not np.any(upstream[0]):                     # the student's own, all zeros
            upstream = [np.ones(())]
        unit = gradient_unit(upstream, expected)
        if measured:
            unit = np.maximum(unit, exponent_unit(expected, own[reference.wrt]))
    cond: Any = 0.0
    if measured:
        cond = references.once(
            "condition", quantity, own, lambda: _condition(references, quantity, own, names)
        )
    # a result in float16 must be as good as one in float32: within its own eps even 0 would pass
    dtypes = [d for d in (came.dtype, *working) if d.itemsize >= 4]
    eps = resolution(*dtypes, np.float64)
    return students_slack(eps) * Tolerance().allowed(
        expected, eps=eps, terms=summed_terms(expected.shape, shapes), unit=unit, condition=cond
    )


def _condition(
    references: References, quantity: str, own: Mapping[str, Array], names: Sequence[str]
) -> Array:
    """|x f'| of a quantity's reference, measured on what it stands on."""
    inputs = [own[n] for n in names]
    expected = _expected(references, quantity, own)
    moved = []
    for seed in range(CONDITION_PROBES):
        others = dict(zip(names, moved_inputs(inputs, seed)))
        moved.append(_expected(references, quantity, {**own, **others}))
    return condition(expected, moved)


def _within(a: Array, b: Array, allowed: Array | float) -> Array:
    with np.errstate(invalid="ignore", over="ignore"):
        x, y = a.astype(np.float64), b.astype(np.float64)
        return np.asarray((np.abs(x - y) <= allowed) | (x == y) | ((x != x) & (y != y)))


def _difference(name: str, came: Array, expected: Array, equal: Array) -> Message:
    """A plain fact about two arrays that differ; the diagnosis names causes."""
    values = {"name": name, "many": int(np.count_nonzero(~equal)), "of": int(equal.size)}
    a, b = came.astype(np.float64), expected.astype(np.float64)
    if np.any(np.isnan(a) & ~np.isnan(b)):
        return Message(N_("{name} has NaN in {many} of {of} entries"),
                       {**values, "many": int(np.count_nonzero(np.isnan(a) & ~np.isnan(b)))})
    if np.any(np.isinf(a) & np.isfinite(b)):
        return Message(N_("{name} is infinite where it should be finite"), values)
    if a.size and not np.any(a):
        return Message(N_("{name} is 0 everywhere"), values)

    def close(x: Array, y: Array) -> bool:
        return bool(np.all(np.abs(x - y) <= same_outcome(b, came.dtype, np.float64)))

    if np.all(np.isfinite(a)) and np.all(np.isfinite(b)) and np.any(b):
        if close(a, -b):
            return Message(N_("{name} has the opposite sign everywhere"), values)
        if a.ndim == 2 and a.shape[0] == a.shape[1] > 1 and close(a, b.T):
            return Message(N_("{name} is transposed"), values)
        place = int(np.argmax(np.abs(b)))
        ratio = float(a.flat[place] / b.flat[place])
        if b.size > 1 and close(a, ratio * b):
            return Message(N_("{name} is {ratio} times what it should be, everywhere"),
                           {**values, "ratio": f"{ratio:.4g}"})
    return Message(N_("{name} differs in {many} of {of} entries"), values)


def worst_entry(j: Judgement) -> tuple[int, ...] | None:
    """The entry to show: the one furthest beyond what is allowed."""
    if j.came is None or j.expected is None or j.came.size != j.expected.size or not j.came.size:
        return None
    came = j.came.reshape(j.expected.shape)
    allowed = np.zeros(came.shape) if j.allowed is None else j.allowed
    with np.errstate(all="ignore"):
        far = np.abs(came.astype(np.float64) - j.expected.astype(np.float64))
        far = np.where(np.isnan(far), np.inf, far)
        far = np.where(_within(came, j.expected, allowed), -1.0, far)
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(far)), far.shape))


def equal_outcome(a: Any, b: Any) -> bool:
    """Whether what came is the same result as a variant's (`same_outcome`); NaN equals NaN."""
    if a is None or b is None or _without_ones(a.shape) != _without_ones(b.shape):
        return False
    x, y = a.astype(np.float64).ravel(), b.astype(np.float64).ravel()
    return bool(_within(x, y, same_outcome(y, a.dtype, np.float64)).all())
