"""Where the two engines cut the same formula differently: the table of fused and split operations.

On the left what scratch records, on the right what PyTorch records for it, as formulas; letters
stand for whatever comes in (K: only for what takes no gradient, which PyTorch transposes and
reshapes unrecorded), and a number that stands inside of a box (the 2 of x²) is not written.
An operation that both record under one name needs no row; `|` parts two ways to write one, and
words in capitals are `ABBREVIATIONS`, each of several ways.
"""

from __future__ import annotations

import ast
from functools import cache
from itertools import product
from typing import NamedTuple

TABLE = """
linear(x, w, b)      = addmm(b, x, transpose(w))                      # one row, or a batch
linear(x, w, b)      = reshape(addmm(b, x, transpose(w)))             # a vector, a stack
linear(x, w, b)      = reshape(addmm(b, reshape(x), transpose(w)))
linear(x, w)         = matmul(x, transpose(w))
linear(x, w)         = reshape(matmul(x, transpose(w)))
linear(x, w)         = reshape(matmul(reshape(x), transpose(w)))
linear(x, w)         = squeeze(matmul(x, transpose(w)))
linear(x, w)         = squeeze(matmul(unsqueeze(x), transpose(w)))
linear(x, w)         = matmul(x, w)                                   # w is one neuron
linear(x, w, b)      = add(matmul(x, w), b)
linear(x, K, b)      = addmm(b, x, K) | reshape(addmm(b, reshape(x), K))    # frozen weights
linear(x, K)         = reshape(matmul(reshape(x), K)) | squeeze(matmul(unsqueeze(x), K))
linear(x, K)         = reshape(matmul(x, K)) | squeeze(matmul(x, K))
add(matmul(x, w), b) = addmm(b, x, w)
matmul(x, w)         = reshape(matmul(reshape(x), w))                 # a stack of matrices
matmul(x, w)         = reshape(matmul(reshape(expand(x)), reshape(expand(w))))
matmul(x, w)         = squeeze(matmul(unsqueeze(x), w))
cross_entropy(z, y)  = nll_loss(log_softmax(z), y)
mean(cross_entropy(z, y)) = div(neg(sum(mul(log_softmax(z), y))))     # y: probabilities
sum(cross_entropy(z, y)) | reshape(cross_entropy(z, y)) = neg(sum(mul(log_softmax(z), y)))
MEAN(mul(cross_entropy(z, y), v)) = nll_loss(log_softmax(z), y, w)    # weights of classes
MEAN(mul(cross_entropy(reshape(z), y), v)) = nll_loss(log_softmax(z), y, w)      # one example
MEAN(mul(cross_entropy(PIXELS(z), y), v)) = nll_loss2_d(reshape(log_softmax(z)), y, w)
reshape(mul(cross_entropy(PIXELS(z), y), v)) = reshape(nll_loss2_d(reshape(log_softmax(z)), y, w))
MEAN(mul(TAKEN(z), v))         = nll_loss(z, y, w)
MEAN(mul(TAKEN(reshape(z)), v)) = nll_loss(z, y, w)                   # one example
MEAN(mul(TAKEN(PIXELS(z)), v)) = nll_loss2_d(reshape(z), y, w)
reshape(mul(TAKEN(PIXELS(z)), v)) = reshape(nll_loss2_d(reshape(z), y, w))
residual_add(x, f)   = add(x, f)                                      # x + scale · F(x)
step(x)              = relu(sign(x))
squared_error(p, y)  = pow(sub(p, y))
l1_loss(p, y)        = mean(abs(sub(p, y)))                           # y takes a gradient too
l1_loss(p, y)        = sum(abs(sub(p, y)))
l1_loss(p, y)        = abs(sub(p, y))
mse_loss(p, y)       = pow(sub(p, y))                                 # weighted afterwards
add(x, mul(y))       = add(x, y)                                      # alpha
sub(x, mul(y))       = sub(x, y)
maxout(x)            = amax(reshape(x))
conv1d(x, w, b)      = convolution(x, w, b)
conv1d(x, w)         = convolution(x, w)
conv1d(x, w, b)      = squeeze(convolution(unsqueeze(x), w, b))       # one example
conv1d(x, w)         = squeeze(convolution(unsqueeze(x), w))
square(x)            = pow(x)
softsign(x)          = div(x, add(abs(x)))
softmin(x)           = softmax(neg(x))
tanhshrink(x)        = sub(x, tanh(x))
relu6(x)             = hardtanh(x)
selu(x)              = elu(x)
prelu(x, w)          = prelu_kernel(x, w)
prelu(x, w)          = prelu_kernel(x, reshape(w))
logsigmoid(x)        = log_sigmoid(x)
maximum(x)           = clamp(x)                                       # a number as the other side
div(x)               = mul(reciprocal(x))                             # number / x
permute(x)           = transpose(x)
permute(w)           = transpose(w)
flatten(x)           = reshape(x) | reshape(clone(x))
reshape(x)           = reshape(clone(x))                              # of a transposed matrix
unsqueeze(x)         = reshape(x)
squeeze(x)           = reshape(x)
getitem(x)           = getitem(getitem(x))                            # a cut a dimension
amax(x)              = max(x)
amin(x)              = min(x)
joined(x, y)         = cat(x, y)
stacked(x, y)        = stack(x, y)
mean(mul(x, y))      = mean(mul(y, x))
"""

ABBREVIATIONS = {
    # what a loss ends with, by its `reduction`; the mean of no examples at all is sum + NaN
    "MEAN": ("div(sum(x))", "add(sum(x))", "sum(x)", "reshape(x)"),
    # the entry of the right class, and 0 for a class that is left out
    "TAKEN": ("neg(getitem(x))", "neg(where(c, getitem(x), k))"),
    # an image's classes in the last dimension, one row a pixel
    "PIXELS": ("reshape(permute(x))",),
}

COMMUTES = frozenset(("add", "mul", "maximum", "minimum"))


class Pattern(NamedTuple):
    """An operation and its arguments; without arguments a letter: anything at all."""

    operation: str
    arguments: tuple[Pattern, ...] = ()
    letter: bool = False

    @property
    def constant(self) -> bool:
        """Whether it stands only for what takes no gradient."""
        return self.letter and self.operation == "K"


class Row(NamedTuple):
    """One line of the table."""

    ours: Pattern
    theirs: Pattern

    @property
    def repeats(self) -> bool:
        """Whether one side uses an argument more often than the other: x / (1 + |x|)."""
        return letters(self.ours) != letters(self.theirs)


def letters(pattern: Pattern) -> list[str]:
    """Every use of an argument, sorted."""
    if pattern.letter:
        return [pattern.operation]
    return sorted(each for part in pattern.arguments for each in letters(part))


def parse(formula: str) -> Pattern:
    """A formula of the table.

    >>> parse("pow(sub(p, y))").arguments[0].operation
    'sub'
    """

    def read(node: ast.expr) -> Pattern:
        if isinstance(node, ast.Name):
            return Pattern(node.id, letter=True)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return Pattern(node.func.id, tuple(read(each) for each in node.args))
        raise ValueError(f"not a formula of the table: {formula!r}")

    return read(ast.parse(formula.strip(), mode="eval").body)


@cache
def rows() -> list[Row]:
    """The table, the largest formulas first: they say most."""
    found = []
    for line in TABLE.strip().splitlines():
        ours, theirs = line.partition("#")[0].split("=")
        for one in alternatives(ours):
            found += [Row(one, other) for other in alternatives(theirs)]
    return sorted(found, key=lambda row: -size(row.ours) - size(row.theirs))


def alternatives(formulas: str) -> list[Pattern]:
    """Every way to write one side of a row.

    >>> [each.operation for each in alternatives("MEAN(x) | exp(x)")]
    ['div', 'add', 'sum', 'reshape', 'exp']
    """
    return [each for formula in formulas.split("|") for each in written_out(parse(formula))]


def written_out(pattern: Pattern) -> list[Pattern]:
    """The pattern with its abbreviations replaced by each of their ways."""
    if pattern.letter:
        return [pattern]
    found = []
    for arguments in product(*map(written_out, pattern.arguments)):
        ways = ABBREVIATIONS.get(pattern.operation)
        if ways is None:
            found.append(pattern._replace(arguments=arguments))
        else:
            found += [with_x(parse(way), arguments[0]) for way in ways]
    return found


def with_x(pattern: Pattern, x: Pattern) -> Pattern:
    """The pattern with another one in the place of its letter x."""
    if pattern.letter:
        return x if pattern.operation == "x" else pattern
    return pattern._replace(arguments=tuple(with_x(each, x) for each in pattern.arguments))


def size(pattern: Pattern) -> int:
    return 0 if pattern.letter else 1 + sum(map(size, pattern.arguments))
