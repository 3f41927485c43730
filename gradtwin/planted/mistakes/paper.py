"""Mistakes on paper: the third witness, derived without a graph, is no safer than the others."""

from __future__ import annotations

from ..mistake import Mistake

FILE = "scratch/chain_rule.py"

LAST_FACTOR = """\
    d_w1 = d_z1 * x
    d_x = d_z1 * w1
    return d_x, -d_y_hat, d_w1, d_w2, d_w3"""

MISTAKES = [
    Mistake(
        "paper_exponent", "the exponent 3 is left out, as the lecture prints it", FILE,
        "dy_du = 4 * u**3", "dy_du = 4 * u",
        "chain_rule",
    ),
    Mistake(
        "paper_last_factor", "dz_1/dw_1 is w_1 for x, as the lecture prints it", FILE,
        LAST_FACTOR, LAST_FACTOR.replace("d_w1 = d_z1 * x", "d_w1 = d_z1 * w1"),
        "three_sigmoids",
    ),
    Mistake(
        "paper_direct_path", "w1 without its direct path to y_hat, as the lecture sums it", FILE,
        "d_w1 = d_w1_direct + d_z1 * x", "d_w1 = d_z1 * x",
        "dag_gradient",
    ),
    Mistake(
        "paper_one_use", "z1 is used twice, and handed one share", FILE,
        "d_z1 = d_y_hat * w1 + d_z2 * w2  # z1 is used twice", "d_z1 = d_y_hat * w1  # z1 is used",
        "dag_gradient",
    ),
    Mistake(
        "paper_factor", "e for 2 e", FILE,
        "d_e = g * 2 * e", "d_e = g * e",
        "linear_regression",
    ),
    Mistake(
        "paper_wrong_value", "the weighted sum for the activation in dL/dw2", FILE,
        "d_w2 = d_z2 * h1\n    d_h1", "d_w2 = d_z2 * z1\n    d_h1",
        "one_neuron_chain",
    ),
    Mistake(
        "paper_no_slope", "the activation's derivative is left out of delta", FILE,
        "delta = d_h * sigmoid_slope(sums[k - 1]) if k else d_h", "delta = d_h",
        "backpropagation",
    ),
    Mistake(
        "paper_slope_of_value", "the slope at the activation, not at the weighted sum", FILE,
        "delta = d_h * sigmoid_slope(sums[k - 1]) if k else d_h",
        "delta = d_h * sigmoid_slope(inputs[k]) if k else d_h",
        "backpropagation",
    ),
    Mistake(
        "paper_no_mean", "the 1/n of the mean is left out", FILE,
        "delta = g * 2 * (y_hat - y) / y.size", "delta = g * 2 * (y_hat - y)",
        "backpropagation",
    ),
    Mistake(
        "paper_mean_twice", "1/n at the loss, and once more at the bias", FILE,
        "delta.sum(axis=0)", "delta.mean(axis=0)",
        "backpropagation",
    ),
]  # fmt: skip
