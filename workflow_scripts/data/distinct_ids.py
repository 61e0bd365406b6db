"""Whether ids stand twice among any number of them, in 8 bytes of memory an id (16 at the end)."""

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from workflow_scripts.data.errors import InputError

_AT_ONCE = 65_536
# One multiplier a place of a byte, 256 of them; longer ids start over. Equal hashes only raise a suspicion.
_MULTIPLIERS = np.random.default_rng(0).integers(0, 2**64, size=256, dtype=np.uint64) | np.uint64(1)


class DistinctIds:
    """Takes note of ids as they pass, by their hashes; where two of these are equal, a second reading decides."""

    def __init__(self) -> None:
        """Begin without any."""
        self._waiting: list[str] = []
        self._hashes: list[np.ndarray] = []

    def add(self, name: str) -> None:
        """Take note of one id."""
        self._waiting.append(name)
        if len(self._waiting) == _AT_ONCE:
            self._hash_waiting()

    def add_array(self, ids: pa.StringArray) -> None:
        """Take note of many ids."""
        self._hashes.append(id_hashes(ids))

    def check(self, what: str, places: Callable[[], Iterator[tuple[str, str]]]) -> None:
        """Raise InputError, with both places, for an id that stands twice; none is kept afterwards.

        ``places`` reads again where each id stands, and the id, in the same order; ``what`` is what ids are called.
        """
        self._hash_waiting()
        ordered = np.concatenate(self._hashes or [np.empty(0, np.uint64)])
        self._hashes = []
        ordered.sort()
        suspects = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        if not len(suspects):
            return
        first: dict[str, str] = {}
        for place, name in places():
            if not np.isin(id_hashes(pa.array([name], pa.string())), suspects).any():
                continue
            if name in first:
                raise InputError(f"{place}: {what} {name!r} stands already in {first[name]}")
            first[name] = place

    def _hash_waiting(self) -> None:
        if self._waiting:
            self._hashes.append(id_hashes(pa.array(self._waiting, pa.string())))
        self._waiting = []


def id_hashes(ids: pa.StringArray) -> np.ndarray:
    """Return a 64-bit hash of each id, the same in every process: a sum of bytes times multipliers.

    >>> first, other, again = id_hashes(pa.array(["1#0", "1#1", "1#0"]))
    >>> bool(first == again), bool(first == other)
    (True, False)
    """
    _, offsets, data = ids.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[ids.offset : ids.offset + len(ids) + 1]
    lengths = np.diff(ends)
    content = np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[-1]] if data else np.empty(0, np.uint8)
    places = np.arange(len(content), dtype=np.int32) - np.repeat(ends[:-1] - ends[0], lengths)
    summands = (content.astype(np.uint64) + np.uint64(1)) * _MULTIPLIERS[places.astype(np.uint8)]
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(summands, dtype=np.uint64)])
    return sums[ends[1:] - ends[0]] - sums[ends[:-1] - ends[0]]
