"""The lecture's concepts in idiomatic PyTorch: the trusted reference of gradtwin.

Same files, same names, same parameters and defaults as ``scratch``; see README.md in this folder.
"""

from __future__ import annotations

from . import autograd as autograd
from . import clipping as clipping
from . import functional as functional
from . import initializers as initializers
from . import optimizers as optimizers
from .autograd import Function as Function
from .autograd import enable_grad as enable_grad
from .autograd import is_grad_enabled as is_grad_enabled
from .autograd import no_grad as no_grad
from .dag import DAG as DAG
from .dag import SharedWeightDAG as SharedWeightDAG
from .descent import descend as descend
from .fully_connected import FullyConnected as FullyConnected
from .module import Module as Module
from .monitoring import Monitor as Monitor
from .new_block import Snake as Snake
from .new_block import SnakeActivation as SnakeActivation
from .new_block import snake as snake
from .perceptron import Perceptron as Perceptron
from .residual import ResidualBlock as ResidualBlock
from .residual import ResidualNetwork as ResidualNetwork
from .training import History as History
from .training import fit as fit
