"""One encoder in several processes: replicated (DDP) or sharded (FSDP2)."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch

from workflow_scripts.training.layers import transformer_layers
from workflow_scripts.training.processes import Processes


@dataclass(frozen=True)
class ParallelEncoder:
    """``forward`` is what texts go through; within ``unsynchronised()`` copies exchange no gradients.

    ``reshard()`` follows a forward pass that no backward pass follows: until then a sharded encoder shows whole
    weights that are copies, of which none is to be saved or written to.
    """

    forward: torch.nn.Module
    unsynchronised: Callable[[], AbstractContextManager]
    reshard: Callable[[], None]


def parallelise(encoder: torch.nn.Module, processes: Processes, sharded: bool) -> ParallelEncoder:
    """Make backward passes average gradients over processes; alone, the encoder stays as it is.

    ``sharded`` splits weights, gradients and optimiser state over the processes in place, layer by layer (FSDP2); else
    each holds all of them (DDP).
    """
    if processes.size == 1:
        return ParallelEncoder(encoder, nullcontext, lambda: None)
    if not sharded:
        from torch.nn.parallel import DistributedDataParallel

        replicated = DistributedDataParallel(encoder, broadcast_buffers=False)
        return ParallelEncoder(replicated, replicated.no_sync, lambda: None)
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh(next(encoder.parameters()).device.type, (processes.size,))
    for layer in transformer_layers(encoder):
        fully_shard(layer, mesh=mesh)
    fully_shard(encoder, mesh=mesh)

    # Gradients that wait for each other are whole in every process, four bytes a parameter: what sharding is to save.
    return ParallelEncoder(encoder, nullcontext, encoder.reshard)


def whole_tensor(tensor: Any) -> torch.Tensor:
    """Return a sharded tensor's whole, which every process must ask for; any other tensor as it is."""
    return tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor


def shard_like(whole: torch.Tensor, tensor: Any) -> torch.Tensor:
    """Return ``whole`` sharded as ``tensor`` is, which every process must ask for; as it is where that is not."""
    if not hasattr(tensor, "full_tensor"):
        return whole
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(whole.to(tensor.device), tensor.device_mesh, tensor.placements)
