"""The fundamentals of deep learning by hand, in numpy.

Reading order: `autograd/`, `operations/`, `activations.py`, `losses/`, `perceptron.py`, and on.
Its twin, with the same names over PyTorch, is `torch_ref`.
"""

from . import autograd as autograd
from . import functional as functional
from .activations import log_softmax as log_softmax
from .activations import relu as relu
from .activations import sigmoid as sigmoid
from .activations import softmax as softmax
from .activations import tanh as tanh
from .autograd import Function as Function
from .autograd import enable_grad as enable_grad
from .autograd import is_grad_enabled as is_grad_enabled
from .autograd import no_grad as no_grad
from .descent import descend as descend
from .operations import abs as abs
from .operations import add as add
from .operations import addmm as addmm
from .operations import amax as amax
from .operations import amin as amin
from .operations import argmax as argmax
from .operations import cat as cat
from .operations import clamp as clamp
from .operations import cos as cos
from .operations import cosh as cosh
from .operations import div as div
from .operations import exp as exp
from .operations import expand as expand
from .operations import expm1 as expm1
from .operations import flatten as flatten
from .operations import log as log
from .operations import log1p as log1p
from .operations import logsumexp as logsumexp
from .operations import matmul as matmul
from .operations import maximum as maximum
from .operations import mean as mean
from .operations import minimum as minimum
from .operations import mul as mul
from .operations import neg as neg
from .operations import permute as permute
from .operations import pow as pow
from .operations import prod as prod
from .operations import reshape as reshape
from .operations import sign as sign
from .operations import sin as sin
from .operations import sinh as sinh
from .operations import sqrt as sqrt
from .operations import square as square
from .operations import squeeze as squeeze
from .operations import stack as stack
from .operations import sub as sub
from .operations import sum as sum
from .operations import to as to
from .operations import transpose as transpose
from .operations import unsqueeze as unsqueeze
from .operations import where as where
from .special import erf as erf
from .special import erfc as erfc
from .tensor import Tensor as Tensor
from .tensor import tensor as tensor
