"""Hard negatives: passages that the source holds to be near a question and wrong for it."""

from dataclasses import dataclass

import numpy as np

from workflow_scripts.data.keyed_random import uniforms
from workflow_scripts.training.batches import Batch, SourcePairs

UNKNOWN_GROUP = -1  # no example's: a negative of it is masked for nobody


@dataclass(frozen=True)
class HardNegatives:
    """The hard negatives of every row of PAIRS, in the language of the row's passage.

    Those of row r are ``texts[offsets[r]:offsets[r + 1]]``, numbers of passages; ``groups`` [passages] is the group
    whose passage a text is, ``UNKNOWN_GROUP`` where it is no pair's. All int64.
    """

    offsets: np.ndarray
    texts: np.ndarray
    groups: np.ndarray

    def of(
        self, batch: Batch, sources: list[SourcePairs], count: int, seed: int, k: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return texts and groups, int64 [m] each, of at most ``count`` negatives for each example of batch ``k``.

        An example with more has ``count`` of them, drawn anew in each batch; a function of the batch, seed and k.
        """
        rows = np.array(
            [
                sources[source].rows[lang, pair]
                for source, lang, pair in zip(batch.sources, batch.passage_langs, batch.pairs, strict=True)
            ]
        )
        starts, counts = self.offsets[rows], self.offsets[rows + 1] - self.offsets[rows]
        if not counts.any():
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        numbers = uniforms((len(rows), int(counts.max())), "negatives", seed, k)
        numbers[np.arange(numbers.shape[1]) >= counts[:, None]] = 2.0  # beyond an example's own: drawn last
        drawn = np.argsort(numbers, axis=1, kind="stable")[:, :count]
        own = np.arange(drawn.shape[1]) < np.minimum(counts, count)[:, None]
        texts = self.texts[(starts[:, None] + drawn)[own]]
        return texts, self.groups[texts]
