"""From one vector a token to one vector a text."""

import torch

from workflow_scripts.encoders.packing import PackedTexts


def pool(states: torch.Tensor, attention_mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """Return [n, d] from token states [n, tokens, d] and their mask [n, tokens] (1 for a token, 0 for padding).

    ``mean`` averages over tokens (special ones included, as sentence-transformers does), ``cls`` takes the
    first and ``last`` the last token. Raises ValueError on another name.
    """
    if pooling == "mean":
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        return (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1e-9)
    if pooling == "cls":
        return states[:, 0]
    if pooling == "last":
        positions = torch.arange(attention_mask.shape[1], device=attention_mask.device)
        last = (attention_mask * positions).argmax(dim=1)
        return states[torch.arange(states.shape[0], device=states.device), last]
    raise ValueError(f"unknown pooling {pooling!r}")


def pool_packed(states: torch.Tensor, texts: PackedTexts, pooling: str) -> torch.Tensor:
    """Return [n, d] in the caller's order of rows from token states [tokens, d] of a pack; ``pool`` says how."""
    vectors = []
    blocks = states.split([count * length for count, length in texts.runs])
    for (count, length), block in zip(texts.runs, blocks, strict=True):
        mask = torch.ones(count, length, device=states.device)
        vectors.append(pool(block.unflatten(0, (count, length)), mask, pooling))
    return torch.cat(vectors).index_select(0, torch.from_numpy(texts.places).to(states.device))
