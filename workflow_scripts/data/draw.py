"""Drawing rows by a hash of their ids: the same rows whatever the order of the file, in bounded memory."""

from collections.abc import Iterable
from hashlib import blake2b
from heapq import heappush, heappushpop

import numpy as np


def hash_of(key: str, seed: int) -> int:
    """Return 64 bits that decide where ``key`` stands in the order of draws of ``seed``."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8, salt=seed.to_bytes(8, "little")).digest(), "little")


def draw_keys(keys: Iterable[str], number: int, seed: int) -> set[str]:
    """Return the ``number`` distinct keys of the least hash (all, where there are fewer).

    Memory: that of the keys drawn. A smaller number draws a subset of a larger one.
    """
    largest: list[tuple[int, str]] = []  # a heap of negated hashes
    drawn: set[str] = set()
    for key in keys:
        if key in drawn:
            continue
        entry = (-hash_of(key, seed), key)
        if len(drawn) < number:
            heappush(largest, entry)
            drawn.add(key)
        elif entry > largest[0]:
            drawn.discard(heappushpop(largest, entry)[1])
            drawn.add(key)
    return drawn


def mix(values: np.ndarray) -> np.ndarray:
    """Return 64-bit hashes of 64-bit values (the finaliser of splitmix64: a bijection, so none collide)."""
    mixed = values.astype(np.uint64)
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
