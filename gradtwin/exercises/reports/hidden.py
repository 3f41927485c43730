"""A result without the expected values: what is wrong and on which input, not what is right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..result import Result
from ..texts import N_, Message

TELLING = {
    "{name} is {ratio} times what it should be, everywhere":
        N_("{name} is a constant multiple of what it should be, everywhere"),
    # the ratio is -1: what came, which is shown, gives the rest
    "{name} has the opposite sign everywhere": N_("{name} differs in {many} of {of} entries"),
}


def without_expected(result: Result) -> Result:
    """A copy from which the expected values cannot be had, nor computed from those that came."""
    smallest = result.smallest
    if smallest is not None:
        smallest = replace(smallest, expected=None, reason=_untold(smallest.reason))
    criteria = [replace(c, reason=_untold(c.reason)) for c in result.criteria]
    notes = [_untold(note) for note in result.notes]
    return replace(result, criteria=criteria, smallest=smallest, notes=notes)


def _untold(message: Any) -> Any:
    if not isinstance(message, Message):
        return message
    values = {k: _untold(v) for k, v in message.values.items() if k != "ratio"}
    return Message(TELLING.get(message.id, message.id), values)
