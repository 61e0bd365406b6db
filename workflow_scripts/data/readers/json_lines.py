"""Pairs and texts as JSON lines: the format of Atlas and of anything that a user brings.

Pairs: ``{"id", "group", "query", "title", "passage", "negatives"}``; ``title`` may be missing; ``query`` or ``passage``
may be null or missing where a language has the other side only; ``negatives``, which may be missing, is a list of
``{"title", "passage"}``. Texts: ``{"id", "group", "text"}``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workflow_scripts.data.distinct_ids import DistinctIds
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.records import Negative, Pair, Text
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_lines import filled_field, read_json_lines, string_field


def read_json_pairs(paths: list[Path], counts: RowCounts, *, negatives: int) -> Iterator[Pair]:
    """Yield pairs in the order of the files, each with its first ``negatives`` negatives.

    A pair with an empty side is dropped and counted.
    """
    for where, record in _distinct(paths):
        query, passage = (_optional(record, key, where) for key in ("query", "passage"))
        if query is None and passage is None:
            raise InputError(f"{where}: has neither 'query' nor 'passage'")
        if query == "" or passage == "":
            counts["pairs", "empty query" if query == "" else "empty passage"] += 1
            continue
        title = None if passage is None else _optional(record, "title", where) or ""
        yield Pair(
            record["id"],
            filled_field(record, "group", where),
            query,
            title,
            passage,
            _negatives(record, where, counts)[:negatives] or None,
        )


def read_json_texts(paths: list[Path], counts: RowCounts) -> Iterator[Text]:
    """Yield texts in the order of the files; an empty text is dropped and counted."""
    for where, record in _distinct(paths):
        text = string_field(record, "text", where)
        if text:
            yield Text(record["id"], filled_field(record, "group", where), text)
        else:
            counts["texts", "empty text"] += 1


def _distinct(paths: list[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield place and record of each line; raise InputError for an id that stands twice, behind the last of them."""
    ids = DistinctIds()
    for where, record in _records(paths):
        ids.add(record["id"])
        yield where, record
    ids.check("id", lambda: ((where, record["id"]) for where, record in _records(paths)))


def _records(paths: list[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in paths:
        for number, record in read_json_lines(path):
            where = f"{path}: line {number}"
            record["id"] = filled_field(record, "id", where)
            yield where, record


def _negatives(record: dict[str, Any], where: str, counts: RowCounts) -> list[Negative]:
    given = record.get("negatives")
    if given is not None and not (isinstance(given, list) and all(isinstance(part, dict) for part in given)):
        raise InputError(f"{where}: 'negatives' is not a list of objects with 'title' and 'passage'")
    found = []
    for number, part in enumerate(given or []):
        place = f"{where}: negatives[{number}]"
        negative = Negative(_optional(part, "title", place) or "", string_field(part, "passage", place))
        if negative.passage:
            found.append(negative)
        else:
            counts["pairs", "kept: an empty negative left out"] += 1
    return found


def _optional(record: dict[str, Any], key: str, where: str) -> str | None:
    return None if record.get(key) is None else string_field(record, key, where)
