"""Passages of a collection as a stream: shards, and blocks of rows as Arrow tables, never a whole corpus in memory."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.data.records import Judgement, Passage, Query
from workflow_scripts.data.row_counts import RowCounts

BLOCK = pa.schema([pa.field(name, pa.string(), nullable=False) for name in ("passage_id", "title", "text")])
_ROWS = 65_536

# White space as `str.strip` has it, in UTF-8: of one, two and three bytes.
_SPACES = [chr(code).encode() for code in range(0x3001) if chr(code).isspace()]
_SPACE_CODES = {
    size: np.array(sorted(int.from_bytes(space, "big") for space in _SPACES if len(space) == size), dtype=np.uint32)
    for size in (1, 2, 3)
}
# Bytes with which white space begins and ends: most texts have none of them at their ends, and need no second look.
_FIRST_BYTES, _LAST_BYTES = np.zeros(256, dtype=bool), np.zeros(256, dtype=bool)
_FIRST_BYTES[[space[0] for space in _SPACES]] = True
_LAST_BYTES[[space[-1] for space in _SPACES]] = True


class Shard(NamedTuple):
    """A part of a collection's passages that is read for itself.

    ``blocks`` yields its rows in the file's order, checked and without those that it drops and counts. ``places``
    yields where each row of the file stands, and its id; None where the reader itself makes ids, which are distinct.
    """

    path: Path
    blocks: Callable[[RowCounts], Iterator[pa.RecordBatch]]
    places: Callable[[], Iterator[tuple[str, str]]] | None = None


class Collection(NamedTuple):
    """One language of an evaluation collection; ``places`` says where each judgement stands.

    ``places`` is empty where the reader makes judgements and passages' ids of the same text, so that they agree.
    """

    queries: list[Query]
    judgements: list[Judgement]
    places: list[str]
    shards: list[Shard]


def blocks_of(passages: Iterable[Passage]) -> Iterator[pa.RecordBatch]:
    """Yield passages as blocks."""
    passages = iter(passages)
    while rows := list(islice(passages, _ROWS)):
        yield pa.record_batch([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], schema=BLOCK)


def tidy(block: pa.RecordBatch, counts: RowCounts) -> pa.RecordBatch:
    """Return a block without white space at the ends of texts, and without rows that have neither title nor text."""
    columns = [_stripped(column) for column in block.columns]
    _, title, text = columns
    block = pa.record_batch(columns, schema=BLOCK)
    empty = pc.and_(pc.equal(pc.binary_length(title), 0), pc.equal(pc.binary_length(text), 0))
    if dropped := pc.sum(empty).as_py():
        counts["passages", "neither title nor text"] += dropped
        return block.filter(pc.invert(empty))
    return block


def _stripped(column: pa.StringArray) -> pa.StringArray:
    """Return a column without white space at both ends; looking at the ends alone is cheaper than stripping all."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[column.offset : column.offset + len(column) + 1]
    content = np.frombuffer(data, dtype=np.uint8) if data else np.empty(0, dtype=np.uint8)
    first, last = ends[:-1], ends[1:]
    filled = last > first
    first, last = first[filled], last[filled]
    suspects = _FIRST_BYTES[content[first]] | _LAST_BYTES[content[last - 1]]
    first, last = first[suspects], last[suspects]
    for size, codes in _SPACE_CODES.items():
        long = last - first >= size
        for start in (first[long], last[long] - size):
            code = np.zeros(len(start), dtype=np.uint32)
            for byte in range(size):
                code = code << 8 | content[start + byte]
            if np.isin(code, codes).any():
                return pc.utf8_trim_whitespace(column)
    return column
