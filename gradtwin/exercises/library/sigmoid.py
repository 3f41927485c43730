"""The sigmoid and its derivative, stable where exp overflows."""

from __future__ import annotations

from ..exercise import Exercise
from ..lazy import torch
from ..reference import gradient
from ..variants import Mistake

exercise = Exercise(
    name="sigmoid",
    title={"en": "Sigmoid and its derivative", "es": "La sigmoide y su derivada"},
    section="El perceptrón: Función de activación",
    statement={
        "en": """
            Write the sigmoid, a = 1 / (1 + exp(-z)), elementwise, for numbers of any size: at
            z = -800 and z = 800 it must still give 0 and 1.

            Then its backward pass: given z and the gradient g of the loss with respect to a, return
            the gradient with respect to z, g times the derivative of the sigmoid at z.
        """,
        "es": """
            Escribe la sigmoide, a = 1 / (1 + exp(-z)), elemento a elemento, para números de
            cualquier tamaño: en z = -800 y z = 800 debe seguir dando 0 y 1.

            Después, su paso hacia atrás: dados z y el gradiente g de la pérdida respecto de a,
            devuelve el gradiente respecto de z, g por la derivada de la sigmoide en z.
        """,
    },
    functions=["sigmoid(z) -> a", "sigmoid_backward(g, z) -> dz"],
    shapes={"z": "N D", "a": "N D", "g": "N D", "dz": "N D"},
    reference={"a": lambda z: torch.sigmoid(z), "dz": gradient("a", "z", "g")},
    also={"dz": [lambda g, a: g * a * (1 - a)]},
    right=[
        """
        import numpy as np

        def sigmoid(z):
            e = np.exp(-np.abs(z))
            return np.where(z < 0, e, 1) / (1 + e)

        def sigmoid_backward(g, z):
            s = sigmoid(z)
            return g * s * (1 - s)
        """,
        """
        import numpy as np

        def sigmoid(z):
            return (1 + np.tanh(z / 2)) / 2

        def sigmoid_backward(g, z):
            return g / (4 * np.cosh(np.clip(z, -700, 700) / 2) ** 2)
        """,
        """
        import math

        def one(x):
            if x >= 0:
                return 1 / (1 + math.exp(-x))
            return math.exp(x) / (1 + math.exp(x))

        def sigmoid(z):
            return [[one(x) for x in row] for row in z.tolist()]

        def sigmoid_backward(g, z):
            return [[u * one(x) * one(-x) for u, x in zip(us, xs)] for us, xs in zip(g, z.tolist())]
        """,
        """
        import numpy as np

        def sigmoid(z):
            return 1 / (1 + np.exp(-z))    # exp overflows to inf at -800, and 1 / inf is right

        def sigmoid_backward(g, z):
            a = sigmoid(z)
            return g * (a - a**2)
        """,
    ],
    mistakes=[
        Mistake(
            "exp_over_one_plus_exp",
            {"""e = np.exp(-np.abs(z))
    return np.where(z < 0, e, 1) / (1 + e)""": """return np.exp(z) / (1 + np.exp(z))"""},
            en="exp(z) / (1 + exp(z)) overflows for large z: inf / inf is NaN. Divide by exp(z), "
            "or choose the formula by the sign of z.",
            es="exp(z) / (1 + exp(z)) se desborda para z grande: inf / inf es NaN. Divide entre "
            "exp(z), o elige la fórmula según el signo de z.",
            number=2,
        ),
        Mistake(
            "math_exp_overflows",
            {"""e = np.exp(-np.abs(z))
    return np.where(z < 0, e, 1) / (1 + e)""":
             """import math
    return np.vectorize(lambda x: 1 / (1 + math.exp(-x)))(z)"""},
            en="math.exp raises OverflowError for z far below 0. np.exp gives inf there, and 1 / inf "
            "is 0; or choose the formula by the sign of z.",
            es="math.exp lanza OverflowError para z muy negativa. np.exp da inf, y 1 / inf es 0; o "
            "elige la fórmula según el signo de z.",
            number=2,
        ),
        Mistake(
            "sign_of_the_exponent",
            {"return np.where(z < 0, e, 1) / (1 + e)": "return np.where(z < 0, 1, e) / (1 + e)"},
            en="This is 1 / (1 + exp(z)), the sigmoid of -z: the exponent needs its minus sign.",
            es="Esto es 1 / (1 + exp(z)), la sigmoide de -z: al exponente le falta el signo menos.",
        ),
        Mistake(
            "derivative_at_the_activation",
            {"s = sigmoid(z)": "s = sigmoid(sigmoid(z))"},
            en="The derivative is evaluated at a = sigmoid(z) instead of at z: the sigmoid has been "
            "applied twice.",
            es="La derivada se evalúa en a = sigmoide(z) en vez de en z: la sigmoide se ha aplicado "
            "dos veces.",
            number=16,
        ),
        Mistake(
            "a_formula_with_z",
            {"s = sigmoid(z)": "s = z"},
            en="a (1 - a) holds for the activation a = sigmoid(z); here it is computed with z itself.",
            es="a (1 - a) vale para la activación a = sigmoide(z); aquí se calcula con la propia z.",
            number=17,
        ),
        Mistake(
            "upstream_forgotten",
            {"return g * s * (1 - s)": "return s * (1 - s)"},
            en="The derivative is not multiplied by g, as the chain rule asks for.",
            es="La derivada no se multiplica por g, como pide la regla de la cadena.",
            number=22,
        ),
        Mistake(
            "one_minus_a_forgotten",
            {"return g * s * (1 - s)": "return g * s"},
            en="The derivative is a (1 - a): the factor 1 - a is missing.",
            es="La derivada es a (1 - a): falta el factor 1 - a.",
        ),
        Mistake(
            "derivative_of_tanh",
            {"return g * s * (1 - s)": "return g * (1 - s * s)"},
            en="1 - a² is the derivative of tanh; that of the sigmoid is a (1 - a).",
            es="1 - a² es la derivada de tanh; la de la sigmoide es a (1 - a).",
        ),
    ],
)
