"""Schemas of every Parquet table that passes between rules, and their reading and writing.

The tables are documented column by column in ``docs/architecture.md``.
"""

from pathlib import Path

import pyarrow as pa

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.sealed_parquet import SealedParquet, remedy_of, sealed_writer

_name = pa.dictionary(pa.int32(), pa.string())  # few distinct values, many rows


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable=name in _NULLABLE) for name, kind in columns.items()])


# A language may hold only the query or only the passage of a pair (MLQA has Arabic questions, no Arabic passage).
# A pair without hard negatives of its own has null there.
# An overlap is a hard negative's, by its position, or that of a whole row.
_NULLABLE = {"query", "title", "passage", "negatives", "negative"}

_PASSAGE = pa.struct([("title", pa.string()), ("passage", pa.string())])

PAIRS = _schema(
    pair_id=pa.string(),
    group_id=pa.string(),
    source=pa.string(),
    lang=pa.string(),
    origin=pa.string(),
    query=pa.string(),
    title=pa.string(),
    passage=pa.string(),
    negatives=pa.list_(_PASSAGE),
)
TRANSLATIONS = _schema(
    text=pa.string(),
    translation=pa.string(),
    cut_off=pa.bool_(),
    segments=pa.int32(),
    cut_sentences=pa.int32(),
    block=pa.int32(),
)
SIMILARITIES = _schema(text=pa.string(), similarity=pa.float32())
TEXTS = _schema(text_id=pa.string(), group_id=pa.string(), source=pa.string(), lang=pa.string(), text=pa.string())
LEXICON = _schema(word=pa.string(), translation=pa.string(), weight=pa.float32())
QUERIES = _schema(query_id=pa.string(), lang=pa.string(), text=pa.string())
PASSAGES = _schema(passage_id=pa.string(), lang=pa.string(), title=pa.string(), text=pa.string())
QRELS = _schema(query_id=pa.string(), passage_id=pa.string(), relevance=pa.int32())
OVERLAPS = _schema(
    kind=pa.string(),
    source=pa.string(),
    id=pa.string(),
    negative=pa.int32(),
    lang=pa.string(),
    reason=pa.string(),
    share=pa.float32(),
    collection=pa.string(),
    matched=pa.string(),
)
VECTOR_IDS = _schema(id=pa.string(), lang=pa.string(), neutral_id=pa.string())
HITS = _schema(
    query_lang=_name,
    query_id=_name,
    passage_lang=_name,
    passage_id=pa.string(),
    neutral_id=pa.string(),
    rank=pa.int32(),
    score=pa.float32(),
)
GOLD_RANKS = _schema(
    query_lang=_name,
    query_id=_name,
    passage_lang=_name,
    passage_id=pa.string(),
    searched_lang=_name,
    score=pa.float32(),
    above=pa.int64(),
    searched=pa.int64(),
)
SCORES = _schema(
    model=_name,
    strategy=_name,
    seed=pa.int32(),
    collection=_name,
    setting=_name,
    query_lang=_name,
    passage_lang=_name,
    query_id=_name,
    metric=_name,
    value=pa.float64(),
)
BIAS = _schema(
    model=_name,
    strategy=_name,
    seed=pa.int32(),
    collection=_name,
    measure=_name,
    query_lang=_name,
    passage_lang=_name,
    value=pa.float64(),
)
MEANS = _schema(
    model=_name,
    strategy=_name,
    seed=pa.int32(),
    collection=_name,
    setting=_name,
    metric=_name,
    query_lang=_name,
    passage_lang=_name,
    queries=pa.int64(),
    mean=pa.float64(),
)


def write_table(table: pa.Table, path: str | Path, schema: pa.Schema) -> None:
    """Write ``table`` with exactly ``schema``'s columns, whole or not at all (zstd, same bytes for same rows)."""
    missing = [name for name in schema.names if name not in table.column_names]
    if missing:
        raise InputError(f"{path}: columns {', '.join(missing)} are missing; the table has {table.column_names}")
    with atomic_file(path) as temporary, sealed_writer(temporary, schema) as writer:
        writer.write_table(table.select(schema.names).cast(schema))


def count_rows(path: str | Path, schema: pa.Schema) -> int:
    """Return how many rows a table has, reading its footer alone; raise InputError where it is no such table."""
    with SealedParquet(path, schema.names) as file:
        return file.metadata.num_rows


def read_table(path: str | Path, schema: pa.Schema, columns: list[str] | None = None) -> pa.Table:
    """Read ``columns`` (default: all of ``schema``) of a table; raise InputError where it is not such a table."""
    wanted = columns or schema.names
    # Not pq.read_table: it imports pyarrow's datasets, a third of a second in each of a hundred short jobs.
    with SealedParquet(path, wanted) as file:
        table = file.read(columns=wanted)
    try:
        return table.cast(pa.schema([schema.field(name) for name in wanted]))
    except pa.ArrowException as error:
        raise InputError(
            f"{path}: not a readable table of {', '.join(schema.names)} ({error}); {remedy_of(path)}"
        ) from error
