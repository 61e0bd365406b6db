"""Holm's correction of a family of p-values."""

import numpy as np


def holm(p: np.ndarray) -> np.ndarray:
    """Return the adjusted p-values [tests], in the order of ``p``.

    Rejecting those at or below α keeps the chance of any false rejection in the family at or below α,
    however the tests depend on each other (Holm 1979, "A Simple Sequentially Rejective Multiple Test
    Procedure", Scandinavian Journal of Statistics 6(2)).
    """
    p = np.asarray(p, dtype=float)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
