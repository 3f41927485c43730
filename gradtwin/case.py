"""One comparison's experiment: two sides and the inputs, which can be run again on other inputs.

The first run tells whether the sides agree. Only where they do not is the experiment repeated: on
moved inputs (how sensitive is the result? is there a kink?), on other upstream gradients, in
extended precision.
"""

from __future__ import annotations

import math
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from .findings import Finding
from .sides import Array, NotAnArrayError, Side, UsageError

T = TypeVar("T")

_ROOT = Path(__file__).parent.parent
LIBRARIES = (
    "site-packages",
    "__array_function__",
    *(str(_ROOT / package) for package in ("gradtwin", "scratch", "torch_ref")),
)
"""Parts of the file names that are not the caller's own code."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception that one side's code raised."""

    during: str
    type: str
    message: str
    where: str
    not_an_array: bool = False
    refusal: str = ""
    """What it refuses, "type" or "value" of the input; "" where it is a mistake in the code."""

    def __str__(self) -> str:
        if self.not_an_array:
            return self.message
        at = f" (at {self.where})" if self.where else ""
        return f"{self.type} in {self.during}{at}: {self.message}"

    def to_dict(self) -> dict[str, str]:
        """Plain values for JSON."""
        return {"during": self.during, "type": self.type, "message": self.message,
                "where": self.where}


def attempt(during: str, run: Callable[[], T]) -> T | Raised:
    """What `run` returns, or how it failed. Wrong usage of `compare` itself is not caught."""
    try:
        return run()
    except UsageError:
        raise
    except NotAnArrayError as error:
        return Raised(during, "NotAnArray", str(error), "", not_an_array=True)
    except Exception as error:
        return Raised(
            during, type(error).__name__, str(error), _last_line(error), refusal=_refusal(error)
        )


def _refusal(error: Exception) -> str:
    """What an exception refuses; libraries disagree on ValueError, RuntimeError and IndexError."""
    if isinstance(error, NotImplementedError | RecursionError):  # RuntimeErrors, but no refusals
        return ""
    if isinstance(error, TypeError):
        return "type"
    return "value" if isinstance(error, ValueError | RuntimeError | IndexError) else ""


def _last_line(error: Exception) -> str:
    """Deepest line of the caller's own code in a traceback, as "file.py:12"."""
    lines = [
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if not any(part in frame.filename for part in LIBRARIES)
    ]
    return lines[-1] if lines else ""


@lru_cache(maxsize=4096)
def _upstream(shape: tuple[int, ...], dtype: str, seed: int) -> Array:
    rng = np.random.default_rng((seed, *shape))
    g = rng.uniform(0.5, 1.5, size=shape)
    signs = np.where(np.arange(math.prod(shape)) % 2, 1.0, -1.0)    # as many of either sign
    result = np.asarray(g * rng.permutation(signs).reshape(shape), dtype=dtype)
    result.flags.writeable = False
    return result


def upstream_like(outputs: Sequence[Array], seed: int) -> list[Array]:
    """A fixed gradient for each output: magnitudes 0.5 to 1.5, both signs, no two equal.

    All ones would hide a backward that ignores its argument, and sums that should be weighted.

    >>> upstream_like([np.zeros(4)], seed=0)[0].round(2).tolist()
    [-1.38, 0.73, 0.91, -0.95]
    """
    return [
        _upstream(o.shape, o.dtype.str if o.dtype.kind == "f" else "<f8", seed + i)
        for i, o in enumerate(outputs)
    ]


@dataclass(slots=True)
class Case:
    """Two sides, the inputs, and the upstream gradients that they were run with."""

    ours: Side
    theirs: Side
    inputs: list[Array]
    wanted: list[bool]
    names: list[str]
    seed: int
    expected: int
    upstream: list[Array]
    our_upstream: list[Array]

    def run(
        self, side: Side, inputs: Sequence[Array], upstream: Sequence[Array] | None = None
    ) -> tuple[list[Array], list[Array | None]]:
        """Outputs and gradients of one side on other inputs; warnings are left aside."""
        if upstream is None:
            upstream = self.our_upstream if side is self.ours else self.upstream
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            one_pass = side.forward(inputs, self.wanted, self.expected)
            outputs = [np.array(o) for o in one_pass.outputs]
            g = [np.asarray(u, o.dtype if o.dtype.kind == "f" else u.dtype).reshape(o.shape)
                 for u, o in zip(upstream, outputs)]
            if not one_pass.takes_upstream:
                g = [np.ones_like(x) for x in g]
            return outputs, one_pass.backward(g) if one_pass.has_backward else []

    def evaluate(self, side: Side, inputs: Sequence[Array]) -> list[Array]:
        """Outputs of one side on other inputs, without gradient; warnings are left aside."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return side.evaluate(inputs, self.expected)

    def widened(self, dtype: Any) -> list[Array]:
        """The inputs with every floating array in another dtype."""
        return [a.astype(dtype) if a.dtype.kind == "f" else a for a in self.inputs]


def both_refuse(ours: Raised, theirs: Raised) -> bool:
    """Both sides refuse the input, and for a comparable reason."""
    return ours.refusal == theirs.refusal != ""


def both_raised_finding(ours: Raised, theirs: Raised) -> Finding:
    """The finding that both sides failed, and not because both refuse the input."""
    return Finding(
        "raises",
        "both",
        f"ours raised {ours}; theirs raised {theirs}. These are not two comparable "
        "refusals of the input",
        {"ours": ours.to_dict(), "theirs": theirs.to_dict()},
    )


def raised_finding(who: str, raised: Raised, other: str) -> Finding:
    """The finding that one side failed where the other did not."""
    if raised.not_an_array:
        return Finding("not an array", who, f"{who}: {raised.message}", raised.to_dict())
    return Finding(
        "raises", who, f"{who} raised {raised}; {other} raised nothing", raised.to_dict()
    )
