"""Random numbers that are functions of a key alone.

Only the raw output of the Philox bit generator is used: NumPy guarantees that it never
changes, which it does not for the methods of ``Generator``.
"""

from hashlib import blake2b

import numpy as np


def _raw(count: int, *key: str | int) -> np.ndarray:
    digest = blake2b("\0".join(map(str, key)).encode(), digest_size=16).digest()
    return np.random.Philox(key=int.from_bytes(digest, "little")).random_raw(count)


def uniforms(shape: int | tuple[int, ...], *key: str | int) -> np.ndarray:
    """Return float64 numbers in [0, 1), a function of shape and key alone."""
    count = int(np.prod(shape))
    return ((_raw(count, *key) >> np.uint64(11)) * 2.0**-53).reshape(shape)


def permutation(count: int, *key: str | int) -> np.ndarray:
    """Return a permutation of ``range(count)`` as int64, a function of count and key alone."""
    return np.argsort(_raw(count, *key), kind="stable")
