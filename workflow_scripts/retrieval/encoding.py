"""Texts to a matrix of fp16 unit vectors, a window at a time, so that memory does not grow with the corpus."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.neutral_id import neutral_id
from workflow_scripts.data.tables import VECTOR_IDS
from workflow_scripts.data.text_format import passage_text, query_text

_log = logging.getLogger(__name__)

WINDOW = 1 << 15  # texts tokenised, sorted by length and encoded together
NORM_TOLERANCE = 1e-3
_TOKENISED_AT_ONCE = 1024


class Encoder(Protocol):
    """What encoding needs of a bi-encoder."""

    def tokenize(self, texts: Sequence[str], max_length: int) -> list[list[int]]:
        """Return token ids, special tokens included, cut to ``max_length``."""

    def encode_rows(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        """Return fp32 unit vectors [n, d] of n token lists, computed as one batch."""


@dataclass
class Block:
    """One language's rows of a matrix, and how many of its texts were cut."""

    lang: str
    first: int
    rows: int
    truncated: int = 0


@dataclass
class Encoded:
    """What one matrix holds, language by language."""

    dimension: int = 0
    languages: list[Block] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """Return it as JSON values for the manifest."""
        return {
            "dimension": self.dimension,
            "rows": sum(block.rows for block in self.languages),
            "languages": [
                {
                    "lang": block.lang,
                    "first": block.first,
                    "rows": block.rows,
                    "truncated_share": round(block.truncated / block.rows, 6) if block.rows else 0.0,
                }
                for block in self.languages
            ],
        }


def encode_matrix(
    encoder: Encoder,
    kind: str,
    collection: str,
    paths: dict[str, Path],
    folder: Path,
    *,
    prefix: str,
    max_length: int,
    batch_tokens: int,
) -> Encoded:
    """Write ``folder/<kind>.npy`` and ``folder/<kind>.parquet`` (VECTOR_IDS) of one table a language.

    ``kind`` is ``queries`` or ``passages``; ``paths``: language → QUERIES or PASSAGES, each one block of rows in
    the table's order. Vectors are fp16 [texts, d]. Raises InputError on a vector that is NaN or not of unit length.
    """
    tables = {lang: _open(path) for lang, path in paths.items()}
    total = sum(table.metadata.num_rows for table in tables.values())
    if total == 0:
        raise InputError(f"{collection}: no {kind} in {', '.join(paths)}; there is nothing to encode")
    result, matrix, row = Encoded(), None, 0
    with pq.ParquetWriter(folder / f"{kind}.parquet", VECTOR_IDS, compression="zstd") as ids_writer:
        for lang, table in tables.items():
            block = Block(lang, row, table.metadata.num_rows)
            for ids, texts in _windows(table, kind, prefix, paths[lang]):
                rows, truncated = _tokenize(encoder, texts, max_length)
                block.truncated += truncated
                for chosen in batches(np.array([len(row) for row in rows]), batch_tokens):
                    vectors = encoder.encode_rows([rows[i] for i in chosen])
                    if matrix is None:
                        result.dimension = vectors.shape[1]
                        shape = (total, result.dimension)
                        matrix = np.lib.format.open_memmap(folder / f"{kind}.npy", "w+", np.float16, shape)
                    stored = vectors.astype(np.float16)
                    _check(stored, f"{lang} {kind}", ids, chosen)
                    matrix[row + chosen] = stored
                row += len(ids)
                _write_ids(ids_writer, collection, lang, ids)
            result.languages.append(block)
            share = block.truncated / max(1, block.rows)
            _log.info("%s %s: %d encoded, %.2f %% cut to %d tokens", lang, kind, block.rows, 100 * share, max_length)
    matrix.flush()
    return result


def batches(lengths: np.ndarray, batch_tokens: int) -> Iterator[np.ndarray]:
    """Yield indices of texts, longest first, in batches of at most ``batch_tokens`` (padding counted) or one text."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, batch_tokens // int(lengths[order[start]]))
        yield order[start : start + size]
        start += size


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run prepare_collection") from None
    except pa.ArrowInvalid as error:
        raise InputError(f"{path}: not a Parquet file ({error}); remove it and rerun") from None


def _windows(table: pq.ParquetFile, kind: str, prefix: str, path: Path) -> Iterator[tuple[list[str], list[str]]]:
    """Yield ids and formatted texts, at most ``WINDOW`` at a time."""
    columns = ["query_id", "text"] if kind == "queries" else ["passage_id", "title", "text"]
    if missing := [name for name in columns if name not in table.schema_arrow.names]:
        raise InputError(f"{path}: column {missing[0]} is missing; remove it and rerun")
    for batch in table.iter_batches(batch_size=WINDOW, columns=columns):
        ids, *parts = (batch.column(name).to_pylist() for name in columns)
        if kind == "queries":
            yield ids, [query_text(text, prefix) for text in parts[0]]
        else:
            yield ids, [passage_text(title, text, prefix) for title, text in zip(*parts, strict=True)]


def _tokenize(encoder: Encoder, texts: list[str], max_length: int) -> tuple[list[np.ndarray], int]:
    """Return each text's ids as int32, and how many texts were cut: those that one token more would still not hold."""
    rows: list[np.ndarray] = []
    truncated = 0
    for start in range(0, len(texts), _TOKENISED_AT_ONCE):
        part = texts[start : start + _TOKENISED_AT_ONCE]
        lists = encoder.tokenize(part, max_length + 1)
        long = [i for i, ids in enumerate(lists) if len(ids) > max_length]
        for i, ids in zip(long, encoder.tokenize([part[i] for i in long], max_length), strict=True):
            lists[i] = ids
        truncated += len(long)
        rows.extend(np.array(ids, dtype=np.int32) for ids in lists)
    return rows, truncated


def _check(stored: np.ndarray, what: str, ids: list[str], chosen: np.ndarray) -> None:
    norms = np.sqrt(np.einsum("nd,nd->n", stored, stored, dtype=np.float32))
    wrong = np.flatnonzero(~(np.abs(norms - 1) <= NORM_TOLERANCE))  # NaN compares false, so it is caught too
    if len(wrong):
        raise InputError(
            f"{what} {ids[chosen[wrong[0]]]}: its vector has norm {norms[wrong[0]]:.4g}, not 1; the model's weights "
            "are broken or `normalise` is off: search needs unit vectors"
        )


def _write_ids(writer: pq.ParquetWriter, collection: str, lang: str, ids: list[str]) -> None:
    neutral = [neutral_id(collection, lang, name) for name in ids]
    writer.write_table(pa.table({"id": ids, "lang": [lang] * len(ids), "neutral_id": neutral}, schema=VECTOR_IDS))
