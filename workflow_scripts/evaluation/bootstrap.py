"""Hierarchical bootstrap of means over languages, seeds and queries, as products of matrices.

Queries and seeds are crossed: every seed's model answers the same queries. A draw moves a system's
mean by what resampled queries change (in its scores averaged over seeds) plus what resampled seeds
change (in its runs' means). Multiplying both weights instead would count the interaction of query and seed
three times (Owen 2007, "The pigeonhole bootstrap", Annals of Applied Statistics 1(2));
the sum counts it at most twice. Where a model was pre-trained several times, the pre-trainings take the place of
the seeds. ``docs/statistics.md`` has the definitions and the measured coverage.
"""

import numpy as np

from workflow_scripts.evaluation.analysis_settings import Statistics
from workflow_scripts.evaluation.language_scores import LanguageScores, Stratum, System
from workflow_scripts.evaluation.random_stream import random_stream

_BLOCK = 1024  # draws in one matrix product, which bounds the memory of the weights as floats


def resampling_counts(size: int, taken: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often each of ``size`` units is among ``taken`` <= ``size`` drawn with replacement, [draws, size].

    One byte holds them: that one unit is drawn 256 times has a probability below 1 / 256! for every size.
    """
    counts = np.empty((draws, size), dtype=np.uint8)
    step = max(1, _BLOCK * 1000 // max(size, taken, 1))
    for start in range(0, draws, step):
        rows = min(step, draws - start)
        cells = rng.integers(0, size, size=(rows, taken)) + np.arange(rows)[:, None] * size
        counts[start : start + rows] = np.bincount(cells.ravel(), minlength=rows * size).reshape(rows, size)
    return counts


def seed_weights(seeds: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return the weights of a system's seeds, [draws, seeds], each row summing to 1.

    Of n >= 2 seeds, n - 1 are drawn: drawing n would give a variance that is too small by (n - 1) / n, half of
    it for two seeds (McCarthy and Snowden 1985, "The bootstrap and finite population sampling";
    Rao and Wu 1988, JASA 83(401)).
    """
    return resampling_counts(seeds, seeds - 1, draws, rng) / (seeds - 1)


def pretraining_weights(pretrainings: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return weights of n >= 2 pre-trainings, [draws, n], each row summing to 0.

    Applied to the pre-trainings' means m, a row gives s / √n times a draw of Student's t with n - 1 degrees of freedom,
    where s is their standard deviation: the classical interval of a mean. Pre-trainings are too few to be
    resampled: three of them cover too little (``docs/statistics.md``). The same row may weigh the means of several
    systems, and each linear combination of these, a difference or a slope, gets its own t. The later
    half of the rows is the earlier's negative: t is symmetric, and so are then the few draws that lie far out.
    """
    half = (draws + 1) // 2
    normal = rng.standard_normal((half, pretrainings))
    normal -= normal.mean(axis=1, keepdims=True)
    scale = np.sqrt(rng.chisquare(pretrainings - 1, half) / (pretrainings - 1))
    normal, scale = np.concatenate([normal, -normal])[:draws], np.concatenate([scale, scale])[:draws]
    return normal / (np.sqrt(pretrainings * (pretrainings - 1)) * scale)[:, None]


def interval(draws: np.ndarray, confidence: float, known: np.ndarray | bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Return the percentile interval's ends along the first axis of ``draws`` [draws, …]; NaN where not ``known`` […].

    Efron and Tibshirani 1993, "An Introduction to the Bootstrap", section 13.3. Of a single observation all draws are
    equal, which would look like certainty: nothing is known of its scatter (``LanguageScores.scatter_is_known``).
    """
    tail = (1 - confidence) / 2
    # Each statistic's draws contiguous: selecting its order statistics is several times faster.
    low, high = np.quantile(np.ascontiguousarray(np.moveaxis(draws, 0, -1)), [tail, 1 - tail], axis=-1)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def weighted_sums(weights: np.ndarray, stratum_values: np.ndarray) -> np.ndarray:
    """Return Σ_q weights[d, q] · values[…, q] for every draw d, [draws, …], in blocks of draws."""
    shape = stratum_values.shape
    flat = stratum_values.reshape(-1, shape[-1]).T
    sums = np.empty((len(weights), flat.shape[1]))
    for start in range(0, len(weights), _BLOCK):
        sums[start : start + _BLOCK] = weights[start : start + _BLOCK].astype(np.float64) @ flat
    return sums.reshape(len(weights), *shape[:-1])


def pretraining_means(scores: LanguageScores, rows: np.ndarray, run_means: np.ndarray) -> np.ndarray:
    """Return the means of a system's pre-trainings, [pre-trainings, languages], each over its runs, by name."""
    members: dict[str, list[int]] = {}
    for row in rows:
        members.setdefault(scores.runs[row].pretraining, []).append(row)
    return np.stack([run_means[members[name]].mean(axis=0) for name in sorted(members)])


class Bootstrap:
    """Draws of systems' means for one collection after another, with the same resampled queries in every slice.

    Queries of one sampling unit are drawn together. All systems share the resampled queries, so the difference of two
    systems' draws is the draw of their paired difference. Seeds are resampled for each system by itself; a model's
    pre-trainings for all its strategies together, since these start from the same weights.
    """

    def __init__(self, statistics: Statistics) -> None:
        self.statistics = statistics
        self._weights: dict[tuple[str, str, int], np.ndarray] = {}
        self._collection = ""

    def system_draws(self, collection: str, scores: LanguageScores) -> dict[System, np.ndarray]:
        """Return each system's resampled means by language, [draws, languages]."""
        systems, run_means = scores.systems(), scores.means()
        draws = np.zeros((self.statistics.draws, len(systems), len(scores.languages)))
        for stratum in scores.strata:
            by_system = np.stack([stratum.linearised[rows].mean(axis=0) for rows in systems.values()])
            # About the means: units of different sizes change how many queries a draw has.
            means = by_system.mean(axis=-1)
            deviations = stratum.unit_sums(by_system - means[..., None])
            sums = weighted_sums(self._unit_weights(collection, stratum), deviations)
            taken = max(1, stratum.size - 1)
            draws[:, :, stratum.columns] += means + sums * (stratum.size / (taken * stratum.queries))
        for i, (system, rows) in enumerate(systems.items()):
            pretrained = pretraining_means(scores, rows, run_means)
            if len(pretrained) > 1:
                rng = random_stream(self.statistics.seed, "pretrainings", system.model)
                draws[:, i] += pretraining_weights(len(pretrained), self.statistics.draws, rng) @ pretrained
            elif len(rows) > 1:
                rng = random_stream(self.statistics.seed, "seeds", *system)
                weights = seed_weights(len(rows), self.statistics.draws, rng)
                draws[:, i] += (weights - 1 / len(rows)) @ run_means[rows]
        return {system: draws[:, i] for i, system in enumerate(systems)}

    def group_draws(self, collection: str, group: str, members: list[int], draws: np.ndarray) -> np.ndarray:
        """Return the draws of the mean over a group's languages (``members`` by index), [draws].

        ``draws`` is [draws, languages]. Where the statistics say so, the languages are resampled too.
        """
        if not self.statistics.resample_languages or len(members) == 1:
            return draws[:, members].mean(axis=1)
        rng = random_stream(self.statistics.seed, "languages", collection, group)
        weights = resampling_counts(len(members), len(members) - 1, len(draws), rng) / (len(members) - 1)
        return (draws[:, members] * weights).sum(axis=1)

    def _unit_weights(self, collection: str, stratum: Stratum) -> np.ndarray:
        if collection != self._collection:
            self._weights.clear()
            self._collection = collection
        key = (collection, stratum.name, stratum.size)
        if key not in self._weights:
            rng = random_stream(self.statistics.seed, "queries", collection, stratum.name)
            # n - 1 of n, as of seeds: n would make the variance too small by (n - 1) / n.
            self._weights[key] = resampling_counts(stratum.size, max(1, stratum.size - 1), self.statistics.draws, rng)
        return self._weights[key]
