"""Mistakes in the operations: of one number, of two that broadcast, of many that become one."""

from __future__ import annotations

from ..mistake import Mistake

ARITHMETIC = "scratch/operations/arithmetic.py"
ELEMENTARY = "scratch/operations/elementary.py"
SPECIAL = "scratch/special.py"
REDUCTIONS = "scratch/operations/reductions.py"
SHAPES = "scratch/operations/shapes.py"
INDEXING = "scratch/operations/indexing.py"

MISTAKES = [
    # ---- two numbers ------------------------------------------------------------------------
    Mistake(
        "sub_sign", "both terms of a difference receive g", ARITHMETIC,
        "return input - other, unchanged, reversed_sign",
        "return input - other, unchanged, unchanged",
        "sub",
    ),
    Mistake(
        "add_alpha", "alpha is forgotten: hidden at alpha = 1", ARITHMETIC,
        'return plus(input, times_alpha("add", input, other, alpha))', "return plus(input, other)",
        "add",
    ),
    Mistake(
        "mul_swapped", "each factor's gradient is scaled by itself: right for x * x", ARITHMETIC,
        "return input * other, lambda g: g * other, lambda g: g * input",
        "return input * other, lambda g: g * input, lambda g: g * other",
        "mul",
    ),
    Mistake(
        "div_square", "-x / y for -x / y^2: hidden at y = 1", ARITHMETIC,
        "        return -g * slope\n\n    return value, lambda g: g / other, d_other",
        "        return -g * value\n\n    return value, lambda g: g / other, d_other",
        "div",
    ),
    Mistake(
        "pow_by_value", "y x^y / x for y x^(y-1): NaN at base 0 only", ARITHMETIC,
        "return np.where(zero, 0, np.where(rough, careful, rest))",
        "return g * value * exponent / input",
        "pow",
    ),
    Mistake(
        "pow_exponent", "the exponent is not lowered by 1", ARITHMETIC,
        "power = input**less_one",
        "power = input**exponent",
        "pow",
    ),
    Mistake(
        "pow_log_of_0", "0^y log 0 is NaN: wrong in the exponent's gradient at base 0 only",
        ARITHMETIC,
        "return g * np.where(still, 0, np.where(rough, product, rest))",
        "return g * value * np.log(input)",
        "pow",
    ),
    Mistake(
        "maximum_tie", "at a tie the first receives all, the second nothing", ARITHMETIC,
        "return np.maximum(y, x), chosen(x < y, x == y), chosen(y < x, x == y)",
        "return np.maximum(y, x), chosen(x < y, x != x), chosen(y <= x, x != x)",
        "maximum",
    ),
    Mistake(
        "minimum_swapped", "the larger one receives the gradient of the minimum", ARITHMETIC,
        "return np.minimum(y, x), chosen(x > y, x == y), chosen(y > x, x == y)",
        "return np.minimum(y, x), chosen(x < y, x == y), chosen(y < x, x == y)",
        "minimum",
    ),
    Mistake(
        "clamp_bounds", "no gradient for an element on a bound: wrong at the tie only", ARITHMETIC,
        "inside = (x >= low) & (x <= high)", "inside = (x > low) & (x < high)",
        "clamp",
    ),
    Mistake(
        "where_both", "what was not taken receives a gradient too", ARITHMETIC,
        "lambda g: np.where(taken, 0, g)", "lambda g: g * 1",
        "where",
    ),
    # ---- one number -------------------------------------------------------------------------
    Mistake(
        "neg_sign", "-x has the derivative 1", ELEMENTARY,
        "return -input, lambda g: -g", "return -input, lambda g: g",
        "neg",
    ),
    Mistake(
        "abs_at_0", "|x|' is 1 at 0: wrong there, and at NaN, only", ELEMENTARY,
        "    sign = (x > 0).astype(x.dtype) - (x < 0)\n    return np.abs(x)",
        "    sign = np.where(x < 0, -1, 1).astype(x.dtype)\n    return np.abs(x)",
        "abs",
    ),
    Mistake(
        "upstream_written_to", "backward works in the array that it was given", ELEMENTARY,
        "return np.abs(x), lambda g: g * sign",
        "return np.abs(x), lambda g: np.multiply(g, sign, g)",
        "tests/test_samples.py::test_nothing_is_written_to[abs]",
    ),
    Mistake(
        "square_factor", "x for 2 x", ELEMENTARY,
        "lambda g: g * (input + input)", "lambda g: g * input",
        "square",
    ),
    Mistake(
        "sqrt_factor", "1 / sqrt x for half of it", ELEMENTARY,
        "lambda g: g / (value + value)", "lambda g: g / value",
        "sqrt",
    ),
    Mistake(
        "exp_of_input", "exp' taken from the input: g x", ELEMENTARY,
        "return value, lambda g: g * value", "return value, lambda g: g * input",
        "exp",
    ),
    Mistake(
        "log_epsilon", "g / (x + 1e-7), to be safe: wrong by one part in ten million", ELEMENTARY,
        "return np.log(input), lambda g: g / input",
        "return np.log(input), lambda g: g / (input + 1e-7)",
        "log",
    ),
    Mistake(
        "log1p_inner", "g / x for g / (1 + x)", ELEMENTARY,
        "lambda g: g / (1 + input)", "lambda g: g / input",
        "log1p",
    ),
    Mistake(
        "sin_sign", "sin' is -cos", ELEMENTARY,
        "lambda g: g * np.cos(input)", "lambda g: -g * np.cos(input)",
        "sin",
    ),
    Mistake(
        "cos_factor", "a factor of 1.0005, which float32 must show too", ELEMENTARY,
        "lambda g: -g * np.sin(input)", "lambda g: -1.0005 * g * np.sin(input)",
        "cos", dtype="float32",
    ),
    Mistake(
        "cosh_sign", "cosh' is -sinh, by analogy with cos", ELEMENTARY,
        "lambda g: g * np.sinh(input)", "lambda g: -g * np.sinh(input)",
        "cosh",
    ),
    Mistake(
        "to_keeps_dtype", "the gradient stays in the new dtype", ELEMENTARY,
        "return input.astype(kind), lambda g: g.astype(old)",
        "return input.astype(kind), lambda g: g",
        "to",
    ),
    Mistake(
        "erf_density", "exp(-x^2 / 2) for exp(-x^2): the normal density's", SPECIAL,
        "return np.exp(-x * x)", "return np.exp(-x * x / 2)",
        "erf",
    ),
    Mistake(
        "erf_odd", "erf(-x) is erf(x)", SPECIAL,
        "return np.copysign(value, x)", "return value",
        "erf",
    ),
    Mistake(
        "erf_one_digit", "one digit of one coefficient: 1e-13, from 0.84 to 1.25 only", SPECIAL,
        "-2.36211856075265944077e-03", "-2.36211856065265944077e-03",
        "erf",
    ),
    Mistake(
        "erf_dtype", "erf of float32 is float64", SPECIAL,
        ".astype(x.dtype if x.dtype.kind == \"f\" else float)", ".astype(float)",
        "erf", dtype="float32",
    ),
    Mistake(
        "ndtr_side", "the normal distribution from the other side", SPECIAL,
        "return erfc_of(x * -SQRT_HALF) / 2", "return erfc_of(x * SQRT_HALF) / 2",
        "gelu",
    ),
    # ---- many become one --------------------------------------------------------------------
    Mistake(
        "sum_dtype", "the gradient of a sum is float64, whatever was summed", REDUCTIONS,
        "g = np.broadcast_to(kept(g, axis, shape), shape)\n",
        "g = np.broadcast_to(kept(g, axis, shape), shape).astype(np.float64)\n",
        "sum", dtype="float32",
    ),
    Mistake(
        "mean_share", "each element of a mean receives g, not g / n", REDUCTIONS,
        "g = np.broadcast_to(kept(g / np.array(n, g.dtype), axis, shape), shape)",
        "g = np.broadcast_to(kept(g * 1, axis, shape), shape)",
        "mean",
    ),
    Mistake(
        "mean_of_all", "divided by all elements, not by those along dim", REDUCTIONS,
        "n = reduced_size(shape, axis) or np.nan", "n = reduced_size(shape, None) or np.nan",
        "mean",
    ),
    Mistake(
        "prod_by_value", "g value / x: 0/0 where an element is 0", REDUCTIONS,
        "g = kept(g, axis, shape) * others",
        "g = kept(g * np.prod(raw(input), axis), axis, shape) / input",
        "prod",
    ),
    Mistake(
        "prod_odd_length", "the last of an odd number has no partner: wrong for odd lengths only",
        REDUCTIONS,
        "x = np.concatenate([x, np.ones_like(raw(x)[..., :1])], axis=-1)",
        "x = np.concatenate([x, raw(x)[..., :1]], axis=-1)",
        "prod",
    ),
    Mistake(
        "amax_tie", "each of the tied elements receives all of g", REDUCTIONS,
        "count = np.sum(chosen, axis=axis, keepdims=True)", "count = 1",
        "amax",
    ),
    Mistake(
        "logsumexp_shift", "exp(x - max) is not divided by the sum", REDUCTIONS,
        "share = e / (1 + rest) if", "share = e if",
        "logsumexp",
    ),
    Mistake(
        "negative_dim", "-1 is the first dimension: wrong for negative dim only", REDUCTIONS,
        'positive = tuple(dimension("dim", d, ndim) for d in several)',
        'positive = tuple(dimension("dim", abs(d) - (d < 0), ndim) for d in several)',
        "sum",
    ),
    # ---- the same numbers in another arrangement --------------------------------------------
    Mistake(
        "reshape_by_columns", "the gradient is laid out column by column", SHAPES,
        "return value, lambda g: g.reshape(before)",
        'return value, lambda g: np.reshape(g, before, order="F")',
        "reshape",
    ),
    Mistake(
        "flatten_by_memory", "in the order of memory: wrong for what is not contiguous only",
        SHAPES,
        "input.reshape((*shape[:first], middle, *shape[last + 1 :])),",
        'np.ravel(input, "K").reshape((*shape[:first], middle, *shape[last + 1 :])),',
        "tests/test_samples.py::test_transposed_arguments[flatten]",
    ),
    Mistake(
        "permute_back", "permuted once more, not back: right where two dimensions change places",
        SHAPES,
        "back = tuple(int(i) for i in np.argsort(order))", "back = tuple(order)",
        "permute",
    ),
    Mistake(
        "expand_mean", "an element seen n times receives the mean of its gradients", SHAPES,
        "lambda g: (np.sum(g, axis=stretched) if stretched else g).reshape(before)",
        "lambda g: (np.mean(g, axis=stretched) if stretched else g).reshape(before)",
        "expand",
    ),
    Mistake(
        "cat_first_part", "every tensor receives the part of the first", SHAPES,
        "start, ends = ends, ends + t.shape[axis]", "start, ends = 0, t.shape[axis]",
        "cat",
    ),
    Mistake(
        "getitem_twice", "an element that is taken twice keeps one gradient of two", INDEXING,
        "np.add.at(value, index, raw(input))", "value[index] = raw(input)",
        "getitem",
    ),
]  # fmt: skip
