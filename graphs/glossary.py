"""What each node of a graph is, in the lecture's words, and the sign that stands in its box.

Lecture: "Grafo computacional: Ejemplo" ends with the graph that AutoGrad draws, full of names such
as `MulBackward0`. This is the dictionary for it: `explain("AddmmBackward0")`. The two engines meet
in one canonical name an operation, so that both pictures use the same words.
"""
# ruff: noqa: RUF001 (the signs of mathematics: × and − are meant)

from __future__ import annotations

import re
from typing import NamedTuple


class Entry(NamedTuple):
    """sign: what stands in the box, or "" for the name itself. words: what it computes."""

    sign: str
    words: str


GLOSSARY: dict[str, Entry] = {
    # ---- basic operations, whose derivative is known
    "add": Entry("+", "x + y: each term receives the gradient unchanged"),
    "residual_add": Entry(
        "+", "x + F(x): a residual block's sum; the shortcut passes the gradient unchanged"
    ),
    "sub": Entry("−", "x - y: the error ŷ - y; y receives the gradient with its sign turned"),
    "rsub": Entry("−", "y - x, written with the number first"),
    "mul": Entry("×", "w · x: each factor's gradient is scaled by the other"),
    "div": Entry("÷", "x / y"),
    "neg": Entry("−", "-x: the gradient with its sign turned"),
    "pow": Entry("^", "x to a power: the derivative of x² is 2x"),
    "square": Entry("^ 2", "x²: the derivative is 2x"),
    "sqrt": Entry("√", "the square root"),
    "exp": Entry("exp", "e to the x, its own derivative"),
    "expm1": Entry("exp - 1", "e to the x, minus 1, exact near 0"),
    "log": Entry("log", "the natural logarithm: the derivative is 1/x"),
    "log1p": Entry("log(1 + ·)", "log(1 + x), exact near 0"),
    "abs": Entry("|·|", "the size of x without its sign: the derivative is the sign"),
    "sign": Entry("sign", "-1, 0 or 1: flat, so its derivative is 0"),
    "sin": Entry("sin", "the sine: the derivative is the cosine"),
    "cos": Entry("cos", "the cosine: the derivative is minus the sine"),
    "erf": Entry("erf", "the error function, the bell curve summed up"),
    "maximum": Entry("max", "the larger of two: the gradient goes to the one that was taken"),
    "minimum": Entry("min", "the smaller of two: the gradient goes to the one that was taken"),
    "clamp": Entry("clamp", "held between two bounds: no gradient outside of them"),
    "where": Entry("where", "one or the other by a condition: the gradient goes to the one taken"),
    # ---- products: the key to evaluating a network
    "matmul": Entry("X · W", "the product of matrices: all weighted sums of a layer at once"),
    "addmm": Entry("X · W + b", "x·W + b: a whole fully connected layer, product and bias at once"),
    "linear": Entry("linear", "X · Wᵀ + b: a whole fully connected layer, one row of W a neuron"),
    "transpose": Entry("Wᵀ", "rows and columns exchanged: W is kept with one row a neuron"),
    # ---- sums
    "sum": Entry("Σ", "the sum: every element receives the same gradient"),
    "mean": Entry("mean", "the mean over the examples: each receives 1/n of the gradient"),
    "prod": Entry("Π", "the product of the elements"),
    "max": Entry("max", "the largest element: it alone receives the gradient"),
    "min": Entry("min", "the smallest element: it alone receives the gradient"),
    "amax": Entry("max", "the largest element: ties share the gradient"),
    "amin": Entry("min", "the smallest element: ties share the gradient"),
    "logsumexp": Entry("log Σ exp", "the smooth maximum: its derivative is the softmax"),
    "norm": Entry("‖·‖", "the length of a vector"),
    # ---- arrangement: same numbers, other shape
    "reshape": Entry("reshape", "the same numbers in another shape"),
    "expand": Entry("repeat", "one number seen many times (broadcast): its gradients are summed"),
    "permute": Entry("permute", "dimensions in another order"),
    "squeeze": Entry("squeeze", "without the dimensions of length 1"),
    "unsqueeze": Entry("unsqueeze", "with a new dimension of length 1"),
    "flatten": Entry("flatten", "several dimensions as one"),
    "getitem": Entry("[ ]", "some of the elements: the others receive no gradient"),
    "cat": Entry("join", "tensors joined: each receives its own slice of the gradient"),
    "stack": Entry("stack", "tensors side by side along a new dimension"),
    "clone": Entry("copy", "a copy: the gradient passes"),
    "to": Entry("dtype", "the same numbers in another dtype"),
    # ---- activation functions g
    "step": Entry("step", "1 above 0, else 0 (escalón): flat, so nothing is learned through it"),
    "sigmoid": Entry("σ", "1/(1 + e⁻ᶻ): between 0 and 1; its derivative is at most 0.25"),
    "tanh": Entry("tanh", "between -1 and 1; its derivative is at most 1"),
    "relu": Entry("ReLU", "max(0, z): the gradient passes where z > 0, else it is cut"),
    "leaky_relu": Entry("Leaky ReLU", "as ReLU, with a small slope where z < 0: no dead neurons"),
    "elu": Entry("ELU", "as ReLU, and eᶻ - 1 where z < 0"),
    "selu": Entry("SELU", "ELU with the scale that keeps mean and variance"),
    "gelu": Entry("GELU", "z times the chance of a smaller normal number"),
    "silu": Entry("SiLU", "z · sigmoid(z)"),
    "softplus": Entry("softplus", "log(1 + eᶻ): a smooth ReLU"),
    "softmax": Entry("softmax", "eˣⁱ/Σeˣʲ: positive numbers that add up to one, one a class"),
    "log_softmax": Entry("log softmax", "the logarithm of the softmax, without rounding to 0"),
    # ---- loss functions
    "mse_loss": Entry("MSE", "mean of (ŷ - y)²: how far the predictions are from the targets"),
    "squared_error": Entry("(ŷ - y)²", "the squared error of each example"),
    "l1_loss": Entry("L1", "mean of |ŷ - y|"),
    "huber_loss": Entry("Huber", "squared near 0, linear beyond"),
    "smooth_l1_loss": Entry("smooth L1", "squared near 0, linear beyond"),
    "cross_entropy": Entry("softmax + CE", "softmax and cross entropy as one block: p - onehot(y)"),
    "nll_loss": Entry("-log p[y]", "the negative logarithm of the right class's probability"),
    "binary_cross_entropy": Entry("BCE", "-(y log ŷ + (1 - y) log(1 - ŷ))"),
    "binary_cross_entropy_with_logits": Entry(
        "σ + BCE", "sigmoid and binary cross entropy as one block: its derivative is ŷ - y"
    ),
    # ---- the engine's own
    "accumulate_grad": Entry("", "where a parameter's gradient is added up, into its .grad"),
}  # fmt: skip

# Where PyTorch's name of a node, in snake case, is not the operation's.
SAME_OPERATION = {
    "t": "transpose", "mm": "matmul", "mv": "matmul", "dot": "matmul", "bmm": "matmul",
    "linalg_vector_norm": "norm", "view": "reshape", "unsafe_view": "reshape",
    "reshape_alias": "reshape", "slice": "getitem", "select": "getitem", "index": "getitem",
    "to_copy": "to", "clamp_min": "clamp", "clamp_max": "clamp", "special_expm1": "expm1",
    "log1_p": "log1p",
}  # fmt: skip


def canonical(engine_name: str) -> str:
    """The operation behind a node's name, the same word in both engines.

    >>> canonical("AddmmBackward0"), canonical("TBackward0"), canonical("mul")
    ('addmm', 'transpose', 'mul')
    >>> canonical("torch::autograd::AccumulateGrad")
    'accumulate_grad'
    """
    name = re.sub(r"Backward\d*$", "", engine_name.rsplit("::", 1)[-1])
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return SAME_OPERATION.get(name, name)


def sign(operation: str) -> str:
    """What stands in the box: the sign that the lecture writes, or the name."""
    entry = GLOSSARY.get(operation)
    return entry.sign if entry and entry.sign else operation


def explain(engine_name: str) -> str:
    """What a node of either engine computes, in one line; "" for one that is not listed.

    >>> explain("AddmmBackward0")
    'x·W + b: a whole fully connected layer, product and bias at once'
    """
    entry = GLOSSARY.get(canonical(engine_name))
    return entry.words if entry else ""


# What PyTorch records under other names, or as several nodes: see `correspondence.py`.
ONLY_SCRATCH = frozenset((
    "residual_add", "square", "linear", "step", "selu", "squared_error", "l1_loss",
    "cross_entropy", "flatten",
))  # fmt: skip
TORCH_NAMES = {
    "accumulate_grad": "AccumulateGrad", "matmul": "MmBackward0", "expm1": "Expm1Backward0",
    "clamp": "ClampBackward1", "log1p": "Log1PBackward0",
}  # fmt: skip


def table() -> str:
    """The glossary in Markdown, a row an operation; it stands in `docs/graphs.md`.

    >>> table().splitlines()[2]
    '| `AddBackward0` | `add` | + | x + y: each term receives the gradient unchanged |'
    """
    lines = ["| PyTorch's node | operation | sign | in the lecture's words |", "|---|---|---|---|"]
    for operation, entry in GLOSSARY.items():
        theirs = torch_name(operation)
        cells = [f"`{theirs}`" if theirs else "", f"`{operation}`", entry.sign, entry.words]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def torch_name(operation: str) -> str:
    """What PyTorch most often calls the node of an operation; "" where it has none of its own.

    >>> torch_name("leaky_relu"), torch_name("matmul"), torch_name("residual_add")
    ('LeakyReluBackward0', 'MmBackward0', '')
    """
    if operation in ONLY_SCRATCH:
        return ""
    if operation in TORCH_NAMES:
        return TORCH_NAMES[operation]
    known = (theirs for theirs, ours in SAME_OPERATION.items() if ours == operation)
    return "".join(part.capitalize() for part in next(known, operation).split("_")) + "Backward0"
