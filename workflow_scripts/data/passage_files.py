"""Passages from files of JSON lines and of Parquet, at the speed of Arrow's own readers.

Arrow reads blocks of rows without a Python object for each. Where a block is unlike what it must be, the file is read
again by the line, which says the place and the reason, or finds that all is well.
"""

import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
import pyarrow.parquet as pq
from isal import igzip_threaded

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.passages import BLOCK, Shard, blocks_of, tidy
from workflow_scripts.data.records import Passage
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_lines import filled_field, read_json_lines, string_field

_BYTES = 4 << 20  # of text a block: what fits in a core's cache parses fastest
_ROWS = 65_536
_FAULTS = (pa.ArrowException, OSError, EOFError, zlib.error)  # of a block: the line says more


def json_shard(path: Path, id_field: str) -> Shard:
    """Return a shard of JSON lines, plain or gzip: ``id_field``, ``title`` (may be missing or null) and ``text``."""

    def blocks(counts: RowCounts) -> Iterator[pa.RecordBatch]:
        read = 0
        try:
            for batch in _json_batches(path, id_field):
                block = _as_block(batch)
                read += len(batch)
                yield tidy(block, counts)
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
    try:
        with pq.ParquetFile(path) as file:
            names = [_present(path, file.schema_arrow.names, alternatives) for alternatives in wanted]
            for batch in file.iter_batches(_ROWS, columns=[name for name in names if name]):
                columns = [
                    batch.column(name).cast(pa.string()) if name else pa.nulls(len(batch), pa.string())
                    for name in names
                ]
                found = pa.record_batch(columns, names=[str(number) for number in range(len(columns))])
                found.validate(full=True)
                yield found
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


def _json_batches(path: Path, id_field: str) -> Iterator[pa.RecordBatch]:
    schema = pa.schema([(name, pa.string()) for name in (id_field, "title", "text")])
    with ExitStack() as opened:
        if path.suffix == ".gz":
            # isal decompresses three times as fast as zlib, here in a thread of its own, ahead of the parser.
            content = opened.enter_context(igzip_threaded.open(path, "rb", threads=1))
            stream = opened.enter_context(pa.PythonFile(content, "r"))
        else:
            stream = opened.enter_context(pa.OSFile(str(path)))
        yield from pyarrow.json.open_json(
            stream,
            read_options=pyarrow.json.ReadOptions(block_size=_BYTES),
            parse_options=pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )


def _as_block(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch as a block; raise ArrowInvalid where an id or a text is missing, or no UTF-8."""
    batch.validate(full=True)
    ids, title, text = batch.columns
    if ids.null_count or text.null_count or pc.any(pc.equal(pc.binary_length(ids), 0)).as_py():
        raise pa.ArrowInvalid("an id or a text is missing")
    return pa.record_batch([ids, pc.fill_null(title, ""), text], schema=BLOCK)


def _json_rows(path: Path, id_field: str) -> Iterator[Passage]:
    for number, record in read_json_lines(path):
        where = f"{path}: line {number}"
        yield Passage(
            filled_field(record, id_field, where),
            string_field(record, "title", where) if record.get("title") is not None else "",
            string_field(record, "text", where),
        )
