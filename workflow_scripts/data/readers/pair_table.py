"""Any JSON lines or Parquet of queries, positive and negative passages, whose columns the config names.

A cell of passages is a text, an object with a text (``text`` or ``passage``) and perhaps a ``title``, or a list of
these, as sentence-transformers', Tevatron's and many other files have them.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.data.distinct_ids import DistinctIds
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.groups import Groups
from workflow_scripts.data.readers.dpr import passage_group
from workflow_scripts.data.records import Negative, Pair
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_lines import read_json_lines, whole_text

_ROWS = 4096


def read_table_pairs(
    paths: list[Path], counts: RowCounts, *, columns: Mapping[str, Any], negatives: int
) -> Iterator[Pair]:
    """Yield a pair for each positive passage of each row, with up to ``negatives`` of the row's negatives.

    ``columns`` names the columns: ``query``, ``positive`` and, where there are any, ``title`` (of the positive),
    ``id``, ``group`` and ``negatives`` (a list). Without ``id`` a pair is named by its row's number over all files,
    without ``group`` pairs of one passage's text are a group, and so are those of one row, whose passages all answer
    its query. Rows without query or positive are dropped and counted. An id that stands twice raises InputError
    behind the last pair.
    """
    groups = None if columns.get("group") else _groups_of_rows(paths, columns)
    if not columns.get("id"):
        yield from (pair for _, pair in _pairs(paths, counts, columns, negatives, groups))
        return
    ids = DistinctIds()
    for _, pair in _pairs(paths, counts, columns, negatives, groups):
        ids.add(pair.pair_id)
        yield pair
    again = partial(_pairs, paths, RowCounts(), columns, negatives, groups)
    ids.check("id", lambda: ((where, pair.pair_id) for where, pair in again()))


def _pairs(
    paths: list[Path], counts: RowCounts, columns: Mapping[str, Any], negatives: int, groups: Groups | None
) -> Iterator[tuple[str, Pair]]:
    """Yield place and pair of each positive passage; what is dropped is counted."""
    for number, (where, row) in enumerate(_rows(paths, _named(columns))):
        query = _text(row, columns["query"], where)
        positives = _positives(row, columns, where)
        if not query or not positives:
            counts["pairs", "empty query" if not query else "empty passage"] += 1
            continue
        hard = [passage for column in columns.get("negatives", []) for passage in _passages(row, column, where)]
        hard = [passage for passage in hard if passage not in positives][:negatives]
        name = _name(row, columns["id"], where) if columns.get("id") else str(number)
        for place, (title, passage) in enumerate(positives):
            group = (
                _name(row, columns["group"], where) if groups is None else groups.root(passage_group(title, passage))
            )
            pair_id = name if place == 0 else f"{name}-{place}"
            yield where, Pair(pair_id, group, query, title, passage, hard or None)


def _groups_of_rows(paths: list[Path], columns: Mapping[str, Any]) -> Groups:
    """Return the groups of passages by their text, joined where one row has them, directly or through others."""
    groups = Groups()
    wanted = [columns[name] for name in ("title", "positive") if columns.get(name)]
    for where, row in _rows(paths, wanted):
        first, *others = [passage_group(*positive) for positive in _positives(row, columns, where)] or [""]
        for other in others:
            groups.join(other, first)
    return groups


def _positives(row: dict[str, Any], columns: Mapping[str, Any], where: str) -> list[Negative]:
    """Return the positive passages of a row; the title of its own column is the first one's."""
    positives = _passages(row, columns["positive"], where)
    if columns.get("title") and positives:
        positives[0] = Negative(_text(row, columns["title"], where), positives[0].passage)
    return positives


def _named(columns: Mapping[str, Any]) -> list[str]:
    names = [columns.get(key) for key in ("id", "group", "query", "title", "positive")]
    return list(dict.fromkeys(name for name in (*names, *columns.get("negatives", [])) if name))


def _rows(paths: list[Path], names: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in paths:
        if path.suffix == ".parquet":
            yield from _parquet_rows(path, names)
        else:
            for number, row in read_json_lines(path):
                if missing := [name for name in names if name not in row]:
                    raise InputError(f"{path}: line {number}: has no {missing[0]!r}; it has {', '.join(row)}")
                yield f"{path}: line {number}", row


def _parquet_rows(path: Path, names: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    number = 0
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as table:
            known = table.schema_arrow.names
            if missing := [name for name in names if name not in known]:
                raise InputError(f"{path}: has no column {missing[0]!r}; it has {', '.join(known)}")
            for batch in table.iter_batches(_ROWS, columns=names):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}: row {number}", row
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; see docs/data.md for the layout") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: is not whole Parquet ({error}); fetch the file again") from None


def _text(row: dict[str, Any], column: str, where: str) -> str:
    value = row[column]
    if value is not None and not isinstance(value, str):
        raise InputError(f"{where}: {column!r} is {str(value)[:40]}, which is no text")
    return whole_text(value or "", column, where)


def _name(row: dict[str, Any], column: str, where: str) -> str:
    value = row[column]
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise InputError(f"{where}: {column!r} is {value!r}, which is no id")
    return whole_text(str(value), column, where)


def _passages(row: dict[str, Any], column: str, where: str) -> list[Negative]:
    """Return the passages of a cell that have text."""
    cell = row[column]
    found = []
    for value in cell if isinstance(cell, list) else [] if cell is None else [cell]:
        title, text = "", value
        if isinstance(value, dict):
            title, text = value.get("title") or "", value["text"] if "text" in value else value.get("passage")
        if not isinstance(text, str) or not isinstance(title, str):
            raise InputError(f"{where}: {column!r} holds {str(value)[:40]!r}, which is no passage")
        if text := whole_text(text, column, where):
            found.append(Negative(whole_text(title, column, where), text))
    return found
