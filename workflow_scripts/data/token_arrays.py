"""Token ids of many texts: one flat array and its offsets, on disk and mapped into memory by every job that reads them.

A column ``<name>`` of texts is two files: ``<name>.ids.npy``, the ids end to end in the smallest unsigned type that
holds the vocabulary, and ``<name>.offsets.npy``, int64 [texts + 1], where text i is ``ids[offsets[i]:offsets[i + 1]]``.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.npy_stream import NpyStream


@dataclass(frozen=True)
class TokenArrays:
    """``ids`` [tokens] and ``offsets`` int64 [texts + 1]."""

    ids: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of(cls, rows: Iterable[Sequence[int]]) -> Self:
        """Return the arrays of ``rows`` in memory, int32."""
        rows = list(rows)
        lengths = np.fromiter((len(row) for row in rows), dtype=np.int64, count=len(rows))
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        return cls(
            np.fromiter((token for row in rows for token in row), dtype=np.int32, count=int(offsets[-1])), offsets
        )

    @classmethod
    def open(cls, folder: str | Path, name: str) -> Self:
        """Map column ``name`` of ``folder``; raise InputError where it is missing or not such a column."""
        ids, offsets = open_array(Path(folder) / f"{name}.ids.npy"), open_array(Path(folder) / f"{name}.offsets.npy")
        if len(offsets) < 1 or offsets[-1] != len(ids):
            raise InputError(f"{folder}: {name}.offsets.npy does not fit {name}.ids.npy; remove the folder and rerun")
        return cls(ids, offsets)

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.offsets) - 1

    def lengths(self) -> np.ndarray:
        """Return int64 [texts], the tokens of each."""
        return np.diff(self.offsets)

    def rows(self, numbers: np.ndarray) -> list[np.ndarray]:
        """Return the token ids of each of ``numbers`` [n], views of the flat array."""
        starts, ends = self.offsets[numbers].tolist(), self.offsets[numbers + 1].tolist()
        return [self.ids[start:end] for start, end in zip(starts, ends, strict=True)]


class JoinedTokens:
    """Several token arrays counted through: text ``starts[k] + i`` is text i of the k-th."""

    def __init__(self, arrays: Sequence[TokenArrays]) -> None:
        """Join ``arrays``, which stay where they are."""
        self._arrays = list(arrays)
        self.starts = np.cumsum([0, *map(len, self._arrays)])

    def __len__(self) -> int:
        """Return the number of texts."""
        return int(self.starts[-1])

    def rows(self, numbers: np.ndarray) -> list[np.ndarray]:
        """Return the token ids of each of ``numbers`` [n], views of the arrays."""
        places = np.searchsorted(self.starts, numbers, side="right") - 1
        found: list[np.ndarray] = [self._arrays[0].ids[:0]] * len(numbers)
        for place in np.unique(places).tolist():
            mine = np.flatnonzero(places == place)
            rows = self._arrays[place].rows(np.asarray(numbers)[mine] - self.starts[place])
            for number, row in zip(mine.tolist(), rows, strict=True):
                found[number] = row
        return found


class TokenWriter:
    """Write a column of token arrays, text by text, in bounded memory; use it in a ``with`` block."""

    def __init__(self, folder: str | Path, name: str, vocabulary: int) -> None:
        """Write column ``name`` into ``folder``; ids are below ``vocabulary``."""
        self._files = ExitStack()
        kind = np.min_scalar_type(vocabulary - 1)
        self._ids = self._files.enter_context(NpyStream(Path(folder) / f"{name}.ids.npy", kind))
        self._offsets = self._files.enter_context(NpyStream(Path(folder) / f"{name}.offsets.npy", np.int64))
        self._offsets.append(np.zeros(1, dtype=np.int64))
        self.texts = 0

    @property
    def tokens(self) -> int:
        """Return the number of ids written so far."""
        return self._ids.length

    def append(self, rows: Sequence[Sequence[int]]) -> None:
        """Write the ids of some texts."""
        more = TokenArrays.of(rows)
        self._offsets.append(more.offsets[1:] + self._ids.length)
        self._ids.append(more.ids)
        self.texts += len(more)

    def __enter__(self) -> Self:
        """Return the writer itself."""
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Complete both files."""
        self._files.__exit__(kind, error, trace)


def open_array(path: str | Path) -> np.ndarray:
    """Map a one-dimensional ``.npy`` array of integers; raise InputError where it is missing or another thing."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, EOFError, ValueError) as error:
        raise InputError(f"{path}: not a readable array ({error}); remove its folder and rerun") from None
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InputError(f"{path}: is {array.dtype} {array.shape}, not a row of integers; remove its folder and rerun")
    return array
