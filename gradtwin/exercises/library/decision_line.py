"""The line on which a perceptron of two inputs changes its mind."""

from __future__ import annotations

import numpy as np

from ...samples.values import nonzero
from ..exercise import Exercise
from ..probes import Probe
from ..texts import N_
from ..variants import Convention, Layout, Mistake
from .gradient_descent import short

ON_THE_LINE = Probe(                                   # and one with z = 0.25
    N_("points on the line"),
    {
        "w": np.array([2.0, -1.0]),
        "b": np.array(1.0),
        "X": np.array([[0.0, 1.0], [1.0, 3.0], [2.0, 0.0], [0.0, 0.75], [0.0, 5.0]]),
    },
)

exercise = Exercise(
    name="decision_line",
    title={"en": "The decision line of a perceptron", "es": "La recta de decisión de un perceptrón"},
    section="¿Cuál es la utilidad de la función de activación?",
    statement={
        "en": """
            A perceptron with two inputs, weights w = (w_1, w_2) and bias b divides the plane by the
            line w_1 x_1 + w_2 x_2 + b = 0. Write

            - line: its slope and intercept, so that x_2 = slope x_1 + intercept (w_2 is never 0);
            - classify: for each row of X, 1 where w_1 x_1 + w_2 x_2 + b > 0, else 0;
            - distance: for each row of X its distance to the line, positive on the side of class 1,
              negative on the other.
        """,
        "es": """
            Un perceptrón con dos entradas, pesos w = (w_1, w_2) y bias b divide el plano por la recta
            w_1 x_1 + w_2 x_2 + b = 0. Escribe

            - line: su pendiente y su ordenada en el origen, de modo que x_2 = slope x_1 + intercept
              (w_2 nunca es 0);
            - classify: para cada fila de X, 1 donde w_1 x_1 + w_2 x_2 + b > 0, y 0 en el resto;
            - distance: para cada fila de X su distancia a la recta, positiva en el lado de la clase 1
              y negativa en el otro.
        """,
    },
    functions=["line(w, b) -> slope, intercept", "classify(X, w, b) -> label",
               "distance(X, w, b) -> d"],
    shapes={"w": "2", "b": "", "X": "N 2", "slope": "", "intercept": "", "label": "N", "d": "N"},
    inputs={"w": short(nonzero("2"))},
    probes=[ON_THE_LINE],
    reference={
        "slope": lambda w: -w[0] / w[1],
        "intercept": lambda w, b: -b / w[1],
        "label": lambda X, w, b: (X @ w + b > 0).long(),
        "d": lambda X, w, b: (X @ w + b) / w.norm(),
    },
    right=[
        """
        import numpy as np

        def line(w, b):
            slope = -w[0] / w[1]
            intercept = -b / w[1]
            return slope, intercept

        def classify(X, w, b):
            z = X @ w + b
            return np.where(z > 0, 1, 0)

        def distance(X, w, b):
            z = X @ w + b
            length = np.sqrt(np.sum(w**2))
            return z / length
        """,
        """
        import math

        def line(w, b):
            at_0 = -b / w[1]                            # x_2 where x_1 = 0
            at_1 = -(b + w[0]) / w[1]
            return -(w[0] / w[1]), at_0

        def classify(X, w, b):
            return [w[0] * x1 + w[1] * x2 + b > 0 for x1, x2 in X]

        def distance(X, w, b):
            return [(w[0] * x1 + w[1] * x2 + b) / math.hypot(*w) for x1, x2 in X]
        """,
        """
        import numpy as np

        def line(w, b):
            m, c = np.linalg.solve(np.array([[w[1], 0], [0, w[1]]]), np.array([-w[0], -b]))
            return {"slope": m, "intercept": c}

        def classify(X, w, b):
            return np.heaviside(np.einsum("ni,i->n", X, w) + b, 0)

        def distance(X, w, b):
            unit = w / np.linalg.norm(w)
            return (X @ unit + b / np.linalg.norm(w))[:, None]
        """,
        """
        import numpy as np

        def line(w, b):
            w1, w2 = w
            return [w1 / -w2, b / -w2]

        def classify(X, w, b):
            x1, x2 = X.T
            return (np.sign(x1 * w[0] + x2 * w[1] + b) == 1).astype(int)

        def distance(X, w, b):
            x1, x2 = X.T
            d = np.zeros(len(X), X.dtype)
            for i in range(len(X)):
                d[i] = (x1[i] * w[0] + x2[i] * w[1] + b) / (w[0] ** 2 + w[1] ** 2) ** 0.5
            return d
        """,
    ],
    mistakes=[
        Mistake(
            "sign_of_the_slope", {"slope = -w[0] / w[1]": "slope = w[0] / w[1]"},
            en="The slope has the wrong sign: moving w_1 x_1 to the other side gives -w_1 / w_2.",
            es="La pendiente tiene el signo cambiado: al pasar w_1 x_1 al otro lado queda -w_1 / w_2.",
        ),
        Mistake(
            "slope_upside_down", {"slope = -w[0] / w[1]": "slope = -w[1] / w[0]"},
            en="The slope is upside down: solved for x_2, the division is by w_2.",
            es="La pendiente está invertida: al despejar x_2 se divide entre w_2.",
        ),
        Mistake(
            "direction_of_the_weights", {"slope = -w[0] / w[1]": "slope = w[1] / w[0]"},
            en="This is the slope of the vector w, which is perpendicular to the line.",
            es="Esta es la pendiente del vector w, que es perpendicular a la recta.",
        ),
        Mistake(
            "sign_of_the_intercept", {"intercept = -b / w[1]": "intercept = b / w[1]"},
            en="The intercept has the wrong sign: b on the other side becomes -b.",
            es="La ordenada en el origen tiene el signo cambiado: b pasa al otro lado como -b.",
        ),
        Mistake(
            "intercept_is_the_bias", {"intercept = -b / w[1]": "intercept = b"},
            en="The intercept is not the bias itself: the equation is divided by w_2.",
            es="La ordenada en el origen no es el propio bias: la ecuación se divide entre w_2.",
        ),
        Mistake(
            "intercept_not_divided", {"intercept = -b / w[1]": "intercept = -b"},
            en="The intercept is not divided by w_2.",
            es="La ordenada en el origen no se divide entre w_2.",
        ),
        Mistake(
            "crossing_of_the_other_axis", {"intercept = -b / w[1]": "intercept = -b / w[0]"},
            en="This is where the line crosses the axis x_1; the intercept is the value of x_2 at "
            "x_1 = 0, -b / w_2.",
            es="Este es el corte con el eje x_1; la ordenada en el origen es el valor de x_2 en "
            "x_1 = 0, -b / w_2.",
        ),
        Mistake(
            "solved_for_x1",
            {"slope = -w[0] / w[1]": "slope = -w[1] / w[0]",
             "intercept = -b / w[1]": "intercept = -b / w[0]"},
            en="The equation is solved for x_1; the exercise asks for x_2 = slope x_1 + intercept.",
            es="Se despeja x_1; el ejercicio pide x_2 = slope x_1 + intercept.",
        ),
        Mistake(
            "classified_without_bias",
            {"""z = X @ w + b
    return np.where(z > 0, 1, 0)""": """z = X @ w
    return np.where(z > 0, 1, 0)"""},
            en="The bias is left out of the classification.",
            es="Falta el bias en la clasificación.",
            number=1,
        ),
        Mistake(
            "half_as_threshold",
            {"return np.where(z > 0, 1, 0)": "return np.where(z > 0.5, 1, 0)"},
            en="0.5 is the threshold for the sigmoid of z; for z itself it is 0.",
            es="0,5 es el umbral para la sigmoide de z; para la propia z es 0.",
        ),
        Mistake(
            "classes_swapped", {"return np.where(z > 0, 1, 0)": "return np.where(z < 0, 1, 0)"},
            en="The two classes are swapped: class 1 is where w_1 x_1 + w_2 x_2 + b > 0.",
            es="Las dos clases están intercambiadas: la clase 1 es donde w_1 x_1 + w_2 x_2 + b > 0.",
        ),
        Mistake(
            "above_the_line",
            {"return np.where(z > 0, 1, 0)":
             "return np.where(X[:, 1] > -(w[0] * X[:, 0] + b) / w[1], 1, 0)"},
            en="This asks whether the point lies above the line. That is class 1 only where w_2 > 0; "
            "where w_2 < 0, class 1 lies below.",
            es="Esto pregunta si el punto está por encima de la recta. Esa es la clase 1 solo si "
            "w_2 > 0; si w_2 < 0, la clase 1 queda por debajo.",
        ),
        Mistake(
            "not_classified", {"return np.where(z > 0, 1, 0)": "return z"},
            en="z is returned; the class is 1 where z > 0, else 0.",
            es="Se devuelve z; la clase es 1 donde z > 0, y 0 en el resto.",
        ),
        Mistake(
            "probability_returned",
            {"return np.where(z > 0, 1, 0)": "return 1 / (1 + np.exp(-z))"},
            en="The probability is returned; the class is 1 where it is above 0.5, else 0.",
            es="Se devuelve la probabilidad; la clase es 1 donde supera 0,5, y 0 en el resto.",
        ),
        Mistake(
            "distance_not_divided", {"return z / length": "return z"},
            en="z itself is no distance: it must be divided by the length of w.",
            es="La propia z no es una distancia: hay que dividirla entre la longitud de w.",
        ),
        Mistake(
            "divided_by_the_square",
            {"length = np.sqrt(np.sum(w**2))": "length = np.sum(w**2)"},
            en="z is divided by the square of the length of w: its root is missing.",
            es="z se divide entre el cuadrado de la longitud de w: falta la raíz.",
        ),
        Mistake(
            "length_by_absolute_values",
            {"length = np.sqrt(np.sum(w**2))": "length = np.sum(np.abs(w))"},
            en="The length of w is the root of the sum of squares, not the sum of absolute values.",
            es="La longitud de w es la raíz de la suma de cuadrados, no la suma de valores absolutos.",
        ),
        Mistake(
            "bias_in_the_length",
            {"length = np.sqrt(np.sum(w**2))": "length = np.sqrt(np.sum(w**2) + b**2)"},
            en="The bias takes part in the length of w; only the two weights do.",
            es="El bias interviene en la longitud de w; solo cuentan los dos pesos.",
        ),
        Mistake(
            "distance_without_bias",
            {"""z = X @ w + b
    length""": """z = X @ w
    length"""},
            en="The bias is left out of the distance: this is the distance to the parallel through "
            "the origin.",
            es="Falta el bias en la distancia: esta es la distancia a la paralela que pasa por el "
            "origen.",
            number=1,
        ),
    ],
    conventions=[
        Convention(
            "class_1_on_the_line",
            {"return np.where(z > 0, 1, 0)": "return np.where(z >= 0, 1, 0)"},
            en="Points exactly on the line are given class 1: accepted, though this exercise says 0.",
            es="A los puntos que están justo en la recta se les da la clase 1: se acepta, aunque este "
            "ejercicio dice 0.",
        ),
        Convention(
            "classes_minus_and_plus_one",
            {"return np.where(z > 0, 1, 0)": "return np.where(z > 0, 1, -1)"},
            en="Right for the classes -1 and 1; this exercise calls them 0 and 1.",
            es="Correcto para las clases -1 y 1; este ejercicio las llama 0 y 1.",
            accepted=False,
        ),
        Convention(
            "sign_as_class",
            {"return np.where(z > 0, 1, 0)": "return np.sign(z)"},
            en="Right for the classes -1 and 1, with 0 on the line; this exercise calls them 0 and 1.",
            es="Correcto para las clases -1 y 1, con 0 en la recta; este ejercicio las llama 0 y 1.",
            accepted=False,
        ),
        Convention(
            "distance_without_sign", {"return z / length": "return np.abs(z) / length"},
            en="Right for a distance without sign; this exercise asks for a negative one on the side "
            "of class 0.",
            es="Correcto para una distancia sin signo; este ejercicio la pide negativa en el lado de "
            "la clase 0.",
            accepted=False,
        ),
    ],
    layouts=[
        Layout(
            "weights_as_a_column", {"w": "column"},
            en="This works for w of shape (2, 1): accepted. Here w has shape (2,).",
            es="Esto funciona para w de forma (2, 1): se acepta. Aquí w tiene forma (2,).",
            accepted=True,
        ),
        Layout(
            "points_in_columns", {"X": "T"},
            en="This is right with one point a column; this exercise asks for one point a row of X.",
            es="Esto es correcto con un punto por columna; este ejercicio pide un punto por fila de X.",
        ),
    ],
)
