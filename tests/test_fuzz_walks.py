"""The search walks graphs as programs do: twice, past frozen inputs, from views of gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import scratch
from gradtwin.fuzz.case import Case, Step
from gradtwin.fuzz.choices import Random, Replayed
from gradtwin.fuzz.rows import draw_row, rows
from gradtwin.fuzz.search import HANDED_ON, draw_case
from gradtwin.fuzz.snippet import snippet
from gradtwin.fuzz.verdict import Outcome, judged
from gradtwin.fuzz.walks import LAYOUTS, ONCE, Walks, laid_out
from scratch.autograd import Array, primitive


def one_step(text: str, *arrays: Array, **more: Any) -> Case:
    places = tuple(range(len(arrays)))
    wanted = more.pop("wanted", [True] * len(arrays))
    return Case(list(arrays), wanted, [Step(text, places)], [len(arrays)], "float64", **more)


# ---- what is drawn --------------------------------------------------------------------------


def test_everything_is_drawn() -> None:
    cases = [case for case in (draw_case(Random(0, n)) for n in range(800)) if any(case.wanted)]
    floats = [[w for a, w in zip(c.arrays, c.wanted) if a.dtype.kind == "f"] for c in cases]
    assert sum(False in wanted for wanted in floats) > 20, "frozen"
    assert sum(case.walks.twice for case in cases) > 50
    assert sum(case.walks.twice and case.order == 2 for case in cases) > 3
    assert {case.walks.layout for case in cases} == set(LAYOUTS)
    for last in HANDED_ON:
        assert sum(case.steps[-1].text == last for case in cases) > 10, last
    lengths = {n for case in cases for a in case.arrays for n in a.shape}
    assert len({n for n in lengths if 9 <= n <= 40}) > 15, "long axes"
    assert max(a.size for case in cases for a in case.arrays) < 4000, "and cheap nevertheless"


def test_a_case_is_that_of_its_number() -> None:
    for number in range(200):
        choices = Random(3, number)
        case = draw_case(choices)
        remaining = iter(choices.taken)
        again = Replayed(lambda n, remaining=remaining: next(remaining))  # type: ignore[misc]
        for other in (draw_case(Random(3, number)), draw_case(again)):
            assert (case.wanted, case.walks, case.steps) == (other.wanted, other.walks, other.steps)


def test_the_simplest_case_is_walked_once_and_nothing_is_frozen() -> None:
    case = draw_case(Replayed(lambda n: 0))
    assert case.walks == ONCE
    assert all(w for a, w in zip(case.arrays, case.wanted) if a.dtype.kind == "f")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4), (0, 2)])
def test_laid_out_are_the_same_numbers(shape: tuple[int, ...], layout: str) -> None:
    g = np.random.default_rng(0).normal(size=shape)
    stored = laid_out(g, layout)
    np.testing.assert_array_equal(stored, g, strict=True)
    if len(shape) > 1 and g.size and layout != "contiguous":
        assert not stored.flags.c_contiguous
        assert not stored.flags.writeable


def test_two_walks_start_from_gradients_that_add_up() -> None:
    g = np.array([1.0, -0.3, 1e-300])
    first, second = Walks(twice=True).starts([g])
    np.testing.assert_array_equal(first[0] + second[0], g)
    assert not np.any(first[0] == second[0])


# ---- what is found --------------------------------------------------------------------------


def test_a_walk_that_spoils_what_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    def body(input: Array) -> Any:
        e = np.exp(input)

        def d_input(g: Array) -> Any:
            d = g * e
            if isinstance(e, np.ndarray):
                e[...] = 1
            return d

        return e.copy(), d_input

    case = one_step("lib.exp({0})", np.array([0.5, -1.0]), walks=Walks(twice=True))
    assert judged(case).outcome is Outcome.agree
    monkeypatch.setattr(scratch, "exp", primitive(body))
    assert judged(one_step("lib.exp({0})", *case.arrays)).outcome is Outcome.agree
    assert judged(case).outcome is Outcome.differ


def test_gradients_that_do_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(self: Any, gradient: Any = None, retain_graph: bool = False) -> None:
        for leaf in leaves:
            leaf.grad = None
        backward(self, gradient, retain_graph)

    def remembered(x: Any) -> Any:
        leaves.append(x)
        return exp(x)

    leaves: list[Any] = []
    backward, exp = scratch.Tensor.backward, scratch.exp
    case = one_step("lib.exp({0})", np.array([0.5, -1.0]), walks=Walks(twice=True))
    monkeypatch.setattr(scratch, "exp", remembered)
    monkeypatch.setattr(scratch.Tensor, "backward", forgetful)
    assert judged(case).outcome is Outcome.differ


@pytest.mark.parametrize("layout", ["transposed", "strided", "reversed"])
def test_an_upstream_gradient_read_as_it_lies(
    monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    backward = scratch.Tensor.backward

    def hasty(self: Any, gradient: Any = None, retain_graph: bool = False) -> None:
        backward(self, as_it_lies(gradient).reshape(gradient.shape), retain_graph)

    case = one_step("lib.neg({0})", np.arange(6.0).reshape(2, 3), walks=Walks(layout=layout))
    assert judged(case).outcome is Outcome.agree
    monkeypatch.setattr(scratch.Tensor, "backward", hasty)
    assert judged(one_step("lib.neg({0})", *case.arrays)).outcome is Outcome.agree
    assert judged(case).outcome is Outcome.differ


def as_it_lies_negated(g: Array) -> Array:
    return -as_it_lies(g).reshape(g.shape)


def negated_in_place(g: Array) -> Array:
    return np.negative(g, out=g)


@pytest.mark.parametrize(
    ("last", "wrong"), [(HANDED_ON[0], negated_in_place), (HANDED_ON[1], as_it_lies_negated)]
)
def test_a_gradient_that_is_a_view(
    monkeypatch: pytest.MonkeyPatch, last: str, wrong: Callable[[Array], Array]
) -> None:
    def body(input: Array) -> Any:
        return -input, wrong

    case = one_step("lib.neg({0})", np.arange(6.0).reshape(2, 3))
    viewed = replace(case, steps=[*case.steps, Step(last, (1,))], results=[2])
    assert judged(viewed).outcome is Outcome.agree
    monkeypatch.setattr(scratch, "neg", primitive(body))
    assert judged(case).outcome is Outcome.agree
    assert judged(viewed).outcome is Outcome.differ


def as_it_lies(g: Array) -> Array:
    """What C code sees that knows the first number's address and no strides."""
    whole = g
    while isinstance(whole.base, np.ndarray):
        whole = whole.base
    return np.resize(np.ravel(whole, "K"), g.size)


def test_a_graph_that_is_recorded_for_the_first_argument_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mul = scratch.mul
    text, x, y = "lib.mul({0}, {1})", np.array([1.0, 2.0]), np.array([3.0, 5.0])
    frozen = one_step(text, x, y, wanted=[False, True])
    assert judged(frozen).outcome is Outcome.agree
    monkeypatch.setattr(
        scratch, "mul", lambda x, y: mul(x, y) if x.requires_grad else mul(x, y).detach()
    )
    assert judged(one_step(text, x, y)).outcome is Outcome.agree
    assert judged(frozen).outcome is Outcome.differ


def test_a_second_derivative_by_what_is_frozen() -> None:
    """There is no gradient that could be derived again: only what comes out is compared."""
    x = np.array([1.0, -2.0])
    case = one_step("{0} * ({1} >= 0.0)", x, x, wanted=[False, True], order=2)
    assert judged(case).outcome is Outcome.agree
    exec(snippet(case), {})


def test_a_search_finds_what_only_long_axes_show(monkeypatch: pytest.MonkeyPatch) -> None:
    def first_seven(x: Any, dim: Any = None, keepdim: bool = False, **more: Any) -> Any:
        whole = total(x, dim=dim, keepdim=keepdim, **more)
        return whole if max(x.shape, default=0) <= 8 else whole + 1.0

    total, place = scratch.sum, [operation.name for operation, _ in rows()].index("sum")
    cases = []
    for number in range(150):
        c = Random(0, number)
        drawn, picks = c.pick, iter([lambda n: place])
        c.pick = lambda n, drawn=drawn, picks=picks: next(picks, drawn)(n)  # type: ignore[misc]
        cases.append(draw_row(c))
    monkeypatch.setattr(scratch, "sum", first_seven)
    assert any(judged(case).outcome is Outcome.differ for case in cases)


# ---- what is printed ------------------------------------------------------------------------


def test_the_snippet_shows_the_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    case = one_step("lib.exp({0}) * {1}", np.array([0.5, -1.0]), np.array([2.0, 3.0]),
                    wanted=[True, False], walks=Walks(True, "reversed"))  # fmt: skip
    code = snippet(case)
    assert "Walks(twice=True, layout='reversed')" in code
    assert "requires_grad=[True, False]" in code
    exec(code, {})
    exp = scratch.exp
    monkeypatch.setattr(scratch, "exp", lambda x: exp(x) * 1.001)
    with pytest.raises(AssertionError):
        exec(code, {})


def test_snippets_of_drawn_cases_run(capsys: pytest.CaptureFixture[str]) -> None:
    walked = [c for c in (draw_case(Random(11, n)) for n in range(150)) if c.walks != ONCE]
    orders = {case.order for case in walked}
    assert orders == {1, 2}
    for case in walked[:12] + [case for case in walked if case.order == 2][:3]:
        exec(snippet(case), {})
