"""Momentum: one step with a velocity, and the loop that carries the velocity from step to step."""

from __future__ import annotations

from typing import Any

from ...samples.values import between
from ..exercise import Exercise, Expected
from ..lazy import torch
from ..variants import Convention, Mistake
from .gradient_descent import bowl, short, steps


def trained(A: Any, b: Any, w0: Any, keep: Any, rate: Any, steps: Any) -> Any:
    """The weights after each call of the driver's step, w0 first."""
    w, v = w0, torch.zeros_like(w0)
    points = [w]
    for _ in range(int(steps)):
        v = keep * v - rate * (A @ w - b)
        w = w + v
        points.append(w)
    return torch.stack(points)


VELOCITY = "v_next = beta * v + g"
WEIGHTS = "w_next = w - lr * v_next"
RESULT = "return v_next, w_next"
ZERO = "v = np.zeros_like(w)"
START = "trajectory = [w]"
LOOP = "for _ in range(steps):"
CALL = "v, w = step(w, v, gradient(w))"

exercise = Exercise(
    name="momentum",
    title={"en": "Momentum", "es": "Momento"},
    section="Otros algoritmos de optimización",
    statement={
        "en": """
            Gradient descent with momentum keeps a velocity v beside the weights w: what is left of the
            earlier gradients.

            momentum(w, v, g, lr, beta): one step, with the gradient g, in PyTorch's convention. The
            velocity first, v <- beta v + g, then the weights with the new velocity, w <- w - lr v.
            Return the new v and the new w; the arrays handed in must stay as they are.

            train(step, gradient, w, steps): the loop. step is a function, one step of some optimizer
            with a velocity: step(w, v, g) returns the new v and the new w. gradient(w) is the gradient
            at w. Start with velocity 0 and make `steps` steps. Return the whole trajectory, one row a
            point: first w as it was given, then the weights after each step.
        """,
        "es": """
            El descenso del gradiente con momento lleva, junto a los pesos w, una velocidad v: lo que
            queda de los gradientes anteriores.

            momentum(w, v, g, lr, beta): un paso, con el gradiente g, según la convención de PyTorch.
            Primero la velocidad, v <- beta v + g; después los pesos, con la velocidad nueva,
            w <- w - lr v. Devuelve la v nueva y los w nuevos; los arrays recibidos no deben cambiar.

            train(step, gradient, w, steps): el bucle. step es una función, un paso de algún
            optimizador con velocidad: step(w, v, g) devuelve la v nueva y los w nuevos. gradient(w) es
            el gradiente en w. Empieza con velocidad 0 y da `steps` pasos. Devuelve la trayectoria
            entera, un punto por fila: primero w tal como se recibió y después los pesos tras cada paso.
        """,
    },
    functions=["momentum(w, v, g, lr, beta) -> v_next, w_next",
               "train(A, b, w0, keep, rate, steps) -> trajectory"],
    shapes={"w": "N", "v": "N", "g": "N", "lr": "", "beta": "", "v_next": "N", "w_next": "N",
            "A": "D D", "b": "D", "w0": "D", "keep": "", "rate": "", "steps": "",
            "trajectory": "K D"},
    inputs={
        "lr": short(between("", 0.01, 0.5)), "beta": short(between("", 0.5, 0.95)),
        "A": bowl("D D"), "keep": short(between("", 0.3, 0.9)),
        "rate": short(between("", 0.05, 0.2)), "steps": steps(),
    },
    reference={
        "v_next": lambda v, g, beta: beta * v + g,
        "w_next": lambda w, v_next, lr: w - lr * v_next,
        "trajectory": trained,
    },
    # train is handed functions of arrays; its step is another optimizer than the one to be written.
    driver="""
def _with_functions(student):
    def train(A, b, w0, keep, rate, steps):
        def step(w, v, g):
            v = keep * v - rate * g
            return v, w + v

        return student(step, lambda w: A @ w - b, w0, steps)

    return train

if callable(globals().get("train")):
    train = _with_functions(train)
""",
    calls={
        "momentum": "w, v, g, lr, beta",
        "train": "lambda w, v, g: (keep * v - rate * g, w + keep * v - rate * g),\n"
                 "    lambda w: A @ w - b, w0, steps",
    },
    starter={
        "en": '''
            import numpy as np


            def momentum(w, v, g, lr, beta):
                """One step: w, v, g (N,); lr, beta numbers. Returns the new v and the new w."""
                raise NotImplementedError


            def train(step, gradient, w, steps):
                """The loop, from velocity 0.

                step: step(w, v, g) -> v, w; gradient: gradient(w) -> g; w: (D,); steps: an integer.
                Returns the trajectory, (steps + 1, D).
                """
                raise NotImplementedError
        ''',
        "es": '''
            import numpy as np


            def momentum(w, v, g, lr, beta):
                """Un paso: w, v, g (N,); lr, beta números. Devuelve la v nueva y los w nuevos."""
                raise NotImplementedError


            def train(step, gradient, w, steps):
                """El bucle, desde velocidad 0.

                step: step(w, v, g) -> v, w; gradient: gradient(w) -> g; w: (D,); steps: un entero.
                Devuelve la trayectoria, (steps + 1, D).
                """
                raise NotImplementedError
        ''',
    },
    right=[
        f"""
        import numpy as np

        def momentum(w, v, g, lr, beta):
            {VELOCITY}
            {WEIGHTS}
            {RESULT}

        def train(step, gradient, w, steps):
            {ZERO}
            {START}
            {LOOP}
                {CALL}
                trajectory.append(w)
            return np.array(trajectory)
        """,
        """
        import numpy as np

        def momentum(w, v, g, lr, beta):
            w, v = w.copy(), v.copy()
            v *= beta
            v += g
            w -= lr * v
            return {"w_next": w, "v_next": v}

        def train(step, gradient, w, steps):
            points = np.zeros((steps + 1, len(w)), w.dtype)
            points[0] = w
            v = 0 * w
            for i in range(steps):
                v, points[i + 1] = step(points[i], v, gradient(points[i]))
            return points
        """,
        """
        def momentum(w, v, g, lr, beta):
            new_v = [beta * vi + gi for vi, gi in zip(v.tolist(), g.tolist())]
            new_w = [wi - lr * vi for wi, vi in zip(w.tolist(), new_v)]
            return [new_v, new_w]

        def train(step, gradient, w, steps):
            def walk(w, v, left):
                if left == 0:
                    return [w]
                v, after = step(w, v, gradient(w))
                return [w] + walk(after, v, left - 1)

            return walk(w, 0.0, steps)
        """,
        """
        import numpy as np

        def momentum(w, v, g, lr, beta):
            return np.array([beta, 1], v.dtype) @ [v, g], w - lr * beta * v - lr * g

        def train(step, gradient, w, steps):
            states = [(np.zeros(w.shape, w.dtype), w)]
            while len(states) < steps + 1:
                v, w = states[-1]
                states.append(step(w, v, gradient(w)))
            return np.stack([w for _, w in states])
        """,
    ],
    mistakes=[
        Mistake(
            "beta_left_out", {VELOCITY: "v_next = v + g"},
            en="The old velocity is not multiplied by beta: nothing of it ever fades.",
            es="La velocidad anterior no se multiplica por beta: nunca se atenúa.",
        ),
        Mistake(
            "velocity_forgotten", {VELOCITY: "v_next = 1 * g"},
            en="The old velocity is not used: this is plain gradient descent.",
            es="No se usa la velocidad anterior: esto es el descenso del gradiente sin más.",
        ),
        Mistake(
            "beta_on_the_gradient", {VELOCITY: "v_next = v + beta * g"},
            en="beta multiplies the gradient; it belongs to the old velocity.",
            es="beta multiplica al gradiente; corresponde a la velocidad anterior.",
        ),
        Mistake(
            "beta_on_both", {VELOCITY: "v_next = beta * (v + g)"},
            en="beta multiplies the gradient too; it belongs to the old velocity alone.",
            es="beta multiplica también al gradiente; corresponde solo a la velocidad anterior.",
        ),
        Mistake(
            "factors_swapped", {VELOCITY: "v_next = (1 - beta) * v + beta * g"},
            en="The two factors have changed places, 1 - beta for the old velocity and beta for the "
            "gradient: v <- beta v + g.",
            es="Los dos factores están cambiados, 1 - beta para la velocidad anterior y beta para el "
            "gradiente: v <- beta v + g.",
        ),
        Mistake(
            "gradient_subtracted_from_the_velocity", {VELOCITY: "v_next = beta * v - g"},
            en="The gradient is subtracted from the velocity, and the weights subtract it again: the two "
            "signs together climb.",
            es="El gradiente se resta de la velocidad, y los pesos la restan otra vez: los dos signos "
            "juntos suben.",
            number=49,
        ),
        Mistake(
            "step_with_the_old_velocity", {WEIGHTS: "w_next = w - lr * v"},
            en="The weights move by the old velocity; the new one is used in the same step.",
            es="Los pesos se mueven con la velocidad anterior; en el mismo paso se usa ya la nueva.",
        ),
        Mistake(
            "step_with_the_gradient", {WEIGHTS: "w_next = w - lr * g"},
            en="The weights move by the gradient; they move by the velocity.",
            es="Los pesos se mueven con el gradiente; se mueven con la velocidad.",
        ),
        Mistake(
            "gradient_added_again", {WEIGHTS: "w_next = w - lr * (v_next + g)"},
            en="The gradient is used twice: the new velocity contains it already.",
            es="El gradiente se usa dos veces: la velocidad nueva ya lo contiene.",
        ),
        Mistake(
            "ascent", {WEIGHTS: "w_next = w + lr * v_next"},
            en="The step goes along the gradient, uphill: w <- w - lr v.",
            es="El paso va a favor del gradiente, hacia arriba: w <- w - lr v.",
            number=49,
        ),
        Mistake(
            "no_learning_rate", {WEIGHTS: "w_next = w - v_next"},
            en="The learning rate is missing: w <- w - lr v.",
            es="Falta el learning rate: w <- w - lr v.",
        ),
        Mistake(
            "beta_in_the_step", {WEIGHTS: "w_next = w - lr * beta * v_next"},
            en="beta appears again in the step of the weights: w <- w - lr v.",
            es="beta aparece otra vez en el paso de los pesos: w <- w - lr v.",
        ),
        Mistake(
            "results_swapped", {RESULT: "return w_next, v_next"},
            en="The results are in the other order: first the new v, then the new w.",
            es="Los resultados están en el otro orden: primero la v nueva, después los w nuevos.",
        ),
        Mistake(
            "velocity_lost",
            {CALL: "_, w = step(w, v, gradient(w))"},
            en="The velocity stays 0 from step to step: it is reset, or the new one is thrown away. The "
            "next step must be given the velocity that this one returned.",
            es="La velocidad sigue siendo 0 de un paso a otro: se reinicia, o se descarta la nueva. El "
            "paso siguiente debe recibir la velocidad que devolvió este.",
        ),
        Mistake(
            "velocity_starts_at_the_gradient", {ZERO: "v = gradient(w)"},
            en="The velocity starts at the first gradient; it starts at 0.",
            es="La velocidad empieza en el primer gradiente; empieza en 0.",
        ),
        Mistake(
            "velocity_starts_at_ones", {ZERO: "v = np.ones_like(w)"},
            en="The velocity starts at 1; it starts at 0.",
            es="La velocidad empieza en 1; empieza en 0.",
        ),
        Mistake(
            "gradient_at_the_start", {LOOP: "g = gradient(w)\n    for _ in range(steps):",
                                      CALL: "v, w = step(w, v, g)"},
            en="The gradient is computed once, at the start: it must be taken anew at each point.",
            es="El gradiente se calcula una sola vez, al principio: hay que tomarlo de nuevo en cada "
            "punto.",
        ),
        Mistake(
            "gradients_added_up",
            {ZERO: "v = np.zeros_like(w); total = 0",
             CALL: "total = total + gradient(w); v, w = step(w, v, total)"},
            en="The gradients of the earlier steps are added on: set the gradient to zero before each "
            "step. What is left of them is in v already.",
            es="Se van sumando los gradientes de los pasos anteriores: pon el gradiente a cero antes de "
            "cada paso. Lo que queda de ellos ya está en v.",
            number=45,
        ),
        Mistake(
            "step_from_the_start",
            {START: "trajectory = [w]; w0 = w", CALL: "v, w = step(w0, v, gradient(w))"},
            en="Every step begins at the first weights again; it begins at the last ones.",
            es="Cada paso vuelve a empezar en los primeros pesos; empieza en los últimos.",
        ),
        Mistake(
            "results_of_step_swapped", {CALL: "w, v = step(w, v, gradient(w))"},
            en="What step returns is taken in the other order: first v, then w.",
            es="Lo que devuelve step se toma en el otro orden: primero v, después w.",
        ),
        Mistake(
            "start_left_out", {START: "trajectory = []"},
            en="The start is missing from the trajectory: it has steps + 1 rows.",
            es="Falta el punto inicial en la trayectoria: tiene steps + 1 filas.",
        ),
        Mistake(
            "one_step_too_few", {LOOP: "for _ in range(steps - 1):"},
            en="One step too few: after the start come `steps` points.",
            es="Un paso de menos: tras el inicio vienen `steps` puntos.",
        ),
        Mistake(
            "one_step_too_many", {LOOP: "for _ in range(steps + 1):"},
            en="One step too many: after the start come `steps` points.",
            es="Un paso de más: tras el inicio vienen `steps` puntos.",
        ),
        Mistake(
            "velocities_instead_of_weights",
            {"trajectory.append(w)": "trajectory.append(v)"},
            en="The rows hold the velocities; they must hold the weights.",
            es="Las filas contienen las velocidades; deben contener los pesos.",
        ),
        Mistake(
            "only_the_end", {"return np.array(trajectory)": "return w"},
            en="Only the last weights are returned; the whole trajectory is asked for.",
            es="Solo se devuelven los últimos pesos; se pide toda la trayectoria.",
        ),
    ],
    conventions=[
        Convention(
            "average_of_gradients", {VELOCITY: "v_next = beta * v + (1 - beta) * g"},
            en="Right for momentum as a running average, v <- beta v + (1 - beta) g, whose steps are "
            "1 - beta times as long; this exercise asks for PyTorch's, v <- beta v + g.",
            es="Correcto para el momento como media móvil, v <- beta v + (1 - beta) g, que multiplica "
            "los pasos por 1 - beta; este ejercicio pide el de PyTorch, v <- beta v + g.",
            accepted=False,
        ),
        Convention(
            "learning_rate_in_the_velocity",
            {VELOCITY: "v_next = beta * v + lr * g", WEIGHTS: "w_next = w - v_next"},
            en="Right where the learning rate is kept inside the velocity, v <- beta v + lr g; this "
            "exercise asks for v <- beta v + g and w <- w - lr v. The two differ as soon as lr changes.",
            es="Correcto si el learning rate va dentro de la velocidad, v <- beta v + lr g; este "
            "ejercicio pide v <- beta v + g y w <- w - lr v. Difieren en cuanto cambia lr.",
            accepted=False,
        ),
        Convention(
            "velocity_downhill",
            {VELOCITY: "v_next = beta * v - lr * g", WEIGHTS: "w_next = w + v_next"},
            en="Right where the velocity points downhill and holds the learning rate, v <- beta v - lr g, "
            "w <- w + v; this exercise asks for v <- beta v + g and w <- w - lr v.",
            es="Correcto si la velocidad apunta cuesta abajo y lleva el learning rate, "
            "v <- beta v - lr g, w <- w + v; este ejercicio pide v <- beta v + g y w <- w - lr v.",
            accepted=False,
        ),
        Convention(
            "nesterov", {WEIGHTS: "w_next = w - lr * (g + beta * v_next)"},
            en="Right for Nesterov's momentum, which looks a step ahead; this exercise asks for the "
            "plain one, w <- w - lr v.",
            es="Correcto para el momento de Nesterov, que mira un paso más allá; este ejercicio pide el "
            "normal, w <- w - lr v.",
            accepted=False,
        ),
    ],
    expected=[
        Expected(                                       # right numbers, written into the arguments
            """
import numpy as np

def momentum(w, v, g, lr, beta):
    v *= beta
    v += g
    w -= lr * v
    return v, w

def train(step, gradient, w, steps):
    v, points = np.zeros_like(w), [w]
    for _ in range(steps):
        v, w = step(w, v, gradient(w))
        points.append(w)
    return points
""", "partial", 8, []),
    ],
)
