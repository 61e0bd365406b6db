"""Passages from files of JSON lines and of Parquet, a block of rows at a time.

Where a block is unlike what it must be, the file is read again by the line, which says the place and the reason, or
finds that all is well.
"""

import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from isal import igzip_threaded

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.passages import BLOCK, Shard, blocks_of, tidy
from workflow_scripts.data.records import Passage
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_lines import filled_field, read_json_lines, string_field

_BYTES = 1 << 17  # parsed at once: what the cache holds while it becomes columns
_PIECES = 32  # of so many bytes make a block
_ROWS = 65_536
# Of a block: the line says more. What is no JSON, no object, lacks a field, is no text; a file that is damaged.
_FAULTS = (ValueError, TypeError, LookupError, pa.ArrowException, OSError, EOFError, zlib.error)


def json_shard(path: Path, id_field: str) -> Shard:
    """Return a shard of JSON lines, plain or gzip: ``id_field``, ``title`` (may be missing or null) and ``text``."""

    def blocks(counts: RowCounts) -> Iterator[pa.RecordBatch]:
        read = 0
        try:
            for block in _json_blocks(path, id_field):
                tidied = tidy(block, counts)
                # Of rows that are dropped for want of text the ids are looked at, too, as by the line.
                ids = tidied.column(0) if len(tidied) == len(block) else pc.utf8_trim_whitespace(block.column(0))
                if pc.any(pc.equal(pc.binary_length(ids), 0)).as_py():
                    raise ValueError("an id is empty")
                read += len(block)
                yield tidied
        except _FAULTS:
            for block in blocks_of(islice(_json_rows(path, id_field), read, None)):
                yield tidy(block, counts)

    def places() -> Iterator[tuple[str, str]]:
        for number, record in read_json_lines(path):
            yield f"{path.name}: line {number}", filled_field(record, id_field, f"{path}: line {number}")

    return Shard(path, blocks, places)


def parquet_shard(path: Path, text_column: str = "text") -> Shard:
    """Return a shard of Parquet: ``_id`` or ``id``, ``title`` (may be missing or null) and ``text_column``."""

    def blocks(counts: RowCounts) -> Iterator[pa.RecordBatch]:
        first = 1
        for batch in parquet_batches(path, [("_id", "id"), ("title", None), (text_column,)]):
            ids, title, text = batch.columns
            for name, column in (("id", ids), ("text", text)):
                if column.null_count:
                    row = first + pc.index(pc.is_null(column), True).as_py()
                    raise InputError(f"{path}: row {row}: {name!r} is missing")
            block = tidy(pa.record_batch([ids, pc.fill_null(title, ""), text], schema=BLOCK), counts)
            empty = pc.index(pc.equal(pc.binary_length(block.column("passage_id")), 0), True).as_py()
            if empty >= 0:
                raise InputError(f"{path}: row {first + empty} or after it: 'id' is empty")
            first += len(batch)
            yield block

    def places() -> Iterator[tuple[str, str]]:
        number = 0
        for batch in parquet_batches(path, [("_id", "id")]):
            for value in batch.column(0).to_pylist():
                number += 1
                yield f"{path.name}: row {number}", value.strip()

    return Shard(path, blocks, places)


def parquet_batches(path: Path, wanted: list[tuple[str | None, ...]]) -> Iterator[pa.RecordBatch]:
    """Yield rows of a Parquet file as text columns, in the order of ``wanted``: each the first name that is there.

    Where none is and None is among the names, the column is null. Raises InputError for a file that is missing,
    damaged, lacks a column or holds what is no text or number.
    """
    with _parquet(path) as file:
        names = [_present(path, file.schema_arrow.names, alternatives) for alternatives in wanted]
        for batch in file.iter_batches(_ROWS, columns=[name for name in names if name]):
            columns = [
                batch.column(name).cast(pa.string()) if name else pa.nulls(len(batch), pa.string()) for name in names
            ]
            found = pa.record_batch(columns, names=[str(number) for number in range(len(columns))])
            found.validate(full=True)
            yield found


def has_column(path: Path, name: str) -> bool:
    """Return whether a Parquet file has a column; raise InputError for a file that is missing or damaged."""
    with _parquet(path) as file:
        return name in file.schema_arrow.names


@contextmanager
def _parquet(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            yield file
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; see docs/data.md for the layout") from None
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: is not Parquet of text columns, or damaged ({reason}); fetch it again") from None


def _present(path: Path, names: list[str], alternatives: tuple[str | None, ...]) -> str | None:
    for name in alternatives:
        if name is None or name in names:
            return name
    raise InputError(f"{path}: has no column {' or '.join(map(str, alternatives))}; it has {', '.join(names)}")


def _json_blocks(path: Path, id_field: str) -> Iterator[pa.RecordBatch]:
    """Yield rows as blocks; raise one of ``_FAULTS`` where they are not what they must be.

    Lines are joined to one JSON array, which orjson parses faster than each by itself, and faster than Arrow its own
    blocks. A line break within a JSON text is written as an escape, so every one in the file ends a line.
    """
    with ExitStack() as opened:
        if path.suffix == ".gz":
            # isal decompresses three times as fast as zlib, here in a thread of its own, ahead of the parser.
            content = opened.enter_context(igzip_threaded.open(path, "rb", threads=1))
        else:
            content = opened.enter_context(open(path, "rb"))
        pieces: list[list[pa.StringArray]] = []
        while lines := content.read(_BYTES):
            lines = (lines + content.readline()).removesuffix(b"\n")
            records = orjson.loads(b"[%b]" % lines.replace(b"\n", b","))
            if len(records) != np.count_nonzero(np.frombuffer(lines, np.uint8) == ord("\n")) + 1:
                raise ValueError("a line is not one object")
            ids, title = [record[id_field] for record in records], [record.get("title") for record in records]
            text = [record["text"] for record in records]
            pieces.append([pa.array(column, pa.string()) for column in (ids, title, text)])
            if len(pieces) == _PIECES:
                yield _as_block(pieces)
                pieces = []
        if pieces:
            yield _as_block(pieces)


def _as_block(pieces: list[list[pa.StringArray]]) -> pa.RecordBatch:
    """Join ids, titles and texts to a block; raise ArrowInvalid where an id or a text is missing."""
    ids, title, text = (pa.concat_arrays(column) for column in zip(*pieces, strict=True))
    if ids.null_count or text.null_count:
        raise pa.ArrowInvalid("an id or a text is missing")
    return pa.record_batch([ids, pc.fill_null(title, "") if title.null_count else title, text], schema=BLOCK)


def _json_rows(path: Path, id_field: str) -> Iterator[Passage]:
    for number, record in read_json_lines(path):
        where = f"{path}: line {number}"
        yield Passage(
            filled_field(record, id_field, where),
            string_field(record, "title", where) if record.get("title") is not None else "",
            string_field(record, "text", where),
        )
