"""A metric against the logarithm of model size: least squares, slope per decade of non-embedding parameters.

Definitions are in ``docs/statistics.md``.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields

import numpy as np

from workflow_scripts.data.errors import InputError
from workflow_scripts.evaluation.analysis_settings import AnalysisSettings
from workflow_scripts.evaluation.bootstrap import Bootstrap, interval
from workflow_scripts.evaluation.comparisons import BM25
from workflow_scripts.evaluation.groups import named_groups
from workflow_scripts.evaluation.language_scores import System
from workflow_scripts.evaluation.model_sizes import ModelSize
from workflow_scripts.evaluation.score_files import ScoreSlice


@dataclass(frozen=True)
class ScalingFit:
    """One row of scaling.csv; ``strategy`` may be a difference, ``left_out`` is a model or empty."""

    collection: str
    setting: str
    metric: str
    group: str
    strategy: str
    models: int
    slope: float
    low: float
    high: float
    intercept: float
    left_out: str


COLUMNS = tuple(field.name for field in fields(ScalingFit))


def slope_weights(sizes: np.ndarray, families: list[str], repetitions: np.ndarray) -> np.ndarray | None:
    """Return c [models] such that the least-squares slope per decade is c · (the models' means), or None.

    ``sizes`` [models] are parameters, ``repetitions`` [models] the seeds of each model: least squares over
    models × seeds is least squares over the models' means, weighted by seeds. Each family has its own
    intercept, so only sizes within a family tell about the slope (the within estimator). None where no
    family has two sizes.
    """
    x, w = np.log10(np.asarray(sizes, dtype=float)), np.asarray(repetitions, dtype=float)
    centred = np.empty_like(x)
    for family in set(families):
        members = np.array([name == family for name in families])
        centred[members] = x[members] - np.average(x[members], weights=w[members])
    spread = (w * centred**2).sum()
    return w * centred / spread if spread > 1e-12 else None


@dataclass(frozen=True)
class SystemMeans:
    """One model's mean in one group: the estimate over its ``seeds``, and its bootstrap ``draws`` [draws]."""

    size: ModelSize
    seeds: int
    mean: float
    draws: np.ndarray


@dataclass(frozen=True)
class Line:
    """A fitted line: slope per decade, its ``draws`` [draws], and its value at 1 parameter."""

    models: int
    slope: float
    intercept: float
    draws: np.ndarray

    def minus(self, other: "Line") -> "Line":
        """Return the difference of two lines that were fitted on the same resampled queries."""
        return Line(self.models, self.slope - other.slope, self.intercept - other.intercept, self.draws - other.draws)


def fit_line(points: list[SystemMeans]) -> Line | None:
    """Fit one line through the models' means; None where their sizes do not decide a slope.

    The line passes through the weighted mean of all points, so with several families its
    intercept is the mean of theirs.
    """
    if not points:
        return None
    sizes = np.array([point.size.non_embedding for point in points])
    seeds = np.array([point.seeds for point in points])
    weights = slope_weights(sizes, [point.size.family for point in points], seeds)
    if weights is None:
        return None
    means = np.array([point.mean for point in points])
    slope = float(weights @ means)
    intercept = float(np.average(means, weights=seeds) - slope * np.average(np.log10(sizes), weights=seeds))
    draws = sum(weight * point.draws for weight, point in zip(weights, points, strict=True))
    return Line(len(points), slope, intercept, draws)


class ScalingFits:
    """Fits every strategy and every difference of strategies in one slice after another."""

    def __init__(self, settings: AnalysisSettings, sizes: Mapping[str, ModelSize]) -> None:
        self._settings = settings
        self._sizes = sizes
        self._bootstrap = Bootstrap(settings.statistics)
        self._compared = settings.compared()

    def fit(self, part: ScoreSlice) -> list[ScalingFit]:
        """Return the fits of every named group: on all models, then without each of them."""
        scores = part.by_query
        draws, means = self._bootstrap.system_draws(part.collection, scores), scores.means()
        fits = []
        for group in named_groups(self._settings.collection(part.collection), scores.languages):
            known = scores.scatter_is_known(group.members)
            points: dict[str, list[SystemMeans]] = {}
            for system, rows in scores.systems().items():
                if system == BM25:
                    continue
                drawn = self._bootstrap.group_draws(part.collection, group.name, group.members, draws[system])
                mean = float(means[np.ix_(rows, group.members)].mean())
                points.setdefault(system.strategy, []).append(SystemMeans(self._size(system), len(rows), mean, drawn))
            for name, left_out, line in self._lines(points):
                low, high = map(float, interval(line.draws, self._settings.statistics.confidence, known))
                where = (part.collection, part.setting, part.metric, group.name, name)
                fits.append(ScalingFit(*where, line.models, line.slope, low, high, line.intercept, left_out))
        return fits

    def _size(self, system: System) -> ModelSize:
        if system.model not in self._sizes:
            raise InputError(f"models.csv has no row for {system.model!r}, which has scores; rerun count_parameters")
        return self._sizes[system.model]

    def _lines(self, points: dict[str, list[SystemMeans]]) -> list[tuple[str, str, Line]]:
        """Return (strategy or difference, left-out model, line) of whatever the sizes decide."""
        strategy, baselines = self._compared
        lines = []
        for name, found in points.items():
            for left_out in ("", *(point.size.model for point in found)):
                line = fit_line([point for point in found if point.size.model != left_out])
                if line is not None:
                    lines.append((name, left_out, line))
        for baseline in baselines:
            ours, theirs = points.get(strategy, []), points.get(baseline, [])
            common = {point.size.model for point in ours} & {point.size.model for point in theirs}
            for left_out in ("", *(point.size.model for point in ours if point.size.model in common)):
                pair = [
                    fit_line([point for point in found if point.size.model in common - {left_out}])
                    for found in (ours, theirs)
                ]
                if pair[0] is not None and pair[1] is not None:
                    lines.append((difference_name(strategy, baseline), left_out, pair[0].minus(pair[1])))
        return lines


def difference_name(strategy: str, baseline: str) -> str:
    """Return the name that a difference bears in scaling.csv."""
    return f"{strategy} - {baseline}"


def scaling_rows(fits: list[ScalingFit]) -> list[tuple]:
    """Return the rows of a CSV table with ``COLUMNS``."""
    return [astuple(fit) for fit in fits]
