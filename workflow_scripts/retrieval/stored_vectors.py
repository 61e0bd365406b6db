"""fp16 matrices on disk, read a block or some rows at a time: what was read does not stay resident."""

import mmap
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from workflow_scripts.data.errors import InputError

# Rows that are nearer to each other than this, in the mean, are read with what lies between them: a page of a memory
# map costs more to bring in than some rows that nobody wants cost to read.
_NEAR = 4


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
            raise InputError(f"{path}: not a readable matrix ({error}); remove its folder and rerun encode") from None
        if matrix.dtype != np.float16 or matrix.shape != shape or not matrix.flags.c_contiguous:
            raise InputError(
                f"{path}: is {matrix.dtype} {matrix.shape}, its index says float16 {shape}; remove its folder and "
                "rerun encode"
            )
        self._path = path
        self._row_bytes = 2 * shape[1]
        self._start = matrix.offset + first * self._row_bytes if rows else 0
        self._rows = np.zeros((0, shape[1]), dtype=np.float16)
        if rows:
            self._file = open(path, "rb", buffering=0)  # noqa: SIM115
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
            values = np.frombuffer(self._map, np.float16, rows * shape[1], self._start)
            self._rows = values.reshape(rows, shape[1])

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return a copy of a slice without step, or of the rows of the given numbers."""
        if isinstance(rows, slice):
            return self._read(*rows.indices(len(self))[:2])
        if not len(rows):
            return self._rows[:0].copy()
        low, high = int(rows.min()), int(rows.max()) + 1
        if high - low <= _NEAR * len(rows):
            return self._read(low, high)[rows - low]
        found = self._rows[rows]
        self._release(low, high)
        return found

    def _read(self, low: int, high: int) -> np.ndarray:
        found = np.empty((max(0, high - low), self._rows.shape[1]), dtype=np.float16)
        rest, at = memoryview(found).cast("B") if found.size else b"", self._start + low * self._row_bytes
        while len(rest):
            count = os.preadv(self._file.fileno(), [rest], at)
            if not count:
                raise InputError(f"{self._path}: has become shorter while it was read; run encode again")
            rest, at = rest[count:], at + count
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
            first, last = np.searchsorted(self._starts, low, side="right") - 1, np.searchsorted(self._starts, high)
            spans = zip(self._pieces[first:last], self._starts[first:last].tolist(), strict=False)
            found = [piece[max(0, low - start) : high - start] for piece, start in spans]
            # Nearly always of one piece, which then is not copied again.
            return found[0] if len(found) == 1 else np.concatenate([self._pieces[0][:0], *found])
        piece_of = np.searchsorted(self._starts, rows, side="right") - 1
        found = np.empty((len(rows), self._pieces[0][:0].shape[1]), dtype=np.float16)
        for i in np.unique(piece_of):
            mine = piece_of == i
            found[mine] = self._pieces[i][rows[mine] - self._starts[i]]
        return found
