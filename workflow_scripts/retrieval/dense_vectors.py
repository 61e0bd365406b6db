"""The memory-mapped vectors of a collection's parts, by language, and their scores."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import VECTOR_IDS, read_table
from workflow_scripts.retrieval.blocks import Blocks
from workflow_scripts.retrieval.blocks_in_threads import blocks_in_threads
from workflow_scripts.retrieval.exact_product import decode, error_bound, exact_products, fast_product
from workflow_scripts.retrieval.passages import Asked, PassageIds
from workflow_scripts.retrieval.ranking import neutral_numbers
from workflow_scripts.retrieval.scored_blocks import Choose, ScoredBlock
from workflow_scripts.retrieval.stored_vectors import StackedVectors, StoredVectors, VectorRows
from workflow_scripts.retrieval.worker_threads import in_threads, one_product_a_thread, thread_count

# What a thread works on at a time fits into its processor's cache.
_ROWS_AT_ONCE, _PAIRS_AT_ONCE = 512, 256


@dataclass(frozen=True)
class DenseScorer:
    """Cosines of fp16 vectors [rows, d], language by language (``exact_product`` says what is known of them)."""

    queries: Mapping[str, np.ndarray]
    passages: Mapping[str, VectorRows]

    def scan(self, asked: Asked, passage_lang: str, blocks: Blocks, choose: Choose) -> Iterator[ScoredBlock]:
        """Yield scores of the queries ``asked`` against all passages of a language, block by block.

        Threads score them, each other passages: it reads and decodes these once for all queries.
        """
        ends = np.cumsum([0, *(len(rows) for _, rows in asked)])
        left = np.empty((ends[-1], self.passages[passage_lang][:0].shape[1]), dtype=np.float32)
        for (lang, rows), first, last in zip(asked, ends, ends[1:], strict=False):
            decode(self.queries[lang][rows], f"queries of {lang}", left[first:last])
        passages, error = self.passages[passage_lang], error_bound(left.shape[1])
        threads, longest = thread_count(), min(blocks.passage_block, len(passages))
        decoded = [np.empty((longest, left.shape[1]), dtype=np.float32) for _ in range(threads)]
        rooms = np.empty((threads, 2, min(blocks.query_block, len(left)) * longest), dtype=np.float32)

        def score(thread: int, start: int, put: Callable[[ScoredBlock], None]) -> None:
            stop, right = min(start + blocks.passage_block, len(passages)), decoded[thread]
            for first in range(start, stop, _ROWS_AT_ONCE):
                last = min(first + _ROWS_AT_ONCE, stop)
                decode(passages[first:last], f"passages of {passage_lang}", right[first - start : last - start])
            for first in range(0, len(left), blocks.query_block):
                part, room = left[first : first + blocks.query_block], rooms[thread, turns[thread]]
                turns[thread] ^= 1
                scores = room[: len(part) * (stop - start)].reshape(len(part), stop - start)
                fast_product(part, right[: stop - start], scores)
                put(ScoredBlock(first, start, scores, error, choose(first, scores, error)))

        turns = [0] * threads
        with one_product_a_thread():
            yield from blocks_in_threads(score, range(0, len(passages), blocks.passage_block), threads)

    def score_pairs(self, query_lang: str, queries: np.ndarray, passage_lang: str, passages: np.ndarray) -> np.ndarray:
        """Return float32 [n]: row ``queries[i]`` against row ``passages[i]``, exactly."""
        named, numbers = np.unique(queries, return_inverse=True)
        left, right = decode(self.queries[query_lang][named], f"queries of {query_lang}"), self.passages[passage_lang]
        order = np.argsort(passages, kind="stable")  # near rows are read together
        scores = np.empty(len(order), dtype=np.float32)

        def score(mine: np.ndarray) -> None:
            room = np.empty((2, min(_PAIRS_AT_ONCE, len(mine)), left.shape[1]), dtype=np.float32)
            for start in range(0, len(mine), _PAIRS_AT_ONCE):
                part = mine[start : start + _PAIRS_AT_ONCE]
                ours, theirs = room[:, : len(part)]
                np.take(left, numbers[part], axis=0, out=ours, mode="clip")  # "raise" would copy twice
                decode(right[passages[part]], f"passages of {passage_lang}", theirs)
                scores[part] = exact_products(ours, theirs)

        in_threads(score, np.array_split(order, thread_count() if len(order) > _PAIRS_AT_ONCE else 1))
        return scores


def load_queries(indexes: Mapping[Path, Mapping[str, Any]]) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    """Return language → fp16 vectors (in memory) and language → ids of all parts' queries, each id once."""
    vectors: dict[str, list[np.ndarray]] = {}
    ids: dict[str, dict[str, None]] = {}
    for index in indexes.values():
        for lang, matrix, names, _ in _languages(index, "queries"):
            known = ids.setdefault(lang, {})
            fresh = [row for row, name in enumerate(names.to_pylist()) if name not in known]
            known.update(dict.fromkeys(names.take(pa.array(fresh, type=pa.int64())).to_pylist()))
            vectors.setdefault(lang, []).append(matrix[np.array(fresh, dtype=np.int64)])
    return {lang: np.concatenate(pieces) for lang, pieces in vectors.items()}, {
        lang: list(names) for lang, names in ids.items()
    }


def load_passages(indexes: Mapping[Path, Mapping[str, Any]]) -> tuple[dict[str, VectorRows], dict[str, PassageIds]]:
    """Return language → fp16 vectors (on disk) and language → ids of the parts' passages, one part after the other."""
    pieces: dict[str, list[tuple[VectorRows, pa.Array, np.ndarray]]] = {}
    where: dict[str, str] = {}
    for path, index in indexes.items():
        for lang, matrix, names, neutral in _languages(index, "passages"):
            known = where.setdefault(lang, f"{path}: passages of {lang}")
            pieces.setdefault(lang, []).append((matrix, names, neutral_numbers(neutral, known)))
    vectors: dict[str, VectorRows] = {}
    ids: dict[str, PassageIds] = {}
    for lang, found in pieces.items():
        matrices, names, numbers = zip(*found, strict=True)
        vectors[lang] = matrices[0] if len(found) == 1 else StackedVectors(matrices)
        ids[lang] = PassageIds.of(names, np.concatenate(numbers), where[lang])
    return vectors, ids


def _languages(index: Mapping[str, Any], side: str) -> Iterator[tuple[str, StoredVectors, pa.Array, pa.Array]]:
    """Yield language, matrix, ids and neutral ids of each block of one part."""
    described = index[side]
    shape = (described["rows"], index["dimension"])
    table = read_table(described["ids"], VECTOR_IDS, ["id", "neutral_id"])
    if len(table) != described["rows"]:
        raise InputError(f"{described['ids']}: has not a row for each vector; remove its folder and rerun encode")
    for block in described["languages"]:
        rows = table.slice(block["first"], block["rows"])
        names, neutral = (_one(rows[name]) for name in ("id", "neutral_id"))
        yield block["lang"], StoredVectors(described["matrix"], shape, block["first"], block["rows"]), names, neutral


def _one(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], type=column.type)
