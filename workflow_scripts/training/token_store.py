"""Token ids of many texts in one flat array."""

from collections.abc import Iterable, Sequence

import numpy as np


class TokenStore:
    """Rows of token ids of unequal length: int32 ids end to end and int64 offsets [rows + 1]."""

    def __init__(self, rows: Iterable[Sequence[int]]) -> None:
        rows = list(rows)
        lengths = np.fromiter((len(row) for row in rows), dtype=np.int64, count=len(rows))
        self.offsets = np.concatenate([[0], np.cumsum(lengths)])
        self.ids = np.fromiter((token for row in rows for token in row), dtype=np.int32, count=int(self.offsets[-1]))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def padded(self, rows: np.ndarray, pad_id: int) -> tuple[np.ndarray, np.ndarray]:
        """Return ids and attention mask of ``rows`` [n], both int64 [n, longest of these rows], padded on the right."""
        starts, ends = self.offsets[rows], self.offsets[rows + 1]
        columns = np.arange((ends - starts).max(initial=0))
        mask = columns < (ends - starts)[:, None]
        ids = np.full(mask.shape, pad_id, dtype=np.int64)
        ids[mask] = self.ids[(starts[:, None] + columns)[mask]]
        return ids, mask.astype(np.int64)
