"""Scores of some queries against some passages of one language, and which of them may matter."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Chosen:
    """The pairs of a block whose scores reach their query's floor.

    ``floors`` [q] are the floors; ``places`` [n] of the pairs, ascending, in the block's scores laid out flat.
    """

    floors: np.ndarray
    places: np.ndarray


# first query, scores [q, p], their error → the pairs that may matter
Choose = Callable[[int, np.ndarray, float], Chosen]


@dataclass(frozen=True)
class ScoredBlock:
    """float32 ``scores`` [q, p] of some queries against some passages of one language.

    They are of the queries ``first_query``, … as they were asked for and the passages from row ``first_passage`` on,
    and at most ``error`` off the scores of ``score_pairs``. ``chosen`` is what a scan's ``choose`` said of them. The
    array may be written over when the next block is asked for.
    """

    first_query: int
    first_passage: int
    scores: np.ndarray
    error: float
    chosen: Chosen
