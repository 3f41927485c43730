"""The losses: how far a prediction is from the target, and where to move it.

Lecture: "Función de pérdida" (cross entropy, binary cross entropy), "Grafo computacional:
Ejemplo" (squared error). Names, parameters and defaults of `torch.nn.functional`.

Each loss is a primitive: a value and its derivative with respect to the prediction (and to the
target, where that may be learned too), in a form that keeps its digits when the prediction is
saturated. `reduction` is "mean", "sum" or "none"; every derivative is that of one element times
`g * share`, where share is 1/n for a mean and 1 otherwise.
"""

from .binary import binary_cross_entropy as binary_cross_entropy
from .binary import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from .categorical import cross_entropy as cross_entropy
from .categorical import nll_loss as nll_loss
from .regression import huber_loss as huber_loss
from .regression import l1_loss as l1_loss
from .regression import mse_loss as mse_loss
from .regression import smooth_l1_loss as smooth_l1_loss
from .regression import squared_error as squared_error
