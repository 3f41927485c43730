"""Softmax, its gradient, and its whole Jacobian: the one activation whose entries mix."""

from __future__ import annotations

from typing import Any

from ..exercise import Exercise
from ..lazy import torch
from ..reference import gradient
from ..variants import Layout, Mistake

OVERFLOW_EN = (
    "exp overflows for large logits, and inf / inf is NaN. Subtract each row's maximum before exp: "
    "numerator and denominator change by the same factor, so p does not."
)
OVERFLOW_ES = (
    "exp se desborda con logits grandes, e inf / inf es NaN. Resta el máximo de cada fila antes de "
    "exp: numerador y denominador cambian por el mismo factor, así que p no cambia."
)

M = "m = z.max(axis=1, keepdims=True)"
E = "e = np.exp(z - m)"
P = "return e / e.sum(axis=1, keepdims=True)"
DZ = "dz = p * (g - (g * p).sum(axis=1, keepdims=True))"
ROW = "p = softmax(x[None])[0]"
J = "J = np.diag(p) - np.outer(p, p)"


def jacobian(x: Any) -> Any:
    """J[i, j] = dp_i / dx_j, by autograd."""
    return torch.autograd.functional.jacobian(lambda x: torch.softmax(x, dim=0), x)


exercise = Exercise(
    name="softmax",
    title={"en": "The softmax and its Jacobian", "es": "La softmax y su jacobiano"},
    section="Otras funciones de activación importantes: Softmax",
    statement={
        "en": """
            The softmax turns the logits of a row into a distribution: p_i = exp(z_i) / sum_j exp(z_j).
            Every p_i depends on all the logits of its row. Write

            - softmax(z): the softmax of each row, one example a row, for logits of any size (800 must
              not overflow);
            - softmax_backward(g, z, p): given your own p and the gradient g of the loss with respect to
              p, the gradient with respect to z, without a loop over the classes if you can;
            - softmax_jacobian(x): for the logits x of a single example, the matrix of all partial
              derivatives, J[i, j] = dp_i / dx_j.
        """,
        "es": """
            La softmax convierte los logits de una fila en una distribución:
            p_i = exp(z_i) / suma_j exp(z_j). Cada p_i depende de todos los logits de su fila. Escribe

            - softmax(z): la softmax de cada fila, con un ejemplo por fila, para logits de cualquier
              tamaño (800 no debe desbordar);
            - softmax_backward(g, z, p): dados tu propia p y el gradiente g de la pérdida respecto de
              p, el gradiente respecto de z, si puedes sin un bucle sobre las clases;
            - softmax_jacobian(x): para los logits x de un solo ejemplo, la matriz de todas las
              derivadas parciales, J[i, j] = dp_i / dx_j.
        """,
    },
    functions=["softmax(z) -> p", "softmax_backward(g, z, p) -> dz", "softmax_jacobian(x) -> J"],
    shapes={"z": "N C", "p": "N C", "g": "N C", "dz": "N C", "x": "C", "J": "C C"},
    reference={
        "p": lambda z: torch.softmax(z, dim=1),
        "dz": gradient("p", "z", "g"),
        "J": jacobian,
    },
    # by one's own p, which differs from softmax(z) where it is itself wrong
    also={"dz": [lambda g, p: p * (g - (g * p).sum(dim=1, keepdim=True))]},
    right=[
        f"""
        import numpy as np

        def softmax(z):
            {M}
            {E}
            {P}

        def softmax_backward(g, z, p):
            {DZ}
            return dz

        def softmax_jacobian(x):
            {ROW}
            {J}
            return J
        """,
        """
        import math

        def one(x):
            m = max(x)
            e = [math.exp(v - m) for v in x]
            return [v / sum(e) for v in e]

        def softmax(z):
            return [one(row) for row in z.tolist()]

        def softmax_jacobian(x):
            p = one(x.tolist())
            return [[p[i] * ((i == j) - p[j]) for j in range(len(p))] for i in range(len(p))]

        def softmax_backward(g, z, p):
            dz = []
            for upstream, row in zip(g.tolist(), z):
                J = softmax_jacobian(row)
                dz.append([sum(u * J[i][j] for i, u in enumerate(upstream)) for j in range(len(row))])
            return dz
        """,
        """
        import numpy as np

        def softmax(z):
            return np.exp(z - np.logaddexp.reduce(z, axis=-1, keepdims=True))

        def softmax_backward(g, z, p):
            J = np.einsum("nc,cd->ncd", p, np.eye(p.shape[1], dtype=p.dtype)) - np.einsum("nc,nd->ncd", p, p)
            return np.einsum("nc,ncd->nd", g, J)

        def softmax_jacobian(x):
            p = softmax(x)
            J = -np.outer(p, p)
            J[np.diag_indices(len(p))] = p * (1 - p)
            return J
        """,
        """
        import numpy as np

        def softmax(z):
            # exp may overflow: 1 / inf is 0, which is right
            return 1 / np.exp(z[:, None, :] - z[:, :, None]).sum(axis=2)

        def softmax_backward(g, z, p):
            # dz_i = p_i sum_j p_j (g_i - g_j)
            return p * (p[:, None, :] * (g[:, :, None] - g[:, None, :])).sum(axis=2)

        def softmax_jacobian(x):
            rows = np.repeat(x[None], len(x), axis=0)
            return softmax_backward(np.eye(len(x), dtype=x.dtype), rows, softmax(rows))
        """,
    ],
    mistakes=[
        Mistake("no_maximum_subtracted", {M: "m = 0"}, en=OVERFLOW_EN, es=OVERFLOW_ES, number=3),
        Mistake(
            "one_maximum_for_the_batch", {M: "m = z.max()"},
            en="One maximum is subtracted from the whole batch: a row far below it becomes 0 / 0. "
            "Subtract from each row its own: max(axis=1, keepdims=True).",
            es="Se resta un único máximo a todo el lote: una fila muy por debajo se convierte en 0 / 0. "
            "Resta a cada fila el suyo: max(axis=1, keepdims=True).",
            number=6,
        ),
        Mistake(
            "maximum_of_each_column", {M: "m = z.max(axis=0)"},
            en="The maximum of each column is subtracted. Within a row every logit must be moved by the "
            "same amount, or p changes: max(axis=1, keepdims=True).",
            es="Se resta el máximo de cada columna. Dentro de una fila todos los logits deben moverse "
            "lo mismo; si no, p cambia: max(axis=1, keepdims=True).",
        ),
        Mistake(
            "sum_over_the_whole_batch", {P: "return e / e.sum()"},
            en="The exponentials are divided by the sum over the whole batch; each row must sum to 1: "
            "sum(axis=1, keepdims=True).",
            es="Las exponenciales se dividen entre la suma de todo el lote; cada fila debe sumar 1: "
            "sum(axis=1, keepdims=True).",
            number=4,
        ),
        Mistake(
            "softmax_over_the_batch",
            {M: "m = z.max(axis=0)", P: "return e / e.sum(axis=0)"},
            en="The softmax runs over the examples (axis 0) instead of over the classes (axis 1): the "
            "columns sum to 1, not the rows.",
            es="La softmax recorre los ejemplos (eje 0) en vez de las clases (eje 1): suman 1 las "
            "columnas, no las filas.",
            number=5,
        ),
        Mistake(
            "divided_over_the_batch", {P: "return e / e.sum(axis=0)"},
            en="Each exponential is divided by the sum of its column, over the examples. Divide by the "
            "sum of its row: sum(axis=1, keepdims=True).",
            es="Cada exponencial se divide entre la suma de su columna, sobre los ejemplos. Divide "
            "entre la suma de su fila: sum(axis=1, keepdims=True).",
            number=5,
        ),
        Mistake(
            "row_sums_lie_across", {P: "return e / e.sum(axis=1)"},
            en="e.sum(axis=1) has shape (N,) and is laid along the columns: an error, or with N = C the "
            "sum of another row. Keep the axis: sum(axis=1, keepdims=True).",
            es="e.sum(axis=1) tiene forma (N,) y se alinea con las columnas: un error, o con N = C la "
            "suma de otra fila. Conserva el eje: sum(axis=1, keepdims=True).",
        ),
        Mistake(
            "not_divided", {P: "return e"},
            en="The exponentials are not divided by their sum: the rows must sum to 1.",
            es="Las exponenciales no se dividen entre su suma: las filas deben sumar 1.",
        ),
        Mistake(
            "logits_divided_by_their_sum", {E: "e = z - m"},
            en="The exponential is missing: logits are divided by their sum. p_i is exp(z_i) divided by "
            "the sum of the exponentials.",
            es="Falta la exponencial: se dividen los logits entre su suma. p_i es exp(z_i) dividida "
            "entre la suma de las exponenciales.",
        ),
        Mistake(
            "logarithm_of_p", {P: "return z - m - np.log(e.sum(axis=1, keepdims=True))"},
            en="This is the logarithm of the softmax; here p itself is asked for.",
            es="Esto es el logaritmo de la softmax; aquí se pide la propia p.",
        ),
        Mistake(
            "sigmoid_of_each_entry",
            {P: "return np.exp(-np.maximum(-z, 0)) / (1 + np.exp(-abs(z)))"},
            en="This is the sigmoid of each entry by itself: the rows do not sum to 1. The softmax "
            "divides by the sum over the classes.",
            es="Esto es la sigmoide de cada elemento por separado: las filas no suman 1. La softmax "
            "divide entre la suma sobre las clases.",
        ),
        Mistake(
            "diagonal_of_the_jacobian", {DZ: "dz = g * p * (1 - p)"},
            en="Only the diagonal of the Jacobian is used, as for a sigmoid. Each p depends on all the "
            "logits of its row: dz = p (g - sum(g p)), and every row of dz sums to 0.",
            es="Solo se usa la diagonal del jacobiano, como con una sigmoide. Cada p depende de todos "
            "los logits de su fila: dz = p (g - suma(g p)), y cada fila de dz suma 0.",
            number=27,
        ),
        Mistake(
            "upstream_left_out", {DZ: "dz = p * (1 - p)"},
            en="The gradient g of the loss with respect to p is not used, and p (1 - p) is only the "
            "diagonal of the Jacobian: dz = p (g - sum(g p)).",
            es="No se usa el gradiente g de la pérdida respecto de p, y p (1 - p) es solo la diagonal "
            "del jacobiano: dz = p (g - suma(g p)).",
            number=22,
        ),
        Mistake(
            "gradient_from_the_logits",
            {DZ: "dz = z * (g - (g * z).sum(axis=1, keepdims=True))"},
            en="The Jacobian is computed with the logits z; it is a function of the probabilities p.",
            es="El jacobiano se calcula con los logits z; es función de las probabilidades p.",
            number=28,
        ),
        Mistake(
            "softmax_twice", {DZ: "p = softmax(p); " + DZ},
            en="The softmax is applied to p once more before the gradient is computed: p is already "
            "what softmax(z) returned.",
            es="Antes de calcular el gradiente se aplica otra vez la softmax a p: p ya es lo que "
            "devolvió softmax(z).",
        ),
        Mistake(
            "gradient_of_the_logarithm",
            {DZ: "dz = g - p * g.sum(axis=1, keepdims=True)"},
            en="g - p sum(g) is the gradient of log softmax. That of the softmax is p (g - sum(g p)).",
            es="g - p suma(g) es el gradiente de log softmax. El de la softmax es p (g - suma(g p)).",
            number=29,
        ),
        Mistake(
            "gradient_of_the_cross_entropy", {DZ: "dz = p - g"},
            en="p - y is the gradient of the cross entropy with targets y, and g holds no targets. Here "
            "only the softmax is differentiated: dz = p (g - sum(g p)).",
            es="p - y es el gradiente de la entropía cruzada con etiquetas y, y g no contiene "
            "etiquetas. Aquí se deriva solo la softmax: dz = p (g - suma(g p)).",
        ),
        Mistake(
            "sum_without_p", {DZ: "dz = p * (g - g.sum(axis=1, keepdims=True))"},
            en="g is summed without its weights p: it is the mean under p that is subtracted, "
            "sum(g p).",
            es="g se suma sin sus pesos p: lo que se resta es la media según p, suma(g p).",
        ),
        Mistake(
            "factor_p_left_out", {DZ: "dz = g - (g * p).sum(axis=1, keepdims=True)"},
            en="The factor p in front is missing: dz = p (g - sum(g p)).",
            es="Falta el factor p de delante: dz = p (g - suma(g p)).",
        ),
        Mistake(
            "diagonal_term_left_out", {DZ: "dz = -p * (g * p).sum(axis=1, keepdims=True)"},
            en="The diagonal part of the Jacobian, diag(p), is missing: it contributes g p.",
            es="Falta la parte diagonal del jacobiano, diag(p): aporta g p.",
        ),
        Mistake(
            "plus_in_the_gradient", {DZ: DZ.replace("g - (", "g + (")},
            en="The sign inside is wrong: a logit that grows lowers the other probabilities, so sum(g p) "
            "is subtracted.",
            es="El signo interior está mal: un logit que crece baja las demás probabilidades, así que "
            "suma(g p) se resta.",
        ),
        Mistake(
            "gradient_summed_over_the_batch", {DZ: "dz = p * (g - (g * p).sum())"},
            en="g p is summed over the whole batch; each example has a Jacobian of its own: "
            "sum(axis=1, keepdims=True).",
            es="g p se suma sobre todo el lote; cada ejemplo tiene su propio jacobiano: "
            "sum(axis=1, keepdims=True).",
        ),
        Mistake(
            "gradient_summed_over_the_examples", {DZ: "dz = p * (g - (g * p).sum(axis=0))"},
            en="g p is summed over the examples (axis 0); the sum runs over the classes of a row "
            "(axis 1).",
            es="g p se suma sobre los ejemplos (eje 0); la suma recorre las clases de una fila (eje 1).",
        ),
        Mistake(
            "gradient_sums_lie_across", {DZ: "dz = p * (g - (g * p).sum(axis=1))"},
            en="(g * p).sum(axis=1) has shape (N,) and is laid along the columns: an error, or with "
            "N = C the sum of another row. Keep the axis: keepdims=True.",
            es="(g * p).sum(axis=1) tiene forma (N,) y se alinea con las columnas: un error, o con "
            "N = C la suma de otra fila. Conserva el eje: keepdims=True.",
        ),
        Mistake(
            "jacobian_diagonal_only", {J: "J = np.diag(p * (1 - p))"},
            en="The Jacobian has only its diagonal. Beside it stands -p_i p_j: a logit that grows lowers "
            "the other probabilities.",
            es="El jacobiano tiene solo la diagonal. Fuera de ella está -p_i p_j: un logit que crece "
            "baja las demás probabilidades.",
            number=27,
        ),
        Mistake(
            "jacobian_from_the_logits", {ROW: "p = x"},
            en="The Jacobian is computed with the logits x themselves; take their softmax first. A "
            "constant added to all logits must change nothing.",
            es="El jacobiano se calcula con los propios logits x; toma antes su softmax. Una constante "
            "sumada a todos los logits no debe cambiar nada.",
            number=28,
        ),
        Mistake(
            "jacobian_as_a_vector", {J: "J = p * (1 - p)"},
            en="p (1 - p) are only the entries of the diagonal, as a vector; the Jacobian is a matrix "
            "C x C with -p_i p_j beside the diagonal.",
            es="p (1 - p) son solo los elementos de la diagonal, como vector; el jacobiano es una matriz "
            "C x C con -p_i p_j fuera de la diagonal.",
            number=27,
        ),
        Mistake(
            "inner_product", {J: "J = np.diag(p) - p @ p.T"},
            en="For a vector p the product p @ p.T is a single number: .T changes nothing there. The "
            "matrix of all products p_i p_j is np.outer(p, p).",
            es="Con un vector p el producto p @ p.T es un solo número: ahí .T no cambia nada. La matriz "
            "de todos los productos p_i p_j es np.outer(p, p).",
        ),
        Mistake(
            "squares_instead_of_products", {J: "J = np.diag(p) - p * p"},
            en="p * p holds the squares p_j p_j, the same in every row. The matrix of all products "
            "p_i p_j is np.outer(p, p).",
            es="p * p contiene los cuadrados p_j p_j, iguales en todas las filas. La matriz de todos los "
            "productos p_i p_j es np.outer(p, p).",
        ),
        Mistake(
            "plus_in_the_jacobian", {J: "J = np.diag(p) + np.outer(p, p)"},
            en="The products p_i p_j are added; they are subtracted: J = diag(p) - p p^T, each row of "
            "which sums to 0.",
            es="Los productos p_i p_j se suman; hay que restarlos: J = diag(p) - p p^T, cuyas filas "
            "suman 0.",
        ),
        Mistake(
            "jacobian_without_diagonal", {J: "J = -np.outer(p, p)"},
            en="On the diagonal p_i is missing: J = diag(p) - p p^T.",
            es="En la diagonal falta p_i: J = diag(p) - p p^T.",
        ),
        Mistake(
            "identity_for_diagonal", {J: "J = np.eye(len(p)) - np.outer(p, p)"},
            en="On the diagonal stands 1 where p_i belongs: J = diag(p) - p p^T.",
            es="En la diagonal hay un 1 donde va p_i: J = diag(p) - p p^T.",
        ),
        Mistake(
            "one_minus_p_everywhere", {J: "J = np.outer(p, 1 - p)"},
            en="p_i (1 - p_j) is right on the diagonal only. Beside it the derivative is -p_i p_j.",
            es="p_i (1 - p_j) es correcto solo en la diagonal. Fuera de ella la derivada es -p_i p_j.",
        ),
        Mistake(
            "sign_of_the_jacobian", {J: "J = np.outer(p, p) - np.diag(p)"},
            en="The sign is reversed: p_i grows with its own logit, so the diagonal is positive.",
            es="El signo está al revés: p_i crece con su propio logit, así que la diagonal es positiva.",
        ),
    ],
    layouts=[
        Layout(
            "examples_in_columns", {"z": "T", "p": "T", "g": "T", "dz": "T"},
            en="This is right with one example a column, the softmax down each column; this exercise "
            "has one example a row.",
            es="Esto es correcto con un ejemplo por columna, con la softmax de cada columna; este "
            "ejercicio tiene un ejemplo por fila.",
        ),
    ],
)
