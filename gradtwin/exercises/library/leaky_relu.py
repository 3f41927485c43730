"""The leaky ReLU: a small slope where the ReLU would be dead."""

from __future__ import annotations

from ...samples.values import between
from ..exercise import Exercise, Expected
from ..lazy import F
from ..reference import gradient
from ..variants import Convention, Mistake
from .gradient_descent import short

exercise = Exercise(
    name="leaky_relu",
    title={"en": "Leaky ReLU and its derivative", "es": "Leaky ReLU y su derivada"},
    section="Función de activación LeakyReLU",
    statement={
        "en": """
            Write the leaky ReLU: a is z where z is positive and alpha z elsewhere, entry by entry.
            alpha is a number between 0 and 1 that is given to the function.

            Then its backward pass: given z, alpha and the gradient g of the loss with respect to a,
            return the gradient with respect to z. At z = 0 take the slope of the negative side, as
            PyTorch does.
        """,
        "es": """
            Escribe la Leaky ReLU: a vale z donde z es positiva y alpha z en el resto, elemento a
            elemento. alpha es un número entre 0 y 1 que recibe la función.

            Después, su paso hacia atrás: dados z, alpha y el gradiente g de la pérdida respecto de a,
            devuelve el gradiente respecto de z. En z = 0 toma la pendiente del lado negativo, como
            hace PyTorch.
        """,
    },
    functions=["leaky_relu(z, alpha) -> a", "leaky_relu_backward(g, z, alpha) -> dz"],
    shapes={"z": "N D", "alpha": "", "a": "N D", "g": "N D", "dz": "N D"},
    inputs={"alpha": short(between("", 0.02, 0.5))},
    reference={
        "a": lambda z, alpha: F.leaky_relu(z, alpha.item()),
        "dz": gradient("a", "z", "g"),
    },
    right=[
        """
        import numpy as np

        def leaky_relu(z, alpha):
            return np.where(z > 0, z, alpha * z)

        def leaky_relu_backward(g, z, alpha):
            slope = np.where(z > 0, 1, alpha)
            return g * slope
        """,
        """
        import numpy as np

        def leaky_relu(z, alpha):
            return np.maximum(alpha * z, z)             # alpha lies between 0 and 1

        def leaky_relu_backward(g, z, alpha):
            dz = g.copy()
            dz[z <= 0] *= alpha
            return dz
        """,
        """
        def leaky_relu(z, alpha):
            return [[x if x > 0 else alpha * x for x in row] for row in z.tolist()]

        def leaky_relu_backward(g, z, alpha):
            return [[u if x > 0 else alpha * u for u, x in zip(us, xs)]
                    for us, xs in zip(g.tolist(), z.tolist())]
        """,
        """
        import numpy as np

        def leaky_relu(z, alpha):
            return np.maximum(z, 0) + alpha * np.minimum(z, 0)

        def leaky_relu_backward(g, z, alpha):
            positive = (z > 0).astype(z.dtype)
            return g * positive + alpha * g * (1 - positive)
        """,
    ],
    mistakes=[
        Mistake(
            "negative_side_zero",
            {"return np.where(z > 0, z, alpha * z)":
             "return np.maximum(0, np.maximum(alpha * z, z))"},
            en="Negative entries give 0, as with the ReLU: that is what a maximum with 0 does, also "
            "max(0, alpha z, z). They must give alpha z.",
            es="Los elementos negativos dan 0, como en la ReLU: es lo que hace un máximo con 0, "
            "también max(0, alpha z, z). Deben dar alpha z.",
            number=24,
        ),
        Mistake(
            "alpha_everywhere",
            {"return np.where(z > 0, z, alpha * z)": "return alpha * z"},
            en="alpha multiplies every entry; positive ones must stay as they are.",
            es="alpha multiplica todos los elementos; los positivos deben quedar como están.",
            number=24,
        ),
        Mistake(
            "sides_swapped",
            {"return np.where(z > 0, z, alpha * z)": "return np.where(z > 0, alpha * z, z)"},
            en="The two sides are swapped: alpha belongs to the negative one.",
            es="Los dos lados están intercambiados: alpha corresponde al negativo.",
            number=24,
        ),
        Mistake(
            "alpha_fixed",
            {"return np.where(z > 0, z, alpha * z)": "return np.where(z > 0, z, 0.01 * z)"},
            en="The slope is fixed at 0.01; it must be the alpha that the function is given.",
            es="La pendiente está fijada en 0,01; debe ser la alpha que recibe la función.",
        ),
        Mistake(
            "alpha_added",
            {"return np.where(z > 0, z, alpha * z)": "return np.where(z > 0, z, alpha + z)"},
            en="alpha is added to the negative entries; it multiplies them.",
            es="alpha se suma a los elementos negativos; debe multiplicarlos.",
        ),
        Mistake(
            "alpha_instead_of_alpha_z",
            {"return np.where(z > 0, z, alpha * z)": "return np.where(z > 0, z, alpha)"},
            en="Negative entries give alpha itself; they must give alpha z.",
            es="Los elementos negativos dan la propia alpha; deben dar alpha z.",
        ),
        Mistake(
            "negative_side_positive",
            {"return np.where(z > 0, z, alpha * z)": "return np.where(z > 0, z, -alpha * z)"},
            en="The negative side comes out positive: it is alpha z, without another minus sign.",
            es="El lado negativo sale positivo: es alpha z, sin otro signo menos.",
        ),
        Mistake(
            "upstream_forgotten", {"return g * slope": "return 1.0 * slope"},
            en="The slopes 1 and alpha are not multiplied by g.",
            es="Las pendientes 1 y alpha no se multiplican por g.",
            number=22,
        ),
        Mistake(
            "derivative_left_out", {"return g * slope": "return g * 1"},
            en="g is passed on unchanged; where z is not positive it is multiplied by alpha.",
            es="g se propaga sin cambios; donde z no es positiva se multiplica por alpha.",
            number=19,
        ),
        Mistake(
            "derivative_of_relu",
            {"slope = np.where(z > 0, 1, alpha)": "slope = np.where(z > 0, 1, 0)"},
            en="This is the derivative of the ReLU: on the negative side the slope is alpha, not 0.",
            es="Esta es la derivada de la ReLU: en el lado negativo la pendiente es alpha, no 0.",
            number=24,
        ),
        Mistake(
            "derivative_alpha_everywhere",
            {"slope = np.where(z > 0, 1, alpha)": "slope = alpha"},
            en="The slope is alpha everywhere; on the positive side it is 1.",
            es="La pendiente es alpha en todas partes; en el lado positivo es 1.",
            number=24,
        ),
        Mistake(
            "derivative_sides_swapped",
            {"slope = np.where(z > 0, 1, alpha)": "slope = np.where(z > 0, alpha, 1)"},
            en="In the derivative the two sides are swapped: 1 where z > 0, alpha elsewhere.",
            es="En la derivada los dos lados están intercambiados: 1 donde z > 0, alpha en el resto.",
            number=24,
        ),
        Mistake(
            "derivative_with_alpha_fixed",
            {"slope = np.where(z > 0, 1, alpha)": "slope = np.where(z > 0, 1, 0.01)"},
            en="In the derivative the slope is fixed at 0.01; it must be the alpha that is given.",
            es="En la derivada la pendiente está fijada en 0,01; debe ser la alpha que se recibe.",
        ),
        Mistake(
            "function_instead_of_derivative",
            {"slope = np.where(z > 0, 1, alpha)": "slope = np.where(z > 0, z, alpha * z)"},
            en="g is multiplied by the leaky ReLU itself; its derivative is 1 or alpha.",
            es="g se multiplica por la propia Leaky ReLU; su derivada es 1 o alpha.",
        ),
        Mistake(
            "sign_of_g_asked",
            {"slope = np.where(z > 0, 1, alpha)": "slope = np.where(g > 0, 1, alpha)"},
            en="Which slope holds depends on the sign of z, not on that of g.",
            es="Qué pendiente se aplica depende del signo de z, no del de g.",
        ),
    ],
    conventions=[
        Convention(
            "one_at_zero",
            {"slope = np.where(z > 0, 1, alpha)": "slope = np.where(z >= 0, 1, alpha)"},
            en="The slope at z = 0 is taken as 1. The function has no derivative there, so this is "
            "accepted; PyTorch, and this exercise, take alpha.",
            es="La pendiente en z = 0 se toma como 1. La función no tiene derivada ahí, así que se "
            "acepta; PyTorch, y este ejercicio, toman alpha.",
        ),
        Convention(
            "mean_at_zero",
            {"slope = np.where(z > 0, 1, alpha)":
             "slope = np.where(z == 0, (1 + alpha) / 2, np.where(z > 0, 1, alpha))"},
            en="The slope at z = 0 is taken as the mean of both sides. The function has no derivative "
            "there, so this is accepted; PyTorch, and this exercise, take alpha.",
            es="La pendiente en z = 0 se toma como la media de los dos lados. La función no tiene "
            "derivada ahí, así que se acepta; PyTorch, y este ejercicio, toman alpha.",
        ),
        Convention(
            "zero_at_zero",
            {"slope = np.where(z > 0, 1, alpha)":
             "slope = np.where(z == 0, 0, np.where(z > 0, 1, alpha))"},
            en="The slope at z = 0 is taken as 0. The function has no derivative there, so this is "
            "accepted; PyTorch, and this exercise, take alpha.",
            es="La pendiente en z = 0 se toma como 0. La función no tiene derivada ahí, así que se "
            "acepta; PyTorch, y este ejercicio, toman alpha.",
        ),
    ],
    expected=[
        # in place: right values, but the caller's array is changed
        Expected(
            """
def leaky_relu(z, alpha):
    z[z < 0] *= alpha
    return z

def leaky_relu_backward(g, z, alpha):
    g[z <= 0] *= alpha
    return g
""",
            "partial", 7, [],
        ),
    ],
)
