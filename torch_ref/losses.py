"""The loss functions, as PyTorch has them: the reference that ``scratch.losses`` meets.

Section of the lecture: «Entrenamiento de una red: Función de pérdida».

Names, order of the parameters and defaults are those of ``torch.nn.functional`` (without the
deprecated ``size_average`` and ``reduce``). One thing is stricter here: where PyTorch broadcasts a
target (n, 1) against an output (n,) to (n, n) and only warns, both wings raise, because a network
trained so learns the mean of the targets. ``reduction`` is "mean", "sum" or "none" everywhere
(ValueError otherwise).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def squared_error(input: Tensor, target: Tensor) -> Tensor:
    """L = (y_hat - y)^2 elementwise, (...) and (...) -> (...): the lecture's loss, not reduced.

    ``input`` is y_hat, ``target`` is y. ValueError: their shapes differ.

    Source: «Grafo computacional» (error cuadrático).

    >>> squared_error(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 5.0]))
    tensor([1., 4.])
    """
    _same_shape("squared_error", input, target)
    return (input - target).square()


def mse_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """mean((y_hat - y)^2), (...) and (...) -> (); with ``weight`` w: sum(w e^2) / sum(w).

    ``weight`` has the shape of ``input``. ValueError: shapes differ.

    Source: «Redes DAG» (MSE).

    >>> mse_loss(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 5.0]))
    tensor(2.5000)
    """
    _same_shape("mse_loss", input, target)
    return F.mse_loss(input, target, reduction=reduction, weight=weight)  # type: ignore[call-arg]


def l1_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """mean(|y_hat - y|), (...) and (...) -> (); derivative 0 where y_hat = y.

    ``weight`` w, of the shape of ``input``: sum(w |e|) / sum(w). ValueError: shapes differ.

    Source: ``torch.nn.functional.l1_loss``.

    >>> l1_loss(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 5.0]))
    tensor(1.5000)
    """
    _same_shape("l1_loss", input, target)
    return F.l1_loss(input, target, reduction=reduction, weight=weight)  # type: ignore[call-arg]


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """mean of e^2/2 where |e| <= delta, else delta (|e| - delta/2), e = y_hat - y; -> ().

    ``weight`` w, of the shape of ``input``: mean(w loss), not divided by sum(w).
    ValueError: shapes differ. RuntimeError: ``delta`` is not positive.

    Source: Huber (1964), Robust estimation of a location parameter.

    >>> huber_loss(torch.tensor([0.5, 3.0]), torch.tensor([0.0, 0.0]))
    tensor(1.3125)
    """
    _same_shape("huber_loss", input, target)
    return F.huber_loss(input, target, reduction=reduction, delta=delta, weight=weight)  # type: ignore[call-arg]


def smooth_l1_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """mean of e^2/(2 beta) where |e| < beta, else |e| - beta/2, e = y_hat - y; -> ().

    ``beta=0`` is ``l1_loss``. ValueError: shapes differ. RuntimeError: ``beta`` is negative.

    Source: Girshick (2015), Fast R-CNN.

    >>> smooth_l1_loss(torch.tensor([0.5, 3.0]), torch.tensor([0.0, 0.0]))
    tensor(1.3125)
    """
    _same_shape("smooth_l1_loss", input, target)
    return F.smooth_l1_loss(input, target, reduction=reduction, beta=beta)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """mean of -(y log y_hat + (1 - y) log(1 - y_hat)), (...) and (...) -> ().

    ``input`` y_hat in [0, 1], each logarithm not below -100 (PyTorch's clamp, so that a saturated
    prediction gives 100 and not infinity). ``weight`` multiplies, broadcast to ``input``.
    ValueError: shapes differ. RuntimeError: ``input`` outside [0, 1].

    Source: «Ejemplo práctico: XOR» (cross entropy, problema binario).

    >>> binary_cross_entropy(torch.tensor([0.6]), torch.tensor([0.0]))
    tensor(0.9163)
    """
    _same_shape("binary_cross_entropy", input, target)
    return F.binary_cross_entropy(input, target, weight=weight, reduction=reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """mean of -(y log s(z) + (1 - y) log(1 - s(z))), s the sigmoid, (...) and (...) -> ().

    ``input`` z, any real number. ``weight`` multiplies the loss, ``pos_weight`` its term of y,
    both broadcast to ``input``. ValueError: shapes differ.

    Source: «Ejemplo práctico: XOR» (cross entropy, problema binario), in its stable form.

    >>> binary_cross_entropy_with_logits(torch.tensor([-800.0]), torch.tensor([1.0]))
    tensor(800.)
    """
    _same_shape("binary_cross_entropy_with_logits", input, target)
    return F.binary_cross_entropy_with_logits(
        input, target, weight=weight, reduction=reduction, pos_weight=pos_weight
    )


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """mean of -sum_c y_c log softmax(z)_c, logits (n, C) or (n, C, ...) or (C,) -> ().

    ``target``: class indices (n,) or (n, ...), int64; or probabilities of the shape of ``input``.
    ``weight`` (C,): a factor a class; the mean of class indices divides by the sum of the factors
    used, that of probabilities by n. ``ignore_index``: examples of this class do not count.
    ``label_smoothing`` in [0, 1]: this much of each target is spread evenly over the classes.
    IndexError: a class index outside [0, C). RuntimeError, ValueError: shapes or dtypes that do
    not fit, ``label_smoothing`` outside [0, 1].

    Source: «Ejemplo práctico: XOR» (cross entropy loss).

    >>> cross_entropy(torch.tensor([[1000.0, 0.0], [0.0, 0.0]]), torch.tensor([0, 1]))
    tensor(0.3466)
    """
    return F.cross_entropy(
        input,
        target,
        weight=weight,
        ignore_index=ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """mean of -log p_target, log-probabilities (n, C) or (n, C, ...) or (C,), classes (n,) -> ().

    The second half of ``cross_entropy``: ``weight`` and ``ignore_index`` as there.
    IndexError: a class index outside [0, C). RuntimeError, ValueError: shapes or dtypes that do
    not fit.

    Source: «Ejemplo práctico: XOR» (cross entropy loss, y one-hot).

    >>> nll_loss(torch.tensor([[0.25, 0.75]]).log(), torch.tensor([0]))
    tensor(1.3863)
    """
    return F.nll_loss(input, target, weight=weight, ignore_index=ignore_index, reduction=reduction)


def _same_shape(function: str, input: Tensor, target: Tensor) -> None:
    """ValueError unless prediction and target can be compared one to one."""
    if input.shape == target.shape:
        return
    try:
        shape = torch.broadcast_shapes(input.shape, target.shape)  # type: ignore[no-untyped-call]
        broadcast = f"broadcasting would make {tuple(shape)}"
    except RuntimeError:
        broadcast = "they cannot be broadcast either"
    raise ValueError(
        f"{function}: input has shape {tuple(input.shape)} and target {tuple(target.shape)}; "
        f"expected equal shapes ({broadcast})"
    )
