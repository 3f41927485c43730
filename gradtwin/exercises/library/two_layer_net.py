"""A whole network by hand, step by step: the report names the first wrong line."""

from __future__ import annotations

import numpy as np

from ...samples.values import Values
from ..exercise import Exercise
from ..lazy import F, torch
from ..reference import gradient
from ..variants import Convention, Layout, Mistake


def one_hot(dims: str) -> Values:
    """One row an example, a single 1 in it."""
    return Values(
        dims,
        lambda rng, shape, _: np.eye(shape[1])[rng.integers(0, shape[1], shape[0])],
        differentiable=False,
    )


exercise = Exercise(
    name="two_layer_net",
    title={"en": "A network of two layers, forward and backward",
           "es": "Una red de dos capas, hacia delante y hacia atrás"},
    section="Entrenamiento de una red: Backpropagation",
    statement={
        "en": """
            A network with a hidden layer, one example a row:

            z1 = X W1 + b1,  a1 = tanh(z1),  z2 = a1 W2 + b2,
            loss = the mean over the examples of the cross entropy of softmax(z2) with the one-hot
            targets T.

            Write forward, which returns every intermediate value, and backward, which takes them and
            returns the gradient of the loss with respect to each of z2, W2, b2, z1, W1, b1. Each step
            is graded on your own values for the steps before it.
        """,
        "es": """
            Una red con una capa oculta y un ejemplo por fila:

            z1 = X W1 + b1,  a1 = tanh(z1),  z2 = a1 W2 + b2,
            loss = la media sobre los ejemplos de la entropía cruzada de softmax(z2) con las
            etiquetas one-hot T.

            Escribe forward, que devuelve todos los valores intermedios, y backward, que los recibe y
            devuelve el gradiente de la pérdida respecto de cada uno de z2, W2, b2, z1, W1, b1. Cada
            paso se evalúa con tus propios valores de los pasos anteriores.
        """,
    },
    functions=[
        "forward(X, T, W1, b1, W2, b2) -> z1, a1, z2, loss",
        "backward(X, T, W2, z1, a1, z2) -> dz2, dW2, db2, dz1, dW1, db1",
    ],
    shapes={
        "X": "N D", "W1": "D H", "b1": "H", "W2": "H C", "b2": "C", "T": "N C",
        "z1": "N H", "a1": "N H", "z2": "N C", "loss": "",
        "dz2": "N C", "dW2": "H C", "db2": "C", "dz1": "N H", "dW1": "D H", "db1": "H",
    },
    inputs={"T": one_hot("N C")},
    reference={
        "z1": lambda X, W1, b1: X @ W1 + b1,
        "a1": lambda z1: torch.tanh(z1),
        "z2": lambda a1, W2, b2: a1 @ W2 + b2,
        "loss": lambda z2, T: F.cross_entropy(z2, T),
        "dz2": gradient("loss", "z2"),
        "dW2": gradient("z2", "W2", "dz2"),
        "db2": gradient("z2", "b2", "dz2"),
        "dz1": gradient("z2", "z1", "dz2"),
        "dW1": gradient("z1", "W1", "dz1"),
        "db1": gradient("z1", "b1", "dz1"),
    },
    # by one's own a1, which differs from tanh(z1) where a1 itself is wrong
    also={"dz1": [lambda dz2, W2, a1: (dz2 @ W2.T) * (1 - a1**2)]},
    right=[
        """
        import numpy as np

        def softmax(z):
            e = np.exp(z - z.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True)

        def forward(X, T, W1, b1, W2, b2):
            z1 = X @ W1 + b1
            a1 = np.tanh(z1)
            z2 = a1 @ W2 + b2
            m = z2.max(axis=1, keepdims=True)
            log_p = z2 - m - np.log(np.exp(z2 - m).sum(axis=1, keepdims=True))
            loss = -(T * log_p).sum() / len(X)
            return z1, a1, z2, loss

        def backward(X, T, W2, z1, a1, z2):
            dz2 = (softmax(z2) - T) / len(X)
            dW2 = a1.T @ dz2
            db2 = dz2.sum(axis=0)
            da1 = dz2 @ W2.T
            dz1 = da1 * (1 - a1**2)
            dW1 = X.T @ dz1
            db1 = dz1.sum(axis=0)
            return dz2, dW2, db2, dz1, dW1, db1
        """,
        """
        import numpy as np

        def forward(X, T, W1, b1, W2, b2):
            z1 = np.einsum("nd,dh->nh", X, W1) + b1
            a1 = np.tanh(z1)
            z2 = np.einsum("nh,hc->nc", a1, W2) + b2
            each = np.logaddexp.reduce(z2, axis=1) - (T * z2).sum(axis=1)
            return {"z1": z1, "a1": a1, "z2": z2, "loss": each.mean()}

        def backward(X, T, W2, z1, a1, z2):
            p = np.exp(z2 - np.logaddexp.reduce(z2, axis=1)[:, None])
            dz2 = (p - T) / X.shape[0]
            dz1 = np.einsum("nc,hc->nh", dz2, W2) / np.cosh(np.clip(z1, -300, 300)) ** 2
            return {
                "dz2": dz2, "dW2": np.einsum("nh,nc->hc", a1, dz2), "db2": np.einsum("nc->c", dz2),
                "dz1": dz1, "dW1": np.einsum("nd,nh->dh", X, dz1), "db1": np.einsum("nh->h", dz1),
            }
        """,
        """
        import numpy as np

        def forward(X, T, W1, b1, W2, b2):
            z1, a1, z2, loss = [], [], [], 0.0
            for x, t in zip(X, T):
                z1.append(x @ W1 + b1)
                a1.append(np.tanh(z1[-1]))
                z2.append(a1[-1] @ W2 + b2)
                m = z2[-1].max()
                loss += m + np.log(np.exp(z2[-1] - m).sum()) - z2[-1][t == 1].sum()
            return np.array(z1), np.array(a1), np.array(z2), float(loss) / len(X)

        def backward(X, T, W2, z1, a1, z2):
            dz2, dz1 = np.zeros_like(z2), np.zeros_like(z1)
            dW2, db2 = np.zeros_like(W2), np.zeros_like(W2[0])
            dW1, db1 = np.zeros((X.shape[1], z1.shape[1]), X.dtype), np.zeros_like(z1[0])
            for n in range(len(X)):
                e = np.exp(z2[n] - z2[n].max())
                dz2[n] = (e / e.sum() - T[n]) / len(X)
                dW2 += np.outer(a1[n], dz2[n])
                db2 += dz2[n]
                dz1[n] = (W2 @ dz2[n]) * (1 - a1[n]) * (1 + a1[n])
                dW1 += np.outer(X[n], dz1[n])
                db1 += dz1[n]
            return dz2, dW2, db2, dz1, dW1, db1
        """,
    ],
    mistakes=[
        Mistake(
            "bias_left_out", {"z1 = X @ W1 + b1": "z1 = X @ W1"},
            en="The bias b1 is not added to z1.",
            es="No se suma el bias b1 a z1.",
            number=1,
        ),
        Mistake(
            "second_bias_left_out", {"z2 = a1 @ W2 + b2": "z2 = a1 @ W2"},
            en="The bias b2 is not added to z2.",
            es="No se suma el bias b2 a z2.",
            number=1,
        ),
        Mistake(
            "no_activation", {"a1 = np.tanh(z1)": "a1 = 1 * z1"},
            en="The hidden layer has no activation: a1 = tanh(z1). Without it two layers are one.",
            es="La capa oculta no tiene activación: a1 = tanh(z1). Sin ella dos capas son una.",
        ),
        Mistake(
            "second_layer_of_z1", {"z2 = a1 @ W2 + b2": "z2 = z1 @ W2 + b2"},
            en="The second layer is given z1; it takes the activation a1.",
            es="La segunda capa recibe z1; debe recibir la activación a1.",
        ),
        Mistake(
            "loss_summed",
            {"loss = -(T * log_p).sum() / len(X)": "loss = -(T * log_p).sum()"},
            en="The loss is summed over the batch instead of averaged.",
            es="La pérdida se suma sobre el lote en vez de promediarse.",
            number=8,
        ),
        Mistake(
            "loss_over_n_and_c",
            {"loss = -(T * log_p).sum() / len(X)": "loss = -(T * log_p).mean()"},
            en="The mean runs over all N C entries; only the N rows are averaged.",
            es="La media recorre las N C entradas; solo se promedian las N filas.",
            number=8,
        ),
        Mistake(
            "minus_sign_missing",
            {"loss = -(T * log_p).sum() / len(X)": "loss = (T * log_p).sum() / len(X)"},
            en="The minus sign of the cross entropy is missing.",
            es="Falta el signo menos de la entropía cruzada.",
            number=9,
        ),
        Mistake(
            "one_hot_not_subtracted",
            {"dz2 = (softmax(z2) - T) / len(X)": "dz2 = softmax(z2) / len(X)"},
            en="The targets are not subtracted: dz2 = (p - T) / N.",
            es="No se restan las etiquetas: dz2 = (p - T) / N.",
            number=30,
        ),
        Mistake(
            "extra_derivative",
            {"dz2 = (softmax(z2) - T) / len(X)":
             "p = softmax(z2); dz2 = (p - T) * p * (1 - p) / len(X)"},
            en="p - T already contains the derivative of the softmax: the factor p (1 - p) is too "
            "much.",
            es="p - T ya contiene la derivada de la softmax: sobra el factor p (1 - p).",
            number=20,
        ),
        Mistake(
            "gradient_not_averaged",
            {"dz2 = (softmax(z2) - T) / len(X)": "dz2 = softmax(z2) - T"},
            en="The 1/N of the mean loss is missing: every gradient is N times too large.",
            es="Falta el 1/N de la pérdida media: todos los gradientes son N veces demasiado grandes.",
            number=31,
        ),
        Mistake(
            "averaged_twice",
            {"dz2 = (softmax(z2) - T) / len(X)": "dz2 = (softmax(z2) - T) / len(X) ** 2"},
            en="The gradient is divided by N twice.",
            es="El gradiente está dividido entre N dos veces.",
            number=33,
        ),
        Mistake(
            "averaged_again_in_the_hidden_layer",
            {"dW1 = X.T @ dz1": "dW1 = X.T @ dz1 / len(X)",
             "db1 = dz1.sum(axis=0)": "db1 = dz1.sum(axis=0) / len(X)"},
            en="The hidden layer is divided by N once more: the 1/N is already in dz2.",
            es="La capa oculta se divide otra vez entre N: el 1/N ya está en dz2.",
            number=32,
        ),
        Mistake(
            "sign_of_the_gradient",
            {"dz2 = (softmax(z2) - T) / len(X)": "dz2 = (T - softmax(z2)) / len(X)"},
            en="The sign is reversed: dz2 = (p - T) / N.",
            es="El signo está al revés: dz2 = (p - T) / N.",
            number=49,
        ),
        Mistake(
            "weight_gradient_of_z1", {"dW2 = a1.T @ dz2": "dW2 = z1.T @ dz2"},
            en="dW2 is computed with z1; the second layer's input is a1.",
            es="dW2 se calcula con z1; la entrada de la segunda capa es a1.",
        ),
        Mistake(
            "weight_gradient_transposed", {"dW2 = a1.T @ dz2": "dW2 = dz2.T @ a1"},
            en="dW2 is transposed: it has the shape of W2, so a1.T @ dz2.",
            es="dW2 está transpuesta: tiene la forma de W2, es decir a1.T @ dz2.",
            number=38,
        ),
        Mistake(
            "bias_gradient_not_summed",
            {"db2 = dz2.sum(axis=0)": "db2 = dz2", "db1 = dz1.sum(axis=0)": "db1 = dz1"},
            en="The bias gradients are not summed over the batch.",
            es="Los gradientes de los bias no se suman sobre el lote.",
            number=34,
        ),
        # The next two are both 0 for softmax with cross entropy: each row of dz2 sums to 0.
        Mistake(
            "bias_gradient_summed_over_all",
            {"db2 = dz2.sum(axis=0)": "db2 = dz2.sum() * np.ones(dz2.shape[1])"},
            en="db2 is summed over both axes; each output has its own bias: dz2.sum(axis=0).",
            es="db2 se suma sobre los dos ejes; cada salida tiene su propio bias: dz2.sum(axis=0).",
            number=35, twins=["bias_not_trained"],
        ),
        Mistake(
            "bias_not_trained", {"db2 = dz2.sum(axis=0)": "db2 = np.zeros(dz2.shape[1])"},
            en="db2 is 0: the bias would never be trained. Its gradient is dz2.sum(axis=0).",
            es="db2 es 0: el bias no se entrenaría nunca. Su gradiente es dz2.sum(axis=0).",
            number=36, twins=["bias_gradient_summed_over_all"],
        ),
        Mistake(
            "bias_gradient_mean",
            {"db2 = dz2.sum(axis=0)": "db2 = dz2.mean(axis=0)",
             "db1 = dz1.sum(axis=0)": "db1 = dz1.mean(axis=0)"},
            en="The bias gradients are means where sums belong: the 1/N is already in dz2.",
            es="Los gradientes de los bias son medias donde van sumas: el 1/N ya está en dz2.",
            number=35,
        ),
        Mistake(
            "activation_derivative_left_out",
            {"dz1 = da1 * (1 - a1**2)": "dz1 = 1 * da1"},
            en="The derivative of tanh is missing in dz1: da1 * (1 - a1²).",
            es="Falta la derivada de tanh en dz1: da1 * (1 - a1²).",
            number=19,
        ),
        Mistake(
            "derivative_with_z", {"dz1 = da1 * (1 - a1**2)": "dz1 = da1 * (1 - z1**2)"},
            en="1 - a² holds for the activation a1; here it is computed with z1.",
            es="1 - a² vale para la activación a1; aquí se calcula con z1.",
            number=18,
        ),
        Mistake(
            "derivative_at_the_activation",
            {"dz1 = da1 * (1 - a1**2)": "dz1 = da1 * (1 - np.tanh(a1)**2)"},
            en="The derivative of tanh is evaluated at a1 instead of at z1: tanh is applied twice.",
            es="La derivada de tanh se evalúa en a1 en vez de en z1: tanh se aplica dos veces.",
            number=18,
        ),
        Mistake(
            "derivative_with_plus", {"dz1 = da1 * (1 - a1**2)": "dz1 = da1 * (1 + a1**2)"},
            en="The derivative of tanh is 1 - a1², with a minus sign.",
            es="La derivada de tanh es 1 - a1², con signo menos.",
            number=18,
        ),
        Mistake(
            "derivative_of_the_sigmoid", {"dz1 = da1 * (1 - a1**2)": "dz1 = da1 * a1 * (1 - a1)"},
            en="a (1 - a) is the derivative of the sigmoid; that of tanh is 1 - a1².",
            es="a (1 - a) es la derivada de la sigmoide; la de tanh es 1 - a1².",
        ),
        Mistake(
            "derivative_of_the_error",
            {"dz1 = da1 * (1 - a1**2)": "dz1 = da1 * (1 - da1**2)"},
            en="The derivative of the activation is computed with the error da1 instead of a1.",
            es="La derivada de la activación se calcula con el error da1 en vez de con a1.",
            number=42,
        ),
        Mistake(
            "weights_not_transposed", {"da1 = dz2 @ W2.T": "da1 = dz2 @ W2"},
            en="The error is passed back through W2 without transposing it: dz2 @ W2.T.",
            es="El error se propaga con W2 sin transponer: dz2 @ W2.T.",
            number=38,
        ),
        Mistake(
            "passed_back_through_weight_gradient",
            {"da1 = dz2 @ W2.T": "da1 = dz2 @ dW2.T"},
            en="The error is passed back through dW2; it is W2 that connects the layers.",
            es="El error se propaga con dW2; es W2 la que conecta las capas.",
            number=39,
        ),
        Mistake(
            "weights_already_updated",
            {"da1 = dz2 @ W2.T": "da1 = dz2 @ (W2 - 0.1 * dW2).T"},
            en="W2 is updated (with a step of 0.1) before the error is passed back through it: first "
            "all gradients, then the step.",
            es="W2 se actualiza (con un paso de 0,1) antes de propagar el error con ella: primero "
            "todos los gradientes, después el paso.",
            number=40,
        ),
        Mistake(
            "passed_back_without_weights",
            {"da1 = dz2 @ W2.T": "da1 = dz2 @ np.ones_like(W2).T"},
            en="The error is passed back without the weights: dz2 @ W2.T.",
            es="El error se propaga sin los pesos: dz2 @ W2.T.",
            number=41,
        ),
        Mistake(
            "first_layer_of_a1", {"dW1 = X.T @ dz1": "dW1 = a1.T @ dz1"},
            en="dW1 is computed with a1; the first layer's input is X.",
            es="dW1 se calcula con a1; la entrada de la primera capa es X.",
        ),
    ],
    conventions=[
        Convention(
            "n_in_the_weight_gradients",
            {"dz2 = (softmax(z2) - T) / len(X)": "dz2 = softmax(z2) - T",
             "dW2 = a1.T @ dz2": "dW2 = a1.T @ dz2 / len(X)",
             "db2 = dz2.sum(axis=0)": "db2 = dz2.sum(axis=0) / len(X)",
             "dW1 = X.T @ dz1": "dW1 = X.T @ dz1 / len(X)",
             "db1 = dz1.sum(axis=0)": "db1 = dz1.sum(axis=0) / len(X)"},
            en="The 1/N is applied in the gradients of weights and biases rather than in dz2: another "
            "way of ordering the same computation, accepted.",
            es="El 1/N se aplica en los gradientes de pesos y bias en vez de en dz2: otra manera de "
            "ordenar el mismo cálculo, aceptada.",
        ),
        Convention(
            "summed_over_the_batch",
            {"loss = -(T * log_p).sum() / len(X)": "loss = -(T * log_p).sum()",
             "dz2 = (softmax(z2) - T) / len(X)": "dz2 = (softmax(z2) - T) * 1"},
            en="Right for a loss that is summed over the batch; this exercise asks for the mean.",
            es="Correcto para una pérdida sumada sobre el lote; este ejercicio pide la media.",
            accepted=False,
        ),
    ],
    layouts=[
        Layout(
            "weights_out_in", {"W1": "T", "W2": "T", "dW1": "T", "dW2": "T"},
            en="This is right for weights of shape (outputs, inputs), as PyTorch stores them; this "
            "exercise asks for (inputs, outputs), X W1.",
            es="Esto es correcto para pesos de forma (salidas, entradas), como los guarda PyTorch; "
            "este ejercicio pide (entradas, salidas), X W1.",
        ),
        Layout(
            "examples_in_columns",
            {"X": "T", "T": "T", "W1": "T", "W2": "T", "b1": "column", "b2": "column", "z1": "T",
             "a1": "T", "z2": "T", "dz2": "T", "dW2": "T", "dz1": "T", "dW1": "T"},
            en="This is right with one example a column, W1 X + b1; this exercise asks for one example "
            "a row, X W1 + b1.",
            es="Esto es correcto con un ejemplo por columna, W1 X + b1; este ejercicio pide un ejemplo "
            "por fila, X W1 + b1.",
        ),
    ],
)
