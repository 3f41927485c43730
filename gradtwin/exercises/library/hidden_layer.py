"""Perceptrons side by side, and one more on top of them: a network with one hidden layer."""

from __future__ import annotations

from ..exercise import Exercise
from ..lazy import torch
from ..variants import Layout, Mistake

exercise = Exercise(
    name="hidden_layer",
    title={"en": "A network with one hidden layer", "es": "Una red con una capa oculta"},
    section="Salida en una red totalmente conectada (1 capa oculta)",
    statement={
        "en": """
            A network with D inputs, H hidden neurons and one output neuron, all with the sigmoid as
            activation. X holds one example a row; W1 has a column for each hidden neuron and b1 a
            bias for each; W2 has one weight for each hidden neuron, and b2 is one number. Return

            - z1 and h, the weighted sums of the hidden neurons and their activations (N, H);
            - z2 and y_hat, the weighted sum of the output neuron and its activation, one number an
              example.

            Each step is graded on your own values for the steps before it.
        """,
        "es": """
            Una red con D entradas, H neuronas ocultas y una neurona de salida, todas con la sigmoide
            como función de activación. X tiene un ejemplo por fila; W1, una columna por neurona
            oculta, y b1, un bias para cada una; W2 tiene un peso por neurona oculta y b2 es un número.
            Devuelve

            - z1 y h, las sumas ponderadas de las neuronas ocultas y sus activaciones (N, H);
            - z2 e y_hat, la suma ponderada de la neurona de salida y su activación, un número por
              ejemplo.

            Cada paso se evalúa con tus propios valores de los pasos anteriores.
        """,
    },
    functions=["forward(X, W1, b1, W2, b2) -> z1, h, z2, y_hat"],
    shapes={"X": "N D", "W1": "D H", "b1": "H", "W2": "H", "b2": "",
            "z1": "N H", "h": "N H", "z2": "N", "y_hat": "N"},
    reference={
        "z1": lambda X, W1, b1: X @ W1 + b1,
        "h": lambda z1: torch.sigmoid(z1),
        "z2": lambda h, W2, b2: h @ W2 + b2,
        "y_hat": lambda z2: torch.sigmoid(z2),
    },
    right=[
        """
        import numpy as np

        def sigmoid(z):
            return 1 / (1 + np.exp(-z))

        def forward(X, W1, b1, W2, b2):
            z1 = X @ W1 + b1
            h = sigmoid(z1)
            z2 = h @ W2 + b2
            y_hat = sigmoid(z2)
            return z1, h, z2, y_hat
        """,
        """
        import numpy as np

        def sigmoid(z):
            e = np.exp(-np.abs(z))
            return np.where(z < 0, e, 1) / (1 + e)

        def forward(X, W1, b1, W2, b2):
            z1 = np.einsum("nd,dh->nh", X, W1) + b1
            z2 = np.einsum("nh,h->n", sigmoid(z1), W2) + b2
            return {"z1": z1, "h": sigmoid(z1), "z2": z2, "y_hat": sigmoid(z2)}
        """,
        """
        import math

        def perceptron(x, w, b):
            z = b + sum(xi * wi for xi, wi in zip(x, w))
            return z, 0.5 + 0.5 * math.tanh(z / 2)

        def forward(X, W1, b1, W2, b2):
            z1, h, z2, y_hat = [], [], [], []
            for x in X.tolist():
                neurons = [perceptron(x, w, b) for w, b in zip(W1.T.tolist(), b1.tolist())]
                z1.append([z for z, _ in neurons])
                h.append([a for _, a in neurons])
                z, a = perceptron(h[-1], W2.tolist(), float(b2))
                z2.append(z)
                y_hat.append(a)
            return z1, h, z2, y_hat
        """,
        """
        import numpy as np

        def forward(X, W1, b1, W2, b2):
            z1 = (W1.T @ X.T + b1[:, None]).T
            h = (1 + np.tanh(z1 / 2)) / 2
            z2 = np.dot(h, W2.reshape(-1, 1)) + b2      # a column: the same numbers
            return z1, h, z2, np.exp(-np.logaddexp(0, -z2))
        """,
    ],
    mistakes=[
        Mistake(
            "bias_left_out", {"z1 = X @ W1 + b1": "z1 = X @ W1"},
            en="The biases b1 of the hidden layer are not added.",
            es="No se suman los bias b1 de la capa oculta.",
            number=1,
        ),
        Mistake(
            "second_bias_left_out", {"z2 = h @ W2 + b2": "z2 = h @ W2"},
            en="The bias b2 of the output neuron is not added.",
            es="No se suma el bias b2 de la neurona de salida.",
            number=1,
        ),
        Mistake(
            "one_bias_for_the_layer", {"z1 = X @ W1 + b1": "z1 = X @ W1 + b1.sum()"},
            en="The sum of all biases is added to every hidden neuron; each has a bias of its own.",
            es="A cada neurona oculta se le suma la suma de todos los bias; cada una tiene su propio "
            "bias.",
        ),
        Mistake(
            "biases_swapped",
            {"z1 = X @ W1 + b1": "z1 = X @ W1 + b2", "z2 = h @ W2 + b2": "z2 = h @ W2 + b1.sum()"},
            en="The biases of the two layers are swapped: b1 belongs to the hidden layer, b2 to the "
            "output.",
            es="Los bias de las dos capas están intercambiados: b1 corresponde a la capa oculta y b2 a "
            "la salida.",
        ),
        Mistake(
            "elementwise_first_layer", {"z1 = X @ W1 + b1": "z1 = X * W1 + b1"},
            en="* multiplies entry by entry; the hidden layer is a product of matrices, X @ W1.",
            es="* multiplica elemento a elemento; la capa oculta es un producto de matrices, X @ W1.",
            number=37,
        ),
        Mistake(
            "elementwise_second_layer", {"z2 = h @ W2 + b2": "z2 = h * W2 + b2"},
            en="h * W2 is not summed: the output neuron adds the products of its H inputs, h @ W2.",
            es="h * W2 no se suma: la neurona de salida suma los productos de sus H entradas, h @ W2.",
            number=37,
        ),
        Mistake(
            "no_activation_in_the_hidden_layer", {"h = sigmoid(z1)": "h = 1 * z1"},
            en="The hidden layer has no activation: without it the whole network is one perceptron.",
            es="La capa oculta no tiene función de activación: sin ella toda la red equivale a un solo "
            "perceptrón.",
        ),
        Mistake(
            "no_activation_at_the_output", {"y_hat = sigmoid(z2)": "y_hat = 1 * z2"},
            en="y_hat is z2 itself: the activation of the output neuron is missing.",
            es="y_hat es la propia z2: falta la función de activación de la neurona de salida.",
        ),
        Mistake(
            "bias_after_the_activation",
            {"z1 = X @ W1 + b1": "z1 = X @ W1", "h = sigmoid(z1)": "h = sigmoid(z1) + b1"},
            en="The bias b1 is added after the sigmoid; it belongs inside: sigmoid(X W1 + b1).",
            es="El bias b1 se suma después de la sigmoide; va dentro: sigmoide(X W1 + b1).",
        ),
        Mistake(
            "relu_in_the_hidden_layer", {"h = sigmoid(z1)": "h = np.maximum(z1, 0)"},
            en="The hidden layer uses the ReLU; this network has the sigmoid.",
            es="La capa oculta usa la ReLU; esta red tiene la sigmoide.",
        ),
        Mistake(
            "tanh_in_the_hidden_layer", {"h = sigmoid(z1)": "h = np.tanh(z1)"},
            en="The hidden layer uses tanh; this network has the sigmoid.",
            es="La capa oculta usa tanh; esta red tiene la sigmoide.",
        ),
        Mistake(
            "activation_twice", {"h = sigmoid(z1)": "h = sigmoid(sigmoid(z1))"},
            en="The sigmoid is applied twice to the hidden layer.",
            es="La sigmoide se aplica dos veces a la capa oculta.",
        ),
        Mistake(
            "output_activation_twice", {"y_hat = sigmoid(z2)": "y_hat = sigmoid(sigmoid(z2))"},
            en="The sigmoid is applied twice to the output.",
            es="La sigmoide se aplica dos veces a la salida.",
        ),
        Mistake(
            "output_of_z1", {"z2 = h @ W2 + b2": "z2 = z1 @ W2 + b2"},
            en="The output neuron is given z1; its inputs are the activations h.",
            es="La neurona de salida recibe z1; sus entradas son las activaciones h.",
        ),
        Mistake(
            "mean_of_the_hidden_layer", {"z2 = h @ W2 + b2": "z2 = (h * W2).mean(axis=1) + b2"},
            en="The output neuron takes the mean of the products; it takes their sum.",
            es="La neurona de salida toma la media de los productos; debe tomar su suma.",
        ),
        Mistake(
            "summed_over_the_examples", {"z2 = h @ W2 + b2": "z2 = (h * W2).sum(axis=0) + b2"},
            en="The products are summed over the examples (axis 0) instead of over the hidden neurons "
            "(axis 1).",
            es="Los productos se suman sobre los ejemplos (eje 0) en vez de sobre las neuronas ocultas "
            "(eje 1).",
        ),
        Mistake(
            "sign_of_the_exponent", {"return 1 / (1 + np.exp(-z))": "return 1 / (1 + np.exp(z))"},
            en="This is the sigmoid of -z: the exponent is -z.",
            es="Esto es la sigmoide de -z: el exponente es -z.",
        ),
        Mistake(
            "exp_over_one_plus_exp",
            {"return 1 / (1 + np.exp(-z))": "return np.exp(z) / (1 + np.exp(z))"},
            en="exp(z) / (1 + exp(z)) is NaN for large z, inf / inf. 1 / (1 + exp(-z)) is not.",
            es="exp(z) / (1 + exp(z)) es NaN para z grande, inf / inf. 1 / (1 + exp(-z)) no lo es.",
            number=2,
        ),
        Mistake(
            "output_rounded", {"y_hat = sigmoid(z2)": "y_hat = np.where(z2 > 0, 1.0, 0.0)"},
            en="The output is rounded to 0 or 1; the exercise asks for the sigmoid of z2.",
            es="La salida se redondea a 0 o 1; el ejercicio pide la sigmoide de z2.",
        ),
    ],
    layouts=[
        Layout(
            "output_weights_as_a_column", {"W2": "column"},
            en="This works for W2 of shape (H, 1): accepted. Here W2 has shape (H,).",
            es="Esto funciona para W2 de forma (H, 1): se acepta. Aquí W2 tiene forma (H,).",
            accepted=True,
        ),
        Layout(
            "weights_out_in", {"W1": "T"},
            en="This is right for W1 of shape (H, D), as PyTorch stores it; this exercise asks for "
            "shape (D, H), X @ W1.",
            es="Esto es correcto para W1 de forma (H, D), como la guarda PyTorch; este ejercicio pide "
            "forma (D, H), X @ W1.",
        ),
        Layout(
            "examples_in_columns", {"X": "T", "W1": "T", "b1": "column", "z1": "T", "h": "T"},
            en="This is right with one example a column, W1 X + b1; this exercise asks for one example "
            "a row, X W1 + b1.",
            es="Esto es correcto con un ejemplo por columna, W1 X + b1; este ejercicio pide un ejemplo "
            "por fila, X W1 + b1.",
        ),
    ],
)
