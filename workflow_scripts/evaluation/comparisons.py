"""Paired differences of systems: interval, effect size, randomisation test, detectable difference.

Definitions and sources are in ``docs/statistics.md``.
"""

import logging
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from statistics import NormalDist

import numpy as np

from workflow_scripts.data.errors import InputError
from workflow_scripts.evaluation.analysis_settings import AnalysisSettings
from workflow_scripts.evaluation.bootstrap import Bootstrap, interval
from workflow_scripts.evaluation.groups import Group, language_groups, named_groups
from workflow_scripts.evaluation.holm import holm
from workflow_scripts.evaluation.language_scores import LanguageScores, System
from workflow_scripts.evaluation.power import detectable_difference
from workflow_scripts.evaluation.randomisation import SignFlips, p_value
from workflow_scripts.evaluation.score_files import ScoreSlice
from workflow_scripts.reporting.few_draws import fewest_draws

_log = logging.getLogger(__name__)

BM25 = System("bm25", "bm25")
_ROUNDING = 1e-12


@dataclass
class Comparison:
    """One row of comparisons.csv: ``strategy`` - ``baseline`` of one model in one group of languages."""

    collection: str
    setting: str
    metric: str
    model: str
    group: str
    languages: str  # of the group, those that the slice has scores for; by a space apart
    strategy: str
    baseline: str
    queries: int
    units: int
    difference: float
    low: float
    high: float
    effect: float
    effect_low: float
    effect_high: float
    p: float
    p_holm: float
    detectable: float


COLUMNS = tuple(field.name for field in fields(Comparison))


def compared_systems(systems: Iterable[System], strategy: str, baselines: Iterable[str]) -> list[tuple[System, System]]:
    """Return (system, baseline) of every model that has both; the baseline ``bm25`` is BM25 for every model."""
    systems = list(systems)
    models = list(dict.fromkeys(system.model for system in systems))
    pairs = []
    for baseline in baselines:
        for model in models:
            ours, theirs = System(model, strategy), BM25 if baseline == BM25.strategy else System(model, baseline)
            if ours in systems and theirs in systems:
                pairs.append((ours, theirs))
    return pairs


def all_pairs(systems: Iterable[System]) -> list[tuple[System, System]]:
    """Return every two systems of one model, in their order."""
    systems = list(systems)
    return [(a, b) for i, a in enumerate(systems) for b in systems[i + 1 :] if a.model == b.model]


class PairedComparisons:
    """Compares pairs of systems in one slice after another; all pairs share resampled queries and sign flips."""

    def __init__(self, settings: AnalysisSettings) -> None:
        self._settings = settings
        self._bootstrap = Bootstrap(settings.statistics)
        self._flips = SignFlips(settings.statistics)

    def compare(self, part: ScoreSlice, pairs: list[tuple[System, System]]) -> list[Comparison]:
        """Return the comparisons of ``pairs`` in every group and language of a slice; ``p_holm`` is still NaN."""
        scores = part.by_query
        groups = named_groups(self._settings.collection(part.collection), scores.languages)
        groups += language_groups(scores.languages)
        draws = self._grouped(part, groups, self._bootstrap.system_draws(part.collection, scores), fixed=False)
        flips = self._grouped(part, groups, self._flips.system_flips(part.collection, scores), fixed=True)
        means, rows = scores.means(), scores.systems()
        units = [scores.units(group.members) for group in groups]
        known = np.array([scores.scatter_is_known(group.members) for group in groups])
        found = []
        for ours, theirs in pairs:
            by_language = means[rows[ours]].mean(axis=0) - means[rows[theirs]].mean(axis=0)
            variance = difference_variance(scores, rows[ours], rows[theirs])
            difference = np.array([by_language[group.members].mean() for group in groups])
            deviation = np.sqrt([mean_variance(variance, scores.counts, group.members) for group in groups])
            deviation[deviation < _ROUNDING] = np.nan  # no query differs, or all differ alike but for rounding
            drawn = draws[ours] - draws[theirs]
            low, high = interval(drawn, self._settings.statistics.confidence, known)
            error = np.where(known, self._standard_error(drawn, low, high), np.nan)
            error[error < _ROUNDING] = np.nan  # no query differs
            both = np.abs(means[np.concatenate([rows[ours], rows[theirs]])])
            size = np.array([both[:, group.members].max() for group in groups])
            p = p_value(difference, flips[ours] - flips[theirs], size)
            for i, group in enumerate(groups):
                found.append(
                    Comparison(
                        collection=part.collection,
                        setting=part.setting,
                        metric=part.metric,
                        model=ours.model,
                        group=group.name,
                        languages=" ".join(group.languages),
                        strategy=ours.strategy,
                        baseline=theirs.strategy,
                        queries=int(scores.counts[group.members].sum()),
                        units=units[i],
                        difference=float(difference[i]),
                        low=float(low[i]),
                        high=float(high[i]),
                        effect=float(difference[i] / deviation[i]),
                        effect_low=float(low[i] / deviation[i]),
                        effect_high=float(high[i] / deviation[i]),
                        p=float(p[i]),
                        p_holm=float("nan"),
                        detectable=detectable_difference(float(error[i]), self._settings.statistics.confidence),
                    )
                )
        return found

    def _standard_error(self, drawn: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Return the draws' standard deviation; with several pre-trainings, whose t may have none, by the interval."""
        if not self._settings.replicates:
            return drawn.std(axis=0, ddof=1)
        return (high - low) / (2 * NormalDist().inv_cdf(0.5 + self._settings.statistics.confidence / 2))

    def _grouped(
        self, part: ScoreSlice, groups: list[Group], draws: dict[System, np.ndarray], *, fixed: bool
    ) -> dict[System, np.ndarray]:
        """Return draws by group, [draws, groups], of draws by language; languages stay as they are if ``fixed``."""
        grouped = {}
        for system, by_language in draws.items():
            columns = [
                by_language[:, group.members].mean(axis=1)
                if fixed
                else self._bootstrap.group_draws(part.collection, group.name, group.members, by_language)
                for group in groups
            ]
            grouped[system] = np.stack(columns, axis=1)
        return grouped


def difference_variance(scores: LanguageScores, ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return the variance [languages] over queries of the paired difference, each averaged over its seeds first.

    It is the squared standard error of the language's mean difference times its number of queries; 0 for one query.
    """
    squared_error = np.zeros(len(scores.languages))
    for stratum in scores.strata:
        if stratum.queries > 1:
            values = stratum.linearised[ours].mean(axis=0) - stratum.linearised[theirs].mean(axis=0)
            squared_error[stratum.columns] += values.var(axis=-1, ddof=1) / stratum.queries
    return squared_error * scores.counts


def mean_variance(variance: np.ndarray, counts: np.ndarray, members: list[int]) -> float:
    """Return the mean of ``variance`` [languages] over a group's members: of one query it is not known, nor counted."""
    several = [member for member in members if counts[member] > 1]
    return float(variance[several].mean()) if several else 0.0


def correct(comparisons: list[Comparison], family: tuple[str, ...]) -> int:
    """Fill in ``p_holm``: Holm's correction over all comparisons that agree in the columns ``family``.

    Groups of the same languages are one test by several names: it counts once, and they share what it gives.
    Returns the number of tests of the largest family.
    """
    families: dict[tuple, dict[tuple, list[Comparison]]] = {}
    for comparison in comparisons:
        tests = families.setdefault(tuple(getattr(comparison, name) for name in family), {})
        tests.setdefault(_tested(comparison), []).append(comparison)
    for tests in families.values():
        # Of one test p is one, whatever it is called: the same flips of the same queries.
        adjusted = holm(np.array([named[0].p for named in tests.values()]))
        for named, value in zip(tests.values(), adjusted, strict=True):
            for comparison in named:
                comparison.p_holm = float(value)
    return max(map(len, families.values()), default=0)


def _tested(comparison: Comparison) -> tuple:
    """Return what a comparison tests: its slice, systems and set of languages, whatever the group is called."""
    return (
        comparison.collection,
        comparison.setting,
        comparison.metric,
        comparison.model,
        comparison.strategy,
        comparison.baseline,
        frozenset(comparison.languages.split()),
    )


def compare_strategies(
    slices: list[ScoreSlice], settings: AnalysisSettings
) -> tuple[list[Comparison], list[Comparison]]:
    """Return the comparisons that ``report.compare`` asks for, and those of every two strategies of a model.

    The family of the first is a collection, setting, metric and baseline (all models, groups and
    languages); that of the second a cell of a table (collection, setting, metric, model and group).
    Raises InputError where no model has the strategy or a baseline.
    """
    strategy, baselines = settings.compared()
    present = {system for part in slices for system in part.by_query.systems()}
    for name in (strategy, *baselines):
        if not any(system.strategy == name for system in present):
            raise InputError(f"settings: report.compare names {name!r}, which no score file holds; name another")
    paired = PairedComparisons(settings)
    chosen, every = [], []
    for part in slices:
        systems = part.by_query.systems()
        asked, others = compared_systems(systems, strategy, baselines), all_pairs(systems)
        found = paired.compare(part, asked + others)
        size = len(found) // max(1, len(asked + others)) * len(asked)
        chosen += found[:size]
        every += found[size:]
    largest = [
        correct(chosen, ("collection", "setting", "metric", "baseline")),
        correct(every, ("collection", "setting", "metric", "model", "group")),
    ]
    needed, draws = fewest_draws(max(largest), 1 - settings.statistics.confidence), settings.statistics.draws
    if draws < needed:
        _log.warning(
            "statistics.draws: no p of %d draws is small enough for Holm's correction of %d tests; set %d or more",
            draws,
            max(largest),
            needed,
        )
    return chosen, every


def comparison_rows(comparisons: list[Comparison]) -> list[tuple]:
    """Return the rows of a CSV table with ``COLUMNS``."""
    return [astuple(comparison) for comparison in comparisons]
