"""A small autograd engine: graded on the programs that break a careless one.

The programs are those of `gradtwin.pitfalls`, and the known mistakes are its wrong engines. What a
student writes is a class; the driver runs every program with it and hands back the gradients.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ...pitfalls.programs import PROGRAMS, Program
from ...samples.values import Values
from ..exercise import Exercise, Expected
from ..lazy import torch
from ..probes import Probe
from ..texts import N_
from ..variants import Mistake

LONG = 1_500
"""Sums in a row: more than Python allows calls within each other."""

T = Any
"""A value of whichever engine runs the program."""


def used_twice(a: T, b: T) -> T:
    c = a * b
    d = c + c
    e = d + d
    return e


def long_way(a: T, b: T) -> T:
    c = a * b
    d = c + b
    e = d * a
    f = e * c
    return f


def long_sum(a: T, b: T, n: int) -> T:
    total = a
    for _ in range(n):
        total = total + a * b
    return total


# Not `used_twice` and `sequence` of the pitfalls, whose gradients are the same for all numbers:
# whoever remembers them would have the points.
GRADED = {
    "tree": PROGRAMS["tree"],
    "chain": PROGRAMS["chain"],
    "two_places": PROGRAMS["two_places"],
    "square": PROGRAMS["square"],
    "used_twice": Program(used_twice, (1.0, 1.0)),
    "too_early": PROGRAMS["too_early"],
    "late_enough": PROGRAMS["late_enough"],
    "long_way": Program(long_way, (1.0, 1.0)),
    "shared_weight": PROGRAMS["shared_weight"],
    "walked_twice": PROGRAMS["walked_twice"],
    "two_losses": PROGRAMS["two_losses"],
    "long_sum": Program(long_sum, (1.0, 1.0, LONG)),
}

WALKS = {
    "long_sum": "long_sum(*given, n).backward()",
    **{name: f"for result in {name}(*given):\n    result.backward()"
       for name in ("walked_twice", "two_losses")},
}
"""How those are walked back of which `out.backward()` alone does not do it."""

DRIVER = "\n\n".join([
    "T = object",
    *(program.code for program in GRADED.values()),
    f"""
def _gradients(program):
    def run(*numbers):
        # how many sums there are is a plain number, and no value
        given = [x if type(x) is int else Value(x) for x in numbers]
        out = program(*given)
        for result in out if isinstance(out, tuple) else (out,):
            result.backward()
        return [leaf.grad for leaf in given if type(leaf) is not int]

    return run

_programs = {{name: globals()[name] for name in {list(GRADED)!r}}}
_tree, _two_places = tree, two_places

def values(a, b, c):
    return [program(Value(a), Value(b), Value(c)).data for program in (_tree, _two_places)]

globals().update({{name: _gradients(program) for name, program in _programs.items()}})
""",
])


def shown(program: Callable[..., Any], walk: str, names: str) -> str:
    """A program as a student runs it: without types, with values of their own, the gradients printed.

    Args:
        walk: the line that runs it on `given` and walks back.
        names: of the gradients, as a report has them.
    """
    values = [n for n in inspect.signature(program).parameters if n != "n"]
    return f"""
{untyped(program)}

given = [{", ".join(f"Value({x})" for x in values)}]
{walk}
print([value.grad for value in given])  # {names}"""


def untyped(program: Callable[..., Any]) -> str:
    """Its source without types."""
    return re.sub(r": (T|int)\b(?=[,)])| -> T", "", inspect.getsource(program)).rstrip()


def gradients_of(program: Program) -> Callable[..., Any]:
    """What PyTorch's own engine gives for all arguments of a program, in one array."""

    @functools.wraps(program.function)
    def reference(*arguments: Any) -> Any:
        given: list[Any] = [
            x.clone().requires_grad_() if x.is_floating_point() else int(x) for x in arguments
        ]
        for out in program.run(given):
            out.backward(retain_graph=True)
        return torch.stack([leaf.grad for leaf in given if type(leaf) is not int])

    return reference


INPUTS = ("a", "b", "c", "d", "w1", "w2", "x", "minus_y")


def probe(label: str, *numbers: float, n: int = 2) -> Probe:
    arrays = {k: np.array(float(v)) for k, v in zip(INPUTS, numbers, strict=True)}
    return Probe(label, {**arrays, "n": np.array(n)})


SUM = "return Value(self.data + other.data, [(self, 1.0), (other, 1.0)])"
PRODUCT = "return Value(self.data * other.data, [(self, other.data), (other, self.data)])"
SEED = "self.grad = self.grad + 1.0"
WALK = """        for node in users_first(self):
            node.hand_on()
"""
SHARE = "share = slope * self.grad"
ADD = "parent.grad = parent.grad + share"
FORGET = """        if self.parents:
            self.grad = 0.0          # an inner value has handed on all that it had
"""
ORDER = """    uses = {last: 0}
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
"""

RIGHT = f"""
class Value:
    def __init__(self, data, parents=()):
        self.data = data
        self.grad = 0.0
        self.parents = parents       # pairs: a value that this one was made of, the slope there

    def __add__(self, other):
        {SUM}

    def __mul__(self, other):
        {PRODUCT}

    def backward(self):
        {SEED}
{WALK}
    def hand_on(self):
        for parent, slope in self.parents:
            {SHARE}
            {ADD}
{FORGET}

def users_first(last):
{ORDER}
"""

# The walks below are written without recursion, so that the long sum does not end them: whoever
# writes them with recursion is told of that as well.
PREORDER = """    waiting = [last]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [parent for parent, _ in reversed(node.parents)]
"""
PREORDER_ONCE = """    waiting, seen = [last], set()
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            yield node
            waiting += [parent for parent, _ in reversed(node.parents)]
"""
LEVELS = """    waiting, seen = [last], {last}
    for node in waiting:
        yield node
        for parent, _ in node.parents:
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
"""
INPUTS_FIRST = f"""    yield from reversed(list(in_order(last)))

def in_order(last):
{ORDER}"""
RECURSIVE = """    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent, _ in node.parents:
                visit(parent)
            order.append(node)

    visit(last)
    yield from reversed(order)
"""
AT_ONCE = """        waiting = [(self, iter(self.parents))]
        while waiting:
            node, rest = waiting[-1]
            parent, slope = next(rest, (None, None))
            if parent is None:
                waiting.pop()
            else:
                parent.grad = parent.grad + slope * node.grad
                waiting.append((parent, iter(parent.parents)))
"""

exercise = Exercise(
    name="autograd_engine",
    title={"en": "An autograd engine of your own", "es": "Tu propio motor de diferenciación automática"},
    section="Redes DAG: Grafo computacional",
    statement={
        "en": """
            Write a class Value, a number that remembers how it was computed, so that gradients need not
            be worked out by hand. Needed are

            - Value(x): a value made from a number x, with .data, the number, and .grad, at first 0.0;
            - a + b and a * b of two values, which are new values;
            - out.backward(): adds to the .grad of every value that out was made from, and that was not
              itself computed, the derivative of out with respect to it. It adds: after a second
              backward, from the same value or another, the sum of both stands there, as in PyTorch.

            No numpy and no arrays are needed: numbers are enough. It is tried on small programs,
            each harder than those before it:

            - tree: a * b + c;  chain: (a * b + c) * d
            - two_places: a * b + a * c;  square: a * a
            - used_twice: c = a * b;  d = c + c;  d + d
            - too_early: b = a * a;  c = b + a;  b * c;  late_enough: the same, but c * b
            - long_way: c = a * b;  d = c + b;  e = d * a;  e * c
            - shared_weight: z1 = w1 * x;  z2 = w2 * (z1 + x);  e = w1 * (z1 + z2) + minus_y;  e * e
            - walked_twice: loss = a * b * c, and backward is called on it twice
            - two_losses: s = a * b, and backward is called on s * c, then on s * d
            - long_sum: a to which a * b is added n times, n up to 1,500

            Graded are the values (.data) of tree and two_places, and for each program the gradients of
            all its arguments, in their order.
        """,
        "es": """
            Escribe una clase Value, un número que recuerda cómo se calculó, para que no haga falta
            obtener los gradientes a mano. Se necesitan

            - Value(x): un valor hecho con un número x, con .data, el número, y .grad, al principio 0.0;
            - a + b y a * b de dos valores, que son valores nuevos;
            - out.backward(): suma al .grad de cada valor del que se obtuvo out, y que no fue a su vez
              calculado, la derivada de out respecto de él. Suma: después de un segundo backward, desde
              el mismo valor o desde otro, queda ahí la suma de ambos, como en PyTorch.

            No hacen falta numpy ni arrays: bastan los números. Se prueba con programas pequeños, cada
            uno más difícil que los anteriores:

            - tree: a * b + c;  chain: (a * b + c) * d
            - two_places: a * b + a * c;  square: a * a
            - used_twice: c = a * b;  d = c + c;  d + d
            - too_early: b = a * a;  c = b + a;  b * c;  late_enough: lo mismo, pero c * b
            - long_way: c = a * b;  d = c + b;  e = d * a;  e * c
            - shared_weight: z1 = w1 * x;  z2 = w2 * (z1 + x);  e = w1 * (z1 + z2) + minus_y;  e * e
            - walked_twice: loss = a * b * c, y se llama dos veces a su backward
            - two_losses: s = a * b, y se llama a backward en s * c y después en s * d
            - long_sum: a, a la que se suma n veces a * b, con n hasta 1500

            Se evalúan los valores (.data) de tree y two_places y, para cada programa, los gradientes de
            todos sus argumentos, en su orden.
        """,
    },
    functions=[
        "values(a, b, c) -> data",
        *(f"{name}({', '.join(p.arguments)}) -> {name}_grad" for name, p in GRADED.items()),
    ],
    shapes={
        **dict.fromkeys(INPUTS, ""), "data": "2",
        **{f"{name}_grad": str(len(set(p.arguments) - {"n"})) for name, p in GRADED.items()},
    },
    inputs={"n": Values("", lambda *_: 3, floating=False, differentiable=False)},
    probes=[
        probe(N_("ones"), 1, 1, 1, 1, 1, 1, 1, 1),
        probe(N_("zeros"), 0, 1, 0, -1, 0, 1, 0, 1),
        probe(N_("the lecture's graph in numbers"), 2, 3, -1, 0.5, 0.5, 0.3, 2, -1),
        probe(N_("a long sum"), 0.5, -0.25, 1, 2, 0.5, 0.3, 1, 2, n=LONG),
    ],
    reference={
        "data": lambda a, b, c: torch.stack([a * b + c, a * b + a * c]),
        **{f"{name}_grad": gradients_of(program) for name, program in GRADED.items()},
    },
    # numbers alone: there is nothing that overflows, and no precision to keep
    points={"extreme": 0, "dtype": 0, **{f"{name}_grad": 1.0 for name in GRADED}},
    driver=DRIVER,
    shown={
        "values": "\n\n".join([
            "", untyped(GRADED["tree"].function), untyped(GRADED["two_places"].function),
            "print([program(Value(a), Value(b), Value(c)).data for program in (tree, two_places)])",
        ]),
        **{name: shown(program.function, WALKS.get(name, f"{name}(*given).backward()"),
                       f"{name}_grad") for name, program in GRADED.items()},
    },
    starter={
        "en": '''
            class Value:
                """A number that remembers what it was made of."""

                def __init__(self, data):
                    self.data = data
                    self.grad = 0.0

                def __add__(self, other):
                    """The sum of two values, a new value."""
                    raise NotImplementedError

                def __mul__(self, other):
                    """The product of two values, a new value."""
                    raise NotImplementedError

                def backward(self):
                    """Adds the derivatives of this value to the .grad of all it was made from."""
                    raise NotImplementedError
        ''',
        "es": '''
            class Value:
                """Un número que recuerda de qué se obtuvo."""

                def __init__(self, data):
                    self.data = data
                    self.grad = 0.0

                def __add__(self, other):
                    """La suma de dos valores, un valor nuevo."""
                    raise NotImplementedError

                def __mul__(self, other):
                    """El producto de dos valores, un valor nuevo."""
                    raise NotImplementedError

                def backward(self):
                    """Suma las derivadas de este valor al .grad de todo aquello de lo que se obtuvo."""
                    raise NotImplementedError
        ''',
    },
    right=[
        RIGHT,
        """
        # A tape: values in the order in which they were made, walked from the end.
        tape = []

        class Value:
            def __init__(self, data, backprop=None):
                self.data, self.grad, self.backprop = data, 0, backprop
                self.place = len(tape)
                tape.append(self)

            def __add__(self, other):
                def backprop(g):
                    self.grad += g
                    other.grad += g
                return Value(self.data + other.data, backprop)

            def __mul__(self, other):
                def backprop(g):
                    self.grad += other.data * g
                    other.grad += self.data * g
                return Value(self.data * other.data, backprop)

            def backward(self):
                self.grad += 1
                for value in reversed(tape[:self.place + 1]):
                    if value.backprop and value.grad:
                        g, value.grad = value.grad, 0
                        value.backprop(g)
        """,
        """
        # Topological order by depth, gradients of a walk in a dictionary of its own.
        class Value:
            def __init__(self, data, made_by="", of=()):
                self.data, self.made_by, self.of = data, made_by, of
                self.grad = 0.0
                self.depth = 1 + max((v.depth for v in of), default=-1)

            def __add__(self, other):
                return Value(self.data + other.data, "+", (self, other))

            def __mul__(self, other):
                return Value(self.data * other.data, "*", (self, other))

            def backward(self):
                everything, waiting = {self}, [self]
                while waiting:
                    new = set(waiting.pop().of) - everything
                    everything |= new
                    waiting += new
                d = dict.fromkeys(everything, 0.0)
                d[self] = 1.0
                for v in sorted(everything, key=lambda v: -v.depth):
                    if v.made_by == "+":
                        for part in v.of:
                            d[part] += d[v]
                    elif v.made_by == "*":
                        left, right = v.of
                        d[left] += d[v] * right.data
                        d[right] += d[v] * left.data
                    else:
                        v.grad += d[v]
        """,
        """
        import heapq
        from itertools import count

        # A queue in which the youngest value comes first: its users are all younger.
        ages = count()

        class Value:
            def __init__(self, data):
                self.data, self.grad, self.age, self.slopes = data, 0.0, next(ages), None

            def made(self, *slopes):
                self.slopes = slopes
                return self

            def __add__(self, other):
                return Value(self.data + other.data).made((self, 1), (other, 1))

            def __mul__(self, other):
                return Value(self.data * other.data).made((self, other.data), (other, self.data))

            def backward(self):
                arrived = {self.age: (self, 1.0)}
                queue = [-self.age]
                while queue:
                    value, g = arrived.pop(-heapq.heappop(queue))
                    if value.slopes is None:
                        value.grad += g
                        continue
                    for parent, slope in value.slopes:
                        if parent.age not in arrived:
                            heapq.heappush(queue, -parent.age)
                        _, before = arrived.get(parent.age, (parent, 0.0))
                        arrived[parent.age] = (parent, before + slope * g)
        """,
    ],
    mistakes=[
        Mistake(
            "walked_again", {SEED: "self.grad = 1.0", ORDER: PREORDER, FORGET: ""},
            en="A value that is used twice is walked twice, and each time it hands on all that has "
            "arrived so far, so that shares are counted again. Take the values in an order in which all "
            "users of a value come before it (topological), each once.",
            es="Un valor que se usa dos veces se recorre dos veces, y cada vez transmite todo lo que le "
            "ha llegado hasta entonces, de modo que hay partes que se cuentan de nuevo. Recorre los "
            "valores en un orden en el que todos los que usan un valor van antes que él (topológico), "
            "cada uno una vez.",
            number=44,
        ),
        Mistake(
            "walked_at_once", {SEED: "self.grad = 1.0", WALK: AT_ONCE, FORGET: ""},
            en="backward goes on from a value as soon as one share has arrived, and when the next "
            "arrives it hands on the old one again. Take the values in topological order: each once, "
            "when all its users have handed on.",
            es="backward sigue desde un valor en cuanto llega una parte, y cuando llega la siguiente "
            "vuelve a transmitir la anterior. Recorre los valores en orden topológico: cada uno una "
            "vez, cuando todos los que lo usan han transmitido lo suyo.",
            number=44,
        ),
        Mistake(
            "walked_too_early", {ORDER: PREORDER_ONCE},
            en="Each value is walked once, but before all of its gradient has arrived: a set of the "
            "values seen is not enough. A value may hand on only when all its users have "
            "(topological order).",
            es="Cada valor se recorre una vez, pero antes de que le haya llegado todo su gradiente: un "
            "conjunto de los valores vistos no basta. Un valor solo puede transmitir cuando todos los "
            "que lo usan lo han hecho (orden topológico).",
            number=44,
        ),
        Mistake(
            "level_by_level", {ORDER: LEVELS},
            en="The values are walked level by level from the result. A value near it may also be used "
            "far from it, and then hands on before that share arrives: all users first (topological "
            "order).",
            es="Los valores se recorren por niveles desde el resultado. Un valor cercano puede usarse "
            "también lejos, y entonces transmite antes de que llegue esa parte: primero todos los que "
            "lo usan (orden topológico).",
            number=44,
        ),
        Mistake(
            "inputs_first", {ORDER: INPUTS_FIRST},
            en="The values are walked from the inputs to the result; backward goes the other way, with "
            "the result first. Is a reversed() missing?",
            es="Los valores se recorren de las entradas al resultado; hacia atrás es al revés, el "
            "resultado primero. ¿Falta un reversed()?",
            number=44,
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
            "counted_once", {"self.parents = parents ": "self.parents = list(dict(parents).items()) "},
            en="In a * a the value a is remembered once, as in a set or a dictionary: it counts twice. "
            "Keep what a value was made of in a list.",
            es="En a * a el valor a se recuerda una sola vez, como en un conjunto o un diccionario: "
            "cuenta dos veces. Guarda en una lista aquello de lo que se obtuvo un valor.",
            number=43,
        ),
        Mistake(
            "counted_again", {SEED: "self.grad = 1.0", FORGET: ""},
            en="In a second backward inner values hand on what they kept from the first once more. An "
            "inner value must forget its gradient when it has handed it on; only the inputs keep "
            "theirs.",
            es="En un segundo backward los valores intermedios vuelven a transmitir lo que guardaron del "
            "primero. Un valor intermedio debe olvidar su gradiente cuando lo ha transmitido; solo las "
            "entradas conservan el suyo.",
            number=45,
        ),
        Mistake(
            "earlier_gradients_forgotten",
            {SEED: "for node in users_first(self):\n            node.grad = 0.0\n"
                   "        self.grad = 1.0"},
            en="backward sets all gradients to 0 before it begins, so that of two losses only the last "
            "one counts. It must add; whoever trains sets them to 0.",
            es="backward pone a 0 todos los gradientes antes de empezar, de modo que de dos pérdidas "
            "solo cuenta la última. Debe sumar; ponerlos a 0 es cosa de quien entrena.",
            number=45,
        ),
        Mistake(
            "too_deep", {ORDER: RECURSIVE},
            en="backward calls itself for what a value was made of, and Python allows about a thousand "
            "calls within each other: a long chain ends with RecursionError. Keep the values that wait "
            "in a list.",
            es="backward se llama a sí misma para aquello de lo que se obtuvo un valor, y Python permite "
            "unas mil llamadas anidadas: una cadena larga acaba en RecursionError. Guarda en una lista "
            "los valores que esperan.",
        ),
        Mistake(
            "beginning_missing", {SEED: "self.grad = self.grad + 0.0"},
            en="The gradient of the result with respect to itself is 1, and backward must begin with it: "
            "now only zeros are handed on.",
            es="El gradiente del resultado respecto de sí mismo es 1, y backward debe empezar con él: "
            "ahora solo se transmiten ceros.",
        ),
        Mistake(
            "chain_rule_left_out", {SHARE: "share = slope"},
            en="A value hands on only its own slope: it has to be multiplied by the gradient that has "
            "arrived at the value (chain rule).",
            es="Un valor transmite solo su propia derivada: hay que multiplicarla por el gradiente que le "
            "ha llegado (regla de la cadena).",
            number=22,
        ),
        Mistake(
            "slope_left_out", {SHARE: "share = self.grad"},
            en="The gradient is handed on as it is, also through a product: of a * b the slope at a is "
            "b, and at b it is a.",
            es="El gradiente se transmite tal cual, también a través de un producto: en a * b la derivada "
            "respecto de a es b, y respecto de b es a.",
        ),
        Mistake(
            "own_factor",
            {PRODUCT: PRODUCT.replace("(self, other.data), (other, self.data)",
                                      "(self, self.data), (other, other.data)")},
            en="In a * b each factor gets itself as its slope; it is the other factor: the derivative "
            "with respect to a is b.",
            es="En a * b cada factor recibe como derivada a sí mismo; es el otro factor: la derivada "
            "respecto de a es b.",
        ),
        Mistake(
            "second_factor_forgotten", {PRODUCT: PRODUCT.replace(", (other, self.data)", "")},
            en="A product hands its gradient on to the first factor only.",
            es="Un producto transmite su gradiente solo al primer factor.",
        ),
        Mistake(
            "second_summand_forgotten", {SUM: SUM.replace(", (other, 1.0)", "")},
            en="A sum hands its gradient on to the first summand only.",
            es="Una suma transmite su gradiente solo al primer sumando.",
        ),
        Mistake(
            "sum_like_a_product",
            {SUM: SUM.replace("(self, 1.0), (other, 1.0)", "(self, other.data), (other, self.data)")},
            en="The slopes of a sum are those of a product; of a + b both are 1.",
            es="Las derivadas de la suma son las del producto; en a + b las dos son 1.",
        ),
        Mistake(
            "product_adds", {PRODUCT: PRODUCT.replace("self.data * other.data", "self.data + other.data")},
            en="The value of a product is the sum of its factors.",
            es="El valor de un producto es la suma de sus factores.",
        ),
    ],
    expected=[
        # every path walked by itself, with its share handed down: right, but recursive
        Expected(
            """
class Value:
    def __init__(self, data, parents=()):
        self.data, self.grad, self.parents = data, 0.0, parents
    def __add__(self, other):
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))
    def __mul__(self, other):
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))
    def backward(self, g=1.0):
        self.grad += g
        for parent, slope in self.parents:
            parent.backward(slope * g)
""",
            "partial", 14, ["too_deep"],
        ),
        # two mistakes: walked once, too early, and nothing forgotten
        Expected(
            """
class Value:
    def __init__(self, data, parents=()):
        self.data, self.grad, self.parents = data, 0.0, parents
    def __add__(self, other):
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))
    def __mul__(self, other):
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))
    def backward(self):
        self.grad = 1.0
        waiting, seen = [self], set()
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                for parent, slope in node.parents:
                    parent.grad += slope * node.grad
                waiting += [parent for parent, _ in reversed(node.parents)]
""",
            "partial", None, ["walked_too_early", "counted_again"],
        ),
    ],
)
