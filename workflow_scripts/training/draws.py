"""Random numbers that are functions of a key alone, and sampling proportional to size^tau.

Only the raw output of the Philox bit generator is used: NumPy guarantees that it never
changes, which it does not for the methods of ``Generator``.
"""

from collections.abc import Sequence
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


def shares(sizes: Sequence[int] | np.ndarray, tau: float) -> np.ndarray:
    """Return probabilities proportional to size^tau (tau 1: by size, 0: equal); a size of 0 keeps share 0.

    The exponential smoothing of multilingual BERT and XLM-R (arXiv 1911.02116, section 3.1).
    """
    sizes = np.asarray(sizes, dtype=np.float64)
    weights = np.where(sizes > 0, np.maximum(sizes, 1.0) ** tau, 0.0)
    return weights / weights.sum()


def choose(probabilities: np.ndarray, numbers: float | np.ndarray) -> np.ndarray:
    """Return the index that each uniform number falls on; an index of probability 0 is never chosen."""
    bounds = np.cumsum(probabilities)
    last = np.flatnonzero(probabilities)[-1]
    return np.minimum(np.searchsorted(bounds, numbers, side="right"), last)
