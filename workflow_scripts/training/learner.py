"""A bi-encoder while it learns: adapted, recomputed, replicated or sharded as its model's entry says."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch

from workflow_scripts.encoders.bi_encoder import load_bi_encoder
from workflow_scripts.training.adapters import add_adapters, merge_adapters
from workflow_scripts.training.gradient_cache import Rows
from workflow_scripts.training.layers import recompute_layers
from workflow_scripts.training.parallel import parallelise, whole_tensor
from workflow_scripts.training.processes import Processes


class Learner:
    """The encoder of one run in training mode, on this process's device."""

    def __init__(
        self,
        path_to_base: str | Path,
        entry: dict[str, Any],
        dtype: str,
        device: torch.device,
        processes: Processes,
        gradient_checkpointing: bool = False,
    ) -> None:
        """Load ``path_to_base`` as the model's ``entry`` says; ``dtype`` is the arithmetic of the layers.

        With ``gradient_checkpointing`` each layer is computed again in the backward pass, to the same gradients.
        Weights, their updates, the loss and what is saved are fp32 whatever ``dtype`` is.
        """
        self._base, self._entry, self._processes = path_to_base, entry, processes
        self._device, self._dtype = device, getattr(torch, dtype)
        self.bi_encoder = load_bi_encoder(path_to_base, entry, device, packed="lora" not in entry)
        self.model = self._adapted(self.bi_encoder.encoder)
        self.model.train()
        if gradient_checkpointing:
            recompute_layers(self.model)
        parallel = parallelise(self.model, processes, entry["sharded"])
        self.bi_encoder.encoder = self.model
        self.bi_encoder.network = parallel.forward
        self.unsynchronised = parallel.unsynchronised
        self._reshard = parallel.reshard

    def _adapted(self, encoder: torch.nn.Module) -> torch.nn.Module:
        return add_adapters(encoder, self._entry["lora"]) if "lora" in self._entry else encoder

    def embed(self, rows: Rows) -> torch.Tensor:
        """Return fp32 vectors [n, d] of n token lists, with gradients."""
        lower = self._dtype != torch.float32
        with torch.autocast(self._device.type, self._dtype) if lower else nullcontext():
            return self.bi_encoder.embed(rows)

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Within it vectors have neither dropout nor gradients."""
        self.model.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self._reshard()
            self.model.train()

    def release(self) -> None:
        """Drop what exchanges gradients, once training is over; ``finished`` does without.

        torch's DDP must go before its group of processes: as the last to hold that it waits, with Python's lock, for a
        thread that waits for the lock (seen within 50 trainings of four processes on one core).
        """
        self.bi_encoder.network = self.model
        self.unsynchronised, self._reshard = nullcontext, lambda: None
        if self._processes.size > 1:
            gc.collect()  # it is part of a cycle

    def finished(self) -> torch.nn.Module:
        """Return the plain encoder, adapters merged and shards joined; each process calls it, the first saves it.

        Another process than the first, which alone has room for it, gets a sharded model back as it is.
        """
        encoder = self.model
        if self._entry["sharded"] and self._processes.size > 1:
            weights = {}
            for name, tensor in encoder.state_dict().items():
                whole = whole_tensor(tensor)  # every process must ask for it
                if self._processes.leads:
                    weights[name] = whole.cpu()
            if not self._processes.leads:
                return encoder
            plain = load_bi_encoder(self._base, self._entry, "cpu", packed="lora" not in self._entry).encoder
            encoder = self._adapted(plain)
            encoder.load_state_dict(weights)
        return merge_adapters(encoder) if "lora" in self._entry else encoder
