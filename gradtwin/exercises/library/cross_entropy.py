"""Cross entropy of probabilities: no 0 log 0, no floor under the loss, and its gradient by p."""

from __future__ import annotations

import numpy as np

from ...samples.values import Values, classes
from ..exercise import Exercise
from ..lazy import torch
from ..probes import EXTREME, Probe
from ..reference import gradient
from ..texts import N_
from ..variants import Convention, Layout, Mistake
from .softmax_cross_entropy import hundredths, soft_targets

ONE_SATURATED = Probe(
    N_("a saturated prediction"),
    {"p": np.array([[1.0, 0.0]]), "y": np.array([[1.0, 0.0]]), "k": np.array([0])},
    EXTREME,
)

ONE_WRONG = Probe(
    N_("a tiny probability"),
    {"p": np.array([[1e-30, 1.0]]), "y": np.array([[1.0, 0.0]]), "k": np.array([0])},
    EXTREME,
)

SATURATED = Probe(
    N_("saturated predictions"),
    {
        "p": np.array([[1, 0, 0], [0, 1e-30, 1], [1e-200, 1, 0], [0.25, 0, 0.75], [0, 0, 1]]),
        "y": np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0], [0.5, 0, 0.5], [0, 0, 1]]),
        "k": np.array([0, 1, 0, 2, 2]),
    },
    EXTREME,
)

EN_FLOOR = (
    "Probabilities are kept above {eps}, so the loss stops at {stop}, however wrong the prediction "
    "is: p = 1e-30 costs 69.1. Only 0 log 0 needs care, where y is 0."
)
ES_FLOOR = (
    "Las probabilidades se mantienen por encima de {eps}, así que la pérdida se detiene en {stop}, "
    "por mala que sea la predicción: p = 1e-30 cuesta 69,1. Solo hay que cuidar 0 log 0, donde y "
    "es 0."
)


def floor(name: str, kept: str, eps: str, stop: str) -> Mistake:
    """A floor under the probabilities, of the sizes that are seen in practice."""
    return Mistake(
        name,
        {"log_p = np.log(used)": f"log_p = np.log({kept.format('used')})",
         "costs = -np.log(chosen)": f"costs = -np.log({kept.format('chosen')})"},
        en=EN_FLOOR.format(eps=eps, stop=stop),
        es=ES_FLOOR.format(eps=eps, stop=stop.replace(".", ",")), number=7,
    )


exercise = Exercise(
    name="cross_entropy",
    title={"en": "Cross entropy", "es": "Entropía cruzada"},
    section="Ejemplo práctico: XOR",
    statement={
        "en": """
            A classifier has turned each example into probabilities: a row of p sums to 1. Write

            - loss = -sum_i y_i log p_i of each row, averaged over the N rows. The rows of y are one-hot
              or distributions over the classes;
            - dp, the gradient of that loss with respect to p;
            - loss_k, the same loss where each example comes with the index k of its class, counted
              from 0, instead of a row of y.

            A class with y = 0 costs nothing and has gradient 0, even where p is 0: 0 log 0 counts as 0.
            Tiny probabilities must count in full: p = 1e-30 costs 69.08. Where y > 0 and p = 0 the loss
            is infinite; nothing is asked there.
        """,
        "es": """
            Un clasificador ha convertido cada ejemplo en probabilidades: cada fila de p suma 1. Escribe

            - loss = -suma_i y_i log p_i de cada fila, promediada sobre las N filas. Las filas de y son
              one-hot o distribuciones sobre las clases;
            - dp, el gradiente de esa pérdida respecto de p;
            - loss_k, la misma pérdida cuando cada ejemplo trae el índice k de su clase, contado desde
              0, en vez de una fila de y.

            Una clase con y = 0 no cuesta nada y tiene gradiente 0, aunque p sea 0: 0 log 0 cuenta
            como 0. Las probabilidades diminutas cuentan enteras: p = 1e-30 cuesta 69,08. Donde y > 0 y
            p = 0 la pérdida es infinita; ahí no se pide nada.
        """,
    },
    functions=["cross_entropy(p, y) -> loss", "cross_entropy_backward(p, y) -> dp",
               "cross_entropy_of_classes(p, k) -> loss_k"],
    shapes={"p": "N C", "y": "N C", "k": "N", "loss": "", "dp": "N C", "loss_k": ""},
    inputs={"p": Values("N C", lambda rng, shape, _: hundredths(rng, shape)), "y": soft_targets("N C"), "k": classes("N", "C")},
    probes=[ONE_SATURATED, ONE_WRONG, SATURATED],
    reference={
        "loss": lambda p, y: -(y * torch.log(torch.where(y > 0, p, 1.0))).sum() / len(p),
        "dp": gradient("loss", "p"),
        "loss_k": lambda p, k: -torch.log(p.gather(1, k[:, None])).mean(),
    },
    right=[
        """
        import numpy as np

        def cross_entropy(p, y):
            used = np.where(y > 0, p, 1)                # log 1 = 0: 0 log 0 counts as 0
            log_p = np.log(used)
            return -(y * log_p).sum() / len(p)

        def cross_entropy_backward(p, y):
            divisor = np.where(y > 0, p, 1)
            slope = -y / divisor
            dp = slope / len(p)
            return dp

        def cross_entropy_of_classes(p, k):
            chosen = p[np.arange(len(k)), k]
            costs = -np.log(chosen)
            loss_k = costs.sum() / len(p)
            return loss_k
        """,
        """
        import math

        def cross_entropy(p, y):
            total = 0.0
            for row, targets in zip(p, y):
                for pi, yi in zip(row, targets):
                    if yi > 0:
                        total -= float(yi) * math.log(pi)
            return total / len(p)

        def cross_entropy_backward(p, y):
            n = len(p)
            return [[-yi / (n * pi) if yi > 0 else 0 for pi, yi in zip(row, targets)]
                    for row, targets in zip(p.tolist(), y.tolist())]

        def cross_entropy_of_classes(p, k):
            return sum(-math.log(row[i]) for row, i in zip(p, k)) / len(k)
        """,
        """
        import numpy as np

        def cross_entropy(p, y):
            log_p = np.log(p, where=y > 0, out=np.zeros_like(p))
            return -np.mean(np.einsum("nc,nc->n", y, log_p))

        def cross_entropy_backward(p, y):
            dp = np.zeros_like(p)
            used = y > 0
            dp[used] = -y[used] / p[used] / p.shape[0]
            return dp

        def cross_entropy_of_classes(p, k):
            y = np.eye(p.shape[1], dtype=p.dtype)[k]
            return cross_entropy(p, y)
        """,
        """
        import numpy as np

        def cross_entropy(p, y):
            with np.errstate(all="ignore"):
                terms = y * -np.log(p)
            return np.nan_to_num(terms).sum(axis=1).mean()

        def cross_entropy_backward(p, y):
            return -y / (p + (p == 0)) / len(y)

        def cross_entropy_of_classes(p, k):
            return np.mean(-np.log(np.take_along_axis(p, k.reshape(-1, 1), axis=1)))
        """,
    ],
    mistakes=[
        Mistake(
            "zero_times_log_zero", {"used = np.where(y > 0, p, 1)": "used = p"},
            en="Where p is 0 the product 0 · log(0) is NaN, and so is the loss, although y is 0 there "
            "and nothing should be counted. Leave those entries out before taking the logarithm.",
            es="Donde p es 0 el producto 0 · log(0) es NaN, y también la pérdida, aunque ahí y es 0 y "
            "no hay nada que contar. Deja fuera esos elementos antes de tomar el logaritmo.",
            number=7,
        ),
        floor("log_of_p_plus_1e_7", "{} + 1e-7", "1e-7", "16.1"),
        floor("log_of_p_plus_1e_8", "{} + 1e-8", "1e-8", "18.4"),
        floor("log_of_p_plus_1e_9", "{} + 1e-9", "1e-9", "20.7"),
        floor("clipped_at_1e_7", "np.clip({}, 1e-7, 1 - 1e-7)", "1e-7", "16.1"),
        # p + 1e-12 is this one as well: the two agree to 1e-12 wherever p is not tiny
        floor("clipped_at_1e_12", "np.clip({}, 1e-12, 1)", "1e-12", "27.6"),
        floor("clipped_at_1e_15", "np.clip({}, 1e-15, 1)", "1e-15", "34.5"),
        Mistake(
            "softmax_of_p",
            {"log_p = np.log(used)":
             "log_p = p - np.log(np.exp(p).sum(axis=1, keepdims=True))"},
            en="A softmax is applied to p, which holds probabilities already: here only the logarithm "
            "is taken.",
            es="Se aplica una softmax a p, que ya contiene probabilidades: aquí solo se toma el "
            "logaritmo.",
            number=14,
        ),
        Mistake(
            "logarithm_of_base_2", {"log_p = np.log(used)": "log_p = np.log2(used)",
             "costs = -np.log(chosen)": "costs = -np.log2(chosen)"},
            en="The logarithm is that of base 2; the loss uses the natural one, np.log.",
            es="El logaritmo es el de base 2; la pérdida usa el natural, np.log.",
        ),
        Mistake(
            "logarithm_of_base_10", {"log_p = np.log(used)": "log_p = np.log10(used)",
             "costs = -np.log(chosen)": "costs = -np.log10(chosen)"},
            en="The logarithm is that of base 10; the loss uses the natural one, np.log.",
            es="El logaritmo es el de base 10; la pérdida usa el natural, np.log.",
        ),
        Mistake(
            "no_logarithm", {"log_p = np.log(used)": "log_p = used",
             "costs = -np.log(chosen)": "costs = -chosen"},
            en="The logarithm is missing: the loss is -sum y log p.",
            es="Falta el logaritmo: la pérdida es -suma y log p.",
        ),
        Mistake(
            "loss_over_n_and_c",
            {"return -(y * log_p).sum() / len(p)": "return -(y * log_p).mean()"},
            en="The mean runs over all N C entries; the classes are summed, and only the N rows are "
            "averaged.",
            es="La media recorre las N C entradas; las clases se suman, y solo se promedian las N "
            "filas.",
            number=8,
        ),
        Mistake(
            "loss_summed",
            {"return -(y * log_p).sum() / len(p)": "return -(y * log_p).sum()",
             "loss_k = costs.sum() / len(p)": "loss_k = costs.sum()"},
            en="The loss is summed over the batch instead of averaged: it is N times too large.",
            es="La pérdida se suma sobre el lote en vez de promediarse: es N veces demasiado grande.",
            number=8,
        ),
        Mistake(
            "loss_not_summed",
            {"return -(y * log_p).sum() / len(p)": "return -(y * log_p).sum(axis=1)",
             "loss_k = costs.sum() / len(p)": "loss_k = 1 * costs"},
            en="One loss for each example is returned; the exercise asks for their mean, one number.",
            es="Se devuelve una pérdida por ejemplo; el ejercicio pide su media, un solo número.",
        ),
        Mistake(
            "minus_sign_missing",
            {"return -(y * log_p).sum() / len(p)": "return (y * log_p).sum() / len(p)",
             "loss_k = costs.sum() / len(p)": "loss_k = -costs.sum() / len(p)"},
            en="The minus sign is missing: a logarithm of a probability is negative, a loss is not.",
            es="Falta el signo menos: el logaritmo de una probabilidad es negativo, una pérdida no.",
            number=9,
        ),
        Mistake(
            "outer_product_summed",
            {"return -(y * log_p).sum() / len(p)": "return -(y @ np.log(p).T).sum() / len(p)"},
            en="y @ log(p).T multiplies every example by every other. Multiply entry by entry.",
            es="y @ log(p).T multiplica cada ejemplo por todos los demás. Multiplica elemento a "
            "elemento.",
            number=12,
        ),
        Mistake(
            "logarithm_of_the_sum",
            {"return -(y * log_p).sum() / len(p)": "return -np.log((y * p).sum(axis=1)).mean()"},
            en="log(sum y p) is the loss of one-hot rows only; with a distribution the logarithm stands "
            "inside the sum: sum y log p.",
            es="log(suma y p) es la pérdida solo para filas one-hot; con una distribución el logaritmo "
            "va dentro de la suma: suma y log p.",
        ),
        Mistake(
            "likeliest_target_only",
            {"return -(y * log_p).sum() / len(p)":
             "return -np.log(p[np.arange(len(p)), y.argmax(axis=1)]).mean()"},
            en="Only the class with the largest y is counted. That is enough for one-hot rows; in a "
            "distribution every class with y > 0 counts.",
            es="Solo se cuenta la clase con la mayor y. Basta para filas one-hot; en una distribución "
            "cuenta cada clase con y > 0.",
        ),
        Mistake(
            "binary_terms",
            {"return -(y * log_p).sum() / len(p)":
             "return -(y * log_p + (1 - y) * np.log(1 - p)).sum() / len(p)"},
            en="The terms (1 - y) log(1 - p) belong to the binary cross entropy; with several classes "
            "the loss is -sum y log p alone.",
            es="Los términos (1 - y) log(1 - p) son de la entropía cruzada binaria; con varias clases "
            "la pérdida es solo -suma y log p.",
        ),
        Mistake(
            "arguments_swapped",
            {"log_p = np.log(used)": "p, y = y, p; log_p = np.log(np.where(p > 0, p, 1))"},
            en="y and p have changed places: the logarithm is taken of the predictions p, not of the "
            "targets y.",
            es="y y p están cambiadas: el logaritmo se toma de las predicciones p, no de los objetivos "
            "y.",
        ),
        Mistake(
            "zero_over_zero", {"divisor = np.where(y > 0, p, 1)": "divisor = p"},
            en="Where y and p are both 0 the gradient -y/p is 0/0, NaN. It is 0 there: that entry is "
            "not in the loss.",
            es="Donde y y p son 0 el gradiente -y/p es 0/0, NaN. Ahí vale 0: ese elemento no está en "
            "la pérdida.",
            number=7,
        ),
        Mistake(
            "division_by_p_plus_1e_8", {"divisor = np.where(y > 0, p, 1)": "divisor = p + 1e-8"},
            en="1e-8 is added to p in the gradient: where p is tiny it is far from -y/p. Only the "
            "entries with y = 0 need care.",
            es="En el gradiente se suma 1e-8 a p: donde p es diminuta queda lejos de -y/p. Solo hay que "
            "cuidar los elementos con y = 0.",
            number=7,
        ),
        Mistake(
            "division_by_clipped_p",
            {"divisor = np.where(y > 0, p, 1)": "divisor = np.clip(p, 1e-12, 1)"},
            en="The gradient is computed with p clipped at 1e-12: where p is tinier it is far from "
            "-y/p. Only the entries with y = 0 need care.",
            es="El gradiente se calcula con p recortada en 1e-12: donde p es menor queda lejos de "
            "-y/p. Solo hay que cuidar los elementos con y = 0.",
            number=7,
        ),
        Mistake(
            "gradient_by_the_logits",
            {"slope = -y / divisor": "slope = p - y"},
            en="(p - y) / N is the gradient with respect to the logits, before the softmax. With "
            "respect to p it is -y / p / N.",
            es="(p - y) / N es el gradiente respecto de los logits, antes de la softmax. Respecto de p "
            "es -y / p / N.",
        ),
        Mistake(
            "binary_gradient",
            {"slope = -y / divisor": "slope = -y / divisor + (1 - y) / (1 - p)"},
            en="The term (1 - y)/(1 - p) belongs to the binary cross entropy; here the gradient is "
            "-y/p alone.",
            es="El término (1 - y)/(1 - p) es de la entropía cruzada binaria; aquí el gradiente es solo "
            "-y/p.",
        ),
        Mistake(
            "gradient_not_averaged", {"dp = slope / len(p)": "dp = 1 * slope"},
            en="The loss is a mean over N examples, so its gradient has the factor 1/N.",
            es="La pérdida es una media de N ejemplos, así que su gradiente lleva el factor 1/N.",
            number=31,
        ),
        Mistake(
            "averaged_twice", {"dp = slope / len(p)": "dp = slope / len(p) ** 2"},
            en="The gradient is divided by N twice.",
            es="El gradiente está dividido entre N dos veces.",
            number=33,
        ),
        Mistake(
            "sign_of_the_gradient", {"dp = slope / len(p)": "dp = -slope / len(p)"},
            en="The sign is reversed: raising p of the right class lowers the loss, so the gradient is "
            "-y / p / N.",
            es="El signo está al revés: al subir la p de la clase correcta baja la pérdida, así que el "
            "gradiente es -y / p / N.",
            number=49,
        ),
        Mistake(
            "targets_left_out", {"slope = -y / divisor": "slope = -1 / divisor"},
            en="The gradient is -1/p for every class; it is -y/p, so 0 where y is 0.",
            es="El gradiente es -1/p para todas las clases; es -y/p, es decir 0 donde y es 0.",
        ),
        Mistake(
            "classes_counted_from_1",
            {"chosen = p[np.arange(len(k)), k]": "chosen = p[np.arange(len(k)), k - 1]"},
            en="The classes are taken to begin at 1, so each example is charged for another class: k "
            "counts from 0.",
            es="Se supone que las clases empiezan en 1, y a cada ejemplo se le cobra otra clase: k "
            "cuenta desde 0.",
            number=15,
        ),
        Mistake(
            "every_row_with_every_class", {"chosen = p[np.arange(len(k)), k]": "chosen = p[:, k]"},
            en="p[:, k] takes, from every row, the classes of all examples, N x N numbers. One entry a "
            "row is needed: p[np.arange(N), k].",
            es="p[:, k] toma, de cada fila, las clases de todos los ejemplos: N x N números. Hace falta "
            "un elemento por fila: p[np.arange(N), k].",
        ),
        Mistake(
            "rows_instead_of_entries", {"chosen = p[np.arange(len(k)), k]": "chosen = p[k]"},
            en="p[k] picks whole rows. One entry of each row is needed: p[np.arange(N), k].",
            es="p[k] elige filas enteras. Hace falta un elemento de cada fila: p[np.arange(N), k].",
        ),
        Mistake(
            "likeliest_prediction",
            {"chosen = p[np.arange(len(k)), k]": "chosen = p.max(axis=1)"},
            en="The loss is computed with the largest p of each row, whatever the true class is; the "
            "entry k counts.",
            es="La pérdida se calcula con la mayor p de cada fila, sea cual sea la clase verdadera; "
            "cuenta el elemento k.",
        ),
    ],
    conventions=[
        Convention(
            "summed_over_the_batch",
            {"return -(y * log_p).sum() / len(p)": "return -(y * log_p).sum()",
             "dp = slope / len(p)": "dp = 1 * slope",
             "loss_k = costs.sum() / len(p)": "loss_k = costs.sum()"},
            en="Right for a loss that is summed over the batch; this exercise asks for the mean over "
            "the N examples.",
            es="Correcto para una pérdida sumada sobre el lote; este ejercicio pide la media de los N "
            "ejemplos.",
            accepted=False,
        ),
    ],
    layouts=[
        Layout(
            "examples_in_columns", {"p": "T", "y": "T", "dp": "T"},
            en="This is right with one example a column; this exercise asks for one example a row.",
            es="Esto es correcto con un ejemplo por columna; este ejercicio pide un ejemplo por fila.",
        ),
    ],
)
