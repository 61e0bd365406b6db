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

    def rows(self, numbers: np.ndarray) -> list[np.ndarray]:
        """Return the token ids of each of ``numbers`` [n], views of the flat array."""
        starts, ends = self.offsets[numbers].tolist(), self.offsets[numbers + 1].tolist()
        return [self.ids[start:end] for start, end in zip(starts, ends, strict=True)]
