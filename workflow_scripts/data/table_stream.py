"""Reading and writing a Parquet table of any length in bounded memory."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError

_ROWS_PER_GROUP = 65_536
_ROWS_AT_ONCE = 8_192


def write_rows(rows: Iterable[tuple[Any, ...]], path: str | Path, schema: pa.Schema) -> int:
    """Write rows, each in the order of ``schema``'s columns, a row group at a time; return how many there were.

    The file appears whole when the last row is written, or not at all where ``rows`` raises.
    """
    rows = iter(rows)
    written = 0
    with atomic_file(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
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
    try:
        with pq.ParquetFile(path) as table:
            if missing := [name for name in schema.names if name not in table.schema_arrow.names]:
                raise pa.ArrowInvalid(f"no column {', '.join(missing)}")
            for batch in table.iter_batches(_ROWS_AT_ONCE, columns=schema.names):
                yield from batch.to_pylist()
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"{path}: not a readable table of {', '.join(schema.names)} ({error}); rerun the rule that makes it"
        ) from None


def some_rows(rows: Iterable[tuple[Any, ...]], complaint: str) -> Iterator[tuple[Any, ...]]:
    """Yield ``rows``; raise InputError with ``complaint`` where there is none."""
    empty = True
    for row in rows:
        empty = False
        yield row
    if empty:
        raise InputError(complaint)
