"""Rank every passage for every query, in blocks: the hits, and the ranks of the relevant passages.

Dense and lexical search differ in the scorer alone; order, cut, ties and counting are the same code.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from workflow_scripts.data.hit_lists import ROWS_A_BLOCK
from workflow_scripts.data.qrels import Qrels
from workflow_scripts.data.tables import GOLD_RANKS, HITS
from workflow_scripts.retrieval.blocks import Blocks
from workflow_scripts.retrieval.language_pairs import passage_languages
from workflow_scripts.retrieval.language_ranking import LanguageRanking
from workflow_scripts.retrieval.passages import Finder, PassageIds, Scorer
from workflow_scripts.retrieval.ranking import NO_HIT, bounds, keys, neutral_ids, unpack
from workflow_scripts.retrieval.relevant_passages import RelevantPassages, find_relevant

_log = logging.getLogger(__name__)
_FOUND_AT_ONCE = 256  # queries whose candidates are held together


@dataclass(frozen=True)
class _Part:
    """Queries of one language, by id: their rows and ids [q], and the relevant passages of each with their scores."""

    lang: str
    rows: np.ndarray
    names: pa.Array
    golds: RelevantPassages
    gold_scores: np.ndarray


@dataclass(frozen=True)
class Search:
    """What is searched for what.

    ``queries``: language → ids, row by row as the scorers count them. ``passages``: language → ids, of the passages
    that are ranked; ``scorer`` scores them. ``qrels`` say whose ranks are wanted; they are empty where none are.
    The passages that they name are among ``judged``, scored by ``judged_scorer``: those of all languages,
    whole, where ``passages`` may be one part of them.
    ``finder``: where there is one, hits are the best of the candidates that it names; else of all passages. Ranks of
    relevant passages are counted among all passages in any case.
    ``matches_only``: a passage with score 0 is no hit (lexical search: it has no term of the query).
    """

    scorer: Scorer
    queries: Mapping[str, Sequence[str]]
    passages: Mapping[str, PassageIds]
    judged_scorer: Scorer
    judged: Mapping[str, PassageIds]
    settings: list[str]
    qrels: Qrels
    depth: int
    matches_only: bool = False
    finder: Finder | None = None

    def run(self, blocks: Blocks, append_hits: Callable[[pa.Table], None]) -> pa.Table:
        """Search; hand HITS over in blocks of whole queries, in order, and return GOLD_RANKS.

        Passages are gone through once for as many queries, of whatever languages, as ``blocks`` ranks at a time.
        """
        gold_ranks = []
        for langs, parts in self._batches(blocks.queries):
            ends = np.cumsum([0, *(len(part.rows) for part in parts)])
            gold_ends = np.cumsum([0, *(len(part.gold_scores) for part in parts)])
            keys = np.empty((ends[-1], len(langs), self.depth), dtype=np.int64)
            above = np.empty((gold_ends[-1], len(langs)), dtype=np.int64)
            for position, lang in enumerate(langs):
                if self.finder:
                    for part, first, last in zip(parts, ends, ends[1:], strict=False):
                        keys[first:last, position] = self._rank_candidates(part.lang, part.rows, lang)
                if not self.finder or len(above):
                    ranking = self._rank(parts, lang, 1 if self.finder else self.depth, blocks)
                    above[:, position] = ranking.above
                    if not self.finder:
                        keys[:, position] = ranking.hits()
            for number, part in enumerate(parts):
                mine = above[gold_ends[number] : gold_ends[number + 1]]
                if len(mine):
                    gold_ranks.append(self._gold_table(part, langs, mine))
                for table in self._hit_tables(part, langs, keys[ends[number] : ends[number + 1]]):
                    append_hits(table)
                _log.info(
                    "%s: %d queries ranked against the passages of %s", part.lang, len(part.rows), " ".join(langs)
                )
        return pa.concat_tables([GOLD_RANKS.empty_table(), *gold_ranks]).unify_dictionaries()

    def _batches(self, queries: int) -> Iterator[tuple[list[str], list["_Part"]]]:
        """Yield passage languages, and parts of queries, ``queries`` at most, that are ranked against these."""
        waiting: list[_Part] = []
        searched: list[str] = []
        for part in self._parts(queries):
            langs = passage_languages(part.lang, list(self.passages), self.settings)
            held = sum(len(other.rows) for other in waiting)
            if waiting and (langs != searched or held + len(part.rows) > queries):
                yield searched, waiting
                waiting = []
            waiting.append(part)
            searched = langs
        if waiting:
            yield searched, waiting

    def _parts(self, queries: int) -> Iterator["_Part"]:
        """Yield the queries of each language that is searched with, by id, ``queries`` at most in a part."""
        for lang in sorted(self.queries):
            if not passage_languages(lang, list(self.passages), self.settings):
                continue
            ids = self.queries[lang]
            order = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)
            relevant = find_relevant([ids[row] for row in order], self.qrels, self.judged)
            for first in range(0, len(order), queries):
                last = min(first + queries, len(order))
                rows, golds = order[first:last], relevant.of_queries(first, last)
                names = pa.array([ids[row] for row in rows], type=pa.string())
                yield _Part(lang, rows, names, golds, self._score_relevant(lang, rows, golds))

    def _score_relevant(self, query_lang: str, rows: np.ndarray, golds: RelevantPassages) -> np.ndarray:
        scores = np.empty(len(golds.query), dtype=np.float32)
        for lang in sorted(set(golds.lang)):
            of_lang = np.flatnonzero(golds.lang == lang)
            scores[of_lang] = self.judged_scorer.score_pairs(
                query_lang, rows[golds.query[of_lang]], lang, golds.rows[of_lang]
            )
        return scores

    def _rank(self, parts: Sequence["_Part"], lang: str, depth: int, blocks: Blocks) -> LanguageRanking:
        passages, asked = self.passages[lang], [(part.lang, part.rows) for part in parts]
        ends = np.cumsum([0, *(len(rows) for _, rows in asked)])
        gold_starts = np.cumsum([0, *(len(part.gold_scores) for part in parts)])
        offsets = [part.golds.offsets[1:] + start for part, start in zip(parts, gold_starts, strict=False)]
        numbers = np.concatenate([part.golds.numbers for part in parts])
        scores = np.concatenate([part.gold_scores for part in parts])
        gold_keys = bounds(scores, numbers, passages.ordered if len(numbers) else numbers)

        def exact(queries: np.ndarray, found: np.ndarray) -> np.ndarray:
            exact_scores, part_of = (
                np.empty(len(queries), dtype=np.float32),
                np.searchsorted(ends, queries, "right") - 1,
            )
            for number in np.unique(part_of).tolist():
                mine = np.flatnonzero(part_of == number)
                query_lang, rows = asked[number]
                exact_scores[mine] = self.scorer.score_pairs(
                    query_lang, rows[queries[mine] - ends[number]], lang, found[mine]
                )
            return exact_scores

        gold_offsets = np.concatenate([[0], *offsets])
        ranking = LanguageRanking(
            int(ends[-1]), depth, passages.places, exact, gold_offsets, gold_keys, self.matches_only
        )
        for block in self.scorer.scan(asked, lang, blocks, ranking.choose):
            ranking.add(block)
        return ranking

    def _rank_candidates(self, query_lang: str, rows: np.ndarray, lang: str) -> np.ndarray:
        """Return keys [queries, depth], best first, of the finder's candidates by their exact scores."""
        best = np.full((len(rows), self.depth), NO_HIT, dtype=np.int64)
        for first in range(0, len(rows), _FOUND_AT_ONCE):
            part = rows[first : first + _FOUND_AT_ONCE]
            query, passages = self.finder.find(query_lang, part, lang, self.depth)
            scores = self.scorer.score_pairs(query_lang, part[query], lang, passages)
            found = keys(scores, self.passages[lang].places[passages])
            order = np.lexsort((-found, query))
            query, found = query[order], found[order]
            rank = np.arange(len(query)) - np.searchsorted(query, query)
            kept = rank < self.depth
            best[first + query[kept], rank[kept]] = found[kept]
        return best

    def _hit_tables(self, part: "_Part", langs: list[str], keys: np.ndarray) -> Iterator[pa.Table]:
        """Yield the HITS of keys [queries, languages, depth], a bounded number of rows at a time."""
        passages = [self.passages[lang] for lang in langs]
        step = max(1, ROWS_A_BLOCK // (len(langs) * self.depth))
        for first in range(0, len(keys), step):
            block = keys[first : first + step]
            scores, places = unpack(block)
            kept = block != NO_HIT
            query, lang, rank = np.nonzero(kept)
            place, numbers = places[kept], np.empty(len(query), dtype=np.uint64)
            order, ids = np.argsort(lang, kind="stable"), []
            for position, of_lang in enumerate(passages):
                mine = lang == position
                rows = of_lang.by_place[place[mine]]
                numbers[mine] = of_lang.numbers[rows]
                ids.append(of_lang.take(rows))
            at = np.empty(len(order), dtype=np.int64)
            at[order] = np.arange(len(order))
            yield pa.table(
                {
                    "query_lang": _repeated(part.lang, len(query)),
                    "query_id": pa.DictionaryArray.from_arrays(
                        query.astype(np.int32), part.names[first : first + step]
                    ),
                    "passage_lang": pa.DictionaryArray.from_arrays(lang.astype(np.int32), langs),
                    "passage_id": pa.concat_arrays(ids).take(pa.array(at)),
                    "neutral_id": neutral_ids(numbers),
                    "rank": (rank + 1).astype(np.int32),
                    "score": scores[kept],
                },
                schema=HITS,
            )

    def _gold_table(self, part: "_Part", langs: list[str], above: np.ndarray) -> pa.Table:
        """Return the GOLD_RANKS of counts ``above`` [g, languages]."""
        golds = part.golds
        count = len(langs)
        sizes = np.array([len(self.passages[lang]) for lang in langs], dtype=np.int64)
        lang, ids = pa.array(golds.lang, type=pa.string()), pa.array(golds.ids, type=pa.string())
        gold = pa.array(np.repeat(np.arange(len(above)), count))
        return pa.table(
            {
                "query_lang": _repeated(part.lang, above.size),
                "query_id": pa.DictionaryArray.from_arrays(np.repeat(golds.query, count).astype(np.int32), part.names),
                "passage_lang": lang.dictionary_encode().take(gold),
                "passage_id": ids.take(gold),
                "searched_lang": pa.DictionaryArray.from_arrays(
                    np.tile(np.arange(count, dtype=np.int32), len(above)), langs
                ),
                "score": np.repeat(part.gold_scores, count),
                "above": above.reshape(-1),
                "searched": np.tile(sizes, len(above)),
            },
            schema=GOLD_RANKS,
        )


def _repeated(value: str, times: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(np.zeros(times, dtype=np.int32), pa.array([value], type=pa.string()))
