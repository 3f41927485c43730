"""The registry of concepts, and that `check` finds what is wrong and nothing else."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from fractions import Fraction
from itertools import groupby, islice

import mpmath
import numpy as np
import pytest
from close import assert_close, assert_within
from typer.testing import CliRunner

import gradtwin
import scratch
import torch_ref
from gradtwin.check import check, check_concept
from gradtwin.cli import app
from gradtwin.concepts import Figure, Wing, concept, concepts, find, in_section
from gradtwin.concepts.perceptron import decision_line
from gradtwin.samples import OPERATIONS
from gradtwin.samples.operation import case
from gradtwin.tolerance import rounded_to
from scratch import chain_rule

CONCEPTS = concepts()
FIGURES = [(each, figure) for each in CONCEPTS for figure in each.figures]
ALL = pytest.mark.parametrize("each", CONCEPTS, ids=lambda each: each.name)


# ---- the registry ---------------------------------------------------------------------------


def test_names_are_unique_identifiers():
    names = [each.name for each in CONCEPTS]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name == name.lower() for name in names)


# The headings of the slides, as printed and in their order; one that comes back stands twice.
HEADINGS = [
    "El perceptrón",
    "El perceptrón: la pieza clave de una red neuronal",
    "El perceptrón: Función de activación",
    "¿Cuál es la utilidad de la función de activación?",
    "Ejemplo con un perceptrón",
    "Redes totalmente conectadas",
    "Uniendo varios perceptrones",
    "Uniendo con varios perceptrones",
    "Uniendo con varios perceptrones (1 capa oculta)",
    "Salida en una red totalmente conectada",
    "Salida en una red totalmente conectada (1 capa oculta)",
    "Múltiples capas totalmente conectadas",
    "Evaluación de una red con varias capas",
    "Entrenamiento de una red: Función de pérdida",
    "¿Cómo entrenar la red?",
    "Ejemplo práctico: XOR",
    "Funciones de pérdida",
    "Ejemplo práctico: XOR",
    "Entrenamiento de una red: descenso del gradiente",
    "¿Cómo entrenar una red neuronal?",
    "Descenso del gradiente",
    "Entrenamiento de una red: Backpropagation",
    "Propagación hacia atrás",
    "Regla de la cadena",
    "Regla de la cadena: Ejemplo",
    "Propagación hacia atrás",
    "Variaciones del descenso de gradiente",
    "Tipos de descenso de gradiente",
    "Descenso de gradiente por lotes",
    "Descenso de gradiente estocástico",
    "Descenso de gradiente por mini-lotes",
    "Comparativa entre las diferentes versiones",
    "¿Qué algoritmo de optimización elegir?",
    "Otros algoritmos de optimización",
    "Desvanecimiento del gradiente y sus soluciones",
    "Desvanecimiento del gradiente",
    "Causas del desvanecimiento del gradiente",
    "Desvanecimiento del gradiente: ejemplo",
    "Otras funciones de activación con el mismo problema",
    "Función de activación ReLU",
    "Función de activación LeakyReLU",
    "Otras funciones de activación",
    "Otras soluciones: Redes Residuales",
    "El problema del Exploding Gradient",
    "Como detectar y monitorizar estos problemas",
    "Otras funciones de activación importantes: Softmax",
    "Diferenciación automática y grafos computacionales",
    "Diferenciación automática",
    "Grafo computacional",
    "Grafo computacional: Ejemplo",
    "Diferenciación automática",
    "Redes DAG",
    "Redes DAG: Pasada hacia adelante",
    "Redes DAG: Pasada hacia atrás",
    "Redes DAG: Reutilización de pesos",
    "Redes DAG: Grafo computacional",
]

BY_SECTION = {
    "El perceptrón: la pieza clave de una red neuronal": "perceptron",
    "El perceptrón: Función de activación": "step sigmoid relu",
    "¿Cuál es la utilidad de la función de activación?": "decision_line linear_collapse",
    "Ejemplo con un perceptrón": "probability_map",
    "Salida en una red totalmente conectada": "linear",
    "Salida en una red totalmente conectada (1 capa oculta)": "hidden_layer",
    "Múltiples capas totalmente conectadas": "number_of_weights",
    "Evaluación de una red con varias capas": "fully_connected",
    "Ejemplo práctico: XOR": (
        "xor cross_entropy binary_cross_entropy binary_cross_entropy_with_logits"
    ),
    "Funciones de pérdida": "mse_loss l1_loss huber_loss smooth_l1_loss",
    "¿Cómo entrenar una red neuronal?": "training_loss",
    "Descenso del gradiente": (
        "gradient_descent local_minimum normal_initialization descent_of_two_weights"
    ),
    "Regla de la cadena: Ejemplo": "chain_rule",
    "Propagación hacia atrás": "one_neuron_chain backpropagation mean_of_gradients",
    "Descenso de gradiente por lotes": "batch_descent",
    "Descenso de gradiente estocástico": "stochastic_descent",
    "Descenso de gradiente por mini-lotes": "mini_batch_descent",
    "Otros algoritmos de optimización": "sgd_momentum sgd_nesterov rmsprop adam adamw",
    "Desvanecimiento del gradiente": "vanishing_gradient",
    "Causas del desvanecimiento del gradiente": "xavier_initialization kaiming_initialization",
    "Desvanecimiento del gradiente: ejemplo": "three_sigmoids sigmoid_derivative",
    "Otras funciones de activación con el mismo problema": "tanh logsigmoid softsign",
    "Función de activación ReLU": "dead_relu",
    "Función de activación LeakyReLU": "leaky_relu",
    "Otras soluciones: Redes Residuales": "residual_block projected_block residual_network",
    "El problema del Exploding Gradient": "exploding_gradient clip_grad_norm clip_grad_value",
    "Como detectar y monitorizar estos problemas": "monitoring",
    "Otras funciones de activación importantes: Softmax": (
        "softmax log_softmax softmin softmax_cross_entropy nll_loss"
    ),
    "Grafo computacional: Ejemplo": "squared_error linear_regression",
    "Diferenciación automática": "new_block",
    "Redes DAG": "dag",
    "Redes DAG: Pasada hacia adelante": "shared_weight_dag",
    "Redes DAG: Pasada hacia atrás": "dag_gradient",
    "Redes DAG: Reutilización de pesos": "conv1d",
    "Redes DAG: Grafo computacional": "dag_with_sigmoid",
}
TABLES = ("Otras funciones de activación", "Grafo computacional")  # where the table's rows stand


def test_the_order_is_that_of_the_lecture():
    sections = [section for section, _ in groupby(CONCEPTS, key=lambda each: each.section)]
    following = iter(HEADINGS)
    # `in` an iterator goes on behind what it found: every section must come after the one before
    assert [section for section in sections if section not in following] == []


def test_what_is_found_under_each_heading():
    found = [
        (section, " ".join(each.name for each in under))
        for section, under in groupby(CONCEPTS, key=lambda each: each.section)
        if section not in TABLES
    ]
    assert found == list(BY_SECTION.items())


def test_a_section_is_found_by_some_of_its_words():
    assert [each.name for each in in_section("PROPAGACION hacia")] == [
        "one_neuron_chain", "backpropagation", "mean_of_gradients",
    ]  # fmt: skip
    assert in_section("") == list(CONCEPTS)
    with pytest.raises(ValueError, match="contains 'redes dog': did you mean 'Redes DAG'"):
        in_section("redes dog")
    with pytest.raises(ValueError, match="contains 'zzzz': see `gradtwin list`"):
        in_section("zzzz")


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
    assert printed["linear_regression"] == ["4", "3", "-12", "-4"]
    assert printed["sigmoid_derivative"] == ["0.25"]


def test_where_the_print_is_wrong():
    """What must come out instead, in exact arithmetic or in fifty digits."""
    with mpmath.workdps(50):
        p_3 = mpmath.exp(7) / sum(mpmath.exp(z) for z in (5, 6, 11, 7))
    x, y, w1, w2 = map(Fraction, ("2", "1", "1/2", "3/10"))
    y_hat = w1 * x * (w1 + w2 * (w1 + 1))  # the DAG as one formula, and its derivative
    d_w1 = 2 * (y_hat - y) * x * (2 * w1 + w2 * (2 * w1 + 1))
    right = {
        ("chain_rule", "y'(1)"): 4 * 8**3 * 12,
        ("three_sigmoids", "dz_1/dw_1 where w_1 = 0.5, x_1 = 2"): 2,
        # 2 (1/2 - 1) s'(0) s(0): y_hat and h_2 are 1/2, the slope is 1/4
        ("three_sigmoids", "dL/dw_3, all weights 0"): 2 * (0.5 - 1) * 0.25 * 0.5,
        ("dead_relu", "relu(2)"): 2,
        ("leaky_relu", "f(-2)"): -0.02,
        ("softmax", "p_3"): p_3,
        ("dag_gradient", "dL/dw1"): d_w1,
    }
    wrong = {(each.name, figure.what): figure for each, figure in FIGURES if figure.erratum}
    assert list(wrong) == list(right)
    for key, figure in wrong.items():
        assert figure.reproduced_by(float(right[key]))
    assert not replace(wrong["softmax", "p_3"], erratum="").reproduced_by(float(p_3))


def test_the_minima_that_the_pictures_lead_to():
    """The roots of f'(x) = 4 x^3 - 4 x + 1."""
    said = [figure for figure in find("local_minimum").figures if "f'(x) = 0" in figure.says]
    roots = [float(mpmath.re(root)) for root in mpmath.polyroots([4, 0, -4, 1])]
    assert [f"{root:.4f}" for root in (max(roots), min(roots))] == [f.printed for f in said]
    report = check("local_minimum", cases=1)
    assert "f'(x) = 0 at 0.8376" in str(report[0].figures[0])


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


@pytest.mark.parametrize("wing", ["scratch", "torch"])
def test_number_of_weights(wing):
    sizes = Wing(wing).tensor([3, 4, 5, 1])
    count = find("number_of_weights").operation.call(Wing(wing), sizes)
    assert count == 4 * (3 + 1) + 5 * (4 + 1) + 1 * (5 + 1)


def test_the_mean_of_the_gradients_is_the_gradient_of_the_mean():
    rng = np.random.default_rng(0)
    tensors = [scratch.tensor(rng.normal(size=shape)) for shape in ((7, 3), 7, 3)]
    at_once, singly = find("mean_of_gradients").ours(*tensors)
    # a sum of 7 numbers below 1, on either side
    assert_within(at_once, singly, rounded_to(1, "float64", times=2 * 7))


def test_gradients_vanish_with_sigmoids_and_explode_with_large_weights():
    X, seed = scratch.tensor(np.random.default_rng(0).normal(size=(20, 4))), scratch.tensor(3)
    vanishing = find("vanishing_gradient").ours(X, seed, activation="sigmoid")
    exploding = find("exploding_gradient").ours(X, seed, activation="relu")
    # 8 layers: each slope is at most 0.25 and the weights are about 0.5
    assert vanishing[0] < 0.25**7 * vanishing[-1]
    assert exploding.min() > 100


def test_clipped_gradients_have_the_norm_and_the_entries_that_were_asked_for():
    g1, g2 = scratch.tensor([[3.0, 0.0]]), scratch.tensor([4.0])
    norm, *clipped = find("clip_grad_norm").ours(g1, g2, max_norm=1.0)
    assert norm.item() == 5.0
    # PyTorch's divisor is the norm plus 1e-6
    assert_close(np.concatenate(clipped, None), [3 / (5 + 1e-6), 0, 4 / (5 + 1e-6)])
    entries = find("clip_grad_value").ours(g1, g2, clip_value=3.5)
    assert [g.tolist() for g in entries] == [[[3.0, 0.0]], [3.5]]


@pytest.mark.parametrize("kind", ["normal", "xavier", "kaiming"])
def test_one_seed_gives_both_wings_the_same_weights_bit_by_bit(kind):
    assert check(f"{kind}_initialization", cases=4)[0].ulp_forward == 0


def test_a_neuron_below_0_on_all_examples_is_counted_dead_and_learns_nothing():
    X, weight, bias = np.ones((3, 1)), np.array([[1.0], [-1.0]]), np.zeros(2)
    tensors = [scratch.tensor(a, requires_grad=True) for a in (X, weight, bias)]
    h, dead = find("dead_relu").ours(*tensors)
    h.sum().backward()
    assert dead == 1.0
    assert tensors[1].grad.tolist() == [[3.0], [0.0]]


def test_a_descent_that_diverges_says_so():
    found = find("gradient_descent")
    reasons = [found.ours(scratch.tensor(1.0), lr=lr)[2] for lr in (0.001, 0.3, 1.1)]
    assert reasons == [1.0, 0.0, 2.0]  # all steps taken, converged, diverged


def test_hidden_layer_is_the_sum_over_the_inputs():
    """h_1 = b_1 + x_1 w_11 + x_2 w_21 + x_3 w_31 in whole numbers, which are exact."""
    x, b = [2.0, -3.0, 5.0], [7.0, -1.0]
    w = [[1.0, 2.0, 4.0], [-2.0, 0.0, 1.0]]
    h, g_of_h = find("hidden_layer").ours(*map(scratch.tensor, ([x], w, b)))
    expected = [7 + 2 * 1 - 3 * 2 + 5 * 4, -1 + 2 * -2 + 5 * 1]
    assert h.tolist() == [expected]
    assert_close(g_of_h.numpy()[0], [float(mpmath.sigmoid(z)) for z in expected], terms=0)


def test_layers_without_activation_are_one_layer():
    rng = np.random.default_rng(0)
    arrays = [rng.integers(-5, 6, shape).astype(float) for shape in ((4, 3), (5, 3), 5, (2, 5), 2)]
    two_layers, one_layer = find("linear_collapse").ours(*map(scratch.tensor, arrays))
    assert two_layers.tolist() == one_layer.tolist()


def test_decision_line_is_where_the_perceptron_says_one_half():
    x1 = scratch.tensor(np.linspace(-3, 8, 5))
    x2 = decision_line.ours(x1, *map(scratch.tensor, (4.1, -1.15, -0.21)))
    z = 4.1 - 1.15 * x1.numpy() - 0.21 * x2.numpy()
    # x2 is right to three roundings of these, z to four more
    largest = max(4.1, *np.abs(1.15 * x1.numpy()), *np.abs(0.21 * x2.numpy()))
    assert_within(z, 0, rounded_to(largest, "float64", times=3 + 4))


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
    assert [r.concept.name for r in check(["xor", "relu", "xor"], cases=2)] == ["xor", "relu"]


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


def test_ordinary_input_that_both_wings_refuse_is_a_failure():
    """Otherwise a concept that cannot be computed at all would pass for one that agrees."""

    @concept(case("n m", "k"), es="-", en="-", section="-", formula="-")
    def refused(wing, x, y):
        return wing.matmul(x, wing.stack((y, y, y, y, y, y, y, y, y)))

    result = check_concept(refused, "float64", seed=0, cases=3)
    assert result.cases == len(result.failures) == 3
    assert all(None not in each.comparison.raised for each in result.failures)


def test_a_warning_over_ordinary_numbers_is_a_failure():
    @concept(case("3"), es="x", en="x", section="-", formula="x")
    def warned(wing, x):
        if wing.name == "scratch":
            warnings.warn("overflow encountered in exp", RuntimeWarning, stacklevel=1)
        return x * 2.0

    result = check_concept(warned, "float64", 0, cases=1)
    assert not result.ok
    assert "overflow encountered in exp" in str(result)


def test_a_warning_where_all_three_agree_blames_none_of_them(monkeypatch):
    right = scratch.functional.sigmoid

    def warned(z):
        warnings.warn("overflow encountered in exp", RuntimeWarning, stacklevel=1)
        return right(z)

    monkeypatch.setattr(scratch.functional, "sigmoid", warned)
    (result,) = check("one_neuron_chain", cases=1)
    assert not result.ok
    assert "overflow encountered in exp" in str(result)
    assert "disagree" not in str(result)
    assert "no two" not in str(result)


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


def test_a_torch_wing_that_is_wrong_is_a_failure(monkeypatch):
    """On ordinary numbers it cannot be PyTorch: the third witness blames our use of it."""
    right = torch_ref.ResidualBlock.forward
    monkeypatch.setattr(
        torch_ref.ResidualBlock, "forward", lambda self, input: right(self, input.detach())
    )
    (result,) = check("residual_block", cases=2)
    assert not result.ok
    assert result.torch_failures == []


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


# ---- on paper -------------------------------------------------------------------------------

ON_PAPER = [each for each in CONCEPTS if each.paper]


def test_every_pair_on_paper_is_a_concept_with_an_example():
    pairs = [name.removesuffix("_forward") for name in vars(chain_rule) if "_forward" in name]
    assert sorted(each.paper for each in ON_PAPER) == sorted(pairs)
    assert all(len(each.operation.corners) == 1 for each in ON_PAPER)
    with pytest.raises(LookupError, match="relu is not derived in"):
        find("relu").on_paper()


@pytest.mark.parametrize("each", ON_PAPER, ids=lambda each: each.name)
def test_three_columns_are_equal(each):
    result = check_concept(each, "float64", seed=0, cases=1)
    names = list(result.paper.inputs)
    assert [row.name for row in result.paper.rows] == [
        "output", *(f"gradient of {name}" for name in names)
    ]  # fmt: skip
    for row in result.paper.rows:
        paper, graph, pytorch = row.values
        # a chain of some ten operations
        assert_close(paper, pytorch, layers=10)
        assert_close(graph, pytorch, layers=10)


def test_the_lectures_gradients_stand_in_all_three_columns():
    (result,) = check("linear_regression", cases=1)
    rows = {row.name: [float(value) for value in row.values] for row in result.paper.rows}
    assert rows["output"] == [4.0] * 3
    assert rows["gradient of w"] == [-12.0] * 3
    assert rows["gradient of b"] == [-4.0] * 3
    assert str(result) == "linear_regression: paper = graph = PyTorch, 2 cases"


@pytest.mark.parametrize("each", ON_PAPER, ids=lambda each: each.name)
def test_an_error_on_paper_is_found(each, monkeypatch):
    """The gradient of the last argument, 0.1 % off."""
    name = f"{each.paper}_backward"
    right = getattr(chain_rule, name)

    def wrong(g, cache):
        gradients = right(g, cache)
        if not isinstance(gradients, tuple):
            return gradients * 1.001
        return *gradients[:-1], gradients[-1] * 1.001

    monkeypatch.setattr(chain_rule, name, wrong)
    (result,) = check(each.name, cases=2)
    assert not result.ok
    assert {failure.odd_one_out for failure in result.failures} == {"paper"}
    assert "paper disagrees: the two others agree" in str(result)


@pytest.mark.parametrize(("library", "who"), [(scratch, "scratch"), (torch_ref, "PyTorch")])
def test_it_is_said_which_of_the_three_disagrees(library, who, monkeypatch):
    right = library.functional.sigmoid
    monkeypatch.setattr(library.functional, "sigmoid", lambda z: right(z) * 1.001)
    (result,) = check("three_sigmoids", cases=2)
    assert {failure.odd_one_out for failure in result.failures} == {who}
    assert f"{who} disagrees: the two others agree" in str(result)
    failures = result.to_dict()["failures"]
    assert {failure["odd_one_out"] for failure in failures} == {who}
    assert [pair["ok"] for pair in failures[0]["paper"]] == [who == "PyTorch", who == "scratch"]


def test_three_that_all_differ(monkeypatch):
    for factor, library in ((1.001, scratch), (1.002, torch_ref)):
        right = library.functional.sigmoid
        wrong = lambda z, right=right, factor=factor: right(z) * factor
        monkeypatch.setattr(library.functional, "sigmoid", wrong)
    (result,) = check("three_sigmoids", cases=1)
    assert result.failures[0].odd_one_out == ""
    assert "no two stand against the third" in str(result)


def test_a_pair_that_raises_is_a_failure_and_no_crash(monkeypatch):
    def broken(g, cache):
        raise ZeroDivisionError("on paper")

    monkeypatch.setattr(chain_rule, "dag_backward", broken)
    (result,) = check("dag_gradient", cases=1)
    assert not result.ok
    assert result.paper is None
    assert "ZeroDivisionError in backward" in str(result)


def invoke(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_the_command_shows_three_columns_of_a_concept_that_is_named():
    done = invoke("check", "linear_regression", "relu", "--cases", "1")
    assert done.exit_code == 0, done.output
    assert "with x = 3, y = 9, w = 2, b = 1" in done.stdout
    columns = [line.split() for line in done.stdout.splitlines() if "gradient of w" in line]
    assert [column[-6:-1:2] for column in columns] == [["-12"] * 3]
    assert "Paper = graph = PyTorch" not in done.stdout


def test_the_command_as_json_has_the_three_columns():
    done = invoke("check", "backpropagation", "relu", "--cases", "1", "--json")
    backpropagation, relu = json.loads(done.stdout)["concepts"]
    assert relu["paper"] is None
    assert backpropagation["paper"]["inputs"]["X"] == [[1.0, 1.0]]
    output = backpropagation["paper"]["rows"][0]
    assert output["name"] == "output"
    assert_close(output["paper"], output["PyTorch"], terms=2, layers=4)
    assert_close(output["scratch"], output["PyTorch"], terms=2, layers=4)


def test_the_command_checks_and_lists_a_section():
    done = invoke("check", "--section", "regla de la cadena", "--cases", "1")
    assert done.exit_code == 0, done.output
    assert "1 of 1 concepts agree" in done.stdout
    assert "24576" in done.stdout
    listed = invoke("list", "--section", "redes dag").stdout.splitlines()
    assert [line.split()[0] for line in listed] == [
        "dag", "shared_weight_dag", "dag_gradient", "conv1d", "dag_with_sigmoid",
    ]  # fmt: skip
    for command in ("check", "list"):
        refused = invoke(command, "--section", "redes dog")
        assert refused.exit_code == 2
        assert "did you mean 'Redes DAG'?" in refused.output
