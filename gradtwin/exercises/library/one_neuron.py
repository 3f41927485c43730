"""The chain rule on x -> h1 -> y_hat, one neuron a layer: every factor in a line of its own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...samples.values import Values
from ..exercise import Exercise
from ..lazy import torch
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


Z1, H1, Z2, Y_HAT = "z1 = w1 * x", "h1 = sigmoid(z1)", "z2 = w2 * h1", "y_hat = sigmoid(z2)"
LOSS = "loss = (y_hat - y) ** 2"
DY_HAT = "dy_hat = 2 * (y_hat - y)"
DZ2 = "dz2 = dy_hat * y_hat * (1 - y_hat)"
DW2 = "dw2 = dz2 * h1"
DH1 = "dh1 = dz2 * w2"
DZ1 = "dz1 = dh1 * h1 * (1 - h1)"
DW1 = "dw1 = dz1 * x"

tanh_instead = [
    Mistake(
        f"{neuron}_tanh", {line: line.replace("sigmoid", "np.tanh")},
        en=f"{a} is computed with tanh; this network has the sigmoid.",
        es=f"{a} se calcula con tanh; esta red tiene la sigmoide.",
    )
    for neuron, line, a in (("hidden", H1, "h1"), ("output", Y_HAT, "y_hat"))
]


def at_an_activation(line: str, dz: str, before: str, a: str, z: str) -> list[Mistake]:
    """What goes wrong where the gradient passes a sigmoid, a = sigmoid(z)."""
    other = {"y_hat": "h1", "h1": "y_hat"}[a]

    def mistake(name: str, factor: str, en: str, es: str, number: int = 0) -> Mistake:
        return Mistake(f"{dz}_{name}", {line: f"{dz} = {factor}"}, en, es, number=number)

    return [
        mistake(
            "without_the_derivative", f"{before} * 1",
            f"The derivative of the sigmoid is missing: {dz} = {before} {a} (1 - {a}).",
            f"Falta la derivada de la sigmoide: {dz} = {before} {a} (1 - {a}).", 19),
        mistake(
            "with_the_sigmoid_twice", f"{before} * sigmoid({a}) * (1 - sigmoid({a}))",
            f"In {dz} the derivative is evaluated at {a}: the sigmoid has been applied twice. It is "
            f"{a} (1 - {a}).",
            f"En {dz} la derivada se evalúa en {a}: la sigmoide se ha aplicado dos veces. Es "
            f"{a} (1 - {a}).", 16),
        mistake(
            f"with_{z}", f"{before} * {z} * (1 - {z})",
            f"In {dz}, a (1 - a) is computed with {z}; it holds for the activation {a}.",
            f"En {dz}, a (1 - a) se calcula con {z}; vale para la activación {a}.", 17),
        mistake(
            "with_the_derivative_of_tanh", f"{before} * (1 - {a} ** 2)",
            f"In {dz}, 1 - a² is the derivative of tanh; that of the sigmoid is {a} (1 - {a}).",
            f"En {dz}, 1 - a² es la derivada de tanh; la de la sigmoide es {a} (1 - {a})."),
        mistake(
            f"with_{other}", f"{before} * {other} * (1 - {other})",
            f"{dz} takes the derivative of the other neuron, with {other}; here it is {a} (1 - {a}).",
            f"{dz} lleva la derivada de la otra neurona, con {other}; aquí es {a} (1 - {a}).", 42),
        mistake(
            f"without_{before}", f"{a} * (1 - {a})",
            f"{dz} is the local derivative alone: the chain rule multiplies it by {before}, what came "
            "from behind.",
            f"{dz} es solo la derivada local: la regla de la cadena la multiplica por {before}, lo que "
            "viene de atrás.", 22),
    ]


of_an_activation = [
    *at_an_activation(DZ2, "dz2", "dy_hat", "y_hat", "z2"),
    *at_an_activation(DZ1, "dz1", "dh1", "h1", "z1"),
]

of_a_weight = [
    mistake
    for line, dw, dz, w, input in ((DW2, "dw2", "dz2", "w2", "h1"), (DW1, "dw1", "dz1", "w1", "x"))
    for mistake in (
        Mistake(
            f"{dw}_with_{w}", {line: f"{dw} = {dz} * {w}"},
            en=f"{dw} is multiplied by the weight itself; the derivative of {w} {input} with respect to "
            f"{w} is {input}.",
            es=f"{dw} se multiplica por el propio peso; la derivada de {w} {input} respecto de {w} es "
            f"{input}.",
        ),
        Mistake(
            f"{dw}_without_{input}", {line: f"{dw} = {dz}"},
            en=f"The input is missing in {dw}: {dw} = {dz} {input}.",
            es=f"Falta la entrada en {dw}: {dw} = {dz} {input}.",
        ),
    )
]

exercise = Exercise(
    name="one_neuron",
    title={"en": "The chain rule with one neuron a layer",
           "es": "La regla de la cadena con una neurona por capa"},
    section="Propagación hacia atrás",
    statement={
        "en": """
            The smallest network there is: one input, one hidden neuron, one output, one example. All
            quantities are numbers. Write its forward pass, line by line,

            z1 = w1 x, h1 = sigmoid(z1), z2 = w2 h1, y_hat = sigmoid(z2), loss = (y_hat - y)^2,

            and its backward pass: from the loss back to w1, the gradient of the loss with respect to
            y_hat, z2, w2, h1, z1 and w1, in this order. Each is the one before it times one local
            derivative: that is the chain rule. z may be as large as 800 or -800.
        """,
        "es": """
            La red más pequeña posible: una entrada, una neurona oculta, una salida, un ejemplo. Todas
            las cantidades son números. Escribe su pasada hacia adelante, línea a línea,

            z1 = w1 x, h1 = sigmoide(z1), z2 = w2 h1, y_hat = sigmoide(z2), loss = (y_hat - y)^2,

            y su pasada hacia atrás: desde la pérdida hasta w1, el gradiente de la pérdida respecto de
            y_hat, z2, w2, h1, z1 y w1, en este orden. Cada uno es el anterior por una derivada local:
            eso es la regla de la cadena. z puede llegar a 800 o -800.
        """,
    },
    functions=[
        "forward(x, y, w1, w2) -> z1, h1, z2, y_hat, loss",
        "backward(x, y, w1, w2, z1, h1, z2, y_hat) -> dy_hat, dz2, dw2, dh1, dz1, dw1",
    ],
    shapes=dict.fromkeys(
        ("x", "y", "w1", "w2", "z1", "h1", "z2", "y_hat", "loss",
         "dy_hat", "dz2", "dw2", "dh1", "dz1", "dw1"), ""),
    inputs={
        "x": number(2), "w1": number(1.5), "w2": number(3),
        "y": Values("", lambda rng, *_: round(float(rng.uniform(0, 1)), 2)),
    },
    probes=[
        probe(N_("both weights negative"), "values", x=1.5, y=1, w1=-0.7, w2=-1.25),
        probe(N_("both weights positive"), "values", x=0.5, y=0, w1=0.96, w2=2.5),
        probe("x = 0", "values", x=0, y=1, w1=0.8, w2=-0.6),
        probe("z1 = 800", EXTREME, x=2, y=0, w1=400, w2=0.5),
        probe("z1 = -800", EXTREME, x=-2, y=1, w1=400, w2=0.5),
        probe("z2 = 800", EXTREME, x=1, y=0.25, w1=40, w2=800),
        probe("z2 = -800", EXTREME, x=1, y=1, w1=40, w2=-800),
    ],
    reference={
        "z1": lambda x, w1: w1 * x,
        "h1": lambda z1: torch.sigmoid(z1),
        "z2": lambda h1, w2: w2 * h1,
        "y_hat": lambda z2: torch.sigmoid(z2),
        "loss": lambda y_hat, y: (y_hat - y) ** 2,
        "dy_hat": gradient("loss", "y_hat"),
        "dz2": gradient("y_hat", "z2", "dy_hat"),
        "dw2": gradient("z2", "w2", "dz2"),
        "dh1": gradient("z2", "h1", "dz2"),
        "dz1": gradient("h1", "z1", "dh1"),
        "dw1": gradient("z1", "w1", "dz1"),
    },
    # by one's own activation, which differs from sigmoid(z) where it is itself wrong
    also={
        "dz2": [lambda dy_hat, y_hat: dy_hat * y_hat * (1 - y_hat)],
        "dz1": [lambda dh1, h1: dh1 * h1 * (1 - h1)],
    },
    right=[
        f"""
        import numpy as np

        def sigmoid(z):
            e = np.exp(-abs(z))
            return e / (1 + e) if z < 0 else 1 / (1 + e)

        def forward(x, y, w1, w2):
            {Z1}
            {H1}
            {Z2}
            {Y_HAT}
            {LOSS}
            return z1, h1, z2, y_hat, loss

        def backward(x, y, w1, w2, z1, h1, z2, y_hat):
            {DY_HAT}
            {DZ2}
            {DW2}
            {DH1}
            {DZ1}
            {DW1}
            return dy_hat, dz2, dw2, dh1, dz1, dw1
        """,
        """
        import math

        def s(z):
            if z >= 0:
                return 1 / (1 + math.exp(-z))
            return math.exp(z) / (1 + math.exp(z))

        def forward(x, y, w1, w2):
            z1 = x * w1
            z2 = s(z1) * w2
            return {"loss": (y - s(z2)) * (y - s(z2)), "y_hat": s(z2), "z2": z2, "h1": s(z1),
                    "z1": z1}

        def backward(x, y, w1, w2, z1, h1, z2, y_hat):
            dy_hat = -2 * (y - y_hat)
            dy_hat_dz2 = s(z2) * s(-z2)
            dh1_dz1 = s(z1) * s(-z1)
            return {
                "dy_hat": dy_hat,
                "dz2": dy_hat * dy_hat_dz2,
                "dw2": dy_hat * dy_hat_dz2 * s(z1),
                "dh1": dy_hat * dy_hat_dz2 * w2,
                "dz1": dy_hat * dy_hat_dz2 * w2 * dh1_dz1,
                "dw1": dy_hat * dy_hat_dz2 * w2 * dh1_dz1 * x,
            }
        """,
        """
        import numpy as np

        sigmoid = lambda z: (1 + np.tanh(z / 2)) / 2
        slope = lambda z: 1 / (4 * np.cosh(np.clip(z, -700, 700) / 2) ** 2)

        def forward(x, y, w1, w2):
            values, weights = [], [w1, w2]
            a = x
            for w in weights:
                z = a * w
                a = sigmoid(z)
                values += [z, a]
            return values + [np.square(a - y)]

        def backward(x, y, w1, w2, z1, h1, z2, y_hat):
            g = 2 * (y_hat - y)
            out = [g]
            for w, z, before in ((w2, z2, h1), (w1, z1, x)):
                g = g * slope(z)
                out += [g, g * before]
                g = g * w
                out += [g]
            return out[:-1]
        """,
        """
        import numpy as np

        def forward(x, y, w1, w2):
            z1 = np.multiply(w1, x)
            h1 = 1 / (1 + np.exp(-z1))          # overflows to inf at -800: 1 / inf is 0, right
            z2 = np.multiply(w2, h1)
            y_hat = 1 / (1 + np.exp(-z2))
            return np.array([z1, h1, z2, y_hat, (y - y_hat) ** 2]).tolist()

        def backward(x, y, w1, w2, z1, h1, z2, y_hat):
            dy_hat = 2 * y_hat - 2 * y
            dz2 = dy_hat * (y_hat - y_hat ** 2)
            dh1 = w2 * dz2
            dz1 = dh1 * (h1 - h1 ** 2)
            return [dy_hat, dz2, h1 * dz2, dh1, dz1, x * dz1]
        """,
    ],
    mistakes=[
        *tanh_instead, *of_an_activation, *of_a_weight,
        Mistake(
            "exp_overflows",
            {"""    e = np.exp(-abs(z))
    return e / (1 + e) if z < 0 else 1 / (1 + e)""":
             "    import math; return 1 / (1 + math.exp(-z))"},
            en="math.exp raises OverflowError for large numbers: at z = -800 it is asked for exp(800). "
            "Choose the formula by the sign of z.",
            es="math.exp lanza OverflowError con números grandes: en z = -800 se le pide exp(800). "
            "Elige la fórmula según el signo de z.",
            number=2,
        ),
        Mistake(
            "exp_over_one_plus_exp",
            {"""    e = np.exp(-abs(z))
    return e / (1 + e) if z < 0 else 1 / (1 + e)""":
             "    return np.exp(z) / (1 + np.exp(z))"},
            en="exp(z) / (1 + exp(z)) overflows for large z: inf / inf is NaN. Choose the formula by the "
            "sign of z.",
            es="exp(z) / (1 + exp(z)) se desborda para z grande: inf / inf es NaN. Elige la fórmula "
            "según el signo de z.",
            number=2,
        ),
        Mistake(
            "weights_swapped", {Z1: "z1 = w2 * x", Z2: "z2 = w1 * h1"},
            en="The two weights have changed places: w1 belongs to x, w2 to h1.",
            es="Los dos pesos están cambiados: w1 va con x y w2 con h1.",
        ),
        Mistake(
            "no_hidden_activation", {H1: "h1 = z1"},
            en="The hidden neuron has no activation: h1 = sigmoid(z1).",
            es="La neurona oculta no tiene función de activación: h1 = sigmoide(z1).",
        ),
        Mistake(
            "no_output_activation", {Y_HAT: "y_hat = z2"},
            en="The output has no activation: y_hat = sigmoid(z2).",
            es="La salida no tiene función de activación: y_hat = sigmoide(z2).",
        ),
        Mistake(
            "second_neuron_of_x", {Z2: "z2 = w2 * x"},
            en="The second neuron is given x; its input is h1.",
            es="La segunda neurona recibe x; su entrada es h1.",
        ),
        Mistake(
            "second_neuron_of_z1", {Z2: "z2 = w2 * z1"},
            en="The second neuron is given z1; its input is the activation h1.",
            es="La segunda neurona recibe z1; su entrada es la activación h1.",
        ),
        Mistake(
            "loss_not_squared", {LOSS: "loss = y_hat - y"},
            en="The error is not squared: loss = (y_hat - y)².",
            es="El error no se eleva al cuadrado: loss = (y_hat - y)².",
        ),
        Mistake(
            "loss_halved", {LOSS: "loss = (y_hat - y) ** 2 / 2"},
            en="The loss has a factor 1/2 which its gradient does not have: loss = (y_hat - y)².",
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
            en="The sign is reversed: dy_hat = 2 (y_hat - y). A prediction that is too high has a "
            "positive gradient.",
            es="El signo está al revés: dy_hat = 2 (y_hat - y). Una predicción demasiado alta tiene "
            "gradiente positivo.",
            number=49,
        ),
        Mistake(
            "dw2_with_x", {DW2: "dw2 = dz2 * x"},
            en="dw2 is computed with x; the input of the second neuron is h1.",
            es="dw2 se calcula con x; la entrada de la segunda neurona es h1.",
        ),
        Mistake(
            "dw2_with_z1", {DW2: "dw2 = dz2 * z1"},
            en="dw2 is computed with z1; the input of the second neuron is the activation h1.",
            es="dw2 se calcula con z1; la entrada de la segunda neurona es la activación h1.",
        ),
        Mistake(
            "passed_back_without_the_weight", {DH1: "dh1 = dz2 * 1"},
            en="The error is passed back without the weight: dh1 = dz2 w2.",
            es="El error se propaga sin el peso: dh1 = dz2 w2.",
            number=41,
        ),
        Mistake(
            "passed_back_before_the_sigmoid", {DH1: "dh1 = dy_hat * w2"},
            en="dh1 starts from dy_hat and skips the output's sigmoid: dh1 = dz2 w2.",
            es="dh1 parte de dy_hat y se salta la sigmoide de la salida: dh1 = dz2 w2.",
            number=41,
        ),
        Mistake(
            "passed_back_through_w1", {DH1: "dh1 = dz2 * w1"},
            en="The error is passed back through w1; between h1 and z2 stands w2.",
            es="El error se propaga con w1; entre h1 y z2 está w2.",
        ),
        Mistake(
            "passed_back_through_dw2", {DH1: "dh1 = dz2 * dw2"},
            en="The error is passed back through the gradient dw2; it is w2 that connects h1 with z2.",
            es="El error se propaga con el gradiente dw2; es w2 quien une h1 con z2.",
            number=39,
        ),
        Mistake(
            "weight_already_updated", {DH1: "dh1 = dz2 * (w2 - 0.1 * dw2)"},
            en="w2 is updated (with a step of 0.1) before the error is passed back through it: first "
            "all gradients, then the step.",
            es="w2 se actualiza (con un paso de 0,1) antes de propagar el error con él: primero todos "
            "los gradientes, después el paso.",
            number=40,
        ),
        Mistake(
            "dw1_with_h1", {DW1: "dw1 = dz1 * h1"},
            en="dw1 is computed with h1; the input of the first neuron is x.",
            es="dw1 se calcula con h1; la entrada de la primera neurona es x.",
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
