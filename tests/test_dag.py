"""Networks that are any graph, and weights that are used more than once, in both wings."""

from __future__ import annotations

import random
from fractions import Fraction

import networkx
import numpy as np
import pytest
import torch
from close import assert_close

import scratch
import scratch.functional as F
import torch_ref
from gradtwin import compare
from scratch.dag import Node, in_order
from torch_ref.dag import in_order as in_order_by_graphlib

WINGS = [scratch, torch_ref]
LECTURE = [
    ("z1", "linear", "X", "w1"),
    ("s", "add", ("z1", "X")),
    ("z2", "linear", "s", "w2"),
    ("t", "add", ("z1", "z2")),
    ("y_hat", "linear", "t", "w1"),
]


def tensor(wing, array, requires_grad=False):
    module = scratch if wing is scratch else torch
    return module.tensor(np.asarray(array), requires_grad=requires_grad)


def arrays(tensors):
    return [np.array(t.detach().tolist()) for t in tensors]


def run(model, wing, *inputs):
    """Outputs and every parameter's gradient of sum(output^2)."""
    y = model(*(tensor(wing, each) for each in inputs))
    (y * y).sum().backward()
    return y.detach().numpy(), {n: np.asarray(p.grad) for n, p in model.named_parameters()}


# ---- the lecture's network ----------------------------------------------------------------------


@pytest.mark.parametrize("wing", WINGS)
def test_the_gradient_of_a_shared_weight_is_the_sum_over_all_paths(wing):
    """At w1=0.5, w2=0.3, x=2, y=1: -0.32; the lecture's formula leaves out 1.9 of 3.2."""
    net = wing.SharedWeightDAG(0.5, 0.3)
    e = net(tensor(wing, 2.0)) - 1.0
    (e**2).backward()

    w1, w2, x, y = (Fraction(n, 10) for n in (5, 3, 20, 10))
    z1 = w1 * x
    z2 = w2 * (z1 + x)
    dl_dy_hat = 2 * (w1 * (z1 + z2) - y)
    through_z1 = w1 * x  # dy_hat/dz1 dz1/dw1
    through_z2 = w1 * w2 * x  # dy_hat/dz2 dz2/dz1 dz1/dw1
    direct = z1 + z2  # dy_hat/dw1 with z1 and z2 held still
    assert dl_dy_hat * (through_z1 + through_z2) == Fraction(-13, 100)  # as the lecture has it
    right = dl_dy_hat * (through_z1 + through_z2 + direct)
    assert right == Fraction(-32, 100)
    # e cancels 2 bits, as if it were four sums
    assert_close(net.w1.grad, right, terms=2, layers=4)
    assert_close(net.w2.grad, dl_dy_hat * w1 * (z1 + x), terms=2, layers=4)


@pytest.mark.parametrize("activation", [None, "sigmoid"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("w1", "w2"), [((), ()), ((3, 3), (3, 3)), ((), (3, 3)), ((3, 3), ()), ((1, 1), (1, 1))]
)
def test_numbers_and_matrices_are_twins(w1, w2, activation, dtype):
    rng = np.random.default_rng(0)
    weights = [rng.normal(0, 0.7, shape).astype(dtype) for shape in (w1, w2)]
    d = max([*w1, *w2, 1])
    X = rng.normal(size=(5, d)).astype(dtype)

    def of(wing):
        def function(X, w1, w2):
            net = wing.SharedWeightDAG(*weights, activation=activation)
            if wing is torch_ref:
                return torch.func.functional_call(net, {"w1": w1, "w2": w2}, (X,))
            net.w1, net.w2 = w1, w2
            return net(X)

        return function

    comparison = compare(of(scratch), of(torch_ref), X, *weights, dtype=dtype)
    assert comparison.ok, comparison


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)])
def test_with_numbers_any_shape_goes(shape):
    X = np.ones(shape)
    for wing in WINGS:
        assert wing.SharedWeightDAG(0.5, 0.3)(tensor(wing, X)).shape == shape


def test_matrices_act_on_rows_as_the_formula_says():
    rng = np.random.default_rng(1)
    w1, w2, x = rng.normal(size=(2, 2)), rng.normal(size=(2, 2)), rng.normal(size=2)
    z1 = w1 @ x
    z2 = w2 @ (z1 + x)
    expected = w1 @ (1 / (1 + np.exp(-(z1 + z2))))
    for wing in WINGS:
        y_hat = wing.SharedWeightDAG(w1, w2, "sigmoid")(tensor(wing, x))
        assert_close(y_hat, expected, terms=2, layers=3)


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ((np.ones(3), 0.3), ValueError, r"^w1: expected a number or a square matrix .*\(3,\)$"),
        ((np.ones((2, 3)), 0.3), ValueError, r"^w1: .*\(2, 3\)$"),
        ((0.5, np.ones((2, 1))), ValueError, r"^w2: .*\(2, 1\)$"),
        ((np.eye(2), np.eye(3)), ValueError, r"^w2: expected the shape of w1, \(2, 2\), got"),
        (("a", 0.3), TypeError, "^w1: expected real numbers"),
        ((0.5, 0.3, "sigmod"), ValueError, "^activation: unknown name 'sigmod'"),
    ],
)
def test_weights_that_do_not_fit_are_refused_in_the_same_words(arguments, error, match):
    said = []
    for wing in WINGS:
        with pytest.raises(error, match=match) as caught:
            wing.SharedWeightDAG(*arguments)
        said.append(str(caught.value))
    assert said[0] == said[1]


@pytest.mark.parametrize("wing", WINGS)
def test_its_inputs_are_checked(wing):
    net = wing.SharedWeightDAG(np.eye(3), np.eye(3))
    with pytest.raises(RuntimeError, match=r"input has shape \(5, 4\), expected \(..., 3\)"):
        net(tensor(wing, np.ones((5, 4))))
    with pytest.raises(RuntimeError, match="input has dtype float32, the parameters have float64"):
        net(tensor(wing, np.ones((5, 3), np.float32)))
    with pytest.raises(TypeError, match="input must be a tensor, got ndarray"):
        net(np.ones((5, 3)))


# ---- any graph ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_lectures_network_declared_in_any_order_is_the_same(seed):
    nodes = random.Random(seed).sample(LECTURE, len(LECTURE))
    rng = np.random.default_rng(seed)
    weights = {"w1": rng.normal(size=(3, 3)), "w2": rng.normal(size=(3, 3))}
    X = rng.normal(size=(4, 3))
    for wing in WINGS:
        y, gradients = run(wing.DAG(nodes, weights, {"X": 3}), wing, X)
        expected, expected_gradients = run(wing.SharedWeightDAG(**weights), wing, X)
        np.testing.assert_array_equal(y, expected)
        for name, g in gradients.items():
            assert_close(g, expected_gradients[name], terms=4, layers=5, size=np.abs(g).max())


def wild(wing):
    """Two inputs, a function of one's own, a parameter in three nodes, a layer with bias, cat."""
    nodes = [
        ("y_hat", "linear", "joined", ("w3", "b3")),
        Node("joined", "cat", ("a", "b", "c")),
        ("a", "tanh", "h1"),
        ("h1", "linear", "X", ("w1", "b1")),
        ("b", "mul", ("h1", "Z", "gate")),
        ("gate", lambda h, w: wing.functional.sigmoid(h @ w), "h1", "w2"),
        ("c", lambda z, w: (z - 0.5) @ w, ["Z"], ["w2"]),
        ("again", "linear", "y_hat", "w2"),
        ("p", "softmax", "again"),
    ]
    parameters = {"w1": (4, 3), "b1": (4,), "w2": (4, 4), "w3": (4, 12), "b3": [0.1, 0.2, 0.3, 0.4]}
    return wing.DAG(nodes, parameters, {"X": 3, "Z": 4}, seed=3)


def test_any_graph_is_the_same_in_both_wings():
    rng = np.random.default_rng(0)
    X, Z = rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
    ours, theirs = wild(scratch), wild(torch_ref)
    for name, value in theirs.state_dict().items():
        np.testing.assert_array_equal(ours.state_dict()[name], value.numpy())  # one seed
    assert ours.summary() == theirs.summary()
    (y, gradients), (y2, gradients2) = run(ours, scratch, X, Z), run(theirs, torch_ref, X, Z)
    assert_close(y, y2, terms=12, layers=5)
    assert list(gradients) == list(gradients2)
    for name, expected in gradients2.items():  # the way back is as long again
        size = np.abs(expected).max()
        assert_close(gradients[name], expected, terms=12, layers=2 * 5, size=size, note=name)


@pytest.mark.parametrize("wing", WINGS)
def test_inputs_go_by_order_or_by_name(wing):
    rng = np.random.default_rng(0)
    X, Z = (tensor(wing, rng.normal(size=(2, n))) for n in (3, 4))
    net = wild(wing)
    assert net(X, Z).tolist() == net(Z=Z, X=X).tolist() == net(X, Z=Z).tolist()
    for wrong in (lambda: net(X), lambda: net(X, Z, Z), lambda: net(X, X=X), lambda: net(X, Y=Z)):
        with pytest.raises(TypeError, match="DAG: expected the inputs X, Z, got"):
            wrong()


@pytest.mark.parametrize("wing", WINGS)
def test_several_outputs(wing):
    nodes = [("a", "relu", "X"), ("b", "tanh", "X")]
    a, b = wing.DAG(nodes, output=["a", "b"])(tensor(wing, [-1.0, 0.0]))
    assert (a.tolist(), b.tolist()) == ([0.0, 0.0], [np.tanh(-1.0), 0.0])
    (alone,) = wing.DAG(nodes[:1], output=["a"])(tensor(wing, [2.0]))
    assert alone.tolist() == [2.0]


@pytest.mark.parametrize("wing", WINGS)
def test_its_parameters_are_those_of_a_model(wing):
    net = wing.DAG(LECTURE, {"w1": (3, 3), "w2": (3, 3)}, {"X": 3}, seed=1)
    assert [name for name, _ in net.named_parameters()] == ["w1", "w2"]  # w1 once
    other = wing.DAG(LECTURE, {"w1": (3, 3), "w2": (3, 3)}, {"X": 3}, seed=2)
    other.load_state_dict(net.state_dict())
    X = tensor(wing, np.ones((2, 3)))
    assert other(X).tolist() == net(X).tolist()
    assert net.summary().splitlines() == [
        "DAG(X -> 5 nodes -> y_hat)",
        "node   function  inputs  parameters        output  count",
        "z1     linear    X       w1 (3, 3)         (n, 3)      9",
        "s      add       z1, X                     (n, 3)      0",
        "z2     linear    s       w2 (3, 3)         (n, 3)      9",
        "t      add       z1, z2                    (n, 3)      0",
        "y_hat  linear    t       w1 (3, 3) shared  (n, 3)      0",
        "total                                                 18",
    ]


@pytest.mark.parametrize("wing", WINGS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_stays(wing, dtype):
    net = wing.DAG(LECTURE, {"w1": (3, 3), "w2": np.eye(3)}, {"X": 3}, dtype=dtype)
    y, gradients = run(net, wing, np.ones((2, 3), dtype))
    assert {y.dtype, *(g.dtype for g in gradients.values())} == {np.dtype(dtype)}


@pytest.mark.parametrize("wing", WINGS)
def test_a_chain_of_thousands_of_nodes_does_not_recurse(wing):
    """x + 3,000 w by 3,000 nodes that share w; declared backwards."""
    count = 3000
    nodes = [(f"h{i}", "add", f"h{i - 1}" if i else "X", "w") for i in range(count)]
    net = wing.DAG(nodes[::-1], {"w": 0.5})
    y = net(tensor(wing, 1.0))
    y.backward()
    assert (y.item(), float(net.w.grad)) == (1 + count / 2, count)


def test_the_order_is_the_declared_one_as_far_as_it_goes():
    """Against NetworkX's, on random graphs declared in random order."""
    draw = random.Random(0)
    for _ in range(30):
        nodes = [
            Node(f"n{i}", "add", tuple(draw.sample([f"n{j}" for j in range(i)], min(i, 2))) or "X")
            for i in range(20)
        ]
        nodes = [n._replace(inputs=(n.inputs,) if n.inputs == "X" else n.inputs) for n in nodes]
        assert [in_order(nodes, ["X"]), in_order_by_graphlib(nodes, ["X"])] == [nodes, nodes]
        draw.shuffle(nodes)
        place = {node.name: i for i, node in enumerate(nodes)}
        needs = networkx.DiGraph((i, n.name) for n in nodes for i in n.inputs if i != "X")
        expected = list(networkx.lexicographical_topological_sort(needs, place.__getitem__))
        assert len(expected) == 20
        for order in (in_order, in_order_by_graphlib):
            assert [node.name for node in order(nodes, ["X"])] == expected


# ---- what is refused, by name -------------------------------------------------------------------

REFUSED = {
    "no nodes": (dict(nodes=[]), ValueError, "^nodes: expected at least one"),
    "no tuple": (dict(nodes=["a"]), TypeError, r"^nodes\[0\]: expected \(name, function, inputs\)"),
    "a name that is no string": (dict(nodes=[(1, "relu", "X")]), TypeError, "the name 1"),
    "inputs that are no names": (dict(nodes=[("a", "relu", [2])]), TypeError, r"\[2\] where names"),
    "a name twice": (
        dict(nodes=[("a", "relu", "X"), ("a", "relu", "X")]),
        ValueError, "^nodes: the name 'a' is taken by another node",
    ),
    "the name of an input": (
        dict(nodes=[("X", "relu", "X")]), ValueError, "the name 'X' is taken by an input",
    ),
    "an unknown input": (
        dict(nodes=[("hidden", "relu", "X"), ("b", "relu", "hiden")]),
        ValueError, "^node 'b': unknown input 'hiden'; did you mean 'hidden'",
    ),
    "an unknown parameter": (
        dict(nodes=[("a", "linear", "X", "w9")], parameters={"v": (2, 2)}),
        ValueError, "^node 'a': unknown parameter 'w9'; known: v",
    ),
    "an unknown function": (
        dict(nodes=[("a", "sigmiod", "X")]),
        ValueError, "^node 'a': unknown function 'sigmiod'; did you mean 'sigmoid'",
    ),
    "no function": (dict(nodes=[("a", 3, "X")]), TypeError, "^node 'a': function: .* got 3"),
    "two ends": (
        dict(nodes=[("a", "relu", "X"), ("b", "relu", "X")]),
        ValueError, "^nodes: no node uses 'a', 'b': say which are outputs",
    ),
    "a node that leads nowhere": (
        dict(nodes=[("a", "relu", "X"), ("b", "relu", "X")], output="a"),
        ValueError, "^nodes: 'b' not used: no way leads from there to the output a",
    ),
    "a parameter that is not used": (
        dict(nodes=[("a", "relu", "X")], parameters={"w": 1.0}),
        ValueError, "^parameters: 'w' not used",
    ),
    "an input that is not used": (
        dict(nodes=[("a", "relu", "X")], inputs=["X", "Z"]), ValueError, "^inputs: 'Z' not used",
    ),
    "an unknown output": (
        dict(nodes=[("a", "relu", "X")], output="y"),
        ValueError, "^output: unknown node 'y'; known: a",
    ),
    "an input twice": (dict(nodes=[("a", "relu", "X")], inputs=["X", "X"]), ValueError, "^inputs"),
    "no input": (dict(nodes=[("a", "relu", "X")], inputs=[]), ValueError, "^inputs"),
    "a size of 0": (dict(nodes=[("a", "relu", "X")], inputs={"X": 0}), ValueError, "^inputs: .*0"),
    "a parameter's name that the model has": (
        dict(nodes=[("a", "add", "X", "forward")], parameters={"forward": 1.0}),
        ValueError, "^parameters: 'forward' cannot be a name",
    ),
    "a parameter's name with a dot": (
        dict(nodes=[("a", "add", "X", "w.1")], parameters={"w.1": 1.0}),
        ValueError, "^parameters: 'w.1' cannot be a name",
    ),
    "a parameter that is no number": (
        dict(nodes=[("a", "add", "X", "w")], parameters={"w": "one"}),
        TypeError, r"^parameters\['w'\]: expected real numbers",
    ),
    "no list of nodes": (dict(nodes=5), TypeError, "^nodes: expected a list of nodes, got 5"),
    "no names of inputs": (
        dict(nodes=[("a", "relu", "X")], inputs=5), TypeError, "^inputs: expected names, .* got 5",
    ),
    "a size that is no integer": (
        dict(nodes=[("a", "relu", "X")], inputs={"X": 2.5}), ValueError, "^inputs: .*'X': 2.5",
    ),
    "parameters without values": (
        dict(nodes=[("a", "mul", "X", "w")], parameters=["w"]),
        TypeError, r"^parameters: expected values or shapes by name, got \['w'\]",
    ),
    "a dtype": (dict(nodes=[("a", "relu", "X")], dtype="float16"), ValueError, "^dtype: .*float16"),
    "an initializer": (
        dict(nodes=[("a", "relu", "X")], initializer="he"), ValueError, "^initializer: unknown",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_in_the_same_words(case):
    arguments, error, match = REFUSED[case]
    said = []
    for wing in WINGS:
        with pytest.raises(error, match=match) as caught:
            wing.DAG(**arguments)
        said.append(str(caught.value))
    assert said[0] == said[1]


@pytest.mark.parametrize("wing", WINGS)
def test_a_cycle_is_printed(wing):
    nodes = [
        ("a", "add", ("X", "c")),
        ("b", "relu", "a"),
        ("c", "tanh", "b"),
        ("y", "relu", "c"),
    ]
    with pytest.raises(ValueError, match=r"^nodes: a cycle: ") as caught:
        wing.DAG(nodes)
    found = str(caught.value).removeprefix("nodes: a cycle: ").split(" -> ")
    assert found[0] == found[-1]
    assert "".join(found[:-1]) * 2 in ("abcabc", "bcabca", "cabcab")
    with pytest.raises(ValueError, match=r"^nodes: a cycle: a -> a$"):
        wing.DAG([("a", "add", ("X", "a"))])


@pytest.mark.parametrize("wing", WINGS)
def test_a_cycle_of_thousands_of_nodes_is_found_too(wing):
    nodes = [(f"h{i}", "relu", f"h{(i - 1) % 3000}") for i in range(3000)]
    with pytest.raises(ValueError, match="a cycle: h"):
        wing.DAG([*nodes, ("y", "add", ("X", "h0"))])


@pytest.mark.parametrize("wing", WINGS)
def test_sizes_that_do_not_fit_are_found_when_the_network_is_made(wing):
    with pytest.raises(RuntimeError, match=r"DAG: node 'z2' = linear\(s \(7, 3\), w2 \(2, 4\)\)"):
        wing.DAG(LECTURE, {"w1": (3, 3), "w2": (2, 4)}, {"X": 3})
    with pytest.raises(RuntimeError, match=r"node 't' = add\(z1 \(7, 3\), z2 \(7, 2\)\)"):
        wing.DAG(LECTURE, {"w1": (3, 3), "w2": (2, 3)}, {"X": 3})


@pytest.mark.parametrize("wing", WINGS)
def test_without_known_sizes_they_are_found_in_the_first_call(wing):
    net = wing.DAG(LECTURE, {"w1": (3, 3), "w2": (2, 3)})
    with pytest.raises(RuntimeError, match=r"node 't' = add\(z1 \(5, 3\), z2 \(5, 2\)\)"):
        net(tensor(wing, np.ones((5, 3))))


@pytest.mark.parametrize("wing", WINGS)
def test_the_inputs_of_a_call_are_checked(wing):
    net = wing.DAG(LECTURE, {"w1": (3, 3), "w2": (3, 3)}, {"X": 3})
    with pytest.raises(RuntimeError, match=r"DAG: X has shape \(5, 4\), expected \(..., 3\)"):
        net(tensor(wing, np.ones((5, 4))))
    with pytest.raises(RuntimeError, match="DAG: X has dtype float32"):
        net(tensor(wing, np.ones((5, 3), np.float32)))
    with pytest.raises(TypeError, match="DAG: X must be a tensor"):
        net([1.0, 2.0, 3.0])


def test_trial_runs_leave_no_warning_and_no_gradient():
    net = scratch.DAG([("y", lambda x, w: scratch.log(x - w), "X", "w")], {"w": 1.0}, {"X": ()})
    assert net.w.grad is None  # log(1 - 1) is -inf, without a warning: it was only a trial
    assert F.relu(net(scratch.tensor([3.0]))).shape == (1,)
