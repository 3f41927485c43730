"""Remembers what PyTorch forgets: the value and the gradient of every intermediate result.

An autograd graph keeps only what its derivatives need, and of that nothing after `backward()`.
Inside `with graphs.capture():` each operation notes its result and its constant arguments on the
node that autograd makes for it (`grad_fn.metadata`), and a hook notes the gradient when
`backward()` comes by: no `retain_grad`, no change to the network. The notes live as long as the
graph does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

KEY = "graphs.capture"


class Note:
    """What was seen at one node.

    values: the results, by output number. arguments: for each argument the constant tensor or
    number that it was, or None where autograd knows it (a parameter or another node's result).
    totals: the gradient of each result. shares: the gradient of each argument.
    """

    __slots__ = ("arguments", "shares", "totals", "values")

    def __init__(self) -> None:
        self.values: dict[int, Any] = {}
        self.arguments: list[Any] = []
        self.totals: tuple[Any, ...] | None = None
        self.shares: tuple[Any, ...] | None = None

    def hook(self, grad_inputs: Any, grad_outputs: Any) -> None:
        """What autograd calls at this node on its way back."""
        if not paused:
            self.shares = tuple(array_of(g) for g in grad_inputs)
            self.totals = tuple(array_of(g) for g in grad_outputs)


paused: list[bool] = []  # not empty while a picture computes gradients of its own


class capture:  # noqa: N801 (a context manager, used as `with graphs.capture():`)
    """Keep the values and gradients of the PyTorch operations in this block, for the picture.

    >>> import torch, graphs
    >>> w = torch.tensor(2.0, requires_grad=True)
    >>> with graphs.capture():
    ...     loss = (w * 3 - 9) ** 2
    ...     loss.backward()
    >>> [v.value.item() for v in graphs.draw(loss).graph.of_kind("operation")]
    [6.0, -3.0, 9.0]
    """

    def __enter__(self) -> capture:
        self._modes = modes()
        for mode in self._modes:
            mode.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        for mode in reversed(self._modes):
            mode.__exit__(*error)


def trace(function: Callable[..., Any], *inputs: Any, **named: Any) -> Any:
    """function(*inputs, **named), run inside `capture()`; its result is ready to be drawn.

    >>> import torch, graphs
    >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> loss = graphs.trace(lambda w: (w * w).sum(), w)
    >>> len(graphs.draw(loss).graph.edges)
    4
    """
    with capture():
        return function(*inputs, **named)


def modes() -> tuple[Any, Any]:
    """Two listeners: one sees every operation, the other knows when its graph node is ready."""
    import torch
    from torch.overrides import TorchFunctionMode
    from torch.utils._python_dispatch import TorchDispatchMode

    seen: list[tuple[Any, Any, Any]] = []

    class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
        """Below autograd: each elementary operation, also those inside of a composed one."""

        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            result = func(*args, **(kwargs or {}))
            if torch._C._current_graph_task_id() == -1:  # not while backward() runs
                seen.append((func, args, result))
            return result

    class Calls(TorchFunctionMode):
        """Above autograd: when a call returns, its results have got their nodes."""

        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            write_notes(seen)  # of a block that the user wrote: it makes no call of its own
            result = func(*args, **with_weight(func, kwargs or {}))
            write_notes(seen)
            return result

        def __exit__(self, *error: Any) -> None:
            write_notes(seen)
            seen.clear()  # what still waits would be kept alive by this class, a circle of its own
            super().__exit__(*error)  # type: ignore[no-untyped-call]

    return Calls(), Operations()  # type: ignore[no-untyped-call]


def with_weight(func: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call, with the one that PyTorch loses on its way to a listener.

    `l1_loss` hands `weight` to no listener (up to 2.13 at least): without this, the loss would be
    another one inside of `capture()`. It still stands in the frame of `l1_loss`.
    """
    if getattr(func, "__name__", "") != "l1_loss" or "weight" in kwargs:
        return kwargs
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code is not func.__code__:
        frame = frame.f_back
    weight = frame.f_locals.get("weight") if frame.f_code is func.__code__ else None
    return kwargs if weight is None else {**kwargs, "weight": weight}


def write_notes(seen: list[tuple[Any, Any, Any]]) -> None:
    """Each operation's result and constants, onto the node that autograd made for it."""
    import torch

    several, waiting = list(seen), []
    results = [r if isinstance(r, (tuple, list)) else (r,) for _, _, r in several]
    # a composed operation may change its own result in place: the node is that of the last change
    last = {id(each): i for i, result in enumerate(results) for each in result}
    for i, (func, args, _) in enumerate(several):
        for each in results[i]:
            if not isinstance(each, torch.Tensor) or last[id(each)] != i:
                continue
            if each.grad_fn is None:
                waiting.append((func, args, each))
                continue
            node: Any = each.grad_fn
            note = node.metadata.get(KEY)
            if note is None:
                note = node.metadata[KEY] = Note()
                if not is_written_by_user(node):
                    note.arguments = arguments_of(func, args)
                node.register_hook(note.hook)
            note.values.setdefault(each.output_nr, array_of(each))
    # Copying the numbers was an operation too: forget it. The last results without a node may be
    # those of a block that the user wrote, which get theirs when the block ends.
    seen[:] = waiting[-16:]


def is_written_by_user(node: Any) -> bool:
    """Whether a node is that of a torch.autograd.Function: what it ran inside is its own affair."""
    import torch

    return isinstance(node, torch.autograd.function.BackwardCFunction)


def arguments_of(func: Any, args: Any) -> list[Any]:
    """For each argument: None if autograd knows it, else the constant tensor or number.

    Only tensors without a graph are kept: one with a graph would keep itself alive in a circle.
    """
    import torch

    found: list[Any] = []
    for each, declared in zip(args, func._schema.arguments):
        for one in each if isinstance(each, (tuple, list)) else (each,):
            if isinstance(one, torch.Tensor):
                found.append(None if one.requires_grad else one)
            elif isinstance(one, (int, float)) and declared.name in ("self", "other", "exponent"):
                found.append(one)  # the 2 of 2 * x
    return found


def array_of(tensor: Any) -> Any:
    """A copy of a tensor's numbers as an array of numpy; None stays None."""
    if tensor is None:
        return None
    array = tensor.detach().cpu()
    try:
        return array.numpy().copy()
    except TypeError:  # bfloat16, which numpy lacks
        return array.float().numpy()
