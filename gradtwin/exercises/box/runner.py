"""The process in the box: loads a submission, then calls its functions on each probe that comes in.

A script of its own: it is started with Python's -I and -S, told where numpy lies; it gives up every
right that it has before it runs a line of the submission. Usage:

    runner.py SETTINGS      a JSON object: "packages" (folders with numpy), "limits" (name of an
                            RLIMIT_ and its value), "user" (a number, or null), "blocked"
                            (modules), "strict" (a limit that cannot be set ends it)

Probes come in on standard input, results go out on standard output; both are moved to other
descriptors first, so that a submission that reads or prints meets neither.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from types import ModuleType
from typing import Any


def give_up_rights(settings: dict[str, Any]) -> None:
    """Another user (where one is given), then limits that cannot be raised again.

    Raises:
        ImportError: no way to set limits on a system that has them: then nothing is run.
    """
    if os.name != "posix":                              # Windows: the grader's own clock remains
        return
    import resource  # before the other user, who may not read it

    limits = {}
    for name, most in settings["limits"].items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is not None:
            _, hard = resource.getrlimit(kind)
            # the processor's limit is announced by a signal a second before it kills
            wanted = (most, most + 1 if name == "CPU" else most)
            if hard != resource.RLIM_INFINITY:
                wanted = (min(wanted[0], hard), min(wanted[1], hard))
            limits[kind] = wanted
    if settings["strict"]:
        # bubblewrap's own process in here may be the same user's, who could write into its memory
        for kind, wanted in limits.items():
            resource.prlimit(os.getppid(), kind, wanted)  # type: ignore[attr-defined,unused-ignore]
    if settings["user"] is not None:
        os.setgroups([])
        os.setresgid(settings["user"], settings["user"], settings["user"])
        os.setresuid(settings["user"], settings["user"], settings["user"])
    for kind, wanted in limits.items():
        try:
            resource.setrlimit(kind, wanted)
        except (ValueError, OSError):
            if settings["strict"]:                      # macOS knows limits that it does not set
                raise


class Anything(ModuleType):
    """Stands for a package that draws or checks: here nobody looks at it, so it does nothing."""

    def __init__(self, name: str = "anything") -> None:
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Anything(name)

    def __call__(self, *_: Any, **__: Any) -> Any:
        return Anything()

    def __iter__(self) -> Any:
        return iter((Anything(), Anything()))           # fig, ax = plt.subplots()

    def __getitem__(self, _: Any) -> Any:
        return Anything()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        return None


class Drawing:
    """Finds `Anything` for the packages that only draw, and for those that students check with."""

    names = ("matplotlib", "seaborn", "plotly", "IPython", "ipywidgets", "google",
             "gradtwin", "graphs")

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name.partition(".")[0] not in self.names:
            return None
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: Any) -> Any:
        return Anything(spec.name)

    def exec_module(self, module: Any) -> None:
        return None


class Siblings:
    """Finds the other files of the same student, which were sent along as texts."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in self.sources:
            return None
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self)  # type: ignore[arg-type]

    def create_module(self, spec: Any) -> Any:
        return None

    def exec_module(self, module: Any) -> None:
        code = compile(self.sources[module.__name__], f"<{module.__name__}>", "exec")
        exec(code, module.__dict__)


def private_pipes() -> tuple[int, int]:
    """Standard input and output, moved away; print goes where errors go, reading finds nothing."""
    probes, results = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return probes, results


def load(job: dict[str, Any], calls: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run the cells of a submission in their order, then the driver; what is now defined."""
    module = ModuleType("submission")
    sys.modules["submission"] = module                  # dataclasses look their module up
    space = module.__dict__
    space.update(display=Anything("display"), get_ipython=Anything("get_ipython"))  # a notebook's
    stopped: dict[int, dict[str, Any]] = {}
    waiting = list(enumerate(job["cells"]))
    while waiting:
        lacking = []                                    # names that a later cell defines
        for number, cell in waiting:
            stopped.pop(number, None)
            try:
                exec(compile(cell, f"<submission {number}>", "exec", dont_inherit=True), space)
            except BaseException as error:
                stopped[number] = {**calls.raised(error), "cell": number}
                if isinstance(error, NameError):
                    lacking.append((number, cell))
        waiting = lacking if len(lacking) < len(waiting) else []
    failed = [stopped[number] for number in sorted(stopped)]
    if job["driver"]:
        space = dict(space)                         # what it renames, the submission does not see
        try:
            exec(compile(job["driver"], "<driver>", "exec", dont_inherit=True), space)
        except BaseException as error:
            failed.append({**calls.raised(error), "cell": -1})
    defined = {f["name"]: callable(space.get(f["name"])) for f in job["functions"]}
    return space, {"kind": "loaded", "failed": failed[:20], "defined": defined}


def main() -> None:
    settings = json.loads(sys.argv[1])
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:0] = [here, *settings["packages"]]
    for name in settings["blocked"]:                    # an import of it fails at once
        sys.modules[name] = None  # type: ignore[assignment]
    import calls  # type: ignore[import-not-found]
    import frames  # type: ignore[import-not-found]
    import rules  # type: ignore[import-not-found]

    sys.path.remove(here)
    give_up_rights(settings)
    fd_in, fd_out = private_pipes()
    read = os.read
    write, pack, unpack, next_frame = os.write, frames.pack, frames.unpack, frames.read
    flush, call = sys.stdout.flush, calls.call

    def send(header: dict[str, Any], arrays: dict[str, Any] | None = None) -> None:
        frame = memoryview(pack(header, arrays))
        while frame:
            frame = frame[write(fd_out, frame) :]

    def receive() -> tuple[dict[str, Any], dict[str, Any]] | None:
        frame = next_frame(lambda size: read(fd_in, min(size, 1 << 20)))
        return None if frame is None else unpack(frame)

    send({"kind": "ready"})
    first = receive()
    if first is None:
        return
    job = first[0]
    sys.meta_path[:0] = [Siblings(job["siblings"]), Drawing()]
    violated: list[tuple[str, int]] = []
    for cell in job["cells"]:
        # what cannot be parsed says more when it is run
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            violated += rules.violations(cell, job["forbidden"])
    send({"kind": "parsed", "violations": violated})
    space, loaded = load(job, calls)
    send(loaded)
    while (message := receive()) is not None:
        header, known = message
        values: dict[str, Any] = dict(known)
        for function in job["functions"]:
            name = function["name"]
            if name in header["skip"] or not callable(space.get(name)):
                continue
            if any(p not in values for p in function["parameters"]):
                continue                                # an earlier function did not return it
            send({"kind": "begin", "function": name})
            answer, out = call(space[name], function["parameters"], function["returns"], values,
                               job["opaque"])
            values.update(out)
            send({**answer, "function": name},
                 {k: v for k, v in out.items() if k not in job["opaque"]})
        with suppress(Exception):
            flush()
        send({"kind": "done"})


if __name__ == "__main__":
    main()
