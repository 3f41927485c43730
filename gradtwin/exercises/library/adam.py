"""Adam: two running averages, their correction, and the loop that carries them and counts steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...samples.values import Values, between
from ..exercise import Exercise, Expected
from ..lazy import torch
from ..probes import Probe
from ..texts import N_
from ..variants import Convention, Mistake
from .gradient_descent import bowl, short, steps

STEP_NUMBERS = {5: 3, 4: 2, 2: 7, 3: 4, 1: 2}
"""Which step it is, by the number of weights."""


def step_number() -> Values:
    def draw(_: np.random.Generator, __: tuple[int, ...], lengths: Mapping[str, int]) -> int:
        return STEP_NUMBERS.get(lengths["N"], 2)

    return Values("", draw, floating=False)


def squares(dims: str) -> Values:
    """Averages of squares: positive."""
    return Values(dims, lambda rng, shape, _: rng.uniform(0.1, 2, shape) ** 2)


def small() -> Values:
    """PyTorch's 1e-8, and once a larger one."""
    return Values("", lambda rng, *_: float(rng.choice([1e-8, 1e-4])))


def first_step(label: str, *g: float) -> Probe:
    """Step 1 from a state of zeros, with PyTorch's numbers."""
    n = len(g)
    rng = np.random.default_rng(n)
    return Probe(label, {
        "w": rng.normal(size=n), "m": np.zeros(n), "v": np.zeros(n), "g": np.array(g),
        "t": np.array(1), "lr": np.array(0.1), "beta1": np.array(0.9), "beta2": np.array(0.999),
        "eps": np.array(1e-8), "A": np.array([[2.0, 0.5], [0.5, 1.0]]), "b": np.array([1.0, -1.0]),
        "w0": np.array([0.5, 2.0]), "keep": np.array(0.5), "rate": np.array(0.1),
        "steps": np.array(3),
    })


def trained(A: Any, b: Any, w0: Any, keep: Any, rate: Any, steps: Any) -> Any:
    """The weights after each call of the driver's step, w0 first."""
    w, m, v = w0, torch.zeros_like(w0), torch.zeros_like(w0)
    points = [w]
    for t in range(1, int(steps) + 1):
        g = A @ w - b
        m, v = keep * m + g, v / 2 + g.abs()
        w = w - rate * m / (t + v)
        points.append(w)
    return torch.stack(points)


M = "m_next = beta1 * m + (1 - beta1) * g"
V = "v_next = beta2 * v + (1 - beta2) * g ** 2"
M_HAT = "m_hat = m_next / (1 - beta1 ** t)"
V_HAT = "v_hat = v_next / (1 - beta2 ** t)"
W = "w_next = w - lr * m_hat / (np.sqrt(v_hat) + eps)"
RESULT = "return m_next, v_next, m_hat, v_hat, w_next"
ZERO = "m, v = np.zeros_like(w), np.zeros_like(w)"
START = "trajectory = [w]"
LOOP = "for t in range(1, steps + 1):"
CALL = "m, v, w = step(w, m, v, gradient(w), t)"

exercise = Exercise(
    name="adam",
    title={"en": "Adam", "es": "Adam"},
    section="Otros algoritmos de optimización",
    statement={
        "en": """
            Adam keeps two running averages beside the weights w: m of the gradients g and v of their
            squares.

            adam(w, m, v, g, t, lr, beta1, beta2, eps): step number t, counted from 1. In this order,

            m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2) g^2 (entry by entry),
            m_hat = m / (1 - beta1^t),  v_hat = v / (1 - beta2^t)  (both averages began at 0 and are
            too small at first),
            w <- w - lr m_hat / (sqrt(v_hat) + eps).

            Return the new m, the new v, m_hat, v_hat and the new w; m and v, without the correction, are
            what the next step is given. The arrays handed in must stay as they are.

            train(step, gradient, w, steps): the loop. step is a function, one step of some optimizer:
            step(w, m, v, g, t) returns the new m, v and w. gradient(w) is the gradient at w. Start with
            m and v at 0 and make `steps` steps, t = 1, 2, ... Return the whole trajectory, one row a
            point: first w as it was given, then the weights after each step.
        """,
        "es": """
            Adam lleva, junto a los pesos w, dos medias móviles: m, de los gradientes g, y v, de sus
            cuadrados.

            adam(w, m, v, g, t, lr, beta1, beta2, eps): el paso número t, contado desde 1. En este orden,

            m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2) g^2 (elemento a elemento),
            m_hat = m / (1 - beta1^t),  v_hat = v / (1 - beta2^t)  (las dos medias empezaron en 0 y al
            principio son demasiado pequeñas),
            w <- w - lr m_hat / (raíz(v_hat) + eps).

            Devuelve la m nueva, la v nueva, m_hat, v_hat y los w nuevos; m y v, sin la corrección, son
            las que recibe el paso siguiente. Los arrays recibidos no deben cambiar.

            train(step, gradient, w, steps): el bucle. step es una función, un paso de algún
            optimizador: step(w, m, v, g, t) devuelve m, v y w nuevos. gradient(w) es el gradiente en w.
            Empieza con m y v en 0 y da `steps` pasos, t = 1, 2, ... Devuelve la trayectoria entera, un
            punto por fila: primero w tal como se recibió y después los pesos tras cada paso.
        """,
    },
    functions=[
        "adam(w, m, v, g, t, lr, beta1, beta2, eps) -> m_next, v_next, m_hat, v_hat, w_next",
        "train(A, b, w0, keep, rate, steps) -> trajectory",
    ],
    shapes={"w": "N", "m": "N", "v": "N", "g": "N", "t": "", "lr": "", "beta1": "", "beta2": "",
            "eps": "", "m_next": "N", "v_next": "N", "m_hat": "N", "v_hat": "N", "w_next": "N",
            "A": "D D", "b": "D", "w0": "D", "keep": "", "rate": "", "steps": "",
            "trajectory": "K D"},
    inputs={
        "v": short(squares("N")), "t": step_number(), "lr": short(between("", 0.01, 0.5)),
        "beta1": short(between("", 0.6, 0.95)), "beta2": short(between("", 0.8, 0.999), 3),
        "eps": small(), "A": bowl("D D"), "keep": short(between("", 0.3, 0.9)),
        "rate": short(between("", 0.2, 0.8)), "steps": steps(),
    },
    probes=[
        first_step(N_("the first step"), 1.5, -0.25, 3.0),
        first_step(N_("gradients as small as eps"), 1e-6, -2e-8, 5e-9, 1.0),
        first_step(N_("a gradient of 0"), 0.0, -2.0),
    ],
    reference={
        "m_next": lambda m, g, beta1: beta1 * m + (1 - beta1) * g,
        "v_next": lambda v, g, beta2: beta2 * v + (1 - beta2) * g**2,
        "m_hat": lambda m_next, beta1, t: m_next / (1 - beta1**t),
        "v_hat": lambda v_next, beta2, t: v_next / (1 - beta2**t),
        "w_next": lambda w, m_hat, v_hat, lr, eps: w - lr * m_hat / (v_hat.sqrt() + eps),
        "trajectory": trained,
    },
    points={"m_next": 1, "v_next": 1, "m_hat": 1, "v_hat": 1},
    # train is handed functions of arrays; its step is another optimizer than the one to be written.
    driver="""
def _with_functions(student):
    def train(A, b, w0, keep, rate, steps):
        def step(w, m, v, g, t):
            m, v = keep * m + g, v / 2 + abs(g)
            return m, v, w - rate * m / (t + v)

        return student(step, lambda w: A @ w - b, w0, steps)

    return train

if callable(globals().get("train")):
    train = _with_functions(train)
""",
    calls={
        "adam": "w, m, v, g, t, lr, beta1, beta2, eps",
        "train": "lambda w, m, v, g, t: (keep * m + g, v / 2 + abs(g),\n"
                 "        w - rate * (keep * m + g) / (t + v / 2 + abs(g))),\n"
                 "    lambda w: A @ w - b, w0, steps",
    },
    starter={
        "en": '''
            import numpy as np


            def adam(w, m, v, g, t, lr, beta1, beta2, eps):
                """Step number t (1, 2, ...): w, m, v, g (N,); the others numbers.

                Returns m and v (new, without the correction), m_hat, v_hat and the new w, all (N,).
                """
                raise NotImplementedError


            def train(step, gradient, w, steps):
                """The loop, from m = v = 0.

                step: step(w, m, v, g, t) -> m, v, w; gradient: gradient(w) -> g; w: (D,); steps: an
                integer. Returns the trajectory, (steps + 1, D).
                """
                raise NotImplementedError
        ''',
        "es": '''
            import numpy as np


            def adam(w, m, v, g, t, lr, beta1, beta2, eps):
                """El paso número t (1, 2, ...): w, m, v, g (N,); los demás, números.

                Devuelve m y v (nuevas, sin la corrección), m_hat, v_hat y los w nuevos, todos (N,).
                """
                raise NotImplementedError


            def train(step, gradient, w, steps):
                """El bucle, desde m = v = 0.

                step: step(w, m, v, g, t) -> m, v, w; gradient: gradient(w) -> g; w: (D,); steps: un
                entero. Devuelve la trayectoria, (steps + 1, D).
                """
                raise NotImplementedError
        ''',
    },
    right=[
        f"""
        import numpy as np

        def adam(w, m, v, g, t, lr, beta1, beta2, eps):
            {M}
            {V}
            {M_HAT}
            {V_HAT}
            {W}
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

        def adam(w, m, v, g, t, lr, beta1, beta2, eps):
            m = m + (1 - beta1) * (g - m)
            v = v + (1 - beta2) * (np.square(g) - v)
            first, second = 1 - beta1 ** t, 1 - beta2 ** t
            # PyTorch's order: the root of the correction apart
            denominator = np.sqrt(v) / np.sqrt(second) + eps
            return {"w_next": w - lr / first * m / denominator, "m_hat": m / first,
                    "v_hat": v / second, "m_next": m, "v_next": v}

        def train(step, gradient, w, steps):
            points = np.zeros((steps + 1, len(w)), w.dtype)
            points[0] = w
            m = v = 0 * w
            t = 0
            while t < steps:
                t += 1
                m, v, points[t] = step(points[t - 1], m, v, gradient(points[t - 1]), t)
            return points
        """,
        """
        import math

        def adam(w, m, v, g, t, lr, beta1, beta2, eps):
            rows = []
            for wi, mi, vi, gi in zip(w.tolist(), m.tolist(), v.tolist(), g.tolist()):
                mi = beta1 * mi + gi - beta1 * gi
                vi = beta2 * vi + (1 - beta2) * gi * gi
                a, b = mi / (1 - math.pow(beta1, t)), vi / (1 - math.pow(beta2, t))
                rows.append((mi, vi, a, b, wi - lr * a / (math.sqrt(b) + eps)))
            return list(zip(*rows))

        def train(step, gradient, w, steps):
            def walk(w, m, v, t):
                if t > steps:
                    return [w]
                m, v, after = step(w, m, v, gradient(w), t)
                return [w] + walk(after, m, v, t + 1)

            return walk(w, 0.0, 0.0, 1)
        """,
        """
        import numpy as np

        def adam(w, m, v, g, t, lr, beta1, beta2, eps):
            betas = np.array([beta1, beta2], w.dtype)
            state = np.stack([m, v])
            state = state * betas[:, None] + np.stack([g, g * g]) * (1 - betas[:, None])
            hats = state / (1 - betas[:, None] ** t)
            w = w - lr * hats[0] / (hats[1] ** 0.5 + eps)
            return state[0], state[1], hats[0], hats[1], w

        def train(step, gradient, w, steps):
            m, v = np.zeros((2, *w.shape), w.dtype)
            trajectory = w[None]
            for t in np.arange(1, steps + 1):
                m, v, w = step(w, m, v, gradient(w), int(t))
                trajectory = np.concatenate([trajectory, [w]])
            return trajectory
        """,
    ],
    mistakes=[
        Mistake(
            "no_correction", {M_HAT: "m_hat = 1 * m_next", V_HAT: "v_hat = 1 * v_next"},
            en="The averages are not corrected: they began at 0 and are too small at first. With the "
            "usual betas the first step is 3.16 times too long.",
            es="Las medias no se corrigen: empezaron en 0 y al principio son demasiado pequeñas. Con las "
            "beta habituales el primer paso es 3,16 veces demasiado largo.",
            number=50,
        ),
        Mistake(
            "steps_counted_from_0",
            {M_HAT: "m_hat = m_next / (1 - beta1 ** (t - 1))",
             V_HAT: "v_hat = v_next / (1 - beta2 ** (t - 1))"},
            en="The correction uses t - 1. t counts from 1 already, and with 0 the first step is 0/0.",
            es="La corrección usa t - 1. t ya se cuenta desde 1, y con 0 el primer paso es 0/0.",
            number=51,
        ),
        Mistake(
            "steps_counted_from_2",
            {M_HAT: "m_hat = m_next / (1 - beta1 ** (t + 1))",
             V_HAT: "v_hat = v_next / (1 - beta2 ** (t + 1))"},
            en="The correction uses t + 1; t counts from 1 already, so the first step has beta^1.",
            es="La corrección usa t + 1; t ya se cuenta desde 1, así que el primer paso lleva beta^1.",
            number=51,
        ),
        Mistake(
            "correction_without_t",
            {M_HAT: "m_hat = m_next / (1 - beta1)", V_HAT: "v_hat = v_next / (1 - beta2)"},
            en="The correction is 1 - beta^t; without the exponent it is right in the first step only.",
            es="La corrección es 1 - beta^t; sin el exponente solo es correcta en el primer paso.",
            number=52,
        ),
        Mistake(
            "beta_times_t",
            {M_HAT: "m_hat = m_next / (1 - beta1 * t)", V_HAT: "v_hat = v_next / (1 - beta2 * t)"},
            en="beta is multiplied by t; it is raised to the power t: 1 - beta ** t.",
            es="beta se multiplica por t; se eleva a t: 1 - beta ** t.",
            number=52,
        ),
        Mistake(
            "power_of_the_difference",
            {M_HAT: "m_hat = m_next / (1 - beta1) ** t", V_HAT: "v_hat = v_next / (1 - beta2) ** t"},
            en="1 - beta is raised to the power t; only beta is: 1 - beta ** t.",
            es="Se eleva 1 - beta a t; solo se eleva beta: 1 - beta ** t.",
            number=52,
        ),
        Mistake(
            "multiplied_by_the_correction",
            {M_HAT: "m_hat = m_next * (1 - beta1 ** t)", V_HAT: "v_hat = v_next * (1 - beta2 ** t)"},
            en="The averages are multiplied by 1 - beta^t; they are divided by it, which makes them "
            "larger.",
            es="Las medias se multiplican por 1 - beta^t; se dividen, y así aumentan.",
        ),
        Mistake(
            "betas_swapped_in_the_correction",
            {M_HAT: "m_hat = m_next / (1 - beta2 ** t)", V_HAT: "v_hat = v_next / (1 - beta1 ** t)"},
            en="The betas have changed places in the correction: m takes beta1, v takes beta2.",
            es="Las beta están cambiadas en la corrección: m lleva beta1 y v lleva beta2.",
        ),
        Mistake(
            "corrected_averages_kept", {RESULT: "return m_hat, v_hat, m_hat, v_hat, w_next"},
            en="The corrected averages are handed on in place of m and v: the next step would correct "
            "them again.",
            es="Se entregan las medias corregidas en lugar de m y v: el paso siguiente las volvería a "
            "corregir.",
            number=53,
        ),
        Mistake(
            "eps_inside_the_root", {W: "w_next = w - lr * m_hat / np.sqrt(v_hat + eps)"},
            en="eps stands inside the root; it is added after it: sqrt(v_hat) + eps. The difference is "
            "large for small gradients.",
            es="eps está dentro de la raíz; se suma después: sqrt(v_hat) + eps. La diferencia es grande "
            "con gradientes pequeños.",
            number=53,
        ),
        Mistake(
            "eps_missing", {W: "w_next = w - lr * m_hat / np.sqrt(v_hat)"},
            en="eps is missing: a weight whose gradients have all been 0 becomes 0/0, NaN.",
            es="Falta eps: un peso cuyos gradientes han sido siempre 0 se convierte en 0/0, NaN.",
        ),
        Mistake(
            "root_missing", {W: "w_next = w - lr * m_hat / (v_hat + eps)"},
            en="The root is missing: v holds squares, so divide by sqrt(v_hat) + eps.",
            es="Falta la raíz: v guarda cuadrados, así que se divide entre sqrt(v_hat) + eps.",
        ),
        Mistake(
            "uncorrected_averages_used",
            {W: "w_next = w - lr * m_next / (np.sqrt(v_next) + eps)"},
            en="m_hat and v_hat are computed and not used: the step is made with m and v.",
            es="m_hat y v_hat se calculan y no se usan: el paso se da con m y v.",
            number=50,
        ),
        Mistake(
            "gradient_instead_of_average", {W: "w_next = w - lr * g / (np.sqrt(v_hat) + eps)"},
            en="The step is made with the gradient g; that is RMSprop. Adam uses the average m_hat.",
            es="El paso se da con el gradiente g; eso es RMSprop. Adam usa la media m_hat.",
        ),
        Mistake(
            "ascent", {W: "w_next = w + lr * m_hat / (np.sqrt(v_hat) + eps)"},
            en="The step goes along the gradient, uphill: w <- w - ...",
            es="El paso va a favor del gradiente, hacia arriba: w <- w - ...",
            number=49,
        ),
        Mistake(
            "no_learning_rate", {W: "w_next = w - m_hat / (np.sqrt(v_hat) + eps)"},
            en="The learning rate is missing.",
            es="Falta el learning rate.",
        ),
        Mistake(
            "gradient_not_squared", {V: "v_next = beta2 * v + (1 - beta2) * g"},
            en="v averages the squares of the gradients; here g is not squared.",
            es="v promedia los cuadrados de los gradientes; aquí g no se eleva al cuadrado.",
        ),
        Mistake(
            "norm_of_the_gradient", {V: "v_next = beta2 * v + (1 - beta2) * (g ** 2).sum()"},
            en="The squares are summed over all weights; each weight keeps an average of its own.",
            es="Los cuadrados se suman sobre todos los pesos; cada peso lleva su propia media.",
        ),
        Mistake(
            "betas_swapped",
            {M: "m_next = beta2 * m + (1 - beta2) * g",
             V: "v_next = beta1 * v + (1 - beta1) * g ** 2"},
            en="The betas have changed places: m takes beta1, v takes beta2.",
            es="Las beta están cambiadas: m lleva beta1 y v lleva beta2.",
        ),
        Mistake(
            "factors_swapped",
            {M: "m_next = (1 - beta1) * m + beta1 * g",
             V: "v_next = (1 - beta2) * v + beta2 * g ** 2"},
            en="beta and 1 - beta have changed places: beta belongs to the old average.",
            es="beta y 1 - beta están cambiados: beta corresponde a la media anterior.",
        ),
        Mistake(
            "not_averaged",
            {M: "m_next = beta1 * m + g", V: "v_next = beta2 * v + g ** 2"},
            en="The factors 1 - beta are missing: m and v are averages, not sums.",
            es="Faltan los factores 1 - beta: m y v son medias, no sumas.",
            number=54,
        ),
        Mistake(
            "old_averages_forgotten",
            {M: "m_next = (1 - beta1) * g", V: "v_next = (1 - beta2) * g ** 2"},
            en="The old averages are not used: m <- beta1 m + (1 - beta1) g, and v likewise.",
            es="No se usan las medias anteriores: m <- beta1 m + (1 - beta1) g, y v igual.",
        ),
        Mistake(
            "t_from_0_in_the_loop", {LOOP: "for t in range(steps):"},
            en="The loop counts t from 0; the first step is t = 1 (with t = 0 the correction divides by "
            "0).",
            es="El bucle cuenta t desde 0; el primer paso es t = 1 (con t = 0 la corrección divide entre "
            "0).",
            number=51,
        ),
        Mistake(
            "t_from_2_in_the_loop", {LOOP: "for t in range(2, steps + 2):"},
            en="The loop counts t from 2: it is raised before the first step as well. The first step is "
            "t = 1.",
            es="El bucle cuenta t desde 2: se incrementa también antes del primer paso. El primer paso es "
            "t = 1.",
            number=51,
        ),
        Mistake(
            "t_always_1", {CALL: "m, v, w = step(w, m, v, gradient(w), 1)"},
            en="t is 1 in every step; it must count them: 1, 2, 3, ...",
            es="t vale 1 en todos los pasos; debe contarlos: 1, 2, 3, ...",
            number=51,
        ),
        Mistake(
            "t_counted_for_each_weight",
            {CALL: "m, v, w = step(w, m, v, gradient(w), (t - 1) * len(w) + 1)"},
            en="t grows with every weight; all weights of a step share one t.",
            es="t crece con cada peso; todos los pesos de un paso comparten la misma t.",
            number=51,
        ),
        Mistake(
            "averages_lost", {CALL: "_, _, w = step(w, m, v, gradient(w), t)"},
            en="m and v stay 0 from step to step: they are reset, or the new ones are thrown away.",
            es="m y v siguen siendo 0 de un paso a otro: se reinician, o se descartan las nuevas.",
        ),
        Mistake(
            "v_lost", {CALL: "m, _, w = step(w, m, v, gradient(w), t)"},
            en="v stays 0 from step to step: the next step must be given the new one.",
            es="v sigue siendo 0 de un paso a otro: el paso siguiente debe recibir la nueva.",
        ),
        Mistake(
            "m_lost", {CALL: "_, v, w = step(w, m, v, gradient(w), t)"},
            en="m stays 0 from step to step: the next step must be given the new one.",
            es="m sigue siendo 0 de un paso a otro: el paso siguiente debe recibir la nueva.",
        ),
        Mistake(
            "gradient_at_the_start",
            {ZERO: "m, v = np.zeros_like(w), np.zeros_like(w); g = gradient(w)",
             CALL: "m, v, w = step(w, m, v, g, t)"},
            en="The gradient is computed once, at the start: it must be taken anew at each point.",
            es="El gradiente se calcula una sola vez, al principio: hay que tomarlo de nuevo en cada "
            "punto.",
        ),
        Mistake(
            "gradients_added_up",
            {ZERO: "m, v = np.zeros_like(w), np.zeros_like(w); total = 0",
             CALL: "total = total + gradient(w); m, v, w = step(w, m, v, total, t)"},
            en="The gradients of the earlier steps are added on: set the gradient to zero before each "
            "step.",
            es="Se van sumando los gradientes de los pasos anteriores: pon el gradiente a cero antes de "
            "cada paso.",
            number=45,
        ),
        Mistake(
            "start_left_out", {START: "trajectory = []"},
            en="The start is missing from the trajectory: it has steps + 1 rows.",
            es="Falta el punto inicial en la trayectoria: tiene steps + 1 filas.",
        ),
        Mistake(
            "one_step_too_few", {LOOP: "for t in range(1, steps):"},
            en="One step too few: range(1, steps) ends before `steps`.",
            es="Un paso de menos: range(1, steps) termina antes de `steps`.",
        ),
        Mistake(
            "only_the_end", {"return np.array(trajectory)": "return w"},
            en="Only the last weights are returned; the whole trajectory is asked for.",
            es="Solo se devuelven los últimos pesos; se pide toda la trayectoria.",
        ),
    ],
    conventions=[
        Convention(
            "eps_before_the_correction",
            {W: "w_next = w - lr * m_hat / ((np.sqrt(v_next) + eps) / np.sqrt(1 - beta2 ** t))"},
            en="Right where eps is added before the correction, as TensorFlow does it (its eps hat); this "
            "exercise asks for sqrt(v_hat) + eps.",
            es="Correcto si eps se suma antes de la corrección, como hace TensorFlow (su eps con "
            "gorro); este ejercicio pide sqrt(v_hat) + eps.",
            accepted=False,
        ),
    ],
    expected=[
        Expected(                                       # right numbers, written into the arguments
            """
import numpy as np

def adam(w, m, v, g, t, lr, beta1, beta2, eps):
    m *= beta1
    m += (1 - beta1) * g
    v *= beta2
    v += (1 - beta2) * g ** 2
    m_hat, v_hat = m / (1 - beta1 ** t), v / (1 - beta2 ** t)
    w -= lr * m_hat / (np.sqrt(v_hat) + eps)
    return m, v, m_hat, v_hat, w

def train(step, gradient, w, steps):
    m, v, points = np.zeros_like(w), np.zeros_like(w), [w]
    for t in range(1, steps + 1):
        m, v, w = step(w, m, v, gradient(w), t)
        points.append(w)
    return points
""", "partial", 10, []),
    ],
)
