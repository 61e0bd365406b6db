"""Gradients of a contrastive loss over a batch that is too large for memory: GradCache (arXiv 2101.06983, section 3.2).

A contrastive loss needs the vectors of the whole batch at once, but not what led to them. So:

1. Vectors are computed chunk by chunk, without what a backward pass would need.
2. The loss of all vectors gives its gradient with regard to each vector.
3. Each chunk is computed again, now with what its backward pass needs, and takes its vectors' gradients further back.

By the chain rule the sum over chunks is the gradient of the whole, whatever the loss masks or scales. Random numbers
are replayed in step 3, so that dropout drops the same. Memory is that of one chunk; the price is a second forward pass.

Processes share a batch in the same way: each computes the vectors of its rows, all exchange them, each computes the
loss of the whole batch and takes the gradients of its own vectors further back. Their sum is the batch's gradient.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch

from workflow_scripts.training.processes import ALONE, Processes

Rows = Sequence[np.ndarray]  # token ids of texts


def contrastive_gradients(
    embed: Callable[[Rows], torch.Tensor],
    queries: Rows,
    passages: Rows,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    chunk_tokens: int,
    processes: Processes = ALONE,
    unsynchronised: Callable[[], AbstractContextManager] = nullcontext,
    padding: int = 0,
) -> torch.Tensor:
    """Add the loss's gradients to the parameters behind ``embed``; return the loss, detached.

    ``embed`` gives vectors [n, d] of n token lists, ``loss`` a scalar of vectors of queries [n, d] and passages
    [m, d]. A batch of at most ``chunk_tokens`` tokens is computed at once, a larger one in chunks of at most so many.
    Tokens are those that ``embed`` computes: with ``padding`` each text has as many as the longest beside it, rounded
    up to a multiple of ``padding``.

    Every one of several ``processes`` names the whole batch, of which it computes a share of at most ``chunk_tokens``
    tokens at once. Whoever averages the parameters' gradients over processes (DDP, FSDP) does so after each backward
    pass but those within ``unsynchronised()``; the mean is the gradient of the loss.
    """
    if processes.size == 1 and sum(_computed(rows, padding) for rows in (queries, passages)) <= chunk_tokens:
        value = loss(embed(queries), embed(passages))
        value.backward()
        return value.detach()
    shares = [_Share.of(rows, chunk_tokens, processes, padding) for rows in (queries, passages)]
    if sum(share.tokens for share in shares) <= chunk_tokens:
        value = loss(*(share.whole(embed(share.rows(share.places))) for share in shares))
        (value * processes.size).backward()
        return value.detach()
    states, vectors = [], []
    for share in shares:
        computed = []
        for chunk in share.chunks:
            states.append(_random_state())
            with torch.no_grad():
                computed.append(embed(share.rows(chunk)))
        vectors.append(torch.cat(computed).requires_grad_())
    value = loss(*(share.whole(own) for share, own in zip(shares, vectors, strict=True)))
    (value * processes.size).backward()
    parts = [
        (share.rows(chunk), gradient)
        for share, own in zip(shares, vectors, strict=True)
        for chunk, gradient in zip(share.chunks, own.grad.split([len(c) for c in share.chunks]), strict=True)
    ]
    for number, (rows, gradient) in enumerate(parts, start=1):
        _set_random_state(states[number - 1])
        with nullcontext() if number == len(parts) else unsynchronised():
            embed(rows).backward(gradient)
    return value.detach()


@dataclass(frozen=True)
class _Share:
    """What one process computes of the rows of a batch's side.

    Rows are dealt out by length, so that processes have like work, and each has as many chunks: FSDP and DDP exchange
    something at each pass. Where the rows do not divide, the shortest is dealt more than once and dropped again.
    """

    all_rows: Rows
    order: np.ndarray  # all rows, shortest first
    spare: int
    chunks: list[np.ndarray]  # places in all rows of this process's rows, shortest first
    tokens: int  # at most so many in all chunks of any process
    processes: Processes

    @classmethod
    def of(cls, rows: Rows, chunk_tokens: int, processes: Processes, padding: int = 0) -> "_Share":
        order = np.argsort([len(row) for row in rows], kind="stable")
        spare = -len(order) % processes.size
        dealt = np.concatenate([order[:1].repeat(spare), order]).reshape(-1, processes.size)
        longest = [rows[place] for place in dealt[:, -1]]  # of each deal
        places = [dealt[deals, processes.rank] for deals in chunks(longest, chunk_tokens, padding)]
        return cls(rows, order, spare, places, _computed(longest, padding), processes)

    @property
    def places(self) -> np.ndarray:
        """Return the places of this process's rows."""
        return np.concatenate(self.chunks)

    def rows(self, places: np.ndarray) -> Rows:
        """Return the rows at ``places``."""
        return [self.all_rows[place] for place in places]

    def whole(self, own: torch.Tensor) -> torch.Tensor:
        """Return the vectors [m, d] of all rows, in their order, from those of this process's rows."""
        dealt = self.processes.gather(own).transpose(0, 1).flatten(0, 1)[self.spare :]
        return dealt.index_select(0, torch.from_numpy(np.argsort(self.order)).to(own.device))


def chunks(rows: Rows, chunk_tokens: int, padding: int = 0) -> list[np.ndarray]:
    """Return the places of ``rows`` in chunks of at most ``chunk_tokens`` tokens (or one row), shortest rows first.

    Texts of like length lie together, as packing and padding want them. ``padding`` counts as in
    ``contrastive_gradients``.
    """
    lengths = _lengths(rows, padding)
    found: list[list[int]] = []
    tokens = 0
    for place in np.argsort([len(row) for row in rows], kind="stable").tolist():
        length = int(lengths[place])  # of all in the chunk with padding: none is longer
        tokens = (len(found[-1]) + 1) * length if padding and found else tokens + length
        if not found or tokens > chunk_tokens:
            found.append([])
            tokens = length
        found[-1].append(place)
    return [np.array(chunk, dtype=np.int64) for chunk in found]


def _lengths(rows: Rows, padding: int) -> np.ndarray:
    """Return int64 [rows], the tokens of each; with ``padding`` the next multiple of it."""
    lengths = np.fromiter((len(row) for row in rows), dtype=np.int64, count=len(rows))
    return -(-lengths // padding) * padding if padding else lengths


def _computed(rows: Rows, padding: int) -> int:
    """Return how many tokens are computed of ``rows`` that go through the encoder together."""
    lengths = _lengths(rows, padding)
    return int(len(lengths) * lengths.max() if padding else lengths.sum())


def _random_state() -> tuple[torch.Tensor, torch.Tensor | None]:
    return torch.get_rng_state(), torch.cuda.get_rng_state() if torch.cuda.is_available() else None


def _set_random_state(state: tuple[torch.Tensor, torch.Tensor | None]) -> None:
    torch.set_rng_state(state[0])
    if state[1] is not None:
        torch.cuda.set_rng_state(state[1])
