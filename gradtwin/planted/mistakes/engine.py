"""Mistakes in the engine: not added up, too early, twice, not brought back to the shape."""

from __future__ import annotations

from ..mistake import Mistake

WALK = "scratch/autograd/walk.py"
BROADCASTING = "scratch/autograd/broadcasting.py"
AGAIN = "scratch/autograd/again.py"

MISTAKES = [
    Mistake(
        "set_for_added", "= for +=: a value used twice keeps the share of one path", WALK,
        "total[input] = total[input] + partial(g)", "total[input] = partial(g)",
        "dag_gradient",
    ),
    Mistake(
        "added_in_place", "added into an array that somebody else holds", WALK,
        "            if input in summed:\n", "            if type(total[input]) is np.ndarray:\n",
        "tests/test_engine.py::test_shared_subexpression",
    ),
    Mistake(
        "oldest_first", "the oldest node first: a node hands on before all has arrived", WALK,
        "heappush(waiting, (-input.order, input))", "heappush(waiting, (input.order, input))",
        "residual_network",
    ),
    Mistake(
        "grad_overwritten", "a second backward overwrites .grad", WALK,
        "            leaf.grad += d\n", "            leaf.grad = d\n",
        "tests/test_engine.py::test_gradients_accumulate_until_reset",
    ),
    Mistake(
        "upstream_is_one", "backward starts from ones, whatever it is given", WALK,
        "return cast(g, tensor.data.dtype)", "return np.ones_like(tensor.data)",
        "sum",
    ),
    Mistake(
        "grad_is_shared", "two leaves receive one array, g itself, as their .grad", WALK,
        "found[input] = d if d is not g or partials else np.array(g)", "found[input] = d",
        "tests/test_samples.py::test_gradients_share_no_memory[add]",
    ),
    Mistake(
        "grad_is_a_view", ".grad is a view of an array that others hold", WALK,
        "elif type(d) is np.ndarray and d.base is None:", "elif type(d) is np.ndarray:",
        "tests/test_samples.py::test_gradients_accumulate[sum]",
    ),
    Mistake(
        "graph_not_freed", "a second backward through a freed graph is not refused", WALK,
        "            node.partials = FREED\n", "            pass\n",
        "tests/test_engine.py::test_backward_twice_needs_the_graph_kept",
    ),
    Mistake(
        "change_not_noticed", "a leaf changed after its use gives the gradient of other numbers",
        WALK,
        "if input._version > node.order:", "if input._version > node.order and retain_graph:",
        "tests/test_engine.py::test_a_leaf_changed_after_use_is_noticed",
    ),
    Mistake(
        "step_not_noticed", "an optimizer's step goes unnoticed by graphs made before it",
        "scratch/optimizers.py",
        "                changed_in_place(p)\n", "                pass\n",
        "tests/test_optimizers.py::test_a_graph_from_before_the_step_refuses",
    ),
    Mistake(
        "no_grad_records", "no_grad is ignored", "scratch/autograd/grad_mode.py",
        "mode.recording = self.recording", "mode.recording = True",
        "tests/test_engine.py::test_no_grad_and_enable_grad_nest",
    ),
    Mistake(
        "no_grad_of_others", "the end of a no_grad block ends those of all threads",
        "scratch/autograd/grad_mode.py", "blocks.count(-1)", "blocks.open = 0",
        "tests/test_engine.py::test_no_grad_goes_on_where_a_block_of_another_thread_ends",
    ),
    # ---- broadcasting -----------------------------------------------------------------------
    Mistake(
        "not_summed_back", "an axis of length 1 that was stretched is not summed over",
        BROADCASTING,
        "    if shape != np.shape(value):\n", "    if len(shape) != np.ndim(value):\n",
        "add",
    ),
    Mistake(
        "mean_back", "the mean over the stretched axes, not the sum", BROADCASTING,
        "cast(np.add.reduce(partial(g), axes).reshape(shape), dtype)",
        "cast(np.mean(partial(g), axes).reshape(shape), dtype)",
        "mul",
    ),
    Mistake(
        "dtype_lost", "float32 beside float64 receives a gradient in float64", BROADCASTING,
        "return lambda g: cast(partial(g), dtype)", "return partial",
        "tests/test_planted.py::test_a_gradient_has_the_dtype_of_its_leaf_beside_another_dtype",
    ),
    # ---- on a second derivative only --------------------------------------------------------
    Mistake(
        "not_summed_back_again", "the sum over stretched axes is a mean: create_graph only", AGAIN,
        "d = np.sum(d, axis=stretched_axes(shape, value.shape)).reshape(shape)",
        "d = np.mean(d, axis=stretched_axes(shape, value.shape)).reshape(shape)",
        "tests/test_samples.py::test_second_derivatives[mul]",
    ),
    Mistake(
        "values_cut_off", "inner values are constants of the second derivative", AGAIN,
        "value.requires_grad, value.grad_fn = True, node", "value.requires_grad = True",
        "tests/test_engine.py::test_gradient_penalty_trains_as_in_torch",
    ),
    Mistake(
        "function_alias", "a Function's backward hands out an array that it keeps",
        "scratch/autograd/function.py",
        "return np.array(d.data if type(d) is Tensor else d)",
        "return d.data if type(d) is Tensor else d",
        "tests/test_planted.py::test_the_array_that_a_functions_backward_keeps_stays_its_own",
    ),
]  # fmt: skip
