"""Paired randomisation test by random sign flips.

Under the null hypothesis that two systems' labels could be exchanged query by query, the sign of
each query's difference is a coin toss (Fisher's randomisation test; for retrieval: Smucker, Allan
and Carterette 2007, "A Comparison of Statistical Significance Tests for Information Retrieval
Evaluation", CIKM).
"""

import numpy as np

from workflow_scripts.evaluation.analysis_settings import Statistics
from workflow_scripts.evaluation.bootstrap import weighted_sums
from workflow_scripts.evaluation.language_scores import LanguageScores, Stratum, System
from workflow_scripts.evaluation.random_stream import random_stream

_TIE = 1e-12  # of their size: two sums of the same numbers in another order are equal


def random_signs(units: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return ±1 with equal probability, [draws, units], int8."""
    bits = rng.integers(0, 256, size=(draws, (units + 7) // 8), dtype=np.uint8)
    return np.unpackbits(bits, axis=1, count=units).astype(np.int8) * 2 - 1


def p_value(observed: np.ndarray, flipped: np.ndarray, size: np.ndarray | float = 1.0) -> np.ndarray:
    """Return the two-sided p of ``observed`` [columns] given ``flipped`` [draws, columns]: (b + 1) / (n + 1).

    b counts draws at least as far from 0. The observed labelling is itself one of the n + 1, so p is
    never 0 (Phipson and Smyth 2010, "Permutation P-values Should Never Be Zero", SAGMB 9(1)). ``size`` [columns] is
    that of the means whose differences these are: ranks in the thousands are rounded more than shares.
    """
    as_far = np.abs(flipped) >= np.abs(observed) - _TIE * np.maximum(1, size)
    return (as_far.sum(axis=0) + 1) / (len(flipped) + 1)


class SignFlips:
    """Sign-flipped means of systems, one collection after another, with the same flips in every slice.

    Queries of one sampling unit flip together. The flipped difference of two systems is the difference of their flipped
    means, so any pair of systems is tested at the cost of a subtraction.
    """

    def __init__(self, statistics: Statistics) -> None:
        self.statistics = statistics
        self._signs: dict[tuple[str, str, int], np.ndarray] = {}
        self._collection = ""

    def system_flips(self, collection: str, scores: LanguageScores) -> dict[System, np.ndarray]:
        """Return each system's sign-flipped means by language, [draws, languages], scores averaged over seeds."""
        systems = scores.systems()
        flips = np.zeros((self.statistics.draws, len(systems), len(scores.languages)))
        for stratum in scores.strata:
            by_system = np.stack([stratum.contributions[rows].mean(axis=0) for rows in systems.values()])
            sums = weighted_sums(self._random_signs(collection, stratum), stratum.unit_sums(by_system))
            flips[:, :, stratum.columns] += sums / stratum.queries
        return {system: flips[:, i] for i, system in enumerate(systems)}

    def _random_signs(self, collection: str, stratum: Stratum) -> np.ndarray:
        if collection != self._collection:
            self._signs.clear()
            self._collection = collection
        key = (collection, stratum.name, stratum.size)
        if key not in self._signs:
            rng = random_stream(self.statistics.seed, "signs", collection, stratum.name)
            self._signs[key] = random_signs(stratum.size, self.statistics.draws, rng)
        return self._signs[key]
