"""Mistakes in how a network learns: the start, the step, the batch, the cut."""

from __future__ import annotations

from ..mistake import Mistake

INITIALIZERS = "scratch/initializers.py"
OPTIMIZERS = "scratch/optimizers.py"
DESCENT = "scratch/descent.py"
CLIPPING = "scratch/clipping.py"
FIT = "scratch/training.py"
MONITORING = "scratch/monitoring.py"

SGD_DECAY = """\
        momentum = options["momentum"]
        if options["weight_decay"] != 0:
            g = g + options["weight_decay"] * p.data
"""

ADAM_COUNT = """\
        beta1, beta2 = options["betas"]
        state = self.state.setdefault(p, {"step": 0})
"""

ADAMW = """\
            p.data *= 1 - options["lr"] * options["weight_decay"]
        self._move(p, g, options)
"""

CENTERED = "v = np.maximum(v - a * a, 0)"

MISTAKES = [
    # ---- the weights at the start -----------------------------------------------------------
    Mistake(
        "normal_variance", "the variance for the deviation: hidden at 1", INITIALIZERS,
        'return Tensor(rng.normal(number("mean", mean), std, shape))',
        'return Tensor(rng.normal(number("mean", mean), std**2, shape))',
        "normal_initialization",
    ),
    Mistake(
        "xavier_root", "the root of Glorot's variance is left out", INITIALIZERS,
        'float(number("gain", gain)) * math.sqrt(2.0 / (fan_in + fan_out))',
        'float(number("gain", gain)) * 2.0 / (fan_in + fan_out)',
        "xavier_initialization",
    ),
    Mistake(
        "xavier_brackets", "2 / fan_in + fan_out, without the brackets", INITIALIZERS,
        "math.sqrt(2.0 / (fan_in + fan_out))", "math.sqrt(2.0 / fan_in + fan_out)",
        "xavier_initialization",
    ),
    Mistake(
        "uniform_bound", "the bound of the uniform one is the deviation", INITIALIZERS,
        "bound = math.sqrt(3.0) * _xavier_std(shape, gain)", "bound = _xavier_std(shape, gain)",
        "xavier_initialization",
    ),
    Mistake(
        "fans_swapped", "fan_in and fan_out swapped: right for a square layer", INITIALIZERS,
        'fan = fan_in if mode == "fan_in" else fan_out',
        'fan = fan_out if mode == "fan_in" else fan_in',
        "kaiming_initialization",
    ),
    Mistake(
        "relu_gain", "the gain of the ReLU is 2 for its root", INITIALIZERS,
        "return math.sqrt(2.0)\n", "return 2.0\n",
        "kaiming_initialization",
    ),
    # ---- the step ---------------------------------------------------------------------------
    Mistake(
        "ascent", "p + lr g: the loss rises", OPTIMIZERS,
        'p.data -= options["lr"] * g\n', 'p.data += options["lr"] * g\n',
        "batch_descent",
    ),
    Mistake(
        "momentum_average", "b = mu b + (1 - mu) g: another convention than PyTorch's", OPTIMIZERS,
        'b += (1 - options["dampening"]) * g', "b += (1 - momentum) * g",
        "sgd_momentum",
    ),
    Mistake(
        "momentum_rate", "the rate inside the momentum, and again outside", OPTIMIZERS,
        'b += (1 - options["dampening"]) * g', 'b += options["lr"] * g',
        "sgd_momentum",
    ),
    Mistake(
        "momentum_alias", "the momentum is the array of the first gradient", OPTIMIZERS,
        "b = np.array(g)\n", "b = g\n",
        "tests/test_planted.py::test_momentum_leaves_the_gradient_alone",
    ),
    Mistake(
        "nesterov", "Nesterov's step without the gradient itself", OPTIMIZERS,
        'g = g + momentum * b if options["nesterov"] else b',
        'g = momentum * b if options["nesterov"] else b',
        "sgd_nesterov",
    ),
    Mistake(
        "decay_factor", "2 lambda w for lambda w", OPTIMIZERS,
        SGD_DECAY, SGD_DECAY.replace("g + options", "g + 2 * options"),
        "sgd_momentum",
    ),
    Mistake(
        "rmsprop_epsilon", "epsilon inside the root", OPTIMIZERS,
        'd = g / (np.sqrt(v) + options["eps"])', 'd = g / np.sqrt(v + options["eps"])',
        "rmsprop",
    ),
    Mistake(
        "rmsprop_centered", "the variance is v + a^2: wrong where centered only", OPTIMIZERS,
        CENTERED, CENTERED.replace("v - a", "v + a"),
        "rmsprop",
    ),
    Mistake(
        "adam_no_correction", "Adam's first average is not corrected for its start at 0",
        OPTIMIZERS,
        'options["lr"] / (1 - beta1 ** state["step"]) * (m / denominator)',
        'options["lr"] * (m / denominator)',
        "adam",
    ),
    Mistake(
        "adam_no_second_correction", "Adam's second average is not corrected", OPTIMIZERS,
        'np.sqrt(v) / math.sqrt(1 - beta2 ** state["step"]) + options["eps"]',
        'np.sqrt(v) + options["eps"]',
        "adam",
    ),
    Mistake(
        "adam_constant_correction", "1 - beta for 1 - beta^t: right in the first step only",
        OPTIMIZERS,
        '(1 - beta1 ** state["step"])', "(1 - beta1)",
        "adam",
    ),
    Mistake(
        "adam_from_2", "Adam counts its steps from 2", OPTIMIZERS,
        ADAM_COUNT, ADAM_COUNT.replace('"step": 0', '"step": 1'),
        "adam",
    ),
    Mistake(
        "adam_epsilon", "epsilon inside the root", OPTIMIZERS,
        'np.sqrt(v) / math.sqrt(1 - beta2 ** state["step"]) + options["eps"]',
        'np.sqrt(v / (1 - beta2 ** state["step"]) + options["eps"])',
        "adam",
    ),
    Mistake(
        "amsgrad_latest", "the latest v for the largest: wrong with amsgrad only", OPTIMIZERS,
        "v = np.maximum(largest, v, out=largest)", "v = np.maximum(v, v, out=largest)",
        "tests/test_optimizers.py::test_every_step_is_pytorchs",
    ),
    Mistake(
        "adamw_coupled", "AdamW's decay is part of the gradient, as in Adam", OPTIMIZERS,
        ADAMW, ADAMW.replace(
            'p.data *= 1 - options["lr"] * options["weight_decay"]',
            'g = g + options["weight_decay"] * p.data',
        ),
        "adamw",
    ),
    Mistake(
        "adamw_after", "AdamW decays after the step, not before", OPTIMIZERS,
        ADAMW, """\
            self._move(p, g, options)
            p.data *= 1 - options["lr"] * options["weight_decay"]
        else:
            self._move(p, g, options)
""",
        "adamw",
    ),
    Mistake(
        "descent_sign", "x + lr f'(x)", DESCENT,
        "position = position - lr * slope", "position = position + lr * slope",
        "gradient_descent",
    ),
    Mistake(
        "descent_alias", "one array for the whole path: every x is the last", DESCENT,
        "position = position - lr * slope", "position -= lr * slope",
        "gradient_descent",
    ),
    # ---- too long ---------------------------------------------------------------------------
    Mistake(
        "clipped_one_by_one", "a norm for each parameter, not one for all", CLIPPING,
        "g *= factor.astype(g.dtype)",
        "g *= np.minimum(float(max_norm) / (_norm(g, norm_type) + TINY), 1)",
        "clip_grad_norm",
    ),
    Mistake(
        "clipped_longer", "short gradients are made longer", CLIPPING,
        "factor = np.minimum(float(max_norm) / (total + TINY), 1)",
        "factor = np.asarray(float(max_norm) / (total + TINY))",
        "clip_grad_norm",
    ),
    Mistake(
        "clipped_above_only", "large negative entries are not cut", CLIPPING,
        "np.clip(g, -float(clip_value), float(clip_value), out=g)",
        "np.minimum(g, float(clip_value), out=g)",
        "clip_grad_value",
    ),
    # ---- the batches ------------------------------------------------------------------------
    Mistake(
        "not_zeroed", "the gradients of the last step are still there", FIT,
        "                    optimizer.zero_grad()\n", "",
        "batch_descent",
    ),
    Mistake(
        "short_batch", "the last, short batch is divided by batch_size", FIT,
        "                    step_loss.backward()\n",
        "                    (step_loss * (len(batch) / size)).backward()\n",
        "mini_batch_descent",
    ),
    Mistake(
        "shuffled_apart", "X is shuffled without y", FIT,
        "step_loss = loss(model(X[batch]), y[batch])",
        "step_loss = loss(model(X[batch]), y[np.sort(batch)])",
        "mini_batch_descent",
    ),
    Mistake(
        "mean_of_batches", "the loss of an epoch: a short batch counts as much as a full one", FIT,
        "total += history.steps[-1] * len(batch)", "total += history.steps[-1] * size",
        "tests/test_training.py::test_the_last_batch_is_what_is_left_and_divided_by_its_own_size",
    ),
    Mistake(
        "dead_in_one_batch", "the dead are those of the last call, not of every example",
        MONITORING,
        "alive |= self._alive[name]", "alive = alive | False",
        "tests/test_monitoring.py::test_a_neuron_that_one_batch_leaves_silent_is_not_dead",
    ),
    Mistake(
        "zeros_counted", "the share of zeros is that of all other numbers", MONITORING,
        "zeros=1 - int(np.count_nonzero(x)) / x.size,", "zeros=int(np.count_nonzero(x)) / x.size,",
        "monitoring",
    ),
]  # fmt: skip
