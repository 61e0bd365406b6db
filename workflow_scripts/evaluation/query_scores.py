"""A run's hits to SCORES and BIAS, a block of queries at a time."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.hit_lists import HitFiles
from workflow_scripts.data.neutral_id import neutral_id
from workflow_scripts.data.qrels import Qrels, judged_pairs
from workflow_scripts.data.tables import BIAS
from workflow_scripts.evaluation.bias import (
    GOLD_RANK,
    MAP_GAP,
    POOL,
    POOL_SHARE,
    TIED_SHARE,
    TOP,
    TOP10_SHARE,
    TOP10_VARIATION,
    TiedShares,
    TopShares,
    gold_rank,
    map_gap,
    pool_share,
    tied,
    top_variation,
)
from workflow_scripts.evaluation.metrics import Metric, evaluate
from workflow_scripts.evaluation.rank_correlation import MRC, MRC_AT, TopLists
from workflow_scripts.evaluation.rank_distance import RANK_DISTANCE, RANK_DISTANCE_SHARE, pool_ranks, rank_distances
from workflow_scripts.evaluation.ranked_lists import RankedLists

_log = logging.getLogger(__name__)
_MONOLINGUAL, _CROSS_LINGUAL, _MULTILINGUAL = "monolingual", "cross-lingual", "multilingual"


@dataclass
class _Columns:
    """Rows of SCORES, but for the columns that name the run."""

    tables: list[pa.Table] = field(default_factory=list)

    def add(
        self,
        setting: str,
        query_lang: str,
        passage_lang: str,
        queries: list[str],
        metrics: list[str],
        values: np.ndarray,
    ) -> None:
        """Append ``values`` [queries, metrics]."""
        count = len(metrics)
        self.tables.append(
            pa.table(
                {
                    "setting": _repeated(setting, values.size),
                    "query_lang": _repeated(query_lang, values.size),
                    "passage_lang": _repeated(passage_lang, values.size),
                    "query_id": _codes(np.repeat(np.arange(len(queries)), count), queries),
                    "metric": _codes(np.tile(np.arange(count), len(queries)), metrics),
                    "value": values.reshape(-1),
                }
            )
        )

    def means(self, metric: str) -> dict[str, float]:
        """Return a metric's mean by query language, over the queries of all its blocks."""
        found: dict[str, list[np.ndarray]] = {}
        for table in self.tables:
            chosen = table.filter(pc.equal(table["metric"], metric))
            if len(chosen):
                found.setdefault(table["query_lang"][0].as_py(), []).append(chosen["value"].to_numpy())
        return {lang: float(np.concatenate(values).mean()) for lang, values in found.items()}


@dataclass(frozen=True)
class RunScores:
    """How one run on one collection is scored.

    ``qrels`` of all languages; ``pool_sizes``: language → passages; ``gold_ranks``: GOLD_RANKS of all parts,
    used in the multilingual setting of ``parallel`` collections. With ``ignore_identical_ids`` a passage that has its
    query's id is no hit.
    """

    collection: str
    qrels: Qrels
    pool_sizes: Mapping[str, int]
    settings: list[str]
    parallel: bool
    metrics: list[Metric]
    ignore_identical_ids: bool = False

    def score(self, hits: HitFiles, gold_ranks: pd.DataFrame) -> tuple[pa.Table, pa.Table]:
        """Return SCORES and BIAS without the columns that name the run; rows by setting, languages, query and metric.

        Every query of the qrels is there; one without hits scores 0. Raises InputError on hits that are out of order
        or have NaN scores, and on a metric that looks deeper than the search went.
        """
        for metric in self.metrics:
            if metric.cutoff and metric.cutoff > hits.depth:
                raise InputError(
                    f"metrics: {metric.name} looks beyond the {hits.depth} hits that search kept; raise search.depth"
                )
        columns = {setting: _Columns() for setting in (_MONOLINGUAL, _CROSS_LINGUAL, _MULTILINGUAL)}
        langs = sorted(self.qrels)
        tops, ties, lists_by_lang = TopShares(langs), TiedShares(), TopLists()
        names = [metric.name for metric in self.metrics]
        for query_lang, judged_langs in judged_pairs(self.qrels, self.settings, self.parallel).items():
            for queries in hits.blocks(self.qrels[query_lang], len(self.qrels)):
                table = hits.read(query_lang, queries[0], queries[-1])
                lists = RankedLists.of(table, queries, langs)
                if self.ignore_identical_ids:
                    lists = lists.without_own(self.collection, queries, langs)
                marks = _Marks.of(self.collection, self.qrels, queries, langs, judged_langs, lists)
                lengths = lists.lengths(len(queries), len(langs))
                for position, lang in enumerate(langs):
                    of_lang = np.flatnonzero(lists.lang == position)
                    ties.add(query_lang, lang, *tied(lists.query[of_lang], lists.score[of_lang]))
                    setting = _MONOLINGUAL if lang == query_lang else _CROSS_LINGUAL
                    asked = marks.asked(position)
                    if setting in self.settings and len(asked):
                        values = evaluate(
                            self.metrics, lengths[asked, position], [marks.lists[q, position] for q in asked]
                        )
                        columns[setting].add(setting, query_lang, lang, [queries[q] for q in asked], names, values)
                if _MULTILINGUAL in self.settings:
                    pool = lists.merge(len(queries), hits.depth)
                    tops.add(query_lang, lists.lang[pool.order[pool.rank[pool.order] <= TOP]])
                    ties.add(query_lang, POOL, *tied(lists.query[pool.order], lists.score[pool.order]))
                    if self.parallel:
                        rows = pool.order[pool.rank[pool.order] <= TOP]
                        ids = lists.neutral_ids[lists.passage[rows]]
                        lists_by_lang.add(query_lang, queries, lists.query[rows], pool.rank[rows], ids)
                    values = evaluate(self.metrics, pool.lengths, marks.pooled(pool.rank))
                    columns[_MULTILINGUAL].add(_MULTILINGUAL, query_lang, POOL, queries, names, values)
            _log.info("%s: %d queries scored", query_lang, len(self.qrels[query_lang]))
        bias = [(TIED_SHARE, *pair, value) for pair, value in ties.values().items()]
        if _MULTILINGUAL in self.settings:
            bias += [(TOP10_SHARE, *pair, value) for pair, value in tops.values().items()]
            shares = pool_share(self.pool_sizes)
            variation = top_variation(tops.values(), shares)
            bias += [(TOP10_VARIATION, lang, POOL, value) for lang, value in variation.items()]
            gaps = map_gap(columns[_MONOLINGUAL].means("map"), columns[_MULTILINGUAL].means("map"))
            bias += [(MAP_GAP, lang, POOL, value) for lang, value in gaps.items()]
            bias += [(POOL_SHARE, lang, other, share) for lang in langs for other, share in shares.items()]
            if self.parallel:
                bias += self._add_rank_distance(columns[_MULTILINGUAL], gold_ranks)
                if hits.depth >= MRC_AT:
                    _add_rank_correlation(columns[_MULTILINGUAL], lists_by_lang)
        for (query_lang, lang), share in ties.values().items():
            if lang in (query_lang, POOL):
                _log.info("%s in %s: %.3f %% of the hits are tied with a neighbour", query_lang, lang, 100 * share)
        tables = [table for setting in columns.values() for table in setting.tables]
        if not tables:
            raise InputError(f"{self.collection}: no query is judged in the settings {', '.join(self.settings)}")
        return pa.concat_tables(tables), _bias_table(bias)

    def _add_rank_distance(self, columns: _Columns, gold_ranks: pd.DataFrame) -> list[tuple[str, str, str, float]]:
        ranks = pool_ranks(gold_ranks, self.pool_sizes)
        asked = [
            query_id in self.qrels[lang] for lang, query_id in zip(ranks["query_lang"], ranks["query_id"], strict=True)
        ]
        ranks = ranks[asked]
        distances = rank_distances(ranks, sum(self.pool_sizes.values()))
        measures = [RANK_DISTANCE, RANK_DISTANCE_SHARE]
        for query_lang, rows in distances.groupby("query_lang", observed=True, sort=True):
            columns.add(
                _MULTILINGUAL, str(query_lang), POOL, rows["query_id"].tolist(), measures, rows[measures].to_numpy()
            )
        return [(GOLD_RANK, *pair, value) for pair, value in gold_rank(ranks).items()]


def _add_rank_correlation(columns: _Columns, lists: TopLists) -> None:
    for query_lang, values in lists.correlations().items():
        if values:
            columns.add(
                _MULTILINGUAL, query_lang, POOL, list(values), [MRC], np.array(list(values.values())).reshape(-1, 1)
            )


@dataclass(frozen=True)
class _Marks:
    """Where the judged passages of a block's queries stand.

    ``lists[q, l]``: rank in that list (0, −1, −2, …: not in it) → relevance, for each query and language with
    judgements; ``rows`` are the hits' rows, −1 where there is none, of judged passage i of ``query`` i with
    ``relevance`` i.
    """

    lists: dict[tuple[int, int], dict[int, int]]
    queries: int
    query: np.ndarray
    rows: np.ndarray
    relevance: np.ndarray

    @classmethod
    def of(
        cls,
        collection: str,
        qrels: Qrels,
        queries: list[str],
        langs: list[str],
        judged_langs: list[str],
        found: RankedLists,
    ) -> "_Marks":
        query, lang, names, relevance = [], [], [], []
        for q, query_id in enumerate(queries):
            for judged_lang in judged_langs:
                for passage_id, judged in qrels[judged_lang].get(query_id, {}).items():
                    query.append(q)
                    lang.append(langs.index(judged_lang))
                    names.append(neutral_id(collection, judged_lang, passage_id))
                    relevance.append(judged)
        rows = found.find(np.array(query, dtype=np.int64), np.array(names, dtype=object))
        lists: dict[tuple[int, int], dict[int, int]] = {}
        for q, in_lang, row, judged in zip(query, lang, rows.tolist(), relevance, strict=True):
            marks = lists.setdefault((q, in_lang), {})
            marks[int(found.rank[row]) if row >= 0 else -len(marks)] = judged
        return cls(lists, len(queries), np.array(query, dtype=np.int64), rows, np.array(relevance, dtype=np.int64))

    def asked(self, lang: int) -> list[int]:
        """Return the queries that have judgements in a language, ascending."""
        return [q for q in range(self.queries) if (q, lang) in self.lists]

    def pooled(self, pool_rank: np.ndarray) -> list[dict[int, int]]:
        """Return each query's marks in the merged list; its hits have the ranks ``pool_rank`` (0: beyond its depth)."""
        marks: list[dict[int, int]] = [{} for _ in range(self.queries)]
        for q, row, judged in zip(self.query.tolist(), self.rows.tolist(), self.relevance.tolist(), strict=True):
            rank = int(pool_rank[row]) if row >= 0 else 0
            marks[q][rank if rank else -len(marks[q])] = judged
        return marks


def named(table: pa.Table, schema: pa.Schema, model: str, strategy: str, seed: int, collection: str) -> pa.Table:
    """Return ``table`` with the columns in front that name the run, as ``schema`` (SCORES or BIAS) has them."""
    run = {
        "model": _repeated(model, len(table)),
        "strategy": _repeated(strategy, len(table)),
        "seed": pa.array(np.full(len(table), seed, dtype=np.int32)),
        "collection": _repeated(collection, len(table)),
    }
    rest = {name: table[name] for name in table.column_names}
    return pa.table({**run, **rest}).unify_dictionaries().select(schema.names)


def _bias_table(rows: list[tuple[str, str, str, float]]) -> pa.Table:
    names = [name for name in BIAS.names if name not in ("model", "strategy", "seed", "collection")]
    schema = pa.schema([BIAS.field(name) for name in names])
    columns = zip(*rows, strict=True) if rows else [[]] * len(names)
    return pa.table([pa.array(list(column)) for column in columns], names=names).cast(schema)


def _repeated(value: str, times: int) -> pa.DictionaryArray:
    return _codes(np.zeros(times, dtype=np.int32), [value])


def _codes(indices: np.ndarray, values: list[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(indices.astype(np.int32), pa.array(values, type=pa.string()))
