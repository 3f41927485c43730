"""A residual block: the shortcut carries the input forward, and the gradient back, untouched."""

from __future__ import annotations

from ..exercise import Exercise, Expected
from ..lazy import F
from ..reference import gradient
from ..variants import Convention, Layout, Mistake

Z1 = "z1 = X @ W1 + b1"
A1 = "a1 = np.maximum(z1, 0)"
F_ = "f = a1 @ W2 + b2"
Y = "y = X + f"
DW2 = "dW2 = a1.T @ g"
DB2 = "db2 = g.sum(axis=0)"
DA1 = "da1 = g @ W2.T"
DZ1 = "dz1 = da1 * (z1 > 0)"
DW1 = "dW1 = X.T @ dz1"
DB1 = "db1 = dz1.sum(axis=0)"
DX = "dX = g + dz1 @ W1.T"

exercise = Exercise(
    name="residual_block",
    title={"en": "A residual block, forward and backward",
           "es": "Un bloque residual, hacia delante y hacia atrás"},
    section="Otras soluciones: Redes Residuales",
    statement={
        "en": """
            A residual block adds its input to what its layers compute, so that the gradient has a way
            past them. One example a row, as many outputs as inputs:

            z1 = X W1 + b1,  a1 = ReLU(z1),  f = a1 W2 + b2,  y = X + f.

            Write forward, which returns every value, and backward: given the gradient g of the loss
            with respect to y, the gradients with respect to W2, b2, a1, z1, W1, b1, and last X, which
            reaches y on two paths. Where z1 = 0 take 0 for the derivative of the ReLU. Each step is
            graded on your own values for the steps before it. No argument may be changed.
        """,
        "es": """
            Un bloque residual suma su entrada a lo que calculan sus capas, de modo que el gradiente
            tiene un camino que no pasa por ellas. Un ejemplo por fila, tantas salidas como entradas:

            z1 = X W1 + b1,  a1 = ReLU(z1),  f = a1 W2 + b2,  y = X + f.

            Escribe forward, que devuelve todos los valores, y backward: dado el gradiente g de la
            pérdida respecto de y, los gradientes respecto de W2, b2, a1, z1, W1, b1 y, por último, X,
            que llega a y por dos caminos. Donde z1 = 0 toma 0 como derivada de la ReLU. Cada paso se
            evalúa con tus propios valores de los pasos anteriores. No debe cambiar ningún argumento.
        """,
    },
    functions=[
        "forward(X, W1, b1, W2, b2) -> z1, a1, f, y",
        "backward(g, X, W1, W2, z1, a1) -> dW2, db2, da1, dz1, dW1, db1, dX",
    ],
    shapes={
        "X": "N D", "W1": "D H", "b1": "H", "W2": "H D", "b2": "D", "g": "N D",
        "z1": "N H", "a1": "N H", "f": "N D", "y": "N D",
        "dW2": "H D", "db2": "D", "da1": "N H", "dz1": "N H", "dW1": "D H", "db1": "H", "dX": "N D",
    },
    reference={
        "z1": lambda X, W1, b1: X @ W1 + b1,
        "a1": lambda z1: F.relu(z1),
        "f": lambda a1, W2, b2: a1 @ W2 + b2,
        "y": lambda X, f: X + f,
        "dW2": gradient("y", "W2", "g"),
        "db2": gradient("y", "b2", "g"),
        "da1": gradient("y", "a1", "g"),
        "dz1": gradient("a1", "z1", "da1"),
        "dW1": gradient("z1", "W1", "dz1"),
        "db1": gradient("z1", "b1", "dz1"),
        # both paths: the layers', by one's own dz1, and the shortcut
        "dX": lambda g, dz1, W1: g + F.linear(dz1, W1),
    },
    also={
        "dz1": [lambda da1, a1: da1 * (a1 > 0)],
        "dX": [gradient("y", "X", "g")],
    },
    right=[
        f"""
        import numpy as np

        def forward(X, W1, b1, W2, b2):
            {Z1}
            {A1}
            {F_}
            {Y}
            return z1, a1, f, y

        def backward(g, X, W1, W2, z1, a1):
            {DW2}
            {DB2}
            {DA1}
            {DZ1}
            {DW1}
            {DB1}
            {DX}
            return dW2, db2, da1, dz1, dW1, db1, dX
        """,
        """
        import numpy as np

        def forward(X, W1, b1, W2, b2):
            z1 = np.einsum("nd,dh->nh", X, W1) + b1
            a1 = z1 * (z1 > 0)
            f = np.einsum("nh,hd->nd", a1, W2) + b2
            return {"y": f + X, "f": f, "a1": a1, "z1": z1}

        def backward(g, X, W1, W2, z1, a1):
            out = {"dW2": np.einsum("nh,nd->hd", a1, g), "db2": np.einsum("nd->d", g)}
            out["da1"] = np.einsum("nd,hd->nh", g, W2)
            out["dz1"] = np.where(a1 > 0, out["da1"], 0)
            out["dW1"] = np.einsum("nd,nh->dh", X, out["dz1"])
            out["db1"] = np.einsum("nh->h", out["dz1"])
            out["dX"] = np.einsum("nh,dh->nd", out["dz1"], W1)
            out["dX"] += g
            return out
        """,
        """
        import numpy as np

        def forward(X, W1, b1, W2, b2):
            z1, a1, f, y = [], [], [], []
            for x in X:
                z1.append(b1 + sum(x[d] * W1[d] for d in range(len(x))))
                a1.append([max(z, 0) for z in z1[-1]])
                f.append(b2 + sum(a * row for a, row in zip(a1[-1], W2)))
                y.append(x + f[-1])
            return z1, a1, f, y

        def backward(g, X, W1, W2, z1, a1):
            dW1, dW2 = np.zeros_like(W1), np.zeros_like(W2)
            db1, db2 = np.zeros_like(z1[0]), np.zeros_like(X[0])
            da1, dz1, dX = np.zeros_like(z1), np.zeros_like(z1), np.zeros_like(X)
            for n in range(len(X)):
                dW2 += np.outer(a1[n], g[n])
                db2 += g[n]
                da1[n] = W2 @ g[n]
                dz1[n][z1[n] > 0] = da1[n][z1[n] > 0]
                dW1 += np.outer(X[n], dz1[n])
                db1 += dz1[n]
                dX[n] += g[n]                       # the shortcut
                dX[n] += W1 @ dz1[n]                # the layers
            return dW2, db2, da1, dz1, dW1, db1, dX
        """,
        """
        import numpy as np

        def forward(X, W1, b1, W2, b2):
            # one row of ones more, so that the biases are rows of the weights
            one = np.ones((len(X), 1), X.dtype)
            z1 = np.hstack([X, one]) @ np.vstack([W1, b1])
            a1 = np.clip(z1, 0, None)
            y = np.hstack([X, a1, one]) @ np.vstack([np.eye(X.shape[1], dtype=X.dtype), W2, b2])
            return z1, a1, np.hstack([a1, one]) @ np.vstack([W2, b2]), y

        def backward(g, X, W1, W2, z1, a1):
            # the block as one layer of [X, a1]: its gradient is g [1, W2^T]
            both = g @ np.vstack([np.eye(X.shape[1], dtype=X.dtype), W2]).T
            da1 = both[:, X.shape[1]:]
            dz1 = da1 * np.heaviside(z1, 0)
            one = np.ones(len(X), X.dtype)
            return [a1.T @ g, one @ g, da1, dz1, X.T @ dz1, one @ dz1,
                    both[:, :X.shape[1]] + dz1 @ W1.T]
        """,
    ],
    mistakes=[
        Mistake(
            "bias_left_out", {Z1: "z1 = X @ W1"},
            en="The bias b1 is not added to z1.", es="No se suma el bias b1 a z1.", number=1,
        ),
        Mistake(
            "second_bias_left_out", {F_: "f = a1 @ W2"},
            en="The bias b2 is not added to f.", es="No se suma el bias b2 a f.", number=1,
        ),
        Mistake(
            "no_activation", {A1: "a1 = 1 * z1"},
            en="The activation is missing: a1 = ReLU(z1).",
            es="Falta la función de activación: a1 = ReLU(z1).",
        ),
        Mistake(
            "second_layer_of_z1", {F_: "f = z1 @ W2 + b2"},
            en="The second layer is given z1; its input is the activation a1.",
            es="La segunda capa recibe z1; su entrada es la activación a1.",
        ),
        Mistake(
            "shortcut_left_out", {Y: "y = 1 * f"},
            en="The shortcut is missing: y = X + f. Without it this is an ordinary network of two "
            "layers.",
            es="Falta la conexión residual: y = X + f. Sin ella es una red corriente de dos capas.",
            number=46,
        ),
        Mistake(
            "shortcut_multiplied", {Y: "y = X * f"},
            en="The input is multiplied with f; the shortcut adds it: y = X + f.",
            es="La entrada se multiplica por f; la conexión residual la suma: y = X + f.",
        ),
        Mistake(
            "shortcut_subtracted", {Y: "y = f - X"},
            en="The input is subtracted; the shortcut adds it: y = X + f.",
            es="La entrada se resta; la conexión residual la suma: y = X + f.",
        ),
        Mistake(
            "averaged", {Y: "y = (X + f) / 2"},
            en="The mean of both paths is taken; the shortcut adds: y = X + f.",
            es="Se toma la media de los dos caminos; la conexión residual suma: y = X + f.",
        ),
        Mistake(
            "activation_after_the_sum", {Y: "y = np.maximum(X + f, 0)"},
            en="The ReLU is applied to the sum as well. Some networks do so; in this block y = X + f "
            "as it is.",
            es="La ReLU se aplica también a la suma. Algunas redes lo hacen; en este bloque y = X + f "
            "tal cual.",
        ),
        Mistake(
            "activation_before_the_sum", {Y: "y = X + np.maximum(f, 0)"},
            en="The ReLU is applied to f as well; in this block f is added as it is.",
            es="La ReLU se aplica también a f; en este bloque f se suma tal cual.",
        ),
        Mistake(
            "shortcut_gradient_left_out", {DX: "dX = dz1 @ W1.T"},
            en="The gradient along the shortcut is missing: X reaches y directly as well, so "
            "dX = g + dz1 @ W1.T. What is missing is exactly g.",
            es="Falta el gradiente por la conexión residual: X llega también a y directamente, así que "
            "dX = g + dz1 @ W1.T. Lo que falta es exactamente g.",
            number=46,
        ),
        Mistake(
            "layers_gradient_left_out", {DX: "dX = 1 * g"},
            en="Only the shortcut is followed: X also passes through the layers, so "
            "dX = g + dz1 @ W1.T.",
            es="Solo se sigue la conexión residual: X pasa también por las capas, así que "
            "dX = g + dz1 @ W1.T.",
            number=43,
        ),
        Mistake(
            "paths_multiplied", {DX: "dX = g * (dz1 @ W1.T)"},
            en="The gradients of the two paths are multiplied. Along one path slopes are multiplied; "
            "the paths themselves are added.",
            es="Los gradientes de los dos caminos se multiplican. A lo largo de un camino se multiplican "
            "las derivadas; los caminos se suman.",
        ),
        Mistake(
            "one_for_the_shortcut", {DX: "dX = 1 + dz1 @ W1.T"},
            en="The shortcut has the slope 1, which the chain rule multiplies by g: it contributes g, "
            "not 1.",
            es="La conexión residual tiene derivada 1, que la regla de la cadena multiplica por g: "
            "aporta g, no 1.",
            number=22,
        ),
        Mistake(
            "input_for_the_gradient", {DX: "dX = X + dz1 @ W1.T"},
            en="The input X is added where its gradient belongs: on the way back the shortcut carries "
            "g.",
            es="Se suma la entrada X donde va su gradiente: hacia atrás la conexión residual lleva g.",
        ),
        Mistake(
            "shortcut_subtracted_in_backward", {DX: "dX = dz1 @ W1.T - g"},
            en="The gradient along the shortcut is subtracted; it is added, as X was.",
            es="El gradiente por la conexión residual se resta; se suma, como se sumó X.",
        ),
        Mistake(
            "shortcut_counted_twice", {DX: "dX = 2 * g + dz1 @ W1.T"},
            en="The gradient along the shortcut is counted twice.",
            es="El gradiente por la conexión residual se cuenta dos veces.",
        ),
        Mistake(
            "gradient_without_the_first_layer", {DX: "dX = g + da1 @ W1.T"},
            en="dX is computed from da1: on the way back the gradient passes the ReLU first, which "
            "gives dz1.",
            es="dX se calcula a partir de da1: hacia atrás el gradiente pasa antes por la ReLU, que da "
            "dz1.",
            number=19,
        ),
        Mistake(
            "derivative_left_out", {DZ1: "dz1 = 1 * da1"},
            en="The derivative of the ReLU is missing: dz1 is da1 where z1 > 0, and 0 elsewhere.",
            es="Falta la derivada de la ReLU: dz1 es da1 donde z1 > 0, y 0 en el resto.",
            number=19,
        ),
        Mistake(
            "mask_only", {DZ1: "dz1 = 1.0 * (z1 > 0)"},
            en="dz1 is only the derivative of the ReLU; it has to be multiplied by da1.",
            es="dz1 es solo la derivada de la ReLU; hay que multiplicarla por da1.",
            number=22,
        ),
        Mistake(
            "value_instead_of_derivative", {DZ1: "dz1 = da1 * a1"},
            en="da1 is multiplied by the ReLU itself; its derivative is 1 where z1 > 0.",
            es="da1 se multiplica por la propia ReLU; su derivada es 1 donde z1 > 0.",
        ),
        Mistake(
            "sign_of_the_gradient_asked", {DZ1: "dz1 = da1 * (da1 > 0)"},
            en="Whether the gradient passes the ReLU depends on the sign of z1, not on that of da1.",
            es="Que el gradiente pase por la ReLU depende del signo de z1, no del de da1.",
            number=42,
        ),
        Mistake(
            "weight_gradient_of_z1", {DW2: "dW2 = z1.T @ g"},
            en="dW2 is computed with z1; the second layer's input is a1.",
            es="dW2 se calcula con z1; la entrada de la segunda capa es a1.",
        ),
        Mistake(
            "weight_gradient_transposed", {DW2: "dW2 = g.T @ a1"},
            en="dW2 is transposed: it has the shape of W2, so a1.T @ g.",
            es="dW2 está transpuesta: tiene la forma de W2, es decir a1.T @ g.",
            number=38,
        ),
        Mistake(
            "first_weight_gradient_transposed", {DW1: "dW1 = dz1.T @ X"},
            en="dW1 is transposed: it has the shape of W1, so X.T @ dz1.",
            es="dW1 está transpuesta: tiene la forma de W1, es decir X.T @ dz1.",
            number=38,
        ),
        Mistake(
            "weight_not_transposed", {DX: "dX = g + dz1 @ W1"},
            en="On the way back W1 is transposed: dX = g + dz1 @ W1.T.",
            es="Hacia atrás W1 va transpuesta: dX = g + dz1 @ W1.T.",
            number=38,
        ),
        Mistake(
            "second_weight_not_transposed", {DA1: "da1 = g @ W2"},
            en="On the way back W2 is transposed: da1 = g @ W2.T.",
            es="Hacia atrás W2 va transpuesta: da1 = g @ W2.T.",
            number=38,
        ),
        Mistake(
            "from_the_weight_gradient", {DX: "dX = g + dz1 @ dW1.T"},
            en="dX is computed with dW1; the gradient goes back through the weights W1 themselves.",
            es="dX se calcula con dW1; el gradiente vuelve por los propios pesos W1.",
            number=39,
        ),
        Mistake(
            "second_from_the_weight_gradient", {DA1: "da1 = g @ dW2.T"},
            en="da1 is computed with dW2; the gradient goes back through the weights W2 themselves.",
            es="da1 se calcula con dW2; el gradiente vuelve por los propios pesos W2.",
            number=39,
        ),
        Mistake(
            "bias_gradient_not_summed", {DB2: "db2 = 1 * g", DB1: "db1 = 1 * dz1"},
            en="The bias gradients are not summed over the batch.",
            es="Los gradientes de los bias no se suman sobre el lote.",
            number=34,
        ),
        Mistake(
            "bias_gradient_summed_over_all", {DB2: "db2 = g.sum()", DB1: "db1 = dz1.sum()"},
            en="The bias gradients are summed over both axes; each output has its own bias: "
            "sum(axis=0).",
            es="Los gradientes de los bias se suman sobre los dos ejes; cada salida tiene su propio "
            "bias: sum(axis=0).",
            number=35,
        ),
        Mistake(
            "bias_gradient_mean", {DB2: "db2 = g.mean(axis=0)", DB1: "db1 = dz1.mean(axis=0)"},
            en="The bias gradients are means over the batch where sums belong.",
            es="Los gradientes de los bias son medias sobre el lote donde van sumas.",
            number=35,
        ),
        Mistake(
            "divided_by_n",
            {DW2: "dW2 = a1.T @ g / len(X)", DB2: "db2 = g.mean(axis=0)",
             DW1: "dW1 = X.T @ dz1 / len(X)", DB1: "db1 = dz1.mean(axis=0)"},
            en="The gradients of the weights and biases are divided by N: if the loss is a mean, that "
            "factor is already in g.",
            es="Los gradientes de los pesos y los bias se dividen entre N: si la pérdida es una media, "
            "ese factor ya está en g.",
            number=33,
        ),
    ],
    conventions=[
        Convention(
            "one_at_zero", {DZ1: "dz1 = da1 * (z1 >= 0)"},
            en="The derivative of the ReLU at z1 = 0 is taken as 1. It has none there, so this is "
            "accepted; PyTorch, and this exercise, take 0.",
            es="La derivada de la ReLU en z1 = 0 se toma como 1. No la tiene ahí, así que se acepta; "
            "PyTorch, y este ejercicio, toman 0.",
        ),
        Convention(
            "half_at_zero", {DZ1: "dz1 = da1 * (np.sign(z1) + 1) / 2"},
            en="The derivative of the ReLU at z1 = 0 is taken as 1/2. It has none there, so this is "
            "accepted; PyTorch, and this exercise, take 0.",
            es="La derivada de la ReLU en z1 = 0 se toma como 1/2. No la tiene ahí, así que se acepta; "
            "PyTorch, y este ejercicio, toman 0.",
        ),
    ],
    layouts=[
        Layout(
            "examples_in_columns",
            dict.fromkeys(("X", "W1", "W2", "g", "z1", "a1", "f", "y",
                           "dW2", "da1", "dz1", "dW1", "dX"), "T"),
            en="This is right with one example a column and weights that multiply from the left, "
            "W1 @ X; this exercise has one example a row.",
            es="Esto es correcto con un ejemplo por columna y pesos que multiplican por la izquierda, "
            "W1 @ X; este ejercicio tiene un ejemplo por fila.",
        ),
        Layout(
            "weights_out_in", {"W1": "T", "W2": "T", "dW1": "T", "dW2": "T"},
            en="This is right for weights of shape (outputs, inputs), as in PyTorch: X @ W1.T. Here they "
            "have shape (inputs, outputs).",
            es="Esto es correcto para pesos de forma (salidas, entradas), como en PyTorch: X @ W1.T. "
            "Aquí tienen forma (entradas, salidas).",
        ),
    ],
    expected=[
        # dX is g itself, to which the layers' share is then added: the caller's g is changed
        Expected(
            """
import numpy as np

def forward(X, W1, b1, W2, b2):
    z1 = X @ W1 + b1
    a1 = np.maximum(z1, 0)
    f = a1 @ W2 + b2
    return z1, a1, f, X + f

def backward(g, X, W1, W2, z1, a1):
    dW2, db2, da1 = a1.T @ g, g.sum(axis=0), g @ W2.T
    dz1 = da1 * (z1 > 0)
    dX = g
    dX += dz1 @ W1.T
    return dW2, db2, da1, dz1, X.T @ dz1, dz1.sum(axis=0), dX
""",
            "partial", 25, [],
        ),
    ],
)
