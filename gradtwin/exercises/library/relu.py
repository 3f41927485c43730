"""ReLU and its derivative, with the one point where there is a choice: z = 0."""

from __future__ import annotations

from ..exercise import Exercise, Expected
from ..lazy import F
from ..reference import gradient
from ..variants import Convention, Mistake

exercise = Exercise(
    name="relu",
    title={"en": "ReLU and its derivative", "es": "ReLU y su derivada"},
    section="Función de activación ReLU",
    statement={
        "en": """
            Write the ReLU: a is z where z is positive and 0 elsewhere, entry by entry.

            Then its backward pass: given z and the gradient g of the loss with respect to a, return
            the gradient with respect to z. At z = 0 the ReLU has no derivative; take 0, as PyTorch
            does. Neither function may change its arguments.
        """,
        "es": """
            Escribe la ReLU: a vale z donde z es positiva y 0 en el resto, elemento a elemento.

            Después, su paso hacia atrás: dados z y el gradiente g de la pérdida respecto de a,
            devuelve el gradiente respecto de z. En z = 0 la ReLU no tiene derivada; toma 0, como hace
            PyTorch. Ninguna de las dos funciones debe cambiar sus argumentos.
        """,
    },
    functions=["relu(z) -> a", "relu_backward(g, z) -> dz"],
    shapes={"z": "N D", "a": "N D", "g": "N D", "dz": "N D"},
    reference={"a": lambda z: F.relu(z), "dz": gradient("a", "z", "g")},
    right=[
        """
        import numpy as np

        def relu(z):
            return np.maximum(z, 0)

        def relu_backward(g, z):
            slope = z > 0
            return g * slope
        """,
        """
        import numpy as np

        def relu(z):
            a = z.copy()
            a[a < 0] = 0
            return a

        def relu_backward(g, z):
            dz = np.zeros_like(g)
            dz[z > 0] = g[z > 0]
            return dz
        """,
        """
        def relu(z):
            return [[x if x > 0 else 0.0 for x in row] for row in z.tolist()]

        def relu_backward(g, z):
            return [[u if x > 0 else 0.0 for u, x in zip(us, xs)]
                    for us, xs in zip(g.tolist(), z.tolist())]
        """,
        """
        import numpy as np

        def relu(z):
            return (z + abs(z)) / 2

        def relu_backward(g, z):
            return np.einsum("nd,nd->nd", g, np.heaviside(z, 0))
        """,
    ],
    mistakes=[
        Mistake(
            "maximum_along_an_axis", {"return np.maximum(z, 0)": "return np.max(z, 0)"},
            en="np.max(z, 0) is the largest entry of each column: the 0 is taken as an axis. The "
            "larger of two numbers, entry by entry, is np.maximum(z, 0).",
            es="np.max(z, 0) es el mayor elemento de cada columna: el 0 se toma como eje. El mayor de "
            "dos números, elemento a elemento, es np.maximum(z, 0).",
        ),
        Mistake(
            "absolute_value", {"return np.maximum(z, 0)": "return np.abs(z)"},
            en="This is |z|: negative entries must become 0, not positive.",
            es="Esto es |z|: los elementos negativos deben pasar a 0, no a positivos.",
        ),
        Mistake(
            "negative_part", {"return np.maximum(z, 0)": "return np.minimum(z, 0)"},
            en="The negative part is kept and the positive one cut: max(z, 0), not min.",
            es="Se conserva la parte negativa y se corta la positiva: es max(z, 0), no min.",
        ),
        Mistake(
            "step_instead_of_relu", {"return np.maximum(z, 0)": "return 1.0 * (z > 0)"},
            en="This is the step, 0 or 1. The ReLU of a positive z is z itself; the step is its "
            "derivative.",
            es="Esto es el escalón, 0 o 1. La ReLU de una z positiva es la propia z; el escalón es su "
            "derivada.",
        ),
        Mistake(
            "cut_at_one", {"return np.maximum(z, 0)": "return np.clip(z, 0, 1)"},
            en="The values are also cut at 1: the ReLU has no upper limit.",
            es="Los valores se cortan también en 1: la ReLU no tiene límite superior.",
        ),
        Mistake(
            "leaky", {"return np.maximum(z, 0)": "return np.where(z > 0, z, 0.01 * z)"},
            en="This is the leaky ReLU with slope 0.01: the ReLU of a negative number is exactly 0.",
            es="Esto es la Leaky ReLU con pendiente 0,01: la ReLU de un número negativo es "
            "exactamente 0.",
        ),
        Mistake(
            "upstream_forgotten", {"return g * slope": "return 1.0 * slope"},
            en="The derivative of the ReLU is not multiplied by g: the chain rule "
            "gives g where z > 0.",
            es="La derivada de la ReLU no se multiplica por g: la regla de la "
            "cadena da g donde z > 0.",
            number=22,
        ),
        Mistake(
            "derivative_left_out", {"return g * slope": "return g * 1"},
            en="g is passed on everywhere; where z is not positive the gradient stops: it is 0 there.",
            es="g se propaga en todas partes; donde z no es positiva el gradiente se detiene: ahí "
            "vale 0.",
            number=19,
        ),
        Mistake(
            "relu_instead_of_derivative", {"return g * slope": "return g * np.maximum(z, 0)"},
            en="g is multiplied by the ReLU itself; its derivative is 1 where z > 0.",
            es="g se multiplica por la propia ReLU; su derivada es 1 donde z > 0.",
        ),
        Mistake(
            "sign_of_g_asked", {"slope = z > 0": "slope = g > 0"},
            en="Whether the gradient passes depends on the sign of z, not on that of g.",
            es="Que el gradiente pase o no depende del signo de z, no del de g.",
        ),
        Mistake(
            "negative_side_passed", {"slope = z > 0": "slope = z < 0"},
            en="The gradient passes where z is negative; it must pass where z is positive.",
            es="El gradiente pasa donde z es negativa; debe pasar donde z es positiva.",
        ),
        Mistake(
            "nan_at_zero", {"slope = z > 0": "slope = (1 + z / np.abs(z)) / 2"},
            en="At z = 0 this divides 0 by 0, which is NaN. Ask for the sign with z > 0.",
            es="En z = 0 esto divide 0 entre 0, que es NaN. Pregunta por el signo con z > 0.",
            number=21,
        ),
    ],
    conventions=[
        Convention(
            "one_at_zero", {"slope = z > 0": "slope = z >= 0"},
            en="The derivative at z = 0 is taken as 1. The ReLU has none there, so this is accepted; "
            "PyTorch, and this exercise, take 0.",
            es="La derivada en z = 0 se toma como 1. La ReLU no la tiene ahí, así que se acepta; "
            "PyTorch, y este ejercicio, toman 0.",
        ),
        Convention(
            "half_at_zero", {"slope = z > 0": "slope = (np.sign(z) + 1) / 2"},
            en="The derivative at z = 0 is taken as 1/2. The ReLU has none there, so this is accepted; "
            "PyTorch, and this exercise, take 0.",
            es="La derivada en z = 0 se toma como 1/2. La ReLU no la tiene ahí, así que se acepta; "
            "PyTorch, y este ejercicio, toman 0.",
        ),
    ],
    expected=[
        # forward and backward in place: right values, but the caller's arrays are changed
        Expected(
            """
def relu(z):
    z[z < 0] = 0
    return z

def relu_backward(g, z):
    g *= z > 0
    return g
""",
            "partial", 7, [],
        ),
    ],
)
