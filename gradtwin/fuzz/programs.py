"""Whole random programs: operations whose results feed others, used once, twice or not at all.

The program is computed in scratch while it is drawn, so that shapes are known and the numbers stay
ordinary: a step whose result is infinite, NaN or larger than LARGEST is left out. What happens at
infinities is asked of each operation alone (see `rows`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from ..concepts.wing import Wing
from ..samples import OPERATIONS, Operation
from .case import Case, Step, both_wings, compiled
from .choices import Choices
from .numbers import Array
from .rows import DTYPES, NOT_TWICE, long_length, option, rows

LARGEST = 1e4
LENGTHS = (2, 1, 3, 2, 4, 2, 3, 1, 5, 0)


class Program:
    """A program under construction: the arrays, the steps, and every value so far."""

    def __init__(self, c: Choices) -> None:
        self.c = c
        self.dtype = c.one_of(DTYPES)
        self.wing: Wing = both_wings(self.dtype)[0]
        self.arrays: list[Array] = []
        self.wanted: list[bool] = []
        self.steps: list[tuple[str, list[int]]] = []
        self.values: list[Any] = []  # tensors of scratch, inputs and results as they come
        self.inputs: list[int] = []  # which of them are inputs
        self.floats: list[int] = []  # which of them are floating
        self.coarse = False
        self.twice = True
        self.failed = False

    def input(self, array: Array, wanted: bool = True) -> int:
        """A new input; its place."""
        self.arrays.append(array)
        self.wanted.append(wanted and array.dtype.kind == "f")
        self.inputs.append(len(self.values))
        self.values.append(self.wing.module.tensor(array))
        if array.dtype.kind == "f":
            self.floats.append(len(self.values) - 1)
        return len(self.values) - 1

    def numbers(self, shape: Sequence[int]) -> Array:
        """Random numbers in the program's dtype."""
        return np.asarray(self.c.normal(0, 1.5, tuple(shape)), self.dtype)

    def some(self) -> int:
        """One of the floating values, the newest most likely."""
        if self.c.pick(2) == 0:
            return self.floats[-1]
        return self.floats[self.c.pick(len(self.floats))]

    def fitting(self, condition: Callable[[Any], bool]) -> int | None:
        """One of the floating values for which the condition holds."""
        found = [p for p in reversed(self.floats) if condition(self.values[p])]
        return self.c.one_of(found) if found else None

    def step(self, text: str, *places: int) -> int | None:
        """Add a step, unless its result is no ordinary number; its place."""
        function = compiled(text, len(places))
        try:
            value = function(self.wing, self.wing.F, *[self.values[p] for p in places])
        except Exception:  # then PyTorch should raise as well
            self.failed = True
            value = None
        if value is not None:
            if not np.all(np.abs(value.data) <= LARGEST):
                return None
            if value.data.dtype.kind == "f":
                self.floats.append(len(self.values))
        self.steps.append((text, list(places)))
        self.values.append(value)
        return len(self.values) - 1

    def case(self, results: list[int]) -> Case:
        """What the results need of it; inputs first, then the steps in order."""
        step_at = dict(zip((p for p in range(len(self.values)) if p not in self.inputs),
                           self.steps))
        needed: set[int] = set()
        waiting = list(results)
        while waiting:
            place = waiting.pop()
            if place not in needed:
                needed.add(place)
                waiting += step_at[place][1] if place in step_at else []
        inputs = [p for p in self.inputs if p in needed]
        kept = [p for p in sorted(step_at) if p in needed]
        renamed = {old: new for new, old in enumerate(inputs + kept)}
        steps = [Step(step_at[p][0], tuple(renamed[q] for q in step_at[p][1])) for p in kept]
        index = [self.inputs.index(p) for p in inputs]
        return Case(
            [self.arrays[i] for i in index],
            [self.wanted[i] for i in index],
            steps,
            [renamed[r] for r in results],
            self.dtype,
            order=2 if self.twice and not self.failed and self.c.chance(12) else 1,
            coarse=self.coarse,
            finite=True,
            label="program",
        )


@np.errstate(all="ignore")
def draw_program(c: Choices) -> Case:
    """A program of up to a dozen steps on up to three inputs."""
    p = Program(c)
    shape = [c.one_of(LENGTHS) for _ in range(c.pick(4))]
    if shape and c.chance(16):
        shape[c.pick(len(shape))] = long_length(c)
    for _ in range(1 + c.pick(3)):
        missing = c.pick(len(shape) + 1) if c.chance(3) else 0
        p.input(p.numbers([1 if c.chance(6) else n for n in shape[missing:]]))
    for _ in range(1 + c.pick(10)):
        c.one_of(KINDS)(p)
        if p.failed:
            break
    if not p.failed and c.chance(3):
        loss(p)
    last = [q for q in range(len(p.values)) if q not in p.inputs]
    if not last:  # every step led to extraordinary numbers
        p.step("{0} * 1.0", p.floats[-1])
        last = [len(p.values) - 1]
    results = [last[-1]]
    if len(last) > 1 and not p.failed and c.chance(4):
        results.append(last[c.pick(len(last) - 1)])
    return p.case(results)


# ---- the kinds of steps ---------------------------------------------------------------------


@lru_cache(maxsize=1)
def functions_of_one_number() -> list[tuple[Operation, str]]:
    """The rows of one argument of any shape: operation, and text."""
    found = []
    for operation, spelled in rows():
        if OPERATIONS.get(operation.name) is not operation or not operation.elementwise:
            continue
        for one in operation.cases:
            if len(one.arguments) == 1 and one.arguments[0].dims == "..." and not one.keywords:
                if not one.arguments[0].floating or operation.name == "to":
                    continue
                given = ["{0}", *(f"{k}={option(k, v)}" for k, v in one.options.items())]
                if not spelled.startswith(("lib.", "F.")):
                    given.insert(0, "lib")
                found.append((operation, f"{spelled}({', '.join(given)})"))
    return found


LEAST = {"log": 1e-2, "sqrt": 1e-2, "log1p": -0.99}
"""Below this the function or its derivative is infinite or not real."""


def one_number(p: Program) -> None:
    operation, text = p.c.one_of(functions_of_one_number())
    name = operation.name
    x = p.some()
    data = p.values[x].data
    if name in ("number / x", "pow") and np.any(np.abs(data) < 0.05):
        return
    if name in LEAST and np.any(data < LEAST[name]):
        return
    p.coarse |= operation.float32_inside
    p.twice &= operation.twice
    p.step(text, x)


def composed(p: Program) -> None:
    """Functions where they are steep, flat, or made of others."""
    x = p.some()
    p.step(p.c.one_of([
        "F.sigmoid({0} * 8.0)", "lib.tanh({0} * 5.0)", "lib.exp(-{0} * {0})", "{0} * {0}",
        "lib.log({0} * {0} + 1.0)", "lib.sqrt({0} * {0} + 0.5)", "1.0 / (1.0 + lib.exp(-{0}))",
        "lib.abs({0}) + 0.5", "lib.clamp({0}, min=-1.0, max=2.0)", "{0} - {0}.detach()",
    ]), x)  # fmt: skip


def two_numbers(p: Program) -> None:
    x = p.some()
    shape = p.values[x].shape
    y = p.fitting(lambda t: _broadcast(shape, t.shape))
    if y is None:
        return
    text = p.c.one_of([
        "{0} + {1}", "{0} * {1}", "{0} - {1}", "{0} / {1}", "lib.maximum({0}, {1})",
        "lib.minimum({0}, {1})", "lib.where({0} > {1}, {0}, {1} * 2.0)", "{0} ** {1}",
        "lib.add({0}, {1}, alpha=2.5)", "lib.sub({0}, {1}, alpha=0.5)", "{1} * ({0} >= 0.0)",
    ])  # fmt: skip
    a, b = p.values[x].data, p.values[y].data
    if "/" in text and np.any(np.abs(b) < 0.05):
        return
    if "**" in text and (np.any(a < 0.05) or np.any(np.abs(b) > 4)):
        return
    p.step(text, x, y)


def _broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return all(m == n or m == 1 or n == 1 for m, n in zip(a[::-1], b[::-1]))


def view(p: Program) -> None:
    """The same numbers in another shape, or some of them."""
    x = p.some()
    shape = p.values[x].shape
    n = len(shape)
    texts = ["{0}.reshape(-1)" if p.values[x].numel() else "{0}[None]", "{0}[None]",
             "lib.flatten({0})", "lib.squeeze({0})", f"lib.unsqueeze({{0}}, {p.c.pick(n + 1)})"]
    if n:
        d = p.c.pick(n)
        dims = tuple(np.roll(range(n), p.c.pick(n)).tolist())
        texts += [
            f"lib.transpose({{0}}, {d}, -1)", f"{{0}}.permute({dims})", "{0}[..., ::2]", "{0}[1:]",
            "{0}[::-1] if lib.name == 'scratch' else {0}.flip(0)", f"{{0}}.expand({(2, *shape)})",
            f"lib.stack([{{0}}, {{0}}], dim={d})", f"lib.cat([{{0}}, {{0}}], dim={d})",
        ]  # fmt: skip
        length = shape[0]
        if length:
            taken = [p.c.pick(length) for _ in range(1 + p.c.pick(4))]
            texts += ["{0}[0]", "{0}[-1]", f"{{0}}[lib.tensor(np.array({taken}))]",
                      f"{{0}}[{taken}]"]
        if shape[-1]:
            texts += ["{0}[..., 0]", f"{{0}}[..., [{p.c.pick(shape[-1])}, 0]]"]
    p.step(p.c.one_of(texts), x)


def several(p: Program) -> None:
    """Two values become one, side by side."""
    x = p.some()
    shape = p.values[x].shape
    y = p.fitting(lambda t: t.shape == shape)
    if y is None or not shape:
        return
    d = p.c.pick(len(shape))
    p.step(f"lib.{p.c.one_of(['cat', 'stack'])}([{{0}}, {{1}}], dim={d})", x, y)


def reduction(p: Program) -> None:
    x = p.some()
    shape = p.values[x].shape
    name = p.c.one_of(["sum", "mean", "amax", "amin", "prod", "logsumexp"])
    p.twice &= name not in NOT_TWICE
    kind = p.c.pick(4)
    if not shape or (kind == 0 and name != "logsumexp"):
        p.step(f"lib.{name}({{0}}{', dim=0' if name == 'logsumexp' else ''})", x)
        return
    if name in ("amax", "amin", "mean") and 0 in shape:
        return
    d: Any = p.c.pick(len(shape)) - p.c.pick(2) * len(shape)
    if kind == 2 and name != "prod" and len(shape) > 1:
        d = (0, len(shape) - 1)
    p.step(f"lib.{name}({{0}}, dim={d}, keepdim={p.c.pick(2) == 1})", x)


def over_classes(p: Program) -> None:
    x = p.some()
    n = len(p.values[x].shape)
    name = p.c.one_of(["softmax", "log_softmax", "softmin"])
    p.step(f"F.{name}({{0}}, dim={p.c.pick(n) if n else 0})", x)


def product(p: Program) -> None:
    x = p.some()
    shape = p.values[x].shape
    if not shape:
        return
    kind = p.c.pick(4)
    if kind == 0 and len(shape) > 1:
        p.step("{0} @ {0}.transpose(-1, -2)", x)
        return
    if kind == 1:
        y = p.fitting(lambda t: bool(t.shape) and t.shape[-1] == shape[-1] and t.ndim <= 2)
        if y is not None:
            p.step("{0} @ {1}.T" if p.values[y].ndim == 2 else "{0} @ {1}", x, y)
        return
    weight = p.input(p.numbers([1 + p.c.pick(4), shape[-1]]))
    if kind == 2 or not p.c.chance(2):
        p.step("{0} @ {1}.T", x, weight)
        return
    bias = p.input(p.numbers(p.values[weight].shape[:1]))
    p.step("F.linear({0}, {1}, {2})", x, weight, bias)


def loss(p: Program) -> None:
    x = p.some()
    shape = p.values[x].shape
    reduction = p.c.one_of(["mean", "sum", "none"])
    if 0 in shape or p.values[x].dtype != p.dtype:  # PyTorch's losses want one dtype
        return
    kind = p.c.pick(4)
    if kind == 0:
        name = p.c.one_of(["mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss"])
        y = p.fitting(lambda t: t.shape == shape and t.dtype == p.dtype)
        y = p.input(p.numbers(shape)) if y is None else y
        p.step(f"F.{name}({{0}}, {{1}}, reduction={reduction!r})", x, y)
    elif kind == 1:
        y = p.input(p.numbers(shape))
        name = "binary_cross_entropy_with_logits"
        p.step(f"F.{name}({{0}}, F.sigmoid({{1}}), reduction={reduction!r})", x, y)
    elif kind == 2:
        y = p.input(p.numbers(shape))
        p.twice = False  # PyTorch adds 1e-12 to the probabilities there
        name = "binary_cross_entropy"
        p.step(f"F.{name}(F.sigmoid({{0}}), F.sigmoid({{1}}), reduction={reduction!r})", x, y)
    elif shape:
        classes = shape[1] if len(shape) > 1 else shape[0]
        others = (shape[0], *shape[2:]) if len(shape) > 1 else ()
        y = p.input(np.asarray(p.c.integers(classes, size=others)), wanted=False)
        smoothing = p.c.one_of([0.0, 0.1])
        options = f"reduction={reduction!r}, label_smoothing={smoothing}"
        p.step(f"F.cross_entropy({{0}}, {{1}}, {options})", x, y)


def narrowed(p: Program) -> None:
    """Through float32 and back, once in a while."""
    if p.c.chance(4):
        p.coarse = True
        p.step(f"{{0}}.to(lib.dtype({p.c.one_of(DTYPES)!r}))", p.some())


def network(p: Program) -> None:
    """A model with its parameters as inputs."""
    x = p.some()
    shape = p.values[x].shape
    if len(shape) != 2 or not shape[1]:
        return
    n = shape[1]
    kind = p.c.pick(3) if n <= 8 else 0  # the others have matrices n by n
    activation = p.c.one_of(["relu", "sigmoid", "tanh", "softplus", "elu"])
    if kind == 0:
        sizes = [n, *(1 + p.c.pick(3) for _ in range(1 + p.c.pick(2)))]
        given = [s for a, b in pairwise(sizes) for s in ((b, a), (b,))]
        names = [f"layers.{i}.{w}" for i in range(len(sizes) - 1) for w in ("weight", "bias")]
        model = f"lib.FullyConnected({sizes}, {activation!r})"
    elif kind == 1:
        blocks = 1 + p.c.pick(2)
        given = [(n, n), (n,)] * (2 * blocks)
        names = [f"blocks.{k}.layers.{i}.{w}" for k in range(blocks) for i in (0, 1)
                 for w in ("weight", "bias")]
        model = f"lib.ResidualNetwork({n}, {blocks})"
    else:
        given, names = [(n, n), (n, n)], ["w1", "w2"]
        model = f"lib.SharedWeightDAG(np.zeros(({n}, {n})), np.zeros(({n}, {n})), {activation!r})"
    parameters = [p.input(p.numbers(s)) for s in given]
    named = ", ".join(f"({name!r}, {{{i}}})" for i, name in enumerate(names, start=1))
    p.step(f"lib.call({model}, dict([{named}]), {{0}})", x, *parameters)


KINDS: list[Callable[[Program], None]] = [
    one_number, two_numbers, view, reduction, product, composed, one_number, two_numbers, several,
    over_classes, two_numbers, network, narrowed,
]  # fmt: skip
