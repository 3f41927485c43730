"""How an exercise is declared: what the student writes, what is right, what is known to go wrong.

See README.md beside this file for each field.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..samples.values import Values
from .probes import EXTREME, Probe, default_values, standard
from .reference import Gradient, Reference, References, as_reference
from .signature import Function
from .texts import Text
from .variants import Convention, Layout, Mistake, SwapError, patched

VALUE_POINTS, CONDUCT_POINTS = 2.0, 1.0
CONDUCT = ("extreme", "dtype", "unmodified", "upstream", "allowed")


@dataclass(frozen=True, eq=False)
class Expected:
    """A submission for the self-test.

    Args:
        source: its text.
        status: "right", "partial" or "wrong".
        points: exactly these; None for any.
        names: the mistakes and conventions that must be named, in any order; None for any.
    """

    source: str
    status: str
    points: float | None = None
    names: Sequence[str] | None = None


@dataclass(frozen=True, eq=False)
class Exercise:
    """One exercise.

    Args:
        name: an identifier; the starting file is called so.
        title, statement: one text, or one a language.
        functions: "f(a, b) -> c", in the order in which they are called.
        reference: for every returned quantity a function of torch tensors or `gradient(...)`.
        shapes: dimensions of the quantities, "N D"; "" is a number.
        section: of the lecture, as printed.
        inputs: how inputs are drawn, where not at random around 0. Only those drawn by default may
            be anything: zeros, ties and +-800 are tried on them.
        also: other right functions of a quantity, of other quantities of the student's own.
        opaque: returned quantities that are only handed on.
        probes: besides the standard ones.
        points: by criterion; 0 leaves one out.
        right: right solutions, different in algorithm; the first is what variants change.
        mistakes, conventions, layouts: see `variants.py`.
        forbidden: names and loops that must not be used.
        uses: "scratch", or nothing.
        driver: source that runs in the box after the submission.
        calls: function -> the arguments of one's own function on these inputs, where the driver
            stands between: how a report shows a failing input.
        shown: function -> the lines that print what it returns, where no one call of a function of
            one's own does: what a report shows instead.
        starter: the starting file's code, where it is not just the functions.
        expected: further submissions for the self-test.

    Raises:
        ValueError, TypeError: a declaration that makes no sense, at once.
    """

    name: str
    title: Text
    statement: Text
    functions: Sequence[str]
    reference: Mapping[str, Any]
    shapes: Mapping[str, str] = field(default_factory=dict)
    section: str = ""
    inputs: Mapping[str, Values] = field(default_factory=dict)
    also: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    opaque: Sequence[str] = ()
    probes: Sequence[Probe] = ()
    points: Mapping[str, float] = field(default_factory=dict)
    right: Sequence[str] = ()
    mistakes: Sequence[Mistake] = ()
    conventions: Sequence[Convention] = ()
    layouts: Sequence[Layout] = ()
    forbidden: Sequence[str] = ()
    uses: Sequence[str] = ()
    driver: str = ""
    calls: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    starter: Text = ""
    expected: Sequence[Expected] = ()

    def __post_init__(self) -> None:
        def put(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        if not self.name.isidentifier():
            raise ValueError(f"name: expected an identifier, got {self.name!r}")
        parsed = [f if isinstance(f, Function) else Function.parse(f) for f in self.functions]
        put("_functions", parsed)
        returned = [q for f in parsed for q in f.returns]
        if len(set(returned)) != len(returned):
            raise ValueError(f"functions: a quantity is returned twice: {returned}")
        given = dict.fromkeys(p for f in parsed for p in f.parameters if p not in returned)
        put("_free", {name for name in given if name not in self.inputs})
        put("inputs", {name: self._values(name) for name in given})
        graded = [q for q in returned if q not in self.opaque]
        missing = [q for q in graded if q not in self.reference]
        if missing:
            raise ValueError(f"reference: nothing for {', '.join(missing)}")
        put("references", References({q: as_reference(q, r) for q, r in self.reference.items()}))
        known = {*given, *self.reference}
        for q in self.reference:
            nowhere = self.references.stands_on(q) - known
            if nowhere:
                raise ValueError(
                    f"reference of {q!r} stands on {', '.join(sorted(nowhere))}: neither inputs "
                    f"nor quantities ({', '.join(sorted(known))})"
                )
        variants: tuple[Any, ...] = (*self.mistakes, *self.conventions, *self.layouts)
        names = [v.name for v in variants]
        if len(set(names)) != len(names):
            raise ValueError("mistakes: two have the same name")
        if (self.mistakes or self.conventions) and not self.right:
            raise ValueError("right: mistakes change the first right solution, and there is none")
        put("right", [textwrap.dedent(s).strip() + "\n" for s in self.right])
        for v in (*self.mistakes, *self.conventions):
            try:
                patched(self.right[0], v.swap)
            except SwapError as error:
                raise SwapError(f"{v.name}: {error}") from None
        unknown = set(self.points) - {*graded, *CONDUCT}
        if unknown:
            raise ValueError(f"points: no criterion is called {', '.join(sorted(unknown))}")
        for what, of in (("calls", self.calls), ("shown", self.shown)):
            unknown = set(of) - {f.name for f in parsed}
            if unknown:
                raise ValueError(f"{what}: no function is called {', '.join(sorted(unknown))}")

    def _values(self, name: str) -> Values:
        if name in self.inputs:
            return self.inputs[name]
        if name not in self.shapes:
            raise ValueError(f"shapes: nothing for the input {name!r}")
        return default_values(self.shapes[name])

    _functions: list[Function] = field(init=False, repr=False, default_factory=list)
    _free: set[str] = field(init=False, repr=False, default_factory=set)
    _others: dict[Any, References] = field(init=False, repr=False, default_factory=dict)
    references: References = field(init=False, repr=False, default_factory=lambda: References({}))

    @property
    def parsed(self) -> list[Function]:
        """The functions, read."""
        return self._functions

    def graded(self, function: Function) -> list[str]:
        """What a function returns that is compared, in order."""
        return [q for q in function.returns if q not in self.opaque]

    @cached_property
    def quantities(self) -> list[str]:
        """What is graded, in order."""
        return [q for f in self.parsed for q in self.graded(f)]

    def reference_of(self, quantity: str) -> Reference:
        """How a quantity is computed."""
        return self.references.of[quantity]

    def by_another(self, quantity: str, function: Any) -> References:
        """The references with another right function of one quantity (`also`)."""
        if (quantity, function) not in self._others:
            other = as_reference(quantity, function)
            self._others[quantity, function] = References({**self.references.of, quantity: other})
        return self._others[quantity, function]

    @cached_property
    def upstream(self) -> set[str]:
        """The inputs that play an upstream gradient."""
        return {
            r.upstream for r in self.references.of.values()
            if isinstance(r, Gradient) and r.upstream in self.inputs
        }

    @cached_property
    def real_inputs(self) -> list[str]:
        """The inputs that may be anything, so that zeros, ties and +-800 are tried as well."""
        return [n for n in self.inputs if n in self._free and n not in self.upstream]

    @cached_property
    def extreme(self) -> bool:
        """Whether inputs of +-800 are tried."""
        return self.points.get("extreme", 1) != 0

    @cached_property
    def all_probes(self) -> list[Probe]:
        """The standard probes and its own."""
        with np.errstate(all="ignore"):
            return standard(self)

    @cached_property
    def worth(self) -> dict[str, float]:
        """Points by criterion, in the report's order; those that do not apply are absent."""
        worth = {q: self.points.get(q, VALUE_POINTS) for q in self.quantities}
        applies = {
            "extreme": self.extreme
            and (bool(self.real_inputs) or any(p.kind == EXTREME for p in self.probes)),
            "dtype": True,
            "unmodified": True,
            "upstream": bool(self.upstream),
            "allowed": bool(self.forbidden),
        }
        for name, does in applies.items():
            if does:
                worth[name] = self.points.get(name, CONDUCT_POINTS)
        return {name: points for name, points in worth.items() if points}

    def job_functions(self) -> list[dict[str, Any]]:
        """The functions as the box is told of them."""
        return [
            {"name": f.name, "parameters": list(f.parameters), "returns": list(f.returns)}
            for f in self.parsed
        ]
