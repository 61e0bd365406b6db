"""Token arrays to a matrix of fp16 unit vectors, a block at a time: in bounded memory, and resumable at a block."""

import io
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, Self

import numpy as np
from xxhash import xxh3_128

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.spent_time import SpentTime, go_on_from, spent_time
from workflow_scripts.data.token_arrays import TokenArrays
from workflow_scripts.retrieval.read_ahead import read_ahead

_log = logging.getLogger(__name__)

BLOCK = 1 << 13  # texts sorted by length and encoded together; what a killed job does again at most
NORM_TOLERANCE = 1e-3
_PROGRESS = "progress.json"
_UNWRITTEN = 2  # batches whose vectors wait for being written


class Encoder(Protocol):
    """What encoding needs of a bi-encoder."""

    @property
    def dimension(self) -> int:
        """The width of its vectors."""

    def encode_rows(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        """Return fp32 unit vectors [n, d] of n token lists, computed as one batch."""


@dataclass
class Progress:
    """How many rows of each matrix are encoded, the digest of all of them, and the seconds that they took."""

    queries: int = 0
    passages: int = 0
    queries_digest: str = ""
    passages_digest: str = ""
    wall_seconds: float = 0.0
    processor_seconds: float = 0.0


class UnfinishedVectors:
    """A part's matrices while they are being encoded, in a folder that outlives a killed job.

    Rows are written block by block; ``progress.json`` says how many count, what they are, and what content they belong
    to.
    """

    def __init__(self, folder: str | Path, key: str) -> None:
        """Use ``folder`` for content ``key``; what it holds of other content is written over.

        What the rows that are there took counts as this job's.
        """
        self.folder = Path(folder)
        self._key = key
        self.folder.mkdir(parents=True, exist_ok=True)
        self.progress = self._read()
        go_on_from(SpentTime(self.progress.wall_seconds, self.progress.processor_seconds))

    def _read(self) -> Progress:
        try:
            kept = json.loads((self.folder / _PROGRESS).read_text(encoding="utf-8"))
            if kept.pop("key") == self._key:
                return Progress(**kept)
        except FileNotFoundError:
            return Progress()
        except (ValueError, LookupError, AttributeError, TypeError):
            pass
        _log.info("%s belongs to other settings, inputs or code, or is damaged; it is begun again", self.folder)
        return Progress()

    def encode(
        self,
        encoder: Encoder,
        kind: str,
        tokens: TokenArrays,
        batch_tokens: int,
        name_of: Callable[[int], str],
    ) -> None:
        """Encode what is missing of ``<kind>.npy``, fp16 [texts, d].

        ``name_of(row)`` names a row in errors. Raises InputError on a vector that is NaN or not of unit length.
        """
        done, digest = getattr(self.progress, kind), getattr(self.progress, f"{kind}_digest")
        # One thread reads, this one computes, another checks and writes.
        with (
            _MatrixFile(self.folder / f"{kind}.npy", len(tokens), encoder.dimension, done, digest) as matrix,
            ThreadPoolExecutor(1) as writer,
        ):
            if matrix.rows:
                _log.info("%s: going on behind the %d of %d that are encoded", kind, matrix.rows, len(tokens))
            block = np.empty((min(BLOCK, len(tokens)), encoder.dimension), dtype=np.float16)

            def store(rows: np.ndarray, vectors: np.ndarray, end: int) -> None:
                stored = vectors.astype(np.float16)
                _check(stored, rows, name_of)
                block[rows - matrix.rows] = stored
                if end:
                    matrix.append(block[: end - matrix.rows])
                    self._keep(kind, matrix)

            # Its thread starts now: Python waits for ever for one that finds no memory to start in.
            writing: list[Future] = [writer.submit(int)]
            for rows, texts, end in read_ahead(_batches_of_blocks(tokens, matrix.rows, batch_tokens)):
                writing.append(writer.submit(store, rows, encoder.encode_rows(texts), end))
                while len(writing) > (0 if end else _UNWRITTEN):
                    writing.pop(0).result()

    def _keep(self, kind: str, matrix: "_MatrixFile") -> None:
        setattr(self.progress, kind, matrix.rows)
        setattr(self.progress, f"{kind}_digest", matrix.digest)
        spent = spent_time()
        self.progress.wall_seconds, self.progress.processor_seconds = spent.wall, spent.processor
        with atomic_file(self.folder / _PROGRESS) as temporary:
            temporary.write_text(json.dumps(asdict(self.progress) | {"key": self._key}), encoding="utf-8")


class _MatrixFile:
    """An fp16 ``.npy`` matrix that grows by whole blocks of rows.

    It is written, not mapped: a disk that is full ends the job with an error, not with a signal.
    """

    def __init__(self, path: Path, total: int, dimension: int, done: int, digest: str) -> None:
        """Go on behind the first ``done`` of ``total`` rows if these have ``digest``, else from the first."""
        header = io.BytesIO()
        described = {"descr": "<f2", "fortran_order": False, "shape": (total, dimension)}
        np.lib.format.write_array_header_1_0(header, described)
        self.rows = done
        self._digest = xxh3_128()
        self._file = self._reopen(path, header.getvalue(), 2 * dimension, digest) if done else None
        if self._file is None:
            self.rows, self._digest = 0, xxh3_128()
            self._file = open(path, "wb")  # noqa: SIM115 (closed by __exit__)
            self._file.write(header.getvalue())

    def _reopen(self, path: Path, header: bytes, row_bytes: int, digest: str) -> BinaryIO | None:
        if not path.is_file():
            return None
        file = open(path, "r+b")  # noqa: SIM115 (closed by __exit__)
        whole = file.read(len(header)) == header
        for first in range(0, self.rows, BLOCK):
            self._digest.update(file.read(row_bytes * (min(first + BLOCK, self.rows) - first)))
        if whole and self.digest == digest:
            return file
        file.close()
        _log.warning("%s: is not what was written; it is begun again", path)
        return None

    @property
    def digest(self) -> str:
        """The digest (XXH3, 128 bits) of all rows that are written."""
        return self._digest.hexdigest()

    def append(self, vectors: np.ndarray) -> None:
        """Write fp16 rows [n, d] so that they outlive the machine."""
        self._file.write(vectors.data)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._digest.update(vectors.data)
        self.rows += len(vectors)

    def __enter__(self) -> Self:
        """Return the file itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()


def _batches_of_blocks(
    tokens: TokenArrays, done: int, batch_tokens: int
) -> Iterator[tuple[np.ndarray, list[np.ndarray], int]]:
    """Yield the rows of each batch behind ``done`` and their ids; the last of a block comes with the block's end."""
    for first in range(done, len(tokens), BLOCK):
        last = min(first + BLOCK, len(tokens))
        chosen = list(batches(np.diff(tokens.offsets[first : last + 1]), batch_tokens))
        for number, places in enumerate(chosen, start=1):
            rows = first + places
            texts = [np.array(ids) for ids in tokens.rows(rows)]  # copied, so that reading happens here
            yield rows, texts, last if number == len(chosen) else 0


def batches(lengths: np.ndarray, batch_tokens: int) -> Iterator[np.ndarray]:
    """Yield indices of texts, longest first, in batches of at most ``batch_tokens`` (padding counted) or one text."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, batch_tokens // int(lengths[order[start]]))
        yield order[start : start + size]
        start += size


def _check(stored: np.ndarray, rows: np.ndarray, name_of: Callable[[int], str]) -> None:
    norms = np.sqrt(np.einsum("nd,nd->n", stored, stored, dtype=np.float32))
    wrong = np.flatnonzero(~(np.abs(norms - 1) <= NORM_TOLERANCE))  # NaN compares false, so it is caught too
    if len(wrong):
        raise InputError(
            f"{name_of(int(rows[wrong[0]]))}: its vector has norm {norms[wrong[0]]:.4g}, not 1, which search needs; "
            "the model's weights are broken, `normalise` is off, or its numbers are too large for float16: say "
            "encoding.dtype: bfloat16"
        )
