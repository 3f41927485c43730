"""One training by several processes: the lecture's gradient is an average, so it is made of parts.

Every process holds the whole network and looks at its part of each batch; PyTorch's
DistributedDataParallel averages the gradients (gloo carries them between processors), so that all
take the same step. Process 0 also trains scratch, alone, and holds both wings side by side; the
others help the torch wing and say nothing. Started by `torchrun --nproc-per-node N -m gradtwin`.

Sections of the lecture: «Descenso del gradiente», «Variaciones del descenso de gradiente».
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist

# Its functions have the process group as a default argument, which is looked up on import and held
# for ever: so it is imported here, before there is one. DDP imports it later otherwise, and gloo's
# threads then outlive the interpreter, which aborts the process now and then.
import torch.distributed.nn
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

import torch_ref
import torch_ref.monitoring

from .cli.output import on_ctrl_c

Loss = Callable[[Tensor, Tensor], Tensor]

PATIENCE = timedelta(days=1)
"""How long a process waits: the others stand by while process 0 trains scratch."""

_BROKEN: list[Team] = []  # held to the end of the process, whose connections close then
_EPOCH, _END = 1, 0  # what process 0 announces: an epoch and its seed, or the end and its status


class LostError(RuntimeError):
    """Another process has ended, so that no average can be formed any more."""


class Team:
    """The processes that train together, seen from one of them.

    `rank`: the number of this process, from 0; `size`: how many there are.

    It needs a process group, torch.distributed's: `join` makes it from what torchrun has put into
    the environment. Process 0 calls `fit` for each epoch, then `finish`; all others meanwhile call
    `assist`.

    >>> dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    >>> team, net = Team(), torch_ref.FullyConnected([2, 3, 1])
    >>> X = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).double()
    >>> team.fit(net, X, X[:, :1], torch_ref.functional.mse_loss, epochs=2, progress=False)
    History(epochs=2, steps=2, loss=0.280111)
    >>> team.finish(0)
    >>> team.leave()
    """

    def __init__(self) -> None:
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self._parted: dict[nn.Module, nn.Module] = {}
        self._in_step = False  # whether the processes are in the middle of an epoch
        self._interrupted = False  # by Ctrl-C in this process

    @classmethod
    def join(cls) -> Team:
        """Wait for the other processes that torchrun has started.

        Raises:
            ValueError, RuntimeError: the environment makes no sense, or the others are not there.
        """
        dist.init_process_group("gloo", timeout=PATIENCE)
        return cls()

    def fit(
        self, model: nn.Module, X: Any, y: Any, loss: Loss, seed: int = 0, **options: Any
    ) -> torch_ref.History:
        """`torch_ref.fit`, by all processes together: the same steps, up to rounding.

        Called in process 0. Ctrl-C in any process ends it in all of them after the same step.

        Raises:
            LostError: another process has ended.
        """
        with self._ctrl_c_held(), _lost():
            self._in_step = True
            self._announce(_EPOCH, seed)
            history = self._fit(model, X, y, loss, seed, **options)
            self._in_step = False
        history.interrupted |= self._interrupted
        return history

    def assist(self, model: nn.Module, X: Any, y: Any, loss: Loss, **options: Any) -> int:
        """Take part in every `fit` of process 0 until it calls `finish`; the status given there.

        The arguments are those that process 0 gives to `fit`, `callback` among them.

        Raises:
            LostError: another process has ended.
        """
        with self._ctrl_c_held(), _lost():
            while True:
                what, number = self._announce()
                if what == _END:
                    return number
                self._in_step = True
                self._fit(model, X, y, loss, seed=number, **options)
                self._in_step = False

    def finish(self, status: int) -> None:
        """Called in process 0: the others return from `assist`, with this status."""
        if not self._in_step:  # where they listen to nothing, and see that this process leaves
            with suppress(LostError), _lost():
                self._announce(_END, status)

    def leave(self) -> None:
        """The end of the process group and of its threads, in this process."""
        if self._in_step:  # after an error: the threads would wait for what the others never send
            _BROKEN.append(self)
        else:
            self._parted.clear()  # DDP holds the group too
        dist.destroy_process_group()

    def monitor(self, model: nn.Module, **options: Any) -> Monitor:
        """A `Monitor` that sees what all processes compute; each of them needs one."""
        return Monitor(model, **options)

    # ---- how the parts make the whole -----------------------------------------------------------

    def _fit(
        self, model: nn.Module, X: Any, y: Any, loss: Loss, seed: int, **options: Any
    ) -> torch_ref.History:
        if model not in self._parted:
            self._parted[model] = _Parted(model, self._part)
        parted = self._parted[model]
        return torch_ref.fit(parted, X, y, self._averaged(loss), seed=seed, **options)

    def _part(self, batch: Tensor) -> Tensor:
        """This process's part: sizes differ by one at most, and the last may be 0."""
        return batch.tensor_split(self.size)[self.rank]

    def _averaged(self, loss: Loss) -> Loss:
        """The mean over the batch, where this process has the outputs of its part alone."""

        def mean_loss(y_hat: Tensor, y: Tensor) -> Tensor:
            part = self._part(y)
            if len(part):
                # The average over N processes of N (n_part / n) mean_part is the mean over n.
                share = loss(y_hat, part).mean() * (self.size * len(part) / len(y))
            else:
                share = y_hat.sum()  # of nothing: 0, with the gradients 0 that the others wait for
            total = torch.tensor([share.item(), self._interrupted], dtype=torch.float64)
            dist.all_reduce(total)
            if total[1]:  # known to all at the same step, so that nobody waits for another's part
                raise KeyboardInterrupt
            # the value of the whole batch, the gradient of the part: DDP makes that the whole's
            return share + (total[0] / self.size - share.detach())

        return mean_loss

    def _announce(self, what: int = _END, number: int = 0) -> tuple[int, int]:
        """Process 0's words, in all processes."""
        words = torch.tensor([what, number])
        dist.broadcast(words, src=0)
        what, number = words.tolist()
        return what, number

    def _ctrl_c_held(self) -> AbstractContextManager[None]:
        """Remember Ctrl-C until the next step, which all processes leave together."""

        def remember(signum: int, frame: object) -> None:
            if self._interrupted:  # the second time
                os._exit(130)
            self._interrupted = True

        return on_ctrl_c(remember)


class _Parted(nn.Module):
    """The model on this process's part of the batch, its gradients averaged over the processes."""

    def __init__(self, model: nn.Module, part: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.replica = DistributedDataParallel(model)
        self.part = part

    def forward(self, batch: Tensor) -> Tensor:
        output: Tensor = self.replica(self.part(batch))
        return output


class Monitor(torch_ref.monitoring.Monitor):
    """A monitor of the whole batch: for a record the processes exchange what each of them saw."""

    def record(self, epoch: int) -> torch_ref.monitoring.Record:
        parts: list[Any] = [None] * dist.get_world_size()
        dist.all_gather_object(parts, (self._outputs, self._alive))
        outputs, alive = zip(*parts)
        self._outputs = {name: torch.cat([o[name] for o in outputs]) for name in outputs[0]}
        self._alive = {name: torch.stack([a[name] for a in alive]).any(0) for name in alive[0]}
        return super().record(epoch)


@contextmanager
def _lost() -> Iterator[None]:
    """What gloo says when a connection is closed, as an error of its own."""
    try:
        yield
    except RuntimeError as error:
        if "gloo" not in str(error):
            raise
        raise LostError("another process has ended, and with it the training") from error
