"""Are these two twins? Run both, forward and backward, and say where they differ and by how much.

`ours` is a function of scratch tensors, a student's plain numpy (forward, backward), or an object
with both; `theirs` is a function of torch tensors. Both get the same inputs and the same upstream
gradient: random, of both signs, never all ones, since ones hide a backward that ignores it.
Every output and every argument's gradient is compared within `tolerance.py`'s bound. Where they
differ the experiment is repeated to say more: is it a kink, which side is right, what would be
equal.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .case import (
    Case,
    Raised,
    attempt,
    both_raised_finding,
    both_refuse,
    raised_finding,
    upstream_like,
)
from .conduct import conduct
from .findings import CONVENTION, MISTAKE, WARNING, Finding
from .json_values import plain
from .numpy_side import NumpySide
from .report import number
from .sides import Array, Pass, Side, UsageError, as_side
from .tolerance import (
    INPUT_MOVE,
    WORDS,
    Tolerance,
    condition,
    exponent_unit,
    gradient_unit,
    moved_inputs,
    resolution,
    same_outcome,
    summed_terms,
)
from .ulp import ulp_distance
from .witness import Kink, Verdict, about_gradient, about_output, look_around

CONDITION_PROBES = ((range(4), False), (range(12), True))
"""Seeds of the probes of the condition, and whether they move only as far as rounding may."""


@dataclass(eq=False)
class Compared:
    """One output, or one argument's gradient, of both sides.

    Args:
        what: "output" or "gradient".
        name: "output", "output 1", "gradient of x".
        argument: the number of the output or of the argument.
        ours, theirs: the arrays. A gradient that one side does not have (None) is 0 here.
        allowed: how far apart right computations may be, elementwise; None when shapes differ.
        equal: elementwise, within allowed; None when shapes differ.
        dtypes: of ours and theirs as returned.
        missing: "ours" or "theirs" where that side's gradient was None.
        verdict: what the third witness says about the worst entry.
    """

    what: str
    name: str
    argument: int
    ours: Array
    theirs: Array
    allowed: Array | None
    equal: Array | None
    dtypes: tuple[np.dtype[Any], np.dtype[Any]]
    missing: str = ""
    verdict: Verdict | None = None

    @property
    def ok(self) -> bool:
        """All elements equal within what is allowed, and shapes equal."""
        return self.equal is not None and bool(self.equal.all())

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of theirs."""
        return self.shapes[1]

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of ours and theirs."""
        return self.ours.shape, self.theirs.shape

    @property
    def elements(self) -> int:
        """How many elements theirs has."""
        return int(self.theirs.size)

    @property
    def differing(self) -> int:
        """How many elements are further apart than allowed; all of them when shapes differ."""
        if self.equal is None:
            return self.elements
        return int(self.elements - np.count_nonzero(self.equal))

    @cached_property
    def _differences(self) -> Array:
        with np.errstate(invalid="ignore", over="ignore"):
            difference = np.abs(_float(self.ours) - _float(self.theirs))
        alike = _identical(self.ours, self.theirs)
        return np.where(alike, 0.0, np.where(np.isnan(difference), np.inf, difference))

    @property
    def max_absolute(self) -> float:
        """Largest |ours - theirs|; infinite where only one of the two is NaN or infinite."""
        return self._largest(lambda: self._differences)

    @property
    def max_relative(self) -> float:
        """Largest |ours - theirs| / |theirs|; infinite where theirs is 0 and ours is not."""

        def relative() -> Array:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                ratio = self._differences / np.abs(_float(self.theirs))
            return np.where(self._differences == 0, 0.0, np.where(np.isnan(ratio), np.inf, ratio))

        return self._largest(relative)

    @property
    def max_ulp(self) -> float:
        """Most representable numbers between ours and theirs (see `ulp_distance`)."""
        return self._largest(lambda: ulp_distance(self.ours, self.theirs))

    @property
    def max_units(self) -> float:
        """Largest |ours - theirs| in eps max(1, |theirs|): a measure that stays sane near 0."""
        eps = resolution(*self.dtypes) or 1.0
        return self._largest(
            lambda: self._differences / (eps * np.maximum(1.0, _finite_or(self.theirs, 1.0)))
        )

    def _largest(self, values: Any) -> float:
        if self.equal is None:
            return math.inf
        return float(np.max(values(), initial=0.0))

    @cached_property
    def worst(self) -> tuple[int, ...] | None:
        """Index of the entry that exceeds what is allowed by most; None when shapes differ."""
        if self.equal is None or self.allowed is None or not self.equal.size:
            return None
        tiny = np.finfo(np.float64).tiny
        with np.errstate(over="ignore", invalid="ignore"):
            excess = np.where(self.equal, -1.0, self._differences / np.maximum(self.allowed, tiny))
        if self.equal.all():
            excess = self._differences
        return tuple(int(i) for i in np.unravel_index(int(np.argmax(excess)), excess.shape))

    @property
    def ours_at_worst(self) -> float | None:
        """Our value at the worst entry."""
        return None if self.worst is None else float(self.ours[self.worst])

    @property
    def theirs_at_worst(self) -> float | None:
        """Their value at the worst entry."""
        return None if self.worst is None else float(self.theirs[self.worst])

    @property
    def allowed_at_worst(self) -> float | None:
        """What was allowed at the worst entry."""
        if self.worst is None or self.allowed is None:
            return None
        return float(self.allowed[self.worst])

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; infinities and NaN as the strings "inf", "-inf", "nan"."""
        values: dict[str, Any] = plain(
            {
                "what": self.what,
                "name": self.name,
                "ok": self.ok,
                "shape": self.shapes,
                "dtype": [str(d) for d in self.dtypes],
                "elements": self.elements,
                "differing": self.differing,
                "max_absolute": self.max_absolute,
                "max_relative": self.max_relative,
                "max_ulp": self.max_ulp,
                "max_units": self.max_units,
                "worst": self.worst,
                "ours": self.ours_at_worst,
                "theirs": self.theirs_at_worst,
                "allowed": self.allowed_at_worst,
                "missing": self.missing,
                "verdict": None if self.verdict is None else self.verdict.to_dict(),
            }
        )
        return values


@dataclass(eq=False)
class Comparison:
    """What came out: `.ok`, each output, each gradient, the findings, and a report by `str()`.

    Args:
        outputs: one `Compared` an output.
        gradients: one `Compared` an argument that gets a gradient.
        findings: everything worth saying, mistakes first.
        names: the arguments' names.
        inputs: the arguments as both sides got them.
        kinds: "scratch", "torch" or "numpy" for ours and theirs.
        raised: the exceptions of ours and theirs, None where none.
        dtype: "float64" or "float32".
        seed: that of the upstream gradient.
        notes: what was not compared, and why.
    """

    outputs: list[Compared]
    gradients: list[Compared]
    findings: list[Finding]
    names: list[str]
    inputs: list[Array]
    kinds: tuple[str, str]
    raised: tuple[Raised | None, Raised | None]
    dtype: str
    seed: int
    upstream: list[Array] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """No difference: neither a mistake nor another convention. Warnings do not count.

        Two sides that refuse the input for a comparable reason agree, though nothing was compared;
        see `raised` and `notes`. `assert_twins` does not let them pass.
        """
        return not any(f.severity in (MISTAKE, CONVENTION) for f in self.findings)

    @property
    def only_conventions(self) -> bool:
        """There is a difference, but nothing except other conventions at a kink."""
        return not self.ok and not any(f.severity == MISTAKE for f in self.findings)

    @property
    def ours_is_right(self) -> bool:
        """Values differ and nothing else, and the third witness says each time that ours is right.

        False where nothing differs.
        """
        differing = [c for c in (*self.outputs, *self.gradients) if not c.ok]
        mistakes = [f for f in self.findings if f.severity != WARNING]
        return len(mistakes) == len(differing) > 0 and all(
            c.verdict is not None and c.verdict.side == "ours" for c in differing
        )

    def __bool__(self) -> bool:
        return self.ok

    def of(self, kind: str) -> list[Finding]:
        """The findings of one kind."""
        return [f for f in self.findings if f.kind == kind]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "ok": self.ok,
            "only_conventions": self.only_conventions,
            "dtype": self.dtype,
            "seed": self.seed,
            "sides": list(self.kinds),
            "arguments": [
                {"name": n, "shape": list(a.shape), "dtype": str(a.dtype)}
                for n, a in zip(self.names, self.inputs)
            ],
            "outputs": [c.to_dict() for c in self.outputs],
            "gradients": [c.to_dict() for c in self.gradients],
            "findings": [plain(f.to_dict()) for f in self.findings],
            "raised": [None if r is None else r.to_dict() for r in self.raised],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        from .report import text

        return text(self)

    def __repr__(self) -> str:
        return f"<Comparison: {'twins' if self.ok else 'different'}, print it for the report>"

    def _repr_html_(self) -> str:
        from .report import html

        return html(self)


def compare(
    ours: Any,
    theirs: Any,
    *arrays: Any,
    dtype: Any = "float64",
    requires_grad: Sequence[bool] | None = None,
    seed: int = 0,
    tolerance: Tolerance | None = None,
    names: Sequence[str] | None = None,
    witness: bool = True,
) -> Comparison:
    """Outputs and every argument's gradient of two callables, on the same arrays.

    Args:
        ours: a function of scratch tensors; a numpy pair (forward, backward), with or without a
            cache between them; an object with forward and backward; or what `side` returns.
        theirs: a function of torch tensors (or any of the above).
        arrays: the arguments, anything numpy can read, and tensors of either wing. Floating ones
            are taken in `dtype`; integers and booleans (class indices, masks) go as they are, and
            have no gradient: the report says so where all were integers, some written [1, 2].
        dtype: "float64" or "float32".
        requires_grad: one bool an argument: which get a gradient. Default: every floating one.
        seed: of the upstream gradient and of every probe.
        tolerance: see `tolerance.py`; the default follows from the rounding of right computations.
        names: the arguments' names in the report; by default those of the functions' parameters.
        witness: ask the third witness where the two differ (it runs forward some 200 times).

    Raises:
        TypeError: something that is no side, a number of arguments that a side does not take, or a
            backward that no known convention fits.
        ValueError: arguments of `compare` that make no sense.

    An exception inside either side's code is not raised but found. It is a difference, unless both
    sides refuse the input: both by a TypeError, or both by one of ValueError, RuntimeError and
    IndexError. The report then says that nothing was compared.

    >>> import numpy as np, torch
    >>> forward = lambda x: np.maximum(x, 0.0)
    >>> backward = lambda g, x: g * (x > 0)
    >>> compare((forward, backward), torch.relu, [-1.0, 0.0, 2.0]).ok
    True
    >>> backward = lambda g, x: g * (x >= 0)            # another derivative at 0
    >>> [f.kind for f in compare((forward, backward), torch.relu, [-1.0, 0.0, 2.0]).findings]
    ['kink']
    """
    first, second = as_side(ours, "scratch"), as_side(theirs, "torch")
    tolerance = _checked_tolerance(tolerance)
    seed = _checked_seed(seed)
    inputs, working = _inputs(arrays, dtype)
    wanted = _wanted(inputs, requires_grad)
    labels = _names(names, inputs, first, second)
    first.refuse_count("ours", len(inputs))
    second.refuse_count("theirs", len(inputs))
    result = Comparison(
        [], [], [], labels, inputs, (first.kind, second.kind), (None, None), str(working), seed
    )

    their_pass = attempt("forward", lambda: second.forward(inputs, wanted))
    expected = None if isinstance(their_pass, Raised) else len(their_pass.outputs)
    our_pass = attempt("forward", lambda: first.forward(inputs, wanted, expected))
    if isinstance(our_pass, Pass):
        result.findings += our_pass.findings
    if isinstance(their_pass, Pass):
        result.findings += their_pass.findings
    if isinstance(our_pass, Raised) or isinstance(their_pass, Raised):
        return _raised(result, our_pass, their_pass)

    for i, (o, t) in enumerate(zip(our_pass.outputs, their_pass.outputs)):
        name = "output" if len(their_pass.outputs) == 1 else f"output {i}"
        result.outputs.append(_compared("output", name, i, o, t, inputs, tolerance, 1.0))
    if len(our_pass.outputs) != len(their_pass.outputs) or not their_pass.outputs:
        result.findings.append(_output_count(our_pass, their_pass))
        return result

    ones = not (our_pass.takes_upstream and their_pass.takes_upstream)
    upstream = upstream_like(their_pass.outputs, seed)
    if ones:
        upstream = [np.ones_like(g) for g in upstream]
    result.upstream = upstream
    our_upstream = [
        np.asarray(g, dtype=g.dtype).reshape(o.shape)
        for g, o in zip(upstream, our_pass.outputs)
        if g.size == o.size
    ]
    if requires_grad is None and not any(wanted):
        result.notes += _meant_as_floats(arrays, inputs)
    case = Case(
        first, second, inputs, wanted, labels, seed, len(upstream), upstream, our_upstream
    )
    our_gradients: list[Array | None] = []
    comparable = len(our_upstream) == len(upstream) and any(wanted)
    if comparable and our_pass.has_backward and their_pass.has_backward:
        known = len(our_pass.findings), len(their_pass.findings)
        theirs_back = attempt("backward", lambda: their_pass.backward(upstream))
        ours_back = attempt("backward", lambda: our_pass.backward(our_upstream))
        result.findings += our_pass.findings[known[0] :] + their_pass.findings[known[1] :]
        if isinstance(ours_back, Raised) or isinstance(theirs_back, Raised):
            _raised(result, ours_back, theirs_back)
            _explain(result, case, tolerance, witness)
            return result
        our_gradients = ours_back
        for i, (a, b) in enumerate(zip(ours_back, theirs_back)):
            if wanted[i]:
                result.gradients.append(_gradient(i, a, b, case, tolerance))
    if isinstance(first, NumpySide) and len(our_upstream) == len(upstream):
        behaviour = attempt(
            "a second call",
            lambda: conduct(
                case, our_pass.outputs, our_gradients, our_pass.takes_upstream, tolerance
            ),
        )
        if isinstance(behaviour, Raised):
            result.findings.append(raised_finding("ours", behaviour, "the first call"))
        else:
            result.findings += behaviour
    _explain(result, case, tolerance, witness)
    return result


def assert_twins(ours: Any, theirs: Any, *arrays: Any, **options: Any) -> None:
    """Raise AssertionError, with the report of `compare`, unless the two are twins.

    Two sides that both raise are no twins here: nothing of them was compared.

    Args:
        options: as those of `compare`.

    >>> import numpy as np, torch
    >>> assert_twins((np.exp, lambda g, x: g * np.exp(x)), torch.exp, [[0.5, 1.0]])
    """
    comparison = compare(ours, theirs, *arrays, **options)
    if not comparison.ok or any(comparison.raised):
        raise AssertionError("\n" + str(comparison))


# What is handed in.


def _inputs(arrays: Sequence[Any], dtype: Any) -> tuple[list[Array], np.dtype[Any]]:
    try:
        working = np.dtype(dtype)
    except TypeError:
        working = np.dtype(object)
    if working not in (np.float64, np.float32):
        raise ValueError(f'dtype must be "float64" or "float32", got {dtype!r}')
    inputs = []
    for place, given in enumerate(arrays, start=1):
        try:
            array = _array(given)
        except (ValueError, TypeError, RuntimeError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"argument {place} is no array: {error}") from error
        if array.dtype.kind not in "biuf":
            raise TypeError(
                f"argument {place} must be an array of real numbers, got {type(given).__name__} "
                f"of dtype {array.dtype}"
            )
        kept = working if array.dtype.kind == "f" else array.dtype.newbyteorder("=")
        with np.errstate(over="ignore"):
            inputs.append(array.astype(kept))
    return inputs, working


def _array(given: Any) -> Array:
    """`given` as an array; of a tensor of either wing its numbers, whatever it records."""
    if callable(getattr(given, "detach", None)):
        given = given.detach()
        given = given.cpu() if hasattr(given, "cpu") else given
        return np.array(given.numpy())
    if isinstance(given, np.ma.MaskedArray):
        raise TypeError("it is masked, and neither side knows masks; fill it, or hand the mask in")
    return np.asarray(given)


def _checked_tolerance(given: Any) -> Tolerance:
    if given is not None and not isinstance(given, Tolerance):
        raise TypeError(f"tolerance must be a Tolerance, such as Tolerance(ulps=8), got {given!r}")
    return Tolerance() if given is None else given


def _checked_seed(given: Any) -> int:
    try:
        seed = operator.index(given)
    except TypeError:
        seed = -1
    if seed < 0:
        raise ValueError(f"seed must be an integer >= 0, got {given!r}")
    return seed


def _wanted(inputs: list[Array], requires_grad: Sequence[bool] | None) -> list[bool]:
    if requires_grad is None:
        return [a.dtype.kind == "f" for a in inputs]
    flags = list(requires_grad) if isinstance(requires_grad, Iterable) else [None]
    if not all(isinstance(w, bool | np.bool_) for w in flags):
        raise TypeError(f"requires_grad must have one bool an argument, got {requires_grad!r}")
    if len(flags) != len(inputs):
        raise ValueError(
            f"requires_grad must have one bool an argument: {len(inputs)} arguments, "
            f"{len(flags)} given"
        )
    for place, (a, w) in enumerate(zip(inputs, flags), start=1):
        if w and a.dtype.kind != "f":
            raise ValueError(f"argument {place} has dtype {a.dtype}: only floats have a gradient")
    return [bool(w) for w in flags]


def _meant_as_floats(arrays: Sequence[Any], inputs: list[Array]) -> list[str]:
    """A note that 1 is not 1.0, where integers were written out and no gradient was compared."""
    for given, array in zip(arrays, inputs):
        if isinstance(given, int | list | tuple) and array.dtype.kind == "i":
            floats = repr(array.astype(np.float64).tolist())
            instead = floats if len(floats) < 40 else "1.0 in place of 1"
            return [f"no gradient was compared: the inputs are integers; write {instead}"]
    return []


def _names(
    names: Sequence[str] | None, inputs: list[Array], first: Side, second: Side
) -> list[str]:
    if names is not None:
        if len(names) != len(inputs):
            raise ValueError(
                f"names must name each argument: {len(inputs)} arguments, {len(names)} names"
            )
        return list(names)
    for one in (first, second):
        candidate = one.parameter_names()
        if len(candidate) >= len(inputs):
            return candidate[: len(inputs)]
    return [f"argument {i + 1}" for i in range(len(inputs))]


# One array against another.


def _compared(
    what: str,
    name: str,
    number: int,
    ours: Array,
    theirs: Array,
    inputs: list[Array],
    tolerance: Tolerance,
    unit: float,
    missing: str = "",
    upstream: Sequence[Array] = (),
) -> Compared:
    dtypes = ours.dtype, theirs.dtype
    if ours.shape != theirs.shape:
        return Compared(what, name, number, ours, theirs, None, None, dtypes, missing)
    eps = 0.0
    if theirs.dtype.kind == "f":  # softmax(x, dtype="float32") computes in float32 both ways
        eps = resolution(ours.dtype, theirs.dtype, *(g.dtype for g in upstream))
    terms = summed_terms(theirs.shape, [a.shape for a in inputs])
    allowed = tolerance.allowed(theirs, eps=eps, terms=terms, unit=unit)
    equal = _within(ours, theirs, allowed)
    return Compared(what, name, number, ours, theirs, allowed, equal, dtypes, missing)


def _within(ours: Array, theirs: Array, allowed: Array | float) -> Array:
    with np.errstate(invalid="ignore", over="ignore"):
        a, b = _float(ours), _float(theirs)
        equal: Array = np.asarray(np.abs(a - b) <= allowed)
    if not equal.all():
        equal = np.asarray(equal | _identical(ours, theirs))
    return equal


def _identical(a: Array, b: Array) -> Array:
    """Equal numbers, zeros of either sign, infinities of the same sign, NaN in the same place."""
    return np.asarray((a == b) | ((a != a) & (b != b)))


def _float(a: Array) -> Array:
    return a if a.dtype == np.float64 else a.astype(np.float64)


def _finite_or(a: Array, otherwise: float) -> Array:
    a = np.abs(_float(a))
    return np.where(np.isfinite(a), a, otherwise)


def _gradient(
    i: int, ours: Array | None, theirs: Array | None, case: Case, tolerance: Tolerance
) -> Compared:
    argument = case.inputs[i]
    missing = ""
    if ours is None:
        ours = np.zeros_like(argument)
        missing = "ours"
    if theirs is None:
        theirs = np.zeros_like(argument)
        missing = missing or "theirs"
    return _compared(
        "gradient",
        f"gradient of {case.names[i]}",
        i,
        np.array(ours),
        np.array(theirs),
        [*case.inputs, *case.upstream],
        tolerance,
        gradient_unit(case.upstream, theirs),
        missing,
        case.upstream,
    )


# What can be said when something differs.


def _raised(result: Comparison, ours: Any, theirs: Any) -> Comparison:
    our_error = ours if isinstance(ours, Raised) else None
    their_error = theirs if isinstance(theirs, Raised) else None
    result.raised = our_error, their_error
    if our_error and their_error:
        what = "nothing" if our_error.during == "forward" else "no gradient"
        result.notes.append(f"{what} was compared: both raised")
        if not both_refuse(our_error, their_error) and not our_error.not_an_array:
            result.findings.insert(0, both_raised_finding(our_error, their_error))
    if our_error and (their_error is None or our_error.not_an_array):
        result.findings.insert(0, raised_finding("ours", our_error, "theirs"))
    elif their_error and our_error is None:
        result.findings.insert(0, raised_finding("theirs", their_error, "ours"))
    return result


def _output_count(ours: Pass, theirs: Pass) -> Finding:
    return Finding(
        "count",
        "outputs",
        f"ours returns {len(ours.outputs)} output(s), theirs {len(theirs.outputs)}"
        + ("" if theirs.outputs else ": at least one is needed"),
        {"returned": len(ours.outputs), "expected": len(theirs.outputs)},
    )


def _explain(result: Comparison, case: Case, tolerance: Tolerance, witness: bool) -> None:
    """Findings for every array that differs, after a second look at what rounding explains."""
    compared = [*result.outputs, *result.gradients]
    for probes, nearly in CONDITION_PROBES:
        if any(c.equal is not None and not c.ok for c in compared):
            _widen_by_condition(compared, case, tolerance, probes, nearly)
    outputs_agree = all(c.ok for c in result.outputs)
    for c in compared:
        result.findings += _dtype_findings(c, case)
        if c.equal is None:
            result.findings.append(_shape_finding(c))
        elif not c.ok:
            kink = None
            if c.what == "gradient" and outputs_agree and not c.missing and c.worst is not None:
                kink = look_around(case, c.argument, ~c.equal, c.worst)
            if witness and (kink is None or not kink.agree_around):
                c.verdict = _ask_witness(c, case, outputs_agree)
            result.findings.append(_values_finding(c, case, kink))
    order = {MISTAKE: 0, CONVENTION: 1}
    result.findings.sort(key=lambda f: order.get(f.severity, 2))


def _widen_by_condition(
    compared: list[Compared], case: Case, tolerance: Tolerance, probes: Sequence[int], nearly: bool
) -> None:
    """Allow what rounding does to this very computation, measured on theirs.

    What one measurement has found equal stays equal, whatever the next one sees.
    """
    answer = attempt("condition", lambda: _measured(case, probes, nearly))
    if isinstance(answer, Raised):
        return
    spread, nodes = answer
    outputs = len(case.upstream)
    for c in compared:
        position = c.argument if c.what == "output" else outputs + c.argument
        moved_by_one = spread[position]
        if c.equal is None or c.ok or c.theirs.dtype.kind != "f" or moved_by_one is None:
            continue
        gradient = c.what == "gradient"
        shapes = [a.shape for a in (*case.inputs, *(case.upstream if gradient else []))]
        unit: Any = 1.0
        if gradient:
            exponent = exponent_unit(c.theirs, case.inputs[c.argument])
            unit = np.maximum(gradient_unit(case.upstream, c.theirs), exponent)
        eps = resolution(*c.dtypes, *(g.dtype for g in case.upstream if gradient))
        widened = tolerance.allowed(
            c.theirs,
            eps=eps,
            terms=summed_terms(c.shape, shapes) + nodes,
            unit=unit,
            condition=np.where(np.isinf(moved_by_one), 0.0, moved_by_one) / eps,
        )
        c.allowed = widened if c.allowed is None else np.maximum(c.allowed, widened)
        # infinite: rounding decides whether theirs is a number at all
        c.equal = c.equal | _within(c.ours, c.theirs, c.allowed) | np.isinf(moved_by_one)


def _measured(
    case: Case, probes: Sequence[int], nearly: bool
) -> tuple[list[Array | None], int]:
    """For outputs and gradients how far one rounding of everything takes them, and a count.

    In PyTorch every operation's result is moved, in the case's own dtype, and so are the upstream
    gradients and all inputs, frozen ones too: what a sum cancels is no smaller for taking no
    gradient. Elsewhere only the inputs can be, in float64; the count is then of unknown
    roundings in between, and 0 where each was moved by itself.
    """
    if case.theirs.kind == "torch":
        from .magnified import FAR, NEAR, Magnified, move

        by = NEAR if nearly else FAR

        def moved(seed: int) -> list[Array | None]:
            inputs, upstream = case.inputs, case.upstream
            if not nearly:  # an operation is right for inputs nearby: no kink is decided by that
                inputs = [move(a, seed, by) if a.dtype.kind == "f" else a for a in inputs]
                upstream = [move(g, seed, by) for g in upstream]
            with Magnified(seed, by):
                try:
                    return _flat(case.run(case.theirs, inputs, upstream))
                except Exception:  # an input at the edge of what is allowed, such as probability 1
                    return _flat(case.run(case.theirs, case.inputs, upstream))

        base = _flat(case.run(case.theirs, case.inputs))
        return _spread(base, [moved(seed) for seed in probes], by, nearly), 0
    wide = case.widened(np.float64)
    base = _flat(case.run(case.theirs, wide))
    runs = [
        _flat(case.run(case.theirs, moved_inputs(wide, seed))) for seed in probes
    ]
    eps = resolution(*(a.dtype for a in case.inputs), *(g.dtype for g in case.upstream))
    last = case.theirs.forward(case.inputs, case.wanted)
    return _spread(base, runs, INPUT_MOVE / eps), getattr(last, "nodes", 0)


def _flat(run: tuple[list[Array], list[Array | None]]) -> list[Array | None]:
    return [*run[0], *run[1]]


def _spread(
    base: list[Array | None], runs: list[list[Array | None]], by: float, nearly: bool = False
) -> list[Array | None]:
    return [
        None if b is None else condition(b, [r[i] for r in runs if r[i] is not None], by, nearly)
        for i, b in enumerate(base)
    ]


def _ask_witness(c: Compared, case: Case, outputs_agree: bool) -> Verdict | None:
    if c.worst is None or c.equal is None or c.allowed is None:
        return None
    places = [c.worst]
    places += [p for p in (tuple(map(int, i)) for i in np.argwhere(~c.equal)) if p != c.worst]
    if c.what == "output":
        return about_output(case, c.argument, places, c.ours, c.theirs, c.allowed)
    return about_gradient(
        case, c.argument, places, c.ours, c.theirs, c.allowed, outputs_agree
    )


def _values_finding(c: Compared, case: Case, kink: Kink | None) -> Finding:
    detail: dict[str, Any] = {
        "differing": c.differing,
        "elements": c.elements,
        "index": None if c.worst is None else list(c.worst),
        "ours": c.ours_at_worst,
        "theirs": c.theirs_at_worst,
    }
    many = f"{c.differing} of {c.elements} element{'s' if c.elements != 1 else ''}"
    if c.missing == "ours":
        return Finding("missing", c.name, f"backward gives no {c.name} (None); theirs has one",
                       detail)
    if kink is not None and kink.agree_around:
        where = _where(c, case)
        ours, theirs = _for_upstream_of_ones(c, case)
        mine, other = number(ours, theirs), number(theirs, ours)
        detail |= {"where": where, "ours_for_ones": ours, "theirs_for_ones": theirs,
                   "low": kink.low, "high": kink.high}
        values = f"{mine} against {other} for an upstream gradient of 1"
        if kink.is_kink:
            return Finding(
                "kink",
                c.name,
                f"the outputs agree, and the {c.name} differs only at a kink, in {many}, "
                f"{where}: {values}. The derivative jumps there, so either is a convention and no "
                "mistake; still the two differ",
                detail,
            )
        return Finding(
            "isolated point",
            c.name,
            f"{c.name} differs in {many} exactly {where} ({values}) and nowhere around; nothing "
            "jumps there, so this point needs a case of its own",
            detail,
        )
    if kink is not None and kink.jumps:
        detail["at_kink"] = True
    pattern = _pattern(c.ours, c.theirs, c.allowed)
    if pattern:
        detail["pattern"] = pattern
    return Finding(
        "values", c.name, f"{c.name} differs in {many}{f': {pattern}' if pattern else ''}", detail
    )


def _for_upstream_of_ones(c: Compared, case: Case) -> tuple[float, float]:
    """Both values at the worst entry as people quote them: the derivative itself."""
    ones = [np.ones_like(g) for g in case.upstream]

    def values() -> tuple[float, float]:
        pair = [case.run(s, case.inputs, ones)[1][c.argument] for s in (case.ours, case.theirs)]
        ours, theirs = (np.asarray(0.0) if a is None else a[c.worst] for a in pair)
        return float(ours), float(theirs)

    answer = attempt("ones", values)
    if isinstance(answer, Raised):
        return float(c.ours[c.worst]), float(c.theirs[c.worst])
    return answer


def _where(c: Compared, case: Case) -> str:
    """In words, what is special about the inputs at the entries that differ."""
    assert c.equal is not None
    name, x = case.names[c.argument], case.inputs[c.argument]
    at = x[~c.equal]
    if np.all(at == 0):
        return f"where {name} is 0"
    others = np.concatenate([np.ravel(a) for a in case.inputs if a.dtype.kind == "f"])
    if all(np.count_nonzero(others == v) > 1 for v in at.flat):
        return f"where {name} is tied"
    if np.all(at == at.flat[0]):
        return f"where {name} is {at.flat[0]:.6g}"
    worst = "" if c.worst is None else f"[{', '.join(map(str, c.worst))}]"
    return f"at {name}{worst}"


def _pattern(ours: Array, theirs: Array, allowed: Array | None) -> str:
    """A plain fact about two arrays of one shape that differ; it names no cause."""
    if allowed is None or not theirs.size:
        return ""
    if np.any(np.isnan(ours) & ~np.isnan(theirs)):
        return "ours has NaN where theirs has numbers"
    if np.any(np.isinf(ours) & np.isfinite(theirs)):
        return "ours is infinite where theirs is finite"
    a, b = _float(ours), _float(theirs)
    if not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
        return ""
    if not np.any(a):
        return "ours is 0 everywhere"

    def close(left: Array, right: Array) -> bool:
        return bool(np.all(np.abs(left - right) <= WORDS * allowed))

    if close(a, b):                                         # by little more than allowed
        return ""
    if close(a, -b):
        return "ours has the opposite sign everywhere"
    if a.ndim == 2 and a.shape[0] == a.shape[1] and a.size > 1 and close(a, b.T):
        return "ours is theirs transposed"
    if np.any(b) and b.size > 1:
        ratio = float(a.flat[int(np.argmax(np.abs(b)))] / b.flat[int(np.argmax(np.abs(b)))])
        if close(a, ratio * b):
            return f"ours is {number(ratio, 1.0)} times theirs everywhere"
    if b.size > 1:
        shift = float(np.ravel(a - b)[0])
        if close(a - b, np.asarray(shift)):
            return f"ours is theirs plus {shift:.6g} everywhere"
    return ""


def _shape_finding(c: Compared) -> Finding:
    """A wrong shape: what would hide it, and what would make it right."""
    ours, theirs = c.shapes
    message = f"{c.name} has shape {ours}, theirs {theirs}"
    detail: dict[str, Any] = {"ours": list(ours), "theirs": list(theirs)}
    try:
        hidden = np.broadcast_shapes(ours, theirs)
    except ValueError:
        message += "; the two do not broadcast"
    else:
        detail["broadcast"] = list(hidden)
        message += f"; broadcasting would hide it: their difference has shape {hidden}"
    for words, candidate in _reshaped(c.ours, theirs):
        if _within(candidate, c.theirs, same_outcome(c.theirs, *c.dtypes)).all():
            detail["equal_after"] = words
            message += f". The values are equal after {words}"
            break
    return Finding("shape", c.name, message, detail)


def _reshaped(a: Array, shape: tuple[int, ...]) -> list[tuple[str, Array]]:
    candidates: list[tuple[str, Array]] = []
    if a.ndim == 2 and a.T.shape == shape:
        candidates.append(("a transpose", a.T))
    if a.size == math.prod(shape):
        candidates.append((f"reshape to {shape}", a.reshape(shape)))
    for axis in range(a.ndim):
        summed = a.sum(axis=axis)
        if summed.shape == shape:
            candidates.append((f"a sum over axis {axis}", summed))
            candidates.append((f"a mean over axis {axis}", a.mean(axis=axis)))
    if shape == () and a.ndim > 1:
        candidates += [("a sum over all axes", a.sum()), ("a mean over all axes", a.mean())]
    return candidates


def _dtype_findings(c: Compared, case: Case) -> list[Finding]:
    ours, theirs = c.dtypes
    if ours == theirs or c.missing:
        return []
    if c.what == "output" and ours.kind in "iu" and theirs.kind in "iu":
        return []
    message = f"{c.name} has dtype {ours}, theirs {theirs}"
    if c.what == "gradient" and ours.kind in "iub":
        message += ": an integer gradient loses its fractions"
    elif theirs == np.float32 and ours == np.float64:
        message += ": something in it turns float32 into float64"
    return [Finding("dtype", c.name, message, {"ours": str(ours), "theirs": str(theirs)})]


__all__ = ["Compared", "Comparison", "UsageError", "assert_twins", "compare"]
