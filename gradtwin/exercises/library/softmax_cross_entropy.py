"""Softmax with cross entropy: the loss of a classifier, and the shortest gradient of the lecture."""

from __future__ import annotations

import numpy as np

from ...samples.values import Values
from ..exercise import Exercise
from ..lazy import F, torch
from ..reference import gradient
from ..variants import Convention, Layout, Mistake


def hundredths(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Rows of positive probabilities that a person can read, and that sum to 1 all the same."""
    shares = rng.dirichlet(np.ones(shape[1]), shape[0])
    return (1 + rng.multinomial(100 - shape[1], shares)) / 100


def soft_targets(dims: str) -> Values:
    """One-hot rows, and one row in three a distribution over all classes."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...], _: object) -> np.ndarray:
        y = np.eye(shape[1])[rng.integers(0, shape[1], shape[0])]
        soft = hundredths(rng, shape)
        return np.where(np.arange(shape[0])[:, None] % 3 == 2, soft, y)

    return Values(dims, draw, differentiable=False)


exercise = Exercise(
    name="softmax_cross_entropy",
    title={"en": "Softmax with cross entropy", "es": "Softmax con entropía cruzada"},
    section="Otras funciones de activación importantes: Softmax",
    statement={
        "en": """
            A classifier ends in logits z, one row an example, one column a class. Write

            - p, the softmax of each row, for logits of any size (800 must not overflow);
            - loss, the cross entropy -sum_i y_i log p_i of each row, averaged over the N rows, finite
              where p underflows to 0. The rows of y are one-hot or distributions;
            - dz, the gradient of the loss with respect to z.
        """,
        "es": """
            Un clasificador termina en logits z, una fila por ejemplo y una columna por clase. Escribe

            - p, la softmax de cada fila, para logits de cualquier tamaño (800 no debe desbordar);
            - loss, la entropía cruzada -suma_i y_i log p_i de cada fila, promediada sobre las N
              filas, finita donde p llega a 0. Las filas de y son one-hot o distribuciones;
            - dz, el gradiente de la pérdida respecto de z.
        """,
    },
    functions=["softmax(z) -> p", "cross_entropy(z, y) -> loss",
               "cross_entropy_backward(z, y) -> dz"],
    shapes={"z": "N C", "p": "N C", "y": "N C", "loss": "", "dz": "N C"},
    inputs={"y": soft_targets("N C")},
    reference={
        "p": lambda z: torch.softmax(z, dim=1),
        "loss": lambda z, y: F.cross_entropy(z, y),
        "dz": gradient("loss", "z"),
    },
    also={"dz": [lambda p, y: (p - y) / len(y)]},
    right=[
        """
        import numpy as np

        def log_softmax(z):
            m = z.max(axis=1, keepdims=True)
            return z - m - np.log(np.exp(z - m).sum(axis=1, keepdims=True))

        def softmax(z):
            m = z.max(axis=1, keepdims=True)
            e = np.exp(z - m)
            return e / e.sum(axis=1, keepdims=True)

        def cross_entropy(z, y):
            l = log_softmax(z)
            return -(y * l).sum() / len(z)

        def cross_entropy_backward(z, y):
            p = softmax(z)
            dz = (p - y) / len(z)
            return dz
        """,
        """
        import math

        def row(z):
            m = max(z)
            e = [math.exp(x - m) for x in z]
            return [x / sum(e) for x in e], [x - m - math.log(sum(e)) for x in z]

        def softmax(z):
            return [row(r)[0] for r in z.tolist()]

        def cross_entropy(z, y):
            total = 0.0
            for r, t in zip(z.tolist(), y.tolist()):
                total -= sum(ti * li for ti, li in zip(t, row(r)[1]))
            return total / len(z)

        def cross_entropy_backward(z, y):
            return [[(pi - ti) / len(z) for pi, ti in zip(row(r)[0], t)]
                    for r, t in zip(z.tolist(), y.tolist())]
        """,
        """
        import numpy as np

        def softmax(z):
            return np.exp(z - np.logaddexp.reduce(z, axis=1)[:, None])

        def cross_entropy(z, y):
            return np.mean(np.logaddexp.reduce(z, axis=1) - np.einsum("nc,nc->n", y, z))

        def cross_entropy_backward(z, y):
            n = z.shape[0]
            p = softmax(z)
            g = -y / n                                  # gradient of the loss by log p
            return g - p * g.sum(axis=1)[:, None]
        """,
    ],
    mistakes=[
        Mistake(
            "no_maximum_subtracted",
            {"""def softmax(z):
    m = z.max(axis=1, keepdims=True)""": """def softmax(z):
    m = 0"""},
            en="exp overflows for large logits: subtract each row's maximum first, which changes "
            "nothing else.",
            es="exp se desborda con logits grandes: resta antes el máximo de cada fila, que no "
            "cambia nada más.",
            number=3,
        ),
        Mistake(
            "sum_over_the_whole_batch",
            {"return e / e.sum(axis=1, keepdims=True)": "return e / e.sum()"},
            en="The exponentials are divided by the sum over the whole batch; each row must sum to 1: "
            "sum(axis=1, keepdims=True).",
            es="Las exponenciales se dividen entre la suma de todo el lote; cada fila debe sumar 1: "
            "sum(axis=1, keepdims=True).",
            number=4,
        ),
        Mistake(
            "softmax_over_the_batch",
            {"return e / e.sum(axis=1, keepdims=True)":
             "e = np.exp(z - z.max(axis=0)); return e / e.sum(axis=0)"},
            en="The softmax runs over the examples (axis 0) instead of over the classes (axis 1).",
            es="La softmax recorre los ejemplos (eje 0) en vez de las clases (eje 1).",
            number=5,
        ),
        Mistake(
            "one_maximum_for_the_batch",
            {"""def softmax(z):
    m = z.max(axis=1, keepdims=True)""": """def softmax(z):
    m = z.max()"""},
            en="One maximum is subtracted from the whole batch: a row far below it becomes 0 / 0. "
            "Subtract each row's own.",
            es="Se resta un único máximo a todo el lote: una fila muy por debajo se convierte en "
            "0 / 0. Resta el de cada fila.",
            number=6,
        ),
        Mistake(
            "log_of_p",
            {"l = log_softmax(z)": "p = softmax(z); l = np.log(p)"},
            en="log(p) is -inf where p underflows to 0. Compute log p from the logits: "
            "z - max - log(sum(exp(z - max))).",
            es="log(p) es -inf donde p llega a 0. Calcula log p a partir de los logits: "
            "z - max - log(suma(exp(z - max))).",
            number=7,
        ),
        Mistake(
            "log_of_p_plus_eps",
            {"l = log_softmax(z)": "l = np.log(softmax(z) + 1e-8)"},
            en="log(p + eps) never gets above 18.4 and spoils digits everywhere. Compute log p from "
            "the logits: z - max - log(sum(exp(z - max))).",
            es="log(p + eps) nunca pasa de 18,4 y estropea cifras en todas partes. Calcula log p a "
            "partir de los logits: z - max - log(suma(exp(z - max))).",
            number=7,
        ),
        Mistake(
            "log_of_clipped_p",
            {"l = log_softmax(z)": "l = np.log(np.clip(softmax(z), 1e-12, 1))"},
            en="Clipping p stops the loss at 27.6, however wrong the prediction. Compute log p from "
            "the logits: z - max - log(sum(exp(z - max))).",
            es="Recortar p detiene la pérdida en 27,6, por mala que sea la predicción. Calcula log p "
            "a partir de los logits: z - max - log(suma(exp(z - max))).",
            number=7,
        ),
        Mistake(
            "loss_over_n_and_c",
            {"return -(y * l).sum() / len(z)": "return -(y * l).mean()"},
            en="The mean runs over all N C entries; the sum over the classes belongs inside, and only "
            "the N rows are averaged.",
            es="La media recorre las N C entradas; la suma sobre las clases va dentro, y solo se "
            "promedian las N filas.",
            number=8,
        ),
        Mistake(
            "loss_summed",
            {"return -(y * l).sum() / len(z)": "return -(y * l).sum()"},
            en="The loss is summed over the batch instead of averaged: it is N times too large.",
            es="La pérdida se suma sobre el lote en vez de promediarse: es N veces demasiado grande.",
            number=8,
        ),
        Mistake(
            "minus_sign_missing",
            {"return -(y * l).sum() / len(z)": "return (y * l).sum() / len(z)"},
            en="The minus sign of the cross entropy is missing: the loss is -sum y log p.",
            es="Falta el signo menos de la entropía cruzada: la pérdida es -suma y log p.",
            number=9,
        ),
        Mistake(
            "outer_product_summed",
            {"return -(y * l).sum() / len(z)": "return -(y @ l.T).sum() / len(z)"},
            en="y @ log(p).T multiplies every example by every other. Multiply entry by entry.",
            es="y @ log(p).T multiplica cada ejemplo por todos los demás. Multiplica elemento a "
            "elemento.",
            number=12,
        ),
        Mistake(
            "softmax_twice",
            {"l = log_softmax(z)": "l = log_softmax(softmax(z))"},
            en="The softmax is applied twice: log_softmax already takes the logits. The loss cannot "
            "fall far below log(C) that way.",
            es="La softmax se aplica dos veces: log_softmax ya recibe los logits. Así la pérdida no "
            "puede bajar mucho de log(C).",
            number=14,
        ),
        Mistake(
            "extra_derivative",
            {"dz = (p - y) / len(z)": "dz = (p - y) * p * (1 - p) / len(z)"},
            en="p - y already contains the derivative of the softmax: the factor p (1 - p) is too "
            "much.",
            es="p - y ya contiene la derivada de la softmax: sobra el factor p (1 - p).",
            number=20,
        ),
        Mistake(
            "one_hot_not_subtracted",
            {"dz = (p - y) / len(z)": "dz = p / len(z)"},
            en="The targets are not subtracted: the gradient is (p - y) / N, and its rows sum to 0.",
            es="No se restan las etiquetas: el gradiente es (p - y) / N, y sus filas suman 0.",
            number=30,
        ),
        Mistake(
            "gradient_not_averaged",
            {"dz = (p - y) / len(z)": "dz = p - y"},
            en="The loss is a mean over N examples, so its gradient has the factor 1/N.",
            es="La pérdida es una media de N ejemplos, así que su gradiente lleva el factor 1/N.",
            number=31,
        ),
        Mistake(
            "averaged_twice",
            {"dz = (p - y) / len(z)": "dz = (p - y) / len(z) ** 2"},
            en="The gradient is divided by N twice.",
            es="El gradiente está dividido entre N dos veces.",
            number=33,
        ),
        Mistake(
            "sign_of_the_gradient",
            {"dz = (p - y) / len(z)": "dz = (y - p) / len(z)"},
            en="The sign is reversed: the gradient is (p - y) / N. With w -= lr * gradient the loss "
            "would rise.",
            es="El signo está al revés: el gradiente es (p - y) / N. Con w -= lr * gradiente la "
            "pérdida aumentaría.",
            number=49,
        ),
        Mistake(
            "diagonal_of_the_jacobian",
            {"dz = (p - y) / len(z)": "dz = -(y / p) * p * (1 - p) / len(z)"},
            en="Only the diagonal of the softmax's Jacobian is used: every p depends on every z of "
            "its row.",
            es="Solo se usa la diagonal del jacobiano de la softmax: cada p depende de todas las z de "
            "su fila.",
            number=27,
        ),
    ],
    conventions=[
        Convention(
            "summed_over_the_batch",
            {"return -(y * l).sum() / len(z)": "return -(y * l).sum()",
             "dz = (p - y) / len(z)": "dz = (p - y) * 1"},
            en="Right for a loss that is summed over the batch; this exercise asks for the mean over "
            "the N examples.",
            es="Correcto para una pérdida sumada sobre el lote; este ejercicio pide la media de los N "
            "ejemplos.",
            accepted=False,
        ),
    ],
    layouts=[
        Layout(
            "examples_in_columns", {"z": "T", "y": "T", "p": "T", "dz": "T"},
            en="This is right with one example a column, the softmax down each column; this exercise "
            "has one example a row.",
            es="Esto es correcto con un ejemplo por columna, con la softmax de cada columna; este "
            "ejercicio tiene un ejemplo por fila.",
        ),
    ],
)
