"""``PackedTransformer`` for encoding on CPU: weights laid out once for oneDNN, what follows a product done within it.

torch multiplies fp32 matrices on CPU with MKL, which some processors get little of, and lays bf16 weights out anew at
every product. Here each weight is laid out once for the batch's size; query, key and value are one product; bias and
gelu (the exact one), or bias and residual, are added while the product's result is in cache. No step is approximated:
states differ from ``PackedTransformer``'s by rounding alone, and a test compares them. The operators are those that
torch's own compiler emits for a frozen model (``torch/_inductor/fx_passes/mkldnn_fusion.py``), without its minute of
compilation.

In bf16 are the products alone, attention's two among them: what they read (weights too) and give is rounded. The
rest, embeddings, norms and the sums from layer to layer, stays fp32, which costs no time and takes away about half of
the error in scores.
"""

from typing import Any

import torch

from workflow_scripts.encoders.attention_by_products import attend_by_products, is_faster
from workflow_scripts.encoders.packed_transformer import PackedTransformer, attend, is_packed_architecture
from workflow_scripts.encoders.packing import PackedTexts

# oneDNN makes, and keeps, code for every size of a product: batches are filled up to one of so many sizes.
_SIZES = 32


def can_prepack(config: dict[str, Any], device: torch.device, dtype: torch.dtype) -> bool:
    """Return whether what a folder's ``config.json`` describes can be laid out for products in ``dtype`` here."""
    if device.type != "cpu" or not is_packed_architecture(config) or not torch.backends.mkldnn.is_available():
        return False
    if not hasattr(torch.ops.mkldnn, "_reorder_linear_weight"):
        return False
    return dtype == torch.float32 or (dtype == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported())


class PrepackedTransformer:
    """Token states of packed texts, in fp32 and without gradients."""

    def __init__(self, encoder: PackedTransformer, batch_tokens: int, dtype: torch.dtype) -> None:
        """Take over the layers of ``encoder``, which is in fp32 and has none afterwards.

        ``batch_tokens``: tokens a batch, about; ``dtype``: what products compute in.
        """
        self._embed = encoder.embed
        self._heads = encoder.shape.heads
        self._attend = attend_by_products if dtype == torch.bfloat16 and is_faster() else attend
        self._dtype = dtype
        self._multiple = max(1, batch_tokens // _SIZES)
        layers, encoder.encoder.layer = encoder.encoder.layer, torch.nn.ModuleList()
        self._layers = []
        while len(layers):  # one by one, so that memory holds no second copy of the model
            self._layers.append(_Layer(layers.pop(0), batch_tokens, dtype))

    @torch.inference_mode()
    def __call__(self, texts: PackedTexts) -> torch.Tensor:
        """Return states [tokens, d] in the order of the pack."""
        states = self._embed(texts)
        tokens = len(states)
        runs, filler = texts.runs, -tokens % self._multiple
        if filler:  # as one more text, which no other sees
            states, runs = torch.nn.functional.pad(states, (0, 0, 0, filler)), [*runs, (1, filler)]
        for layer in self._layers:
            attended = self._attend(layer.projection(states.to(self._dtype)), runs, self._heads)
            states = layer.attention_norm(layer.attention_output.plus(attended, states))
            inner = layer.intermediate(states.to(self._dtype))
            states = layer.output_norm(layer.output.plus(inner, states))
        return states[:tokens]


class _Layer:
    def __init__(self, layer: torch.nn.Module, batch_tokens: int, dtype: torch.dtype) -> None:
        own, attended = layer.attention.self, layer.attention.output
        self.projection = _Product(*own.joined(), batch_tokens, dtype)
        self.attention_output = _Product(*attended.dense.parameters(), batch_tokens, dtype)
        self.attention_norm = attended.LayerNorm
        self.intermediate = _Product(*layer.intermediate.dense.parameters(), batch_tokens, dtype, "gelu")
        self.output = _Product(*layer.output.dense.parameters(), batch_tokens, dtype)
        self.output_norm = layer.output.LayerNorm


class _Product:
    """x W + b, then ``after`` it (``gelu``) or nothing."""

    def __init__(
        self, weight: torch.Tensor, bias: torch.Tensor, batch_tokens: int, dtype: torch.dtype, after: str = "none"
    ) -> None:
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.detach().to(dtype), batch_tokens)
        self._bias = bias.detach().to(dtype)
        self._after = after

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        algorithm = "none" if self._after == "gelu" else ""  # gelu without an approximation by tanh
        return torch.ops.mkldnn._linear_pointwise(states, self._weight, self._bias, self._after, [], algorithm)

    def plus(self, states: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        """Return the product plus fp32 ``other``, which may be written over."""
        if states.dtype == other.dtype:
            return torch.ops.mkldnn._linear_pointwise.binary(states, other, self._weight, self._bias, "add")
        return other.add_(self(states))
