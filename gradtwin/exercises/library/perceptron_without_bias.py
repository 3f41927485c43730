"""The first exercise of the lecture: one perceptron, one example, no bias."""

from __future__ import annotations

import numpy as np

from ..exercise import Exercise
from ..lazy import torch
from ..probes import EXTREME, Probe
from ..variants import Mistake


def far(sum_of_products: float) -> Probe:
    """One example whose z is far from 0."""
    arrays = {"x": np.array([1.0, 4.0, 0.0]), "w": np.array([0.0, sum_of_products / 4, 1.0])}
    return Probe(f"z = {sum_of_products:g}", arrays, EXTREME)


exercise = Exercise(
    name="perceptron_without_bias",
    title={"en": "A perceptron without bias", "es": "Un perceptrón sin bias"},
    section="El perceptrón: la pieza clave de una red neuronal",
    statement={
        "en": """
            A perceptron with as many weights w as inputs x, and no bias. For one example return

            - z, the weighted sum x_1 w_1 + x_2 w_2 + ... (one number);
            - y_hat, the sigmoid of z: 1 / (1 + exp(-z)). It must be 0 or 1, not an error, where z is
              very large.
        """,
        "es": """
            Un perceptrón con tantos pesos w como entradas x, y sin bias. Para un ejemplo devuelve

            - z, la suma ponderada x_1 w_1 + x_2 w_2 + ... (un número);
            - y_hat, la sigmoide de z: 1 / (1 + exp(-z)). Debe ser 0 o 1, no un error, cuando z es muy
              grande.
        """,
    },
    functions=["perceptron(x, w) -> z, y_hat"],
    shapes={"x": "D", "w": "D", "z": "", "y_hat": ""},
    probes=[far(800), far(-800)],
    reference={"z": lambda x, w: x @ w, "y_hat": lambda z: torch.sigmoid(z)},
    right=[
        """
        import math
        import numpy as np

        def perceptron(x, w):
            z = np.sum(x * w)
            y_hat = 1 / (1 + np.exp(-z))
            return z, y_hat
        """,
        """
        import numpy as np

        def perceptron(x, w):
            z = x.T @ w
            return z, (1 + np.tanh(z / 2)) / 2
        """,
        """
        import math

        def perceptron(x, w):
            z = 0.0
            for xi, wi in zip(x.tolist(), w.tolist()):
                z += xi * wi
            if z >= 0:
                return z, 1 / (1 + math.exp(-z))
            return z, math.exp(z) / (1 + math.exp(z))
        """,
        """
        import numpy as np

        def perceptron(x, w):
            z = np.einsum("d,d->", x, w)
            e = np.exp(-abs(z))
            return {"z": z, "y_hat": (1 if z > 0 else e) / (1 + e)}
        """,
    ],
    mistakes=[
        Mistake(
            "not_summed", {"z = np.sum(x * w)": "z = x * w"},
            en="The products are not added: x * w gives one number an input, and z is their sum.",
            es="No se suman los productos: x * w da un número por entrada, y z es su suma.",
            number=37,
        ),
        Mistake(
            "mean_of_the_products", {"z = np.sum(x * w)": "z = np.mean(x * w)"},
            en="z is the mean of the products; it must be their sum.",
            es="z es la media de los productos; debe ser su suma.",
        ),
        Mistake(
            "every_input_with_every_weight",
            {"z = np.sum(x * w)": "z = np.sum(np.outer(x, w))"},
            en="Every input is multiplied by every weight; each input has one weight, its own.",
            es="Cada entrada se multiplica por todos los pesos; cada entrada tiene un solo peso, el "
            "suyo.",
            number=12,
        ),
        Mistake(
            "weights_added", {"z = np.sum(x * w)": "z = np.sum(x + w)"},
            en="The weights are added to the inputs; they multiply them.",
            es="Los pesos se suman a las entradas; deben multiplicarlas.",
        ),
        Mistake(
            "first_weight_as_bias",
            {"z = np.sum(x * w)": "z = w[0] + np.sum(x[1:] * w[1:])"},
            en="The first weight is used as a bias; this perceptron has none, and w[0] multiplies "
            "x[0].",
            es="El primer peso se usa como bias; este perceptrón no tiene, y w[0] multiplica a x[0].",
        ),
        Mistake(
            "one_added", {"z = np.sum(x * w)": "z = 1 + np.sum(x * w)"},
            en="A bias of 1 is added; this perceptron has none.",
            es="Se suma un bias de 1; este perceptrón no tiene.",
        ),
        Mistake(
            "activation_left_out", {"y_hat = 1 / (1 + np.exp(-z))": "y_hat = 1 * z"},
            en="y_hat is z itself: the activation is missing.",
            es="y_hat es la propia z: falta la función de activación.",
        ),
        Mistake(
            "activation_before_the_sum",
            {"y_hat = 1 / (1 + np.exp(-z))": "y_hat = np.sum(1 / (1 + np.exp(-x * w)))"},
            en="The sigmoid is taken of each product and then summed; first the sum, then the sigmoid.",
            es="La sigmoide se aplica a cada producto y después se suma; primero va la suma y después "
            "la sigmoide.",
        ),
        Mistake(
            "sign_of_the_exponent",
            {"y_hat = 1 / (1 + np.exp(-z))": "y_hat = 1 / (1 + np.exp(z))"},
            en="This is the sigmoid of -z: the exponent is -z.",
            es="Esto es la sigmoide de -z: el exponente es -z.",
        ),
        Mistake(
            "exp_over_one_plus_exp",
            {"y_hat = 1 / (1 + np.exp(-z))": "y_hat = np.exp(z) / (1 + np.exp(z))"},
            en="exp(z) / (1 + exp(z)) is NaN for large z, inf / inf. 1 / (1 + exp(-z)) is not.",
            es="exp(z) / (1 + exp(z)) es NaN para z grande, inf / inf. 1 / (1 + exp(-z)) no lo es.",
            number=2,
        ),
        Mistake(
            "math_exp_overflows",
            {"y_hat = 1 / (1 + np.exp(-z))": "y_hat = 1 / (1 + math.exp(-z))"},
            en="math.exp raises OverflowError where z is far below 0. np.exp gives inf there, and "
            "1 / inf is 0, or choose the formula by the sign of z.",
            es="math.exp lanza OverflowError cuando z es muy negativa. np.exp da inf, y 1 / inf es 0; "
            "o elige la fórmula según el signo de z.",
            number=2,
        ),
        Mistake(
            "step_instead_of_sigmoid", {"y_hat = 1 / (1 + np.exp(-z))": "y_hat = 1.0 * (z > 0)"},
            en="This is the step function; the exercise asks for the sigmoid.",
            es="Esta es la función escalón; el ejercicio pide la sigmoide.",
        ),
        Mistake(
            "tanh_instead_of_sigmoid", {"y_hat = 1 / (1 + np.exp(-z))": "y_hat = np.tanh(z)"},
            en="This is tanh, between -1 and 1; the sigmoid lies between 0 and 1.",
            es="Esto es tanh, entre -1 y 1; la sigmoide está entre 0 y 1.",
        ),
        Mistake(
            "derivative_of_the_sigmoid",
            {"y_hat = 1 / (1 + np.exp(-z))":
             "s = 1 / (1 + np.exp(-z)); y_hat = s * (1 - s)"},
            en="This is the derivative of the sigmoid, s (1 - s); the output is s.",
            es="Esto es la derivada de la sigmoide, s (1 - s); la salida es s.",
        ),
    ],
)
