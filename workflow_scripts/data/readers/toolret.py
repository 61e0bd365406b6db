"""ToolRet (arXiv 2503.01763): which tool a task needs. Queries carry their labels as JSON, tools one text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.judged_queries import gather_judgements, gather_queries
from workflow_scripts.data.passage_files import parquet_shard
from workflow_scripts.data.passages import Collection
from workflow_scripts.data.readers.mteb import text_rows
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_lines import string_field

_COLUMNS: list[tuple[str | None, ...]] = [("id",), ("query", None), ("instruction", None), ("labels",)]


def read_toolret_collection(
    queries: list[Path], corpus: list[Path], instruction: bool, counts: RowCounts
) -> Collection:
    """Read the queries of all tasks and the one pool of all tools.

    With ``instruction`` a query is ``Instruct: <instruction>``, line break, ``Query: <query>``, as the paper's code
    gives it to encoders. A query without text (upstream has one) is dropped with its labels, and counted.
    """
    rows = []
    for path in queries:
        for where, query_id, query, told, labels in text_rows(path, _COLUMNS):
            if not query.strip():
                counts["queries", "empty query"] += 1
                continue
            text = f"Instruct: {told.strip()}\nQuery: {query.strip()}" if instruction and told.strip() else query
            rows.append((where, query_id, text, labels))
    found = gather_queries(((where, query_id, text) for where, query_id, text, _ in rows), queries[0])
    judged = (
        (where, query_id, tool, relevance)
        for where, query_id, _, labels in rows
        for tool, relevance in _labels(where, labels)
    )
    judgements, places = gather_judgements(judged, {query.query_id for query in found}, queries[0], counts)
    return Collection(found, judgements, places, [parquet_shard(path, "documentation") for path in corpus])


def _labels(where: str, text: str) -> Iterator[tuple[str, str]]:
    try:
        labels: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: 'labels' is not JSON ({error.msg} at column {error.colno})") from None
    if not isinstance(labels, list) or not all(
        isinstance(label, dict) and isinstance(label.get("id"), str) and "relevance" in label for label in labels
    ):
        raise InputError(f"{where}: 'labels' is not a list of id and relevance")
    for label in labels:
        yield string_field(label, "id", where), str(label["relevance"])
