"""One language's passages ranked for each query, from scores that may be a little off.

Scores come block by block, each at most ``error`` off the exact one. If c is the depth-th highest score so far, the
exact depth-th best is at least c − error, so whatever is below c − 2·error is no hit: the rest are *candidates*.
At the end the candidates that are left get their exact scores, and those alone decide. The outcome depends on
exact scores and ids, not on blocks, nor on how far off the scores were.
"""

from collections.abc import Callable, Iterator

import numpy as np

from workflow_scripts.retrieval.ranking import NO_HIT, keys, unpack
from workflow_scripts.retrieval.scored_blocks import Chosen, ScoredBlock

CANDIDATES_A_HIT = 4  # room for candidates, as a multiple of the depth
_ROWS_AT_ONCE = 64  # whose comparison with their floors stays in a processor's cache
_PAIRS_AT_ONCE = 1 << 20
_DROPPED_FROM = 2  # times the depth: from so many candidates on, those are dropped that others have outdone

# query numbers [n], passage rows [n] → exact float32 scores [n]
Exact = Callable[[np.ndarray, np.ndarray], np.ndarray]


class LanguageRanking:
    """The best passages of one language for each query, and how many passages rank before given ones."""

    def __init__(
        self,
        queries: int,
        depth: int,
        places: np.ndarray,
        exact: Exact,
        gold_offsets: np.ndarray,
        gold_keys: np.ndarray,
        matches_only: bool = False,
    ) -> None:
        """Prepare for ``queries`` queries against passages whose ids have ``places`` [p].

        ``gold_keys`` [g] are those of ``bounds`` for relevant passages, grouped by query: those of query i
        stand at ``gold_offsets[i]:gold_offsets[i + 1]``. ``above`` [g] counts the passages that rank before each.
        ``matches_only``: only a score above 0 is a hit.
        """
        self.above = np.zeros(len(gold_keys), dtype=np.int64)
        self._depth = depth
        self._places = places
        self._exact = exact
        self._gold_offsets = gold_offsets
        self._gold_keys = gold_keys
        self._gold_scores = unpack(gold_keys)[0]
        room = min(CANDIDATES_A_HIT * depth, len(places))
        self._scores = np.empty((queries, room), dtype=np.float32)
        self._rows = np.empty((queries, room), dtype=np.int32)
        self._held = np.zeros(queries, dtype=np.int64)
        least = np.nextafter(np.float32(0), np.float32(1)) if matches_only else np.float32(-np.inf)
        self._floors = np.full(queries, least, dtype=np.float32)
        self._error = 0.0

    def choose(self, first_query: int, scores: np.ndarray, error: float) -> Chosen:
        """Return the pairs that ``add`` goes on with: of a block ``scores`` [q, p] of queries from ``first_query`` on.

        Any thread may call it: a floor that another raises meanwhile only would have spared some pairs.
        """
        queries, passages = scores.shape
        floors = self._floors[first_query : first_query + queries].copy()
        if passages > self._depth:  # who has no floor yet gets the one that this block alone allows
            for i in np.flatnonzero(np.isneginf(floors)):
                at = passages - self._depth
                floors[i] = _shifted(np.partition(scores[i], at)[at], -2 * error)
        parts = [slice(first, first + _ROWS_AT_ONCE) for first in range(0, queries, _ROWS_AT_ONCE)]
        places = [np.flatnonzero(scores[part] >= floors[part, None]) + part.start * passages for part in parts]
        return Chosen(floors, np.concatenate(places))

    def add(self, block: ScoredBlock) -> None:
        """Take in a block, with what ``choose`` said of it; with an error of 0 its scores are the exact ones."""
        first_query, first_row, scores = block.first_query, block.first_passage, block.scores
        floors, found = block.chosen.floors, block.chosen.places
        self._error = max(self._error, block.error)
        queries, passages = scores.shape
        known = self._floors[first_query : first_query + queries]
        np.maximum(known, floors, out=known)
        ends = np.searchsorted(found, np.arange(1, queries + 1) * passages)
        counts = np.diff(ends, prepend=0)
        starts = ends - counts
        query = np.repeat(np.arange(queries), counts)
        approximate = scores.reshape(-1)[found]
        rows = (found - query * passages + first_row).astype(np.int32)
        self._count_above(first_query, first_row, scores, floors, starts, approximate, rows)
        held, room = self._held[first_query : first_query + queries], self._scores.shape[1]
        overfull = held + counts > room
        for i in np.flatnonzero(overfull):
            mine = slice(starts[i], ends[i])
            self._replace(first_query + i, approximate[mine], rows[mine])
        if overfull.any():
            fits = ~overfull[query]
            query, approximate, rows = query[fits], approximate[fits], rows[fits]
            counts = np.where(overfull, 0, counts)
        # What is held lies flat, too: candidate i goes behind those that its query has.
        at = (
            np.arange(len(query))
            + ((np.arange(queries) + first_query) * room + held - np.cumsum(counts) + counts)[query]
        )
        self._scores.reshape(-1)[at], self._rows.reshape(-1)[at] = approximate, rows
        held += counts
        self._drop(first_query + np.flatnonzero(held > _DROPPED_FROM * self._depth))

    def hits(self) -> np.ndarray:
        """Return keys [queries, depth], best first; ``NO_HIT`` fills up where a query has fewer passages."""
        self._drop(np.flatnonzero(self._held > self._depth))
        best = np.full((len(self._held), self._depth), NO_HIT, dtype=np.int64)
        for part in _parts(self._held, _PAIRS_AT_ONCE):
            held = self._held[part]
            query, position = np.nonzero(np.arange(held.max(initial=0)) < held[:, None])
            rows = self._rows[part][query, position]
            exact = self._exact_scores(part.start + query, rows, self._scores[part][query, position])
            ordered = np.full((len(held), held.max(initial=0)), NO_HIT, dtype=np.int64)
            ordered[query, position] = keys(exact, self._places[rows])
            ordered.sort(axis=1)
            kept = ordered[:, ::-1][:, : self._depth]
            best[part, : kept.shape[1]] = kept
        return best

    def _drop(self, queries: np.ndarray) -> None:
        """Raise the floors of ``queries`` that hold more than ``depth`` candidates, and drop what lies below."""
        for part in _parts(self._held[queries], _PAIRS_AT_ONCE):
            mine = queries[part]
            held = self._held[mine]
            width = int(held.max())
            scores = self._scores[mine, :width]
            scores[np.arange(width) >= held[:, None]] = -np.inf
            at = width - self._depth
            floors = np.maximum(self._floors[mine], self._below(np.partition(scores, at, axis=1)[:, at], 2))
            kept = scores >= floors[:, None]
            kept &= np.arange(width) < held[:, None]
            query, position = np.nonzero(kept)
            counts = kept.sum(axis=1)
            to = np.arange(len(query)) - (np.cumsum(counts) - counts)[query]
            self._scores[mine[query], to] = scores[query, position]
            self._rows[mine[query], to] = self._rows[mine[query], position]
            self._floors[mine], self._held[mine] = floors, counts

    def _replace(self, query: int, scores: np.ndarray, rows: np.ndarray) -> None:
        """Add candidates to those of one query, and keep those that may still be hits."""
        held = self._held[query]
        scores = np.concatenate([self._scores[query, :held], scores])
        rows = np.concatenate([self._rows[query, :held], rows])
        at = len(scores) - self._depth
        if at > 0:
            self._raise_floor(query, self._below(np.partition(scores, at)[at], 2))
            kept = scores >= self._floors[query]
            scores, rows = scores[kept], rows[kept]
        at = len(scores) - self._depth
        if at > 0 and len(scores) > self._scores.shape[1] - self._depth:
            # Too many are too near each other: their exact scores, which are candidates' scores like any, decide now.
            scores = self._exact_scores(np.full(len(rows), query), rows, scores)
            best = np.argpartition(keys(scores, self._places[rows]), at)[at:]
            scores, rows = scores[best], rows[best]
            self._raise_floor(query, self._below(scores.min(), 1))
        self._scores[query, : len(scores)], self._rows[query, : len(rows)] = scores, rows
        self._held[query] = len(scores)

    def _raise_floor(self, query: int, floor: np.float32) -> None:
        self._floors[query] = max(self._floors[query], floor)

    def _count_above(
        self,
        first_query: int,
        first_row: int,
        scores: np.ndarray,
        floors: np.ndarray,
        starts: np.ndarray,
        candidates: np.ndarray,
        rows: np.ndarray,
    ) -> None:
        """Count the passages of a block that rank before each relevant passage.

        Where that passage itself reaches its query's floor, they are among the block's ``candidates`` (scores, and
        ``rows``, of query i from ``starts[i]`` on), which are few; else the whole block is gone through.
        """
        offsets = self._gold_offsets[first_query : first_query + len(scores) + 1]
        golds = np.arange(offsets[0], offsets[-1])
        query = np.repeat(np.arange(len(scores)), np.diff(offsets))
        among = self._below(self._gold_scores[golds], 1) >= floors[query]
        ends = np.append(starts[1:], len(candidates))
        sizes = (ends - starts)[query[among]]
        for part in _parts(sizes, _PAIRS_AT_ONCE):
            mine, length = golds[among][part], sizes[part]
            gold = np.repeat(np.arange(len(mine)), length)
            first = starts[query[among][part]] - (np.cumsum(length) - length)
            at = np.arange(len(gold)) + first[gold]
            surely = candidates[at] > self._above(self._gold_scores[mine])[gold]
            self.above[mine] += np.bincount(gold[surely], minlength=len(mine))
            near = (candidates[at] >= self._below(self._gold_scores[mine], 1)[gold]) & ~surely
            gold, at = gold[near], at[near]
            before = self._before(mine[gold], first_query + query[among][part][gold], rows[at], candidates[at])
            self.above[mine] += np.bincount(gold[before], minlength=len(mine))
        rest, passages = np.flatnonzero(~among), scores.shape[1]
        for part in _parts(np.full(len(rest), passages), _PAIRS_AT_ONCE):
            mine, asked = golds[rest[part]], query[rest[part]]
            block = scores[asked]
            surely = block > self._above(self._gold_scores[mine])[:, None]
            near = block >= self._below(self._gold_scores[mine], 1)[:, None]
            near &= ~surely
            gold, passage = np.nonzero(near)
            before = self._before(mine[gold], first_query + asked[gold], passage + first_row, block[near])
            self.above[mine] += surely.sum(axis=1) + np.bincount(gold[before], minlength=len(mine))

    def _before(self, golds: np.ndarray, queries: np.ndarray, rows: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Return which passages, so scored, rank before the relevant ones by their exact scores."""
        return keys(self._exact_scores(queries, rows, scores), self._places[rows]) >= self._gold_keys[golds]

    def _exact_scores(self, queries: np.ndarray, rows: np.ndarray, scores: np.ndarray) -> np.ndarray:
        return self._exact(queries, rows) if self._error else scores

    def _below(self, scores: np.ndarray, errors: int) -> np.ndarray:
        """Return float32 numbers that are surely below ``scores`` by ``errors`` times the error (0: the scores)."""
        return _shifted(scores, -errors * self._error)

    def _above(self, scores: np.ndarray) -> np.ndarray:
        return _shifted(scores, self._error)


def _parts(sizes: np.ndarray, most: int) -> Iterator[slice]:
    """Yield slices of consecutive ``sizes`` whose sum is at most ``most``, or of one."""
    ends, first = np.cumsum(sizes), 0
    while first < len(sizes):
        last = max(first + 1, int(np.searchsorted(ends, ends[first] - sizes[first] + most, side="right")))
        yield slice(first, last)
        first = last


def _shifted(scores: np.ndarray, by: float) -> np.ndarray:
    """Return float32 ``scores`` shifted by at least ``by``, away from them."""
    if not by:
        return scores
    shifted = (np.float64(scores) + by).astype(np.float32)
    return np.nextafter(shifted, np.float32(np.inf if by > 0 else -np.inf))
