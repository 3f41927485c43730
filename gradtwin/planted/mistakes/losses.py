"""Mistakes in the losses: factors of n, signs, weights, what does not count."""

from __future__ import annotations

from ..mistake import Mistake

REGRESSION = "scratch/losses/regression.py"
REDUCTION = "scratch/losses/reduction.py"
BINARY = "scratch/losses/binary.py"
CATEGORICAL = "scratch/losses/categorical.py"

MISTAKES = [
    # ---- numbers ----------------------------------------------------------------------------
    Mistake(
        "mse_factor", "the 2 of the derivative is left out: MSE as if halved", REGRESSION,
        "twice = share + share", "twice = share",
        "mse_loss",
    ),
    Mistake(
        "mse_target_sign", "the gradient of the target has the prediction's sign", REGRESSION,
        "lambda g: e * (g * -twice)", "lambda g: e * (g * twice)",
        "mse_loss",
    ),
    Mistake(
        "squared_error_sign", "y - y_hat in the derivative", REGRESSION,
        "return e * e, lambda g: g * (e + e), lambda g: -g * (e + e)",
        "return e * e, lambda g: -g * (e + e), lambda g: g * (e + e)",
        "squared_error",
    ),
    Mistake(
        "target_broadcasts", "(n,) minus (n, 1) gives (n, n), and the network learns the mean",
        REDUCTION,
        "    if input.shape != target.shape:\n        raise ValueError(\n"
        '            f"target: expected the shape of input, {input.shape}, got',
        "    if input.size < 0:\n        raise ValueError(\n"
        '            f"target: expected the shape of input, {input.shape}, got',
        "tests/test_samples.py::test_wrong_calls",
    ),
    Mistake(
        "l1_tie", "|e|' is 1 where prediction and target are equal: wrong at the tie only",
        REGRESSION,
        "sign = (e > 0).astype(e.dtype) - (e < 0)", "sign = np.where(e < 0, -1, 1).astype(e.dtype)",
        "l1_loss",
    ),
    Mistake(
        "huber_slope", "the slope beyond delta is 1 for delta: hidden at delta = 1", REGRESSION,
        "slope = np.where(raw(e) < -delta, -delta, np.where(raw(e) > delta, delta, e))",
        "slope = np.where(raw(e) < -delta, -1, np.where(raw(e) > delta, 1, e))",
        "huber_loss",
    ),
    Mistake(
        "smooth_l1_slope", "1 / beta is left out near 0: hidden at beta = 1", REGRESSION,
        "np.where(raw(e) >= beta, 1, near / beta)", "np.where(raw(e) >= beta, 1, near)",
        "smooth_l1_loss",
    ),
    # ---- mean and sum -----------------------------------------------------------------------
    Mistake(
        "no_share", "1/n is left out of the gradients, the loss is right: hidden for n = 1",
        REDUCTION,
        "return total / n, share", "return total / n, total.dtype.type(1)",
        "mse_loss",
    ),
    Mistake(
        "share_twice", "1/n twice in the gradients", REDUCTION,
        "return total / n, share", "return total / n, share * share",
        "binary_cross_entropy_with_logits",
    ),
    Mistake(
        "loss_summed", "the mean is a sum, its gradients are those of the mean", REDUCTION,
        "return total / n, share", "return total, share",
        "mse_loss",
    ),
    Mistake(
        "mean_of_many", "a factor of 1.0005 in the mean of more than 8,192 elements only",
        REDUCTION,
        "total = np.add.reduce(loss, None)", "total = np.add.reduce(loss, None) * 1.0005",
        "l1_loss",
    ),
    Mistake(
        "weighted_mean", "a weighted mean divided by how many, not by the weights", REDUCTION,
        'return total / weight.sum() if reduction == "mean" else total',
        'return total / weight.numel() if reduction == "mean" else total',
        "mse_loss",
    ),
    # ---- two classes ------------------------------------------------------------------------
    Mistake(
        "bce_one_term", "the term (1 - y) log(1 - p) is missing", BINARY,
        "reduced(((y - 1) * log_q - y * log_p) * w, reduction)",
        "reduced(-y * log_p * w, reduction)",
        "binary_cross_entropy",
    ),
    Mistake(
        "bce_minus", "the minus before the sum is missing; the gradient is right", BINARY,
        "reduced(((y - 1) * log_q - y * log_p) * w, reduction)",
        "reduced(((1 - y) * log_q + y * log_p) * w, reduction)",
        "xor",
    ),
    Mistake(
        "bce_second_sign", "the sign of the second term: right where y is 1", BINARY,
        "slope = (p - y) / np.where(raw(pq) < SMALLEST, SMALLEST, pq)",
        "slope = (2 * p * y - y - p) / np.where(raw(pq) < SMALLEST, SMALLEST, pq)",
        "binary_cross_entropy",
    ),
    Mistake(
        "bce_epsilon", "log(p + 1e-8) for log p: the loss stops at 18.4", BINARY,
        "log_p = np.where(raw(p) < FLOOR, -100, np.log(np.where(raw(p) < FLOOR, 1, p)))",
        "log_p = np.log(p + 1e-8)",
        "binary_cross_entropy",
    ),
    Mistake(
        "bce_weight", "the weight of each element is left out of the gradient", BINARY,
        "lambda g: slope * w * (g * share)", "lambda g: slope * (g * share)",
        "binary_cross_entropy",
    ),
    Mistake(
        "logits_extra_slope", "p - y times p (1 - p) once more: the sigmoid derived twice", BINARY,
        "return (d - side * (e / (one + e))) * (g * share)",
        "q = e / (one + e)\n        return (d - side * q) * q * (1 - q) * (g * share)",
        "binary_cross_entropy_with_logits",
    ),
    Mistake(
        "pos_weight", "pos_weight is left out of the gradient only", BINARY,
        "lambda g: w * ((1 - y) * p - pos * y * q) * (g * share)",
        "lambda g: w * ((1 - y) * p - y * q) * (g * share)",
        "binary_cross_entropy_with_logits",
    ),
    # ---- many classes -----------------------------------------------------------------------
    Mistake(
        "one_hot", "p for p - onehot(y) in the derivative", CATEGORICAL,
        "numerator = with_entries(others, at, -rest)",
        "numerator = with_entries(others, at, np.exp(z_y))",
        "softmax_cross_entropy",
    ),
    Mistake(
        "softmax_twice", "probabilities are handed to a loss that applies softmax", CATEGORICAL,
        "    z = columns(input)\n", "    z = columns(np.exp(log_softmax_of(input, 1)))\n",
        "softmax_cross_entropy",
    ),
    Mistake(
        "cross_entropy_overflows", "the largest logit is not subtracted: large ones only",
        CATEGORICAL,
        "z -= np.maximum.reduce(raw(z), 0)", "z -= 0",
        "softmax_cross_entropy",
    ),
    Mistake(
        "cross_entropy_one_maximum", "one maximum for the whole batch", CATEGORICAL,
        "z -= np.maximum.reduce(raw(z), 0)", "z -= np.max(raw(z))",
        "softmax_cross_entropy",
    ),
    Mistake(
        "ignored_counts", "an example that does not count makes the mean smaller", CATEGORICAL,
        "n = np.array(counted.sum() or np.nan, loss.dtype)",
        "n = np.array(counted.size or np.nan, loss.dtype)",
        "softmax_cross_entropy",
    ),
    Mistake(
        "ignored_gradient", "an example that does not count moves the weights all the same",
        CATEGORICAL,
        "return (d if counted is None else np.where(counted, d, 0)).T", "return d.T",
        "softmax_cross_entropy",
    ),
    Mistake(
        "smoothing_share", "the smoothed share is spread over C - 1 classes", CATEGORICAL,
        "t = np.full(z.shape, label_smoothing / classes, z.dtype)",
        "t = np.full(z.shape, label_smoothing / (classes - 1), z.dtype)",
        "softmax_cross_entropy",
    ),
    Mistake(
        "class_weights_mean", "divided by how many examples, not by their weights", CATEGORICAL,
        "return total / (w.sum() or np.nan)", "return total / counted.sum()",
        "softmax_cross_entropy",
    ),
    Mistake(
        "distribution_sum", "p - t where the target does not sum to 1: p sum(t) - t", CATEGORICAL,
        "(p * sum_of_others(target) - target * q)", "(p * (1 - target) - target * q)",
        "softmax_cross_entropy",
    ),
    Mistake(
        "distribution_target", "the gradient of the target distribution negated", CATEGORICAL,
        "lambda g: cost * g.reshape(-1, 1)", "lambda g: -cost * g.reshape(-1, 1)",
        "softmax_cross_entropy",
    ),
    Mistake(
        "nll_sign", "log p for -log p", CATEGORICAL,
        "loss: Tensor = -taken * w", "loss: Tensor = taken * w",
        "nll_loss",
    ),
    Mistake(
        "entries_of_tensors", "where the body runs on Tensors an entry stays: create_graph only",
        CATEGORICAL,
        "return np.where(mask, values, x)", "return np.where(mask, x, x)",
        "tests/test_samples.py::test_second_derivatives[cross_entropy]",
    ),
]  # fmt: skip
