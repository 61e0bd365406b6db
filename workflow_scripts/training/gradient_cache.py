"""Gradients of a contrastive loss over a batch that is too large for memory: GradCache (arXiv 2101.06983, section 3.2).

A contrastive loss needs the vectors of the whole batch at once, but not what led to them. So:

1. Vectors are computed chunk by chunk, without what a backward pass would need.
2. The loss of all vectors gives its gradient with regard to each vector.
3. Each chunk is computed again, now with what its backward pass needs, and takes its vectors' gradients further back.

By the chain rule the sum over chunks is the gradient of the whole, whatever the loss masks or scales. Random numbers
are replayed in step 3, so that dropout drops the same. Memory is that of one chunk; the price is a second forward pass.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch

Rows = Sequence[np.ndarray]  # token ids of texts


def contrastive_gradients(
    embed: Callable[[Rows], torch.Tensor],
    queries: Rows,
    passages: Rows,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    chunk_tokens: int,
) -> torch.Tensor:
    """Add the loss's gradients to the parameters behind ``embed``; return the loss, detached.

    ``embed`` gives vectors [n, d] of n token lists, ``loss`` a scalar of vectors of queries [n, d] and passages
    [m, d]. A batch of at most ``chunk_tokens`` tokens is computed at once, a larger one in chunks of at most so many.
    """
    if sum(map(len, queries)) + sum(map(len, passages)) <= chunk_tokens:
        value = loss(embed(queries), embed(passages))
        value.backward()
        return value.detach()
    sides = [(rows, chunks(rows, chunk_tokens)) for rows in (queries, passages)]
    states, vectors = [], []
    for rows, places in sides:
        computed = []
        for chunk in places:
            states.append(_random_state())
            with torch.no_grad():
                computed.append(embed([rows[i] for i in chunk]))
        order = torch.from_numpy(np.argsort(np.concatenate(places))).to(computed[0].device)
        vectors.append(torch.cat(computed).index_select(0, order).requires_grad_())
    value = loss(*vectors)
    value.backward()
    replayed = iter(states)
    for (rows, places), side in zip(sides, vectors, strict=True):
        for chunk in places:
            _set_random_state(next(replayed))
            gradient = side.grad.index_select(0, torch.from_numpy(chunk).to(side.device))
            embed([rows[i] for i in chunk]).backward(gradient)
    return value.detach()


def chunks(rows: Rows, chunk_tokens: int) -> list[np.ndarray]:
    """Return the places of ``rows`` in chunks of at most ``chunk_tokens`` tokens (or one row), shortest rows first.

    Texts of like length lie together, as packing and padding want them.
    """
    lengths = np.fromiter((len(row) for row in rows), dtype=np.int64, count=len(rows))
    found: list[list[int]] = []
    room = 0
    for place in np.argsort(lengths, kind="stable").tolist():
        if not found or lengths[place] > room:
            found.append([])
            room = chunk_tokens
        found[-1].append(place)
        room -= lengths[place]
    return [np.array(chunk, dtype=np.int64) for chunk in found]


def _random_state() -> tuple[torch.Tensor, list[torch.Tensor]]:
    return torch.get_rng_state(), torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []


def _set_random_state(state: tuple[torch.Tensor, list[torch.Tensor]]) -> None:
    torch.set_rng_state(state[0])
    if state[1]:
        torch.cuda.set_rng_state_all(state[1])
