"""Means over queries, seeds and languages, with spread over seeds and bootstrap intervals."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from workflow_scripts.data.tables import BIAS, MEANS, read_table
from workflow_scripts.evaluation.analysis_settings import AnalysisSettings
from workflow_scripts.evaluation.bootstrap import Bootstrap, interval
from workflow_scripts.evaluation.groups import named_groups
from workflow_scripts.evaluation.language_scores import LanguageScores, System
from workflow_scripts.evaluation.score_files import ScoreSlice

PER_LANGUAGE = (
    "model", "strategy", "collection", "setting", "metric", "lang", "queries", "units", "effective_units", "seeds",
    "mean", "sd", "low", "high",
)  # fmt: skip
PER_GROUP = (
    "model", "strategy", "collection", "setting", "metric", "group", "languages", "queries", "units", "seeds",
    "mean", "sd", "low", "high",
)  # fmt: skip
BIAS_TABLE = ("model", "strategy", "collection", "measure", "query_lang", "passage_lang", "seeds", "mean", "sd")


def seed_spread(values: np.ndarray) -> np.ndarray:
    """Return the standard deviation over seeds (n - 1 in the denominator), [...] of [seeds, ...]; NaN for one seed."""
    if len(values) < 2:
        return np.full(values.shape[1:], np.nan)
    return values.std(axis=0, ddof=1)


def mean_rows(slices: Iterable[ScoreSlice]) -> pa.Table:
    """Return means.parquet: one row a run, setting, language pair and metric."""
    columns: dict[str, list] = {name: [] for name in MEANS.names}
    for part in slices:
        pairs = np.argwhere(part.pair_counts > 0)
        for run, means in zip(part.runs, part.pair_means, strict=True):
            for i, j in pairs:
                pair = (part.query_languages[i], part.passage_languages[j], int(part.pair_counts[i, j]))
                trained = (run.pretraining or run.model, run.strategy, run.seed)
                row = (*trained, part.collection, part.setting, part.metric, *pair, float(means[i, j]))
                for column, value in zip(columns.values(), row, strict=True):
                    column.append(value)
    return pa.table(columns)


class MeanTables:
    """Rows of per_language.csv, its twin by passage language, and per_group.csv, with intervals."""

    def __init__(self, slices: list[ScoreSlice], settings: AnalysisSettings) -> None:
        self.per_language: list[tuple] = []
        self.per_passage_language: list[tuple] = []
        self.per_group: list[tuple] = []
        self._settings = settings
        self._bootstrap = Bootstrap(settings.statistics)
        for part in slices:
            self._add(part)

    def _add(self, part: ScoreSlice) -> None:
        draws = self._bootstrap.system_draws(part.collection, part.by_query)
        self.per_language += self._language_rows(part, part.by_query, draws)
        if part.by_passage is not None:
            by_passage = self._bootstrap.system_draws(part.collection, part.by_passage)
            self.per_passage_language += self._language_rows(part, part.by_passage, by_passage)
        self.per_group += self._group_rows(part, draws)

    def _language_rows(
        self, part: ScoreSlice, scores: LanguageScores, draws: dict[System, np.ndarray]
    ) -> Iterator[tuple]:
        means = scores.means()
        units = [scores.units([i]) for i in range(len(scores.languages))]
        effective = [scores.effective_units(i) for i in range(len(scores.languages))]
        known = np.array([scores.scatter_is_known([i]) for i in range(len(scores.languages))])
        for system, rows in scores.systems().items():
            mean, sd = means[rows].mean(axis=0), seed_spread(means[rows])
            low, high = interval(draws[system], self._settings.statistics.confidence, known)
            for i, lang in enumerate(scores.languages):
                yield (
                    *system, part.collection, part.setting, part.metric, lang, int(scores.counts[i]),
                    units[i], effective[i], len(rows), mean[i], sd[i], low[i], high[i],
                )  # fmt: skip

    def _group_rows(self, part: ScoreSlice, draws: dict[System, np.ndarray]) -> Iterator[tuple]:
        scores = part.by_query
        groups = named_groups(self._settings.collection(part.collection), scores.languages)
        if not groups:
            return
        means = scores.means()
        units = [scores.units(group.members) for group in groups]
        known = np.array([scores.scatter_is_known(group.members) for group in groups])
        for system, rows in scores.systems().items():
            grouped = np.stack([means[np.ix_(rows, group.members)].mean(axis=1) for group in groups], axis=1)
            mean, sd = grouped.mean(axis=0), seed_spread(grouped)
            drawn = np.stack(
                [
                    self._bootstrap.group_draws(part.collection, group.name, group.members, draws[system])
                    for group in groups
                ],
                axis=1,
            )
            low, high = interval(drawn, self._settings.statistics.confidence, known)
            for i, group in enumerate(groups):
                yield (
                    *system, part.collection, part.setting, part.metric, group.name, " ".join(group.languages),
                    int(scores.counts[group.members].sum()), units[i], len(rows), mean[i], sd[i], low[i], high[i],
                )  # fmt: skip


def bias_rows(paths: Iterable[str | Path], settings: AnalysisSettings) -> list[tuple]:
    """Return the rows of bias.csv: each measure's mean over seeds and its spread, for every language pair."""
    found: dict[tuple[str, str, str, str, str, str], list[float]] = {}
    for path in paths:
        table = read_table(path, BIAS).to_pydict()
        keys = zip(*(table[name] for name in BIAS_TABLE[:6]), strict=True)
        for (model, *rest), value in zip(keys, table["value"], strict=True):
            key = (settings.replicates.get(model, model), *rest)
            found.setdefault(key, []).append(value)
    measures = {key[3]: None for key in found}  # in the order in which they are first named
    order = {name: i for i, name in enumerate(measures)}

    def position(key: tuple[str, str, str, str, str, str]) -> tuple:
        model, strategy, collection, measure, query_lang, passage_lang = key
        languages = {lang: i for i, lang in enumerate(settings.collection(collection).languages)}
        pair = (languages.get(query_lang, -1), languages.get(passage_lang, -1))
        collections = list(settings.collections)
        return (collections.index(collection), settings.system_order(model, strategy), order[measure], pair)

    rows = []
    for key in sorted(found, key=position):
        values = np.array(found[key])
        rows.append((*key, len(values), float(values.mean()), float(seed_spread(values))))
    return rows
