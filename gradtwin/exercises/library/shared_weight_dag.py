"""The lecture's DAG: a weight that is used twice has two paths to the loss, and both count."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...samples.values import Values
from ..exercise import Exercise
from ..probes import EXTREME, Probe
from ..reference import gradient
from ..texts import N_
from ..variants import Convention, Mistake


def number(size: float) -> Values:
    """A number of either sign, never near 0, of few digits: it will be read by a person."""

    def draw(rng: np.random.Generator, _: object, __: object) -> float:
        return round(float(rng.choice((-1, 1)) * rng.uniform(0.3, 1) * size), 2)

    return Values("", draw)


def probe(label: str, kind: str, **numbers: float) -> Probe:
    arrays: Mapping[str, np.ndarray] = {k: np.array(float(v)) for k, v in numbers.items()}
    return Probe(label, arrays, kind)


Z1, Z2, Y_HAT = "z1 = w1 * x", "z2 = w2 * (z1 + x)", "y_hat = w1 * (z1 + z2)"
LOSS = "loss = (y_hat - y) ** 2"
DY_HAT = "dy_hat = 2 * (y_hat - y)"
DZ2 = "dz2 = dy_hat * w1"
DZ1 = "dz1 = dy_hat * w1 + dz2 * w2"
DW2 = "dw2 = dz2 * (z1 + x)"
DW1 = "dw1 = dy_hat * (z1 + z2) + dz1 * x"

exercise = Exercise(
    name="shared_weight_dag",
    title={"en": "A graph with a shared weight", "es": "Un grafo con un peso compartido"},
    section="Redes DAG: Reutilización de pesos",
    statement={
        "en": """
            A network whose graph is no chain, with numbers for x, y and both weights:

            z1 = w1 x,  z2 = w2 (z1 + x),  y_hat = w1 (z1 + z2),  loss = (y_hat - y)^2.

            z1 is used twice, and so is w1. Write the forward pass and the backward pass: the gradients
            of the loss with respect to y_hat, z2, z1, w2 and w1, in this order, so that everything that
            uses a quantity comes before it. Each step is graded on your own values for the steps before
            it. A check: for w1 = 0.5, w2 = 0.3, x = 2, y = 1 the gradient with respect to w1 is -0.32.
        """,
        "es": """
            Una red cuyo grafo no es una cadena, con números para x, y y los dos pesos:

            z1 = w1 x,  z2 = w2 (z1 + x),  y_hat = w1 (z1 + z2),  loss = (y_hat - y)^2.

            z1 se usa dos veces, y w1 también. Escribe la pasada hacia delante y la pasada hacia atrás:
            los gradientes de la pérdida respecto de y_hat, z2, z1, w2 y w1, en este orden, de modo que
            todo lo que usa una cantidad va antes que ella. Cada paso se evalúa con tus propios valores
            de los pasos anteriores. Una comprobación: con w1 = 0,5, w2 = 0,3, x = 2, y = 1 el gradiente
            respecto de w1 es -0,32.
        """,
    },
    functions=[
        "forward(x, y, w1, w2) -> z1, z2, y_hat, loss",
        "backward(x, y, w1, w2, z1, z2, y_hat) -> dy_hat, dz2, dz1, dw2, dw1",
    ],
    shapes=dict.fromkeys(("x", "y", "w1", "w2", "z1", "z2", "y_hat", "loss",
                          "dy_hat", "dz2", "dz1", "dw2", "dw1"), ""),
    inputs={"x": number(2), "y": number(2), "w1": number(1.5), "w2": number(1.5)},
    probes=[
        probe(N_("signs that differ"), "values", x=1.5, y=-0.5, w1=-0.7, w2=1.25),
        probe(N_("negative w2"), "values", x=-1.2, y=0.3, w1=0.8, w2=-0.4),
        probe(N_("the lecture's graph in numbers"), "values", x=2, y=1, w1=0.5, w2=0.3),
        probe(N_("zeros"), "values", x=0, y=1, w1=-1, w2=1),
        probe(N_("weights of 0"), "values", x=1, y=1, w1=0, w2=-1),
        probe("x = 800", EXTREME, x=800, y=-40, w1=1e-3, w2=-800),
        probe(N_("weights of 800"), EXTREME, x=-1, y=0, w1=-800, w2=800),
    ],
    reference={
        "z1": lambda w1, x: w1 * x,
        "z2": lambda w2, z1, x: w2 * (z1 + x),
        "y_hat": lambda w1, z1, z2: w1 * (z1 + z2),
        "loss": lambda y_hat, y: (y_hat - y) ** 2,
        "dy_hat": gradient("loss", "y_hat"),
        "dz2": gradient("y_hat", "z2", "dy_hat"),
        # by one's own dz2 and dz1; by autograd over the whole graph below
        "dz1": lambda w1, w2, dy_hat, dz2: dy_hat * w1 + dz2 * w2,
        "dw2": gradient("z2", "w2", "dz2"),
        "dw1": lambda x, z1, z2, dy_hat, dz1: dy_hat * (z1 + z2) + dz1 * x,
    },
    also={
        "dz1": [gradient("loss", "z1")],
        "dw2": [gradient("loss", "w2")],
        "dw1": [gradient("loss", "w1")],
    },
    right=[
        f"""
        def forward(x, y, w1, w2):
            {Z1}
            {Z2}
            {Y_HAT}
            {LOSS}
            return z1, z2, y_hat, loss

        def backward(x, y, w1, w2, z1, z2, y_hat):
            {DY_HAT}
            {DZ2}
            {DZ1}
            {DW2}
            {DW1}
            return dy_hat, dz2, dz1, dw2, dw1
        """,
        """
        import numpy as np

        def forward(x, y, w1, w2):
            z1 = np.multiply(x, w1)
            z2 = np.multiply(w2, x) + np.multiply(w2, z1)
            y_hat = np.dot([w1, w1], [z1, z2])
            return {"loss": np.square(y - y_hat), "y_hat": y_hat, "z1": z1, "z2": z2}

        def backward(x, y, w1, w2, z1, z2, y_hat):
            # every gradient begins at 0; each use of a quantity adds its share
            d = dict.fromkeys(("w1", "w2", "z1", "z2"), 0)
            d["y_hat"] = -2 * (y - y_hat)
            d["w1"] += d["y_hat"] * (z1 + z2)               # y_hat = w1 (z1 + z2)
            d["z1"] += d["y_hat"] * w1
            d["z2"] += d["y_hat"] * w1
            d["w2"] += d["z2"] * (z1 + x)                   # z2 = w2 (z1 + x)
            d["z1"] += d["z2"] * w2
            d["w1"] += d["z1"] * x                          # z1 = w1 x
            return {f"d{name}": g for name, g in d.items()}
        """,
        """
        def forward(x, y, w1, w2):
            z1 = w1 * x
            z2 = w2 * x * (w1 + 1)
            y_hat = w1 * w1 * x + w1 * w2 * z1 + w1 * w2 * x
            e = y_hat - y
            return [z1, z2, y_hat, e * e]

        def backward(x, y, w1, w2, z1, z2, y_hat):
            # the paths written out: y_hat = x (w1^2 + w2 w1^2 + w2 w1)
            e = 2 * y_hat - 2 * y
            return [e, e * w1, e * w1 * (1 + w2), e * x * (w1**2 + w1),
                    e * x * (2 * w1 + 2 * w1 * w2 + w2)]
        """,
        """
        # Numbers that carry their derivative: forward mode, one pass for each quantity.
        class Dual:
            def __init__(self, value, slope=0):
                self.value, self.slope = value, slope

            def __add__(self, other):
                return Dual(self.value + other.value, self.slope + other.slope)

            def __mul__(self, other):
                return Dual(self.value * other.value,
                            self.slope * other.value + self.value * other.slope)

        def forward(x, y, w1, w2):
            z1 = w1 * x
            z2 = (z1 + x) * w2
            y_hat = (z1 + z2) * w1
            return z1, z2, y_hat, (y - y_hat) ** 2

        def backward(x, y, w1, w2, z1, z2, y_hat):
            def slope_by(name):
                seed = lambda this: 1 if this == name else 0
                v1, v2 = Dual(w1, seed("w1")), Dual(w2, seed("w2"))
                u = Dual(x)
                h1 = v1 * u + Dual(0, seed("z1"))
                h2 = v2 * (h1 + u) + Dual(0, seed("z2"))
                return (v1 * (h1 + h2)).slope

            g = 2 * (y_hat - y)
            return (g, *(g * slope_by(name) for name in ("z2", "z1", "w2", "w1")))
        """,
    ],
    mistakes=[
        Mistake(
            "weights_swapped", {Z1: "z1 = w2 * x", Z2: "z2 = w1 * (z1 + x)"},
            en="The two weights have changed places: z1 is made with w1, z2 with w2.",
            es="Los dos pesos están cambiados: z1 se calcula con w1 y z2 con w2.",
        ),
        Mistake(
            "skip_of_x_left_out", {Z2: "z2 = w2 * z1"},
            en="The connection from x to z2 is missing: z2 = w2 (z1 + x).",
            es="Falta la conexión de x a z2: z2 = w2 (z1 + x).",
        ),
        Mistake(
            "second_layer_of_x", {Z2: "z2 = w2 * x"},
            en="The connection from z1 to z2 is missing: z2 = w2 (z1 + x).",
            es="Falta la conexión de z1 a z2: z2 = w2 (z1 + x).",
        ),
        Mistake(
            "x_added_after_the_weight", {Z2: "z2 = w2 * z1 + x"},
            en="x is added after the weight; both inputs are multiplied by it: z2 = w2 (z1 + x).",
            es="x se suma después del peso; las dos entradas se multiplican por él: z2 = w2 (z1 + x).",
        ),
        Mistake(
            "inputs_multiplied", {Z2: "z2 = w2 * z1 * x"},
            en="z1 and x are multiplied; where two connections meet they are added.",
            es="z1 y x se multiplican; donde se juntan dos conexiones se suman.",
        ),
        Mistake(
            "skip_of_z1_left_out", {Y_HAT: "y_hat = w1 * z2"},
            en="The connection from z1 to the output is missing: y_hat = w1 (z1 + z2).",
            es="Falta la conexión de z1 a la salida: y_hat = w1 (z1 + z2).",
        ),
        Mistake(
            "output_of_z1", {Y_HAT: "y_hat = w1 * z1"},
            en="The connection from z2 to the output is missing: y_hat = w1 (z1 + z2).",
            es="Falta la conexión de z2 a la salida: y_hat = w1 (z1 + z2).",
        ),
        Mistake(
            "z2_added_after_the_weight", {Y_HAT: "y_hat = w1 * z1 + z2"},
            en="z2 is added after the weight; both inputs are multiplied by it: y_hat = w1 (z1 + z2).",
            es="z2 se suma después del peso; las dos entradas se multiplican por él: "
            "y_hat = w1 (z1 + z2).",
        ),
        Mistake(
            "weight_not_shared", {Y_HAT: "y_hat = w2 * (z1 + z2)"},
            en="The output is made with w2; it is w1 that is used a second time.",
            es="La salida se calcula con w2; es w1 el que se usa por segunda vez.",
        ),
        Mistake(
            "output_without_weight", {Y_HAT: "y_hat = z1 + z2"},
            en="The output has no weight: w1 is used here a second time.",
            es="La salida no tiene peso: aquí se usa w1 por segunda vez.",
        ),
        Mistake(
            "error_not_squared", {LOSS: "loss = y_hat - y"},
            en="The error is not squared: loss = (y_hat - y)².",
            es="El error no está elevado al cuadrado: loss = (y_hat - y)².",
        ),
        Mistake(
            "absolute_error", {LOSS: "loss = abs(y_hat - y)"},
            en="The absolute value is taken instead of the square.",
            es="Se toma el valor absoluto en vez del cuadrado.",
        ),
        Mistake(
            "half_only_in_the_loss", {LOSS: "loss = (y_hat - y) ** 2 / 2"},
            en="The loss has a factor 1/2 that its gradient does not have: loss = (y_hat - y)².",
            es="La pérdida lleva un factor 1/2 que su gradiente no tiene: loss = (y_hat - y)².",
            number=47,
        ),
        Mistake(
            "factor_two_missing", {DY_HAT: "dy_hat = y_hat - y"},
            en="The factor 2 of the square's derivative is missing: dy_hat = 2 (y_hat - y).",
            es="Falta el factor 2 de la derivada del cuadrado: dy_hat = 2 (y_hat - y).",
            number=47,
        ),
        Mistake(
            "sign_of_the_error", {DY_HAT: "dy_hat = 2 * (y - y_hat)"},
            en="The sign is reversed: dy_hat = 2 (y_hat - y).",
            es="El signo está al revés: dy_hat = 2 (y_hat - y).",
            number=49,
        ),
        Mistake(
            "z2_without_the_weight", {DZ2: "dz2 = 1 * dy_hat"},
            en="The gradient reaches z2 without the weight: dz2 = dy_hat w1.",
            es="El gradiente llega a z2 sin el peso: dz2 = dy_hat w1.",
            number=41,
        ),
        Mistake(
            "z2_through_w2", {DZ2: "dz2 = dy_hat * w2"},
            en="The gradient is passed to z2 through w2; between z2 and y_hat stands w1.",
            es="El gradiente llega a z2 con w2; entre z2 e y_hat está w1.",
        ),
        Mistake(
            "z2_with_both_paths", {DZ2: "dz2 = dy_hat * w1 * (1 + w2)"},
            en="dz2 has a second path that is not there: z2 is used once, by y_hat. It is z1 that has "
            "two.",
            es="dz2 tiene un segundo camino que no existe: z2 se usa una vez, en y_hat. Es z1 la que "
            "tiene dos.",
        ),
        Mistake(
            "z1_direct_path_only", {DZ1: "dz1 = dy_hat * w1"},
            en="Only the way from z1 straight to y_hat is counted. z1 is also used by z2: add dz2 w2.",
            es="Solo se cuenta el camino de z1 directo a y_hat. z1 se usa también en z2: suma dz2 w2.",
            number=43,
        ),
        Mistake(
            "z1_path_through_z2_only", {DZ1: "dz1 = dz2 * w2"},
            en="Only the way from z1 through z2 is counted. z1 is also used by y_hat directly: add "
            "dy_hat w1.",
            es="Solo se cuenta el camino de z1 por z2. z1 se usa también directamente en y_hat: suma "
            "dy_hat w1.",
            number=43,
        ),
        Mistake(
            "z1_paths_multiplied", {DZ1: "dz1 = dy_hat * w1 * dz2 * w2"},
            en="The two paths from z1 are multiplied. Along one path derivatives are multiplied; "
            "different paths are added.",
            es="Los dos caminos que salen de z1 se multiplican. A lo largo de un camino se multiplican "
            "las derivadas; caminos distintos se suman.",
        ),
        Mistake(
            "z1_path_with_w1_twice", {DZ1: "dz1 = dy_hat * w1 + dz2 * w1"},
            en="The way from z2 back to z1 takes w1; between them stands w2.",
            es="El camino de z2 a z1 lleva w1; entre ellas está w2.",
        ),
        Mistake(
            "z1_path_without_dz2", {DZ1: "dz1 = dy_hat * w1 + dy_hat * w2"},
            en="The way through z2 starts from dy_hat; it starts from dz2, which holds the factor w1 of "
            "that way.",
            es="El camino por z2 parte de dy_hat; parte de dz2, que contiene el factor w1 de ese "
            "camino.",
        ),
        Mistake(
            "w2_of_z1_only", {DW2: "dw2 = dz2 * z1"},
            en="dw2 is computed with z1 alone; w2 multiplies z1 + x.",
            es="dw2 se calcula solo con z1; w2 multiplica a z1 + x.",
        ),
        Mistake(
            "w2_of_x_only", {DW2: "dw2 = dz2 * x"},
            en="dw2 is computed with x alone; w2 multiplies z1 + x.",
            es="dw2 se calcula solo con x; w2 multiplica a z1 + x.",
        ),
        Mistake(
            "w2_of_z2", {DW2: "dw2 = dz2 * z2"},
            en="dw2 is computed with z2, the result; w2 multiplies z1 + x.",
            es="dw2 se calcula con z2, el resultado; w2 multiplica a z1 + x.",
        ),
        Mistake(
            "w2_of_dy_hat", {DW2: "dw2 = dy_hat * (z1 + x)"},
            en="dw2 starts from dy_hat and skips a step: between w2 and y_hat stands z2, so dz2 (z1 + x).",
            es="dw2 parte de dy_hat y se salta un paso: entre w2 e y_hat está z2, así que dz2 (z1 + x).",
        ),
        Mistake(
            "first_use_of_w1_left_out", {DW1: "dw1 = dy_hat * (z1 + z2)"},
            en="Only the use of w1 in the output is counted. w1 also makes z1: add dz1 x. A weight that "
            "is used twice collects both shares, with += instead of =.",
            es="Solo se cuenta el uso de w1 en la salida. w1 también produce z1: suma dz1 x. Un peso que "
            "se usa dos veces acumula las dos partes, con += en vez de =.",
            number=43,
        ),
        Mistake(
            "last_use_of_w1_left_out", {DW1: "dw1 = dz1 * x"},
            en="Only the use of w1 in z1 is counted. w1 also multiplies z1 + z2 in the output: add "
            "dy_hat (z1 + z2). A weight that is used twice collects both shares, with += instead of =.",
            es="Solo se cuenta el uso de w1 en z1. w1 también multiplica a z1 + z2 en la salida: suma "
            "dy_hat (z1 + z2). Un peso que se usa dos veces acumula las dos partes, con += en vez de =.",
            number=43,
        ),
        Mistake(
            "w1_uses_multiplied", {DW1: "dw1 = dy_hat * (z1 + z2) * dz1 * x"},
            en="The shares of the two uses of w1 are multiplied; they are added.",
            es="Las partes de los dos usos de w1 se multiplican; se suman.",
        ),
        Mistake(
            "w1_uses_averaged", {DW1: "dw1 = (dy_hat * (z1 + z2) + dz1 * x) / 2"},
            en="The mean of the two uses of w1 is taken; they are added.",
            es="Se toma la media de los dos usos de w1; se suman.",
        ),
        Mistake(
            "w1_of_z1_only", {DW1: "dw1 = dy_hat * z1 + dz1 * x"},
            en="In the output w1 multiplies z1 + z2; here only z1 is counted.",
            es="En la salida w1 multiplica a z1 + z2; aquí solo se cuenta z1.",
        ),
        Mistake(
            "w1_of_z2_only", {DW1: "dw1 = dy_hat * z2 + dz1 * x"},
            en="In the output w1 multiplies z1 + z2; here only z2 is counted.",
            es="En la salida w1 multiplica a z1 + z2; aquí solo se cuenta z2.",
        ),
        Mistake(
            "w1_with_x_in_the_output", {DW1: "dw1 = dy_hat * (z1 + z2) + dy_hat * x"},
            en="The share of the first use starts from dy_hat; it starts from dz1, where both ways from "
            "z1 have been added.",
            es="La parte del primer uso parte de dy_hat; parte de dz1, donde ya se han sumado los dos "
            "caminos que salen de z1.",
        ),
    ],
    conventions=[
        Convention(
            "half_the_square",
            {LOSS: "loss = (y_hat - y) ** 2 / 2", DY_HAT: "dy_hat = y_hat - y"},
            en="The loss is (y_hat - y)²/2, so that the 2 of the derivative cancels: accepted, as loss "
            "and gradients fit together.",
            es="La pérdida es (y_hat - y)²/2, para que se cancele el 2 de la derivada: aceptada, pues "
            "la pérdida y los gradientes concuerdan.",
        ),
    ],
)
