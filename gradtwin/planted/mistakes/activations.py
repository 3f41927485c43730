"""Mistakes in the activations: at the kink, in the tails, in the derivative of something else."""

from __future__ import annotations

from ..mistake import Mistake

FILE = "scratch/activations.py"

SIGMOID = """\
        d = g / both
        d /= both
        return d

    return h, d_input"""

TANH = """\
        d = g / c
        d /= c
        return d

    return np.tanh(input), d_input"""

LOG_SOFTMAX = """\
        d = g - y * np.add.reduce(g, dim, keepdims=True)
        # The exact ones sum to 0, as y sums to 1. What these sum to is the rounding of the
        # larger terms, and goes back where it came from: 1 - y keeps its digits at y near 1.
        d = d - y * np.add.reduce(d, dim, keepdims=True)
"""

MISTAKES = [
    # ---- the step and the sigmoids ----------------------------------------------------------
    Mistake(
        "step_at_0", "the step is 1 at 0, where the lecture has 0", FILE,
        "value = (raw(input) > 0).astype(input.dtype)\n",
        "value = (raw(input) >= 0).astype(input.dtype)\n",
        "step",
    ),
    Mistake(
        "sigmoid_slope_of_its_value", "sigmoid' taken at the activation: s(h) (1 - s(h))", FILE,
        SIGMOID, "        s = 1 / (1 + np.exp(-h))\n        return g * s * (1 - s)\n\n"
        "    return h, d_input",
        "sigmoid",
    ),
    Mistake(
        "sigmoid_slope_without_sigmoid", "z (1 - z) with the weighted sum for the activation", FILE,
        SIGMOID, "        return g * input * (1 - input)\n\n    return h, d_input",
        "sigmoid",
    ),
    Mistake(
        "sigmoid_overflows", "exp is not bounded: NaN, and a warning, for large |x| only", FILE,
        "z = (input * half).clip(low, high)", "z = input * half",
        "sigmoid",
    ),
    Mistake(
        "bound_of_float32", "the bound of exp is too small: wrong in float32 only, beyond 10", FILE,
        "FLOAT32: (np.array(-80, FLOAT32), np.array(80, FLOAT32)),",
        "FLOAT32: (np.array(-5, FLOAT32), np.array(5, FLOAT32)),",
        "sigmoid", dtype="float32",
    ),
    Mistake(
        "tanh_slope_plus", "tanh' is 1 + t^2: a sign", FILE,
        TANH, "        t = np.tanh(input)\n        return g * (1 + t * t)\n\n"
        "    return np.tanh(input), d_input",
        "tanh",
    ),
    Mistake(
        "tanh_slope_sech", "tanh' is 1 / cosh z, the square left out", FILE,
        TANH, "        return g / c\n\n    return np.tanh(input), d_input",
        "tanh",
    ),
    Mistake(
        "tanh_slope_of_its_value", "tanh' taken at the activation: 1 - tanh(tanh z)^2", FILE,
        TANH, "        return g * (1 - np.tanh(np.tanh(input)) ** 2)\n\n"
        "    return np.tanh(input), d_input",
        "tanh",
    ),
    Mistake(
        "tanh_large_only", "tanh' is wrong for |x| > 10 only: cosh stops growing there", FILE,
        "c = np.cosh(input.clip(*BOUND.get(input.dtype, BOUND[FLOAT64])))",
        "c = np.cosh(input.clip(-10, 10))",
        "tanh",
    ),
    Mistake(
        "logsigmoid_other_side", "logsigmoid' is sigmoid(x) for sigmoid(-x)", FILE,
        "g * (np.where(below, 1, e) / (1 + e))", "g * (np.where(below, e, 1) / (1 + e))",
        "logsigmoid",
    ),
    Mistake(
        "softplus_beta", "softplus' multiplied by beta once more: hidden at beta = 1", FILE,
        "lambda g: g * np.where(linear, 1, np.where(below, e, 1) / (1 + e))",
        "lambda g: g * np.where(linear, 1, beta * np.where(below, e, 1) / (1 + e))",
        "softplus",
    ),
    Mistake(
        "softsign_infinite_only", "softsign' is 0 and not NaN: wrong at infinity only", FILE,
        "g * ((1 + 0 * value) / t / t)", "g * (1 / t / t)",
        "softsign",
    ),
    Mistake(
        "softsign_square", "softsign' divided by 1 + |x| once, not twice", FILE,
        "g * ((1 + 0 * value) / t / t)", "g * ((1 + 0 * value) / t)",
        "softsign",
    ),
    Mistake(
        "tanhshrink_short_fraction", "too few terms of the fraction: wrong in the 8th digit only",
        FILE, "for odd in range(19, 1, -2):", "for odd in range(9, 1, -2):",
        "tanhshrink",
    ),
    # ---- the ReLU family ------------------------------------------------------------------------
    Mistake(
        "relu_slope_at_0", "ReLU's derivative at 0 is 1, where PyTorch's choice is 0", FILE,
        "return value, lambda g: kept(g, value.astype(bool))",
        "return value, lambda g: kept(g, x >= 0)",
        "relu",
    ),
    Mistake(
        "relu_slope_half", "ReLU's derivative at 0 is 1/2, as torch.max(x, zeros) has it", FILE,
        "return value, lambda g: kept(g, value.astype(bool))",
        "return value, lambda g: g * np.where(x == 0, 0.5, x > 0).astype(x.dtype)",
        "relu",
    ),
    Mistake(
        "relu_nan_only", "ReLU's derivative is 0 at NaN: wrong there only", FILE,
        "return value, lambda g: kept(g, value.astype(bool))",
        "return value, lambda g: kept(g, x > 0)",
        "relu",
    ),
    Mistake(
        "relu_ignores_upstream", "backward returns the mask, whatever arrives", FILE,
        "return value, lambda g: kept(g, value.astype(bool))",
        "return value, lambda g: (value != 0).astype(value.dtype)",
        "relu",
    ),
    Mistake(
        "relu_in_place", "ReLU writes into its argument", FILE,
        "value = np.maximum(ZEROS[x.dtype, x.shape], x)",
        "value = np.maximum(x, 0, out=x)",
        "tests/test_samples.py::test_nothing_is_written_to[relu]",
    ),
    Mistake(
        "relu_of_many", "ReLU is cut at 6 in arrays of more than 8,192 elements only", FILE,
        "value = x.clip(ZERO.get(x.dtype, 0), INFINITY.get(x.dtype))", "value = x.clip(0, 6)",
        "relu",
    ),
    Mistake(
        "relu6_tie", "ReLU6's derivative is 1 at 6: wrong at the tie only", FILE,
        "kept(g, (x > 0) & (x < 6))", "kept(g, (x > 0) & (x <= 6))",
        "relu6",
    ),
    Mistake(
        "leaky_relu_lecture", "max(0, a x, x), as the lecture prints it: never below 0", FILE,
        "value = np.where(above, input, input * negative_slope)\n",
        "value = np.maximum(np.maximum(0, input * negative_slope), input)\n",
        "leaky_relu",
    ),
    Mistake(
        "leaky_relu_constant_slope", "the derivative is the negative slope on both sides", FILE,
        "return value, lambda g: np.where(above, g, g * negative_slope)",
        "return value, lambda g: g * negative_slope",
        "leaky_relu",
    ),
    Mistake(
        "leaky_relu_slope_at_0", "the derivative at 0 is 1, where PyTorch's is the slope", FILE,
        "above = raw(input) > 0\n    value = np.where(above, input, input * negative_slope)",
        "above = raw(input) >= 0\n    value = np.where(above, input, input * negative_slope)",
        "leaky_relu",
    ),
    Mistake(
        "prelu_mean", "the gradient of PReLU's weight is a mean over the batch, not a sum", FILE,
        "return np.sum(g * np.where(above, 0, input), axis=axes).reshape(own_shape)",
        "return np.mean(g * np.where(above, 0, input), axis=axes).reshape(own_shape)",
        "prelu",
    ),
    Mistake(
        "elu_at_0", "ELU's derivative at 0 is that from above: hidden where alpha is 1", FILE,
        "lambda g: g * np.where(positive, above, below * rate * np.exp(low))",
        "lambda g: g * np.where(not_below, above, below * rate * np.exp(low))",
        "elu",
    ),
    Mistake(
        "celu_inner_derivative", "the chain rule's inner derivative 1 / alpha is left out", FILE,
        "below * rate * np.exp(low)", "below * np.exp(low)",
        "celu",
    ),
    Mistake(
        "selu_constant", "SELU's alpha in five digits: a factor of 1.00003", FILE,
        "1.6732632423543772848170429916717", "1.6732",
        "selu",
    ),
    Mistake(
        "threshold_nan_only", "NaN is below every threshold: wrong at NaN only", FILE,
        "passed = ~(x <= threshold)", "passed = x > threshold",
        "threshold",
    ),
    Mistake(
        "hardtanh_bounds", "the derivative at the bounds is 1, where PyTorch's is 0", FILE,
        "kept(g, (x > min_val) & (x < max_val))", "kept(g, (x >= min_val) & (x <= max_val))",
        "hardtanh",
    ),
    Mistake(
        "hardsigmoid_factor", "a factor of 1.0005", FILE,
        "kept(g / 6, (x > -3) & (x < 3))", "kept(g / 5.997, (x > -3) & (x < 3))",
        "hardsigmoid",
    ),
    Mistake(
        "hardswish_tie", "the derivative at 3 is that from below, 1.5: wrong at the tie only", FILE,
        "np.where(x >= 3, 1, np.where(x <= -3, 0, input / 3 + 0.5))",
        "np.where(x > 3, 1, np.where(x <= -3, 0, input / 3 + 0.5))",
        "hardswish",
    ),
    Mistake(
        "hardshrink_bound", "x at the bound is let through: a wrong value at the tie only", FILE,
        "value = np.where((x >= -lambd) & (x <= lambd), 0, x)",
        "value = np.where((x > -lambd) & (x < lambd), 0, x)",
        "hardshrink",
    ),
    # ---- x times a gate ---------------------------------------------------------------------
    Mistake(
        "silu_missing_term", "SiLU' is the gate alone: x times the gate's derivative is missing",
        FILE,
        "at_z = times_e(1 + e + z)", "at_z = times_e(1 + e)",
        "silu",
    ),
    Mistake(
        "gelu_missing_term", "GELU' is Phi(x) alone: x phi(x) is missing", FILE,
        "g * (on_either(ndtr)(input) + times_density(input, input))",
        "g * on_either(ndtr)(input)",
        "gelu",
    ),
    Mistake(
        "gelu_tanh_cube", "the derivative of x^3 without its 3, in the tanh form only", FILE,
        "slope = SQRT_8_OVER_PI + 3 * cubic", "slope = SQRT_8_OVER_PI + cubic",
        "gelu",
    ),
    Mistake(
        "mish_half", "half of the second term of Mish'", FILE,
        "times_e(z) * (4 * (1 + e))", "times_e(z) * (2 * (1 + e))",
        "mish",
    ),
    Mistake(
        "glu_halves", "the gradients of the two halves exchanged", FILE,
        "[gated(g), g * (a * h * h / e1 / e1)]", "[g * (a * h * h / e1 / e1), gated(g)]",
        "glu",
    ),
    Mistake(
        "maxout_negative_dim", "a negative dim loses its sign: hidden for -1 of a matrix", FILE,
        'axis, shape = dimension("dim", dim, input.ndim), input.shape',
        "axis, shape = abs(dim), input.shape",
        "maxout",
    ),
    Mistake(
        "maxout_tie", "tied entries receive all of g each: wrong at the tie only", FILE,
        "np.nan, largest / np.maximum(count, 1))", "np.nan, largest)",
        "maxout",
    ),
    # ---- softmax ----------------------------------------------------------------------------
    Mistake(
        "softmax_overflows", "the largest is not subtracted: NaN for large numbers only", FILE,
        "return z - np.maximum.reduce(raw(z), dim, keepdims=True, initial=-np.inf)",
        "return z - 0",
        "softmax",
    ),
    Mistake(
        "softmax_one_maximum", "one maximum for the whole batch: rows far below it are NaN", FILE,
        "return z - np.maximum.reduce(raw(z), dim, keepdims=True, initial=-np.inf)",
        "return z - np.max(raw(z), initial=-np.inf)",
        "softmax",
    ),
    Mistake(
        "softmax_whole_batch", "divided by the sum over the whole batch: hidden for n = 1", FILE,
        "value = e / np.add.reduce(e, dim, keepdims=True)",
        "value = e / np.add.reduce(e, None, keepdims=True)",
        "softmax",
    ),
    Mistake(
        "softmax_wrong_axis", "sums over the examples, not over the classes", FILE,
        "value = e / np.add.reduce(e, dim, keepdims=True)",
        "value = e / np.add.reduce(e, 0 if dim else -1, keepdims=True)",
        "softmax",
    ),
    Mistake(
        "softmax_diagonal", "the diagonal of the Jacobian alone: g y (1 - y)", FILE,
        "d = value * (g - np.add.reduce(g * value, dim, keepdims=True))",
        "d = g * value * (1 - value)",
        "softmax",
    ),
    Mistake(
        "softmax_jacobian_of_input", "the Jacobian from the logits, not from the softmax", FILE,
        "d = value * (g - np.add.reduce(g * value, dim, keepdims=True))",
        "d = input * (g - np.add.reduce(g * input, dim, keepdims=True))",
        "softmax",
    ),
    Mistake(
        "softmax_second_order", "y is a constant in the derivative: wrong under create_graph only",
        FILE,
        "d = value * (g - np.add.reduce(g * value, dim, keepdims=True))",
        "d = raw(value) * (g - np.add.reduce(g * value, dim, keepdims=True))",
        "tests/test_samples.py::test_second_derivatives[softmax]",
    ),
    Mistake(
        "log_softmax_sum", "g - y for g - y sum(g): right where g sums to 1", FILE,
        LOG_SOFTMAX, "        d = g - y\n",
        "log_softmax",
    ),
    Mistake(
        "softmin_sign", "the inner derivative -1 is left out", FILE,
        "return value, lambda g: -d_negated(g)", "return value, lambda g: d_negated(g)",
        "softmin",
    ),
    # ---- what several of them need ----------------------------------------------------------
    Mistake(
        "kink_under_create_graph", "|x| with its kink: wrong in the second derivative at 0 only",
        FILE,
        "return -np.abs(x) if raw(x) is x else np.where(raw(x) < 0, x, -x)", "return -np.abs(x)",
        "tests/test_samples.py::test_second_derivatives_at_corners[softplus]",
    ),
]  # fmt: skip
