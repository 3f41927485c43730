"""What a model is made of: names, arrays in and out, the summary; both wings side by side."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch

import scratch
import torch_ref
from scratch.module import Linear

WINGS = [scratch, torch_ref]


class Tied(scratch.Module):
    """Two layers that share one weight, as the lecture's DAG networks do."""

    def __init__(self):
        self.first = Linear(np.ones((2, 2)), np.zeros(2))
        self.second = Linear(np.ones((2, 2)))
        self.second.weight = self.first.weight

    def forward(self, input):
        return self.second(self.first(input))


class TiedTorch(torch_ref.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(2, 2, dtype=torch.float64)
        self.second = torch.nn.Linear(2, 2, bias=False, dtype=torch.float64)
        self.second.weight = self.first.weight

    def forward(self, input):
        return self.second(self.first(input))


@pytest.mark.parametrize("remove_duplicate", [True, False])
def test_names_of_shared_parameters_are_those_of_pytorch(remove_duplicate):
    ours, theirs = Tied(), TiedTorch()
    names = [n for n, _ in ours.named_parameters(remove_duplicate=remove_duplicate)]
    assert names == [n for n, _ in theirs.named_parameters(remove_duplicate=remove_duplicate)]
    assert len(list(ours.parameters())) == len(list(theirs.parameters())) == 2
    assert list(ours.state_dict()) == list(theirs.state_dict())


def test_a_shared_parameter_is_counted_once_in_the_summary():
    ours, theirs = Tied().summary(), TiedTorch().summary()
    assert ours.replace("Tied(", "TiedTorch(") == theirs
    assert "weight (2, 2) shared" in ours
    assert ours.splitlines()[-1].split() == ["total", "6"]


def test_a_shared_module_is_listed_once():
    class Twice(scratch.Module):
        def __init__(self):
            self.a = Linear(np.ones((1, 1)))
            self.b = self.a

    assert [n for n, _ in Twice().named_parameters()] == ["a.weight"]
    every = Twice().named_parameters(remove_duplicate=False)
    assert [n for n, _ in every] == ["a.weight", "b.weight"]


@pytest.mark.parametrize("frozen", [False, True])
def test_a_frozen_parameter_stays_a_parameter(frozen):
    layer = Linear(np.ones((1, 2)))
    layer.weight.requires_grad_(not frozen)
    assert [n for n, _ in layer.named_parameters()] == ["weight"]
    assert list(layer.state_dict()) == ["weight"]


def test_a_result_is_no_parameter():
    class Remembers(scratch.Module):
        def __init__(self):
            self.weight = scratch.tensor([1.0], requires_grad=True)
            self.seen = self.weight * 2
            self.constant = scratch.tensor([3.0])

    assert [n for n, _ in Remembers().named_parameters()] == ["weight"]


@pytest.mark.parametrize(
    ("layer", "no_grad"),
    [(Linear(np.ones((1, 1))), scratch.no_grad), (torch.nn.Linear(1, 1), torch.no_grad)],
    ids=["scratch", "torch"],
)
def test_a_parameter_cannot_become_the_result_of_an_operation(layer, no_grad):
    with pytest.raises(TypeError, match=r"parameter|Parameter"):
        layer.weight = layer.weight - 0.1
    with no_grad(), pytest.raises(TypeError, match=r"parameter|Parameter"):
        layer.weight = layer.weight - 0.1
    with no_grad():
        layer.weight -= 0.1  # in place: the same parameter
    assert layer.weight.requires_grad


def test_lists_that_grow_later_are_seen():
    class Deep(scratch.Module):
        def __init__(self):
            self.blocks = []

    deep = Deep()
    deep.blocks += [Linear(np.ones((1, 1))) for _ in range(1000)]
    assert [n for n, _ in deep.named_parameters()][-1] == "blocks.999.weight"


def test_zero_grad_forgets():
    model = Tied()
    model(scratch.tensor(np.ones((3, 2)))).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_forward_must_be_written():
    with pytest.raises(NotImplementedError, match="forward"):
        scratch.Module()(1)


def test_a_linear_layer_prints_as_pytorchs_and_copies_its_arrays():
    weight = np.ones((2, 3))
    layer = Linear(weight)
    assert repr(layer) == repr(torch.nn.Linear(3, 2, bias=False))
    weight[:] = 7
    assert (layer.weight.data == 1).all()


# ---- arrays in and out --------------------------------------------------------------------------


def network(wing, seed=0, **options):
    return wing.FullyConnected([3, 4, 2], seed=seed, **options)


def arrays_of(model):
    return {name: np.asarray(value).copy() for name, value in model.state_dict().items()}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("source", "target"), [(scratch, torch_ref), (torch_ref, scratch)])
def test_state_dict_goes_from_one_wing_to_the_other_unchanged(source, target, dtype):
    sent, received = network(source, 1, dtype=dtype), network(target, 2, dtype=dtype)
    received.load_state_dict(sent.state_dict())
    for name, value in arrays_of(sent).items():
        np.testing.assert_array_equal(arrays_of(received)[name], value, strict=True)


def test_named_parameters_of_pytorch_can_be_loaded_too():
    theirs = network(torch_ref, 5)  # these require grad: numpy cannot read them directly
    ours = network(scratch)
    ours.load_state_dict(dict(theirs.named_parameters()))
    assert (ours.layers[0].weight.data == theirs.layers[0].weight.detach().numpy()).all()


def test_state_dict_is_a_copy_in_scratch():
    model = network(scratch)
    model.state_dict()["layers.0.bias"][:] = 9
    assert (model.layers[0].bias.data == 0).all()


@pytest.mark.parametrize("wing", WINGS)
def test_loading_keeps_the_arrays_and_the_dtype(wing):
    model = network(wing, dtype="float32")
    arrays = arrays_of(network(wing, 3))  # float64
    before = list(model.parameters())
    model.load_state_dict(arrays)
    assert all(a is b for a, b in zip(before, model.parameters()))
    loaded = arrays_of(model)["layers.0.weight"]
    np.testing.assert_array_equal(loaded, arrays["layers.0.weight"].astype(np.float32), strict=True)


@pytest.mark.parametrize("wing", WINGS)
def test_loading_makes_an_old_graph_refuse(wing):
    model = network(wing)
    y = model(wing.module.as_tensor(np.ones((1, 3)))).sum()
    model.load_state_dict(arrays_of(network(wing, 3)))
    with pytest.raises(RuntimeError, match=r"in.?place"):
        y.backward()


@pytest.mark.parametrize("wing", WINGS)
def test_missing_unknown_and_misshapen_arrays_are_named(wing):
    model = network(wing)
    arrays = arrays_of(model)
    arrays["layers.0.wieght"] = arrays.pop("layers.0.weight")
    arrays["layers.1.weight"] = np.zeros((4, 2))
    pattern = (
        r"(?s)Error\(s\) in loading state_dict for FullyConnected:\s+"
        r'Missing key\(s\) in state_dict: "layers.0.weight"\.\s+'
        r'Unexpected key\(s\) in state_dict: "layers.0.wieght"\.\s+'
        r"size mismatch for layers.1.weight: .*\(?\[?4, 2"
    )
    with pytest.raises(RuntimeError, match=pattern):
        model.load_state_dict(arrays)


@pytest.mark.parametrize("wing", WINGS)
def test_without_strict_only_what_is_there_is_copied(wing):
    model = network(wing)
    result = model.load_state_dict({"layers.1.bias": np.ones(2), "other": 1.0}, strict=False)
    assert arrays_of(model)["layers.1.bias"].tolist() == [1, 1]
    assert "layers.0.weight" in result.missing_keys
    assert result.unexpected_keys == ["other"]


def test_a_load_that_fails_changes_nothing():
    model = network(scratch)
    before = model.state_dict()
    arrays = {name: value + 1 for name, value in before.items()}
    arrays["layers.1.bias"] = np.zeros(3)
    with pytest.raises(RuntimeError, match="size mismatch"):
        model.load_state_dict(arrays)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("bad", ["text", np.array([1j, 2j]), [[1.0], [1.0, 2.0]]])
def test_values_that_are_not_real_numbers_are_named(bad):
    with pytest.raises(TypeError, match=r"state_dict\['layers.1.bias'\]: expected real numbers"):
        network(scratch).load_state_dict({"layers.1.bias": bad}, strict=False)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_of_a_model_is_independent(duplicate):
    model = network(scratch)
    other = duplicate(model)
    other.layers[0].bias.data += 1
    assert (model.layers[0].bias.data == 0).all()
    assert list(other.state_dict()) == list(model.state_dict())
    assert other.summary() == model.summary()


# ---- the check of an input ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("input", "error"),
    [
        (np.zeros((2, 4)), RuntimeError),
        (np.zeros(()), RuntimeError),
        (np.zeros((2, 3), np.float32), RuntimeError),
        (np.zeros((2, 3), np.int64), RuntimeError),
    ],
)
def test_an_input_that_does_not_fit_is_refused_in_the_same_words(input, error):
    said = []
    for wing in WINGS:
        with pytest.raises(error, match=r"^FullyConnected: input") as caught:
            network(wing)(wing.module.as_tensor(input))
        said.append(str(caught.value))
    assert said[0] == said[1]


@pytest.mark.parametrize("wing", WINGS)
def test_an_array_is_no_tensor(wing):
    with pytest.raises(TypeError, match="FullyConnected: input must be a tensor, got ndarray"):
        network(wing)(np.zeros((2, 3)))


@pytest.mark.parametrize("wing", WINGS)
def test_as_tensor_keeps_tensors_and_copies_arrays(wing):
    array = np.array([1.0, 2.0])
    made = wing.module.as_tensor(array)
    assert wing.module.as_tensor(made) is made
    array[0] = 5
    assert made.tolist() == [1, 2]
