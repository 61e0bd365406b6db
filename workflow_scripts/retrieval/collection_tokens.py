"""A part of a collection as token arrays, with the ids of its rows: read by every model that shares the vocabulary."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.neutral_id import neutral_id
from workflow_scripts.data.sealed_parquet import SealedParquet, sealed_writer
from workflow_scripts.data.table_digest import digest_table
from workflow_scripts.data.table_stream import read_batches
from workflow_scripts.data.tables import PASSAGES, QUERIES, VECTOR_IDS
from workflow_scripts.data.text_format import passage_text, query_text
from workflow_scripts.data.token_arrays import TokenWriter
from workflow_scripts.encoders.settings import TextForm
from workflow_scripts.encoders.tokenization import TextTokenizer

_log = logging.getLogger(__name__)

KINDS = ("queries", "passages")


@dataclass(frozen=True)
class Shard:
    """Shard ``number`` of ``count`` of a table: an even share of its rows, in the table's order."""

    number: int = 0
    count: int = 1

    def rows(self, total: int) -> range:
        """Return the numbers of the shard's rows among ``total``."""
        return range(self.number * total // self.count, (self.number + 1) * total // self.count)


@dataclass
class Block:
    """One language's rows in a part, and how many of its texts were cut at the maximum length."""

    lang: str
    first: int
    rows: int
    truncated: int = 0


def write_part_tokens(
    tokenizer: TextTokenizer, kind: str, collection: str, paths: Mapping[str, Path], folder: Path, shard: Shard
) -> dict[str, Any]:
    """Tokenise one table a language into column ``kind`` of token arrays and ``folder/<kind>.parquet`` (VECTOR_IDS).

    ``kind`` is ``queries`` or ``passages``; ``paths``: language → QUERIES or PASSAGES, each one block of rows in the
    table's order. Of passages only those of ``shard`` are taken; queries, which are few, are all in the first shard.
    Memory does not grow with the tables. Returns facts for the manifest; raises InputError where there is no row.
    """
    columns = (QUERIES if kind == "queries" else PASSAGES).names
    tables = {lang: SealedParquet(path, columns) for lang, path in paths.items()}
    if sum(table.metadata.num_rows for table in tables.values()) == 0:
        raise InputError(f"{collection}: no {kind} in {', '.join(paths)}; there is nothing to encode")
    form, blocks = tokenizer.form, []
    longest = form.max_query_length if kind == "queries" else form.max_passage_length
    with (
        TokenWriter(folder, kind, tokenizer.vocabulary) as writer,
        sealed_writer(folder / f"{kind}.parquet", VECTOR_IDS) as ids_writer,
    ):
        for lang, table in tables.items():
            total = table.metadata.num_rows
            rows = shard.rows(total) if kind == "passages" else range(total if shard.number == 0 else 0)
            block = Block(lang, writer.texts, len(rows))
            for ids, texts in _texts(table, kind, form, rows):
                tokens, cut = tokenizer.tokenize_and_count(texts, longest)
                block.truncated += cut
                writer.append(tokens)
                _write_ids(ids_writer, collection, lang, ids)
            blocks.append(block)
            share = block.truncated / max(1, block.rows)
            _log.info("%s %s: %d tokenised, %.2f %% cut to %d tokens", lang, kind, block.rows, 100 * share, longest)
    return {
        "rows": writer.texts,
        "tokens": writer.tokens,
        "languages": [asdict(block) for block in blocks],
        "tables": {lang: digest_table(path, columns) for lang, path in paths.items()},
    }


def _texts(table: SealedParquet, kind: str, form: TextForm, rows: range) -> Iterator[tuple[list[str], list[str]]]:
    """Yield ids and formatted texts of ``rows``, some at a time."""
    if kind == "queries":
        for batch in read_batches(table, ["query_id", "text"], rows):
            ids, texts = (column.to_pylist() for column in batch.columns)
            yield ids, [query_text(text, form.query_prefix) for text in texts]
    else:
        for batch in read_batches(table, ["passage_id", "title", "text"], rows):
            ids, titles, texts = (column.to_pylist() for column in batch.columns)
            pairs = zip(titles, texts, strict=True)
            yield ids, [passage_text(title, text, form.passage_prefix) for title, text in pairs]


def _write_ids(writer: pq.ParquetWriter, collection: str, lang: str, ids: list[str]) -> None:
    neutral = [neutral_id(collection, lang, name) for name in ids]
    writer.write_table(pa.table({"id": ids, "lang": [lang] * len(ids), "neutral_id": neutral}, schema=VECTOR_IDS))
