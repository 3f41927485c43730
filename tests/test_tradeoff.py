"""The trade-off: the wings learn the same, and docs/tradeoff.md shows what is measured today."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from close import assert_close, assert_within

from gradtwin import tradeoff
from gradtwin.datasets import load
from gradtwin.tolerance import drift, printed
from gradtwin.tradeoff import BATCH_SIZES, BUDGETS, LEVEL, SEEDS, best_lr, learn, markdown, row

pytest.importorskip("sklearn")

DOC = (Path(__file__).resolve().parents[1] / "docs" / "tradeoff.md").read_text(encoding="utf-8")


# ---- one training -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "batch_size", "lr"),
    [("digits", 64, 0.3), ("breast_cancer", 1, 0.03), ("breast_cancer", 0, 1.0)],
)
def test_both_wings_draw_the_same_curve(name, batch_size, lr):
    data = load(name)
    ours, theirs = (learn(data, batch_size, lr, 2, seed=1, wing=w) for w in ("scratch", "torch"))
    assert ours.examples.tolist() == theirs.examples.tolist()
    steps = 2 * math.ceil(len(data.X_train) / (batch_size or len(data.X_train)))
    allowed = drift(steps, terms=len(data.X_train), dtype="float64")
    for part in ("train", "test"):
        mine, other = getattr(ours, f"{part}_loss"), getattr(theirs, f"{part}_loss")
        assert_within(mine, other, allowed * other.max())
        assert getattr(ours, f"{part}_error").tolist() == getattr(theirs, f"{part}_error").tolist()


def test_a_curve_is_deterministic_but_for_its_time():
    data = load("breast_cancer")
    one, again = (learn(data, 8, 0.3, 3, seed=2) for _ in range(2))
    for name in ("examples", "train_loss", "test_loss", "train_error", "test_error"):
        assert getattr(one, name).tolist() == getattr(again, name).tolist()
    assert one.train_loss.tolist() != learn(data, 8, 0.3, 3, seed=3).train_loss.tolist()
    assert (np.diff(one.seconds) > 0).all()
    # before the first step the weights are those of the seed, whatever the batch size
    assert one.train_loss[0] == learn(data, 0, 1.0, 1, seed=2).train_loss[0]


def test_errors_are_those_of_the_model_itself():
    """With nothing learned yet: PyTorch's loss and argmax, on the network of the same seed."""
    import torch

    import torch_ref

    data = load("digits")
    curve = learn(data, 0, 0.1, 0, seed=5)
    with torch.no_grad():
        scores = torch_ref.FullyConnected([64, 32, 10], seed=5)(torch.tensor(data.X_test))
        loss = torch.nn.functional.cross_entropy(scores, torch.tensor(data.y_test)).item()
    assert_close(curve.test_loss, [loss], terms=len(data.X_test))
    assert curve.test_error.tolist() == [(scores.numpy().argmax(1) != data.y_test).mean()]


def test_a_run_ends_at_its_level_or_its_time():
    data = load("breast_cancer")
    whole = learn(data, 8, 0.3, 6)
    level = float(whole.train_loss[2])
    curve = learn(data, 8, 0.3, 6, level=level)
    assert curve.train_loss.tolist() == whole.train_loss[:3].tolist()
    assert len(learn(data, 8, 0.3, 6, seconds=0.0).examples) == 2  # an epoch that is begun is ended


def test_what_overflows_has_an_infinite_loss_and_is_never_the_best_rate():
    data = load("breast_cancer")
    curve = learn(data, 0, 1e308, 3)
    assert len(curve.train_loss) == 4
    assert curve.train_loss[-1] == math.inf
    assert np.isfinite(learn(data, 0, best_lr(data, 0, 2), 2).train_loss).all()


def test_what_makes_no_sense_is_named():
    with pytest.raises(ValueError, match=r"^batch_size: expected 0, for all, or more"):
        learn(load("breast_cancer"), -1, 0.1, 1)
    with pytest.raises(TypeError, match=r"^batch_size: expected an integer, got str 'a'"):
        learn(load("breast_cancer"), "a", 0.1, 1)
    with pytest.raises(TypeError, match=r"^seconds: expected a number, got str 'a'"):
        learn(load("breast_cancer"), 8, 0.1, 1, seconds="a")
    with pytest.raises(TypeError, match=r"^level: expected a number, got NoneType"):
        learn(load("breast_cancer"), 8, 0.1, 1, level=None)
    with pytest.raises(ValueError, match=r"^name: expected one of .*, got 'iris'"):
        tradeoff.study("iris")


def test_a_study_holds_the_batch_sizes_side_by_side(monkeypatch):
    monkeypatch.setattr(tradeoff, "MOST_EPOCHS", 2)  # a small study has no time for more
    small = tradeoff.study("breast_cancer", batch_sizes=(32, 0), seeds=(0, 1), budgets=(1, 2))
    shown = [(each.epochs, each.batch_size, each.updates) for each in small.examples]
    assert shown == [(1, 32, 14), (1, 0, 1), (2, 32, 28), (2, 0, 2)]
    for each in (small.level, small.time):
        assert [r.batch_size for r in each] == [32, 0]
    first = small.examples[0]
    tests = [[curve.test_loss[1] for curve in small.curves[size]] for size in (32, 0)]
    assert first.test_loss == sum(tests[0]) / 2
    apart = [a - b for a, b in zip(*tests)]
    assert first.beyond == sum(apart) / 2
    assert_close(first.spread, abs(apart[0] - apart[1]) / 2, size=max(apart))
    assert tradeoff.report(small).count("| 32 |") == 4


# ---- docs/tradeoff.md ---------------------------------------------------------------------------


def in_the_docs(heading):
    """The rows under a heading, as {(epochs, batch): cells}."""
    lines = DOC.split(f"### {heading}\n\n")[1].split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return {(each[0], each[1]): each for each in cells}


def same_numbers(shown, found):
    """But for the last digit, which another order of a sum may turn, and for the time."""
    assert len(shown) == len(found) == len(tradeoff.COLUMNS)
    for name, old, new in zip(tradeoff.COLUMNS, shown, found):
        if name == "time" or old == new:
            continue
        pairs = zip(old.replace("±", "").split(), new.replace("±", "").split(), strict=True)
        for a, b in pairs:
            apart = abs(Fraction(a) - Fraction(b))
            assert apart <= printed(a) + printed(b), f"{name}: {old}, now {new}"


# So many epochs of each batch size take some tenths of a second; a curve's beginning is the same
# however long it goes on.
CHEAP = [
    ("digits", {1: 1, 8: 3, 64: 10, 0: 30}),
    ("breast_cancer", {1: 3, 8: 30, 64: 30, 0: 30}),
]


@pytest.mark.parametrize(("name", "epochs"), CHEAP)
def test_the_table_of_examples_is_fresh(name, epochs):
    shown = in_the_docs(f"{name}, the same number of examples read")
    assert len(shown) == len(BUDGETS) * len(BATCH_SIZES)
    curves = {}
    for size, most in epochs.items():
        lr = float(shown["30", str(size or "all")][2])
        curves[size] = [learn(load(name, seed), size, lr, most, seed) for seed in SEEDS]
    for size, most in epochs.items():
        for budget in (b for b in BUDGETS if b <= most):
            text = markdown([row(curves[size], curves[0], budget)]).splitlines()[-1]
            found = [cell.strip() for cell in text.strip("|").split("|")]
            same_numbers(shown[str(budget), str(size or "all")], found)


@pytest.mark.parametrize(
    ("name", "size"), [("digits", 0), ("breast_cancer", 64), ("breast_cancer", 0)]
)
def test_the_learning_rates_of_the_docs_are_the_best(name, size):
    shown = in_the_docs(f"{name}, the same number of examples read")
    lr = best_lr(load(name, SEEDS[0]), size, BUDGETS[-1])
    assert float(shown["30", str(size or "all")][2]) == lr


@pytest.mark.parametrize(("name", "sizes"), [("digits", (64, 0)), ("breast_cancer", (64, 0))])
def test_the_table_of_equal_training_loss_is_fresh(name, sizes):
    shown = in_the_docs(f"{name}, where the training loss came to {LEVEL[name]}")
    by_size = {cells[1]: cells for cells in shown.values()}
    curves = {}
    for size in sizes:
        lr = float(by_size[str(size or "all")][2])
        until = {"epochs": tradeoff.MOST_EPOCHS, "level": LEVEL[name]}
        curves[size] = [learn(load(name, s), size, lr, seed=s, **until) for s in SEEDS]
    for size in sizes:
        found = markdown([row(curves[size], curves[0])]).splitlines()[-1].strip("|").split("|")
        same_numbers(by_size[str(size or "all")], [cell.strip() for cell in found])
