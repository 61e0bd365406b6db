"""Per-query scores reduced to one value a query and language, ready to be resampled.

A language's mean is a macro mean: over the languages on the other side (one in monolingual and
multilingual retrieval), of the means over queries. Every such mean is written as a plain mean over
the queries of a *stratum*, so that bootstrap and randomisation are products of matrices.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Run(NamedTuple):
    """One system of one seed; ``pretraining`` names the model's pre-training where it has several, else is empty."""

    model: str
    strategy: str
    seed: int
    pretraining: str = ""


class System(NamedTuple):
    """What is compared: a model and a strategy, its seeds being repetitions."""

    model: str
    strategy: str


@dataclass(frozen=True)
class Stratum:
    """Queries that are resampled together: all of a parallel collection, else those of one language.

    ``columns`` [k] are the languages (by index) whose means these queries contribute to.
    ``contributions`` [runs, k, queries] are 0 where a query has no score; their mean over the queries
    is the language's mean (or its share of it, where several strata contribute).
    ``linearised`` [runs, k, queries] has the same means, but deviates from them as the mean itself does
    when a query gains weight: a query without a score for a language leaves its mean alone. Where every
    query has every score (all the usual collections), it is the same array.
    ``units`` [queries] numbers the sampling units from 0; None where every query is one (``sampling_units.py``).
    ``asked`` [k, queries] says which queries have a score for each language; None where all have.
    """

    name: str
    columns: np.ndarray
    contributions: np.ndarray
    linearised: np.ndarray
    units: np.ndarray | None = None
    asked: np.ndarray | None = None

    @property
    def queries(self) -> int:
        """How many queries the stratum has."""
        return self.contributions.shape[-1]

    @property
    def size(self) -> int:
        """How many sampling units the stratum has."""
        return self.queries if self.units is None else int(self.units.max()) + 1

    def unit_sizes(self, members: Sequence[int]) -> np.ndarray:
        """Return how many queries of each sampling unit have a score for any of some languages (by index), [units]."""
        rows = np.isin(self.columns, members)
        asked = np.full(self.queries, rows.any()) if self.asked is None else self.asked[rows].any(axis=0)
        return asked.astype(int) if self.units is None else np.bincount(self.units[asked], minlength=self.size)

    def unit_sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sums of ``values`` [..., queries] over each sampling unit, [..., units]."""
        if self.units is None:
            return values
        order = np.argsort(self.units, kind="stable")
        starts = np.searchsorted(self.units[order], np.arange(self.size))
        return np.add.reduceat(values[..., order], starts, axis=-1)


@dataclass(frozen=True)
class LanguageScores:
    """The scores of some runs by language; ``counts`` [languages] says how many queries each has."""

    runs: tuple[Run, ...]
    languages: tuple[str, ...]
    counts: np.ndarray
    strata: tuple[Stratum, ...]

    def means(self) -> np.ndarray:
        """Return the runs' means, [runs, languages]."""
        means = np.zeros((len(self.runs), len(self.languages)))
        for stratum in self.strata:
            means[:, stratum.columns] += stratum.contributions.mean(axis=-1)
        return means

    def units(self, members: Sequence[int]) -> int:
        """Return how many sampling units the queries of some languages (by index) are.

        One that they share, as those of a parallel collection do, counts once.
        """
        return sum(int((stratum.unit_sizes(members) > 0).sum()) for stratum in self.strata)

    def effective_units(self, language: int) -> float:
        """Return how many sampling units of equal size would tell as much of a language (by index) as its own do.

        (Σ n)² / Σ n² over units of n queries (Kish 1965, "Survey Sampling"): one unit that holds most of the queries
        decides their mean, however many others there are.
        """
        sizes = np.concatenate([stratum.unit_sizes([language]) for stratum in self.strata])
        return float(sizes.sum() ** 2 / (sizes**2).sum())

    def scatter_is_known(self, members: Sequence[int]) -> bool:
        """Return whether the queries of some languages can show how they scatter: one sampling unit of each cannot."""
        return any(self.units([member]) > 1 for member in members)

    def systems(self) -> dict[System, np.ndarray]:
        """Return each system's runs by index, systems in the order of their first run."""
        found: dict[System, list[int]] = {}
        for i, run in enumerate(self.runs):
            found.setdefault(System(run.model, run.strategy), []).append(i)
        return {system: np.array(rows) for system, rows in found.items()}


@dataclass(frozen=True)
class ReducedBlock:
    """One run's scores of one stratum, by language of one side; see ``Stratum`` for the two arrays."""

    columns: np.ndarray
    contributions: np.ndarray
    linearised: np.ndarray


def reduce_block(scores: np.ndarray, sides: np.ndarray, by_passage: bool) -> ReducedBlock:
    """Reduce one run's scores in one stratum to a value a query and language of one side.

    ``scores`` [query languages, passage languages, queries] is NaN where there is none. ``sides`` counts,
    for each language of the wanted side, the languages of the other side that it meets in the whole
    collection: the number of pair means in its macro mean.

    With N queries in the stratum, of which n have a score v for the pair (A, B), and k pairs in the
    macro mean, the contribution is the sum over pairs of v · N / (n · k).
    """
    present = ~np.isnan(scores)
    scored = present.sum(axis=-1)  # n of each pair
    weight = scores.shape[-1] / np.maximum(scored, 1)
    other = 0 if by_passage else 1
    met = scored.sum(axis=other) > 0
    values = np.where(present, scores, 0.0)
    means = values.sum(axis=-1) / np.maximum(scored, 1)
    contributions = (values * weight[..., None]).sum(axis=other)
    complete = bool((present | (scored == 0)[..., None]).all())
    linearised = contributions
    if not complete:
        centre = np.where(scored[..., None] > 0, means[..., None] * (1 - present * weight[..., None]), 0.0)
        linearised = contributions + centre.sum(axis=other)
    share = 1 / sides[met][:, None]
    contributions = contributions[met] * share
    return ReducedBlock(
        columns=np.flatnonzero(met),
        contributions=contributions,
        linearised=contributions if complete else linearised[met] * share,
    )
