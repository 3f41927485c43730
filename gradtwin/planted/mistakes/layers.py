"""Mistakes in layers and products: transposed, not summed over the batch, used once for twice."""

from __future__ import annotations

from ..mistake import Mistake

LINEAR = "scratch/linear.py"
PRODUCTS = "scratch/operations/products.py"
MODELS = "scratch/fully_connected.py"
RESIDUAL = "scratch/residual.py"
DAG = "scratch/dag/shared_weight.py"

MISTAKES = [
    # ---- products ---------------------------------------------------------------------------
    Mistake(
        "matmul_transposed", "the gradient of the second matrix transposed", PRODUCTS,
        "lambda g: input.T.dot(g),", "lambda g: g.T.dot(input),",
        "matmul",
    ),
    Mistake(
        "matmul_not_transposed", "g B for g B^T: a shape that does not fit, or does if square",
        PRODUCTS,
        "lambda g: g.dot(other.T),", "lambda g: g.dot(other),",
        "matmul",
    ),
    Mistake(
        "matmul_stack_mean", "a matrix used for a whole stack receives the mean", PRODUCTS,
        "return np.sum(d, axis=stretched_axes(b.shape, d.shape)).reshape(other.shape)",
        "return np.mean(d, axis=stretched_axes(b.shape, d.shape)).reshape(other.shape)",
        "matmul",
    ),
    Mistake(
        "addmm_alpha", "alpha is left out of one gradient: hidden at alpha = 1", PRODUCTS,
        "lambda g: times(g, alpha).dot(mat2.T)", "lambda g: g.dot(mat2.T)",
        "addmm",
    ),
    # ---- the linear layer -------------------------------------------------------------------
    Mistake(
        "bias_forgotten", "the bias is not added: hidden where it is 0", LINEAR,
        "z += bias\n", "pass\n",
        "linear",
    ),
    Mistake(
        "bias_not_summed", "the gradient of the bias is not summed over the batch", LINEAR,
        "sum_of_rows,  # d_bias: the sum over the batch", "lambda g: g,",
        "linear",
    ),
    Mistake(
        "bias_mean", "the gradient of the bias is a mean over the batch: hidden for n = 1", LINEAR,
        "sum_of_rows,  # d_bias: the sum over the batch", "lambda g: sum_of_rows(g) / len(g),",
        "linear",
    ),
    Mistake(
        "bias_sum_of_all", "the gradient of the bias summed over the neurons too", LINEAR,
        "sum_of_rows,  # d_bias: the sum over the batch",
        "lambda g: sum_of_rows(g) * 0 + np.sum(g),",
        "linear",
    ),
    Mistake(
        "weight_one_example", "the weight's gradient from the first example only", LINEAR,
        "lambda g: g.T.dot(input),  # d_weight", "lambda g: g[:1].T.dot(input[:1]),  # d_weight",
        "linear",
    ),
    Mistake(
        "weight_elementwise", "* for @ in the weight's gradient", LINEAR,
        "lambda g: g.T.dot(input),  # d_weight",
        "lambda g: np.sum(g, axis=0).reshape(-1, 1) * np.sum(input, axis=0),  # d_weight",
        "linear",
    ),
    Mistake(
        "input_not_by_weight", "the error is handed back without the weight", LINEAR,
        "lambda g: g.dot(weight),  # d_input",
        "lambda g: g.dot(np.ones_like(weight)),  # d_input",
        "linear",
    ),
    Mistake(
        "leading_dimensions", "wrong for more than one leading dimension only", LINEAR,
        "lambda g: rows(g).T.dot(rows(input)),",
        "lambda g: rows(g)[-1:].T.dot(rows(input)[-1:]),",
        "linear",
    ),
    # ---- the convolution --------------------------------------------------------------------
    Mistake(
        "windows_overwrite", "= for += where windows overlap: the input counted once", LINEAR,
        "value[..., k : k + stride * places : stride] += raw(input)[..., k, :]",
        "value[..., k : k + stride * places : stride] = raw(input)[..., k, :]",
        "conv1d",
    ),
    Mistake(
        "stride_forgotten", "the windows are laid back without the stride: hidden at stride 1",
        LINEAR,
        "d = overlapped(d, length + 2 * padding, stride)",
        "d = overlapped(d, length + 2 * padding, 1)",
        "conv1d",
    ),
    Mistake(
        "padding_not_cut", "the gradient of the padding is handed to the input", LINEAR,
        "return d[:, :, padding : padding + length].reshape(input.shape)",
        "return d[:, :, :length].reshape(input.shape)",
        "conv1d",
    ),
    Mistake(
        "filter_mean", "a filter receives the mean over the examples: hidden for n = 1", LINEAR,
        "return np.sum(d, axis=0).reshape(weight.shape)",
        "return np.mean(d, axis=0).reshape(weight.shape)",
        "conv1d",
    ),
    Mistake(
        "filter_bias_one_place", "the bias of a filter receives one place only", LINEAR,
        "return np.sum(g.reshape(n, outputs, places), axis=(0, 2))",
        "return np.sum(g.reshape(n, outputs, places)[:, :, :1], axis=(0, 2))",
        "conv1d",
    ),
    # ---- models -----------------------------------------------------------------------------
    Mistake(
        "perceptron_bias", "w_0 is left out", "scratch/perceptron.py",
        "return self.activation(input @ self.weight + self.bias)",
        "return self.activation(input @ self.weight)",
        "perceptron",
    ),
    Mistake(
        "output_activation", "the activation of the last layer is left out", MODELS,
        "return self.output_activation(linear(input, last.weight, last.bias))",
        "return linear(input, last.weight, last.bias)",
        "fully_connected",
    ),
    Mistake(
        "hidden_activation", "the hidden layers have no activation: one linear map", MODELS,
        "input = activation(linear(input, layer.weight, layer.bias))",
        "input = linear(input, layer.weight, layer.bias)",
        "backpropagation",
    ),
    Mistake(
        "shortcut_gradient", "nothing comes back through the shortcut", RESIDUAL,
        "lambda g: g,  # the shortcut", "lambda g: 0 * g,  # the shortcut",
        "residual_block",
    ),
    Mistake(
        "branch_scale", "the scale is left out of the branch's gradient: hidden at scale 1",
        RESIDUAL,
        "lambda g: scale * g,", "lambda g: 1 * g,",
        "residual_network",
    ),
    Mistake(
        "projection_forgotten", "the shortcut's projection has no gradient", RESIDUAL,
        "input = linear(input, self.projection.weight, None)",
        "input = linear(input, self.projection.weight.detach(), None)",
        "projected_block",
    ),
    Mistake(
        "shared_weight_once", "w1 counted where it is used first only, not at the output", DAG,
        "return _weighted(self.w1, self.activation(z1 + z2))",
        "return _weighted(self.w1.detach(), self.activation(z1 + z2))",
        "shared_weight_dag",
    ),
    Mistake(
        "shared_weight_last", "w1 counted at the output only: 2 e (z1 + z2)", DAG,
        "z1 = _weighted(self.w1, input)", "z1 = _weighted(self.w1.detach(), input)",
        "dag_gradient",
    ),
    Mistake(
        "dag_shortcut", "the connection from the input to z2 is left out", DAG,
        "z2 = _weighted(self.w2, z1 + input)", "z2 = _weighted(self.w2, z1)",
        "dag_with_sigmoid",
    ),
    Mistake(
        "dag_of_two", "a node adds its first two inputs, however many it has",
        "scratch/dag/functions.py",
        "return functools.reduce(operator.add, inputs)", "return operator.add(*inputs[:2])",
        "dag",
    ),
    # ---- a block whose derivative the user writes -------------------------------------------
    Mistake(
        "snake_double_angle", "1 + sin(a x) for 1 + sin(2 a x)", "scratch/new_block.py",
        "d_input = g * (sin + cos) ** 2", "d_input = g * (1 + sin)",
        "new_block",
    ),
    Mistake(
        "snake_at_frequency_0", "sin(a x) / a without its limit: NaN at a = 0 only",
        "scratch/new_block.py",
        "return where(zero, input, (a * input).sin() / where(zero, 1, a))",
        "return (a * input).sin() / a",
        "tests/test_new_block.py::test_without_frequency_it_is_the_identity",
    ),
    Mistake(
        "snake_batch_mean", "the shared frequency receives a mean over the batch",
        "scratch/new_block.py",
        "return d.reshape(examples, *argument.shape).sum(0)",
        "return d.reshape(examples, *argument.shape).mean(0)",
        "new_block",
    ),
    # ---- the other wing ---------------------------------------------------------------------
    Mistake(
        "torch_shortcut", "in PyTorch's wing nothing comes back through the shortcut",
        "torch_ref/residual.py",
        "return residual_add(input, branch, self.scale)",
        "return residual_add(input.detach(), branch, self.scale)",
        "tests/test_residual.py::test_a_block_is_its_formula",
    ),
    Mistake(
        "torch_shared_weight", "in PyTorch's wing w1 is counted once",
        "torch_ref/dag/shared_weight.py",
        "return _weighted(self.w1, self.activation(z1 + z2))",
        "return _weighted(self.w1.detach(), self.activation(z1 + z2))",
        "dag_gradient",
    ),
]  # fmt: skip
