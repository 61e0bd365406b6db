"""A block of queries' hits as arrays: checked for order, matched with judgements, merged into one pool."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.hit_lists import codes
from workflow_scripts.data.neutral_id import neutral_id


@dataclass(frozen=True)
class RankedLists:
    """Hits of some queries in one language, ordered by query, passage language and rank.

    All arrays are [n]: ``query`` and ``lang`` are places in the lists that were asked for, ``passage`` is the place of
    the hit's neutral id among ``neutral_ids`` (ascending), ``rank`` counts from 1 within query and language.
    """

    query: np.ndarray
    lang: np.ndarray
    passage: np.ndarray
    rank: np.ndarray
    score: np.ndarray
    neutral_ids: np.ndarray

    @classmethod
    def of(cls, hits: pa.Table, queries: list[str], langs: list[str]) -> "RankedLists":
        """Take the hits of ``queries`` and ``langs`` out of a HITS table.

        Raises InputError where a score is NaN, ranks do not count from 1, or the order is not that of
        score and neutral id, descending.
        """
        query, lang = _places(hits["query_id"], queries), _places(hits["passage_lang"], langs)
        rank = hits["rank"].to_numpy()
        kept = np.flatnonzero((query >= 0) & (lang >= 0))
        kept = kept[np.lexsort((rank[kept], lang[kept], query[kept]))]
        # Of the hits that are kept alone, and put into order by Arrow: Python's comparisons take ten times as long.
        ids = hits["neutral_id"].take(pa.array(kept)).combine_chunks().dictionary_encode()
        order = pc.sort_indices(ids.dictionary)
        place = np.empty(len(order), dtype=np.int64)
        place[order.to_numpy()] = np.arange(len(order))
        lists = cls(
            query[kept],
            lang[kept],
            place[ids.indices.to_numpy()],
            rank[kept].astype(np.int64),
            hits["score"].to_numpy()[kept],
            np.array(ids.dictionary.take(order).to_pylist(), dtype=object),
        )
        lists._check(queries, langs)
        return lists

    def _check(self, queries: list[str], langs: list[str]) -> None:
        same = (self.query[1:] == self.query[:-1]) & (self.lang[1:] == self.lang[:-1])
        counted = np.ones(len(self.rank), dtype=bool)
        counted[1:] = self.rank[1:] == np.where(same, self.rank[:-1] + 1, 1)
        counted[:1] = self.rank[:1] == 1
        falling = self.score[1:] < self.score[:-1]
        tied = (self.score[1:] == self.score[:-1]) & (self.passage[1:] < self.passage[:-1])
        counted[1:] &= ~same | falling | tied
        for wrong, reason in (
            (np.isnan(self.score), "a score is NaN"),
            (~counted, "ranks are not 1, 2, … in the order of score and neutral id, descending"),
        ):
            if wrong.any():
                at = int(np.argmax(wrong))
                raise InputError(
                    f"hits of query {queries[self.query[at]]} among the passages of {langs[self.lang[at]]}: {reason}; "
                    "search again"
                )

    def lengths(self, queries: int, langs: int) -> np.ndarray:
        """Return how many hits each query has in each language, [queries, langs]."""
        return np.bincount(self.query * langs + self.lang, minlength=queries * langs).reshape(queries, langs)

    def find(self, query: np.ndarray, neutral_ids: np.ndarray) -> np.ndarray:
        """Return the row of the hit with neutral id i for query i, or −1 where there is none."""
        if not len(self.query) or not len(query):
            return np.full(len(query), -1, dtype=np.int64)
        place = np.searchsorted(self.neutral_ids, neutral_ids).clip(max=len(self.neutral_ids) - 1)
        # An id that no hit has would share its place with the next one, and take that one's row.
        known = self.neutral_ids[place] == neutral_ids
        wanted = np.where(known, query * len(self.neutral_ids) + place, -1)
        present = self.query * len(self.neutral_ids) + self.passage
        # Few judged passages, many hits: look the hits up among the judged.
        order = np.argsort(wanted, kind="stable")
        at = np.searchsorted(wanted[order], present).clip(max=len(wanted) - 1)
        matched = np.flatnonzero(wanted[order][at] == present)
        rows = np.full(len(query), -1, dtype=np.int64)
        rows[order[at[matched]]] = matched
        return rows

    def without_own(self, collection: str, queries: list[str], langs: list[str]) -> "RankedLists":
        """Return the lists without passages that have their query's own id; ranks behind them move up by one."""
        own = [neutral_id(collection, lang, query_id) for query_id in queries for lang in langs]
        rows = self.find(np.repeat(np.arange(len(queries)), len(langs)), np.array(own, dtype=object))
        gone = np.zeros(len(self.rank), dtype=np.int64)
        gone[rows[rows >= 0]] = 1
        before = np.cumsum(gone) - gone
        start = np.maximum.accumulate(np.where(self.rank == 1, np.arange(len(gone)), 0))
        kept = gone == 0
        ranks = self.rank - (before - before[start])
        return RankedLists(
            *(array[kept] for array in (self.query, self.lang, self.passage, ranks, self.score)), self.neutral_ids
        )

    def merge(self, queries: int, depth: int) -> "Pool":
        """Merge each query's languages into one list of at most ``depth`` hits, ordered by score and neutral id."""
        order = np.lexsort((-self.passage, -self.score, self.query))
        counts = np.bincount(self.query, minlength=queries)
        rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
        order, rank = order[rank <= depth], rank[rank <= depth]
        ranks = np.zeros(len(self.query), dtype=np.int64)
        ranks[order] = rank
        return Pool(order, ranks, np.minimum(counts, depth))


@dataclass(frozen=True)
class Pool:
    """The merged lists: hits' rows ``order`` [m] by query and pool rank; ``rank`` [n] of each hit, 0 beyond the depth.

    ``lengths`` [queries] are those of the lists.
    """

    order: np.ndarray
    rank: np.ndarray
    lengths: np.ndarray


def _places(column: pa.ChunkedArray, wanted: list[str]) -> np.ndarray:
    indices, names = codes(column)
    place = {name: i for i, name in enumerate(wanted)}
    of_code = np.array([place.get(name, -1) for name in names], dtype=np.int64)
    return of_code[indices] if len(indices) else np.zeros(0, dtype=np.int64)
