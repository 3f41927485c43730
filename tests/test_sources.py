"""Where both wings name the paper that a function comes from, they name the same one."""

from __future__ import annotations

import re

import pytest

import scratch.activations
import torch_ref.activations

YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@pytest.mark.parametrize("name", ["elu", "gelu", "hardswish", "maxout", "selu", "silu", "softsign"])
def test_both_wings_name_the_same_paper(name):
    ours, theirs = (getattr(wing.activations, name).__doc__ for wing in (scratch, torch_ref))
    assert YEAR.findall(ours) == YEAR.findall(theirs) != []
