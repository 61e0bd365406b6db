"""BEIR's layout (arXiv 2104.08663): passages and queries as JSON lines, the judgements of a split as TSV or JSON lines.

``{"_id", "title", "text"}``, ``{"_id", "text"}`` and, below a header, query, passage and score.
"""

from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.judged_queries import gather_judgements, gather_queries, only_judged
from workflow_scripts.data.passage_files import json_shard
from workflow_scripts.data.passages import Collection
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_lines import filled_field, read_columns, read_json_lines, string_field

_HEADER = ["query-id", "corpus-id", "score"]


def read_beir_collection(queries: Path, qrels: Path, corpus: list[Path], counts: RowCounts) -> Collection:
    """Read one split. A file of queries holds those of every split; the ones without judgement are counted."""
    found = gather_queries(_queries(queries), queries)
    judgements, places = gather_judgements(_judgements(qrels), {query.query_id for query in found}, qrels, counts)
    kept = only_judged(found, judgements, counts)
    return Collection(kept, judgements, places, [json_shard(path, "_id") for path in corpus])


def _queries(path: Path) -> Iterator[tuple[str, str, str]]:
    for number, record in read_json_lines(path):
        where = f"{path}: line {number}"
        yield where, string_field(record, "_id", where), string_field(record, "text", where)


def _judgements(path: Path) -> Iterator[tuple[str, str, str, str]]:
    if path.suffix == ".jsonl":
        for number, record in read_json_lines(path):
            where = f"{path}: line {number}"
            query_id, passage_id = (filled_field(record, key, where) for key in _HEADER[:2])
            yield where, query_id, passage_id, str(record.get("score"))
        return
    for number, fields in read_columns(path, 3):
        if number > 1:
            yield f"{path}: line {number}", *fields
        elif fields != _HEADER:
            raise InputError(f"{path}: line 1: is {', '.join(fields)}, not the header {', '.join(_HEADER)}")
