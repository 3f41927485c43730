"""`gradtwin exercises` as a student meets it: starting files, and every way to hand in bad work."""

from __future__ import annotations

import ast
import csv
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from close import assert_close
from typer.testing import CliRunner, Result

from gradtwin.cli import app
from gradtwin.exercises import starting
from gradtwin.exercises.library import NAMES, find
from gradtwin.exercises.starting import starting_file, starting_notebook

ROOT = Path(__file__).resolve().parents[2]

RIGHT_RELU = """
import numpy as np
def relu(z):
    return np.maximum(z, 0)
def relu_backward(g, z):
    return g * (z > 0)
"""
WRONG_SIGMOID = """
import numpy as np
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def sigmoid_backward(g, z):
    s = sigmoid(sigmoid(z))
    return g * s * (1 - s)
"""
OWN = '''
from gradtwin.exercises import Exercise, gradient
cube = Exercise(
    "cube", {"en": "Cube", "es": "Cubo"}, "y = x ** 3",
    ["cube(x) -> y", "cube_backward(g, x) -> dx"],
    {"y": lambda x: x**3, "dx": gradient("y", "x", "g")}, shapes={"x": "N", "g": "N"},
    points={"extreme": 0}, right=["""
        def cube(x): return x**3
        def cube_backward(g, x): return 3 * g * x**2
    """])
'''


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["exercises", *map(str, arguments)])


def process(*arguments: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "gradtwin", "exercises", *map(str, arguments)], cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment}, capture_output=True, check=False,
    )


def test_help_names_every_command():
    done = invoke("--help")
    assert done.exit_code == 0
    commands = [line.split()[0] for line in done.stdout.partition("Commands:")[2].splitlines()
                if line.strip()]
    assert commands == ["list", "new", "check", "grade", "selftest"]


# ---- list and new ----------------------------------------------------------------------------


def test_list_has_all_in_the_lectures_order():
    done = invoke("list", "--lang", "es")
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(NAMES)
    assert "La sigmoide y su derivada" in done.stdout


def test_list_as_json():
    listed = {each["name"]: each for each in json.loads(invoke("list", "--json").stdout)}
    assert listed["sigmoid"] == {
        "name": "sigmoid",
        "title": {"en": "Sigmoid and its derivative", "es": "La sigmoide y su derivada"},
        "section": "El perceptrón: Función de activación",
        "functions": ["sigmoid(z) -> a", "sigmoid_backward(g, z) -> dz"],
        "points": 8,
    }


def test_neither_list_nor_new_loads_pytorch(tmp_path):
    program = (
        "import sys\nfrom gradtwin.cli import main\n"
        f"for words in (['list'], ['new', 'all', {str(tmp_path)!r}]):\n"
        "    sys.argv[1:] = ['exercises', *words]\n"
        "    try: main()\n"
        "    except SystemExit as end: assert not end.code, end.code\n"
        "print([name for name in ('torch', 'scratch', 'hypothesis') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8",
                          cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("lang", ["es", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_a_starting_file_solves_nothing(name, lang):
    exercise = find(name)
    source = starting_file(exercise, lang)
    tree = ast.parse(source)
    assert source.startswith(f"# gradtwin exercise: {name}\n")
    assert exercise.section in (ast.get_docstring(tree) or "")
    defined = {f.name: f for f in tree.body if isinstance(f, ast.FunctionDef)}
    if not exercise.starter:
        assert list(defined) == [f.name for f in exercise.parsed]
        for f in exercise.parsed:
            written = defined[f.name]
            assert [a.arg for a in written.args.args] == list(f.parameters)
            docstring, *rest = written.body
            assert isinstance(docstring, ast.Expr)
            assert [type(node) for node in rest] == [ast.Raise]
            assert all(f"{q}: " in ast.get_docstring(written) for q in f.returns)
    else:
        assert "raise NotImplementedError" in source
    notebook = json.loads(starting_notebook(exercise, lang))
    assert [c["cell_type"] for c in notebook["cells"]] == ["markdown", "code", "markdown", "code"]
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            ast.parse("".join(cell["source"]))


def test_starting_notebooks_are_valid():
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(nbformat.reads(starting_notebook(find("sigmoid")), as_version=4))


def test_shapes_stand_in_the_docstring():
    source = starting_file(find("linear_backward"))
    assert "shape (N, D)" in source
    assert "the gradient of the loss with respect to" in source


def test_work_is_never_overwritten(tmp_path):
    assert invoke("new", "relu", tmp_path).exit_code == 0
    assert invoke("new", "relu", tmp_path).exit_code == 0       # nothing was written in it yet
    work = tmp_path / "relu.py"
    work.write_text(RIGHT_RELU)
    done = invoke("new", "sigmoid", "relu", tmp_path)
    assert done.exit_code == 2
    assert "relu.py" in done.output
    assert "--force" in done.output
    assert work.read_text() == RIGHT_RELU
    assert sorted(p.name for p in tmp_path.iterdir()) == ["relu.py"]    # all of them or none
    assert invoke("new", "sigmoid", "relu", tmp_path, "--force").exit_code == 0
    assert "NotImplementedError" in work.read_text()


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    import graphs.rendering

    write = graphs.rendering.write_atomically
    (tmp_path / "sigmoid.py").write_text(WRONG_SIGMOID)

    def full(path: Path, content: bytes) -> None:
        if path.name == "leaky_relu.py":
            raise OSError(28, "No space left on device")
        write(path, content)

    monkeypatch.setattr(graphs.rendering, "write_atomically", full)
    done = invoke("new", "sigmoid", "relu", "leaky_relu", tmp_path, "--force")
    assert done.exit_code == 2
    assert "No space left" in done.output
    assert [p.name for p in tmp_path.iterdir()] == ["sigmoid.py"]
    assert (tmp_path / "sigmoid.py").read_text() == WRONG_SIGMOID


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["new", "sigmod", "{}/x"], "did you mean sigmoid?"),
        (["new", "{}/none.py", "{}/x"], "no such file"),
        (["new", "relu", "{}/file"], "is a file, expected a folder"),
        (["new", "relu", "{}/x", "--lang", "fr"], "expected es or en, got 'fr'"),
        (["new", "relu"], "Missing argument"),
        (["check", "{}/none"], "no such file or folder"),
        (["check", "{}", "reluu"], "did you mean relu"),
        (["check", "{}/file"], "does not say which exercise it is"),
        (["check", "{}", "--html", "{}/no/x.html"], "does not exist"),
        (["check", "{}", "--html", "{}/relu.py"], "would replace code"),
        (["check", "{}", "--csv", "{}"], "is a folder"),
        (["selftest", "{}/file"], "no exercise"),
    ],
)
def test_wrong_usage_is_said_and_ends_with_2(tmp_path, arguments, words):
    (tmp_path / "file").write_text("x = 1")
    done = invoke(*(a.format(tmp_path) for a in arguments))
    assert done.exit_code == 2, done.output
    assert words in " ".join(done.output.split())
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "{}/none"], "no existe el fichero o la carpeta"),
        (["check", "{}", "--html", "{}/no/x.html"], "x.html: la carpeta {}/no no existe"),
        (["check", "{}", "--html", "{}/relu.PY"], "relu.PY sustituiría código"),
        (["check", "{}", "--csv", "{}"], "es una carpeta: indica un fichero"),
        (["grade", "{}/none"], "no existe la carpeta"),
        (["grade", "{}", "--out", "{}/file", "--no-sandbox"], "file es un fichero; se espera"),
    ],
)
def test_wrong_usage_is_said_in_spanish(tmp_path, arguments, words):
    (tmp_path / "file").write_text("x = 1")
    (tmp_path / "ana").mkdir()
    done = invoke(*(a.format(tmp_path) for a in arguments), "--lang", "es")
    assert done.exit_code == 2, done.output
    assert words.format(tmp_path) in " ".join(done.output.split())


# ---- check -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory) -> tuple[Path, dict[str, object]]:
    """Every bad file that can be thought of, beside two that run: the folder, and the report."""
    folder = tmp_path_factory.mktemp("work")
    files: dict[str, str | bytes] = {
        "sigmoid.py": WRONG_SIGMOID,
        "relu.py": ("# la función de activación\n" + RIGHT_RELU).encode("cp1252"),
        "perceptron.py": "def perceptron(x\n",
        "perceptron_without_bias.py": "def perceptronn(x, w):\n    return x @ w\n",
        "decision_line.py": "Querido profesor: no he tenido tiempo.\n",
        "hidden_layer.py": "",
        "k_layers.py": b"%PDF-1.4\0\1\2\xff",
        "two_layer_net.py": starting_file(find("two_layer_net"), "es"),
        "leaky_relu.ipynb": starting_notebook(find("leaky_relu"))[:300],
        "linear_backward.py": "def linear(X):\n    return X\n\n\ndef linear_backward(g, X, W):\n"
                              "    raise ValueError('<script>alert(1)</script>')\n",
        "reluu.py": "x = 1",
        "softmax_cross_entropy.pdf": b"%PDF",
        "helper.py": "three = 3",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    done = invoke("check", folder, "--json", "--html", folder / "r.html", "--csv", folder / "r.csv")
    assert done.exit_code == 1, done.output
    return folder, json.loads(done.stdout)


def said(report: dict[str, object], name: str) -> tuple[str, str]:
    """The verdict of an exercise, and everything that is said of it."""
    each = next(e for e in report["exercises"] if e["exercise"] == name)
    texts = [note["text"] for note in each["notes"]] + [c["text"] for c in each["criteria"]]
    return each["verdict"], "\n".join(texts)


@pytest.mark.parametrize(
    ("name", "verdict", "words"),
    [
        ("sigmoid", "partly right", "dz differs in 15 of 15 entries"),
        ("relu", "right", "read as Windows-1252"),
        ("perceptron", "cannot be run", "stopped at line 1 with SyntaxError: '(' was never closed"),
        ("perceptron_without_bias", "cannot be run", "but one called perceptronn"),
        ("decision_line", "cannot be run", "SyntaxError"),
        ("hidden_layer", "cannot be run", "the file holds no code"),
        ("k_layers", "cannot be run", "is no text"),
        ("two_layer_net", "not begun", "forward is not written yet"),
        ("leaky_relu", "cannot be run", "damaged or cut off"),
        ("linear_backward", "wrong", "linear is written with the parameters (X) and is called"),
    ],
)
def test_each_bad_file_is_a_clear_line_and_the_rest_is_graded(handed_in, name, verdict, words):
    came, texts = said(handed_in[1], name)
    assert came == verdict
    assert words.lower() in texts.lower()


def test_never_all_passed_when_only_part_was_run(handed_in):
    report = handed_in[1]
    assert not report["ok"]
    assert f"3 of {len(NAMES)} exercises were found and graded: 1 right" in report["summary"]
    remarks = "\n".join(report["remarks"])
    assert "reluu.py is no exercise; is it relu?" in remarks
    assert "softmax_cross_entropy.pdf is not read" in remarks
    assert "Not handed in: " in remarks
    assert "helper" not in remarks


def test_the_report_names_the_mistake_and_shows_the_smallest_input(handed_in):
    sigmoid = next(e for e in handed_in[1]["exercises"] if e["exercise"] == "sigmoid")
    assert [d["names"] for d in sigmoid["diagnoses"]] == [["derivative_at_the_activation"]]
    assert (sigmoid["points"], sigmoid["of"], sigmoid["complete"]) == (5, 8, True)
    assert [c["name"] for c in sigmoid["criteria"] if c["first_wrong"]] == ["dz"]
    smallest = sigmoid["smallest"]
    assert (smallest["inputs"], smallest["quantity"], smallest["entry"]) == (
        {"z": [[0.0]], "g": [[1.0]]}, "dz", [0, 0])
    assert smallest["expected"] == 0.25                         # sigmoid'(0)
    assert_close(smallest["came"], 1 / (2 * math.cosh(1 / 4)) ** 2)     # sigmoid'(1/2)


def test_the_pasted_code_gives_what_the_report_says_came(handed_in):
    folder, report = handed_in
    sigmoid = next(e for e in report["exercises"] if e["exercise"] == "sigmoid")
    done = subprocess.run([sys.executable, "-c", sigmoid["smallest"]["code"]], cwd=folder,
                          capture_output=True, encoding="utf-8", check=False)
    assert done.stdout == "[[0.23500371]]\n", done.stderr


def test_csv_has_points_and_a_reason_for_each_criterion(handed_in):
    text = (handed_in[0] / "r.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")                     # so that a spreadsheet sees UTF-8
    rows = list(csv.DictReader(text.decode("utf-8-sig").splitlines()))
    mine = {r["criterion"]: r for r in rows if r["exercise"] == "sigmoid"}
    assert (mine["a"]["points"], mine["a"]["reason"]) == ("2", "")
    assert mine["dz"]["points"] == "0"
    assert mine["dz"]["reason"].startswith("dz differs in 15 of 15 entries")
    assert {r["exercise"] for r in rows} == {e["exercise"] for e in handed_in[1]["exercises"]}
    assert all(r["reason"] for r in rows if r["points"] != r["of"])


def test_expected_values_are_hidden_on_request(tmp_path):
    path = tmp_path / "sigmoid.py"
    path.write_text(WRONG_SIGMOID)
    done = invoke("check", path, "--hide-expected", "--json", "--html", tmp_path / "r.html")
    assert done.exit_code == 1
    smallest = json.loads(done.stdout)["exercises"][0]["smallest"]
    assert smallest["expected"] is None
    assert_close(smallest["came"], 1 / (2 * math.cosh(1 / 4)) ** 2)
    assert "0.25" not in done.stdout + (tmp_path / "r.html").read_text(encoding="utf-8")


def test_named_exercises_that_are_missing_count(tmp_path):
    (tmp_path / "relu.py").write_text(RIGHT_RELU)
    (tmp_path / "other.py").write_text("# gradtwin exercise: sigmoid\n" + WRONG_SIGMOID)
    done = invoke("check", tmp_path, "relu", "perceptron", "--lang", "en")
    assert done.exit_code == 1
    assert "1 of 2 exercises were found and graded: 1 right, 1 not found" in done.stdout
    assert "sigmoid" not in done.stdout


def test_all_right_ends_with_0_and_says_how_much_that_is(tmp_path):
    (tmp_path / "relu.py").write_text(RIGHT_RELU)
    done = invoke("check", tmp_path, "--lang", "en")
    assert done.exit_code == 0
    assert "RIGHT, 8 of 8 points" in done.stdout
    assert f"1 of {len(NAMES)} exercises were found and graded: 1 right" in done.stdout
    alone = invoke("check", tmp_path / "relu.py", "--lang", "en")
    assert alone.exit_code == 0
    assert "found and graded" not in alone.stdout               # one file was asked for


def test_an_empty_folder_is_not_right(tmp_path):
    done = invoke("check", tmp_path, "--lang", "en")
    assert done.exit_code == 1
    assert f"0 of {len(NAMES)} exercises were found and graded." in done.stdout


def test_a_file_is_the_exercise_that_is_named(tmp_path):
    path = tmp_path / "tarea 1.txt"
    path.write_text(RIGHT_RELU)
    assert invoke("check", path, "relu").exit_code == 0


def test_nothing_fails_on_an_ascii_console(tmp_path):
    """The command in a process of its own, with a report that has accents in it."""
    path = tmp_path / "sigmoid.py"
    path.write_text(WRONG_SIGMOID + "print('la función \\u2603 \\x1b[2J')", encoding="utf-8")
    done = process("check", path, "--lang", "es", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"la funcion ?" in done.stdout                       # an accent less, not a "?" more
    assert b"\x1b" not in done.stdout                           # what is printed is no command
    assert done.stdout.isascii()


def test_nothing_fails_on_a_cp1252_console():
    done = process("list", "--lang", "es", PYTHONIOENCODING="cp1252")
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Función de activación" in done.stdout.decode("cp1252")


# ---- a teacher's own -------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["own.py", "OWN.PY"])
def test_a_teachers_own_exercise_from_start_to_end(tmp_path, file):
    own = tmp_path / file
    own.write_text(OWN)
    work = tmp_path / "work"
    assert invoke("new", own, work).exit_code == 0
    assert "# gradtwin exercise: cube" in (work / "cube.py").read_text()
    (work / "cube.py").write_text("def cube(x):\n    return x * x * x\n"
                                  "def cube_backward(g, x):\n    return g * x**2\n")
    done = invoke("check", work, own, "--lang", "en")
    assert done.exit_code == 1
    assert "First wrong: dx" in done.stdout
    assert "PARTLY RIGHT" in done.stdout


def test_selftest_ends_with_1_where_a_right_solution_is_wrong(tmp_path):
    own = tmp_path / "own.py"
    own.write_text(OWN)
    done = invoke("selftest", own, "--lang", "en")
    assert done.exit_code == 0, done.output
    own.write_text(OWN.replace("3 * g * x**2", "2 * g * x**2"))
    done = invoke("selftest", own, "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert [c["subject"] for c in report["checks"] if not c["ok"]] == ["right 1"]


def test_an_exercise_file_that_defines_none(tmp_path):
    own = tmp_path / "own.py"
    own.write_text("x = 1")
    done = invoke("check", tmp_path, own)
    assert done.exit_code == 2
    assert "defines no Exercise" in done.output


def test_the_command_line_and_the_texts_know_the_same_languages():
    from gradtwin.cli.language import Language
    from gradtwin.exercises.texts import LANGUAGES

    assert tuple(Language) == LANGUAGES
    with pytest.raises(ValueError, match="lang"):
        starting.starting_file(find("relu"), "fr")


def test_a_starting_file_of_its_own_is_not_begun_either(tmp_path):
    """Those that are more than their functions: nothing in them may look like an answer."""
    names = [name for name in NAMES if find(name).starter]
    assert len(names) >= 3
    assert invoke("new", *names, tmp_path / "work").exit_code == 0
    done = invoke("check", tmp_path / "work", "--json")
    report = json.loads(done.stdout)
    assert {each["exercise"]: each["verdict"] for each in report["exercises"]} == dict.fromkeys(
        names, "not begun"
    )
