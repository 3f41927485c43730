"""Gradient descent: the lecture's polynomial, and the loop itself on any gradient handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ...samples.values import Values, between
from ..exercise import Exercise
from ..lazy import torch
from ..reference import gradient
from ..variants import Convention, Mistake

STEPS = {5: 4, 4: 3, 2: 2, 3: 5}
"""How many steps are asked for, by the size of x0: the probes have from two to five."""


def steps() -> Values:
    """A number of steps."""

    def draw(_: np.random.Generator, __: tuple[int, ...], lengths: Mapping[str, int]) -> int:
        return STEPS.get(lengths["D"], 3)

    return Values("", draw, floating=False)


def short(values: Values, digits: int = 2) -> Values:
    """The same numbers with few digits: a failing input is read, and typed in, by a person."""
    return replace(values, draw=lambda *given: np.round(values.draw(*given), digits))


def bowl(dims: str) -> Values:
    """A symmetric matrix whose eigenvalues lie between 0.5 and 4: a bowl, steeper one way."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...], _: object) -> Any:
        directions, _unused = np.linalg.qr(rng.normal(size=shape))
        matrix = directions * rng.uniform(0.5, 4, shape[0]) @ directions.T
        return (matrix + matrix.T) / 2

    return short(Values(dims, draw))


def descended(A: Any, b: Any, x0: Any, lr: Any, steps: Any) -> Any:
    """x0 and the points after each step on f(x) = x'Ax/2 - b'x."""
    points = [x0]
    for _ in range(int(steps)):
        points.append(points[-1] - lr * (A @ points[-1] - b))
    return torch.stack(points)


SLOPE = "return 4 * x ** 3 - 4 * x + 1"
STEP = "x = x - lr * gradient(x)"
LOOP = "for _ in range(steps):"
START = "trajectory = [x]"
KEEP = "trajectory.append(x)"

exercise = Exercise(
    name="gradient_descent",
    title={"en": "Gradient descent", "es": "Descenso del gradiente"},
    section="Descenso del gradiente",
    statement={
        "en": """
            slope(x): the derivative of f(x) = x^4 - 2x^2 + x - 1 at each entry of x.

            descend(gradient, x0, lr, steps): gradient descent on any function. gradient is a function:
            gradient(x) is the gradient at the point x, an array of the shape of x. Start at x0 and walk
            `steps` steps of size lr against the gradient, always taken at the point where you are.
            Return the whole trajectory, one point a row: first x0, then the point after each step, so
            steps + 1 rows. x0 itself must stay as it is.

            Your function is called with the gradient of f(x) = x'Ax/2 - b'x, which is A x - b, for
            several A and b.
        """,
        "es": """
            slope(x): la derivada de f(x) = x^4 - 2x^2 + x - 1 en cada elemento de x.

            descend(gradient, x0, lr, steps): descenso del gradiente sobre una función cualquiera.
            gradient es una función: gradient(x) es el gradiente en el punto x, un array con la forma de
            x. Empieza en x0 y da `steps` pasos de tamaño lr en contra del gradiente, tomado siempre en
            el punto en el que estás. Devuelve la trayectoria entera, un punto por fila: primero x0 y
            después el punto tras cada paso, es decir, steps + 1 filas. x0 no debe cambiar.

            Tu función se llama con el gradiente de f(x) = x'Ax/2 - b'x, que es A x - b, para varios A
            y b.
        """,
    },
    functions=["slope(x) -> df", "descend(A, b, x0, lr, steps) -> trajectory"],
    shapes={"x": "N", "df": "N", "A": "D D", "b": "D", "x0": "D", "lr": "", "steps": "",
            "trajectory": "K D"},
    inputs={"A": bowl("D D"), "lr": short(between("", 0.05, 0.3)), "steps": steps()},
    reference={
        "f": lambda x: (x**4 - 2 * x**2 + x - 1).sum(),
        "df": gradient("f", "x"),
        "trajectory": descended,
    },
    # The student's descend takes a function, a box only arrays: here one becomes the other.
    driver="""
def _on_a_bowl(student):
    def descend(A, b, x0, lr, steps):
        return student(lambda x: A @ x - b, x0, lr, steps)

    return descend

if callable(globals().get("descend")):
    descend = _on_a_bowl(descend)
""",
    calls={"slope": "x", "descend": "lambda x: A @ x - b, x0, lr, steps"},
    starter={
        "en": '''
            import numpy as np


            def slope(x):
                """The derivative of x^4 - 2x^2 + x - 1 at each entry of x: (N,) -> (N,)."""
                raise NotImplementedError


            def descend(gradient, x0, lr, steps):
                """Gradient descent from x0.

                gradient: a function, (D,) -> (D,); x0: (D,); lr: a number; steps: an integer.
                Returns the trajectory, (steps + 1, D).
                """
                raise NotImplementedError
        ''',
        "es": '''
            import numpy as np


            def slope(x):
                """La derivada de x^4 - 2x^2 + x - 1 en cada elemento de x: (N,) -> (N,)."""
                raise NotImplementedError


            def descend(gradient, x0, lr, steps):
                """Descenso del gradiente desde x0.

                gradient: una función, (D,) -> (D,); x0: (D,); lr: un número; steps: un entero.
                Devuelve la trayectoria, (steps + 1, D).
                """
                raise NotImplementedError
        ''',
    },
    right=[
        f"""
        import numpy as np

        def slope(x):
            {SLOPE}

        def descend(gradient, x0, lr, steps):
            x = x0.copy()
            {START}
            {LOOP}
                {STEP}
                {KEEP}
            return np.array(trajectory)
        """,
        """
        import numpy as np

        def slope(x):
            return (4 * x * x - 4) * x + 1

        def descend(gradient, x0, lr, steps):
            trajectory = np.empty((steps + 1, *x0.shape), x0.dtype)
            trajectory[0] = x0
            for i in range(steps):
                trajectory[i + 1] = trajectory[i] - lr * gradient(trajectory[i])
            return trajectory
        """,
        """
        def slope(x):
            return [4 * xi * (xi - 1) * (xi + 1) + 1 for xi in x.tolist()]

        def descend(gradient, x0, lr, steps):
            if steps == 0:
                return [x0]
            return [x0] + descend(gradient, x0 - lr * gradient(x0), lr, steps - 1)
        """,
        """
        import numpy as np

        def slope(x):
            d = np.zeros_like(x)
            for power, factor in ((4, 1), (2, -2), (1, 1)):
                d += factor * power * x ** (power - 1)
            return d

        def descend(gradient, x0, lr, steps):
            x = np.array(x0)
            points = [x.copy()]
            while len(points) <= steps:
                x -= lr * gradient(x)
                points.append(x.copy())
            return np.stack(points)
        """,
    ],
    mistakes=[
        Mistake(
            "constant_kept", {SLOPE: "return 4 * x ** 3 - 4 * x + 1 - 1"},
            en="The constant -1 is kept, or the derivative of x is missing: x gives 1, a constant "
            "gives 0.",
            es="Se conserva la constante -1, o falta la derivada de x: x da 1 y una constante da 0.",
        ),
        Mistake(
            "factors_left_out", {SLOPE: "return x ** 3 - 2 * x + 1"},
            en="The exponents did not come down as factors: x^4 gives 4x³ and 2x² gives 4x.",
            es="Los exponentes no han bajado como factores: x^4 da 4x³ y 2x² da 4x.",
        ),
        Mistake(
            "exponents_kept", {SLOPE: "return 4 * x ** 4 - 4 * x ** 2 + x"},
            en="The exponents have not gone down by one: x^4 gives 4x³.",
            es="Los exponentes no han bajado en uno: x^4 da 4x³.",
        ),
        Mistake(
            "function_instead_of_derivative", {SLOPE: "return x ** 4 - 2 * x ** 2 + x - 1"},
            en="This is f itself; the derivative is asked for.",
            es="Esto es la propia f; se pide la derivada.",
        ),
        Mistake(
            "second_derivative", {SLOPE: "return 12 * x ** 2 - 4"},
            en="This is the second derivative; the first is asked for.",
            es="Esto es la segunda derivada; se pide la primera.",
        ),
        Mistake(
            "sign_of_the_derivative", {SLOPE: "return -(4 * x ** 3 - 4 * x + 1)"},
            en="The sign of the derivative is reversed: the minus of the descent belongs in the step, "
            "not here.",
            es="El signo de la derivada está al revés: el menos del descenso va en el paso, no aquí.",
            number=49,
        ),
        Mistake(
            "one_sided_difference",
            {SLOPE: "f = lambda t: t ** 4 - 2 * t ** 2 + t - 1; return (f(x + 1e-6) - f(x)) / 1e-6"},
            en="The derivative is estimated by a one-sided difference, right to a few digits only. "
            "Derive on paper.",
            es="La derivada se estima con una diferencia hacia delante, correcta solo en unas pocas "
            "cifras. Deriva en el papel.",
        ),
        Mistake(
            "ascent", {STEP: "x = x + lr * gradient(x)"},
            en="The step goes along the gradient, uphill: x = x - lr * gradient(x).",
            es="El paso va a favor del gradiente, hacia arriba: x = x - lr * gradiente(x).",
            number=49,
        ),
        Mistake(
            "no_learning_rate", {STEP: "x = x - gradient(x)"},
            en="The learning rate is missing: x = x - lr * gradient(x).",
            es="Falta el learning rate: x = x - lr * gradiente(x).",
        ),
        Mistake(
            "sign_only", {STEP: "x = x - lr * np.sign(gradient(x))"},
            en="Only the sign of the gradient is used; its size counts as well.",
            es="Solo se usa el signo del gradiente; también cuenta su tamaño.",
        ),
        Mistake(
            "gradient_normalised",
            {STEP: "g = gradient(x); x = x - lr * g / np.linalg.norm(g)"},
            en="The gradient is divided by its norm: every step has the same length. Gradient descent "
            "takes shorter steps where it is flatter.",
            es="El gradiente se divide entre su norma: todos los pasos miden lo mismo. El descenso del "
            "gradiente da pasos más cortos donde hay menos pendiente.",
        ),
        Mistake(
            "gradient_at_the_start", {STEP: "x = x - lr * gradient(x0)"},
            en="The gradient is always taken at x0: it must be taken anew at each point.",
            es="El gradiente se toma siempre en x0: hay que tomarlo de nuevo en cada punto.",
        ),
        Mistake(
            "step_from_the_start", {STEP: "x = x0 - lr * gradient(x)"},
            en="Every step begins at x0 again: it begins at the last point, x = x - lr * gradient(x).",
            es="Cada paso vuelve a empezar en x0: empieza en el último punto, "
            "x = x - lr * gradiente(x).",
        ),
        Mistake(
            "gradients_added_up",
            {START: "trajectory = [x]; total = 0",
             STEP: "total = total + gradient(x); x = x - lr * total"},
            en="The gradients of all steps so far are added up: each step uses its own gradient alone.",
            es="Se acumulan los gradientes de todos los pasos anteriores: cada paso usa solo su propio "
            "gradiente.",
            number=45,
        ),
        Mistake(
            "one_entry_at_a_time",
            {STEP: "x = x.copy()\n"
             "        for i in range(len(x)): x[i] = x[i] - lr * gradient(x)[i]"},
            en="The entries are changed one after the other, and the gradient of the later ones is "
            "taken at a point that is already half moved. Compute the whole gradient first.",
            es="Los elementos se cambian uno tras otro, y el gradiente de los últimos se toma en un "
            "punto ya movido a medias. Calcula antes todo el gradiente.",
            number=40,
        ),
        Mistake(
            "the_same_array_appended",
            {STEP: "x -= lr * gradient(x)"},
            en="x -= ... writes into the array that already stands in the list, so every row is the "
            "last point. Make a new array in each step (x = x - ...), or append a copy.",
            es="x -= ... escribe en el array que ya está en la lista, y todas las filas son el último "
            "punto. Crea un array nuevo en cada paso (x = x - ...), o añade una copia.",
            number=23,
        ),
        Mistake(
            "start_left_out", {START: "trajectory = []"},
            en="The start x0 is missing from the trajectory: it has steps + 1 rows.",
            es="Falta el punto inicial x0 en la trayectoria: tiene steps + 1 filas.",
        ),
        Mistake(
            "end_left_out",
            {LOOP: "for _ in range(steps - 1):"},
            en="One step too few: after x0 come `steps` points, steps + 1 rows in all.",
            es="Un paso de menos: tras x0 vienen `steps` puntos, en total steps + 1 filas.",
        ),
        Mistake(
            "one_step_too_many", {LOOP: "for _ in range(steps + 1):"},
            en="One step too many: after x0 come `steps` points, steps + 1 rows in all.",
            es="Un paso de más: tras x0 vienen `steps` puntos, en total steps + 1 filas.",
        ),
        Mistake(
            "only_the_end", {"return np.array(trajectory)": "return x"},
            en="Only the last point is returned; the whole trajectory is asked for.",
            es="Solo se devuelve el último punto; se pide toda la trayectoria.",
        ),
        Mistake(
            "points_cut_to_integers",
            {"return np.array(trajectory)": "return np.array(trajectory).astype(int)"},
            en="The points are kept in an array of integers, which cuts off their fractions: a step of "
            "less than 1 is lost. Use an array of floats.",
            es="Los puntos se guardan en un array de enteros, que les quita los decimales: un paso menor "
            "que 1 se pierde. Usa un array de números reales.",
            number=58,
        ),
        Mistake(
            "gradients_instead_of_points",
            {STEP: "g = gradient(x); x = x - lr * g", KEEP: "trajectory.append(g)"},
            en="The rows hold the gradients; they must hold the points.",
            es="Las filas contienen los gradientes; deben contener los puntos.",
        ),
        Mistake(
            "learning_rate_decays",
            {LOOP: "for i in range(steps):", STEP: "x = x - lr / (i + 1) * gradient(x)"},
            en="The learning rate shrinks from step to step; here it stays lr.",
            es="El learning rate se reduce de un paso a otro; aquí se mantiene lr.",
        ),
    ],
    conventions=[
        Convention(
            "points_in_columns", {"return np.array(trajectory)": "return np.array(trajectory).T"},
            en="The trajectory has one point a column; this exercise asks for one point a row.",
            es="La trayectoria tiene un punto por columna; este ejercicio pide un punto por fila.",
            accepted=False,
        ),
    ],
)
