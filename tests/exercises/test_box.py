# ruff: noqa: E501 - a hostile submission stands in few lines
"""Hostile submissions in the box. Each really runs, and each must end as a failed exercise with its
reason, with the grader as it was.

Most are written so that `double` is right exactly if the attack succeeds: a hole in the box is a
passed exercise, and so a failed test.
"""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from gradtwin.exercises import Exercise, grading, sandbox
from gradtwin.exercises.box import frames
from gradtwin.exercises.grading import grade
from gradtwin.exercises.judge import Outcomes, judge
from gradtwin.exercises.limits import Limits
from gradtwin.exercises.probes import Probe
from gradtwin.exercises.result import Result
from gradtwin.exercises.sandbox import Box, Job, SandboxMissingError
from gradtwin.exercises.submission import Submission
from gradtwin.exercises.system_calls import program
from gradtwin.exercises.untrusted import clean

MISSING = sandbox.sandbox_missing()
boxed = pytest.mark.skipif(bool(MISSING), reason=f"no sandbox here: {MISSING}")

DOUBLE = Exercise(
    name="double",
    title="Double",
    statement="y = 2 x",
    functions=["double(x) -> y"],
    shapes={"x": "N", "y": "N"},
    reference={"y": lambda x: 2 * x},
    points={"extreme": 0},
)
RIGHT = "def double(x):\n    return 2 * x\n"
CALM = Limits(processor=4, memory=2**29, file=2**20)
SHORT = Limits(load=1.0, probe=0.7, whole=2.0, memory=2**29, file=2**20)


def graded(source: str, limits: Limits = CALM, sandboxed: bool = True) -> Result:
    return grade(DOUBLE, Submission([source]), sandboxed=sandboxed, limits=limits,
                 show_smallest=False)


def said(result: Result) -> str:
    """All that a report would say of it."""
    messages = [c.reason for c in result.criteria if c.reason is not None] + result.notes
    return "\n".join(m.say("en") for m in messages)


def try_to(attack: str) -> str:
    """A submission that is right if the attack, a body that returns whether it worked, succeeds."""
    body = attack.strip().replace("\n", "\n    ")
    return f"""
import ctypes, glob, os, resource, signal, socket, subprocess, sys, threading, time
import numpy as np

def attack():
    {body}

def double(x):
    if not attack():
        raise RuntimeError("the attack failed")
    return 2 * x
"""


HOSTILE = {
    # time
    "an endless loop": ("def double(x):\n    while True: pass", "took more than 0.7 s"),
    "an endless loop on import": ("while True: pass", "did not load: it took more than 1.0 s"),
    "sleeping a little each time": (
        "import time\ndef double(x):\n    time.sleep(0.45)\n    return 2 * x",
        "more than 2.0 s|more than 0.7 s"),
    "ignoring the limit of the processor": (
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        "did not load: the process was killed"),
    "an answer that is never read": ("def double(x):\n    import os; os.read(3, 1)\n"
                                     "    while True: os.read(3, 1)", "took more than"),
    # memory, processes, output, files
    "a memory bomb": ("def double(x):\n    a = []\n    while True: a.append(bytearray(2**24))",
                      "MemoryError"),
    "a memory bomb of numpy's": ("import numpy as np\ndef double(x):\n    return np.ones(2**34)",
                                 "MemoryError"),
    "a fork bomb": ("import os\ndef double(x):\n    while True: os.fork()",
                    "BlockingIOError.*unavailable"),
    "threads that go on": (
        "import threading, time\ndef double(x):\n"
        "    threading.Thread(target=time.sleep, args=(99,)).start()\n    return 2 * x",
        "RuntimeError.*can't start new thread"),
    "another program": (try_to("return subprocess.run(['/bin/true']).returncode == 0"),
                        "BlockingIOError|FileNotFoundError"),
    "gigabytes of output": ("def double(x):\n    while True: print('x' * 10**6)",
                            "printed more than"),
    "gigabytes of output, unbuffered": (
        "import os\ndef double(x):\n    while True: os.write(2, b'x' * 10**6)",
        "printed more than"),
    "a file of gigabytes": (
        try_to("with open('/tmp/f', 'wb') as f:\n"
               "    for _ in range(4096): f.write(bytes(2**20)); f.flush()\nreturn True"),
        "OSError.*(large|space)"),
    "many large files": (
        try_to("for n in range(4096):\n"
               "    with open(f'/tmp/{n}', 'wb') as f: f.write(bytes(2**20))\nreturn True"),
        "OSError.*(space|large)"),
    "limits raised again": (
        try_to("resource.setrlimit(resource.RLIMIT_NPROC, (99, 99)); return True"),
        "ValueError.*limit"),
    "shared memory": (
        try_to("return ctypes.CDLL(None).shmget(0, 2**30, 0o1777) >= 0"), "the attack failed"),
    "a memory file": (try_to("os.memfd_create('m'); return True"), "PermissionError"),
    "a user namespace of its own": (
        try_to("return ctypes.CDLL(None).unshare(0x10000000) == 0"), "the attack failed"),
    # endings
    "os._exit": ("import os\ndef double(x):\n    os._exit(0)", r"code itself \(exit status 0\)"),
    "os._exit on import": ("import os\nos._exit(3)", r"did not load: .*exit status 3"),
    "sys.exit on import": ("import sys\nsys.exit()\n" + RIGHT, "none of the functions"),
    "sys.exit": ("import sys\ndef double(x):\n    sys.exit('bye')", "SystemExit.*bye"),
    "a crash of the interpreter": (
        "import ctypes\ndef double(x):\n    ctypes.string_at(0)", r"crashed \(SIGSEGV\)"),
    "endless recursion": ("def double(x):\n    return double(x)", "RecursionError"),
    "a signal to itself": (
        "import os\ndef double(x):\n    os.kill(os.getpid(), 9)", "was killed"),
    "a signal to everybody": (
        "import os, time\ndef double(x):\n    os.kill(-1, 9)\n    os.kill(os.getpid(), 15)",
        "SIGTERM|ProcessLookupError|was killed"),
    "a signal to the grader": (
        try_to("for n in range(2, 40000):\n"
               "    if n != os.getpid():\n"
               "        try: os.kill(n, 15); return True\n"
               "        except (ProcessLookupError, PermissionError): pass\nreturn False"),
        "the attack failed"),
    "an alarm": ("import signal, time\nsignal.alarm(1)\ndef double(x):\n    time.sleep(0.3)\n"
                 "    return 2 * x", "SIGALRM"),
    "every descriptor closed": ("import os\ndef double(x):\n    os.closerange(0, 64)",
                                "exit status|closed the pipe|took more than"),
    # what is not its own
    "the network": (
        try_to("socket.create_connection(('127.0.0.1', 80), 0.2); return True"),
        "PermissionError|OSError"),
    "names by the network": (try_to("socket.getaddrinfo('example.org', 80); return True"),
                             "gaierror|PermissionError"),
    "torch": (try_to("import torch; return True"),
              "ModuleNotFoundError.*torch cannot be imported here"),
    "torch, the block removed": (
        try_to("for n in ('torch', 'gradtwin'): sys.modules.pop(n, None)\n"
               "import torch; return True"), "ModuleNotFoundError.*torch"),
    "the reference's files": (
        try_to("found = [f for name in ('gradtwin', 'torch', 'torch_ref', 'sandbox.py', 'judge.py')\n"
               "         for root in ('/', '/usr/lib', '/usr/local', '/box', sys.prefix, sys.base_prefix)\n"
               "         for depth in ('', '*/', '*/*/', '*/*/*/', 'lib/*/*/')\n"
               "         for f in glob.glob(f'{root}/{depth}{name}')]\n"
               f"return found or os.path.exists({str(Path(sandbox.__file__))!r})"),
        "the attack failed|took more than"),
    "other submissions": (try_to(f"return open({__file__!r}).read()"), "FileNotFoundError"),
    "a link to a file outside": (
        try_to("os.symlink('/etc/passwd', '/tmp/link'); return open('/tmp/link').read()"),
        "FileNotFoundError"),
    "the grader's environment": (
        try_to("found = str(os.environ)\n"
               "for name in glob.glob('/proc/*/environ'):\n"
               "    try: found += open(name).read()\n"
               "    except OSError: pass\n"
               "return 'a-secret-of-the-teacher' in found"), "the attack failed"),
    "the grader's memory": (
        try_to("for name in ('mem', 'root/etc/passwd', 'cwd/README.md', 'fd'):\n"
               "    for p in {1, os.getppid()} - {os.getpid()}:\n"
               "        try: f = open(f'/proc/{p}/{name}', 'rb') if name != 'fd' else None\n"
               "        except OSError: continue\n"
               "        if name == 'mem': f.seek(0x400000)\n"
               "        if f and f.read(1): return True\n"
               "return False"), "the attack failed|OSError"),
    "more descriptors than its own": (
        try_to("mine = {os.readlink(f'/proc/self/fd/{n}').split(':')[0]\n"
               "        for n in os.listdir('/proc/self/fd') if os.path.islink(f'/proc/self/fd/{n}')}\n"
               "return not mine <= {'pipe', '/dev/null', '/proc', '/proc/2/fd', f'/proc/{os.getpid()}/fd'}"),
        "the attack failed"),
    "writing outside": (
        try_to("for folder in ('/', '/box', '/home', '/usr/lib', '/dev', '/dev/shm', '/proc',\n"
               "               '/var/tmp', '/run', '/box/packages/numpy', sys.base_prefix + '/lib'):\n"
               "    try: open(folder + '/x', 'w'); return True\n"
               "    except OSError: pass\nreturn False"), "the attack failed"),
    "root's rights": (
        try_to("return os.geteuid() == 0 or any(int(l.split()[1], 16) for l in\n"
               "    open('/proc/self/status') if l.startswith(('CapEff', 'CapPrm', 'CapAmb')))"),
        "the attack failed"),
    "another user": (try_to("os.setuid(0); return True"), "PermissionError"),
    # the grader deceived
    "numpy patched": (
        "import numpy as np\nnp.allclose = np.array_equal = lambda *a, **k: True\n"
        "np.abs = np.max = lambda *a, **k: 0\nnp.asarray = lambda *a, **k: np.zeros(3)\n"
        "def double(x):\n    return 3 * x", "y is 1.5 times"),
    "the runner patched": (
        "import sys\nfor name in ('calls', 'frames', 'rules'):\n"
        "    for key in list(vars(sys.modules[name])):\n"
        "        if not key.startswith('__'): setattr(sys.modules[name], key, lambda *a, **k: True)\n"
        "def double(x):\n    return 3 * x", "y|exit status|runner does not send|TypeError"),
    "the runner's frames": (
        "import sys\ndef double(x):\n    f = sys._getframe()\n    while f:\n"
        "        for v in list(f.f_locals.values()):\n"
        "            if isinstance(v, dict) and 'x' in v: v['y'] = 2 * x\n"
        "            if isinstance(v, dict) and 'functions' in v: v['functions'] = []\n"
        "        f = f.f_back\n    return 3 * x", "y is 1.5 times|not called"),
    "a verdict on standard output": (
        "import sys, os\ndef double(x):\n"
        "    print('{\"status\": \"right\", \"points\": 100}', file=sys.__stdout__)\n"
        "    os.write(1, b'all passed')\n    return 3 * x", "y is 1.5 times"),
    "frames of its own": (
        "import json, struct, os\ndef double(x):\n"
        "    h = json.dumps({'kind': 'done', 'status': 'right', 'arrays': []}).encode()\n"
        "    for n in range(3, 64):\n"
        "        try: os.write(n, struct.pack('<QQ', len(h), 0) + h)\n"
        "        except OSError: pass\n    return 3 * x", "runner does not send|not called|y"),
    "noise in every descriptor": (
        "import os\ndef double(x):\n    for n in range(3, 64):\n"
        "        try: os.write(n, b'\\xff' * 99)\n        except OSError: pass\n    return 2 * x",
        "cannot be read"),
    "a flood of frames": (
        "import json, struct, os\nh = json.dumps({'kind': 'loaded', 'arrays': [\n"
        "    {'name': 'a', 'dtype': '<f8', 'shape': [2**20]}], 'defined': {'double': True}}).encode()\n"
        "f = struct.pack('<QQ', len(h), 2**23) + h + bytes(2**23)\n"
        "for n in range(9999):\n    for d in (4, 5, 6, 7):\n        try: os.write(d, f)\n"
        "        except OSError: pass", "runner does not send|cannot be read|took more than"),
    "an answer of another function": (
        "import json, struct, os\ndef double(x):\n    for kind in ('begin', 'returned'):\n"
        "        h = json.dumps({'kind': kind, 'function': '__init__', 'arrays': []}).encode()\n"
        "        for n in (3, 4, 5, 6):\n"
        "            try: os.write(n, struct.pack('<QQ', len(h), 0) + h)\n"
        "            except OSError: pass\n    return 2 * x", "does not send"),
    "a reason that is a template": (
        "import json, struct, os\ndef double(x):\n"
        "    h = json.dumps({'kind': 'refused', 'reason': '{a:>2000000000}{a.__class__}{',\n"
        "                    'with': {'a': 'b'}, 'function': 'double', 'arrays': []}).encode()\n"
        "    for n in (3, 4, 5, 6):\n"
        "        try: os.write(n, struct.pack('<QQ', len(h), 0) + h)\n"
        "        except OSError: pass\n    os._exit(0)", "exit status 0|does not send|be read"),
}

TIMED = {
    "an endless loop", "an endless loop on import", "sleeping a little each time",
    "an answer that is never read",
}
"""Those that end by their time: all others have plenty, so that a slow machine changes nothing."""

LIES = {
    "equal to everything": ("class Liar:\n    def __eq__(s, o): return True\n"
                            "    shape = property(lambda s: x.shape)", "y is Liar"),
    "__array__": ("class Liar:\n    def __array__(s, *a, **k): return 2 * x", "y is Liar"),
    "__array_interface__": (
        "class Liar:\n    __array_interface__ = (2 * x).__array_interface__", "y is Liar"),
    "__class__": ("class Liar:\n    __class__ = property(lambda s: np.ndarray)", "y is Liar"),
    "the name of its type": (
        "class M(type):\n    __name__ = property(lambda s: 'ndarray')\n    __module__ = 'numpy'\n"
        "class Liar(metaclass=M): pass", "y is Liar"),
    "a subclass of ndarray": (
        "class A(np.ndarray):\n    def __eq__(s, o): return True\n"
        "    shape = property(lambda s: x.shape)\n"
        "    def __array_finalize__(s, o): s.fill(0)\n"
        "def Liar(): return np.zeros(1).view(A)", "y is A"),
    "a subclass that says it is numpy's": (
        "class A(np.ndarray):\n    __module__ = 'numpy'\n    def __eq__(s, o): return True\n"
        "    def tobytes(s): return (2 * x).tobytes()\n"
        "def Liar(): return (3 * x).view(A)", "y is 1.5 times"),
    "a number that lies": (
        "class F(float):\n    def __eq__(s, o): return True\n"
        "def Liar(): return F(3)", "y is F"),
    "a list of liars": (
        "class A:\n    def __float__(s): return 2.0\ndef Liar(): return [A()] * len(x)",
        "list of other things"),
    "dtype object": ("def Liar(): return np.array(list(2 * x) + [None])[:-1]", "dtype object"),
    "a structured dtype": ("def Liar(): return (2 * x).view([('a', '<f8')])", "dtype"),
    "complex": ("def Liar(): return 2 * x + 0j", "dtype complex128"),
    "text": ("def Liar(): return (2 * x).astype(str)", "dtype <U"),
    "a huge view of one number": (
        "def Liar(): return np.broadcast_to(np.float64(1), (2**14, 2**14, 2**14))",
        "array of 4398046511104 numbers"),
    "an array of its own making": (
        "from numpy.lib.stride_tricks import as_strided\n"
        "def Liar(): return as_strided(x, (2**12,), (0,))", "shape"),
    "more numbers than are asked for": ("def Liar(): return np.ones(5000)", "of 5000 numbers"),
    "a generator": ("def Liar(): return (v for v in 2 * x)", "y is generator"),
    "nothing": ("def Liar(): return None", r"y is None"),
    # exceptions
    "an exception that exits": (
        "class E(Exception):\n    def __str__(s): raise SystemExit\ndef Liar(): raise E", "raised E"),
    "an exception of another string": (
        "class S(str):\n    def __getitem__(s, i): return s * 10**9\n"
        "class E(Exception):\n    def __str__(s): return S('text')\ndef Liar(): raise E",
        "raised E .*text"),
    "an exception that prints a lot": (
        "class E(Exception):\n    def __str__(s): return 'x' * 10**7\ndef Liar(): raise E",
        "raised E .*x{500}$"),
    "an exception that rewrites the terminal": (
        r"def Liar(): raise ValueError('\x1b[2J\ud800\u202e')", "ValueError .*: �.2J��"),
    "a syntax error of its own making": (
        "def Liar():\n    e = SyntaxError(); e.lineno = {}; raise e", "raised SyntaxError"),
    "a template in a message": ("def Liar(): raise ValueError('{a:>999999999}{')", "999999999"),
}


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADTWIN_TEST_SECRET", "a-secret-of-the-teacher")


@boxed
def test_hostile_submissions_fail_with_their_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them, eight at a time: most of what they take is waiting for a limit."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with ThreadPoolExecutor(8) as pool:
        results = dict(zip(HOSTILE, pool.map(
            lambda name: graded(HOSTILE[name][0], SHORT if name in TIMED else CALM), HOSTILE)))
    for name, (_source, pattern) in HOSTILE.items():
        result = results[name]
        words = said(result)
        assert re.search(pattern, words), (name, words)
        assert not result.ok, name
        assert result.points < result.of, name
        json.dumps(result.to_dict()).encode("ascii")
    # the grader is as it was: nothing patched, nothing left running, a right answer is right
    assert np.array_equal([1.0], [1.0])
    assert not np.array_equal([1.0], [2.0])
    assert not [t for t in threading.enumerate() if "_read_" in t.name]
    assert not list(tmp_path.iterdir())
    assert graded(RIGHT).ok


def stays(folder: Path) -> bool:
    """Whether it is still there in half a minute: processes end a moment after they are killed."""
    until = time.monotonic() + 30
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.1)
    return folder.exists()


@boxed
def test_what_lies_is_taken_for_what_it_is() -> None:
    """All in one box: each probe is another lie."""
    source = "import numpy as np\n" + "".join(
        f"def lie{n}(x):\n    " + code.replace("\n", "\n    ") + "\n    return Liar()\n"
        for n, (code, _) in enumerate(LIES.values())
    ) + "def double(x): return LIES[int(x[0])](x)\nLIES = [" + ", ".join(
        f"lie{n}" for n in range(len(LIES))) + "]\n"
    runs = grading.Runs(DOUBLE, Submission([source]), CALM, sandboxed=True)
    try:
        for n, (name, (_, pattern)) in enumerate(LIES.items()):
            arrays = {"x": np.array([float(n), 1.0, -2.0])}
            judged = judge(DOUBLE, Probe("lie", arrays), runs.probe(arrays))["y"]
            assert not judged.ok, name
            assert judged.reason is not None
            words = judged.reason.say("en")
            assert re.search(pattern, words), (name, words)
            words.encode("utf-8")
        assert not runs.deaths
    finally:
        runs.close()


@boxed
def test_the_processors_limit_is_named() -> None:
    result = graded("def double(x):\n    while True: pass", Limits(processor=1))
    assert "more than 1 s of processor time" in said(result)


@boxed
def test_a_file_of_one_exercise_leaves_no_trace_for_the_next() -> None:
    leaves = "import os\ndef double(x):\n    open('/tmp/note', 'w').write('2')\n    return 3 * x"
    assert "1.5 times" in said(graded(leaves))
    reads = try_to("return os.path.exists('/tmp/note')")
    assert "the attack failed" in said(graded(reads))


@boxed
def test_nothing_of_the_box_stays() -> None:
    with Box(Job(["import time"], []), CALM, sandboxed=True) as box:
        outer = box._process.pid
        inside = [
            int(p.name) for p in Path("/proc").iterdir()
            if p.name.isdigit() and _parent(p) == outer
        ]
        assert inside
    for pid in [outer, *inside]:
        assert not stays(Path(f"/proc/{pid}"))


def _parent(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return -1


# Without a sandbox: one's own file.


def test_ones_own_file_has_limits_too() -> None:
    endless = HOSTILE["an endless loop"][0]
    assert "took more than 0.7 s" in said(graded(endless, SHORT, sandboxed=False))
    if os.name == "posix":
        assert "MemoryError" in said(graded(HOSTILE["a memory bomb"][0], sandboxed=False))
    assert "printed more" in said(graded(HOSTILE["gigabytes of output"][0], sandboxed=False))
    assert "torch" in said(graded(HOSTILE["torch, the block removed"][0], sandboxed=False))


def test_a_process_that_outlives_its_group_does_not_hold_the_grader(tmp_path: Path) -> None:
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root may start processes under the limits of its own file")
    source = ("import os, time\npid = os.fork()\nif pid == 0:\n    os.setsid()\n"
              f"    open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
              "    time.sleep(60)\n" + RIGHT)
    box = Box(Job([source], DOUBLE.job_functions()), CALM, sandboxed=False)
    assert box.loaded["defined"] == {"double": True}
    until = time.monotonic() + 30
    while not (tmp_path / "pid").exists() and time.monotonic() < until:
        time.sleep(0.05)
    stdout, readers = box._process.stdout, box._readers
    assert stdout is not None
    for reader in readers:
        reader.join = lambda timeout=None: None             # type: ignore[method-assign]
    box.close()
    assert not stdout.closed            # still held: its number must not be given to another box
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    for reader in readers:
        threading.Thread.join(reader, 30.0)
    assert stdout.closed


def test_without_bubblewrap_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "bubblewraps", lambda: [])
    sandbox._working.cache_clear()
    try:
        with pytest.raises(SandboxMissingError, match="no bubblewrap"):
            graded(RIGHT)
        assert "apt install bubblewrap" in sandbox.HOW_TO_GET_ONE
        assert "gradtwin[sandbox]" in sandbox.HOW_TO_GET_ONE
        monkeypatch.setattr(sandbox, "bubblewraps", lambda: ["/bin/false", "/nowhere/bwrap"])
        why = sandbox.sandbox_missing()
        assert "/nowhere/bwrap does not work here" in why.say("en")
        assert re.search("/bin/false no funciona aquí.*; /nowhere/bwrap no", why.say("es"))
    finally:
        sandbox._working.cache_clear()


# What comes out of the box.


def test_frames_make_arrays_or_an_error() -> None:
    good = frames.pack({"kind": "x"}, {"a": np.arange(3.0)})
    assert frames.unpack(good)[1]["a"].tolist() == [0.0, 1.0, 2.0]

    def forged(array: object, body: bytes = b"") -> bytes:
        head = json.dumps({"kind": "x", "arrays": [array]}).encode()
        return struct.pack("<QQ", len(head), len(body)) + head + body

    for dtype, shape in [("O", [1]), ("<f8", [2**40]), ("<f8", [-1]), ("<f8", [1.0]),
                         ("<f8", [True]), ("<f8", [1] * 9), ("|V8", [1]), ("<U1", [1]),
                         ("<f8", "1"), (["<f8"], [1]), ("<f8", [2])]:
        with pytest.raises(frames.FrameError):
            frames.unpack(forged({"name": "a", "dtype": dtype, "shape": shape}, bytes(8)))
    truth = frames.unpack(forged({"name": "a", "dtype": "|b1", "shape": [2]}, b"\x07\x00"))[1]["a"]
    assert truth.view("|u1").tolist() == [1, 0]
    deep = b"[" * 10**5
    for head in (b"", b"null", b"[]", b'{"arrays": 1}', b"{}", deep, b"\xff", b"9" * 10**5):
        with pytest.raises(frames.FrameError):
            frames.unpack(struct.pack("<QQ", len(head), 0) + head)
    with pytest.raises(frames.FrameError):
        frames.frame_length(struct.pack("<QQ", 2**62, 0))


def test_the_reasons_of_the_runner_are_all_known() -> None:
    """What the runner says of a result is one of a list: else its words would be a template."""
    source = (Path(sandbox.INSIDE) / "calls.py").read_text(encoding="utf-8")
    reasons = {
        node.args[0].value for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        and node.func.id == "ReturnedError" and isinstance(node.args[0], ast.Constant)
    }
    assert reasons == set(grading.REFUSALS)


def test_a_template_from_the_box_is_not_put_into_words() -> None:
    outcomes = Outcomes()
    header = {"kind": "refused", "reason": "{a:>2000000000}{", "with": {"a": "b"}}
    grading.take(DOUBLE, "double", (header, {}), outcomes)
    assert outcomes.failed["double"].say("en") == "double: it returned something that cannot be read"
    header = {"kind": "refused", "reason": "returned {megabytes} MB of numbers",
              "with": {"megabytes": "{megabytes:>99999}"}}
    grading.take(DOUBLE, "double", (header, {}), outcomes)
    assert outcomes.failed["double"].say("es").count("{megabytes:>99999}") == 1


def test_texts_are_made_fit() -> None:
    assert clean("año\r\n1\x1b\x00\u202e\ud800\x9b") == "año\n1�����"
    assert clean("x" * 999, 5) == "xxxxx"
    clean("".join(map(chr, range(0x3000))), 0x3000).encode("utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="a filter of Linux's system calls")
def test_the_filter_lets_python_live() -> None:
    """Every jump of the program ends at a return; an unknown machine has no filter."""
    for machine in ("x86_64", "aarch64"):
        lines = list(struct.iter_unpack("<HBBI", program(machine)))
        for i, (code, yes, no, _) in enumerate(lines):
            if code in (0x15, 0x35):
                assert i + 1 + max(yes, no) < len(lines)
                assert lines[i + 1 + yes][0] == 0x06 or yes == 0
    assert program("riscv64") == b""


def test_code_too_large_for_a_frame_is_a_reason() -> None:
    result = graded("# " + "\x01" * 200_000 + "\n" + RIGHT, sandboxed=False)
    assert "larger than a solution ever needs" in said(result)


@boxed
def test_as_an_ordinary_user(tmp_path: Path) -> None:
    """Root's box works without a user namespace, anybody else's with one."""
    if os.geteuid() != 0:
        pytest.skip("started by an ordinary user: the other tests were it")
    bwrap = sandbox._working()[0]
    code = (
        "import os, sys\nos.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "import gradtwin.exercises.sandbox as s\nfrom gradtwin.exercises.limits import Limits\n"
        "why = s.sandbox_missing()\nif why: print('refused', why); sys.exit()\n"
        "job = s.Job(['import os\\ndef f(x):\\n    try: os.fork()\\n"
        "    except OSError: return x'], [{'name': 'f', 'parameters': ['x'], 'returns': ['y']}])\n"
        "import numpy as np\nwith s.Box(job, Limits(), True) as b:\n"
        "    print(b.ended, b.loaded, b.probe({'x': np.ones(2)})[0][0][1][1]['y'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          cwd=Path(sandbox.__file__).parents[2])
    if "refused" in done.stdout or done.returncode:
        pytest.skip(f"an ordinary user has no box here ({bwrap}): {done.stdout}{done.stderr[-300:]}")
    assert "'f': True" in done.stdout
    assert "[1. 1.]" in done.stdout
