"""A set of 64-bit hashes in a table of bits: fixed memory, no hash is missed, few that are not in it seem to be."""

from math import ceil, log2

import numpy as np

_SMALLEST, _LARGEST = 20, 35  # binary logarithm of the bits: 128 KB, 4 GB
_BITS_A_HASH = 32


class BitFilter:
    """A Bloom filter (Bloom 1970) of two bits a hash.

    Made for the number of hashes expected, it takes others for its own with probability 0.4 %; with n times as many,
    n squared times as often. Beyond 4 GB (a thousand million hashes) it does not grow.
    """

    def __init__(self, expected: int) -> None:
        """Make an empty table for ``expected`` hashes."""
        self._width = min(_LARGEST, max(_SMALLEST, ceil(log2(max(1, expected) * _BITS_A_HASH))))
        self._table = np.zeros(1 << (self._width - 3), np.uint8)

    def add(self, hashes: np.ndarray) -> None:
        """Put hashes (uint64, random in every bit) into the set."""
        for place, bit in self._bits(hashes):
            # Of hashes that share a byte, one assignment keeps the last: again for those whose bit is still missing.
            while len(place):
                self._table[place] |= bit
                missing = self._table[place] & bit == 0
                place, bit = place[missing], bit[missing]

    def seen(self, hashes: np.ndarray) -> np.ndarray:
        """Return for each hash whether it may be in the set (False is certain)."""
        found = np.ones(len(hashes), bool)
        for place, bit in self._bits(hashes):
            found &= self._table[place] & bit != 0
        return found

    def _bits(self, hashes: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return byte and bit of both positions, which the upper and the lower bits of a hash say."""
        positions = (hashes >> np.uint64(64 - self._width), hashes & np.uint64((1 << self._width) - 1))
        return [
            ((at >> np.uint64(3)).astype(np.int64), np.uint8(1) << (at & np.uint64(7)).astype(np.uint8))
            for at in positions
        ]
