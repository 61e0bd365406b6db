"""An attention function for transformers' encoders that lets them read packed texts.

Transformers' modules do the rest: given one row of all tokens and each token's position, embeddings, linear layers
and norms never see padding, and attention is computed here, a run of equally long texts at a time. It is exact: no
text sees another. On CPU a third of a mixed batch's tokens is padding otherwise.
"""

from typing import Any

import numpy as np
import torch

from workflow_scripts.encoders.packing import PackedTexts

ATTENTION = "packed"

# Architectures that hand the function what it needs (a test compares each with its padded forward pass), and whether
# positions count from pad_token_id + 1, fairseq's convention, or from 0.
_COUNT_FROM_PADDING = {
    "bert": False,
    "camembert": True,
    "modernbert": False,
    "roberta": True,
    "xlm-roberta": True,
    "xlm-roberta-xl": True,
}


def reads_packed_texts(model_type: str) -> bool:
    """Return whether encoders of this ``model_type`` (of their ``config.json``) can read packed texts."""
    return model_type in _COUNT_FROM_PADDING


def first_position(config: Any) -> int:
    """Return the index in the position table of a text's first token."""
    return config.pad_token_id + 1 if _COUNT_FROM_PADDING[config.model_type] else 0


def register() -> None:
    """Make ``attn_implementation="packed"`` known to transformers."""
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(ATTENTION, _attention)
    AttentionMaskInterface.register(ATTENTION, _no_mask)


def packed_states(encoder: torch.nn.Module, texts: PackedTexts, ids: np.ndarray | None = None) -> torch.Tensor:
    """Return the last layer's token states [tokens, d], with gradients, in the order of the pack.

    ``ids`` [tokens] stand in for the pack's own (some of them hidden, in pre-training).
    """
    device = encoder.device
    positions = torch.from_numpy(texts.positions + first_position(encoder.config))
    output = encoder(
        input_ids=torch.from_numpy(texts.ids if ids is None else ids)[None].to(device),
        position_ids=positions[None].to(device),
        runs=texts.runs,
    )
    return output.last_hidden_state[0]


def _attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    runs: list[tuple[int, int]],
    dropout: float = 0.0,
    scaling: float | None = None,
    sliding_window: int | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Return attention [1, tokens, heads, d] of query, key and value [1, heads, tokens, d], and no weights.

    ``sliding_window``: a token sees those less than so many tokens away (ModernBERT's local layers).
    """
    # Splitting has one backward step; a slice for each run would have one, as wide as the pack, for each.
    sizes = [texts * length for texts, length in runs]
    parts = zip(*(part[0].split(sizes, dim=1) for part in (query, key, value)), strict=True)
    outputs = []
    for (texts, length), of_run in zip(runs, parts, strict=True):
        blocks = (part.unflatten(1, (texts, length)).transpose(0, 1) for part in of_run)
        mask = None
        if sliding_window is not None and length > sliding_window:
            places = torch.arange(length, device=query.device)
            mask = (places[:, None] - places[None, :]).abs() < sliding_window
        block = torch.nn.functional.scaled_dot_product_attention(*blocks, mask, dropout_p=dropout, scale=scaling)
        outputs.append(block.transpose(1, 2).flatten(0, 1))
    return torch.cat(outputs)[None], None


def _no_mask(*_: Any, **__: Any) -> None:
    return None
