"""Retrieval datasets of MTEB in Parquet: configurations of corpus, queries and qrels, for all languages or for each."""

from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.judged_queries import gather_judgements, gather_queries, only_judged
from workflow_scripts.data.passage_files import has_column, parquet_batches, parquet_shard
from workflow_scripts.data.passages import Collection
from workflow_scripts.data.row_counts import RowCounts


def read_mteb_collection(queries: list[Path], qrels: list[Path], corpus: list[Path], counts: RowCounts) -> Collection:
    """Read one split of one language: ``_id`` or ``id`` and ``text``; ``query-id``, ``corpus-id`` and ``score``.

    Where there is no column ``score``, as in NanoBEIR, what is named is relevant. As MTEB does, queries without a
    judgement in the split are left out (and counted).
    """
    rows = (row for path in queries for row in text_rows(path, [("_id", "id"), ("text",)]))
    found = gather_queries(rows, queries[0])
    judged = (row for path in qrels for row in _judgements(path))
    judgements, places = gather_judgements(judged, {query.query_id for query in found}, qrels[0], counts)
    kept = only_judged(found, judgements, counts)
    return Collection(kept, judgements, places, [parquet_shard(path) for path in corpus])


def _judgements(path: Path) -> Iterator[tuple[str, ...]]:
    ids: list[tuple[str | None, ...]] = [("query-id",), ("corpus-id",)]
    if has_column(path, "score"):
        yield from text_rows(path, [*ids, ("score",)])
    else:
        yield from ((*row, "1") for row in text_rows(path, ids))


def text_rows(path: Path, columns: list[tuple[str | None, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield the place and the texts of each row of a Parquet file; raise InputError where one is missing."""
    number = 0
    for batch in parquet_batches(path, columns):
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            number += 1
            where = f"{path}: row {number}"
            for names, value in zip(columns, values, strict=True):
                if value is None and None not in names:
                    raise InputError(f"{where}: {names[-1]!r} is missing")
            yield where, *(value or "" for value in values)
