"""Reading and writing a Parquet table of any length in bounded memory."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.sealed_parquet import SealedParquet, sealed_writer

_ROWS_PER_GROUP = 65_536
_ROWS_AT_ONCE = 8_192


def write_rows(rows: Iterable[tuple[Any, ...]], path: str | Path, schema: pa.Schema) -> int:
    """Write rows, each in the order of ``schema``'s columns, a row group at a time; return how many there were.

    The file appears whole when the last row is written, or not at all where ``rows`` raises.
    """
    rows = iter(rows)
    written = 0
    with atomic_file(path) as temporary, sealed_writer(temporary, schema) as writer:
        while group := list(islice(rows, _ROWS_PER_GROUP)):
            arrays = [
                pa.array(column, type=field.type)
                for column, field in zip(zip(*group, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            written += len(group)
    return written


def read_rows(path: str | Path, schema: pa.Schema) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table, each by column name; raise InputError where it is not such a table."""
    with SealedParquet(path, schema.names) as table:
        for batch in read_batches(table, schema.names):
            yield from batch.to_pylist()


def spread_rows(path: str | Path, schema: pa.Schema, columns: list[str], count: int) -> Iterator[dict[str, Any]]:
    """Yield every n-th row of a table, at most ``count``; raise InputError where it is not such a table."""
    with SealedParquet(path, schema.names) as table:
        step = max(1, -(-table.metadata.num_rows // count))
        first = 0
        for batch in read_batches(table, columns):
            yield from batch.take(pa.array(range(-first % step, batch.num_rows, step), pa.int64())).to_pylist()
            first += batch.num_rows


def some_rows(rows: Iterable[tuple[Any, ...]], complaint: str) -> Iterator[tuple[Any, ...]]:
    """Yield ``rows``; raise InputError with ``complaint`` where there is none."""
    empty = True
    for row in rows:
        empty = False
        yield row
    if empty:
        raise InputError(complaint)


def read_batches(file: SealedParquet, columns: list[str], rows: range | None = None) -> Iterator[pa.RecordBatch]:
    """Yield ``columns`` of consecutive ``rows`` (default: all), some thousands of them at a time.

    Row groups that hold none of them are not read.
    """
    rows = range(file.metadata.num_rows) if rows is None else rows
    start = 0
    for group in range(file.metadata.num_row_groups):
        row, start = start, start + file.metadata.row_group(group).num_rows
        if row >= rows.stop or start <= rows.start:
            continue
        for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, row_groups=[group], columns=columns):
            first, last = max(rows.start - row, 0), min(rows.stop - row, batch.num_rows)
            row += batch.num_rows
            if first < last:
                yield batch.slice(first, last - first)
