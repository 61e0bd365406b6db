"""Reading the SCORES files of many runs: file by file, columns as dictionary codes, one small array a slice kept.

A *slice* is a collection, setting and metric. All runs must score the same queries in each, because
they are compared query by query.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import SCORES, read_table
from workflow_scripts.evaluation.analysis_settings import AnalysisSettings, CollectionDesign
from workflow_scripts.evaluation.language_scores import LanguageScores, ReducedBlock, Run, Stratum, reduce_block
from workflow_scripts.evaluation.sampling_units import SamplingUnits

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ScoreSlice:
    """The scores of all runs for one collection, setting and metric.

    ``pair_means`` [runs, query languages, passage languages] is NaN for pairs that the setting has not;
    ``pair_counts`` [query languages, passage languages] counts their queries. ``by_passage`` (macro mean over query
    languages for each passage language) is there where a query language meets several passage languages.
    """

    collection: str
    setting: str
    metric: str
    passage_languages: tuple[str, ...]
    pair_counts: np.ndarray
    pair_means: np.ndarray
    by_query: LanguageScores
    by_passage: LanguageScores | None

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs, in the settings' order."""
        return self.by_query.runs

    @property
    def query_languages(self) -> tuple[str, ...]:
        """The languages of queries, in the settings' order."""
        return self.by_query.languages


def read_scores(
    paths: Iterable[str | Path], settings: AnalysisSettings, units: Mapping[str, SamplingUnits]
) -> list[ScoreSlice]:
    """Read score files into slices, ordered by collection, setting and metric as the first file of each has them.

    ``units`` has the sampling units of those collections whose queries are not units themselves.
    Raises InputError where a file holds several runs, a run stands twice, a score is not finite or stands
    twice, or two runs score different queries.
    """
    readers: dict[tuple[str, str, str], _SliceReader] = {}
    seen: dict[tuple[Run, str], Path] = {}
    for path in map(Path, paths):
        table = read_table(path, SCORES)
        run = _run(table, path, settings)
        design = settings.collection(_only(table, "collection", path))
        if (run, design.name) in seen:
            raise InputError(f"{path}: holds the same run as {seen[run, design.name]}; name each run's scores once")
        seen[run, design.name] = path
        for setting, metric, columns in _split(table, path):
            key = (design.name, setting, metric)
            if key not in readers:
                readers[key] = _SliceReader(design, units.get(design.name), setting, metric, columns)
            readers[key].add(run, columns, path)
        log.info("read %s: %d rows", path, table.num_rows)
    if not readers:
        raise InputError("no score file was named; give at least one after --scores")
    order = {name: i for i, name in enumerate(settings.collections)}
    return [reader.finish(settings) for key, reader in sorted(readers.items(), key=lambda item: order[item[0][0]])]


@dataclass(frozen=True)
class _Columns:
    """The rows of one slice in one file: codes [rows] into the file's dictionaries, and values [rows]."""

    query_lang: np.ndarray
    passage_lang: np.ndarray
    query_id: np.ndarray
    value: np.ndarray
    query_langs: list[str]
    passage_langs: list[str]
    query_ids: list[str]


def _only(table: pa.Table, column: str, path: Path) -> str | int:
    values = table.column(column).unique().to_pylist()
    if len(values) != 1:
        raise InputError(f"{path}: has {len(values)} values of {column}, but a score file holds one run and collection")
    return values[0]


def _run(table: pa.Table, path: Path, settings: AnalysisSettings) -> Run:
    """Return the run that a file holds, named by its model's rung where the model has several pre-trainings."""
    model, strategy, seed = (_only(table, name, path) for name in ("model", "strategy", "seed"))
    rung = settings.replicates.get(model, model)
    return Run(rung, strategy, int(seed), model if rung in settings.replicates.values() else "")


def _codes(table: pa.Table, column: str) -> tuple[np.ndarray, list[str]]:
    chunk = table.column(column).combine_chunks()
    if isinstance(chunk, pa.ChunkedArray):
        chunk = chunk.unify_dictionaries().chunk(0) if chunk.num_chunks else pa.array([], SCORES.field(column).type)
    return chunk.indices.to_numpy(zero_copy_only=False), chunk.dictionary.to_pylist()


def _lookup(names: Sequence[str], known: Sequence[str]) -> np.ndarray:
    """Return, for each of ``names``, its index in ``known``, or -1."""
    index = {name: i for i, name in enumerate(known)}
    return np.array([index.get(name, -1) for name in names], dtype=np.int64)


def _split(table: pa.Table, path: Path) -> Iterable[tuple[str, str, _Columns]]:
    """Yield the file's rows by setting and metric, in the order in which the file first names them."""
    setting, settings = _codes(table, "setting")
    metric, metrics = _codes(table, "metric")
    coded = {name: _codes(table, name) for name in ("query_lang", "passage_lang", "query_id")}
    value = table.column("value").to_numpy()
    if not np.isfinite(value).all():
        row = int(np.flatnonzero(~np.isfinite(value))[0])
        raise InputError(f"{path}: row {row + 1} has the score {value[row]}, which is not finite; rerun score")
    slices = (setting.astype(np.int32) * len(metrics) + metric).astype(np.int16)
    kinds, first = np.unique(slices, return_index=True)
    for kind in kinds[np.argsort(first)]:
        rows = np.flatnonzero(slices == kind)
        arrays = {name: codes[rows] for name, (codes, _) in coded.items()}
        columns = _Columns(
            **arrays,
            value=value[rows],
            query_langs=coded["query_lang"][1],
            passage_langs=coded["passage_lang"][1],
            query_ids=coded["query_id"][1],
        )
        yield settings[kind // len(metrics)], metrics[kind % len(metrics)], columns


class _SliceReader:
    """Lays every run's rows out as the first run's: blocks [query languages, passage languages, queries]."""

    def __init__(
        self, design: CollectionDesign, units: SamplingUnits | None, setting: str, metric: str, columns: _Columns
    ) -> None:
        self.design, self.setting, self.metric = design, setting, metric
        self.query_langs = self._ordered(columns.query_langs, columns.query_lang)
        self.passage_langs = self._ordered(columns.passage_langs, columns.passage_lang)
        self.query_ids = columns.query_ids
        # Where query q of language A stands in its stratum: its own index if ids are shared, else counted by language.
        langs, ids = _lookup(columns.query_langs, self.query_langs)[columns.query_lang], columns.query_id
        asked = np.zeros((len(self.query_langs), len(columns.query_ids)), dtype=bool)
        asked[langs, ids] = True
        if design.parallel:
            asked[:] = asked.any(axis=0)
        self.position = np.where(asked, np.cumsum(asked, axis=1) - 1, -1).astype(np.int64)
        self.sizes = asked.sum(axis=1)
        # The sampling unit of each query of a stratum.
        self.units: list[np.ndarray | None] = [None] * (1 if design.parallel else len(asked))
        if units is not None:
            for i in range(len(self.units)):
                self.units[i] = units.of(self.query_langs[i], [self.query_ids[q] for q in np.flatnonzero(asked[i])])
        blocks = self.sizes * len(self.passage_langs)
        self.start = np.concatenate([[0], np.cumsum(blocks)])
        self.present = np.zeros(0, dtype=bool)
        self.first = Path()
        self.counts = np.zeros(0, dtype=np.int64)
        self.runs: list[Run] = []
        self.means: list[np.ndarray] = []
        self.reduced: dict[bool, list[list[ReducedBlock]]] = {False: [], True: []}

    def _ordered(self, names: list[str], codes: np.ndarray) -> tuple[str, ...]:
        used = {names[code] for code in np.unique(codes)}
        unknown = sorted(used - set(self.design.languages) - {"*"})
        if unknown:
            raise InputError(
                f"settings: collections.{self.design.name}.languages lacks {', '.join(unknown)}, "
                "which the scores have; add it"
            )
        return tuple(name for name in (*self.design.languages, "*") if name in used)

    def add(self, run: Run, columns: _Columns, path: Path) -> None:
        """Take one run's rows, keeping pair means and a value a query and language."""
        flat = np.full(self.start[-1], np.nan)
        place = self._place(columns, path)
        flat[place] = columns.value
        present = ~np.isnan(flat)
        if present.sum() != len(place):
            raise InputError(
                f"{path}: {len(place) - present.sum()} scores of {self.setting} {self.metric} stand twice; rerun score"
            )
        if not self.runs:
            self.present, self.first = present, path
        elif not np.array_equal(present, self.present):
            raise self._differs(path)
        blocks = self._blocks(flat)
        counts = np.concatenate([(~np.isnan(block)).sum(axis=-1) for block in blocks])
        sums = np.concatenate([np.nansum(block, axis=-1) for block in blocks])
        self.means.append(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))
        self.counts = counts
        self.runs.append(run)
        several = bool(((counts > 0).sum(axis=1) > 1).any())  # a query language meets several passage languages
        for by_passage in (False, True) if several else (False,):
            sides = (counts > 0).sum(axis=0 if by_passage else 1)
            reduced = []
            for i, block in enumerate(blocks):
                own = sides if by_passage or self.design.parallel else sides[i : i + 1]
                reduced.append(reduce_block(block, own, by_passage))
            self.reduced[by_passage].append(reduced)

    def _place(self, columns: _Columns, path: Path) -> np.ndarray:
        lookups = [
            _lookup(columns.query_langs, self.query_langs),
            _lookup(columns.passage_langs, self.passage_langs),
            _lookup(columns.query_ids, self.query_ids),
        ]
        codes = (columns.query_lang, columns.passage_lang, columns.query_id)
        lang, passage, query = (lookup[code] for lookup, code in zip(lookups, codes, strict=True))
        if min(lang.min(), passage.min(), query.min()) < 0:
            raise self._differs(path)
        position = self.position[lang, query]
        if position.min() < 0:
            raise self._differs(path)
        return self.start[lang] + passage * self.sizes[lang] + position

    def _differs(self, path: Path) -> InputError:
        return InputError(
            f"{path}: its queries of {self.setting} {self.metric} are not those of {self.first}; "
            "score both runs on the same qrels"
        )

    def _blocks(self, flat: np.ndarray) -> list[np.ndarray]:
        shape = (-1, len(self.passage_langs))
        if self.design.parallel:
            return [flat.reshape(*shape, self.sizes[0])]
        return [flat[self.start[i] : self.start[i + 1]].reshape(*shape, size) for i, size in enumerate(self.sizes)]

    def finish(self, settings: AnalysisSettings) -> ScoreSlice:
        """Stack the runs, in the settings' order."""

        def position(i: int) -> tuple:
            run = self.runs[i]
            return (*settings.system_order(run.model, run.strategy), run.pretraining, run.seed)

        order = sorted(range(len(self.runs)), key=position)
        runs = tuple(self.runs[i] for i in order)
        # Which queries there are, [query languages, queries] and [passage languages, queries] of each stratum.
        asked = [block.any(axis=1) for block in self._blocks(self.present)]
        answered = [block.any(axis=0) for block in self._blocks(self.present)]
        queries = np.concatenate([rows.sum(axis=-1) for rows in asked])
        by_query = LanguageScores(runs, self.query_langs, queries, self._strata(order, False, asked))
        by_passage = None
        if self.reduced[True]:
            strata = self._strata(order, True, answered)
            by_passage = LanguageScores(runs, self.passage_langs, self.counts.sum(axis=0), strata)
        return ScoreSlice(
            collection=self.design.name,
            setting=self.setting,
            metric=self.metric,
            passage_languages=self.passage_langs,
            pair_counts=self.counts,
            pair_means=np.stack([self.means[i] for i in order]),
            by_query=by_query,
            by_passage=by_passage,
        )

    def _strata(self, order: list[int], by_passage: bool, present: list[np.ndarray]) -> tuple[Stratum, ...]:
        """Return the strata of one side; ``present`` has [languages of the side, queries] of each."""
        strata = []
        runs = self.reduced[by_passage]
        for i in range(len(runs[0])):
            blocks = [runs[j][i] for j in order]
            columns = blocks[0].columns if by_passage or self.design.parallel else np.array([i])
            contributions = np.stack([block.contributions for block in blocks])
            complete = blocks[0].linearised is blocks[0].contributions
            linearised = contributions if complete else np.stack([block.linearised for block in blocks])
            name = "*" if self.design.parallel else self.query_langs[i]
            asked = present[i][columns] if by_passage or self.design.parallel else present[i]
            strata.append(Stratum(name, columns, contributions, linearised, self.units[i], asked))
        return tuple(strata)
