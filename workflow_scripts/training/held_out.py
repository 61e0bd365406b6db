"""How well a model does on pairs that it does not train on: loss and reciprocal rank within fixed batches."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import islice

import numpy as np
import torch

from workflow_scripts.data.errors import InputError
from workflow_scripts.training.batches import HybridBatches, SamplerSettings, SourcePairs
from workflow_scripts.training.gradient_cache import Rows, chunks
from workflow_scripts.training.losses import info_nce

_SEED = 0  # every run of a strategy is scored on the same batches


def is_held_out(group_ids: Sequence[str], share: float) -> np.ndarray:
    """Return which groups are held out, bool [n]: a ``share`` of all, a function of the id alone.

    So a group is held out in every language, strategy and seed, or in none.
    """
    digests = (blake2b(group.encode(), digest_size=8, person=b"held out").digest() for group in group_ids)
    numbers = np.array([int.from_bytes(digest, "big") for digest in digests], dtype=np.float64)
    return numbers < share * 2.0**64


class HeldOut:
    """Fixed batches of held-out pairs, drawn as the strategy draws its own."""

    def __init__(
        self,
        sources: Sequence[SourcePairs],
        sampler: SamplerSettings,
        alpha: float,
        count: int,
        chunk_tokens: int,
        padding: int = 0,
    ) -> None:
        """Draw ``count`` batches; raise InputError where the pairs cannot give those that alpha asks for.

        Texts go through the encoder in ``chunks`` of ``chunk_tokens`` tokens, ``padding`` included.
        """
        groups = len(np.unique(np.concatenate([source.groups for source in sources])))
        smaller = replace(sampler, batch_size=max(2, min(sampler.batch_size, groups)))
        try:
            batches = HybridBatches(sources, smaller, alpha, _SEED)
        except InputError as error:  # those that train may give them
            raise InputError(f"training.held_out: of the pairs held out: {error}, or hold out more") from None
        self._batches = list(islice(batches, count))
        self._chunk_tokens, self._padding = chunk_tokens, padding

    def scores(
        self,
        embed: Callable[[Rows], torch.Tensor],
        queries: Callable[[np.ndarray], Rows],
        passages: Callable[[np.ndarray], Rows],
        temperature: float,
    ) -> dict[str, float]:
        """Return the mean InfoNCE loss and the mean reciprocal rank of each query's passage among its batch's.

        ``queries`` and ``passages`` give token ids of text numbers. A passage of the query's group does not count;
        of equal scores the query's own passage comes last.
        """
        losses, ranks = [], []
        for batch in self._batches:
            groups = torch.from_numpy(batch.groups)
            sides = [self._vectors(embed, rows) for rows in (queries(batch.queries), passages(batch.passages))]
            losses.append(float(info_nce(*sides, groups, groups, temperature)))
            scores = sides[0] @ sides[1].T
            others = groups[:, None] != groups[None, :]
            ranks.append(1 + ((scores >= scores.diagonal()[:, None]) & others).sum(dim=1))
        return {
            "held_out_loss": sum(losses) / len(losses),
            "held_out_mrr": float((1 / torch.cat(ranks).double()).mean()),
        }

    def _vectors(self, embed: Callable[[Rows], torch.Tensor], rows: Rows) -> torch.Tensor:
        places = chunks(rows, self._chunk_tokens, self._padding)
        vectors = torch.cat([embed([rows[place] for place in chunk]) for chunk in places]).cpu()
        return torch.nn.functional.normalize(vectors[np.argsort(np.concatenate(places))], dim=1)
