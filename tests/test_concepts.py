"""The registry of concepts, and that `check` finds what is wrong and nothing else."""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import islice

import mpmath
import numpy as np
import pytest

import gradtwin
import scratch
from gradtwin.check import check, check_concept
from gradtwin.concepts import Figure, Wing, concept, concepts, find
from gradtwin.concepts.perceptron import decision_line
from gradtwin.samples import OPERATIONS
from gradtwin.samples.operation import case

CONCEPTS = concepts()
FIGURES = [(each, figure) for each in CONCEPTS for figure in each.figures]
ALL = pytest.mark.parametrize("each", CONCEPTS, ids=lambda each: each.name)


# ---- the registry ---------------------------------------------------------------------------


def test_names_are_unique_identifiers():
    names = [each.name for each in CONCEPTS]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name == name.lower() for name in names)


def test_the_order_is_that_of_the_lecture():
    """Where each part of the lecture begins; the sections are checked by their headings below."""
    names = [each.name for each in CONCEPTS]
    landmarks = [
        "perceptron", "sigmoid", "decision_line", "linear", "hidden_layer", "fully_connected",
        "xor", "cross_entropy", "batch_descent", "stochastic_descent", "mini_batch_descent",
        "tanh", "leaky_relu", "elu", "softmax", "add", "linear_regression",
    ]  # fmt: skip
    places = [names.index(name) for name in landmarks]
    assert places == sorted(places)


def test_sections_come_in_the_order_of_the_slides():
    headings = [
        "El perceptrón: la pieza clave de una red neuronal",
        "El perceptrón: Función de activación",
        "¿Cuál es la utilidad de la función de activación?",
        "Salida en una red totalmente conectada",
        "Salida en una red totalmente conectada (1 capa oculta)",
        "Evaluación de una red con varias capas",
        "Ejemplo práctico: XOR",
        "Entrenamiento de una red: Función de pérdida",
        "Descenso de gradiente por lotes",
        "Descenso de gradiente estocástico",
        "Descenso de gradiente por mini-lotes",
        "Otras funciones de activación con el mismo problema",
        "Función de activación LeakyReLU",
        "Otras funciones de activación",
        "Otras funciones de activación importantes: Softmax",
        "Grafo computacional",
        "Grafo computacional: Ejemplo",
    ]
    assert list(dict.fromkeys(each.section for each in CONCEPTS)) == headings


def test_every_named_row_of_the_table_is_a_concept():
    rows = {id(each.operation) for each in CONCEPTS}
    assert [n for n, row in OPERATIONS.items() if n.isidentifier() and id(row) not in rows] == []


@ALL
def test_title_and_formula_can_be_read(each):
    assert each.es
    assert each.en
    assert each.formula or each.name == "getitem", "x[...] has no function to document"


@ALL
def test_cases_keep_the_dtype_and_follow_the_seed(each):
    def drawn(seed):
        return [s.arrays for s in islice(each.cases(np.random.default_rng(seed), "float32"), 5)]

    floats = [a.dtype for arrays in drawn(0) for a in arrays if a.dtype.kind == "f"]
    assert set(floats) <= {np.dtype("float32")}
    for first, second in zip(drawn(3), drawn(3)):
        for a, b in zip(first, second):
            np.testing.assert_array_equal(a, b)


# ---- the lecture's numbers ------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("wing", ["scratch", "torch"])
@pytest.mark.parametrize(
    ("each", "figure"), FIGURES, ids=[f"{each.name}: {figure.what}" for each, figure in FIGURES]
)
def test_printed_number_comes_out(each, figure, wing, dtype):
    number = float(figure.value(Wing(wing, dtype)).item())
    assert figure.reproduced_by(number), f"{figure.what}: {figure.printed}, computed {number}"


def test_what_the_lecture_prints_is_there():
    printed = {each.name: [figure.printed for figure in each.figures] for each in CONCEPTS}
    assert printed["perceptron"] == ["2.84", "0.94", "0.01"]
    assert printed["xor"] == (
        ["0.5", "0.41", "0.60", "0.62", "0.64", "0.66", "0.92", "0.48", "0.44", "1.07"]
    )
    assert printed["softmax"] == [".00", ".01", ".97", ".01"]
    assert printed["linear_regression"] == ["4", "-12", "-4"]


def test_the_one_erratum_is_the_last_entry_of_softmax():
    """exp(7) / (exp(5) + exp(6) + exp(11) + exp(7)) to fifty digits rounds to .02, not .01."""
    wrong = [figure for _, figure in FIGURES if figure.erratum]
    assert [(figure.what, figure.printed, figure.erratum) for figure in wrong] == [
        ("p_3", ".01", ".02")
    ]
    with mpmath.workdps(50):
        entry = mpmath.exp(7) / sum(mpmath.exp(z) for z in (5, 6, 11, 7))
    assert mpmath.nstr(entry, 3) == "0.0178"
    assert wrong[0].reproduced_by(float(entry))
    assert not replace(wrong[0], erratum="").reproduced_by(float(entry))


@pytest.mark.parametrize(
    ("printed", "number", "text"),
    [
        ("0.94", 0.9448, "0.94"),
        (".97", 0.9732, ".97"),
        ("1.07", 1.0694, "1.07"),
        ("0.00", -0.001, "0.00"),
        ("-12", -12.0, "-12"),
        ("-12", -11.9, "-11.900000"),
        ("0", 1e-16, "0"),
    ],
)
def test_rounding_to_what_is_printed(printed, number, text):
    figure = Figure("x", printed, lambda wing: number)
    assert figure.rounded(number) == text
    assert figure.reproduced_by(number) == (text == printed)


# ---- the concepts against their formulas, as written ----------------------------------------


def test_hidden_layer_is_the_sum_over_the_inputs():
    """h_1 = b_1 + x_1 w_11 + x_2 w_21 + x_3 w_31 in whole numbers, which are exact."""
    x, b = [2.0, -3.0, 5.0], [7.0, -1.0]
    w = [[1.0, 2.0, 4.0], [-2.0, 0.0, 1.0]]
    h, g_of_h = find("hidden_layer").ours(*map(scratch.tensor, ([x], w, b)))
    expected = [7 + 2 * 1 - 3 * 2 + 5 * 4, -1 + 2 * -2 + 5 * 1]
    assert h.tolist() == [expected]
    assert g_of_h.numpy()[0] == pytest.approx([float(mpmath.sigmoid(z)) for z in expected], 1e-15)


def test_layers_without_activation_are_one_layer():
    rng = np.random.default_rng(0)
    arrays = [rng.integers(-5, 6, shape).astype(float) for shape in ((4, 3), (5, 3), 5, (2, 5), 2)]
    two_layers, one_layer = find("linear_collapse").ours(*map(scratch.tensor, arrays))
    assert two_layers.tolist() == one_layer.tolist()


def test_decision_line_is_where_the_perceptron_says_one_half():
    x1 = scratch.tensor(np.linspace(-3, 8, 5))
    x2 = decision_line.ours(x1, *map(scratch.tensor, (4.1, -1.15, -0.21)))
    z = 4.1 - 1.15 * x1.numpy() - 0.21 * x2.numpy()
    assert abs(z).max() < 1e-14  # a few roundings of numbers up to 10


@pytest.mark.parametrize("wing", ["scratch", "torch"])
def test_xor_is_learned(wing):
    """From the lecture's weights, with a bias that it leaves out, all four points come right."""
    wing = Wing(wing)
    X, y = wing.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]]), wing.tensor([[0.0], [1], [1], [0]])
    network = wing.FullyConnected([2, 2, 1], "sigmoid", output_activation="sigmoid")
    weights = {"layers.0.weight": [[0.96, 0.28], [0.89, 0.73]], "layers.1.weight": [[0.60, 0.22]]}
    network.load_state_dict({k: np.array(v) for k, v in weights.items()}, strict=False)
    loss = wing.F.binary_cross_entropy
    history = wing.fit(network, X, y, loss, lr=5.0, epochs=2000, mode="batch", progress=False)
    y_hat = network(X).detach().numpy()
    assert (y_hat > 0.5).tolist() == [[False], [True], [True], [False]]
    assert history.loss[-1] < 0.01


# ---- check ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@ALL
def test_every_concept_agrees(each, dtype):
    result = check_concept(each, dtype, seed=1, cases=5)
    assert result.ok, str(result)


def test_a_concept_gets_the_same_inputs_alone_and_among_others():
    alone, among = check("tanh", cases=3)[0], check(["relu", "tanh"], cases=3)[1]
    assert alone.to_dict() == among.to_dict()
    assert check("tanh", seed=1, cases=3)[0].to_dict() != alone.to_dict()


def test_check_of_one_name_of_several_and_of_one_that_is_called_otherwise():
    assert gradtwin.check("softmax", cases=2).ok
    assert [r.concept.name for r in check(["xor", "relu"], cases=2)] == ["xor", "relu"]
    assert check("softmax_cross_entropy", cases=2).ok


def test_a_wrong_derivative_is_found(monkeypatch):
    right = scratch.functional.sigmoid

    def doubled(input):
        return right(input) * 2 - right(input).detach()  # the same value, twice the derivative

    monkeypatch.setattr(scratch.functional, "sigmoid", doubled)
    report = check("sigmoid", cases=2)
    assert not report.ok
    assert not report[0].torch_failures, "no witness may speak for a wrong derivative"
    assert "gradient of input" in str(report)
    assert [figure.ok for figure in report[0].figures] == [True, False]


def test_a_wrong_value_is_found(monkeypatch):
    monkeypatch.setattr(scratch.functional, "softmax", scratch.functional.softmin)
    report = check("softmax", cases=2)
    assert not report.ok
    assert not any(figure.ok for figure in report[0].figures)


def test_a_printed_number_that_does_not_come_out_fails():
    wrong = Figure("y_hat(0, 6)", "0.95", lambda wing: wing.F.sigmoid(wing.tensor(2.84)))
    result = check_concept(replace(find("perceptron"), figures=(wrong,)), "float64", 0, cases=1)
    assert not result.ok
    assert not result.failures
    assert "the lecture prints 0.95" in str(result)


def test_a_figure_that_raises_is_a_failure_and_no_crash():
    wrong = Figure("x", "1.00", lambda wing: wing.F.no_such_function(wing.tensor(1.0)))
    result = check_concept(replace(find("relu"), figures=(wrong,)), "float64", 0, cases=1)
    assert not result.ok
    assert "no_such_function" in str(result)


def test_a_warning_over_ordinary_numbers_is_a_failure():
    @concept(case("3"), es="x", en="x", section="-", formula="x")
    def warned(wing, x):
        if wing.name == "scratch":
            warnings.warn("overflow encountered in exp", RuntimeWarning, stacklevel=1)
        return x * 2.0

    result = check_concept(warned, "float64", 0, cases=1)
    assert not result.ok
    assert "overflow encountered in exp" in str(result)


def test_a_warning_over_what_everybody_sees_is_none():
    @concept(case("3"), es="x", en="x", section="-", formula="x")
    def infinite(wing, x):
        if wing.name == "scratch":
            warnings.warn("divide by zero encountered", RuntimeWarning, stacklevel=1)
        return x / 0.0

    with np.errstate(all="ignore"):
        assert check_concept(infinite, "float64", 0, cases=1).ok


def test_where_pytorch_is_wrong_scratch_is_not_blamed():
    """PyTorch takes hardsigmoid's 1/6 from float32: 3e-8 off in float64, says the third witness."""
    (result,) = check("hardsigmoid", cases=3)
    assert result.ok
    assert result.torch_failures
    assert "third witness" in str(result)
    assert check("hardsigmoid", dtype="float32", cases=3)[0].torch_failures == []


def test_report_is_a_sequence_that_prints_itself():
    report = check(["relu", "xor"], cases=1)
    assert len(report) == 2
    assert repr(report) == str(report)
    assert str(report).splitlines()[-1] == "xor: twins, 1 cases"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "softmx"}, "unknown concept 'softmx': did you mean softmax"),
        ({"name": "qqqq"}, "unknown concept 'qqqq': `gradtwin list` shows all of them"),
        ({"name": "relu", "dtype": "float16"}, "dtype: expected float32 or float64, got 'float16'"),
        ({"name": "relu", "seed": -1}, "seed: expected 0 or more, got -1"),
        ({"name": "relu", "cases": 0}, "cases: expected 1 or more, got 0"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        check(**arguments)


def test_a_wing_has_its_own_names_and_says_which_it_lacks():
    assert Wing("scratch").FullyConnected is scratch.FullyConnected
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = Wing("torch").no_such_name
    with pytest.raises(ValueError, match="name: expected one of scratch, torch, got 'jax'"):
        Wing("jax")
