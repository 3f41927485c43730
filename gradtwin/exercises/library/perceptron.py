"""A perceptron with its bias, for all the examples of a batch at once."""

from __future__ import annotations

from ..exercise import Exercise
from ..lazy import torch
from ..variants import Convention, Layout, Mistake

exercise = Exercise(
    name="perceptron",
    title={"en": "A perceptron with bias", "es": "Un perceptrón con bias"},
    section="El perceptrón: la pieza clave de una red neuronal",
    statement={
        "en": """
            A perceptron with weights w and a bias b (one number), for N examples at once: one example
            a row of X. Return, with one number an example,

            - z, the weighted sum of each row's inputs plus the bias;
            - y_hat, the sigmoid of z. It must be 0 or 1, not NaN, where z is very large.
        """,
        "es": """
            Un perceptrón con pesos w y un bias b (un número), para N ejemplos a la vez: un ejemplo por
            fila de X. Devuelve, con un número por ejemplo,

            - z, la suma ponderada de las entradas de cada fila más el bias;
            - y_hat, la sigmoide de z. Debe ser 0 o 1, no NaN, cuando z es muy grande.
        """,
    },
    functions=["perceptron(X, w, b) -> z, y_hat"],
    shapes={"X": "N D", "w": "D", "b": "", "z": "N", "y_hat": "N"},
    reference={"z": lambda X, w, b: X @ w + b, "y_hat": lambda z: torch.sigmoid(z)},
    right=[
        """
        import numpy as np

        def perceptron(X, w, b):
            z = X @ w + b
            y_hat = 1 / (1 + np.exp(-z))
            return z, y_hat
        """,
        """
        import math

        def perceptron(X, w, b):
            zs, outputs = [], []
            for x in X.tolist():
                z = b
                for xi, wi in zip(x, w.tolist()):
                    z += xi * wi
                zs.append(float(z))
                outputs.append(0.5 * (1 + math.tanh(0.5 * z)))
            return zs, outputs
        """,
        """
        import numpy as np

        def perceptron(X, w, b):
            z = (X * w).sum(axis=1, keepdims=True) + b  # a column: the same numbers
            e = np.exp(-np.abs(z))
            return z, np.where(z < 0, e, 1) / (1 + e)
        """,
        """
        import numpy as np

        def perceptron(X, w, b):
            ones = np.ones((X.shape[0], 1), X.dtype)
            z = np.hstack([ones, X]) @ np.concatenate([[b], w]).astype(X.dtype)
            return {"z": z, "y_hat": np.exp(-np.logaddexp(0, -z))}
        """,
    ],
    mistakes=[
        Mistake(
            "bias_left_out", {"z = X @ w + b": "z = X @ w"},
            en="The bias is not added: for x = 0, z must be b.",
            es="No se suma el bias: para x = 0, z debe ser b.",
            number=1,
        ),
        Mistake(
            "bias_in_every_term", {"z = X @ w + b": "z = (X * w + b).sum(axis=1)"},
            en="The bias is added to every product before the sum, so it counts once an input; it is "
            "added once.",
            es="El bias se suma a cada producto antes de sumar, así que cuenta una vez por entrada; se "
            "suma una sola vez.",
        ),
        Mistake(
            "bias_multiplied", {"z = X @ w + b": "z = X @ w * b"},
            en="The bias multiplies the sum; it is added to it.",
            es="El bias multiplica a la suma; debe sumarse a ella.",
        ),
        Mistake(
            "bias_after_the_activation",
            {"z = X @ w + b": "z = X @ w", "y_hat = 1 / (1 + np.exp(-z))":
             "y_hat = 1 / (1 + np.exp(-z)) + b"},
            en="The bias is added to the output of the sigmoid; it belongs inside: "
            "sigmoid(sum + b).",
            es="El bias se suma a la salida de la sigmoide; va dentro: sigmoide(suma + b).",
        ),
        Mistake(
            "bias_twice",
            {"y_hat = 1 / (1 + np.exp(-z))": "y_hat = 1 / (1 + np.exp(-(z + b)))"},
            en="The bias is already in z; in the sigmoid it is added a second time.",
            es="El bias ya está en z; en la sigmoide se suma por segunda vez.",
        ),
        Mistake(
            "not_summed", {"z = X @ w + b": "z = X * w + b"},
            en="* multiplies entry by entry and adds nothing up: each example needs the sum of its "
            "products, X @ w.",
            es="* multiplica elemento a elemento y no suma nada: cada ejemplo necesita la suma de sus "
            "productos, X @ w.",
            number=37,
        ),
        Mistake(
            "summed_over_the_examples", {"z = X @ w + b": "z = (X * w).sum(axis=0) + b"},
            en="The sum runs over the examples (axis 0); it must run over the inputs of each example "
            "(axis 1).",
            es="La suma recorre los ejemplos (eje 0); debe recorrer las entradas de cada ejemplo "
            "(eje 1).",
        ),
        Mistake(
            "summed_over_everything", {"z = X @ w + b": "z = (X * w).sum() + b"},
            en="The sum runs over the whole batch: every example must have a z of its own.",
            es="La suma recorre todo el lote: cada ejemplo debe tener su propia z.",
        ),
        Mistake(
            "mean_of_the_products", {"z = X @ w + b": "z = (X * w).mean(axis=1) + b"},
            en="z is built from the mean of the products; it must be their sum.",
            es="z se calcula con la media de los productos; debe ser su suma.",
        ),
        Mistake(
            "every_input_with_every_weight",
            {"z = X @ w + b": "z = X.sum(axis=1) * w.sum() + b"},
            en="Every input is multiplied by every weight; each input has one weight, its own.",
            es="Cada entrada se multiplica por todos los pesos; cada entrada tiene un solo peso, el "
            "suyo.",
            number=12,
        ),
        Mistake(
            "activation_left_out", {"y_hat = 1 / (1 + np.exp(-z))": "y_hat = 1 * z"},
            en="y_hat is z itself: the activation is missing.",
            es="y_hat es la propia z: falta la función de activación.",
        ),
        Mistake(
            "activation_before_the_sum",
            {"y_hat = 1 / (1 + np.exp(-z))":
             "y_hat = (1 / (1 + np.exp(-X * w))).sum(axis=1) + b"},
            en="The sigmoid is taken of each product and then summed; first the sum and the bias, then "
            "the sigmoid.",
            es="La sigmoide se aplica a cada producto y después se suma; primero van la suma y el "
            "bias, y después la sigmoide.",
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
            "step_instead_of_sigmoid", {"y_hat = 1 / (1 + np.exp(-z))": "y_hat = 1.0 * (z > 0)"},
            en="This is the step function; the exercise asks for the sigmoid.",
            es="Esta es la función escalón; el ejercicio pide la sigmoide.",
        ),
        Mistake(
            "shares_of_the_batch",
            {"y_hat = 1 / (1 + np.exp(-z))":
             "e = np.exp(z - z.max()); y_hat = e / e.sum()"},
            en="This is a softmax over the examples: their outputs sum to 1. Each example has a "
            "sigmoid of its own.",
            es="Esto es una softmax sobre los ejemplos: sus salidas suman 1. Cada ejemplo tiene su "
            "propia sigmoide.",
        ),
    ],
    conventions=[
        Convention(
            "threshold", {"z = X @ w + b": "z = X @ w - b"},
            en="Right for a threshold that is subtracted; this exercise asks for a bias that is "
            "added, z = X w + b.",
            es="Correcto para un umbral que se resta; este ejercicio pide un bias que se suma, "
            "z = X w + b.",
            accepted=False,
        ),
    ],
    layouts=[
        Layout(
            "weights_as_a_column", {"w": "column"},
            en="This works for w of shape (D, 1): accepted. Here w has shape (D,).",
            es="Esto funciona para w de forma (D, 1): se acepta. Aquí w tiene forma (D,).",
            accepted=True,
        ),
        Layout(
            "examples_in_columns", {"X": "T"},
            en="This is right with one example a column, X.T w + b; this exercise asks for one "
            "example a row, X w + b.",
            es="Esto es correcto con un ejemplo por columna, X.T w + b; este ejercicio pide un ejemplo "
            "por fila, X w + b.",
        ),
    ],
)
