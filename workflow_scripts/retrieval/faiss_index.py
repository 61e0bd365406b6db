"""faiss indexes over stored vectors: they name candidates fast, of which our exact scores make the hits.

faiss's inner product of unit vectors is the cosine. An index is trained on a sample drawn with a fixed seed and added
to in the order of the rows; HNSW, whose graph depends on which thread is first, is built by one thread.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import check_digest
from workflow_scripts.retrieval.exact_product import decode
from workflow_scripts.retrieval.stored_vectors import VectorRows

_ROWS_AT_ONCE = 1 << 14
_BYTES_AT_ONCE = 1 << 20
_TRAINED_ON = 256  # vectors a list, as faiss takes at most
_LEAST_TRAINED_ON = 1 << 16  # for scalar and product quantisers
_SEED = 1
_MOST_ON_GPUS = 2048  # candidates, and lists that are looked into; faiss raises beyond (its issue 2103)


def factory_string(kind: str, rows: int, dimension: int, settings: Mapping[str, Any], where: str) -> str:
    """Return the description from which ``faiss.index_factory`` makes an index of ``rows`` vectors.

    Raises InputError, naming ``where``, on settings that do not fit so many vectors of ``dimension``.
    """
    if not rows:
        return "Flat"
    lists, pieces, bits = list_count(rows, settings), settings["pq_pieces"], settings["pq_bits"]
    if kind.startswith("ivf") and lists > rows:
        raise InputError(f"search.faiss.nlist: {lists} lists are too many for the {rows} {where}; use at most {rows}")
    if kind == "ivf-pq" and dimension % pieces:
        raise InputError(
            f"search.faiss.pq_pieces: {pieces} does not divide the {dimension} components of the {where}; use a divisor"
        )
    if kind == "ivf-pq" and 2**bits > rows:
        raise InputError(
            f"search.faiss.pq_bits: {bits} bits are 2^{bits} centroids, too many for the {rows} {where}; use fewer"
        )
    return {
        "flat": "Flat",
        "fp16": "SQfp16",
        "sq8": "SQ8",
        "ivf-flat": f"IVF{lists},Flat",
        "ivf-pq": f"IVF{lists},PQ{pieces}x{bits}",
        "hnsw": f"HNSW{settings['hnsw_links']},Flat",
    }[kind]


def list_count(rows: int, settings: Mapping[str, Any]) -> int:
    """Return how many lists an inverted file has: ``nlist``, or 4·√rows, faiss's rule of thumb, where it is 0."""
    return settings["nlist"] or min(rows, max(1, round(4 * rows**0.5)))


def write_faiss_index(vectors: VectorRows, kind: str, settings: Mapping[str, Any], where: str, path: Path) -> None:
    """Train an index on a sample of fp16 ``vectors`` [n, d], add them all, and write it whole or not at all."""
    import faiss

    rows, dimension = len(vectors), vectors[:0].shape[1]
    described = factory_string(kind, rows, dimension, settings, where)
    threads = faiss.omp_get_max_threads()
    index = faiss.index_factory(dimension, described, faiss.METRIC_INNER_PRODUCT)
    if not index.is_trained:
        count = min(rows, max(_LEAST_TRAINED_ON, _TRAINED_ON * list_count(rows, settings)))
        sample = np.sort(np.random.default_rng(_SEED).choice(rows, count, replace=False))
        index.train(_decoded(vectors, sample, where))
    if hasattr(index, "hnsw"):
        index.hnsw.efConstruction = settings["ef_construction"]
        faiss.omp_set_num_threads(1)
    try:
        for first in range(0, rows, _ROWS_AT_ONCE):
            index.add(decode(vectors[first : first + _ROWS_AT_ONCE], where))
    finally:
        faiss.omp_set_num_threads(threads)
    # Given a name, faiss says nothing where the last bytes find no room on the disk.
    with atomic_file(path) as temporary, open(temporary, "wb") as file:
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write, _BYTES_AT_ONCE))


def _decoded(vectors: VectorRows, rows: np.ndarray, where: str) -> np.ndarray:
    """Return rows [n] as fp32 [n, d]; they may be all, so that their fp16 is not held beside them."""
    found = np.empty((len(rows), vectors[:0].shape[1]), dtype=np.float32)
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[first : first + _ROWS_AT_ONCE]
        decode(vectors[part], where, found[first : first + len(part)])
    return found


class FaissCandidates:
    """Candidates for one language's queries among the passages of each language, by the faiss indexes of its shards."""

    def __init__(
        self,
        queries: Mapping[str, np.ndarray],
        indexes: Mapping[str, Sequence[Mapping[str, Any]]],
        settings: Mapping[str, Any],
        depth: int,
    ) -> None:
        """Take language → fp16 query vectors and language → files and digests of indexes, in the order of its rows.

        ``depth`` hits a query are wanted at most. Raises InputError where a file is not the one of its digest.
        """
        self._queries = queries
        self._margin = settings["margin"]
        on_gpus = max(depth * self._margin, settings["nprobe"]) <= _MOST_ON_GPUS
        self._indexes = {
            lang: [_open(entry["file"], entry["digest"], settings, on_gpus) for entry in entries]
            for lang, entries in indexes.items()
        }

    def find(self, query_lang: str, queries: np.ndarray, passage_lang: str, depth: int) -> tuple[np.ndarray, ...]:
        """Return numbers [m] of ``queries`` (from 0) and rows [m] of the passages that may be among their best."""
        vectors = decode(self._queries[query_lang][queries], f"queries of {query_lang}")
        wanted, first = depth * self._margin, 0
        scores = np.empty((len(vectors), 0), dtype=np.float32)
        rows = np.empty((len(vectors), 0), dtype=np.int64)
        for index in self._indexes[passage_lang]:
            # Of an index without passages faiss takes no 0, and finds nothing.
            of_index, found = index.search(vectors, max(1, min(index.ntotal, wanted)))
            found = np.where(found < 0, -1, found + first)  # -1: the lists that were looked at hold no more
            scores = np.hstack([scores, np.where(found < 0, -np.inf, of_index).astype(np.float32)])
            rows = np.hstack([rows, found])
            if rows.shape[1] > wanted:  # of all shards as many as of one: the best, as faiss scores them
                best = np.argpartition(scores, -wanted, axis=1)[:, -wanted:]
                scores, rows = (np.take_along_axis(values, best, axis=1) for values in (scores, rows))
            first += index.ntotal
        query, position = np.nonzero(rows >= 0)
        return query, rows[query, position]


def _open(path: Path, digest: str, settings: Mapping[str, Any], on_gpus: bool) -> Any:
    import faiss

    check_digest(path, digest)  # before: what reads an index trusts its numbers

    try:
        index = faiss.read_index(str(path))
    except RuntimeError as error:
        raise InputError(
            f"{path}: not a readable faiss index ({str(error).splitlines()[-1]}); run index again"
        ) from None
    if hasattr(index, "nprobe"):
        index.nprobe = settings["nprobe"]
    elif hasattr(index, "hnsw"):
        index.hnsw.efSearch = settings["ef_search"]
    if on_gpus and faiss.get_num_gpus() and not hasattr(index, "hnsw"):  # faiss has no HNSW on GPUs
        return faiss.index_cpu_to_all_gpus(index)
    return index
