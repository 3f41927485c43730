"""Exercises in plain numpy, graded by what PyTorch computes: see README.md in this folder."""

from __future__ import annotations

from .check import check as check
from .exercise import Exercise as Exercise
from .exercise import Expected as Expected
from .lazy import F as F
from .lazy import torch as torch
from .probes import Probe as Probe
from .reference import gradient as gradient
from .variants import Convention as Convention
from .variants import Layout as Layout
from .variants import Mistake as Mistake
