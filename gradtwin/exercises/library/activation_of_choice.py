"""Another activation of the ReLU's family: the student says which one, and is graded on that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..exercise import Exercise
from ..lazy import F, torch
from ..reference import gradient
from ..variants import Mistake

CHOICES = ("elu", "selu", "softplus", "silu", "gelu", "gelu_tanh")
"""In the order of their numbers."""


def activation(chosen: Any, z: Any) -> Any:
    """The chosen one, by PyTorch. Its softplus is linear from 20 on, 2e-9 away, unless told otherwise."""
    values: dict[str, Callable[[], Any]] = {
        "elu": lambda: F.elu(z),
        "selu": lambda: F.selu(z),
        "softplus": lambda: F.softplus(z, threshold=40),
        "silu": lambda: F.silu(z),
        "gelu": lambda: F.gelu(z),
        "gelu_tanh": lambda: F.gelu(z, approximate="tanh"),
    }
    return values[CHOICES[int(chosen)]]()


def number(n: int) -> Callable[[], Any]:
    """A choice that is as right as any other."""
    return lambda: torch.tensor(n)


def choosing(name: str, old: str, new: str) -> dict[str, str]:
    """A mistake in one of the activations: the swap, and the choice of that activation."""
    return {'CHOICE = "elu"': f'CHOICE = "{name}"', old: new}


ELU = '"elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),'
D_ELU = '"elu": lambda z: np.where(z > 0, 1, np.exp(np.minimum(z, 0))),'
SELU = '"selu": lambda z: SCALE * np.where(z > 0, z, ALPHA * np.expm1(np.minimum(z, 0))),'
D_SELU = '"selu": lambda z: SCALE * np.where(z > 0, 1, ALPHA * np.exp(np.minimum(z, 0))),'
SOFTPLUS = '"softplus": lambda z: np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))),'
D_SOFTPLUS = '"softplus": lambda z: sigmoid(z),'
SILU = '"silu": lambda z: z * sigmoid(z),'
D_SILU = '"silu": lambda z: sigmoid(z) + z * sigmoid(z) * sigmoid(-z),'
GELU = '"gelu": lambda z: z * normal_cdf(z),'
D_GELU = '"gelu": lambda z: normal_cdf(z) + z * normal_density(z),'
GELU_TANH = '"gelu_tanh": lambda z: z * sigmoid(2 * inner(z)),'
D_GELU_TANH = (
    '"gelu_tanh": lambda z: sigmoid(2 * inner(z)) + 2 * z * sigmoid(2 * inner(z))'
    " * sigmoid(-2 * inner(z)) * inner_slope(z),"
)

exercise = Exercise(
    name="activation_of_choice",
    title={"en": "Another activation, of your choice", "es": "Otra función de activación, a elegir"},
    section="Otras funciones de activación",
    statement={
        "en": """
            Choose one of the ReLU's family and say which in CHOICE; write it, entry by entry, and its
            backward pass: given z and the gradient g of the loss with respect to a, return the
            gradient with respect to z. For numbers of any size: 800 and -800 must not give NaN.

            - "elu": z where z > 0, exp(z) - 1 elsewhere;
            - "selu": 1.0507009873554805 times (z where z > 0, 1.6732632423543772 (exp(z) - 1)
              elsewhere);
            - "softplus": log(1 + exp(z));
            - "silu": z sigmoid(z);
            - "gelu": z P(z), with P the distribution function of the normal distribution N(0, 1);
              "gelu_tanh": z (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))) / 2, close to it.
        """,
        "es": """
            Elige una de la familia de la ReLU e indica cuál en CHOICE; escríbela, elemento a elemento,
            junto con su paso hacia atrás: dados z y el gradiente g de la pérdida respecto de a,
            devuelve el gradiente respecto de z. Para números de cualquier tamaño: 800 y -800 no deben
            dar NaN.

            - "elu": z donde z > 0, exp(z) - 1 en el resto;
            - "selu": 1,0507009873554805 por (z donde z > 0, 1,6732632423543772 (exp(z) - 1) en el
              resto);
            - "softplus": log(1 + exp(z));
            - "silu": z sigmoide(z);
            - "gelu": z P(z), con P la función de distribución de la normal N(0, 1);
              "gelu_tanh": z (1 + tanh(sqrt(2/pi) (z + 0,044715 z^3))) / 2, que se le parece.
        """,
    },
    functions=["choice() -> chosen", "activation(chosen, z) -> a",
               "activation_backward(chosen, g, z) -> dz"],
    shapes={"z": "N D", "a": "N D", "g": "N D", "dz": "N D", "chosen": ""},
    reference={
        "chosen": number(0),
        "a": activation,
        "dz": gradient("a", "z", "g"),
    },
    also={"chosen": [number(n) for n in range(1, len(CHOICES))]},
    points={"chosen": 0},
    # What the student chose, as a number that the references can stand on. The student's functions
    # take no choice; the solution that knows them all does, so that mistakes are found in each.
    driver=f"""
def choice():
    names = {CHOICES!r}
    name = globals().get("CHOICE")
    plain = str(name).strip().lower().replace("swish", "silu")
    if plain not in names:
        raise ValueError(f"CHOICE = {{name!r}}: " + ", ".join(names))
    return names.index(plain)

def _without_choice(student):
    if student.__code__.co_varnames[:1] == ("chosen",):
        return student
    return lambda chosen, *arguments: student(*arguments)

for _name in ("activation", "activation_backward"):
    if hasattr(globals().get(_name), "__code__"):
        globals()[_name] = _without_choice(globals()[_name])
""",
    calls={"activation": "z", "activation_backward": "g, z"},
    shown={"choice": "print(CHOICE)"},
    starter={
        "en": '''
            import numpy as np

            CHOICE = "elu"              # or "selu", "softplus", "silu", "gelu", "gelu_tanh"


            def activation(z):
                """The activation that you chose, entry by entry; z: (N, D)."""
                raise NotImplementedError


            def activation_backward(g, z):
                """The gradient with respect to z; g, z: (N, D)."""
                raise NotImplementedError
        ''',
        "es": '''
            import numpy as np

            CHOICE = "elu"              # o "selu", "softplus", "silu", "gelu", "gelu_tanh"


            def activation(z):
                """La función de activación que has elegido, elemento a elemento; z: (N, D)."""
                raise NotImplementedError


            def activation_backward(g, z):
                """El gradiente respecto de z; g, z: (N, D)."""
                raise NotImplementedError
        ''',
    },
    right=[
        f"""
        import math
        import numpy as np

        CHOICE = "elu"
        NAMES = {CHOICES!r}
        SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772

        def sigmoid(z):
            e = np.exp(-np.abs(z))
            return np.where(z < 0, e, 1) / (1 + e)

        def normal_cdf(z):
            half = np.vectorize(math.erfc, otypes=[float])(-z / math.sqrt(2)) / 2
            return half.astype(z.dtype)

        def normal_density(z):
            return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)

        def inner(z):
            return math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)

        def inner_slope(z):
            return math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z**2)

        VALUES = {{
            {ELU}
            {SELU}
            {SOFTPLUS}
            {SILU}
            {GELU}
            {GELU_TANH}
        }}
        SLOPES = {{
            {D_ELU}
            {D_SELU}
            {D_SOFTPLUS}
            {D_SILU}
            {D_GELU}
            {D_GELU_TANH}
        }}

        def activation(chosen, z):
            return VALUES[NAMES[chosen]](z)

        def activation_backward(chosen, g, z):
            return g * SLOPES[NAMES[chosen]](z)
        """,
        """
        import numpy as np

        CHOICE = "elu"

        def activation(z):
            a = z.copy()
            a[z <= 0] = np.exp(z[z <= 0]) - 1
            return a

        def activation_backward(g, z):
            return np.where(z > 0, g, g * (np.minimum(activation(z), 0) + 1))
        """,
        """
        import numpy as np

        CHOICE = "softplus"

        def activation(z):
            return np.logaddexp(0, z)

        def activation_backward(g, z):
            return g * np.exp(-np.logaddexp(0, -z))
        """,
        """
        import math

        CHOICE = "silu"

        def sigmoid(x):
            return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))

        def activation(z):
            return [[x * sigmoid(x) for x in row] for row in z.tolist()]

        def activation_backward(g, z):
            def slope(x):
                s = sigmoid(x)
                return s * (1 + x * (1 - s))
            return [[u * slope(x) for u, x in zip(us, xs)] for us, xs in zip(g.tolist(), z.tolist())]
        """,
        """
        import numpy as np

        CHOICE = "selu"

        def activation(z):
            scale, alpha = 1.0507009873554805, 1.6732632423543772
            negative = np.minimum(z, 0)
            return scale * (np.maximum(z, 0) + alpha * (np.exp(negative) - 1))

        def activation_backward(g, z):
            scale, alpha = 1.0507009873554805, 1.6732632423543772
            return g * scale * np.where(z > 0, 1, alpha * np.exp(np.minimum(z, 0)))
        """,
        """
        import math
        import numpy as np

        CHOICE = "gelu"

        def phi(x):
            return 0.5 * math.erfc(-x / math.sqrt(2))

        def activation(z):
            return np.array([[x * phi(x) for x in row] for row in z.tolist()], dtype=z.dtype)

        def activation_backward(g, z):
            dz = np.empty_like(z)
            for i, x in np.ndenumerate(z):
                x = float(x)
                dz[i] = g[i] * (phi(x) + x * math.exp(-(x**2) / 2) / math.sqrt(2 * math.pi))
            return dz
        """,
        """
        import numpy as np

        CHOICE = "gelu_tanh"
        C = np.sqrt(2 / np.pi).item()

        def activation(z):
            return 0.5 * z * (1 + np.tanh(C * (z + 0.044715 * z**3)))

        def activation_backward(g, z):
            t = np.tanh(C * (z + 0.044715 * z**3))
            return g * (0.5 * (1 + t) + 0.5 * z * (1 - t**2) * C * (1 + 0.134145 * z**2))
        """,
    ],
    mistakes=[
        Mistake(
            "upstream_forgotten",
            {"return g * SLOPES[NAMES[chosen]](z)": "return 1.0 * SLOPES[NAMES[chosen]](z)"},
            en="The derivative is not multiplied by g.",
            es="La derivada no se multiplica por g.",
            number=22,
        ),
        Mistake(
            "derivative_left_out",
            {"return g * SLOPES[NAMES[chosen]](z)": "return g * 1"},
            en="g is passed on unchanged: it must be multiplied by the derivative at z.",
            es="g se propaga sin cambios: hay que multiplicarlo por la derivada en z.",
            number=19,
        ),
        Mistake(
            "function_instead_of_derivative",
            {"return g * SLOPES[NAMES[chosen]](z)": "return g * VALUES[NAMES[chosen]](z)"},
            en="g is multiplied by the activation itself instead of by its derivative.",
            es="g se multiplica por la propia activación en vez de por su derivada.",
        ),
        Mistake(
            "derivative_at_the_activation",
            {"return g * SLOPES[NAMES[chosen]](z)":
             "return g * SLOPES[NAMES[chosen]](VALUES[NAMES[chosen]](z))"},
            en="The derivative is evaluated at a instead of at z.",
            es="La derivada se evalúa en a en vez de en z.",
            number=16,
        ),
        Mistake(
            "derivative_of_relu",
            {"return g * SLOPES[NAMES[chosen]](z)": "return g * (z > 0)"},
            en="This is the derivative of the ReLU: the activation that you chose has another one.",
            es="Esta es la derivada de la ReLU: la activación que has elegido tiene otra.",
        ),
        Mistake(
            "elu_without_minus_one",
            choosing("elu", ELU, '"elu": lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0))),'),
            en="The negative side of the ELU is exp(z) - 1: the 1 is not subtracted.",
            es="El lado negativo de la ELU es exp(z) - 1: no se resta el 1.",
        ),
        Mistake(
            "elu_multiplied_instead_of_chosen",
            choosing("elu", ELU,
                     '"elu": lambda z: (z > 0) * z + (z <= 0) * (np.exp(z) - 1),'),
            en="0 times an overflowed exp(z) is NaN for large z: choose with np.where, and take exp of "
            "min(z, 0).",
            es="0 por un exp(z) desbordado es NaN para z grande: elige con np.where y toma exp de "
            "min(z, 0).",
        ),
        Mistake(
            "elu_derivative_of_a",
            choosing("elu", D_ELU,
                     '"elu": lambda z: np.where(z > 0, 1, np.expm1(np.minimum(z, 0))),'),
            en="The derivative of the ELU's negative side is exp(z), that is a + 1, not a.",
            es="La derivada del lado negativo de la ELU es exp(z), es decir a + 1, no a.",
        ),
        Mistake(
            "selu_without_scale",
            choosing("selu", SELU, '"selu": lambda z: np.where(z > 0, z, ALPHA * np.expm1(np.minimum(z, 0))),'),
            en="The factor 1.0507 of the SELU is missing.",
            es="Falta el factor 1,0507 de la SELU.",
        ),
        Mistake(
            "selu_scale_only_positive",
            choosing("selu", SELU,
                     '"selu": lambda z: np.where(z > 0, SCALE * z, ALPHA * np.expm1(np.minimum(z, 0))),'),
            en="The factor 1.0507 belongs to both sides of the SELU.",
            es="El factor 1,0507 corresponde a los dos lados de la SELU.",
        ),
        Mistake(
            "selu_derivative_without_scale",
            choosing("selu", D_SELU,
                     '"selu": lambda z: np.where(z > 0, 1, ALPHA * np.exp(np.minimum(z, 0))),'),
            en="The factor 1.0507 is missing in the derivative of the SELU.",
            es="Falta el factor 1,0507 en la derivada de la SELU.",
        ),
        Mistake(
            "softplus_overflows",
            choosing("softplus", SOFTPLUS, '"softplus": lambda z: np.log(1 + np.exp(z)),'),
            en="log(1 + exp(z)) is infinite for large z, where it should be z: write "
            "max(z, 0) + log1p(exp(-|z|)).",
            es="log(1 + exp(z)) es infinito para z grande, donde debería ser z: escribe "
            "max(z, 0) + log1p(exp(-|z|)).",
        ),
        Mistake(
            "softplus_base_two",
            choosing("softplus", SOFTPLUS, '"softplus": lambda z: np.logaddexp2(0, z),'),
            en="The logarithm is taken in base 2; the softplus has the natural one.",
            es="El logaritmo es en base 2; la softplus lleva el natural.",
        ),
        Mistake(
            "softplus_derivative_overflows",
            choosing("softplus", D_SOFTPLUS, '"softplus": lambda z: np.exp(z) / (1 + np.exp(z)),'),
            en="exp(z) / (1 + exp(z)) is NaN for large z. The derivative of the softplus is the "
            "sigmoid, 1 / (1 + exp(-z)).",
            es="exp(z) / (1 + exp(z)) es NaN para z grande. La derivada de la softplus es la sigmoide, "
            "1 / (1 + exp(-z)).",
            number=2,
        ),
        Mistake(
            "softplus_derivative_of_the_sigmoid",
            choosing("softplus", D_SOFTPLUS, '"softplus": lambda z: sigmoid(z) * sigmoid(-z),'),
            en="This is the derivative of the sigmoid; that of the softplus is the sigmoid itself.",
            es="Esta es la derivada de la sigmoide; la de la softplus es la propia sigmoide.",
        ),
        Mistake(
            "silu_sigmoid_only",
            choosing("silu", SILU, '"silu": lambda z: sigmoid(z),'),
            en="This is the sigmoid; the SiLU multiplies it by z.",
            es="Esto es la sigmoide; la SiLU la multiplica por z.",
        ),
        Mistake(
            "silu_product_rule",
            choosing("silu", D_SILU, '"silu": lambda z: z * sigmoid(z) * sigmoid(-z),'),
            en="z sigmoid(z) is a product: its derivative has two terms, and sigmoid(z) is missing.",
            es="z sigmoide(z) es un producto: su derivada tiene dos términos, y falta sigmoide(z).",
        ),
        Mistake(
            "silu_factors_differentiated",
            choosing("silu", D_SILU, '"silu": lambda z: sigmoid(z) * sigmoid(-z),'),
            en="The derivatives of the two factors are multiplied; the product rule is "
            "sigmoid(z) + z sigmoid'(z).",
            es="Se multiplican las derivadas de los dos factores; la regla del producto es "
            "sigmoide(z) + z sigmoide'(z).",
        ),
        Mistake(
            "silu_second_term_forgotten",
            choosing("silu", D_SILU, '"silu": lambda z: sigmoid(z),'),
            en="z sigmoid(z) is a product: its derivative has two terms, and z sigmoid'(z) is missing.",
            es="z sigmoide(z) es un producto: su derivada tiene dos términos, y falta "
            "z sigmoide'(z).",
        ),
        Mistake(
            "gelu_second_term_forgotten",
            choosing("gelu", D_GELU, '"gelu": lambda z: normal_cdf(z),'),
            en="z P(z) is a product: its derivative has two terms, and z times the density is missing.",
            es="z P(z) es un producto: su derivada tiene dos términos, y falta z por la densidad.",
        ),
        Mistake(
            "gelu_by_the_sigmoid",
            choosing("gelu", GELU, '"gelu": lambda z: z * sigmoid(1.702 * z),'),
            en="z sigmoid(1.702 z) only resembles the GELU, to two digits. Use erf, or choose "
            '"gelu_tanh".',
            es="z sigmoide(1,702 z) solo se parece a la GELU, en dos cifras. Usa erf, o elige "
            '"gelu_tanh".',
        ),
        Mistake(
            "gelu_by_tanh",
            choosing("gelu", GELU, '"gelu": lambda z: z * sigmoid(2 * inner(z)),'),
            en='This is the approximation with tanh: say CHOICE = "gelu_tanh".',
            es='Esta es la aproximación con tanh: indica CHOICE = "gelu_tanh".',
        ),
        Mistake(
            "gelu_tanh_inner_slope_forgotten",
            choosing("gelu_tanh", D_GELU_TANH,
                     '"gelu_tanh": lambda z: sigmoid(2 * inner(z)) + 2 * z * sigmoid(2 * inner(z))'
                     " * sigmoid(-2 * inner(z)),"),
            en="The chain rule is not finished: the derivative of what stands inside tanh is missing.",
            es="La regla de la cadena no está completa: falta la derivada de lo que va dentro de tanh.",
        ),
    ],
)
