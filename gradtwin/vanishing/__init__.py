"""Why deep networks are hard to train, measured: gradients that vanish or explode, and remedies.

`activation_histograms` (the picture of Glorot and Bengio) -> (Histograms, Histograms);
`gradient_by_layer` (the norm of dL/dW of each layer, by activation, initialisation and depth);
`sigmoid_slope`, `sigmoid_chain` (0.25 and the bound of a chain that follows);
`shortcut_reach` (what reaches the first of 10, 100, 1,000 layers with and without shortcuts);
`train_deep` (200 layers with and without them); `dead_neurons`, `deaths_by_learning_rate`.
Each is computed by either wing (`side`). `python -m gradtwin.vanishing` prints the tables of
`docs/vanishing.md`.
"""

from __future__ import annotations

from .by_layer import NETWORKS as NETWORKS
from .by_layer import Reach as Reach
from .by_layer import gradient_by_layer as gradient_by_layer
from .by_layer import shortcut_reach as shortcut_reach
from .chain import STEEPEST as STEEPEST
from .chain import Chain as Chain
from .chain import sigmoid_chain as sigmoid_chain
from .chain import sigmoid_slope as sigmoid_slope
from .dead import Deaths as Deaths
from .dead import dead_neurons as dead_neurons
from .dead import deaths_by_learning_rate as deaths_by_learning_rate
from .deep import Learned as Learned
from .deep import train_deep as train_deep
from .glorot import Histograms as Histograms
from .glorot import activation_histograms as activation_histograms
