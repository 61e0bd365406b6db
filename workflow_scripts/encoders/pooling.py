"""From one vector a token to one vector a text."""

import torch


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
