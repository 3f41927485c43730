"""Binary cross entropy: from probabilities, and from logits, where nothing saturates."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...samples.values import Values, between
from ..exercise import Exercise
from ..lazy import F, torch
from ..probes import EXTREME, Probe
from ..reference import gradient
from ..texts import N_
from ..variants import Convention, Layout, Mistake
from .gradient_descent import short


def targets(dims: str) -> Values:
    """0, 1, and something between in one of three."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...], _: object) -> np.ndarray:
        hard = rng.permutation(np.arange(shape[0]) % 2).astype(np.float64)
        soft = np.round(rng.uniform(0.1, 0.9, shape), 2)
        return np.where(np.arange(shape[0]) % 3 == 2, soft, hard)

    return Values(dims, draw, differentiable=False)


def one(label: str, p: float, y: float, z: float) -> Probe:
    """A single example."""
    return Probe(label, {"p": np.array([p]), "y": np.array([y]), "z": np.array([z])}, EXTREME)


SATURATED = Probe(
    N_("saturated predictions"),
    {
        "p": np.array([0.0, 1.0, 1e-30, 0.25, 1e-200, 1 - 2.0**-40]),
        "y": np.array([0.0, 1.0, 1.0, 0.5, 0.75, 0.0]),
        "z": np.array([-800.0, 800.0, -800.0, 800.0, 40.0, -40.0]),
    },
    EXTREME,
)


def of_probabilities(p: Any, y: Any) -> Any:
    """-(y log p + (1 - y) log(1 - p)), a term with factor 0 left out; averaged."""
    positive = y * torch.log(torch.where(y > 0, p, 1.0))
    negative = (1 - y) * torch.log1p(-torch.where(y < 1, p, 0.0))
    return -(positive + negative).mean()


COSTS, LOSS = "costs = -(first + second)", "return costs.mean()"
SLOPE, DP = "slope = -y / of_1 + (1 - y) / of_0", "dp = slope / len(p)"
TERMS = "terms = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))"
LOSS_Z = "return terms.mean()"
DIFFERENCE, DZ = "difference = s - y", "dz = difference / len(z)"

exercise = Exercise(
    name="binary_cross_entropy",
    title={"en": "Binary cross entropy", "es": "Entropía cruzada binaria"},
    section="Ejemplo práctico: XOR",
    statement={
        "en": """
            Two classes, 0 and 1: p is the probability of class 1 for each of N examples, and y the
            target, 0, 1 or anything between. Write

            - loss = -(y log p + (1 - y) log(1 - p)), averaged over the N examples, and dp, its gradient
              with respect to p. A term whose factor y or 1 - y is 0 costs nothing and has gradient 0,
              even where its logarithm is infinite: p = 0 is a perfect answer to y = 0. Tiny
              probabilities count in full: p = 1e-30 costs 69.08 where y is 1. Where the loss is infinite
              nothing is asked;
            - loss_z, the same loss from the logit z, p = sigmoid(z), and dz, its gradient with respect
              to z. Here nothing saturates: z = -800 with y = 1 must cost 800.
        """,
        "es": """
            Dos clases, 0 y 1: p es la probabilidad de la clase 1 para cada uno de los N ejemplos, e y
            el objetivo, 0, 1 o cualquier valor intermedio. Escribe

            - loss = -(y log p + (1 - y) log(1 - p)), promediada sobre los N ejemplos, y dp, su gradiente
              respecto de p. Un término cuyo factor y o 1 - y es 0 no cuesta nada y tiene gradiente 0,
              aunque su logaritmo sea infinito: p = 0 es una respuesta perfecta para y = 0. Las
              probabilidades diminutas cuentan enteras: p = 1e-30 cuesta 69,08 si y es 1. Donde la
              pérdida es infinita no se pide nada;
            - loss_z, la misma pérdida a partir del logit z, p = sigmoide(z), y dz, su gradiente respecto
              de z. Aquí nada se satura: z = -800 con y = 1 debe costar 800.
        """,
    },
    functions=[
        "binary_cross_entropy(p, y) -> loss",
        "binary_cross_entropy_backward(p, y) -> dp",
        "binary_cross_entropy_with_logits(z, y) -> loss_z",
        "binary_cross_entropy_with_logits_backward(z, y) -> dz",
    ],
    shapes={"p": "N", "y": "N", "z": "N", "loss": "", "dp": "N", "loss_z": "", "dz": "N"},
    inputs={"p": short(between("N", 0, 1)), "y": targets("N")},
    probes=[
        one(N_("a saturated prediction, class 0"), 0.0, 0.0, 800.0),
        one(N_("a saturated prediction, class 1"), 1.0, 1.0, -800.0),
        one(N_("a tiny probability"), 1e-30, 1.0, 40.0),
        SATURATED,
    ],
    reference={
        "loss": of_probabilities,
        "dp": gradient("loss", "p"),
        "loss_z": lambda z, y: F.binary_cross_entropy_with_logits(z, y),
        "dz": gradient("loss_z", "z"),
    },
    right=[
        """
        import numpy as np

        def sigmoid(z):
            e = np.exp(-np.abs(z))
            return np.where(z < 0, e, 1) / (1 + e)

        def binary_cross_entropy(p, y):
            p_1 = np.where(y > 0, p, 1)                 # log 1 = 0: 0 log 0 counts as 0
            p_0 = np.where(y < 1, 1 - p, 1)
            first = y * np.log(p_1)
            second = (1 - y) * np.log(p_0)
            costs = -(first + second)
            return costs.mean()

        def binary_cross_entropy_backward(p, y):
            of_1 = np.where(y > 0, p, 1)
            of_0 = np.where(y < 1, 1 - p, 1)
            slope = -y / of_1 + (1 - y) / of_0
            dp = slope / len(p)
            return dp

        def binary_cross_entropy_with_logits(z, y):
            terms = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
            return terms.mean()

        def binary_cross_entropy_with_logits_backward(z, y):
            s = sigmoid(z)
            difference = s - y
            dz = difference / len(z)
            return dz
        """,
        """
        import math

        def binary_cross_entropy(p, y):
            total = 0.0
            for pi, yi in zip(p.ravel().tolist(), y.ravel().tolist()):
                if yi > 0:
                    total -= yi * math.log(pi)
                if yi < 1:
                    total -= (1 - yi) * math.log(1 - pi)
            return total / len(p)

        def binary_cross_entropy_backward(p, y):
            dp = []
            for pi, yi in zip(p.ravel().tolist(), y.ravel().tolist()):
                slope = 0.0
                if yi > 0:
                    slope -= yi / pi
                if yi < 1:
                    slope += (1 - yi) / (1 - pi)
                dp.append(slope / len(p))
            return dp

        def softplus(x):
            return x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x))

        def binary_cross_entropy_with_logits(z, y):
            pairs = list(zip(z.ravel().tolist(), y.ravel().tolist()))
            return sum(t * softplus(-x) + (1 - t) * softplus(x) for x, t in pairs) / len(pairs)

        def binary_cross_entropy_with_logits_backward(z, y):
            sigmoid = lambda x: math.exp(-softplus(-x))
            return [(sigmoid(x) - t) / len(z) for x, t in zip(z.tolist(), y.tolist())]
        """,
        """
        import numpy as np

        def binary_cross_entropy(p, y):
            with np.errstate(all="ignore"):
                costs = np.nan_to_num(-y * np.log(p)) + np.nan_to_num(-(1 - y) * np.log1p(-p))
            return costs.sum() / costs.size

        def binary_cross_entropy_backward(p, y):
            dp = np.zeros_like(p)
            dp[y > 0] -= y[y > 0] / p[y > 0]
            dp[y < 1] += (1 - y[y < 1]) / (1 - p[y < 1])
            return dp / p.shape[0]

        def binary_cross_entropy_with_logits(z, y):
            return np.mean(np.logaddexp(0, z) - y * z)

        def binary_cross_entropy_with_logits_backward(z, y):
            return ((1 + np.tanh(z / 2)) / 2 - y) / z.shape[0]
        """,
        """
        import numpy as np

        def binary_cross_entropy(p, y):
            p_of_y = np.stack([1 - p, p])
            weight = np.stack([1 - y, y])
            logs = np.log(np.where(weight == 0, 1, p_of_y))
            return -np.einsum("cn,cn->", weight, logs) / p.size

        def binary_cross_entropy_backward(p, y):
            inside = (p > 0) & (p < 1)
            q = np.where(inside, p, 0.5)
            slope = (q - y) / (q * (1 - q))
            return np.where(inside, slope, 1 - 2 * p) / len(y)   # 1 at p = y = 0, -1 at p = y = 1

        def binary_cross_entropy_with_logits(z, y):
            # two classes with the logits 0 and z
            return np.mean(y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z))

        def binary_cross_entropy_with_logits_backward(z, y):
            s = 1 / (1 + np.exp(-z))
            return (s * (1 - y) - (1 - s) * y) / len(y)
        """,
    ],
    mistakes=[
        Mistake(
            "zero_times_log_zero",
            {"p_1 = np.where(y > 0, p, 1)": "p_1 = p",
             "p_0 = np.where(y < 1, 1 - p, 1)": "p_0 = 1 - p"},
            en="For a saturated prediction one of the two products is 0 · log(0), NaN, although that "
            "term does not count. Leave it out before taking the logarithm.",
            es="En una predicción saturada uno de los dos productos es 0 · log(0), NaN, aunque ese "
            "término no cuenta. Déjalo fuera antes de tomar el logaritmo.",
            number=7,
        ),
        Mistake(
            "clipped_at_1e_7",
            {"p_1 = np.where(y > 0, p, 1)": "p = np.clip(p, 1e-7, 1 - 1e-7); p_1 = p",
             "p_0 = np.where(y < 1, 1 - p, 1)": "p_0 = 1 - p"},
            en="p is clipped to [1e-7, 1 - 1e-7]: the loss stops at 16.1, however wrong the prediction "
            "is, and a perfect one still costs something. Only 0 log 0 needs care.",
            es="p se recorta a [1e-7, 1 - 1e-7]: la pérdida se detiene en 16,1, por mala que sea la "
            "predicción, y una perfecta todavía cuesta algo. Solo hay que cuidar 0 log 0.",
            number=7,
        ),
        Mistake(
            "clipped_at_1e_12",
            {"p_1 = np.where(y > 0, p, 1)": "p = np.clip(p, 1e-12, 1 - 1e-12); p_1 = p",
             "p_0 = np.where(y < 1, 1 - p, 1)": "p_0 = 1 - p"},
            en="p is clipped to [1e-12, 1 - 1e-12]: the loss stops at 27.6, however wrong the "
            "prediction is. Only 0 log 0 needs care.",
            es="p se recorta a [1e-12, 1 - 1e-12]: la pérdida se detiene en 27,6, por mala que sea la "
            "predicción. Solo hay que cuidar 0 log 0.",
            number=7,
        ),
        Mistake(
            "logs_of_p_plus_1e_8",
            {"first = y * np.log(p_1)": "first = y * np.log(p_1 + 1e-8)",
             "second = (1 - y) * np.log(p_0)": "second = (1 - y) * np.log(p_0 + 1e-8)"},
            en="1e-8 is added inside the logarithms: the loss stops at 18.4 and loses digits everywhere. "
            "Only 0 log 0 needs care.",
            es="Se suma 1e-8 dentro de los logaritmos: la pérdida se detiene en 18,4 y pierde cifras en "
            "todas partes. Solo hay que cuidar 0 log 0.",
            number=7,
        ),
        Mistake(
            "second_term_missing",
            {COSTS: "costs = -first"},
            en="The term (1 - y) log(1 - p) is missing: an example of class 0 costs nothing, whatever "
            "is predicted.",
            es="Falta el término (1 - y) log(1 - p): un ejemplo de la clase 0 no cuesta nada, se prediga "
            "lo que se prediga.",
            number=10,
        ),
        Mistake(
            "sign_of_the_second_term", {COSTS: "costs = -(first - second)"},
            en="The second term is subtracted: both logarithms have the same sign, "
            "-(y log p + (1 - y) log(1 - p)).",
            es="El segundo término se resta: los dos logaritmos llevan el mismo signo, "
            "-(y log p + (1 - y) log(1 - p)).",
            number=11,
        ),
        Mistake(
            "minus_sign_missing", {COSTS: "costs = first + second"},
            en="The minus sign is missing: a logarithm of a probability is negative, a loss is not.",
            es="Falta el signo menos: el logaritmo de una probabilidad es negativo, una pérdida no.",
            number=9,
        ),
        Mistake(
            "loss_summed",
            {LOSS: "return costs.sum()", LOSS_Z: "return terms.sum()"},
            en="The loss is summed over the examples instead of averaged: it is N times too large.",
            es="La pérdida se suma sobre los ejemplos en vez de promediarse: es N veces demasiado "
            "grande.",
            number=8,
        ),
        Mistake(
            "loss_not_averaged",
            {LOSS: "return costs", LOSS_Z: "return terms"},
            en="One loss for each example is returned; the exercise asks for their mean, one number.",
            es="Se devuelve una pérdida por ejemplo; el ejercicio pide su media, un solo número.",
        ),
        Mistake(
            "factors_swapped",
            {"first = y * np.log(p_1)": "first = (1 - y) * np.log(p)",
             "second = (1 - y) * np.log(p_0)": "second = y * np.log(1 - p)"},
            en="y and 1 - y have changed places: log p belongs to y, log(1 - p) to 1 - y.",
            es="y y 1 - y están cambiados: log p va con y, y log(1 - p) con 1 - y.",
        ),
        Mistake(
            "row_against_column",
            {COSTS: "p, y = p[:, None], y[None, :]; "
             "costs = -(y * np.log(p) + (1 - y) * np.log(1 - p))"},
            en="A row of shape (N,) has met a column of shape (N, 1): every prediction is compared with "
            "every target, N x N pairs. Give both the same shape.",
            es="Una fila de forma (N,) se ha combinado con una columna (N, 1): cada predicción se "
            "compara con todos los objetivos, N x N parejas. Da a las dos la misma forma.",
            number=13,
        ),
        Mistake(
            "outer_product_summed",
            {COSTS: "costs = -(np.outer(y, np.log(p)) + np.outer(1 - y, np.log(1 - p))).sum(axis=1)"},
            en="The product of a column with a row multiplies every target by every prediction. Multiply "
            "entry by entry.",
            es="El producto de una columna por una fila multiplica cada objetivo por todas las "
            "predicciones. Multiplica elemento a elemento.",
            number=12,
        ),
        Mistake(
            "logarithm_of_base_2",
            {"first = y * np.log(p_1)": "first = y * np.log2(p_1)",
             "second = (1 - y) * np.log(p_0)": "second = (1 - y) * np.log2(p_0)"},
            en="The logarithm is that of base 2; the loss uses the natural one, np.log.",
            es="El logaritmo es el de base 2; la pérdida usa el natural, np.log.",
        ),
        # The next two differ in how they are written alone: both are right inside and NaN at 0 and 1.
        Mistake(
            "zero_over_zero",
            {"of_1 = np.where(y > 0, p, 1)": "of_1 = p",
             "of_0 = np.where(y < 1, 1 - p, 1)": "of_0 = 1 - p"},
            en="For a saturated prediction one of the two quotients is 0/0, NaN, although that term does "
            "not count: its gradient is 0.",
            es="En una predicción saturada uno de los dos cocientes es 0/0, NaN, aunque ese término no "
            "cuenta: su gradiente es 0.",
            number=7, twins=["one_quotient_for_both"],
        ),
        Mistake(
            "one_quotient_for_both", {SLOPE: "slope = (p - y) / (p * (1 - p))"},
            en="(p - y) / (p (1 - p)) is right inside, and 0/0 at a saturated prediction: there keep the "
            "two terms apart and leave out the one with factor 0.",
            es="(p - y) / (p (1 - p)) es correcta en el interior, y 0/0 en una predicción saturada: ahí "
            "separa los dos términos y deja fuera el de factor 0.",
            number=7, twins=["zero_over_zero"],
        ),
        Mistake(
            "division_by_clipped_p",
            {"of_1 = np.where(y > 0, p, 1)": "p = np.clip(p, 1e-12, 1 - 1e-12); of_1 = p",
             "of_0 = np.where(y < 1, 1 - p, 1)": "of_0 = 1 - p"},
            en="The gradient is computed with p clipped at 1e-12: where p is tinier it is far from "
            "-y/p. Only the terms with factor 0 need care.",
            es="El gradiente se calcula con p recortada en 1e-12: donde p es menor queda lejos de "
            "-y/p. Solo hay que cuidar los términos de factor 0.",
            number=7,
        ),
        Mistake(
            "second_term_of_the_gradient_missing", {SLOPE: "slope = -y / of_1"},
            en="The gradient lacks (1 - y)/(1 - p): examples of class 0 would never be learnt.",
            es="Al gradiente le falta (1 - y)/(1 - p): los ejemplos de la clase 0 no se aprenderían "
            "nunca.",
            number=10,
        ),
        Mistake(
            "sign_of_the_second_quotient", {SLOPE: "slope = -y / of_1 - (1 - y) / of_0"},
            en="The second term has the wrong sign: the derivative of log(1 - p) is -1/(1 - p), so "
            "dp = (-y/p + (1 - y)/(1 - p)) / N.",
            es="El segundo término tiene el signo cambiado: la derivada de log(1 - p) es -1/(1 - p), así "
            "que dp = (-y/p + (1 - y)/(1 - p)) / N.",
            number=11,
        ),
        Mistake(
            "gradient_by_the_logit", {SLOPE: "slope = p - y"},
            en="(p - y) / N is the gradient with respect to the logit, before the sigmoid. With respect "
            "to p it is still divided by p (1 - p).",
            es="(p - y) / N es el gradiente respecto del logit, antes de la sigmoide. Respecto de p "
            "todavía se divide entre p (1 - p).",
        ),
        Mistake(
            "gradient_not_averaged",
            {DP: "dp = 1 * slope", DZ: "dz = 1 * difference"},
            en="The loss is a mean over N examples, so its gradient has the factor 1/N.",
            es="La pérdida es una media de N ejemplos, así que su gradiente lleva el factor 1/N.",
            number=31,
        ),
        Mistake(
            "averaged_twice",
            {DP: "dp = slope / len(p) ** 2", DZ: "dz = difference / len(z) ** 2"},
            en="The gradient is divided by N twice.",
            es="El gradiente está dividido entre N dos veces.",
            number=33,
        ),
        Mistake(
            "sign_of_the_gradient",
            {DP: "dp = -slope / len(p)", DZ: "dz = -difference / len(z)"},
            en="The sign of the gradient is reversed: with p -= lr * gradient the loss would rise.",
            es="El signo del gradiente está al revés: con p -= lr * gradiente la pérdida aumentaría.",
            number=49,
        ),
        Mistake(
            "logarithm_of_the_sigmoid",
            {TERMS:
             "s = sigmoid(z); terms = -(y * np.log(s) + (1 - y) * np.log(1 - s))"},
            en="The sigmoid reaches 0 and 1, and its logarithm is then infinite. Simplify on paper "
            "first: log sigmoid(z) = -log(1 + exp(-z)), in a form that does not overflow.",
            es="La sigmoide llega a 0 y a 1, y su logaritmo es entonces infinito. Simplifica antes en "
            "el papel: log sigmoide(z) = -log(1 + exp(-z)), en una forma que no se desborde.",
            number=7,
        ),
        Mistake(
            "clipped_sigmoid",
            {TERMS:
             "s = np.clip(sigmoid(z), 1e-12, 1 - 1e-12); "
             "terms = -(y * np.log(s) + (1 - y) * np.log(1 - s))"},
            en="The sigmoid is clipped before its logarithm: the loss stops at 27.6, although z tells "
            "how wrong it really is. Simplify log sigmoid(z) = -log(1 + exp(-z)) first.",
            es="La sigmoide se recorta antes del logaritmo: la pérdida se detiene en 27,6, aunque z "
            "dice cuánto se equivoca. Simplifica antes log sigmoide(z) = -log(1 + exp(-z)).",
            number=7,
        ),
        Mistake(
            "exp_overflows",
            {TERMS:
             "terms = np.log1p(np.exp(z)) - z * y"},
            en="exp(z) overflows for large z, and log(1 + exp(z)) becomes infinite where it is z. Write "
            "it as max(z, 0) + log(1 + exp(-|z|)).",
            es="exp(z) se desborda para z grande, y log(1 + exp(z)) se vuelve infinito donde vale z. "
            "Escríbelo como max(z, 0) + log(1 + exp(-|z|)).",
            number=2,
        ),
        Mistake(
            "sigmoid_twice",
            {TERMS:
             f"z = sigmoid(z); {TERMS}"},
            en="The sigmoid is applied and then a loss that contains it: p = sigmoid(sigmoid(z)). The "
            "loss of a right prediction can never fall below 0.31 that way.",
            es="Se aplica la sigmoide y después una pérdida que ya la contiene: "
            "p = sigmoide(sigmoide(z)). Así la pérdida de un acierto nunca baja de 0,31.",
            number=14,
        ),
        Mistake(
            "extra_derivative", {DIFFERENCE: "difference = (s - y) * s * (1 - s)"},
            en="s - y already contains the derivative of the sigmoid: the factor s (1 - s) is too much.",
            es="s - y ya contiene la derivada de la sigmoide: sobra el factor s (1 - s).",
            number=20,
        ),
        Mistake(
            "sigmoid_missing_in_the_gradient", {DIFFERENCE: "difference = z - y"},
            en="The gradient compares y with z itself; it is sigmoid(z) - y.",
            es="El gradiente compara y con la propia z; es sigmoide(z) - y.",
        ),
        Mistake(
            "targets_not_subtracted", {DIFFERENCE: "difference = 1 * s"},
            en="The targets are not subtracted: dz = (sigmoid(z) - y) / N.",
            es="No se restan los objetivos: dz = (sigmoide(z) - y) / N.",
            number=30,
        ),
        Mistake(
            "unguarded_exponential",
            {"""    e = np.exp(-np.abs(z))
    return np.where(z < 0, e, 1) / (1 + e)""": "    return np.exp(z) / (1 + np.exp(z))"},
            en="exp(z) / (1 + exp(z)) overflows for large z: inf / inf is NaN. Divide by exp(z), or "
            "choose the formula by the sign of z.",
            es="exp(z) / (1 + exp(z)) se desborda para z grande: inf / inf es NaN. Divide entre exp(z), "
            "o elige la fórmula según el signo de z.",
            number=2,
        ),
    ],
    conventions=[
        Convention(
            "summed_over_the_examples",
            {LOSS: "return costs.sum()", DP: "dp = 1 * slope", LOSS_Z: "return terms.sum()",
             DZ: "dz = 1 * difference"},
            en="Right for a loss that is summed over the examples; this exercise asks for their mean.",
            es="Correcto para una pérdida sumada sobre los ejemplos; este ejercicio pide su media.",
            accepted=False,
        ),
    ],
    layouts=[
        Layout(
            "columns", {"p": "column", "y": "column", "z": "column", "dp": "column", "dz": "column"},
            en="Written for columns of shape (N, 1) rather than (N,): the same computation, accepted.",
            es="Escrito para columnas de forma (N, 1) en vez de (N,): el mismo cálculo, aceptado.",
            accepted=True,
        ),
    ],
)
