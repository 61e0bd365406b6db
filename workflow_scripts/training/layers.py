"""The layers of a transformer, whatever its class, and their recomputation in the backward pass."""

from functools import partial

import torch


def transformer_layers(encoder: torch.nn.Module) -> torch.nn.ModuleList:
    """Return the stack of layers: the longest list of modules that the encoder has."""
    return max((part for part in encoder.modules() if isinstance(part, torch.nn.ModuleList)), key=len)


def recompute_layers(encoder: torch.nn.Module) -> None:
    """Keep only what each layer reads, and compute the layer again in the backward pass (arXiv 1604.06174).

    Memory falls to about that of one layer, for about a third more time. Dropout is replayed, so gradients stay equal.
    """
    from torch.utils.checkpoint import checkpoint

    for layer in transformer_layers(encoder):
        # The instance's own attribute, so that names of parameters stay.
        layer.forward = partial(checkpoint, layer.forward, use_reentrant=False)
