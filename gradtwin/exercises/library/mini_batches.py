"""Mini-batches: cutting a shuffled order, the last one short, and a step for each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...samples.values import Values, between, classes
from ..exercise import Exercise
from ..lazy import torch
from ..probes import Probe
from ..reference import gradient
from ..texts import N_
from ..variants import Convention, Mistake
from .gradient_descent import short

SIZES = {5: 2, 4: 3, 2: 2, 3: 2, 1: 2}
"""Batch size by number of examples: short last batches, an exact one, one that is never full."""


def shuffled() -> Values:
    """Indices in a random order, not of all examples: the others are kept for validation."""
    return Values("N", lambda rng, shape, _: rng.permutation(2 * shape[0])[: shape[0]],
                  floating=False)


def batch_size() -> Values:
    def draw(_: np.random.Generator, __: tuple[int, ...], lengths: Mapping[str, int]) -> int:
        return SIZES.get(lengths["N"], 2)

    return Values("", draw, floating=False)


def cut(label: str, n: int, size: int) -> Probe:
    """A probe for n examples in batches of this size."""
    rng = np.random.default_rng((n, size))
    return Probe(label, {
        "order": rng.permutation(2 * n)[:n], "size": np.array(size), "X": rng.normal(size=(n, 3)),
        "y": rng.normal(size=n), "w": rng.normal(size=3), "batch": rng.permutation(n)[: n // 2],
        "P": rng.normal(size=(n, 3)), "parts": rng.permutation(n)[: n // 2 * 2].reshape(2, -1),
        "lr": np.array(0.2),
    })


def in_rows(order: Any, size: Any) -> Any:
    """The batches as rows, filled up with -1."""
    step = int(size)
    rows = [order[i : i + step] for i in range(0, len(order), step)]
    longest = max(len(row) for row in rows)
    return torch.stack([torch.nn.functional.pad(r, (0, longest - len(r)), value=-1) for r in rows])


def walked(P: Any, w: Any, parts: Any, lr: Any) -> Any:
    """The weights after each batch, with the gradient of the driver below."""
    weights = []
    for batch in parts:
        chosen = P[batch]
        w = w - lr * (w * chosen.abs().sum(dim=0) - chosen.sum(dim=0))
        weights.append(w)
    return torch.stack(weights)


LOOP = "for start in range(0, len(order), size):"
CUT = "batch = order[start:start + size]"
CHOOSE = "X_batch, y_batch = X[batch], y[batch]"
ERROR = "error = X_batch @ w - y_batch"
TOTAL = "total = 2 * X_batch.T @ error"
DW = "dw = total / len(batch)"
STEP = "w = w - lr * gradient(w, batch)"

exercise = Exercise(
    name="mini_batches",
    title={"en": "Mini-batches", "es": "Mini-lotes"},
    section="Descenso de gradiente por mini-lotes",
    statement={
        "en": """
            mini_batches(order, size): cuts `order`, the shuffled indices of the training examples, into
            batches of `size` indices, in that order; the last one is shorter where there are not
            enough. Return a list of arrays. (Reports show it as a matrix; -1 is a place that a short
            batch leaves empty.)

            batch_gradient(X, y, w, batch): the gradient, with respect to w, of the mean squared error
            of X w against y over the examples in `batch` (indices), so of
            sum (x w - y)^2 / (number of examples in this batch).

            epoch(gradient, w, batches, lr): one pass of gradient descent over the batches, one step for
            each. gradient is a function: gradient(w, batch) is the gradient at the weights w over the
            indices `batch`. Return the weights after each step, one row a batch. w itself must stay as
            it is.
        """,
        "es": """
            mini_batches(order, size): corta `order`, los índices barajados de los ejemplos de
            entrenamiento, en lotes de `size` índices, en ese orden; el último es más corto si no hay
            suficientes. Devuelve una lista de arrays. (Los informes la muestran como matriz; -1 es un
            hueco que deja un lote corto.)

            batch_gradient(X, y, w, batch): el gradiente, respecto de w, del error cuadrático medio de
            X w frente a y sobre los ejemplos de `batch` (índices), es decir, de
            suma (x w - y)^2 / (número de ejemplos de este lote).

            epoch(gradient, w, batches, lr): una pasada de descenso del gradiente sobre los lotes, un
            paso por cada uno. gradient es una función: gradient(w, batch) es el gradiente en los pesos w
            sobre los índices `batch`. Devuelve los pesos tras cada paso, una fila por lote. w no debe
            cambiar.
        """,
    },
    functions=[
        "mini_batches(order, size) -> batches",
        "batch_gradient(X, y, w, batch) -> dw",
        "epoch(P, w, parts, lr) -> weights",
    ],
    shapes={"order": "N", "size": "", "batches": "K size", "X": "N D", "y": "N", "w": "D",
            "batch": "B", "dw": "D", "P": "N D", "parts": "M L", "lr": "", "weights": "M D"},
    inputs={
        "order": shuffled(), "size": batch_size(), "batch": classes("B", "N"),
        "parts": classes("M L", "N"), "lr": short(between("", 0.01, 0.1)),
    },
    probes=[
        cut(N_("7 examples, 3 in a batch"), 7, 3),
        cut(N_("6 examples, 3 in a batch"), 6, 3),
        cut(N_("4 examples, 1 in a batch"), 4, 1),
        cut(N_("4 examples, 4 in a batch"), 4, 4),
    ],
    reference={
        "batches": in_rows,
        "error": lambda X, y, w, batch: ((X[batch] @ w - y[batch]) ** 2).mean(),
        "dw": gradient("error", "w"),
        "weights": walked,
    },
    # The student's batches, a list, become a matrix; epoch is given a function of w and batch.
    driver="""
def _as_matrix(student):
    import numpy as np

    def mini_batches(order, size):
        rows = [np.ravel(batch) for batch in student(order, size)]
        matrix = np.full((len(rows), max(map(len, rows), default=0)), -1)
        for place, row in zip(matrix, rows):
            place[:len(row)] = row
        return matrix

    return mini_batches


def _with_gradient(student):
    import numpy as np

    def epoch(P, w, parts, lr):
        def gradient(w, batch):
            chosen = P[batch]
            return w * np.abs(chosen).sum(axis=0) - chosen.sum(axis=0)

        return student(gradient, w, list(parts), lr)

    return epoch


if callable(globals().get("mini_batches")):
    mini_batches = _as_matrix(mini_batches)
if callable(globals().get("epoch")):
    epoch = _with_gradient(epoch)
""",
    calls={
        "mini_batches": "order, size",
        "batch_gradient": "X, y, w, batch",
        "epoch": "lambda w, batch: w * abs(P[batch]).sum(axis=0) - P[batch].sum(axis=0),\n"
                 "    w, list(parts), lr",
    },
    starter={
        "en": '''
            import numpy as np


            def mini_batches(order, size):
                """Cuts order (N,) into batches of size indices: a list of arrays."""
                raise NotImplementedError


            def batch_gradient(X, y, w, batch):
                """The gradient of the batch's mean squared error.

                X: (N, D); y: (N,); w: (D,); batch: (B,), indices. Returns (D,).
                """
                raise NotImplementedError


            def epoch(gradient, w, batches, lr):
                """One step a batch.

                gradient: a function of w and a batch; w: (D,); batches: a list; lr: a number.
                Returns the weights after each step, (number of batches, D).
                """
                raise NotImplementedError
        ''',
        "es": '''
            import numpy as np


            def mini_batches(order, size):
                """Corta order (N,) en lotes de size índices: una lista de arrays."""
                raise NotImplementedError


            def batch_gradient(X, y, w, batch):
                """El gradiente del error cuadrático medio del lote.

                X: (N, D); y: (N,); w: (D,); batch: (B,), índices. Devuelve (D,).
                """
                raise NotImplementedError


            def epoch(gradient, w, batches, lr):
                """Un paso por lote.

                gradient: una función de w y de un lote; w: (D,); batches: una lista; lr: un número.
                Devuelve los pesos tras cada paso, (número de lotes, D).
                """
                raise NotImplementedError
        ''',
    },
    right=[
        f"""
        import numpy as np

        def mini_batches(order, size):
            batches = []
            {LOOP}
                {CUT}
                batches.append(batch)
            return batches

        def batch_gradient(X, y, w, batch):
            {CHOOSE}
            {ERROR}
            {TOTAL}
            {DW}
            return dw

        def epoch(gradient, w, batches, lr):
            weights = []
            for batch in batches:
                {STEP}
                weights.append(w)
            return np.array(weights)
        """,
        """
        import numpy as np

        def mini_batches(order, size):
            return np.split(order, np.arange(size, len(order), size))

        def batch_gradient(X, y, w, batch):
            dw = np.zeros_like(w)
            for i in batch:
                dw += 2 * (X[i].dot(w) - y[i]) * X[i]
            return dw / len(batch)

        def epoch(gradient, w, batches, lr):
            w = w.copy()
            weights = np.zeros((len(batches), len(w)), w.dtype)
            for row, batch in zip(weights, batches):
                w -= lr * gradient(w, batch)
                row[:] = w
            return weights
        """,
        """
        import numpy as np

        def mini_batches(order, size):
            rest = order.tolist()
            while rest:
                yield rest[:size]
                rest = rest[size:]

        def batch_gradient(X, y, w, batch):
            each = np.einsum("nd,d->n", X, w) - y
            return np.mean((2 * each[:, None] * X)[batch], axis=0)

        def epoch(gradient, w, batches, lr):
            points = [w]
            for batch in batches:
                points = points + [points[-1] - lr * gradient(points[-1], batch)]
            return points[1:]
        """,
        """
        import numpy as np

        def mini_batches(order, size):
            count = -(-len(order) // size)                      # rounded up
            return tuple(order[k * size : min((k + 1) * size, len(order))] for k in range(count))

        def batch_gradient(X, y, w, batch):
            X, y = np.take(X, batch, axis=0), np.take(y, batch)
            return 2 / len(y) * ((X.T @ X) @ w - X.T @ y)

        def epoch(gradient, w, batches, lr):
            if not batches:
                return []
            w = w - lr * gradient(w, batches[0])
            return [w] + list(epoch(gradient, w, batches[1:], lr))
        """,
    ],
    mistakes=[
        Mistake(
            "order_ignored", {CUT: "batch = np.arange(len(order))[start:start + size]"},
            en="The batches hold positions 0, 1, 2, ...; they must hold the shuffled indices at those "
            "positions: order[start:start + size].",
            es="Los lotes contienen las posiciones 0, 1, 2, ...; deben contener los índices barajados de "
            "esas posiciones: order[start:start + size].",
        ),
        Mistake(
            "order_sorted", {CUT: "batch = np.sort(order)[start:start + size]"},
            en="The indices have been sorted again, which undoes the shuffling.",
            es="Los índices se han vuelto a ordenar, y eso deshace el barajado.",
        ),
        Mistake(
            "equal_parts",
            {LOOP: "for batch in np.array_split(order, -(-len(order) // size)):", CUT: ""},
            en="np.array_split makes batches of nearly equal sizes; here every batch but the last has "
            "exactly `size` indices.",
            es="np.array_split hace lotes de tamaños casi iguales; aquí todos los lotes menos el último "
            "tienen exactamente `size` índices.",
        ),
        Mistake(
            "size_as_number_of_batches",
            {LOOP: "for batch in np.array_split(order, size):", CUT: ""},
            en="`size` is taken for the number of batches; it is the number of indices in each.",
            es="`size` se toma como el número de lotes; es el número de índices de cada uno.",
        ),
        Mistake(
            "overlapping", {LOOP: "for start in range(0, len(order)):"},
            en="The batches overlap: the next one begins `size` further on, not 1.",
            es="Los lotes se solapan: el siguiente empieza `size` posiciones después, no 1.",
        ),
        Mistake(
            "empty_batch_at_the_end", {LOOP: "for start in range(0, len(order) + 1, size):"},
            en="Where the size divides the number of examples there is an empty batch at the end: its "
            "mean would be 0/0.",
            es="Cuando el tamaño divide al número de ejemplos queda un lote vacío al final: su media "
            "sería 0/0.",
        ),
        Mistake(
            "last_batch_filled_up",
            {CUT: "batch = np.take(order, range(start, start + size), mode='wrap')"},
            en="The last batch is filled up with indices from the beginning: they would be used twice in "
            "one epoch.",
            es="El último lote se completa con índices del principio: se usarían dos veces en una época.",
        ),
        Mistake(
            "one_short", {CUT: "batch = order[start:start + size - 1]"},
            en="Every batch lacks its last index: a slice order[a:b] ends before b already.",
            es="A cada lote le falta su último índice: un corte order[a:b] ya termina antes de b.",
        ),
        Mistake(
            "divided_by_all_examples", {DW: "dw = total / len(X)"},
            en="The gradient is divided by the number of all examples; the mean runs over this batch, so "
            "divide by its own size.",
            es="El gradiente se divide entre el número de todos los ejemplos; la media es sobre este "
            "lote, así que se divide entre su propio tamaño.",
        ),
        Mistake(
            "gradient_summed", {DW: "dw = 1 * total"},
            en="The gradient is summed over the batch instead of averaged: larger batches would take "
            "larger steps.",
            es="El gradiente se suma sobre el lote en vez de promediarse: los lotes mayores darían pasos "
            "mayores.",
            number=31,
        ),
        Mistake(
            "gradient_over_all_entries", {DW: "dw = total / X_batch.size"},
            en="The gradient is divided by all entries of the batch, B · D; only its B examples count.",
            es="El gradiente se divide entre todos los elementos del lote, B · D; solo cuentan sus B "
            "ejemplos.",
            number=47,
        ),
        Mistake(
            "sign_of_the_error", {ERROR: "error = y_batch - X_batch @ w"},
            en="The sign is reversed: the error is X w - y. With w -= lr * gradient the loss would "
            "rise.",
            es="El signo está al revés: el error es X w - y. Con w -= lr * gradiente la pérdida "
            "aumentaría.",
            number=49,
        ),
        Mistake(
            "targets_not_chosen", {CHOOSE: "X_batch, y_batch = X[batch], y[:len(batch)]"},
            en="X is taken at the batch's indices and y is not: examples meet the targets of others.",
            es="X se toma en los índices del lote e y no: los ejemplos se comparan con los objetivos de "
            "otros.",
        ),
        Mistake(
            "inputs_not_chosen", {CHOOSE: "X_batch, y_batch = X[:len(batch)], y[batch]"},
            en="y is taken at the batch's indices and X is not: examples meet the targets of others.",
            es="y se toma en los índices del lote y X no: los ejemplos se comparan con los objetivos de "
            "otros.",
        ),
        Mistake(
            "first_examples", {CHOOSE: "X_batch, y_batch = X[:len(batch)], y[:len(batch)]"},
            en="The first examples are used, whatever the batch's indices are: X[batch], y[batch].",
            es="Se usan los primeros ejemplos, sean cuales sean los índices del lote: X[batch], "
            "y[batch].",
        ),
        Mistake(
            "batch_ignored",
            {CHOOSE: "X_batch, y_batch = X, y", DW: "dw = total / len(y_batch)"},
            en="The gradient runs over all examples, not over the batch.",
            es="El gradiente recorre todos los ejemplos, no los del lote.",
        ),
        Mistake(
            "error_without_inputs",
            {TOTAL: "total = 2 * error.sum() * np.ones_like(w)"},
            en="The error is not multiplied by the inputs: the derivative of x w with respect to w is x.",
            es="El error no se multiplica por las entradas: la derivada de x w respecto de w es x.",
        ),
        Mistake(
            "row_against_column",
            {ERROR: "error = ((X_batch @ w)[:, None] - y_batch).mean(axis=1)"},
            en="A column of shape (B, 1) has met a row of shape (B,): every prediction is compared with "
            "every target. Give both the same shape.",
            es="Una columna de forma (B, 1) se ha combinado con una fila (B,): cada predicción se "
            "compara con todos los objetivos. Da a las dos la misma forma.",
            number=13,
        ),
        Mistake(
            "ascent", {STEP: "w = w + lr * gradient(w, batch)"},
            en="The step goes along the gradient, uphill: w = w - lr * gradient.",
            es="El paso va a favor del gradiente, hacia arriba: w = w - lr * gradiente.",
            number=49,
        ),
        Mistake(
            "no_learning_rate", {STEP: "w = w - gradient(w, batch)"},
            en="The learning rate is missing: w = w - lr * gradient.",
            es="Falta el learning rate: w = w - lr * gradiente.",
        ),
        Mistake(
            "gradient_at_the_first_weights",
            {"    weights = []\n": "    weights, w0 = [], w\n",
             STEP: "w = w - lr * gradient(w0, batch)"},
            en="All gradients are taken at the weights from before the epoch: that is one big batch. "
            "Each step starts from the weights of the one before it.",
            es="Todos los gradientes se toman en los pesos de antes de la época: eso es un único lote "
            "grande. Cada paso parte de los pesos del anterior.",
        ),
        Mistake(
            "every_step_from_the_first_weights",
            {"    weights = []\n": "    weights, w0 = [], w\n",
             STEP: "w = w0 - lr * gradient(w0, batch)"},
            en="Every batch starts again from the weights from before the epoch: what the earlier "
            "batches taught is lost.",
            es="Cada lote vuelve a empezar desde los pesos de antes de la época: se pierde lo aprendido "
            "con los anteriores.",
        ),
        Mistake(
            "gradients_added_up",
            {"    weights = []\n": "    weights, total = [], 0\n",
             STEP: "total = total + gradient(w, batch); w = w - lr * total"},
            en="The gradients of the earlier batches are added on: set the gradient to zero before each "
            "batch.",
            es="Se van sumando los gradientes de los lotes anteriores: pon el gradiente a cero antes de "
            "cada lote.",
            number=45,
        ),
        Mistake(
            "divided_by_the_number_of_batches",
            {STEP: "w = w - lr * gradient(w, batch) / len(batches)"},
            en="Each step is divided by the number of batches; each takes its full lr * gradient.",
            es="Cada paso se divide entre el número de lotes; cada uno da su lr * gradiente entero.",
        ),
        Mistake(
            "same_array_appended", {STEP: "w -= lr * gradient(w, batch)"},
            en="w -= ... writes into the array that was handed in and that already stands in the list. "
            "Make a new array in each step (w = w - ...), or copy it.",
            es="w -= ... escribe en el array recibido, que además ya está en la lista. Crea un array "
            "nuevo en cada paso (w = w - ...), o cópialo.",
            number=23,
        ),
        Mistake(
            "start_included", {"    weights = []\n": "    weights = [w]\n"},
            en="The weights from before the epoch are in the first row; only those after each step are "
            "asked for, one row a batch.",
            es="La primera fila son los pesos de antes de la época; solo se piden los de después de cada "
            "paso, una fila por lote.",
        ),
        Mistake(
            "only_the_last_weights", {"return np.array(weights)": "return w"},
            en="Only the weights after the last batch are returned; one row a batch is asked for.",
            es="Solo se devuelven los pesos tras el último lote; se pide una fila por lote.",
        ),
    ],
    conventions=[
        Convention(
            "last_batch_dropped",
            {LOOP: "for start in range(0, len(order) - size + 1, size):"},
            en="A last batch that is not full is dropped, as some loaders do (drop_last); this exercise "
            "keeps it, so that every example is used.",
            es="Se descarta el último lote si no está completo, como hacen algunos cargadores "
            "(drop_last); este ejercicio lo conserva, para usar todos los ejemplos.",
            accepted=False,
        ),
        Convention(
            "half_the_square", {TOTAL: "total = X_batch.T @ error"},
            en="This is the gradient of half the mean squared error, another usual convention: "
            "accepted.",
            es="Este es el gradiente de la mitad del error cuadrático medio, otra convención habitual: "
            "aceptada.",
        ),
    ],
)
