"""fp16 matrices on disk, read a block or some rows at a time: what was read does not stay resident."""

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from workflow_scripts.data.errors import InputError


class VectorRows(Protocol):
    """Rows of an fp16 matrix: an array, or one of the classes below."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return a slice, or the rows of the given numbers, as an array [n, d]."""


class StoredVectors:
    """Rows ``first``, …, ``first + rows − 1`` of the ``.npy`` file ``path``."""

    def __init__(self, path: Path, shape: tuple[int, int], first: int, rows: int) -> None:
        """Open the file; raise InputError where it does not hold a whole fp16 matrix of ``shape``."""
        try:
            matrix = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: not a readable matrix ({error}); run encode again") from None
        if matrix.dtype != np.float16 or matrix.shape != shape or not matrix.flags.c_contiguous:
            raise InputError(
                f"{path}: is {matrix.dtype} {matrix.shape}, its index says float16 {shape}; run index again"
            )
        self._row_bytes = 2 * shape[1]
        self._start = matrix.offset + first * self._row_bytes if rows else 0
        self._rows = np.zeros((0, shape[1]), dtype=np.float16)
        if rows:
            with open(path, "rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            values = np.frombuffer(self._map, np.float16, rows * shape[1], self._start)
            self._rows = values.reshape(rows, shape[1])

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return a copy of a slice without step, or of the rows of the given numbers; their pages are let go."""
        found = np.array(self._rows[rows])
        if len(found):
            low, high = rows.indices(len(self))[:2] if isinstance(rows, slice) else (rows.min(), rows.max() + 1)
            self._release(int(low), int(high))
        return found

    def _release(self, low: int, high: int) -> None:
        # The pages stay in the system's file cache; they no longer count as this process's memory.
        begin = self._start + low * self._row_bytes
        begin -= begin % mmap.PAGESIZE
        self._map.madvise(mmap.MADV_DONTNEED, begin, self._start + high * self._row_bytes - begin)


class StackedVectors:
    """Several matrices' rows one after the other: a language that is spread over several parts."""

    def __init__(self, pieces: Sequence[VectorRows]) -> None:
        """Take the pieces in order."""
        self._pieces = pieces
        self._starts = np.cumsum([0, *map(len, pieces)])

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self._starts[-1])

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return a slice without step, or the rows of the given numbers."""
        if isinstance(rows, slice):
            low, high = rows.indices(len(self))[:2]
            spans = zip(self._pieces, self._starts, strict=False)
            return np.concatenate([piece[max(0, low - first) : max(0, high - first)] for piece, first in spans])
        piece_of = np.searchsorted(self._starts, rows, side="right") - 1
        found = np.empty((len(rows), self._pieces[0][:0].shape[1]), dtype=np.float16)
        for i in np.unique(piece_of):
            mine = piece_of == i
            found[mine] = self._pieces[i][rows[mine] - self._starts[i]]
        return found
