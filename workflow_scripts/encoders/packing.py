"""Texts of unequal length laid end to end, without padding.

Texts are ordered by length, so that those of one length lie together: a *run* of n texts of l tokens is a
block [n, l] in which attention needs no mask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np


@dataclass(frozen=True)
class PackedTexts:
    """Token ids of n texts, shortest text first.

    ``ids`` and ``positions`` (from 0 in each text) are int64 [tokens]; ``runs`` are (texts, length) pairs in the order
    of the tokens; ``order`` is int64 [n]: the text that lies k-th is the caller's row ``order[k]``.
    """

    ids: np.ndarray
    positions: np.ndarray
    runs: list[tuple[int, int]]
    order: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[Sequence[int] | np.ndarray]) -> Self:
        """Pack at least one row, each of at least one token."""
        lengths = np.fromiter((len(row) for row in rows), dtype=np.int64, count=len(rows))
        order = np.argsort(lengths, kind="stable")
        ids = np.concatenate([np.asarray(rows[k], dtype=np.int64) for k in order])
        distinct, counts = np.unique(lengths, return_counts=True)
        runs = list(zip(counts.tolist(), distinct.tolist(), strict=True))
        positions = np.concatenate([np.tile(np.arange(length), texts) for texts, length in runs])
        return cls(ids, positions, runs, order)

    @property
    def places(self) -> np.ndarray:
        """Return int64 [n]: the place in the pack of each of the caller's rows."""
        places = np.empty_like(self.order)
        places[self.order] = np.arange(len(self.order))
        return places
