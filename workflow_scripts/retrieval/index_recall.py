"""Recall of an approximate index: the share of the exact best k passages that its best k hold.

Recall@k of one query = |exact best k ∩ found best k| / |exact best k|; a row has the mean over queries.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from workflow_scripts.data.hit_lists import HitFiles
from workflow_scripts.retrieval.passages import PassageIds

COLUMNS = ["kind", "query_lang", "passage_lang", "queries", "k", "recall", "index_bytes", "vector_bytes"]
CUTOFFS = (1, 10, 100, 1000)


def measure(
    exact: Iterable[pa.Table],
    found: HitFiles,
    kind: str,
    depth: int,
    queries: Mapping[str, Sequence[str]],
    indexes: Collection[Mapping[str, Any]],
    passages: Mapping[str, PassageIds],
    dimension: int,
) -> Iterator[list]:
    """Yield rows of ``COLUMNS`` for the HITS ``exact`` of ``queries`` (language → ids) and those that were ``found``.

    ``index_bytes`` and ``vector_bytes`` are what the passage language takes on disk in ``indexes`` and as fp16 vectors.
    """
    best = best_ids(exact)
    for query_lang in sorted(queries):
        asked = set(queries[query_lang])
        table = found.read(query_lang, min(asked), max(asked))
        mine = best_ids([table])
        for lang in sorted(passages):
            wanted = [key for key in best if key[0] == query_lang and key[1] in asked and key[2] == lang]
            size = sum(index["faiss"][lang]["file"].stat().st_size for index in indexes)
            for k in sorted({cutoff for cutoff in CUTOFFS if cutoff <= depth} | {depth}):
                shares = [share_found(best[key][:k], mine.get(key, [])[:k]) for key in wanted]
                if shares:
                    recall = sum(shares) / len(shares)
                    yield [
                        kind,
                        query_lang,
                        lang,
                        len(shares),
                        k,
                        recall,
                        size,
                        2 * dimension * len(passages[lang]),
                    ]


def best_ids(tables: Iterable[pa.Table]) -> dict[tuple[str, str, str], list[str]]:
    """Return (query language, query, passage language) → ids of passages, best first, of HITS in their order."""
    best: dict[tuple[str, str, str], list[str]] = {}
    for table in tables:
        columns = (table[name].to_pylist() for name in ("query_lang", "query_id", "passage_lang", "neutral_id"))
        for query_lang, query_id, lang, passage in zip(*columns, strict=True):
            best.setdefault((query_lang, query_id, lang), []).append(passage)
    return best


def share_found(exact: list[str], found: list[str]) -> float:
    """Return the share of ``exact`` that is among ``found``.

    >>> share_found(["a", "b", "c", "d"], ["d", "a", "x", "c"])
    0.75
    """
    return len(set(exact) & set(found)) / len(exact)
