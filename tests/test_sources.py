"""Where both wings name the paper that a function comes from, they name the same one."""

from __future__ import annotations

import re

import pytest

import scratch.functional
import torch_ref.activations
import torch_ref.functional

YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def papers(name):
    """The years of the papers that each wing names for this function."""
    functions = (getattr(wing.functional, name) for wing in (scratch, torch_ref))
    return tuple(YEAR.findall(function.__doc__) for function in functions)


PAIRS = {
    name: papers(name)
    for name, function in vars(torch_ref.activations).items()
    if getattr(function, "__module__", "") == "torch_ref.activations"
    and hasattr(scratch.functional, name)
}


@pytest.mark.parametrize("name", [name for name, (ours, theirs) in PAIRS.items() if ours or theirs])
def test_both_wings_name_the_same_paper(name):
    ours, theirs = PAIRS[name]
    assert ours == theirs
