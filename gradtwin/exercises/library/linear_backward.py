"""The backward pass of a linear layer: three products, each with its shape."""

from __future__ import annotations

from ..exercise import Exercise
from ..reference import gradient
from ..variants import Layout, Mistake

exercise = Exercise(
    name="linear_backward",
    title={"en": "Linear layer, forward and backward",
           "es": "Capa lineal, hacia delante y hacia atrás"},
    section="Salida en una red totalmente conectada",
    statement={
        "en": """
            A layer without activation: Z = X W + b, with one example a row of X, W of shape
            (inputs, outputs) and b added to every row.

            Then its backward pass: given the gradient g of the loss with respect to Z, return the
            gradients with respect to X, W and b. Each has the shape of what it belongs to.
        """,
        "es": """
            Una capa sin activación: Z = X W + b, con un ejemplo por fila de X, W de forma
            (entradas, salidas) y b sumado a cada fila.

            Después, su paso hacia atrás: dado el gradiente g de la pérdida respecto de Z, devuelve
            los gradientes respecto de X, W y b. Cada uno tiene la forma de aquello a lo que
            corresponde.
        """,
    },
    functions=["linear(X, W, b) -> Z", "linear_backward(g, X, W) -> dX, dW, db"],
    shapes={"X": "N D", "W": "D H", "b": "H", "Z": "N H", "g": "N H",
            "dX": "N D", "dW": "D H", "db": "H"},
    reference={
        "Z": lambda X, W, b: X @ W + b,
        "dX": gradient("Z", "X", "g"),
        "dW": gradient("Z", "W", "g"),
        "db": gradient("Z", "b", "g"),
    },
    right=[
        """
        import numpy as np

        def linear(X, W, b):
            return X @ W + b

        def linear_backward(g, X, W):
            dX = g @ W.T
            dW = X.T @ g
            db = g.sum(axis=0)
            return dX, dW, db
        """,
        """
        import numpy as np

        def linear(X, W, b):
            return np.einsum("nd,dh->nh", X, W) + b

        def linear_backward(g, X, W):
            return {
                "dX": np.einsum("nh,dh->nd", g, W),
                "dW": np.einsum("nd,nh->dh", X, g),
                "db": np.einsum("nh->h", g),
            }
        """,
        """
        import numpy as np

        def linear(X, W, b):
            Z = np.zeros((len(X), len(b)), dtype=X.dtype)
            for n in range(len(X)):
                for h in range(len(b)):
                    Z[n, h] = sum(X[n, d] * W[d, h] for d in range(len(W))) + b[h]
            return Z

        def linear_backward(g, X, W):
            dX, dW, db = np.zeros_like(X), np.zeros_like(W), np.zeros_like(W[0])
            for x, dx, u in zip(X, dX, g):
                dx += W @ u
                dW += np.outer(x, u)
                db += u
            return dX, dW, db
        """,
        """
        import numpy as np

        def linear(X, W, b):
            ones = np.ones((X.shape[0], 1), dtype=X.dtype)
            return np.hstack([X, ones]) @ np.vstack([W, b])

        def linear_backward(g, X, W):
            return [np.dot(W, g.T).T, np.dot(g.T, X).T, (np.ones(len(g), g.dtype) @ g)[None, :]]
        """,
    ],
    mistakes=[
        Mistake(
            "bias_left_out", {"return X @ W + b": "return X @ W"},
            en="The bias is not added: the output for x = 0 must be b.",
            es="No se suma el bias: la salida para x = 0 debe ser b.",
            number=1,
        ),
        Mistake(
            "bias_for_each_example_summed", {"return X @ W + b": "return X @ W + b.sum()"},
            en="The sum of all biases is added everywhere; each output has a bias of its own.",
            es="Se suma en todas partes la suma de los bias; cada salida tiene su propio bias.",
        ),
        Mistake(
            "elementwise_forward", {"return X @ W + b": "return X * W + b"},
            en="* multiplies entry by entry; a layer is a product of matrices: X @ W.",
            es="* multiplica elemento a elemento; una capa es un producto de matrices: X @ W.",
            number=37,
        ),
        Mistake(
            "weight_not_transposed", {"dX = g @ W.T": "dX = g @ W"},
            en="dX needs the transposed weights: g @ W.T. With a square W the shapes fit either way, "
            "the numbers do not.",
            es="dX necesita los pesos transpuestos: g @ W.T. Con W cuadrada las formas encajan de "
            "ambas maneras; los números, no.",
            number=38,
        ),
        Mistake(
            "weight_gradient_transposed", {"dW = X.T @ g": "dW = g.T @ X"},
            en="dW is transposed: it must have the shape of W, so X.T @ g.",
            es="dW está transpuesta: debe tener la forma de W, es decir X.T @ g.",
            number=38,
        ),
        Mistake(
            "input_not_transposed", {"dW = X.T @ g": "dW = X @ g"},
            en="dW is X.T @ g: the sum over the examples of x times g. X @ g sums over something else.",
            es="dW es X.T @ g: la suma sobre los ejemplos de x por g. X @ g suma sobre otra cosa.",
            number=38,
        ),
        Mistake(
            "input_gradient_from_weight_gradient", {"dX = g @ W.T": "dX = g @ (X.T @ g).T"},
            en="dX is computed with dW where W belongs: dX = g @ W.T.",
            es="dX se calcula con dW donde corresponde W: dX = g @ W.T.",
            number=39,
        ),
        Mistake(
            "passed_back_without_weights",
            {"dX = g @ W.T": "dX = g @ np.ones_like(W).T"},
            en="The error is passed back without the weights: dX = g @ W.T.",
            es="El error se propaga hacia atrás sin los pesos: dX = g @ W.T.",
            number=41,
        ),
        Mistake(
            "bias_gradient_not_summed", {"db = g.sum(axis=0)": "db = g"},
            en="db has a row an example. b is added to every row, so its gradient is the sum over "
            "the rows: g.sum(axis=0).",
            es="db tiene una fila por ejemplo. b se suma a cada fila, así que su gradiente es la suma "
            "de las filas: g.sum(axis=0).",
            number=34,
        ),
        Mistake(
            "bias_gradient_summed_over_all", {"db = g.sum(axis=0)": "db = g.sum() * np.ones(g.shape[1])"},
            en="db is summed over both axes; each output has its own bias: g.sum(axis=0).",
            es="db se suma sobre los dos ejes; cada salida tiene su propio bias: g.sum(axis=0).",
            number=35,
        ),
        Mistake(
            "bias_gradient_to_a_number", {"db = g.sum(axis=0)": "db = g.sum()"},
            en="db is one number; there is one bias an output: g.sum(axis=0).",
            es="db es un solo número; hay un bias por salida: g.sum(axis=0).",
            number=35,
        ),
        Mistake(
            "bias_gradient_mean", {"db = g.sum(axis=0)": "db = g.mean(axis=0)"},
            en="db is the mean over the batch where the sum belongs: the 1/N, if there is one, is "
            "already in g.",
            es="db es la media sobre el lote donde va la suma: el 1/N, si lo hay, ya está en g.",
            number=35,
        ),
        Mistake(
            "bias_not_trained", {"db = g.sum(axis=0)": "db = 0 * g.sum(axis=0)"},
            en="db is 0: the bias would never be trained. Its gradient is g.sum(axis=0).",
            es="db es 0: el bias no se entrenaría nunca. Su gradiente es g.sum(axis=0).",
            number=36,
        ),
        Mistake(
            "weight_gradient_over_n", {"dW = X.T @ g": "dW = X.T @ g / len(X)"},
            en="dW is divided by N: the 1/N of a mean loss is already in g, and here it comes twice.",
            es="dW está dividida entre N: el 1/N de una pérdida media ya está en g, y aquí aparece "
            "dos veces.",
            number=33,
        ),
        Mistake(
            "array_of_integers",
            {"dW = X.T @ g": "dW = np.zeros(W.shape, dtype=int); dW[:] = X.T @ g"},
            en="dW is kept in an array of integers, which cuts off everything behind the point: make "
            "it with np.zeros_like(W).",
            es="dW se guarda en un array de enteros, que corta todo lo que hay tras la coma: créalo "
            "con np.zeros_like(W).",
            number=58,
        ),
        Mistake(
            "upstream_forgotten",
            {"dX = g @ W.T": "dX = np.ones_like(g) @ W.T",
             "dW = X.T @ g": "dW = X.T @ np.ones_like(g)",
             "db = g.sum(axis=0)": "db = np.ones_like(g).sum(axis=0)"},
            en="The upstream gradient g is not used: the derivative is as if g were all ones.",
            es="No se usa el gradiente g que llega: la derivada es como si g fuese todo unos.",
            number=22,
        ),
    ],
    layouts=[
        Layout(
            "features_first",
            {"X": "T", "Z": "T", "g": "T", "dX": "T", "W": "T", "dW": "T", "b": "column"},
            en="This is right with one example a column, Z = W X + b with W of shape (outputs, "
            "inputs); this exercise asks for one example a row, Z = X W + b.",
            es="Esto es correcto con un ejemplo por columna, Z = W X + b con W de forma (salidas, "
            "entradas); este ejercicio pide un ejemplo por fila, Z = X W + b.",
        ),
        Layout(
            "weight_out_in", {"W": "T", "dW": "T"},
            en="This is right for W of shape (outputs, inputs), as PyTorch stores it: Z = X W.T + b; "
            "this exercise asks for W of shape (inputs, outputs).",
            es="Esto es correcto para W de forma (salidas, entradas), como la guarda PyTorch: "
            "Z = X W.T + b; este ejercicio pide W de forma (entradas, salidas).",
        ),
    ],
)
