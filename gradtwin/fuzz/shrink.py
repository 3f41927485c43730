"""The smallest case that still differs: Hypothesis replays the choices of one, and shrinks them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .case import Case
from .choices import Choices, Replayed
from .verdict import Outcome, judged

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

TRIES = 2000
"""So many smaller cases are tried at most."""


def smallest(
    draw: Callable[[Choices], Case],
    taken: list[int],
    seconds: float = 30.0,
    stopped: Callable[[], bool] = lambda: False,
) -> Case:
    """The smallest case of the same outcome that is found from these choices.

    draw: the case of given choices.
    taken: the choices of a case that differs.
    seconds: after so long the smallest so far is good enough.
    stopped: whether it is to end at once.

    Raises ImportError without Hypothesis (pip install gradtwin[test]).
    """
    try:
        import hypothesis
        from hypothesis.database import InMemoryExampleDatabase, choices_to_bytes
        from hypothesis.errors import HypothesisException
        from hypothesis.strategies import composite, integers
    except ImportError as error:
        raise ImportError("shrinking needs Hypothesis: pip install gradtwin[test]") from error

    @composite
    def cases(drawn: DrawFn) -> Case:
        return draw(Replayed(lambda n: drawn(integers(0, n - 1))))

    start = time.monotonic()
    best: Case | None = None

    def differs(case: Case) -> bool:
        nonlocal best
        if time.monotonic() - start > seconds or stopped():
            return False
        if judged(case).outcome is not Outcome.differ:
            return False
        best = case
        return True

    database: Any = InMemoryExampleDatabase()
    # one choice too many: what is replayed exactly counts as shrunk already
    database.save(b"gradtwin", choices_to_bytes([*taken, 0]))
    settings = hypothesis.settings(
        max_examples=TRIES,
        database=database,
        deadline=None,
        derandomize=False,
        phases=[hypothesis.Phase.reuse, hypothesis.Phase.shrink],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    try:
        return hypothesis.find(cases(), differs, settings=settings, database_key=b"gradtwin")
    except HypothesisException:  # no time to confirm it
        return best or draw(_Fixed(taken))


class _Fixed(Replayed):
    """The choices themselves."""

    def __init__(self, taken: list[int]) -> None:
        remaining = iter(taken)
        super().__init__(lambda n: next(remaining))
