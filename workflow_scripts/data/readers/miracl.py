"""MIRACL's files (arXiv 2210.09984): topics and qrels as TSV, passages as gzipped JSON lines."""

from pathlib import Path

from workflow_scripts.data.judged_queries import gather_judgements, gather_queries
from workflow_scripts.data.passage_files import json_shard
from workflow_scripts.data.passages import Collection
from workflow_scripts.data.records import Judgement, Query
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_lines import read_columns


def read_miracl_collection(topics: Path, qrels: Path, corpus: list[Path], counts: RowCounts) -> Collection:
    """Read one language; topics and qrels at once, passages as a stream.

    Query ids may equal passage ids (``1177652#0`` in de, es, fa, fr, hi, yo, zh): they are different things, and a
    judgement whose two ids are equal is kept.
    """
    queries = read_topics(topics)
    judgements, places = read_qrels(qrels, {query.query_id for query in queries}, counts)
    return Collection(queries, judgements, places, [json_shard(path, "docid") for path in corpus])


def read_topics(path: Path) -> list[Query]:
    """Read queries: id, tab, text."""
    rows = ((f"{path}: line {number}", query_id, text) for number, (query_id, text) in read_columns(path, 2))
    return gather_queries(rows, path)


def read_qrels(path: Path, query_ids: set[str], counts: RowCounts) -> tuple[list[Judgement], list[str]]:
    """Read judgements (query, ``Q0``, passage, relevance) and the place of each; all queries must be ``query_ids``."""
    rows = (
        (f"{path}: line {number}", query_id, passage_id, relevance)
        for number, (query_id, _, passage_id, relevance) in read_columns(path, 4)
    )
    return gather_judgements(rows, query_ids, path, counts)
