"""The autograd engine with arrays: two more things go wrong there that numbers hide.

A value that was repeated to a larger shape gets the sum of its copies' gradients, and two gradients
must not be one array in memory (`gradtwin.pitfalls`: not_summed, shared_array).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..exercise import Exercise
from ..reference import gradient
from ..variants import Mistake
from .autograd_engine import shown

T = Any
"""A value of whichever engine runs the program."""


def same_shape(X: T, W: T) -> T:
    p = X * W
    return (p * p).sum()


def rows(X: T, w: T) -> T:
    p = X * w
    return (p * p).sum()


def column(X: T, v: T) -> T:
    p = X * v
    return (p * p).sum()


def number(X: T, k: T) -> T:
    p = X * k
    return (p * p).sum()


def layer(X: T, w: T, v: T, k: T) -> T:
    z = X * w + v + k
    return (z * z).sum()


def sum_twice(a: T, b: T) -> T:
    c = a + b
    d = c + a
    return (d * d).sum()


def two_sums(X: T, w: T) -> T:
    p = X * w
    return p.sum() * (p * p).sum()


GRADED: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (same_shape, rows, column, number, sum_twice, layer, two_sums)
}


def arguments(program: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(program).parameters)


DRIVER = "\n\n".join([
    "T = object",
    *(inspect.getsource(program).rstrip() for program in GRADED.values()),
    f"""
def _gradients(program):
    def run(*arrays):
        leaves = [Value(x) for x in arrays]
        program(*leaves).backward()
        return tuple(leaf.grad for leaf in leaves)

    return run

globals().update({{name: _gradients(globals()[name]) for name in {list(GRADED)!r}}})
""",
])

SUM = "return Value(self.data + other.data, [(self, lambda g: g), (other, lambda g: g)])"
PRODUCT = """        return Value(self.data * other.data,
                     [(self, lambda g: g * other.data), (other, lambda g: g * self.data)])
"""
ALL = "return Value(np.sum(self.data), [(self, lambda g: g * np.ones_like(self.data))])"
SHARE = "share = summed_to(np.shape(parent.data), local(node.grad))"
ADD = "parent.grad = parent.grad + share"
LEADING = "g = np.sum(g, axis=tuple(range(np.ndim(g) - len(shape))))"
REPEATED = "repeated = tuple(i for i, size in enumerate(shape) if size == 1)"

RIGHT = f"""
import numpy as np

class Value:
    def __init__(self, data, parents=()):
        self.data = data
        self.grad = 0.0
        self.parents = parents       # pairs: a value, from this one's gradient to its share

    def __add__(self, other):
        {SUM}

    def __mul__(self, other):
{PRODUCT}
    def sum(self):
        {ALL}

    def backward(self):
        self.grad = self.grad + 1.0
        for node in users_first(self):
            for parent, local in node.parents:
                {SHARE}
                {ADD}
            if node.parents:
                node.grad = 0.0

def users_first(last):
    uses = {{last: 0}}
    found = [last]
    for node in found:               # a list that grows while it is read
        for parent, _ in node.parents:
            if parent not in uses:
                uses[parent] = 0
                found.append(parent)
            uses[parent] += 1
    ready = [last]
    while ready:
        node = ready.pop()
        yield node
        for parent, _ in node.parents:
            uses[parent] -= 1
            if uses[parent] == 0:
                ready.append(parent)

def summed_to(shape, g):
    if np.shape(g) == shape:
        return g
    {LEADING}
    {REPEATED}
    return np.sum(g, axis=repeated, keepdims=True)
"""

exercise = Exercise(
    name="autograd_arrays",
    title={"en": "An autograd engine of your own, with arrays",
           "es": "Tu propio motor de diferenciación automática, con arrays"},
    section="Redes DAG: Grafo computacional",
    statement={
        "en": """
            Now a Value may hold a number or a numpy array, so that a few values make a whole layer. Begin
            with your class of autograd_engine. Needed are

            - Value(x), .data and .grad, a + b, a * b (entry by entry) and out.backward(), as there;
            - a.sum(): the sum of all entries, a new value;
            - arrays of different shapes, where numpy repeats the smaller one: X * w with X (N, D) and
              w (D,) multiplies every row by w. The .grad of each value has the shape of its .data.

            It is tried on these programs, with X and W (N, D), w, a and b (D,), v (N, 1), k a number:

            - same_shape: p = X * W;  rows: p = X * w;  column: p = X * v;  number: p = X * k; from
              each (p * p).sum()
            - sum_twice: c = a + b;  d = c + a;  (d * d).sum()
            - layer: z = X * w + v + k;  (z * z).sum()
            - two_sums: p = X * w;  p.sum() * (p * p).sum()

            Graded are the gradients of all arguments of each, in their order. The arrays that you are
            given must not change.
        """,
        "es": """
            Ahora un Value puede contener un número o un array de numpy, de modo que unos pocos valores
            forman una capa entera. Empieza con tu clase de autograd_engine. Se necesitan

            - Value(x), .data y .grad, a + b, a * b (elemento a elemento) y out.backward(), como allí;
            - a.sum(): la suma de todos los elementos, un valor nuevo;
            - arrays de formas distintas, donde numpy repite el menor: X * w con X (N, D) y w (D,)
              multiplica cada fila por w. El .grad de cada valor tiene la forma de su .data.

            Se prueba con estos programas, con X y W (N, D), w, a y b (D,), v (N, 1) y k un número:

            - same_shape: p = X * W;  rows: p = X * w;  column: p = X * v;  number: p = X * k; de cada
              uno (p * p).sum()
            - sum_twice: c = a + b;  d = c + a;  (d * d).sum()
            - layer: z = X * w + v + k;  (z * z).sum()
            - two_sums: p = X * w;  p.sum() * (p * p).sum()

            Se evalúan los gradientes de todos los argumentos de cada uno, en su orden. Los arrays que
            recibes no deben cambiar.
        """,
    },
    functions=[
        f"{name}({', '.join(arguments(f))}) -> {', '.join(f'{name}_d{x}' for x in arguments(f))}"
        for name, f in GRADED.items()
    ],
    shapes={"X": "N D", "W": "N D", "w": "D", "v": "N 1", "k": "", "a": "D", "b": "D"},
    reference={
        **GRADED,
        **{f"{name}_d{x}": gradient(name, x) for name, f in GRADED.items() for x in arguments(f)},
    },
    points={
        "extreme": 0, **{f"{name}_d{x}": 1.0 for name, f in GRADED.items() for x in arguments(f)},
    },
    driver=DRIVER,
    shown={
        name: shown(f, f"{name}(*given).backward()",
                    ", ".join(f"{name}_d{x}" for x in arguments(f)))
        for name, f in GRADED.items()
    },
    starter={
        "en": '''
            import numpy as np


            class Value:
                """A number or an array that remembers what it was made of."""

                def __init__(self, data):
                    self.data = data
                    self.grad = 0.0

                def __add__(self, other):
                    """The sum of two values, a new value."""
                    raise NotImplementedError

                def __mul__(self, other):
                    """The product of two values, entry by entry, a new value."""
                    raise NotImplementedError

                def sum(self):
                    """The sum of all entries, a new value."""
                    raise NotImplementedError

                def backward(self):
                    """Adds the derivatives of this value to the .grad of all it was made from."""
                    raise NotImplementedError
        ''',
        "es": '''
            import numpy as np


            class Value:
                """Un número o un array que recuerda de qué se obtuvo."""

                def __init__(self, data):
                    self.data = data
                    self.grad = 0.0

                def __add__(self, other):
                    """La suma de dos valores, un valor nuevo."""
                    raise NotImplementedError

                def __mul__(self, other):
                    """El producto de dos valores, elemento a elemento, un valor nuevo."""
                    raise NotImplementedError

                def sum(self):
                    """La suma de todos los elementos, un valor nuevo."""
                    raise NotImplementedError

                def backward(self):
                    """Suma las derivadas de este valor al .grad de todo aquello de lo que se obtuvo."""
                    raise NotImplementedError
        ''',
    },
    right=[
        RIGHT,
        """
        import numpy as np

        # Gradients are arrays from the beginning, so that adding in place is safe.
        class Value:
            def __init__(self, data, children=()):
                self.data = np.asarray(data)
                self.grad = np.zeros_like(self.data)
                self.children = children
                self.backprop = lambda: None

            def __add__(self, other):
                out = Value(self.data + other.data, (self, other))

                def backprop():
                    self.receive(out.grad)
                    other.receive(out.grad)

                out.backprop = backprop
                return out

            def __mul__(self, other):
                out = Value(self.data * other.data, (self, other))

                def backprop():
                    self.receive(other.data * out.grad)
                    other.receive(self.data * out.grad)

                out.backprop = backprop
                return out

            def sum(self):
                out = Value(self.data.sum(), (self,))
                out.backprop = lambda: self.receive(np.full_like(self.data, out.grad))
                return out

            def receive(self, g):
                while g.ndim > self.data.ndim:
                    g = g.sum(axis=0)
                for axis, n in enumerate(self.data.shape):
                    if n == 1:
                        g = g.sum(axis=axis, keepdims=True)
                self.grad += g

            def backward(self):
                order, seen = [], set()

                def build(v):
                    if v not in seen:
                        seen.add(v)
                        for child in v.children:
                            build(child)
                        order.append(v)

                build(self)
                self.grad = np.ones_like(self.data)
                for v in reversed(order):
                    v.backprop()
                    if v.children:
                        v.grad = np.zeros_like(v.data)
        """,
        """
        import numpy as np

        # A tape of (result, argument, slope); the copies are summed by a product of matrices of ones.
        tape = []

        class Value:
            def __init__(self, data):
                self.data, self.grad = data, None

            def __add__(self, other):
                return record(Value(self.data + other.data), (self, 1), (other, 1))

            def __mul__(self, other):
                return record(Value(self.data * other.data), (self, other.data), (other, self.data))

            def sum(self):
                return record(Value(np.add.reduce(self.data, axis=None)), (self, 1))

            def backward(self):
                g = {self: np.ones_like(self.data)}
                for out, argument, slope in reversed(tape):
                    if out in g:
                        share = back(g[out] * slope, argument.data, np.shape(out.data))
                        g[argument] = share if argument not in g else g[argument] + share
                for value in g:
                    value.grad = g[value] if value.grad is None else value.grad + g[value]

        def record(out, *uses):
            tape.extend((out, argument, slope) for argument, slope in uses)
            return out

        def back(share, to, full):
            if np.ndim(to) > len(full):                     # of a sum: the same for all entries
                return np.broadcast_to(share, to.shape).astype(to.dtype)
            share = np.broadcast_to(share, full)
            if np.ndim(to) == 0:
                return share.sum()
            if np.ndim(to) < share.ndim:
                return np.ones(len(share), share.dtype) @ share
            return share @ np.ones((share.shape[1], 1), share.dtype) if to.shape != full else share
        """,
    ],
    mistakes=[
        Mistake(
            "not_summed", {SHARE: "share = local(node.grad)"},
            en="A value that was repeated to a larger shape gets a gradient of that larger shape. Each "
            "copy was a use of it: sum the gradient back to the shape of .data.",
            es="Un valor que se repitió hasta una forma mayor recibe un gradiente de esa forma mayor. "
            "Cada copia era un uso suyo: suma el gradiente hasta la forma de .data.",
            number=34,
        ),
        Mistake(
            "shared_array",
            {ADD: "if np.ndim(parent.grad) == 0:\n"
                  "                    parent.grad = share\n"
                  "                else:\n"
                  "                    parent.grad += share"},
            en="A sum hands one and the same array on to both of its parts, and adding to one in place "
            "(+=) changes the other. Add into a new array: grad = grad + share, or copy first.",
            es="Una suma transmite el mismo array a sus dos partes, y sumar en una en el propio sitio "
            "(+=) cambia la otra. Suma en un array nuevo: grad = grad + parte, o copia antes.",
            number=23,
        ),
        Mistake(
            "overwritten", {ADD: "parent.grad = share"},
            en="The gradient is set where it should be added to, = for +=: of a value that is used "
            "twice only the last path is left.",
            es="El gradiente se asigna en vez de acumularse, = en lugar de +=: de un valor que se usa "
            "dos veces solo queda el último camino.",
            number=43,
        ),
        Mistake(
            "summed_over_all",
            {LEADING: "g = np.sum(g) * np.ones(shape)",
             REPEATED: "repeated = ()"},
            en="The gradient is summed over all entries; only the axes along which the value was "
            "repeated are summed.",
            es="El gradiente se suma sobre todos los elementos; solo se suman los ejes a lo largo de los "
            "cuales se repitió el valor.",
            number=35,
        ),
        Mistake(
            "mean_instead_of_sum",
            {LEADING: LEADING.replace("np.sum", "np.mean"),
             "return np.sum(g, axis=repeated": "return np.mean(g, axis=repeated"},
            en="The mean over the copies is taken; each copy contributes, so their gradients are "
            "summed.",
            es="Se toma la media sobre las copias; cada copia contribuye, así que sus gradientes se "
            "suman.",
            number=35,
        ),
        Mistake(
            "axes_of_length_1_forgotten", {REPEATED: "repeated = ()"},
            en="Axes of length 1 are forgotten: an array (N, 1) is repeated along them too, so its "
            "gradient is summed there, with keepdims=True.",
            es="Se olvidan los ejes de longitud 1: un array (N, 1) se repite también a lo largo de "
            "ellos, así que su gradiente se suma ahí, con keepdims=True.",
        ),
        Mistake(
            "last_axes_summed",
            {LEADING: "g = np.sum(g, axis=tuple(range(len(shape), np.ndim(g))))"},
            en="The last axes are summed; numpy repeats along the first ones, so for w (D,) in X * w the "
            "sum runs over the rows (axis 0).",
            es="Se suman los últimos ejes; numpy repite a lo largo de los primeros, así que para w (D,) "
            "en X * w la suma recorre las filas (eje 0).",
        ),
        Mistake(
            "own_factor",
            {PRODUCT: PRODUCT.replace("g * other.data), (other, lambda g: g * self.data",
                                      "g * self.data), (other, lambda g: g * other.data")},
            en="In a * b each factor gets itself as its slope; it is the other factor: the derivative "
            "with respect to a is b.",
            es="En a * b cada factor recibe como derivada a sí mismo; es el otro factor: la derivada "
            "respecto de a es b.",
        ),
        Mistake(
            "sum_averages", {ALL: ALL.replace("self.data))])", "self.data) / np.size(self.data))])")},
            en="The gradient of a sum is divided by the number of entries, as of a mean; each entry has "
            "the slope 1.",
            es="El gradiente de una suma se divide entre el número de elementos, como el de una media; "
            "cada elemento tiene derivada 1.",
        ),
        Mistake(
            "upstream_of_the_sum_left_out",
            {ALL: ALL.replace("g * np.ones_like", "np.ones_like")},
            en="The sum hands on ones: they have to be multiplied by the gradient that has arrived at "
            "it (chain rule).",
            es="La suma transmite unos: hay que multiplicarlos por el gradiente que le ha llegado (regla "
            "de la cadena).",
            number=22,
        ),
    ],
)
