"""Gradient clipping: one factor for all gradients together, or a limit for each entry."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...samples.values import Values
from ..exercise import Exercise, Expected
from ..lazy import torch
from ..probes import Probe
from ..texts import N_
from ..variants import Convention, Mistake

SQUARES = "squares = (dW1**2).sum() + (db1**2).sum() + (dW2**2).sum()"
NORM = "norm = np.sqrt(squares)"
SCALE = "scale = max_norm / norm if norm > max_norm else 1.0"
RETURN = "return norm, scale * dW1, scale * db1, scale * dW2"
VALUE = "return [np.clip(d, -limit, limit) for d in (dW1, db1, dW2)]"

PER_TENSOR = """parts = []
    for d in (dW1, db1, dW2):
        own = np.sqrt((d**2).sum())
        parts.append(d * (max_norm / own if own > max_norm else 1.0))
    return norm, parts[0], parts[1], parts[2]"""


def norm_of(dW1: Any, db1: Any, dW2: Any) -> Any:
    """The root of the sum of all squares."""
    return torch.linalg.vector_norm(torch.cat([d.flatten() for d in (dW1, db1, dW2)]))


def clipped(d: Any, norm: Any, max_norm: Any) -> Any:
    """As it is where the norm is within the limit: also for norm 0."""
    return d * max_norm / norm if norm > max_norm else d * 1


def by_norm(which: int) -> Any:
    """One of the gradients, clipped."""

    def reference(dW1: Any, db1: Any, dW2: Any, max_norm: Any) -> Any:
        return clipped((dW1, db1, dW2)[which], norm_of(dW1, db1, dW2), max_norm)

    return reference


def by_own_norm(which: int) -> Any:
    """The same by the student's norm, so that a wrong norm costs one step, but only where it clips:
    otherwise handing the gradients back, with a norm that is small, would be right.
    """

    def reference(dW1: Any, db1: Any, dW2: Any, max_norm: Any, norm: Any) -> Any:
        used = norm if norm > max_norm else norm_of(dW1, db1, dW2)
        return clipped((dW1, db1, dW2)[which], used, max_norm)

    return reference


def probe(label: str, dW1: Any, db1: Any, dW2: Any, max_norm: float, limit: float) -> Probe:
    numbers = {"dW1": dW1, "db1": db1, "dW2": dW2, "max_norm": max_norm, "limit": limit}
    return Probe(label, {k: np.array(v, np.float64) for k, v in numbers.items()})


def threshold(low: float, high: float) -> Values:
    return Values("", lambda rng, *_: round(float(rng.uniform(low, high)), 2))


def against_zero(eps: str) -> list[Convention]:
    """A small number added to the norm, as PyTorch does, in the two forms of the comparison."""
    ratio = f"max_norm / (norm + {eps})"
    forms = {"everywhere": f"min(1.0, {ratio})", "where_it_clips": SCALE.partition(" = ")[2].replace(
        "max_norm / norm", ratio)}
    return [
        Convention(
            f"{eps.replace('-', '_')}_added_{where}", {SCALE: f"scale = {form}"},
            en=f"{eps} is added to the norm against a division by 0; PyTorch's clip_grad_norm_ adds "
            "1e-6. Accepted.",
            es=f"Se suma {eps} a la norma para no dividir entre 0; clip_grad_norm_ de PyTorch suma "
            "1e-6. Se acepta.",
        )
        for where, form in forms.items()
    ]


exercise = Exercise(
    name="gradient_clipping",
    title={"en": "Gradient clipping", "es": "Recorte del gradiente"},
    section="El problema del Exploding Gradient",
    statement={
        "en": """
            When gradients explode, a step of training may lead anywhere. Clipping bounds the step. Write
            it in two ways, for the gradients of three parameters:

            - clip_by_norm: let norm be the norm of all gradients together, the root of the sum of the
              squares of every entry of the three arrays. Where it is larger than max_norm, all three
              are multiplied by max_norm / norm, so that they keep their direction; otherwise they stay
              as they are (gradients of 0, too). Return norm, as it was before clipping, and the three
              gradients;
            - clip_by_value: every entry below -limit becomes -limit, every entry above limit becomes
              limit.

            Return new arrays: the arguments must not change.
        """,
        "es": """
            Cuando los gradientes explotan, un paso del entrenamiento puede llevar a cualquier sitio. El
            recorte acota el paso. Escríbelo de dos maneras, para los gradientes de tres parámetros:

            - clip_by_norm: sea norm la norma de todos los gradientes juntos, la raíz de la suma de los
              cuadrados de todos los elementos de los tres arrays. Si es mayor que max_norm, los tres se
              multiplican por max_norm / norm, de modo que conservan su dirección; si no, se quedan como
              están (también los gradientes que valen 0). Devuelve norm, tal como era antes de recortar,
              y los tres gradientes;
            - clip_by_value: cada elemento menor que -limit pasa a ser -limit, y cada elemento mayor que
              limit pasa a ser limit.

            Devuelve arrays nuevos: los argumentos no deben cambiar.
        """,
    },
    functions=[
        "clip_by_norm(dW1, db1, dW2, max_norm) -> norm, nW1, nb1, nW2",
        "clip_by_value(dW1, db1, dW2, limit) -> vW1, vb1, vW2",
    ],
    shapes={
        "dW1": "D H", "db1": "H", "dW2": "H C", "norm": "",
        "nW1": "D H", "nb1": "H", "nW2": "H C", "vW1": "D H", "vb1": "H", "vW2": "H C",
    },
    points=dict.fromkeys(("nW1", "nb1", "nW2", "vW1", "vb1", "vW2"), 1.0),
    inputs={"max_norm": threshold(0.5, 2.5), "limit": threshold(0.3, 1.0)},
    probes=[
        probe(N_("norms 3 and 4"), [[1, -2], [0, 2]], [0, 0], [[-4], [0]], max_norm=1, limit=3),
        probe(N_("norm within the limit"), [[0.3, -0.4], [0.1, 0.2]], [-0.5, 0.25], [[0.1], [-0.3]],
              max_norm=2.5, limit=0.3),
        probe(N_("norm far within the limit"), [[0.3, -1.4], [1.1, 0.2]], [-0.5, 2.25], [[0.1], [-0.3]],
              max_norm=40, limit=5),
        probe(N_("norm at the limit"), [[3, 0], [0, 0]], [0, -4], [[0], [0]], max_norm=5, limit=4),
        probe(N_("gradients of 0"), [[0, 0], [0, 0]], [0, 0], [[0], [0]], max_norm=1, limit=1),
    ],
    reference={
        "norm": norm_of,
        "nW1": by_norm(0), "nb1": by_norm(1), "nW2": by_norm(2),
        "vW1": lambda dW1, limit: torch.clamp(dW1, -limit, limit),
        "vb1": lambda db1, limit: torch.clamp(db1, -limit, limit),
        "vW2": lambda dW2, limit: torch.clamp(dW2, -limit, limit),
    },
    also={"nW1": [by_own_norm(0)], "nb1": [by_own_norm(1)], "nW2": [by_own_norm(2)]},
    right=[
        f"""
        import numpy as np

        def clip_by_norm(dW1, db1, dW2, max_norm):
            {SQUARES}
            {NORM}
            {SCALE}
            {RETURN}

        def clip_by_value(dW1, db1, dW2, limit):
            {VALUE}
        """,
        """
        import numpy as np

        def clip_by_norm(*arguments):
            *gradients, max_norm = arguments
            norm = np.linalg.norm([np.linalg.norm(d) for d in gradients])
            with np.errstate(divide="ignore"):
                factor = np.minimum(1, max_norm / norm).astype(gradients[0].dtype)
            return (norm, *(d * factor for d in gradients))

        def clip_by_value(*arguments):
            *gradients, limit = arguments
            return tuple(np.minimum(np.maximum(d, -limit), limit) for d in gradients)
        """,
        """
        import math

        def rows(d):
            return d if isinstance(d, list) else d.tolist()

        def entries(d):
            for part in d:
                if isinstance(part, list):
                    yield from part
                else:
                    yield part

        def changed(d, change):
            return [changed(x, change) if isinstance(x, list) else change(x) for x in d]

        def clip_by_norm(dW1, db1, dW2, max_norm):
            gradients = rows(dW1), rows(db1), rows(dW2)
            norm = math.sqrt(sum(x * x for d in gradients for x in entries(d)))
            if norm <= max_norm:
                return [norm, *gradients]
            return [norm, *(changed(d, lambda x: x / norm * max_norm) for d in gradients)]

        def clip_by_value(dW1, db1, dW2, limit):
            cut = lambda x: limit if x > limit else -limit if x < -limit else x
            return [changed(rows(d), cut) for d in (dW1, db1, dW2)]
        """,
        """
        import numpy as np

        def clip_by_norm(dW1, db1, dW2, max_norm):
            everything = np.concatenate([dW1.ravel(), db1, dW2.ravel()])
            norm = np.sqrt(everything @ everything)
            everything *= max_norm / max(norm, max_norm)
            first, second = dW1.size, dW1.size + db1.size
            return {
                "norm": norm, "nW1": everything[:first].reshape(dW1.shape),
                "nb1": everything[first:second], "nW2": everything[second:].reshape(dW2.shape),
            }

        def clip_by_value(dW1, db1, dW2, limit):
            out = {}
            for name, d in (("vW1", dW1), ("vb1", db1), ("vW2", dW2)):
                out[name] = np.where(abs(d) > limit, np.sign(d) * limit, d)
            return out
        """,
    ],
    mistakes=[
        Mistake(
            "each_by_its_own_norm", {RETURN: PER_TENSOR},
            en="Each array is clipped by its own norm. That changes the direction of the step, and the "
            "total may still exceed the limit: there is one norm of all gradients, and one factor.",
            es="Cada array se recorta con su propia norma. Eso cambia la dirección del paso, y el total "
            "puede seguir superando el límite: hay una sola norma de todos los gradientes y un solo "
            "factor.",
            number=56,
        ),
        Mistake(
            "root_left_out", {NORM: "norm = squares"},
            en="The root is missing: the norm is the root of the sum of squares.",
            es="Falta la raíz: la norma es la raíz de la suma de cuadrados.",
        ),
        Mistake(
            "squares_left_out",
            {SQUARES: "squares = (dW1.sum() + db1.sum() + dW2.sum()) ** 2"},
            en="The entries are added before they are squared, so that signs cancel: square every entry, "
            "then add.",
            es="Los elementos se suman antes de elevarlos al cuadrado y los signos se cancelan: eleva "
            "cada elemento al cuadrado y suma después.",
        ),
        Mistake(
            "norms_added",
            {NORM: "norm = sum(np.sqrt((d**2).sum()) for d in (dW1, db1, dW2))"},
            en="The norms of the three arrays are added. The squares are added, and the root is taken "
            "once, at the end.",
            es="Se suman las normas de los tres arrays. Se suman los cuadrados, y la raíz se toma una "
            "vez, al final.",
        ),
        Mistake(
            "largest_of_the_norms",
            {NORM: "norm = max(np.sqrt((d**2).sum()) for d in (dW1, db1, dW2))"},
            en="The largest of the three norms is taken; the norm of all gradients together is the root "
            "of the sum of all squares.",
            es="Se toma la mayor de las tres normas; la norma de todos los gradientes juntos es la raíz "
            "de la suma de todos los cuadrados.",
        ),
        Mistake(
            "absolute_values",
            {NORM: "norm = abs(dW1).sum() + abs(db1).sum() + abs(dW2).sum()"},
            en="This is the sum of the absolute values (norm 1); here the root of the sum of squares is "
            "asked for (norm 2).",
            es="Esto es la suma de los valores absolutos (norma 1); aquí se pide la raíz de la suma de "
            "cuadrados (norma 2).",
        ),
        Mistake(
            "largest_entry",
            {NORM: "norm = max(abs(dW1).max(), abs(db1).max(), abs(dW2).max())"},
            en="This is the largest entry in absolute value (infinity norm); here the root of the sum of "
            "squares is asked for.",
            es="Esto es el mayor elemento en valor absoluto (norma infinito); aquí se pide la raíz de la "
            "suma de cuadrados.",
        ),
        Mistake(
            "mean_of_the_squares",
            {NORM: "norm = np.sqrt(squares / (dW1.size + db1.size + dW2.size))"},
            en="The squares are averaged; the norm takes their sum.",
            es="Se promedian los cuadrados; la norma toma su suma.",
        ),
        Mistake(
            "bias_left_out", {SQUARES: "squares = (dW1**2).sum() + (dW2**2).sum()"},
            en="The gradient of the bias is missing in the norm: all parameters count.",
            es="Falta el gradiente del bias en la norma: cuentan todos los parámetros.",
        ),
        Mistake(
            "spectral_norm", {SQUARES: "squares = sum(np.linalg.norm(d, 2)**2 for d in (dW1, db1, dW2))"},
            en="np.linalg.norm(d, 2) of a matrix is its largest singular value. The root of the sum of "
            "all squares is np.linalg.norm(d).",
            es="np.linalg.norm(d, 2) de una matriz es su mayor valor singular. La raíz de la suma de "
            "todos los cuadrados es np.linalg.norm(d).",
        ),
        Mistake(
            "always_scaled", {SCALE: "scale = max_norm / norm"},
            en="The gradients are scaled even where their norm is below the limit: small gradients are "
            "blown up, and zeros become NaN. Only a norm above max_norm is clipped.",
            es="Los gradientes se escalan aunque su norma esté por debajo del límite: los pequeños "
            "crecen, y los ceros pasan a NaN. Solo se recorta una norma mayor que max_norm.",
        ),
        Mistake(
            "always_scaled_but_zeros", {SCALE: "scale = max_norm / norm if norm > 0 else 1.0"},
            en="The gradients are scaled even where their norm is below the limit: small gradients are "
            "blown up. Only a norm above max_norm is clipped.",
            es="Los gradientes se escalan aunque su norma esté por debajo del límite: los pequeños "
            "crecen. Solo se recorta una norma mayor que max_norm.",
        ),
        Mistake(
            "comparison_reversed", {SCALE: SCALE.replace("norm > max", "norm < max")},
            en="The comparison is reversed: gradients within the limit are blown up, larger ones are "
            "left.",
            es="La comparación está al revés: los gradientes dentro del límite crecen y los mayores se "
            "dejan como están.",
        ),
        Mistake(
            "never_clipped", {SCALE: "scale = 1.0"},
            en="The gradients are not clipped: where norm is above max_norm they are multiplied by "
            "max_norm / norm.",
            es="Los gradientes no se recortan: si norm es mayor que max_norm se multiplican por "
            "max_norm / norm.",
        ),
        Mistake(
            "ratio_inverted", {SCALE: "scale = norm / max_norm if norm > max_norm else 1.0"},
            en="The factor is inverted, norm / max_norm: the gradients grow. It is max_norm / norm, "
            "below 1.",
            es="El factor está invertido, norm / max_norm: los gradientes crecen. Es max_norm / norm, "
            "menor que 1.",
        ),
        Mistake(
            "scaled_to_one", {SCALE: "scale = 1 / norm if norm > max_norm else 1.0"},
            en="The gradients are brought to norm 1; they are to be brought to max_norm.",
            es="Los gradientes se llevan a norma 1; hay que llevarlos a max_norm.",
        ),
        Mistake(
            "multiplied_by_the_limit", {SCALE: "scale = max_norm if norm > max_norm else 1.0"},
            en="The division by norm is missing: the factor is max_norm / norm.",
            es="Falta dividir entre norm: el factor es max_norm / norm.",
        ),
        Mistake(
            "difference_for_ratio", {SCALE: "scale = norm - max_norm if norm > max_norm else 1.0"},
            en="The factor is the difference of norm and limit; it is their ratio, max_norm / norm.",
            es="El factor es la diferencia entre norma y límite; es su cociente, max_norm / norm.",
        ),
        Mistake(
            "entries_clipped", {RETURN: "d = -max_norm, max_norm\n    return norm, np.clip(dW1, *d), "
                                        "np.clip(db1, *d), np.clip(dW2, *d)"},
            en="Every entry is clipped by itself: that is clipping by value, which changes the direction. "
            "By norm, all are multiplied by the same factor.",
            es="Cada elemento se recorta por separado: eso es recortar por valor, que cambia la "
            "dirección. Por norma, todos se multiplican por el mismo factor.",
        ),
        Mistake(
            "set_to_zero", {SCALE: "scale = 0.0 if norm > max_norm else 1.0"},
            en="Gradients above the limit are set to 0, so that nothing is learned from them. They are "
            "multiplied by max_norm / norm.",
            es="Los gradientes que superan el límite se ponen a 0, y no se aprende nada de ellos. Se "
            "multiplican por max_norm / norm.",
        ),
        Mistake(
            "bias_not_scaled", {RETURN: "return norm, scale * dW1, 1.0 * db1, scale * dW2"},
            en="The gradient of the bias is not scaled: all gradients get the same factor.",
            es="El gradiente del bias no se escala: todos los gradientes llevan el mismo factor.",
        ),
        Mistake(
            "norm_after_clipping",
            {RETURN: RETURN.replace("return norm", "return scale * norm")},
            en="The norm after clipping is returned; the norm before it is asked for: it tells whether "
            "gradients explode.",
            es="Se devuelve la norma después de recortar; se pide la de antes: es la que dice si los "
            "gradientes explotan.",
        ),
        Mistake(
            "clipped_above_only", {VALUE: "return [np.minimum(d, limit) for d in (dW1, db1, dW2)]"},
            en="Only large positive entries are clipped; negative ones below -limit must become -limit.",
            es="Solo se recortan los elementos positivos grandes; los negativos menores que -limit deben "
            "pasar a -limit.",
        ),
        Mistake(
            "clipped_below_only", {VALUE: "return [np.maximum(d, -limit) for d in (dW1, db1, dW2)]"},
            en="Only large negative entries are clipped; positive ones above limit must become limit.",
            es="Solo se recortan los elementos negativos grandes; los positivos mayores que limit deben "
            "pasar a limit.",
        ),
        Mistake(
            "negative_entries_lost", {VALUE: VALUE.replace("-limit, limit", "0, limit")},
            en="Negative entries become 0; the range is from -limit to limit.",
            es="Los elementos negativos pasan a 0; el intervalo va de -limit a limit.",
        ),
        Mistake(
            "sign_lost", {VALUE: "return [np.minimum(abs(d), limit) for d in (dW1, db1, dW2)]"},
            en="The sign is lost: an entry below -limit becomes -limit.",
            es="Se pierde el signo: un elemento menor que -limit pasa a -limit.",
        ),
        Mistake(
            "large_entries_become_zero",
            {VALUE: "return [np.where(abs(d) > limit, 0, d) for d in (dW1, db1, dW2)]"},
            en="Entries beyond the limit become 0; they become limit or -limit.",
            es="Los elementos que superan el límite pasan a 0; deben pasar a limit o -limit.",
        ),
        Mistake(
            "large_entries_become_positive",
            {VALUE: "return [np.where(abs(d) > limit, limit, d) for d in (dW1, db1, dW2)]"},
            en="Entries below -limit become +limit: the sign is lost. They become -limit.",
            es="Los elementos menores que -limit pasan a +limit: se pierde el signo. Deben pasar a "
            "-limit.",
        ),
        Mistake(
            "values_scaled",
            {VALUE: "return [d * min(1, limit / abs(d).max()) if d.any() else d * 1\n"
                    "            for d in (dW1, db1, dW2)]"},
            en="Each array is scaled until its largest entry fits; by value, only the entries beyond the "
            "limit change.",
            es="Cada array se escala hasta que cabe su mayor elemento; por valor, solo cambian los "
            "elementos que superan el límite.",
        ),
        Mistake(
            "signs_only", {VALUE: "return [limit * np.sign(d) for d in (dW1, db1, dW2)]"},
            en="Every entry becomes limit or -limit; those within the range stay as they are.",
            es="Todos los elementos pasan a limit o -limit; los que están dentro del intervalo se quedan "
            "como están.",
        ),
    ],
    conventions=[
        *(c for eps in ("1e-6", "1e-7", "1e-8") for c in against_zero(eps)),
    ],
    expected=[
        # in place, as PyTorch's function with the underscore: right values, changed arguments
        Expected(
            """
import numpy as np

def clip_by_norm(dW1, db1, dW2, max_norm):
    norm = np.sqrt(sum((d**2).sum() for d in (dW1, db1, dW2)))
    if norm > max_norm:
        for d in (dW1, db1, dW2):
            d *= max_norm / norm
    return norm, dW1, db1, dW2

def clip_by_value(dW1, db1, dW2, limit):
    return [np.clip(d, -limit, limit) for d in (dW1, db1, dW2)]
""",
            "partial", 10, [],
        ),
    ],
)
