"""Training pairs of one source and language as token arrays.

Two columns of distinct texts, ``queries`` and ``passages``, and which of them each row of PAIRS has:
``queries.rows.npy`` and ``passages.rows.npy``, int64 [rows], −1 where the row lacks that side. Hard negatives are
passages too: those of row r are ``negatives.rows[negatives.offsets[r]:negatives.offsets[r + 1]]``, numbers of texts in
the column ``passages``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

import numpy as np

from workflow_scripts.data.npy_stream import NpyStream
from workflow_scripts.data.sealed_parquet import SealedParquet
from workflow_scripts.data.table_stream import read_batches
from workflow_scripts.data.tables import PAIRS
from workflow_scripts.data.text_format import passage_text, query_text
from workflow_scripts.data.token_arrays import TokenArrays, TokenWriter, open_array
from workflow_scripts.encoders.tokenization import TextTokenizer


@dataclass(frozen=True)
class PairTokens:
    """The token arrays of one PAIRS file, mapped; row r of each array of rows is the file's row r."""

    queries: TokenArrays
    passages: TokenArrays
    query_rows: np.ndarray
    passage_rows: np.ndarray
    negative_offsets: np.ndarray
    negative_rows: np.ndarray

    @classmethod
    def open(cls, folder: str | Path) -> Self:
        """Map what ``write_pair_tokens`` wrote; raise InputError where something is missing."""
        folder = Path(folder)
        names = ("queries.rows", "passages.rows", "negatives.offsets", "negatives.rows")
        return cls(
            TokenArrays.open(folder, "queries"),
            TokenArrays.open(folder, "passages"),
            *(open_array(folder / f"{name}.npy") for name in names),
        )


def write_pair_tokens(tokenizer: TextTokenizer, path_to_pairs: str | Path, folder: Path) -> dict[str, Any]:
    """Tokenise a PAIRS file into ``folder``; return facts for the manifest.

    A text that stands in several rows is tokenised once. Memory: 16 bytes of digest, and Python's overhead, for each
    distinct text. Raises InputError where the file is no such table.
    """
    form, table, columns = (
        tokenizer.form,
        SealedParquet(path_to_pairs, PAIRS.names),
        ["query", "title", "passage", "negatives"],
    )
    with (
        _DistinctTexts(folder, "queries", tokenizer, form.max_query_length) as queries,
        _DistinctTexts(folder, "passages", tokenizer, form.max_passage_length) as passages,
        NpyStream(folder / "queries.rows.npy", np.int64) as query_rows,
        NpyStream(folder / "passages.rows.npy", np.int64) as passage_rows,
        NpyStream(folder / "negatives.offsets.npy", np.int64) as negative_offsets,
        NpyStream(folder / "negatives.rows.npy", np.int64) as negative_rows,
    ):
        negative_offsets.append(np.zeros(1, dtype=np.int64))
        for batch in read_batches(table, columns):
            asked, titles, bodies, negatives = (batch.column(name).to_pylist() for name in columns)
            query_rows.append(
                queries.numbers(None if text is None else query_text(text, form.query_prefix) for text in asked)
            )
            passage_rows.append(
                passages.numbers(
                    None if body is None else passage_text(title, body, form.passage_prefix)
                    for title, body in zip(titles, bodies, strict=True)
                )
            )
            counts = np.array([len(of_row or []) for of_row in negatives], dtype=np.int64)
            negative_offsets.append(negative_rows.length + np.cumsum(counts))
            negative_rows.append(
                passages.numbers(
                    passage_text(negative["title"], negative["passage"], form.passage_prefix)
                    for of_row in negatives
                    for negative in of_row or []
                )
            )
    return {
        "rows": query_rows.length,
        "negatives": negative_rows.length,
        "queries": queries.facts(),
        "passages": passages.facts(),
    }


class _DistinctTexts:
    """A column of token arrays in which each text stands once."""

    def __init__(self, folder: Path, name: str, tokenizer: TextTokenizer, max_length: int) -> None:
        self._writer = TokenWriter(folder, name, tokenizer.vocabulary)
        self._tokenizer, self._max_length = tokenizer, max_length
        self._numbers: dict[bytes, int] = {}
        self._truncated = 0

    def numbers(self, texts: Iterable[str | None]) -> np.ndarray:
        """Return the number of each text, int64 [n], −1 for None; write those that are new."""
        new, found = [], []
        for text in texts:
            if text is None:
                found.append(-1)
                continue
            digest = blake2b(text.encode(), digest_size=16).digest()
            number = self._numbers.setdefault(digest, len(self._numbers))
            if number == self._writer.texts + len(new):
                new.append(text)
            found.append(number)
        rows, cut = self._tokenizer.tokenize_and_count(new, self._max_length)
        self._writer.append(rows)
        self._truncated += cut
        return np.array(found, dtype=np.int64)

    def facts(self) -> dict[str, int]:
        return {"texts": self._writer.texts, "tokens": self._writer.tokens, "truncated": self._truncated}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self._writer.__exit__(*error)
