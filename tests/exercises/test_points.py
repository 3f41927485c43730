"""Points and messages: one slip costs one step, a convention costs nothing."""

from __future__ import annotations

import re

import pytest

from gradtwin.exercises import Convention, Exercise, Mistake, gradient
from gradtwin.exercises.diagnosis import source_of
from gradtwin.exercises.grading import grade
from gradtwin.exercises.library import find
from gradtwin.exercises.result import Result
from gradtwin.exercises.submission import Submission
from gradtwin.exercises.trusted import grade_source


def variant(exercise: Exercise, *names: str) -> Result:
    """The right solution with these mistakes or conventions made at once."""
    every = {v.name: v for v in (*exercise.mistakes, *exercise.conventions)}
    source = source_of(exercise, tuple(every[n] for n in names))
    assert source is not None, "they touch the same line"
    return grade_source(exercise, source)


def changed(exercise: Exercise, old: str, new: str, number: int = 0) -> Result:
    """A right solution with one text replaced."""
    source = exercise.right[number]
    assert source.count(old) == 1
    return grade_source(exercise, source.replace(old, new))


def lost(result: Result) -> list[str]:
    return [c.name for c in result.criteria if not c.passed]


def first_wrong(result: Result) -> list[str]:
    return [c.name for c in result.criteria if c.first_wrong]


def named(result: Result) -> list[str]:
    return [name for d in result.diagnoses for name in d.names]


NET = find("two_layer_net")


@pytest.mark.parametrize("mistake", NET.mistakes, ids=lambda m: m.name)
def test_one_slip_costs_the_lines_that_changed(mistake: Mistake) -> None:
    """In ten steps that stand on each other, a wrong one leaves the others their points."""
    written = re.findall(r"(\w+) = ", " ".join(mistake.swap.values()))
    steps = {"dz1" if q == "da1" else q for q in written} & set(NET.quantities)
    result = variant(NET, mistake.name)
    values = [c.name for c in result.criteria if c.kind == "value"]
    assert [q for q in values if q in lost(result)] == [q for q in values if q in steps]
    assert first_wrong(result) == [q for q in values if q in steps][:1]


def test_a_slip_forward_and_one_backward_are_both_named() -> None:
    result = variant(NET, "bias_left_out", "activation_derivative_left_out")
    assert lost(result) == ["z1", "dz1"]
    assert named(result) == ["bias_left_out", "activation_derivative_left_out"]


def test_two_slips_in_one_function_are_named_together() -> None:
    result = variant(NET, "gradient_not_averaged", "weight_gradient_of_z1")
    (diagnosis,) = result.diagnoses
    assert diagnosis.together
    assert set(diagnosis.names) == {"gradient_not_averaged", "weight_gradient_of_z1"}


def test_a_wrong_shape_costs_its_own_step() -> None:
    """y_hat is the sigmoid of what was returned as z, whatever the shape of that."""
    result = variant(find("perceptron"), "not_summed")
    assert lost(result) == ["z"]


def test_an_exception_on_unequal_sizes_is_charged_to_what_is_wrong_on_square_ones() -> None:
    result = variant(find("linear_backward"), "weight_not_transposed")
    assert lost(result) == ["dX", "extreme"]
    (reason,) = [c.reason for c in result.criteria if c.name == "dX"]
    assert reason is not None
    assert "raised ValueError in line 7" in reason.say("en")


def test_an_exception_that_nothing_explains_costs_all_of_its_function() -> None:
    """A number of examples that is fixed: on square inputs all is right."""
    result = changed(find("linear_backward"), "return dX, dW, db",
                     "return dX.reshape(3, 3), dW, db")
    assert {"dX", "dW", "db"} <= set(lost(result))


def test_a_function_is_judged_where_an_earlier_one_raises() -> None:
    """Backward gets right values in place of what a forward that always raises did not return."""
    result = changed(NET, "return z1, a1, z2, loss", "return z1, a1, z2, undefined")
    values = [c.name for c in result.criteria if c.kind == "value" and c.passed]
    assert values == ["dz2", "dW2", "db2", "dz1", "dW1", "db1"]
    said = [n.say("en") for n in result.notes]
    assert "backward was judged on right values of what earlier functions did not return" in said


def test_a_function_is_judged_where_an_earlier_one_raises_on_some_inputs_only() -> None:
    result = changed(NET, "z2 = a1 @ W2 + b2", "z2 = a1 @ W2.T + b2")
    values = [c.name for c in result.criteria if c.kind == "value" and not c.passed]
    assert values == ["z2"]


def test_nothing_stands_in_for_a_choice() -> None:
    """Without knowing which activation is meant, nothing is judged and nothing is named."""
    exercise = find("activation_of_choice")
    result = changed(exercise, 'CHOICE = "softplus"', 'CHOICE = "sofplus"', number=2)
    assert (result.points, named(result)) == (0, [])
    assert any("CHOICE = 'sofplus': elu, selu" in n.say("en") for n in result.notes)
    assert changed(exercise, 'CHOICE = "silu"', 'CHOICE = "Swish"', number=3).ok


def test_an_accepted_convention_has_all_points_and_says_which_it_is() -> None:
    result = variant(find("relu"), "one_at_zero")
    assert result.ok
    assert [(d.kind, d.names) for d in result.diagnoses] == [("accepted", ["one_at_zero"])]


def test_two_conventions_at_once() -> None:
    result = variant(find("decision_line"), "class_1_on_the_line", "distance_without_sign")
    assert lost(result) == ["d"]
    assert [(d.kind, d.names) for d in result.diagnoses] == [
        ("accepted", ["class_1_on_the_line"]), ("convention", ["distance_without_sign"])
    ]


def test_two_conventions_in_one_function() -> None:
    exercise = Exercise(
        "both", "Both", "The sum of ReLUs and its gradient.", ["backward(X, b) -> dX, db"],
        {"s": lambda X, b: X.relu().sum() + b.relu().sum(),
         "dX": gradient("s", "X"), "db": gradient("s", "b")},
        shapes={"X": "N D", "b": "H"},
        right=["def backward(X, b):\n    dX = 1.0 * (X > 0)\n    db = 1.0 * (b > 0)\n"
               "    return dX.astype(X.dtype), db.astype(X.dtype)\n"],
        conventions=[Convention("first", {"(X > 0)": "(X >= 0)"}, "1 at 0 in X: accepted."),
                     Convention("second", {"(b > 0)": "(b >= 0)"}, "1 at 0 in b: accepted.")],
    )
    result = variant(exercise, "first", "second")
    assert result.ok
    assert [(d.kind, d.names) for d in result.diagnoses] == [
        ("accepted", ["first"]), ("accepted", ["second"])
    ]


def test_a_convention_that_overflows_loses_the_points_for_that_alone() -> None:
    """1/N in the weights' gradients, and a softmax that is NaN at 800."""
    convention = next(c for c in NET.conventions if c.accepted)
    source = source_of(NET, (convention,))
    assert source is not None
    naive = source.replace("e = np.exp(z - z.max(axis=1, keepdims=True))", "e = np.exp(z)")
    assert naive != source
    result = grade_source(NET, naive)
    assert lost(result) == ["extreme"]
    assert [d.kind for d in result.diagnoses] == ["accepted"]


def test_a_convention_with_a_mistake_is_named_with_it() -> None:
    result = variant(find("relu"), "one_at_zero", "upstream_forgotten")
    assert lost(result) == ["dz", "upstream"]
    assert set(named(result)) == {"one_at_zero", "upstream_forgotten"}


@pytest.mark.parametrize(("name", "convention", "mistake", "costs"), [
    ("one_neuron", "half_the_square", "passed_back_without_the_weight", ["dh1"]),
    ("shared_weight_dag", "half_the_square", "z1_path_through_z2_only", ["dz1"]),
    ("two_layer_net", "n_in_the_weight_gradients", "activation_derivative_left_out", ["dz1"]),
    ("residual_block", "one_at_zero", "shortcut_gradient_left_out", ["dX"]),
])
def test_a_slip_beside_an_accepted_convention_costs_only_itself(
    name: str, convention: str, mistake: str, costs: list[str]
) -> None:
    result = variant(find(name), convention, mistake)
    assert lost(result) == costs
    assert {(d.kind, *d.names) for d in result.diagnoses} == {
        ("accepted", convention), ("mistake", mistake)
    }


def test_half_a_convention_is_none() -> None:
    """The loss has its factor 1/2, the gradient its 2: that is a mistake, not a convention."""
    result = variant(find("one_neuron"), "loss_halved", "passed_back_without_the_weight")
    assert lost(result) == ["loss", "dh1"]
    assert named(result) == ["loss_halved", "passed_back_without_the_weight"]


def test_of_many_mistakes_only_those_are_named_that_spoil_nothing_right() -> None:
    """The biases' gradients are means, and more is wrong; 1/N twice would show in dW2."""
    source = NET.right[0]
    for old, new in (("db2 = dz2.sum(axis=0)", "db2 = dz2.mean(axis=0)"),
                     ("da1 = dz2 @ W2.T", "da1 = dz2 @ dW2.T"),
                     ("db1 = dz1.sum(axis=0)", "db1 = dz1.sum()")):
        assert old in source
        source = source.replace(old, new)
    assert named(grade_source(NET, source)) == ["bias_gradient_mean"]


def test_a_mistake_of_a_class_would_show_in_every_program() -> None:
    """= for += without an order gives in one program what a product with one factor gives."""
    result = grade_source(find("autograd_engine"), """
class Value:
    def __init__(self, data, parents=()):
        self.data, self.grad, self.parents = data, 0.0, parents

    def __add__(self, other):
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def backward(self, g=1.0):
        self.grad = g
        for parent, slope in self.parents:
            parent.backward(g * slope)
""")
    assert "overwritten" in named(result)
    assert "second_factor_forgotten" not in named(result)


def test_a_style_that_overflows_does_not_hide_the_mistake() -> None:
    """It gives up at 800; everywhere else the derivative lacks its factor 1 - a."""
    result = grade_source(find("sigmoid"), """
import numpy as np

def sigmoid(z):
    if np.abs(z).max() > 700:
        raise RuntimeError("too large")
    return 1 / (1 + np.exp(-z))

def sigmoid_backward(g, z):
    return g * sigmoid(z)
""")
    assert named(result) == ["one_minus_a_forgotten"]
    assert lost(result) == ["dz", "extreme", "upstream"]


def test_a_mistake_in_float32_is_named_too() -> None:
    result = grade_source(find("sigmoid"), """
import numpy as np

def sigmoid(z):
    return (1 / (1 + np.exp(-z))).astype(np.float32)

def sigmoid_backward(g, z):
    return (g * sigmoid(sigmoid(z)) * (1 - sigmoid(sigmoid(z)))).astype(np.float32)
""")
    assert named(result) == ["derivative_at_the_activation"]


def test_float16_is_told_to_be_too_coarse() -> None:
    result = grade_source(find("relu"), """
import numpy as np

def relu(z):
    return np.maximum(z, 0).astype(np.float16)

def relu_backward(g, z):
    return g * (z > 0)
""")
    (reason,) = [c.reason for c in result.criteria if c.name == "a"]
    assert reason is not None
    assert reason.say("en").startswith("a is float16")


def test_the_box_and_this_process_say_the_same() -> None:
    """The self-test's shortcut: the same code, the same result, apart from the smallest input."""
    exercise = find("linear_backward")
    for mistake in exercise.mistakes[:4]:
        source = source_of(exercise, (mistake,))
        assert source is not None
        boxed = grade(exercise, Submission([source]), sandboxed=False, show_smallest=False)
        assert boxed.to_dict() == grade_source(exercise, source).to_dict()
