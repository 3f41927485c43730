"""A student's numpy code as a side: a pair (forward, backward) or an object that has both.

Nobody writes these two functions in the same way. How backward wants to be called follows from what
forward returned and from backward's own signature (see `plan_call`); nothing is tried out, so an
error inside the code is always the code's own. While the code runs it is watched: what it writes
to, what it shares, what NumPy warns of.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .findings import Finding
from .sides import Array, NotAnArrayError, Pass, Side, UsageError, positional_names

CACHE_NAMES = ("cache", "cached", "ctx", "context", "saved", "memory", "memo", "residuals", "state")
OUTPUT_NAMES = ("out", "output", "y", "y_hat", "value", "result", "a", "s", "p", "probs", "h")


class Call(NamedTuple):
    """How backward is called after this forward."""

    outputs: list[Any]
    cache: Any
    arguments: Callable[[list[Any]], tuple[Any, ...]]
    takes_upstream: bool


class NumpySide(Side):
    """Plain numpy: (forward, backward), an object with both, or forward alone.

    Args:
        code: the pair, the object or the function.
        cache: True when forward returns (out, cache), False when all it returns is output, None to
            tell from backward's signature.
        upstream: False when backward takes no upstream gradient (that of a loss), None to tell.
    """

    kind = "numpy"
    extended = np.longdouble  # type: ignore[assignment]

    def __init__(self, code: Any, cache: bool | None = None, upstream: bool | None = None) -> None:
        if isinstance(code, tuple):
            self.function, self.gradient = code
        elif hasattr(code, "forward") and hasattr(code, "backward"):
            self.function, self.gradient = code.forward, code.backward
        else:
            self.function, self.gradient = code, None
        if not callable(self.function):
            raise UsageError(f"forward must be a function, got {self.function!r}")
        if self.gradient is not None and not callable(self.gradient):
            raise UsageError(f"backward must be a function or None, got {self.gradient!r}")
        self.cache, self.upstream = cache, upstream
        self.parameters = None if self.gradient is None else parameters_of(self.gradient)

    def parameter_names(self) -> list[str]:
        return positional_names(self.function)

    def forward(
        self, inputs: Sequence[Array], wanted: Sequence[bool], expected: int | None = None
    ) -> Pass:
        return _NumpyPass(self, inputs, wanted, expected)

    def evaluate(self, inputs: Sequence[Array], expected: int | None = None) -> list[Array]:
        arguments = [a.copy() for a in inputs]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = self.function(*arguments)
        return [np.array(as_array(o)[0]) for o in self.plan(result, arguments, expected).outputs]

    def plan(self, result: Any, arguments: Sequence[Array], expected: int | None) -> Call:
        """What forward's result means and how backward is to be called."""
        if self.gradient is None:
            several = isinstance(result, tuple) and expected != 1
            outputs = list(result) if several else [result]
            return Call(outputs, None, lambda g: (), False)
        return plan_call(
            result,
            list(arguments),
            self.gradient,
            self.parameter_names(),
            expected=expected,
            cache=self.cache,
            upstream=self.upstream,
            parameters=self.parameters,
        )


def plan_call(
    result: Any,
    arguments: list[Any],
    backward: Callable[..., Any],
    forward_names: Sequence[str],
    *,
    expected: int | None = None,
    cache: bool | None = None,
    upstream: bool | None = None,
    parameters: tuple[list[str], Callable[[int], bool]] | None = None,
) -> Call:
    """How to call backward, from what forward returned and how many parameters backward takes.

    With n arguments and g the upstream gradient, for a forward that returns

    - an array: backward(g, *arguments), backward(g, out), backward(g), backward(g, out,
      *arguments), or, for a single number, backward(*arguments) under forward's parameter names;
    - a tuple: (out, cache) and backward(g, cache), (out, a, b) and backward(g, a, b), several
      outputs and backward(*gs, *arguments), ((out1, out2), cache) and backward((g1, g2), cache).

    Raises:
        TypeError: no convention fits; the message lists what was seen.

    >>> call = plan_call((1.0, "kept"), [3.0], lambda dout, cache: None, ["x"])
    >>> call.outputs, call.arguments(["g"])
    ([1.0], ('g', 'kept'))
    """
    names, fits = parameters if parameters is not None else parameters_of(backward)
    n = len(arguments)
    first = names[0] if names else ""
    second = names[1] if len(names) > 1 else ""

    def call(
        outputs: list[Any], arguments_for: Callable[[list[Any]], tuple[Any, ...]], kept: Any = None
    ) -> Call:
        return Call(outputs, kept, arguments_for, upstream is not False)

    def no_upstream(outputs: list[Any], given: tuple[Any, ...], kept: Any = None) -> Call:
        return Call(outputs, kept, lambda g: given, False)

    if not isinstance(result, tuple) or cache is False:
        outputs = list(result) if isinstance(result, tuple) else [result]
        one = len(outputs) == 1
        k = len(outputs)
        is_loss = one and not isinstance(result, list | tuple) and np.ndim(result) == 0
        same_names = names[:n] == list(forward_names[:n]) and fits(n)
        if upstream is False or (upstream is None and is_loss and same_names):
            if fits(n):
                return no_upstream(outputs, tuple(arguments))
        elif fits(k + n) and not (
            n == 1 and second in OUTPUT_NAMES and second not in forward_names[:n]
        ):
            return call(outputs, lambda g: (*g, *arguments))
        elif fits(2 * k):
            return call(outputs, lambda g: (*g, *outputs))
        elif fits(k):
            return call(outputs, lambda g: tuple(g))
        elif fits(2 * k + n):
            return call(outputs, lambda g: (*g, *outputs, *arguments))
        raise UsageError(_no_convention(backward, names, n, "an array"))

    out, *rest = result
    length = len(result)
    kept = rest[0] if len(rest) == 1 else tuple(rest)
    if isinstance(out, tuple) and length == 2:                      # ((out1, out2), cache)
        if fits(2):
            return call(list(out), lambda g: (tuple(g), kept), kept)
    elif upstream is False and fits(length - 1):
        return no_upstream([out], tuple(rest), kept)
    else:
        all_outputs = cache is None and (
            expected == length or (expected is None and _is_gradient_name(second))
        )
        if all_outputs and fits(length + n):
            return call(list(result), lambda g: (*g, *arguments))
        if all_outputs and fits(length) and names[1 : 1 + n] != list(forward_names[:n]):
            return call(list(result), lambda g: tuple(g))
        if all_outputs and fits(1 + n):
            return call(list(result), lambda g: (tuple(g), *arguments))
        if fits(length):
            if length == 2 and first in CACHE_NAMES:
                return call([out], lambda g: (kept, g[0]), kept)
            return call([out], lambda g: (g[0], *rest), kept)
        if fits(length + n):
            return call(list(result), lambda g: (*g, *arguments))
        if fits(1 + n):                                             # the cache goes unused
            return call([out], lambda g: (g[0], *arguments), kept)
        if fits(2):
            return call([out], lambda g: (g[0], kept), kept)
        if fits(1) and first in CACHE_NAMES:                        # (loss, cache): g is 1
            return no_upstream([out], (kept,), kept)
        if fits(1):
            return call([out], lambda g: (g[0],), kept)
    raise UsageError(_no_convention(backward, names, n, f"a tuple of {length}"))


def parameters_of(backward: Callable[..., Any]) -> tuple[list[str], Callable[[int], bool]]:
    """Backward's positional names, and whether it can be called with k of them."""
    try:
        parameters = list(inspect.signature(backward).parameters.values())
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"backward {backward!r} shows no signature: wrap it, lambda g, x: ..."
        ) from error
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    positional = [p for p in parameters if p.kind in kinds]
    required = sum(p.default is inspect.Parameter.empty for p in positional)
    most = len(positional)
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters):
        most = 10**6
    return [p.name for p in positional], lambda k: required <= k <= most


def _is_gradient_name(name: str) -> bool:
    return name.startswith(("dout", "grad", "upstream")) or name.rstrip("0123456789") == "g"


def _no_convention(backward: Callable[..., Any], names: list[str], n: int, returned: str) -> str:
    name = getattr(backward, "__name__", "backward")
    return (
        f"cannot tell how to call {name}({', '.join(names)}): forward takes {n} argument(s) and "
        f"returned {returned}. Known: backward(g, *arguments), backward(g, cache) after "
        "forward -> (out, cache), backward(g, out), backward(g). With g the upstream gradient; "
        "wrap the function, for example lambda g, x: g * derivative(x)"
    )


class _NumpyPass(Pass):
    def __init__(
        self,
        owner: NumpySide,
        inputs: Sequence[Array],
        wanted: Sequence[bool],
        expected: int | None,
    ) -> None:
        self.owner, self.inputs, self.wanted = owner, inputs, wanted
        self.findings = []
        self.arguments = [a.copy() for a in inputs]
        known = owner.parameter_names()
        self.names = [
            known[i] if i < len(known) else f"argument {i + 1}" for i in range(len(inputs))
        ]
        with self.watched("forward"):
            result = owner.function(*self.arguments)
        before = list(zip(self.names, self.arguments))
        changed = self.note_modified("forward")
        # backward gets the arguments as they came: one mistake, one finding
        self.arguments = [
            original.copy() if _shares_any(a, changed) else a
            for a, original in zip(self.arguments, inputs)
        ]
        self.call = owner.plan(result, self.arguments, expected)
        self.takes_upstream = self.call.takes_upstream
        self.has_backward = owner.gradient is not None
        self.several = len(self.call.outputs) > 1
        self.float_dtype = next((a.dtype for a in inputs if a.dtype.kind == "f"), np.dtype(float))
        self.outputs = []
        for number, output in enumerate(self.call.outputs):
            array, weak = as_array(output, "forward")
            weak = weak and array.dtype.kind == "f"
            self.outputs.append(array.astype(self.float_dtype if weak else array.dtype))
            self.note_shared(self.output_name(number), array, "forward", before)

    def output_name(self, number: int) -> str:
        return f"output {number}" if self.several else "output"

    def backward(self, upstream: Sequence[Array]) -> list[Array | None]:
        assert self.owner.gradient is not None
        given = [np.array(g) for g in upstream]
        kept = [(path, a, a.copy()) for path, a in _arrays_in(self.call.cache, "cache")]
        results = [
            (self.output_name(i), o, o.copy())
            for i, o in enumerate(self.call.outputs)
            if isinstance(o, np.ndarray)
        ]
        with self.watched("backward"):
            raw = self.owner.gradient(*self.call.arguments([g if g.ndim else g[()] for g in given]))
        changed = self.note_modified("backward")
        for g, original in zip(given, upstream):
            if not same(g, original):
                self.note_change("upstream gradient", g, original, "backward")
                changed.append(g)
        for name, array, original in [*results, *kept]:
            if not same(array, original) and not _shares_any(array, changed):
                self.note_change(name, array, original, "backward")
                changed.append(array)
        return self.by_argument(raw, given)

    def by_argument(self, raw: Any, given: list[Array]) -> list[Array | None]:
        """Backward's answer, whatever its form, as one gradient an argument."""
        n, wanted = len(self.inputs), [i for i, w in enumerate(self.wanted) if w]
        found: dict[int, Any] = {}
        if isinstance(raw, dict):
            for i in wanted:
                keys = [f"{before}{self.names[i]}" for before in ("d", "", "grad_", "d_")]
                found[i] = next((raw[k] for k in keys if k in raw), None)
        elif isinstance(raw, tuple | list) and not self.is_one_gradient(raw, wanted):
            if len(raw) == n:
                found = {i: raw[i] for i in wanted}
            else:
                found = dict(zip(wanted, raw))
                if len(raw) != len(wanted):
                    self.note_count(len(raw), len(wanted))
        elif wanted:
            found = {wanted[0]: raw}
            if len(wanted) > 1:
                self.note_count(1, len(wanted))
        gradients: list[Array | None] = [None] * n
        earlier: list[tuple[str, Array]] = []
        for i, value in found.items():
            if value is None:
                continue
            name = f"gradient of {self.names[i]}"
            array, weak = as_array(value, "backward")
            others = [*zip(self.names, self.arguments), *earlier]
            others += [("the upstream gradient", g) for g in given]
            self.note_shared(name, array, "backward", others)
            earlier.append((name, array))
            gradients[i] = array.astype(self.float_dtype if weak else array.dtype)
        return gradients

    def is_one_gradient(self, raw: Any, wanted: list[int]) -> bool:
        """Whether a list or tuple is itself the gradient of the only argument."""
        if len(wanted) != 1 or len(self.inputs) == len(raw) > 1:
            return False
        shape = self.inputs[wanted[0]].shape
        try:
            return np.shape(raw) == shape or len(raw) != 1
        except ValueError:                              # ragged: not one array
            return False

    # What is noted while the code runs.

    @contextmanager
    def watched(self, during: str) -> Iterator[None]:
        """Collect the warnings of a call as findings."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        seen = set()
        for w in caught:
            where = f"{Path(w.filename).name}:{w.lineno}"
            if (key := (str(w.message), where)) not in seen:
                seen.add(key)
                self.findings.append(
                    Finding(
                        "numpy warning",
                        during,
                        f"{during} warned at {where}: {w.message}",
                        {"category": w.category.__name__, "message": str(w.message),
                         "where": where, "during": during},
                    )
                )

    def note_modified(self, by: str) -> list[Array]:
        changed = []
        for name, now, before in zip(self.names, self.arguments, self.inputs):
            if not same(now, before):
                self.note_change(name, now, before, by)
                changed.append(now)
        return changed

    def note_change(self, name: str, now: Array, before: Array, by: str) -> None:
        places = np.argwhere(~((now == before) | ((now != now) & (before != before))))
        index = tuple(int(i) for i in places[0])
        at = f"[{', '.join(map(str, index))}]" if index else ""
        self.findings.append(
            Finding(
                "modified",
                name,
                f"{by} writes into {name}: {len(places)} of {before.size} elements changed, "
                f"{name}{at} from {before[index]:.6g} to {now[index]:.6g}; work on a copy",
                {"by": by, "elements": len(places), "index": list(index)},
            )
        )

    def note_shared(
        self, name: str, array: Array, by: str, others: list[tuple[str, Array]]
    ) -> None:
        for other, memory in others:
            if shares(array, memory):
                self.findings.append(
                    Finding(
                        "shares memory",
                        name,
                        f"the {name} that {by} returns shares memory with {other}: "
                        "writing to one changes the other",
                        {"by": by, "with": other},
                    )
                )

    def note_count(self, came: int, needed: int) -> None:
        self.findings.append(
            Finding(
                "count",
                "gradients",
                f"backward returned {came} gradient(s), {needed} are needed: "
                f"one an argument of forward",
                {"returned": came, "expected": needed},
            )
        )


def as_array(value: Any, by: str = "forward") -> tuple[Array, bool]:
    """A plain ndarray of numbers, and whether its dtype was chosen by Python (lists, floats)."""
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        weak = False
    elif isinstance(value, bool | int | float | list | tuple):
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise NotAnArrayError(f"{by} returned a ragged {type(value).__name__}") from error
        weak = array.dtype.kind in "iuf"
    else:
        what = "nothing (None)" if value is None else f"a {type(value).__name__}"
        raise NotAnArrayError(f"{by} returned {what} where an array is expected")
    if array.dtype.kind not in "biuf":
        raise NotAnArrayError(f"{by} returned an array of dtype {array.dtype}, no real numbers")
    return array, weak


def same(a: Array, b: Array) -> bool:
    """Equal in shape and in every element, NaN equal to NaN."""
    return a.shape == b.shape and bool(np.all((a == b) | ((a != a) & (b != b))))


def shares(a: Array, b: Array) -> bool:
    """Whether two arrays have an element of memory in common."""
    if not np.may_share_memory(a, b):
        return False
    return bool(np.shares_memory(a, b))


def _shares_any(a: Array, others: list[Array]) -> bool:
    return any(np.may_share_memory(a, b) for b in others)


def _arrays_in(thing: Any, path: str) -> Iterator[tuple[str, Array]]:
    """Every array in a cache of tuples, lists, dictionaries or simple objects, with its place."""
    if isinstance(thing, np.ndarray):
        yield path, thing
    elif isinstance(thing, tuple | list):
        for i, part in enumerate(thing):
            yield from _arrays_in(part, f"{path}[{i}]")
    elif isinstance(thing, dict):
        for key, part in thing.items():
            yield from _arrays_in(part, f"{path}[{key!r}]")
