"""Why deep networks are hard to train, measured: gradients that vanish or explode, and the remedies.

`activation_histograms` (the picture of Glorot and Bengio) -> (Histograms, Histograms).
"""

from __future__ import annotations

from .glorot import Histograms as Histograms
from .glorot import activation_histograms as activation_histograms
