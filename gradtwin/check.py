"""`gradtwin.check`: every concept of the lecture, computed by both wings on the same inputs.

A concept passes when outputs and gradients agree, within what rounding explains, on the corners of
its table row and on random inputs, when both wings arrive at the numbers that the lecture prints,
and when both wings' graphs are the same graph. Where its gradient is derived on paper too, all
three must agree.
"""

from __future__ import annotations

import math
import warnings
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from .case import Raised, attempt
from .compare import Compared, Comparison, compare
from .concepts import Concept, Figure, Wing, concepts, find
from .json_values import plain
from .on_paper import Table, odd_one_out, table, witnesses
from .render import NoGraphError, aligned
from .samples import Sample

CASES = 20
"""Random inputs a concept, besides its corners."""


@dataclass(frozen=True, slots=True)
class Reproduced:
    """A printed number beside the two wings'; `ok` when both round to what must come out."""

    figure: Figure
    ours: float | Raised
    theirs: float | Raised

    @property
    def ok(self) -> bool:
        return all(
            isinstance(number, float) and self.figure.reproduced_by(number)
            for number in (self.ours, self.theirs)
        )

    def __str__(self) -> str:
        printed = f"{self.figure.says} {self.figure.printed}"
        if self.figure.erratum:
            printed += f" (an erratum: right is {self.figure.erratum})"
        return f"{self.figure.what}: {printed}, scratch has {self.ours}, PyTorch {self.theirs}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        ours, theirs = (
            str(number) if isinstance(number, Raised) else plain(number)
            for number in (self.ours, self.theirs)
        )
        return {
            "what": self.figure.what,
            "says": self.figure.says,
            "printed": self.figure.printed,
            "erratum": self.figure.erratum or None,
            "scratch": ours,
            "torch": theirs,
            "ok": self.ok,
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """An input on which the wings differ, with the comparison that found it.

    Args:
        comparison: scratch with PyTorch.
        warning: what was warned about, where that is the failure: numbers went in and came out.
        paper: paper with scratch and paper with PyTorch, where it is derived on paper.
    """

    sample: Sample
    comparison: Comparison
    warning: str = ""
    paper: tuple[Comparison, ...] = ()

    @property
    def odd_one_out(self) -> str:
        """Of paper, scratch and PyTorch the one that the two others agree against, or ""."""
        return odd_one_out([c.ok for c in (self.comparison, *self.paper)])

    @property
    def scratch_is_right(self) -> bool:
        """The only thing wrong is PyTorch: so says the third witness of every difference."""
        return (
            self.comparison.ours_is_right
            and not self.warning
            and all(c.ok for c in self.paper[:1])
        )

    def __str__(self) -> str:
        lines = [str(self.sample), *([f"warned: {self.warning}"] if self.warning else [])]
        if all(c.ok for c in self.paper):
            return "\n".join([*lines, str(self.comparison)])
        odd = self.odd_one_out
        lines.append(
            f"{odd} disagrees: the two others agree"
            if odd
            else "of paper, scratch and PyTorch no two stand against the third"
        )
        pairs = ("scratch and PyTorch", "paper and scratch", "paper and PyTorch")
        for pair, comparison in zip(pairs, (self.comparison, *self.paper)):
            if not comparison.ok:
                lines += [f"ours and theirs are {pair}:", str(comparison)]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Graphs:
    """Whether both wings have the same computational graph, and how that is said in words."""

    ok: bool
    says: str


@dataclass(slots=True)
class Result:
    """What `check` found for one concept.

    Args:
        cases: how many inputs both wings were run on.
        ulp_forward, ulp_gradient: the largest distance in representable numbers on the random
            inputs; None where there was nothing to compare. (At the corners it says nothing: where
            scratch has 4e-18 and PyTorch's formula cancels to 0, the two are 1e18 numbers apart.)
        share: the largest difference as a share of what rounding may do; above 1 is a difference.
        figures: the printed numbers.
        failures: the inputs on which the wings differ.
        torch_failures: those on which the third witness finds PyTorch wrong and scratch right.
        paper: what paper, scratch and PyTorch have on the concept's example, where it is derived
            on paper.
        graphs: whether the wings' graphs on the concept's example are the same one, value for value
            and gradient for gradient in the middle too; None where there is no graph.
    """

    concept: Concept
    cases: int = 0
    ulp_forward: float | None = None
    ulp_gradient: float | None = None
    share: float = 0.0
    figures: list[Reproduced] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    torch_failures: list[Failure] = field(default_factory=list)
    paper: Table | None = None
    graphs: Graphs | None = None

    @property
    def ok(self) -> bool:
        """No difference that speaks against scratch, every printed number came out, one graph."""
        return (
            not self.failures
            and all(figure.ok for figure in self.figures)
            and (self.graphs is None or self.graphs.ok)
        )

    def add(
        self,
        sample: Sample,
        corner: bool,
        comparison: Comparison,
        warned: Sequence[str] = (),
        paper: Sequence[Comparison] = (),
    ) -> None:
        """Count one input in: what was compared on it, and warned of meanwhile."""
        self.cases += 1
        if not corner:
            self.ulp_forward = _largest(self.ulp_forward, comparison.outputs)
            self.ulp_gradient = _largest(self.ulp_gradient, comparison.gradients)
        compared = [c for each in (comparison, *paper) for c in (*each.outputs, *each.gradients)]
        self.share = max([self.share, *map(_share, compared)])
        # NumPy may warn of an infinity or a NaN that is there for everybody to see.
        finite = all(bool(np.isfinite(c.theirs).all()) for c in compared)
        failure = Failure(
            sample, comparison, "; ".join(warned) if finite else "", tuple(paper)
        )
        # On ordinary numbers PyTorch itself is right: there it is our use of it that is wrong.
        if failure.scratch_is_right and (corner or sample.operation.float32_inside):
            self.torch_failures.append(failure)
        elif (
            failure.warning
            or not all(c.ok for c in (comparison, *paper))
            or comparison.raised != (None, None)  # ordinary input: that both refuse shows nothing
        ):
            self.failures.append(failure)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "name": self.concept.name,
            "section": self.concept.section,
            "ok": self.ok,
            "cases": self.cases,
            "ulp_forward": plain(self.ulp_forward),
            "ulp_gradient": plain(self.ulp_gradient),
            "share_of_allowed": plain(self.share),
            "figures": [figure.to_dict() for figure in self.figures],
            "paper": None if self.paper is None else self.paper.to_dict(),
            "graphs": None
            if self.graphs is None
            else {"ok": self.graphs.ok, "says": self.graphs.says},
            "failures": [_failure(failure) for failure in self.failures],
            "torch_failures": [_failure(failure) for failure in self.torch_failures],
        }

    def __str__(self) -> str:
        equal = "paper = graph = PyTorch" if self.concept.paper else "twins"
        lines = [f"{self.concept.name}: {equal if self.ok else 'DIFFERENT'}, {self.cases} cases"]
        lines += [str(figure) for figure in self.figures if not figure.ok]
        if self.graphs is not None and not self.graphs.ok:
            lines.append(self.graphs.says)
        for found, what in (
            (self.failures, "differ"),
            (self.torch_failures, "differ, where the third witness finds scratch right"),
        ):
            if found:
                lines.append(f"{len(found)} of {self.cases} cases {what}; the first:")
                lines.append(str(found[0]))
        return "\n".join(lines)


class Report(Sequence[Result]):
    """The results of `check`, in the lecture's order; `.ok` when every concept passed."""

    def __init__(self, results: Sequence[Result], dtype: str, seed: int) -> None:
        self.results, self.dtype, self.seed = list(results), dtype, seed

    def __getitem__(self, index: Any) -> Any:
        return self.results[index]

    def __len__(self) -> int:
        return len(self.results)

    @property
    def ok(self) -> bool:
        return all(result.ok for result in self.results)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "ok": self.ok,
            "dtype": self.dtype,
            "seed": self.seed,
            "concepts": [result.to_dict() for result in self.results],
        }

    def __str__(self) -> str:
        return "\n".join(map(str, self.results))

    __repr__ = __str__


def check(
    name: str | Sequence[str] | None = None,
    dtype: str = "float64",
    seed: int = 0,
    cases: int = CASES,
) -> Report:
    """Run both wings on the inputs of one concept, of several, or of all, and compare.

    Args:
        name: a concept's name, several (each counts once), or None for all of them.
        dtype: "float64" or "float32".
        seed: of the random inputs, 0 or more. A concept gets the same ones alone and among all.
        cases: random inputs a concept, besides its corners.

    Raises:
        ValueError: an unknown concept or dtype, a negative seed, fewer than one case.

    >>> print(check(["xor", "linear_regression"], cases=10))
    xor: twins, 10 cases
    linear_regression: paper = graph = PyTorch, 11 cases
    """
    names = [name] if isinstance(name, str) else name
    chosen = concepts() if names is None else [find(each) for each in dict.fromkeys(names)]
    if dtype not in ("float32", "float64"):
        raise ValueError(f"dtype: expected float32 or float64, got {dtype!r}")
    if seed < 0:
        raise ValueError(f"seed: expected 0 or more, got {seed}")
    if cases < 1:
        raise ValueError(f"cases: expected 1 or more, got {cases}")
    return Report([check_concept(each, dtype, seed, cases) for each in chosen], dtype, seed)


def check_concept(concept: Concept, dtype: str, seed: int, cases: int) -> Result:
    """The result of one concept; the arguments are those of `check`."""
    result = Result(concept)
    scratch, torch = Wing("scratch", dtype), Wing("torch", dtype)
    result.figures = [_reproduced(figure, scratch, torch) for figure in concept.figures]
    result.graphs = _graphs(concept, dtype)
    for number, (sample, corner) in enumerate(_samples(concept, dtype, seed, cases)):
        names = _argument_names(concept, sample)
        *paper, ours, theirs = witnesses(concept, sample, scratch, torch)
        run = partial(
            compare,
            dtype=dtype,
            requires_grad=sample.requires_grad,
            seed=seed,
            names=names,
            witness=not result.failures,  # it takes seconds, and only the first failure is shown
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            comparison = run(ours, theirs, *sample.arrays)
            on_paper = [
                run(each, graph, *sample.arrays) for each in paper for graph in (ours, theirs)
            ]
        warned = [str(warning.message) for warning in caught]
        result.add(sample, corner, comparison, warned, on_paper)
        if paper and number == 0:  # the example
            shown = attempt("on paper", partial(table, (*paper, ours, theirs), sample, names or []))
            result.paper = None if isinstance(shown, Raised) else shown
    return result


def _graphs(concept: Concept, dtype: str) -> Graphs | None:
    """Both wings' graphs held against each other, on the concept's example."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the comparison of the numbers tells of them
            alignment = aligned(concept, dtype)
    except NoGraphError:
        return None
    except Exception as error:  # a wing that raises has no graph to be held against the other's
        return Graphs(False, f"the graphs cannot be compared: {type(error).__name__}: {error}")
    return Graphs(bool(alignment), str(alignment))


def _samples(
    concept: Concept, dtype: str, seed: int, cases: int
) -> Iterator[tuple[Sample, bool]]:
    """The corners of a concept, then random inputs, and whether it is a corner."""
    for corner in concept.operation.corner_samples(dtype, seed):
        yield corner, True
    rng = np.random.default_rng((seed, zlib.crc32(concept.name.encode())))
    for sample in islice(concept.cases(rng, dtype), cases):
        yield sample, False


def _argument_names(concept: Concept, sample: Sample) -> list[str] | None:
    positional = concept.argument_names(len(sample.arrays) - len(sample.keywords))
    return None if positional is None else [*positional, *sample.keywords]


def _reproduced(figure: Figure, scratch: Wing, torch: Wing) -> Reproduced:
    def computed(wing: Wing) -> float | Raised:
        return attempt("a printed number", lambda: float(figure.value(wing).item()))

    return Reproduced(figure, computed(scratch), computed(torch))


def _largest(before: float | None, compared: Sequence[Compared]) -> float | None:
    found = [c.max_ulp for c in compared] + ([] if before is None else [before])
    return max(found, default=None)


def _share(compared: Compared) -> float:
    """The largest difference as a share of what is allowed there."""
    if compared.allowed is None or not compared.ok:
        return math.inf
    ours, theirs = (np.asarray(a, np.float64) for a in (compared.ours, compared.theirs))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.abs(ours - theirs) / compared.allowed
    return float(np.max(share, initial=0.0, where=np.isfinite(share)))


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "case": str(failure.sample),
        "warning": failure.warning or None,
        "odd_one_out": failure.odd_one_out or None,
        "paper": [comparison.to_dict() for comparison in failure.paper],
        **failure.comparison.to_dict(),
    }
