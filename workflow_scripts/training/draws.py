"""Sampling proportional to size^tau."""

from collections.abc import Sequence

import numpy as np


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
