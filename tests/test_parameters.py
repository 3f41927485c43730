"""Operations have PyTorch's parameter names, order and defaults, as its documentation prints them.

Most of PyTorch's operations are written in C++ and have no signature that Python could inspect;
the first line of their documentation is one.
"""

from __future__ import annotations

import inspect
import re
import types
from typing import Any

import pytest
import torch

import scratch
import scratch.functional

# out, layout: no array is written to here; rounding_mode, dilation, groups: not offered;
# out_dtype: of one backend
LEFT_OUT = {"out", "rounding_mode", "dilation", "groups", "out_dtype"}

OPERATIONS = [
    pytest.param(function, getattr(torch, name), id=name)
    for name, function in vars(scratch).items()
    if isinstance(function, types.FunctionType) and hasattr(torch, name)
    and function.__module__.startswith(("scratch.operations", "scratch.special"))
]  # fmt: skip
FUNCTIONS = [
    pytest.param(getattr(scratch.functional, name), getattr(torch.nn.functional, name), id=name)
    for name in (
        "conv1d", "gelu", "hardshrink", "linear", "logsigmoid", "prelu", "softplus", "softshrink",
    )
]  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs"), OPERATIONS + FUNCTIONS)
def test_parameters_are_those_of_the_documentation(ours: Any, theirs: Any) -> None:
    expected = [(p, d) for p, d in documented(ours.__name__, theirs) if p not in LEFT_OUT]
    found = list(inspect.signature(ours).parameters.values())
    assert [p.name for p in found] == [name for name, _ in expected]
    for parameter, (name, default) in zip(found, expected):
        if default is not None:
            assert parameter.default == default, name


def documented(name: str, function: Any) -> list[tuple[str, Any]]:
    """The longest signature in the documentation: names, and defaults where it prints them."""
    text = inspect.getdoc(function) or ""
    pattern = rf"^(?:\.\. function:: )?{name}\(([^)]*(?:\([^)]*\)[^)]*)*)\)"
    found = [split(inner) for inner in re.findall(pattern, text, re.MULTILINE)]
    return max(found, key=len)


def split(inner: str) -> list[tuple[str, Any]]:
    """`input, dim: int, *, keepdim=False` as names and defaults (None where none is printed)."""
    inner = re.sub(r"\[[^=]*\]", "", inner)  # Optional[Union[int, List[int]]]
    parts = [part.strip() for part in inner.split(",")]
    names = []
    for part in parts:
        if part in ("", "*"):
            continue
        name, _, default = part.partition("=")
        plain = default.strip()
        value = {"False": False, "True": True, "None": None}.get(plain, plain.strip("'"))
        if isinstance(value, str):
            value = float(value) if re.fullmatch(r"-?\d+(\.\d+)?", value) else value or None
        names.append((name.partition(":")[0].strip(), value))
    return names


def test_keywords_work_as_in_pytorch() -> None:
    """Not only the names: a call with keywords, in any order, is the same call."""
    x, y = scratch.tensor([[1.0, 2.0]]), scratch.tensor([[3.0], [4.0]])
    for by_keyword, by_place in [
        (scratch.add(other=y, input=x), scratch.add(x, y)),
        (scratch.matmul(other=y, input=x), scratch.matmul(x, y)),
        (scratch.sum(keepdim=True, dim=1, input=x), scratch.sum(x, 1, True)),
        (scratch.where(input=x, condition=x > 1, other=y), scratch.where(x > 1, x, y)),
        (scratch.clamp(max=1.5, input=x), scratch.clamp(x, None, 1.5)),
        (scratch.pow(exponent=y, input=x), scratch.pow(x, y)),
        (scratch.functional.linear(weight=x, input=x), scratch.functional.linear(x, x)),
        (scratch.functional.softmax(dim=1, input=x), scratch.functional.softmax(x, 1)),
    ]:
        assert by_keyword.tolist() == by_place.tolist()


@pytest.mark.parametrize(
    "call",
    [
        lambda x: scratch.sum(x, axis=0),
        lambda x: scratch.exp(x, x),
        lambda x: scratch.add(x),
        lambda x: scratch.functional.relu(x, inplace=True),
        lambda x: scratch.functional.mse_loss(x),
    ],
)
def test_unknown_and_missing_parameters_are_refused(call: Any) -> None:
    with pytest.raises(TypeError, match=r"argument"):
        call(scratch.tensor([1.0]))
