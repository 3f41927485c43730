"""What `compare` can find besides different numbers, one kind a habit that goes wrong in practice.

A finding is made for people (`message`) and for programs (`kind`, `argument`, `detail`: plain
values that JSON can hold).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MISTAKE, CONVENTION, WARNING = "mistake", "convention", "warning"

KINDS: dict[str, tuple[str, str]] = {
    "values": (MISTAKE, "numbers of the right shape that differ"),
    "shape": (MISTAKE, "another shape than the other side's"),
    "dtype": (MISTAKE, "another dtype than the other side's: float64 from float32, or integers"),
    "count": (MISTAKE, "another number of outputs or of gradients"),
    "missing": (MISTAKE, "no gradient (None) where the other side has one"),
    "not an array": (MISTAKE, "something returned that is no array of numbers"),
    "raises": (MISTAKE, "one side raised an exception, the other did not"),
    "modified": (MISTAKE, "an input, the cache, the output or the upstream gradient written to"),
    "calls disagree": (MISTAKE, "two equal calls gave different results"),
    "upstream ignored": (MISTAKE, "backward does not use the size of the upstream gradient"),
    "not linear": (MISTAKE, "backward is not linear in the upstream gradient"),
    "isolated point": (MISTAKE, "right all around, wrong at exactly this input"),
    "kink": (CONVENTION, "different only at a kink, where there is no single right derivative"),
    "shares memory": (WARNING, "a result that is a view of an input or of another result"),
    "numpy warning": (WARNING, "NumPy warned while the code ran"),
}
"""kind -> (severity, meaning). Mistakes and conventions are differences; warnings are not."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, about one argument or output.

    Args:
        kind: a key of `KINDS`.
        argument: what it is about: "output", "gradient of x", "x", "upstream gradient", "cache[0]".
        message: one or two plain sentences.
        detail: plain values (numbers, strings, lists) for programs.

    >>> Finding("kink", "gradient of x", "0.5 against 0 where x is 0").severity
    'convention'
    """

    kind: str
    argument: str
    message: str
    detail: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {self.kind!r}")

    @property
    def severity(self) -> str:
        """"mistake", "convention" or "warning"."""
        return KINDS[self.kind][0]

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain values for JSON."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "argument": self.argument,
            "message": self.message,
            "detail": dict(self.detail),
        }
