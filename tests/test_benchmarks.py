"""The benchmark compares like with like: every contender computes PyTorch's gradients.

No time is looked at here: it belongs to the machine, not to the code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer

pytest.importorskip("threadpoolctl")

from benchmarks import __main__, contender_fused, contender_models, contenders, gradients
from benchmarks.section_models import CONTENDERS, MODELS
from benchmarks.step import Step
from benchmarks.workloads import WORKLOADS, Workload

# "wide" takes a second a contender, and is the network of "mnist" with one more layer.
SMALL = [name for name in WORKLOADS if name != "wide"]


@pytest.mark.parametrize("name", SMALL)
def test_every_contender_has_pytorchs_gradients(name: str) -> None:
    found, _ = contenders.load()
    gradients.check(WORKLOADS[name](), found)


@pytest.mark.parametrize("name", MODELS)
def test_the_models_have_the_gradients_of_both_wings_and_of_the_fused_step(name: str) -> None:
    gradients.check(MODELS[name](), CONTENDERS)


def off_by(factor: float) -> Callable[[Workload], Step]:
    """The fused step with its last gradient scaled."""

    def prepare(workload: Workload) -> Step:
        step = contender_fused.prepare(workload)

        def read(result: Any) -> Any:
            assert step.read is not None
            loss, found = step.read(result)
            return loss, [*found[:-1], factor * found[-1]]

        return step._replace(read=read)

    return prepare


def test_a_wrong_contender_is_refused() -> None:
    wrong = {"torch": contender_models.prepare_torch, "wrong": off_by(1 + 1e-6)}
    with pytest.raises(AssertionError, match="wrong, xor: gradient of parameter 3 is 1"):
        gradients.check(WORKLOADS["xor"](), wrong)


def test_a_contender_in_another_dtype_is_refused() -> None:
    def wider(workload: Workload) -> Step:
        return contender_fused.prepare(workload.in_float64())

    contending = {"torch": contender_models.prepare_torch, "wider": wider}
    workload = replace(WORKLOADS["digits"](), name="digits")
    with pytest.raises(AssertionError, match="float64, PyTorch's is float32"):
        gradients.check(workload, contending)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"json": Path("/no/such/folder/x.json")}, "--json"),
        ({"plot": Path("/")}, "--plot"),
        ({"page": Path("page.md"), "quick": True}, "--page"),
        ({"page": Path("page.md"), "workload": ["xor"]}, "--page"),
        ({"threads": 100_000}, "--threads"),
        ({"section": ["step"]}, "--section"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_measured(
    arguments: dict[str, Any], named: str
) -> None:
    with pytest.raises(typer.BadParameter) as refused:
        __main__.main(**arguments)
    assert refused.value.param_hint == named
