"""The memory-mapped vectors of a collection's parts, by language, and their scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import VECTOR_IDS, read_table
from workflow_scripts.retrieval.exact_product import pairwise_product, product, widen
from workflow_scripts.retrieval.passages import PassageIds

_PAIRS_AT_ONCE = 1 << 14


@dataclass(frozen=True)
class DenseScorer:
    """Exact cosines of fp16 vectors [rows, d], language by language (``exact_product`` says why they are exact)."""

    queries: Mapping[str, np.ndarray]
    passages: Mapping[str, np.ndarray]

    def score(self, query_lang: str, queries: np.ndarray, passage_lang: str, passages: slice) -> np.ndarray:
        """Return float32 [q, p]: rows ``queries`` of one language against rows ``passages`` of another."""
        left = widen(self.queries[query_lang][queries], f"queries of {query_lang}")
        return product(left, widen(self.passages[passage_lang][passages], f"passages of {passage_lang}"))

    def score_pairs(self, query_lang: str, queries: np.ndarray, passage_lang: str, passages: np.ndarray) -> np.ndarray:
        """Return float32 [n]: row ``queries[i]`` against row ``passages[i]``."""
        scores = np.empty(len(queries), dtype=np.float32)
        for start in range(0, len(queries), _PAIRS_AT_ONCE):
            part = slice(start, start + _PAIRS_AT_ONCE)
            left = widen(self.queries[query_lang][queries[part]], f"queries of {query_lang}")
            right = widen(self.passages[passage_lang][passages[part]], f"passages of {passage_lang}")
            scores[part] = pairwise_product(left, right)
        return scores


def load_queries(indexes: Mapping[Path, Mapping[str, Any]]) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    """Return language → fp16 vectors (in memory) and language → ids of all parts' queries."""
    vectors, ids = {}, {}
    for index in indexes.values():
        for lang, matrix, names, _ in _languages(index, "queries"):
            vectors[lang], ids[lang] = np.array(matrix), names.to_pylist()
    return vectors, ids


def load_passages(indexes: Mapping[Path, Mapping[str, Any]]) -> tuple[dict[str, np.ndarray], dict[str, PassageIds]]:
    """Return language → fp16 vectors (memory-mapped) and language → ids of all parts' passages."""
    vectors, ids = {}, {}
    for path, index in indexes.items():
        for lang, matrix, names, neutral in _languages(index, "passages"):
            vectors[lang], ids[lang] = matrix, PassageIds.of(names, neutral, f"{path}: passages of {lang}")
    return vectors, ids


def _languages(index: Mapping[str, Any], side: str):
    """Yield language, matrix, ids and neutral ids of each block of one part."""
    described = index[side]
    matrix = _open_matrix(described["matrix"], described["rows"], index["dimension"])
    table = read_table(described["ids"], VECTOR_IDS)
    if len(table) != described["rows"]:
        raise InputError(f"{described['ids']}: has not a row for each vector; remove its folder and rerun encode")
    for block in described["languages"]:
        rows = table.slice(block["first"], block["rows"])
        names, neutral = (_one(rows[name]) for name in ("id", "neutral_id"))
        yield block["lang"], matrix[block["first"] : block["first"] + block["rows"]], names, neutral


def _one(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], type=column.type)


def _open_matrix(path: Path, rows: int, dimension: int) -> np.ndarray:
    try:
        matrix = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable matrix ({error}); run encode again") from None
    if matrix.dtype != np.float16 or matrix.shape != (rows, dimension):
        raise InputError(
            f"{path}: is {matrix.dtype} {matrix.shape}, its index says float16 {(rows, dimension)}; run index again"
        )
    return matrix
