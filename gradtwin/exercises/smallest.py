"""The smallest input on which the first wrong quantity is wrong: what the student is shown.

Hypothesis draws small whole numbers and short lengths, and shrinks; each try goes through the same
box. The diagnosis does not depend on it: the smallest input tells fewer mistakes apart.
"""

from __future__ import annotations

import time
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from .exercise import Exercise
from .judge import Judgement, judge, worst_entry
from .probes import EXTREME, FAR, VALUES, Probe
from .reference import Array
from .result import Smallest

if TYPE_CHECKING:
    from .grading import Runs, Table

SECONDS, PROCESSOR_SECONDS = 5.0, 1.5
"""Of the search: by the clock, for functions that are slow; and of this process's own work, so that
what is shown depends little on how busy the machine is."""

STAGES = ((1, 15), (2, 40), (3, 40))
"""(longest length, tries): what fails on arrays of one entry is not looked for on longer ones."""


def smallest_failing(exercise: Exercise, runs: Runs, table: Table) -> Smallest | None:
    """The smallest input found on which the first wrong quantity is wrong; None where none is."""
    rows = table.of_kind(VALUES, EXTREME)
    quantity = next(
        (q for q in exercise.quantities if any(not j[q].ok for _, _, j in rows)), None
    )
    if quantity is None or all(j[quantity].state == "raised" and _unwritten(j[quantity])
                               for _, _, j in rows):
        return None
    failing = [
        (probe, judged[quantity]) for probe, _, judged in rows
        if not judged[quantity].ok and judged[quantity].state != "absent"
    ]
    if not failing:
        return None
    probe, j = min(failing, key=lambda pair: sum(a.size for a in pair[0].arrays.values()))
    far = all(probe.kind == EXTREME for probe, _ in failing)
    shrunk = None if any(runs.deaths.values()) else _shrunk(exercise, runs, quantity, far)
    return _shown(exercise, *(shrunk or (probe.arrays, j)), quantity)


def _unwritten(j: Judgement) -> bool:
    return j.reason is not None and j.reason.values.get("type") == "NotImplementedError"


def _shrunk(
    exercise: Exercise, runs: Runs, quantity: str, far: bool
) -> tuple[dict[str, Array], Judgement] | None:
    try:
        import hypothesis
        from hypothesis.errors import NoSuchExample
    except ImportError:
        return None
    until, worked = time.monotonic() + SECONDS, time.thread_time() + PROCESSOR_SECONDS
    last: dict[str, Any] = {}

    def fails(arrays: dict[str, Array]) -> bool:
        late = time.monotonic() > until or time.thread_time() > worked
        if late or any(runs.deaths.values()):
            return False
        outcomes = runs.probe(arrays)
        with np.errstate(all="ignore"):
            judged = judge(exercise, Probe("shrunk", arrays), outcomes)
        j = judged[quantity]
        before = exercise.quantities[: exercise.quantities.index(quantity)]
        # a missing expectation is no failure of the student's
        failed = j.state in ("wrong", "raised") and all(judged[q].ok for q in before)
        if failed:
            last["arrays"], last["j"] = arrays, j
        return failed

    for longest, tries in STAGES:
        settings = hypothesis.settings(
            max_examples=tries, database=None, deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
        )
        inputs = inputs_strategy(exercise, far, longest)
        with suppress(NoSuchExample, hypothesis.errors.HypothesisException):
            # out of time: what was found last stands
            hypothesis.find(inputs, fails, settings=settings, random=Random(0))
        if last:
            break
    return (last["arrays"], last["j"]) if last else None


def inputs_strategy(exercise: Exercise, far: bool = False, longest: int = 3) -> Any:
    """Small inputs: whole numbers where anything may stand, else what the exercise draws.

    `far`: numbers beyond exp's range among them, since nothing near 0 fails. `longest`: of an axis.
    """
    from hypothesis import strategies as st

    from ..samples.values import named, shape_of

    names = named([v.dims for v in exercise.inputs.values()])

    @st.composite
    def inputs(drawn: Any) -> dict[str, Array]:
        lengths = {n: drawn(st.integers(1, longest)) for n in names}
        arrays: dict[str, Array] = {}
        for name, values in exercise.inputs.items():
            shape = shape_of(values.dims, lengths)
            if name in exercise.real_inputs or name in exercise.upstream:
                count = int(np.prod(shape, dtype=int))
                number = st.integers(-3, 3)
                if name in exercise.upstream:
                    number = st.integers(1, 3)
                elif far:
                    number = st.sampled_from([int(x) for x in sorted(FAR, key=abs)])
                numbers = drawn(st.lists(number, min_size=count, max_size=count))
                arrays[name] = np.array(numbers, dtype=np.float64).reshape(shape)
            else:
                rng = np.random.default_rng(drawn(st.integers(0, 3)))
                arrays[name] = values.array(rng, shape, lengths, np.float64)
        return arrays

    return inputs()


def _shown(
    exercise: Exercise, arrays: Any, j: Judgement, quantity: str
) -> Smallest:
    shown = Smallest({n: plain(a) for n, a in arrays.items() if n in exercise.inputs}, quantity,
                     reason=j.reason)
    if j.came is None or j.expected is None:
        return shown
    entry = worst_entry(j)
    if entry is None:
        shown.came, shown.expected = plain(j.came), plain(j.expected)
    else:
        shown.entry = list(entry)
        shown.came = plain(j.came.reshape(j.expected.shape)[entry])
        shown.expected = plain(j.expected[entry])
    return shown


def plain(a: Any) -> Any:
    """Nested lists for JSON; NaN and infinities as the strings "nan", "inf", "-inf"."""
    def one(x: Any) -> Any:
        if isinstance(x, list):
            return [one(part) for part in x]
        return str(x) if isinstance(x, float) and not np.isfinite(x) else x

    return one(np.asarray(a).tolist())
