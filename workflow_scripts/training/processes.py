"""The processes that train one model together, as torchrun starts them; a process that nobody started so is alone.

Each process computes its share of every batch, and all see every vector (``gradient_cache.py``). Nothing here imports
``torch.distributed`` in a process that is alone.
"""

import ctypes
import os
import signal
import sys
from dataclasses import dataclass
from datetime import timedelta

import torch

# For the first process, which writes a checkpoint: 42 GB for XLM-R XL, to a disk that others may use. NCCL's own ten
# minutes may be too few, and where a process dies torchrun ends the others at once.
_LONGEST_WAIT = timedelta(hours=2)


@dataclass(frozen=True)
class Processes:
    """This process's number among ``size``; number 0 leads: it alone writes files."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes metrics, checkpoints and the model."""
        return self.rank == 0

    def gather(self, own: torch.Tensor) -> torch.Tensor:
        """Return [size, …] from each process's tensor of one shape; ``own`` keeps its graph, the others are constants.

        So a loss of all vectors, computed by every process, has for this process's vectors their whole gradient.
        """
        if self.size == 1:
            return own[None]
        from torch import distributed

        parts = [torch.empty_like(own) for _ in range(self.size)]
        distributed.all_gather(parts, own.detach().contiguous())
        parts[self.rank] = own
        return torch.stack(parts)

    def wait(self) -> None:
        """Return when every process has come here."""
        if self.size > 1:
            from torch import distributed

            distributed.barrier()


ALONE = Processes()


def join_processes(device: torch.device) -> Processes:
    """Join the processes that torchrun has started with this one; alone without it."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return ALONE
    from torch import distributed

    _end_with_torchrun()
    if not distributed.is_initialized():
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_LONGEST_WAIT)
    return Processes(distributed.get_rank(), size)


def joined_processes() -> Processes:
    """Return the processes that this one has joined; alone where it has joined none."""
    from torch import distributed

    if not (distributed.is_available() and distributed.is_initialized()):
        return ALONE
    return Processes(distributed.get_rank(), distributed.get_world_size())


def _end_with_torchrun() -> None:
    # Where torchrun is killed by SIGKILL it cannot end its processes, and a retried job would meet them.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def leave_processes(processes: Processes) -> None:
    """Wait for the others and end what ``join_processes`` began."""
    if processes.size > 1:
        from torch import distributed

        processes.wait()
        distributed.destroy_process_group()
