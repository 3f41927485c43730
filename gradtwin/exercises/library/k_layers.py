"""As many layers as there are matrices: the same step over and over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...samples.values import Values
from ..exercise import Exercise
from ..lazy import torch
from ..variants import Convention, Layout, Mistake
from .gradient_descent import short

LAYERS = {5: 3, 4: 2, 3: 2, 2: 4, 1: 1}
"""Number of layers by number of examples: the probes have from one to four."""


def depth() -> Values:
    """How many of the four layers there are."""

    def draw(_: np.random.Generator, __: tuple[int, ...], lengths: Mapping[str, int]) -> int:
        return LAYERS.get(lengths["N"], 4)

    return Values("", draw, floating=False)


def small(dims: str) -> Values:
    """Numbers near 0, so that tanh after tanh does not saturate."""
    return short(Values(dims, lambda rng, shape, _: rng.normal(0, 0.7, shape)))


def layer(number: int) -> Any:
    """The activations of a layer from those before it; nothing where there is no such layer."""

    def value(k: Any, before: Any, W: Any, b: Any) -> Any:
        if number > int(k):
            return torch.zeros(0, dtype=torch.float64)
        z = before @ W + b
        return z if number == int(k) else torch.tanh(z)

    return value


first, second, third, fourth = (layer(n) for n in (1, 2, 3, 4))

exercise = Exercise(
    name="k_layers",
    title={"en": "A network of k layers", "es": "Una red de k capas"},
    section="Evaluación de una red con varias capas",
    statement={
        "en": """
            A fully connected network with any number of layers. weights is a list of matrices, each
            with a row for each input of its layer and a column for each of its neurons; biases is a
            list of vectors. X holds one example a row. Every layer takes the activations h of the one
            before it (the first one X) and computes h W + b; all layers but the last then apply tanh.

            Return the list of the activations of every layer; its last entry is the output. Your
            function is called with one, two, three and four layers.
        """,
        "es": """
            Una red totalmente conectada con cualquier número de capas. weights es una lista de
            matrices, cada una con una fila por entrada de su capa y una columna por neurona; biases es
            una lista de vectores. X tiene un ejemplo por fila. Cada capa recibe las activaciones h de
            la anterior (la primera, X) y calcula h W + b; todas menos la última aplican después tanh.

            Devuelve la lista de las activaciones de todas las capas; su último elemento es la salida.
            Tu función se llama con una, dos, tres y cuatro capas.
        """,
    },
    functions=["forward(k, X, W1, b1, W2, b2, W3, b3, W4, b4) -> h1, h2, h3, h4"],
    shapes={"X": "N A", "W1": "A B", "b1": "B", "W2": "B C", "b2": "C", "W3": "C D", "b3": "D",
            "W4": "D E", "b4": "E", "h1": "N B", "h2": "N C", "h3": "N D", "h4": "N E"},
    inputs={
        "k": depth(),
        "W1": small("A B"), "W2": small("B C"), "W3": small("C D"), "W4": small("D E"),
    },
    reference={
        "h1": lambda k, X, W1, b1: first(k, X, W1, b1),
        "h2": lambda k, h1, W2, b2: second(k, h1, W2, b2),
        "h3": lambda k, h2, W3, b3: third(k, h2, W3, b3),
        "h4": lambda k, h3, W4, b4: fourth(k, h3, W4, b4),
    },
    # The list of any length that a student returns, as four arrays: empty ones where there are none.
    driver="""
def _as_lists(student):
    import numpy as np

    def forward(k, X, *parameters):
        layers = student(X, list(parameters[0::2])[:k], list(parameters[1::2])[:k])
        if not isinstance(layers, (list, tuple)):
            layers = list(layers) if np.ndim(layers) == 3 else [layers]
        layers = list(layers)
        if len(layers) == k + 1 and np.array_equal(layers[0], X):
            layers = layers[1:]                         # the input counted as a layer
        return layers + [np.zeros(0, X.dtype)] * (4 - len(layers))

    return forward

if callable(globals().get("forward")):
    forward = _as_lists(forward)
""",
    shown={"forward": "layers = forward(X, [W1, W2, W3, W4][:k], [b1, b2, b3, b4][:k])\n"
                      "print(layers)  # h1, h2, ..."},
    starter={
        "en": '''
            import numpy as np


            def forward(X, weights, biases):
                """The activations of every layer.

                X: (N, inputs); weights: k matrices (inputs, neurons); biases: k vectors (neurons,).
                Returns a list of k arrays (N, neurons).
                """
                raise NotImplementedError
        ''',
        "es": '''
            import numpy as np


            def forward(X, weights, biases):
                """Las activaciones de todas las capas.

                X: (N, entradas); weights: k matrices (entradas, neuronas); biases: k vectores
                (neuronas,). Devuelve una lista de k arrays (N, neuronas).
                """
                raise NotImplementedError
        ''',
    },
    right=[
        """
        import numpy as np

        def forward(X, weights, biases):
            layers = []
            h = X
            for i in range(len(weights)):
                z = h @ weights[i] + biases[i]
                last = i == len(weights) - 1
                h = z if last else np.tanh(z)
                layers.append(h)
            return layers
        """,
        """
        import numpy as np

        def forward(X, weights, biases):
            *hidden, output = zip(weights, biases)
            layers = [X]
            for W, b in hidden:
                layers.append(np.tanh(np.einsum("ni,io->no", layers[-1], W) + b))
            layers.append(np.dot(layers[-1], output[0]) + output[1])
            return tuple(layers[1:])
        """,
        """
        import numpy as np

        def forward(X, weights, biases):
            W, b = weights[0], biases[0]
            z = np.stack([x @ W + b for x in X])
            if len(weights) == 1:
                return [z]
            h = 2 / (1 + np.exp(-2 * z)) - 1            # tanh
            return [h] + forward(h, weights[1:], biases[1:])
        """,
        """
        import math

        def forward(X, weights, biases):
            layers = [X]
            for number, (W, b) in enumerate(zip(weights, biases), 1):
                rows = []
                for h in layers[-1]:
                    z = [sum(hi * wi for hi, wi in zip(h, w)) + bj for w, bj in zip(W.T, b)]
                    rows.append([x if number == len(weights) else math.tanh(x) for x in z])
                layers.append(rows)
            return layers
        """,
    ],
    mistakes=[
        Mistake(
            "biases_left_out",
            {"z = h @ weights[i] + biases[i]": "z = h @ weights[i]"},
            en="The biases are not added.",
            es="No se suman los bias.",
            number=1,
        ),
        Mistake(
            "first_bias_everywhere",
            {"z = h @ weights[i] + biases[i]": "z = h @ weights[i] + biases[0]"},
            en="Every layer is given the first layer's bias: biases[i] belongs to layer i.",
            es="Todas las capas reciben el bias de la primera: a la capa i le corresponde biases[i].",
        ),
        Mistake(
            "first_weights_everywhere",
            {"z = h @ weights[i] + biases[i]": "z = h @ weights[0] + biases[i]"},
            en="Every layer is given the first layer's weights: weights[i] belongs to layer i.",
            es="Todas las capas reciben los pesos de la primera: a la capa i le corresponde "
            "weights[i].",
        ),
        Mistake(
            "every_layer_of_the_input",
            {"z = h @ weights[i] + biases[i]": "z = X @ weights[i] + biases[i]"},
            en="Every layer is given X; each takes the activations of the layer before it.",
            es="Todas las capas reciben X; cada una recibe las activaciones de la anterior.",
        ),
        Mistake(
            "layers_backwards",
            {"z = h @ weights[i] + biases[i]": "z = h @ weights[-1 - i] + biases[-1 - i]"},
            en="The layers are run from the last to the first.",
            es="Las capas se recorren de la última a la primera.",
        ),
        Mistake(
            "elementwise",
            {"z = h @ weights[i] + biases[i]": "z = h * weights[i] + biases[i]"},
            en="* multiplies entry by entry; a layer is a product of matrices, h @ W.",
            es="* multiplica elemento a elemento; una capa es un producto de matrices, h @ W.",
            number=37,
        ),
        Mistake(
            "no_activation", {"h = z if last else np.tanh(z)": "h = z"},
            en="There is no activation: k layers without one are a single layer.",
            es="No hay función de activación: k capas sin ella equivalen a una sola.",
        ),
        Mistake(
            "sigmoid_instead_of_tanh",
            {"h = z if last else np.tanh(z)": "h = z if last else 1 / (1 + np.exp(-z))"},
            en="The hidden layers use the sigmoid; this network has tanh.",
            es="Las capas ocultas usan la sigmoide; esta red tiene tanh.",
        ),
        Mistake(
            "relu_instead_of_tanh",
            {"h = z if last else np.tanh(z)": "h = z if last else np.maximum(z, 0)"},
            en="The hidden layers use the ReLU; this network has tanh.",
            es="Las capas ocultas usan la ReLU; esta red tiene tanh.",
        ),
        Mistake(
            "activation_only_at_the_end", {"last = i == len(weights) - 1": "last = i < len(weights) - 1"},
            en="tanh is applied to the last layer only; it belongs to all but the last.",
            es="tanh se aplica solo a la última capa; corresponde a todas menos la última.",
        ),
        Mistake(
            "one_activation_missing", {"last = i == len(weights) - 1": "last = i >= len(weights) - 2"},
            en="The last hidden layer has no activation either: only the output has none.",
            es="A la última capa oculta también le falta la función de activación: solo la salida no "
            "la lleva.",
        ),
        Mistake(
            "activation_only_in_the_first", {"last = i == len(weights) - 1": "last = i > 0"},
            en="Only the first layer has an activation; every layer but the last has one.",
            es="Solo la primera capa tiene función de activación; la tienen todas menos la última.",
        ),
        Mistake(
            "first_layer_linear", {"last = i == len(weights) - 1": "last = i == 0"},
            en="The first layer has no activation and the last one has: it is the other way round.",
            es="La primera capa no tiene función de activación y la última sí: es al revés.",
        ),
        Mistake(
            "sums_instead_of_activations", {"layers.append(h)": "layers.append(z)"},
            en="The list holds the weighted sums z of the hidden layers; it must hold their "
            "activations, tanh(z).",
            es="La lista contiene las sumas ponderadas z de las capas ocultas; debe contener sus "
            "activaciones, tanh(z).",
        ),
        Mistake(
            "number_of_layers_fixed",
            {"for i in range(len(weights)):": "for i in range(2):"},
            en="The number of layers is fixed at two; there are as many as there are matrices in the "
            "list.",
            es="El número de capas está fijado en dos; hay tantas como matrices en la lista.",
        ),
        Mistake(
            "last_layer_missing",
            {"for i in range(len(weights)):": "for i in range(len(weights) - 1):"},
            en="The last layer is missing from the list.",
            es="Falta la última capa en la lista.",
        ),
        Mistake(
            "only_the_output", {"return layers": "return layers[-1:]"},
            en="Only the output is returned; the exercise asks for the activations of every layer.",
            es="Solo se devuelve la salida; el ejercicio pide las activaciones de todas las capas.",
        ),
    ],
    conventions=[
        Convention(
            "activation_at_the_output", {"h = z if last else np.tanh(z)": "h = np.tanh(z)"},
            en="Right for a network whose output has the activation too; in this exercise the last "
            "layer has none.",
            es="Correcto para una red cuya salida también lleva la función de activación; en este "
            "ejercicio la última capa no la lleva.",
            accepted=False,
        ),
    ],
    layouts=[
        Layout(
            "weights_out_in", {"W1": "T", "W2": "T", "W3": "T", "W4": "T"},
            en="This is right for weights of shape (neurons, inputs), as PyTorch stores them; this "
            "exercise asks for (inputs, neurons), h @ W.",
            es="Esto es correcto para pesos de forma (neuronas, entradas), como los guarda PyTorch; "
            "este ejercicio pide (entradas, neuronas), h @ W.",
        ),
        Layout(
            "examples_in_columns",
            {"X": "T", "W1": "T", "W2": "T", "W3": "T", "W4": "T", "b1": "column", "b2": "column",
             "b3": "column", "b4": "column", "h1": "T", "h2": "T", "h3": "T", "h4": "T"},
            en="This is right with one example a column, W h + b; this exercise asks for one example a "
            "row, h W + b.",
            es="Esto es correcto con un ejemplo por columna, W h + b; este ejercicio pide un ejemplo "
            "por fila, h W + b.",
        ),
    ],
)
