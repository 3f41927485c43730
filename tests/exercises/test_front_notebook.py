"""Where students work: `check` in a cell or a script, and notebooks as they are handed in."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import gradtwin
from gradtwin.exercises.check import check, check_files
from gradtwin.exercises.classroom.tables import told
from gradtwin.exercises.folder import collect
from gradtwin.exercises.library import NAMES, find
from gradtwin.exercises.notebook import without_magics
from gradtwin.exercises.starting import starting_notebook
from gradtwin.exercises.written import remarks, section


def relu(z):
    return np.maximum(z, 0)


def relu_backward(g, z):
    return g * (z > 0)


# ---- check() ---------------------------------------------------------------------------------


def test_functions_by_position_or_by_name():
    assert gradtwin.exercises.check("relu", relu, relu_backward).ok
    report = check("relu", relu_backward=relu_backward, relu=relu, lang="en")
    assert (report.ok, report.points, report.of) == (True, 8, 8)
    assert "RIGHT, 8 of 8 points" in str(report)
    assert report.to_dict()["exercises"][0]["status"] == "right"
    assert 'lang="en"' in report._repr_html_()


@pytest.mark.parametrize(("functions", "named"), [((relu,), {}), ((), {"relu": relu})])
def test_only_some_functions_are_only_part(functions, named):
    report = check("relu", *functions, **named, lang="en")
    assert not report.ok
    assert "The function relu_backward is missing" in " ".join(str(report).split())


@pytest.mark.parametrize(
    ("functions", "named", "words"),
    [
        ((relu, relu_backward, relu), {},
         r"expected relu\(z\) -> a, relu_backward\(g, z\) -> dz .*got 3"),
        ((), {}, "got 0"),
        ((relu, 3), {}, "relu_backward is no function but a int"),
        ((), {"relu_bakward": relu}, "did you mean relu_backward"),
        ((relu,), {"relu_backward": relu_backward}, "all by position, or all by name"),
    ],
)
def test_what_was_expected_is_named(functions, named, words):
    with pytest.raises(TypeError, match=words):
        check("relu", *functions, **named)


def test_only_what_comes_from_the_first_wrong_is_said_to_have_been_judged_on_it():
    def forward(X, w, b):
        z = X @ w
        return z, 0.5 * (np.tanh(z / 2) + 1)

    assert "What comes after it was judged on your own z" in " ".join(
        str(check("perceptron", forward, lang="en")).split())

    def loss(p, y):
        return np.sum(y * np.log(np.where(y > 0, p, 1))) / len(p)

    def gradient(p, y):
        return -y / np.where(y > 0, p, 1) / len(p)

    report = str(check("cross_entropy", loss, gradient, lang="en"))
    assert "First wrong: loss" in report
    assert "judged on your own" not in report


def test_a_table_says_a_mistake_once_and_the_next_one_too():
    def naive(z):
        return np.exp(z) / (1 + np.exp(z))

    def twice(g, z):
        return g * naive(naive(z)) * (1 - naive(naive(z)))

    (line,) = told(check("sigmoid", naive, twice, lang="en"))
    assert line.count("inf / inf") == 1
    assert "applied twice" in line


def test_a_zero_has_no_sign_in_a_report():
    def loss(p, y):
        return 1 - np.sum(y * np.log(np.where(y > 0, p, 1))) / len(p)

    smallest = check("cross_entropy", loss, lang="en")
    assert "expected  0\n" in str(smallest)


def test_one_result_may_come_by_its_name():
    assert check("relu", lambda z: {"a": relu(z)}, lambda g, z: {"dz": relu_backward(g, z)}).ok
    other = check("relu", lambda z: {"y": relu(z)}, relu_backward, lang="es")
    assert "a es dict, pero se pide un array" in " ".join(str(other).split())


def test_a_forgotten_return_is_said_in_the_readers_language():
    report = check("relu", lambda z: None, relu_backward, lang="es")
    assert "a es None, pero se pide un array" in " ".join(str(report).split())


def test_a_hidden_expectation_is_not_the_opposite_of_what_came():
    def sigmoid(z):
        return 0.5 * (np.tanh(z / 2) + 1)

    def opposite(g, z):
        return g * sigmoid(z) * (sigmoid(z) - 1)

    shown, hidden = (
        check("sigmoid", sigmoid, opposite, lang="en", hide_expected=h) for h in (False, True))
    assert "dz has the opposite sign" in " ".join(str(shown).split())
    assert "opposite sign" not in json.dumps(hidden.to_dict()) + str(hidden) + hidden.html()
    assert "dz differs in" in " ".join(str(hidden).split())


def test_an_unknown_exercise_or_language():
    with pytest.raises(ValueError, match="did you mean relu"):
        check("rellu", relu, relu_backward)
    with pytest.raises(ValueError, match="lang"):
        check("relu", relu, relu_backward, lang="fr")


def test_a_changed_argument_is_found():
    def in_place(z):
        z[z < 0] = 0
        return z

    report = check("relu", in_place, relu_backward, lang="en")
    assert not report.ok
    assert "in_place" not in report.csv()                       # reasons use the exercise's names
    assert "relu writes into its argument z" in str(report)


def test_the_line_of_an_exception_is_that_of_the_function():
    def breaks(g, z):
        return [1, 2][7]

    line = breaks.__code__.co_firstlineno + 1
    report = check("relu", relu, breaks, lang="en")
    assert f"relu_backward raised IndexError in line {line}: list index out of range" in str(report)
    assert "dz = breaks(g, z)" in report.to_dict()["exercises"][0]["smallest"]["code"]


def test_what_the_functions_print_stays_in_the_report(capsys):
    def talks(z):
        print("here", z.shape)
        return relu(z)

    report = check("relu", talks, relu_backward)
    assert capsys.readouterr().out == ""
    assert report.results[0].output.startswith("here (5, 3)")


def test_ctrl_c_ends_the_grading():
    calls = []

    def interrupted(z):
        calls.append(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("relu", interrupted, relu_backward)
    assert len(calls) == 1


def test_anything_that_can_be_called_will_do():
    class Scaled:
        def __call__(self, g, z):
            return g * (z > 0)

    assert check("relu", np.vectorize(lambda x: max(x, 0.0), otypes=[float]), Scaled(), lang="en"
                 ).results[0].points >= 7


def test_an_exercise_that_asks_for_more_than_functions():
    def softplus(z):
        return np.logaddexp(0, z)

    def slope(g, z):
        return g * np.exp(-np.logaddexp(0, -z))

    name = "activation_of_choice"
    assert check(name, softplus, slope, CHOICE="softplus").ok
    with pytest.raises(TypeError, match=r"expected activation, activation_backward, CHOICE"):
        check(name, softplus, slope, slope)
    code = "".join(json.loads(starting_notebook(find(name)))["cells"][-1]["source"])
    assert f'check("{name}", activation, activation_backward, CHOICE=CHOICE' in code


def test_a_line_is_looked_up_in_the_students_code_though_the_grader_calls_it():
    def layers(X, weights, biases):
        return biases[99]

    report = check("k_layers", layers, lang="en")
    line = layers.__code__.co_firstlineno + 1
    assert f"raised IndexError in line {line}: list index" in " ".join(str(report).split())


# ---- notebooks -------------------------------------------------------------------------------


def notebook(*cells: str, **metadata: object) -> str:
    return json.dumps({
        "cells": [{"cell_type": "code", "source": c.splitlines(keepends=True), "outputs": [],
                   "metadata": {}, "execution_count": 7} for c in cells]
        + [{"cell_type": "markdown", "source": "texto"}, {"cell_type": "raw"}],
        "metadata": metadata, "nbformat": 4, "nbformat_minor": 5,
    })  # fmt: skip


MESSY = [
    "%matplotlib inline\n!pip install gradtwin\nimport matplotlib.pyplot as plt",
    "relu?",
    "W = np.ones(three)                   # three and np are defined further down",
    "from google.colab import drive\ndrive.mount('/content')\nfiles = !ls",
    "def relu(z):\n    return undefined",                       # a first try, written again below
    "for x in",
    "%%bash\nrm -rf something",
    "%%time\ndef relu(z):\n    return np.maximum(z, 0)",
    "def relu_backward(g, z):\n    return g * (z > 0)",
    "def relu_backward(g, z):\n    return g * (z > 0)",
    "fig, ax = plt.subplots()\nax.plot(relu(W))\nplt.show()\ndisplay(fig)",
    "import numpy as np\nthree = 3",
    "import gradtwin\ngradtwin.exercises.check('relu', relu, relu_backward)",
    "1 / 0",
]


def test_a_messy_notebook_is_accepted(tmp_path):
    path = tmp_path / "relu.ipynb"
    path.write_text(notebook(*MESSY))
    report = check_files(path, lang="en")
    assert report.ok, str(report)
    assert "Cell 6 stopped at its line 1 with SyntaxError" in str(report)
    assert "Cell 14 stopped at its line 1 with ZeroDivisionError" in str(report)
    assert str(report).count("stopped at") == 2


@pytest.mark.parametrize("name", ["RELU.IPYNB", "entrega.Ipynb"])
def test_an_ending_in_capitals_is_the_same_ending(tmp_path, name):
    (tmp_path / name).write_text(notebook(*MESSY, gradtwin={"exercise": "relu"}))
    assert check_files(tmp_path, lang="en").ok
    assert check_files(tmp_path / name, lang="en").ok


def test_a_starting_notebook_that_was_solved(tmp_path):
    solved = json.loads(starting_notebook(find("relu"), "es"))
    source = "".join(solved["cells"][1]["source"])
    first, second = source.split("raise NotImplementedError")[:2]
    solved["cells"][1]["source"] = (f"{first}return np.maximum(z, 0)"
                                    f"{second}return g * (z > 0)")
    (tmp_path / "mi entrega.ipynb").write_text(json.dumps(solved), encoding="utf-8")
    del solved["cells"][0]
    report = check_files(tmp_path, lang="en")
    assert [(r.exercise, r.status) for r in report.results] == [("relu", "right")]
    assert report.results[0].notes == []


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("x = (7\n  % 4)", "x = (7\n  % 4)"),                     # no magic
        ("y = 1  # why?", "y = 1  # why?"),
        ("%time\ny = 1  # why?", "pass\ny = 1  # why?"),
        ("if x:\n    %timeit f()", "if x:\n    pass"),
        ("t = %timeit -o f()", "t = None"),
        ("np.dot??", "pass"),
        ("\n%%capture out\nx = 1", "\npass\nx = 1"),
        ("%%html\n<b>x</b>", ""),
        ("def f(:", "def f(:"),
    ],
)
def test_only_what_is_no_python_is_left_out(cell, expected):
    assert without_magics(cell) == expected


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b"null", b'{"cells": 3}', b"\xff\xfe\x00", b"[" * 100_000,
     b'{"cells": [{"cell_type": "code", "source": [3]}]}', notebook("x = 1").encode()[:-40]],
)
def test_a_damaged_notebook_is_a_line_in_the_report(tmp_path, content):
    path = tmp_path / "relu.ipynb"
    path.write_bytes(content)
    report = check_files(path, lang="en")
    assert report.results[0].status == "unloadable"
    assert "damaged or cut off" in str(report)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_notebook_in_any_encoding(tmp_path, encoding):
    raw = json.dumps(json.loads(notebook("x = 'ñandú'")), ensure_ascii=False)
    (tmp_path / "relu.ipynb").write_bytes(raw.encode(encoding))
    assert collect(tmp_path, NAMES).submissions["relu"].cells == ["x = 'ñandú'"]


def test_notebooks_before_format_4(tmp_path):
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1"}]}], "nbformat": 3}
    (tmp_path / "relu.ipynb").write_text(json.dumps(old))
    assert collect(tmp_path, NAMES).submissions["relu"].cells == ["x = 1"]


# ---- which file is which exercise ------------------------------------------------------------


def found(folder: Path, *names: str) -> dict[str, str]:
    submissions = collect(folder, NAMES, names).submissions
    return {name: s.path.name for name, s in submissions.items()}


def test_by_its_name_its_line_its_metadata_or_loosely(tmp_path):
    (tmp_path / "relu.py").write_text("x = 1")
    (tmp_path / "entrega.py").write_text("#  gradtwin exercise: sigmoid\nx = 1")
    (tmp_path / "Leaky-ReLU (2).py").write_text("x = 1")
    (tmp_path / "cuaderno.ipynb").write_text(notebook("x = 1", gradtwin={"exercise": "k_layers"}))
    (tmp_path / "helper.py").write_text("x = 1")
    (tmp_path / ".hidden.py").write_text("# gradtwin exercise: perceptron")
    assert found(tmp_path) == {
        "relu": "relu.py", "sigmoid": "entrega.py", "leaky_relu": "Leaky-ReLU (2).py",
        "k_layers": "cuaderno.ipynb",
    }


def test_a_file_name_wins_over_a_line_that_was_copied_along(tmp_path):
    (tmp_path / "relu.py").write_text("# gradtwin exercise: sigmoid\nx = 1")
    assert found(tmp_path) == {"relu": "relu.py"}


def test_one_notebook_may_hold_several(tmp_path):
    (tmp_path / "todo.ipynb").write_text(notebook(
        "import numpy as np", "# gradtwin exercise: relu\nf = 1", "g = f",
        "h = 1\n# gradtwin exercise: sigmoid\nf = 2"))
    submissions = collect(tmp_path, NAMES).submissions
    assert submissions["relu"].cells == [
        "import numpy as np", "# gradtwin exercise: relu\nf = 1", "g = f", "h = 1\n"]
    assert len(submissions["sigmoid"].cells) == 4
    assert section(["a"], "relu") == ["a"]


RELU = "def relu(z):\n    return np.maximum(z, 0)\ndef relu_backward(g, z):\n    return g * (z > 0)"
SIGMOID = ("def sigmoid(z):\n    return 0.5 * (np.tanh(z / 2) + 1)\n"
           "def sigmoid_backward(g, z):\n    return g * sigmoid(z) * (1 - sigmoid(z))")


def with_headings(*cells: str) -> str:
    """A notebook; what begins with # is Markdown."""
    return json.dumps({"cells": [
        {"cell_type": "markdown" if c.startswith("#") else "code", "source": c} for c in cells]})


@pytest.mark.parametrize("cells", [
    ("import numpy as np", "# gradtwin exercise: relu\nMax of 0 and z.", RELU,
     "## gradtwin exercise: sigmoid", SIGMOID),
    ("# Tarea\n\n# gradtwin exercise: relu", "import numpy as np", RELU, "# Otra",
     "###  gradtwin exercise: sigmoid", SIGMOID),
    ("# gradtwin exercise: relu", "import numpy as np\n" + RELU, "# gradtwin exercise: sigmoid",
     SIGMOID),
])
def test_the_heading_of_an_exercise_may_be_markdown(tmp_path, cells):
    (tmp_path / "tarea.ipynb").write_text(with_headings(*cells))
    report = check_files(tmp_path, lang="en")
    assert report.ok, str(report)
    assert {r.exercise for r in report.results} == {"relu", "sigmoid"}
    submissions = collect(tmp_path, NAMES).submissions
    assert "def sigmoid" not in "\n".join(submissions["relu"].cells)


def test_a_heading_moves_no_cell_and_no_line(tmp_path):
    path = tmp_path / "tarea.ipynb"
    path.write_text(with_headings("# gradtwin exercise: relu", "import numpy as np", RELU,
                                  "# gradtwin exercise: relu", "\n1 / 0"))
    assert "Cell 3 stopped at its line 2 with ZeroDivisionError" in str(
        check_files(path, lang="en"))


def test_a_heading_without_code_is_that_exercise(tmp_path):
    (tmp_path / "tarea.ipynb").write_text(with_headings("# gradtwin exercise: relu", "# x = 1"))
    report = check_files(tmp_path, lang="en")
    assert "defines none of the functions relu" in str(report)
    (tmp_path / "tarea.ipynb").write_text(with_headings("# relu", "# x = 1"))
    assert "tarea.ipynb does not say which exercise it is" in str(check_files(tmp_path, lang="en"))


def test_what_was_handed_in_twice_is_graded_where_more_is_written(tmp_path):
    (tmp_path / "relu.py").write_text("def relu(z):\n    raise NotImplementedError")
    (tmp_path / "relu (1).py").write_text("x = 1")
    os.utime(tmp_path / "relu (1).py", (1, 1))
    collected = collect(tmp_path, NAMES)
    assert collected.submissions["relu"].path.name == "relu (1).py"
    assert [r.say("en") for r in collected.remarks] == [
        "relu was handed in more than once: relu (1).py is graded, relu.py is not"]


def test_a_folder_within_the_folder(tmp_path):
    (tmp_path / "entrega" / ".ipynb_checkpoints").mkdir(parents=True)
    (tmp_path / "entrega" / "relu.py").write_text("x = 1")
    (tmp_path / "entrega" / ".ipynb_checkpoints" / "relu.ipynb").write_text("{}")
    assert found(tmp_path) == {"relu": "relu.py"}


def test_a_helper_beside_the_file_can_be_imported(tmp_path):
    (tmp_path / "relu.py").write_text("from helper import relu\ndef relu_backward(g, z):\n"
                                      "    return g * (z > 0)\n")
    (tmp_path / "helper.py").write_text("def relu(z):\n    return z * (z > 0)\n")
    assert check_files(tmp_path, ["relu"], lang="en").results[0].points >= 7


def test_remarks_know_what_can_be_called():
    e = find("relu")

    def said(source: str) -> list[str]:
        return [m.say("en") for m in remarks(e, [source])]

    assert said("def relu(z, a=0.1): return z\ndef relu_backward(*a): return a") == []
    assert said("def relu(z, a): return z\nrelu_backward = relu") == [
        "relu is written with the parameters (z, a) and is called with (z)"]
    assert said("def relu(*, z): return z\nfrom x import relu_backward") == [
        "relu is written with the parameters (*, z) and is called with (z)"]
    assert said("def Relu(z): return z")[0] == "there is no function relu, but one called Relu"
    assert said("def relu(") == []
