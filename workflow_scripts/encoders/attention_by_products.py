"""Attention of packed texts in bf16 on CPU by two batched matrix products and a softmax, which keep scores in cache.

torch's fused attention multiplies bf16 on CPU in small tiles, which oneDNN's products outdo about twice where the
processor has avx512_bf16 (docs/performance.md). Scores are rounded to bf16 before the softmax, which the fused one does
not do; the softmax itself is computed in fp32.

oneDNN makes, and keeps, code of most of a megabyte for each size of a product. So texts are filled up to a multiple of
32 tokens, which no other token attends to, and go to the products in powers of two.
"""

import torch
from torch.nn import functional

_MULTIPLE = 32
_SCORES_BYTES = 1 << 20  # of the scores under way, unless one text has more: half of what a core's own cache holds


def is_faster() -> bool:
    """Return whether products outdo fused attention: with AMX, which both use, they do not."""
    return not torch.cpu._is_amx_tile_supported()


def attend_by_products(projected: torch.Tensor, runs: list[tuple[int, int]], heads: int) -> torch.Tensor:
    """Return attention's output [tokens, d] of query, key and value side by side, [tokens, 3 d], both in bf16.

    ``runs``: (texts, length) of texts of one length that follow each other.
    """
    parts = projected.unflatten(1, (3, heads, -1))
    scale = parts.shape[-1] ** -0.5
    attended = torch.empty_like(parts[:, 0])
    first = 0
    for texts, length in runs:
        filled = -(-length // _MULTIPLE) * _MULTIPLE
        most = max(1, _SCORES_BYTES // (heads * filled * filled * projected.element_size()))
        while texts:
            block = 1 << (min(most, texts).bit_length() - 1)
            rows = slice(first, first + block * length)
            of_block = parts[rows].unflatten(0, (block, length)).permute(2, 0, 3, 1, 4)
            of_block = functional.pad(of_block, (0, 0, 0, filled - length)).flatten(1, 2)
            query, key, value = of_block.unbind(0)
            scores = torch.baddbmm(query.new_empty(1), query, key.transpose(1, 2), beta=0, alpha=scale)
            scores[..., length:] = -torch.inf
            result = torch.bmm(scores.softmax(-1), value).unflatten(0, (block, heads))[:, :, :length]
            attended[rows].unflatten(0, (block, length)).copy_(result.transpose(1, 2))
            first, texts = rows.stop, texts - block
    return attended.flatten(1)
