"""Token arrays to a matrix of fp16 unit vectors, a block at a time: in bounded memory, and resumable at a block."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError
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
    """How many rows of each matrix are encoded."""

    queries: int = 0
    passages: int = 0


class UnfinishedVectors:
    """A part's matrices while they are being encoded, in a folder that outlives a killed job.

    Rows are written in place, block by block; ``progress.json`` says how many count, and what content they belong to.
    """

    def __init__(self, folder: str | Path, key: str) -> None:
        """Use ``folder`` for content ``key``; what it holds of other content is written over."""
        self.folder = Path(folder)
        self._key = key
        self.folder.mkdir(parents=True, exist_ok=True)
        self.progress = self._read()

    def _read(self) -> Progress:
        try:
            kept = json.loads((self.folder / _PROGRESS).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return Progress()
        if kept.pop("key", None) != self._key:
            _log.info("%s belongs to other settings, inputs or code; it is begun again", self.folder)
            return Progress()
        return Progress(**kept)

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
        done = getattr(self.progress, kind) if (self.folder / f"{kind}.npy").is_file() else 0
        matrix = self._open(kind, (len(tokens), encoder.dimension), done)
        if done:
            _log.info("%s: going on behind the %d of %d that are encoded", kind, done, len(tokens))

        def store(rows: np.ndarray, vectors: np.ndarray) -> None:
            stored = vectors.astype(np.float16)
            _check(stored, rows, name_of)
            matrix[rows] = stored

        # One thread reads, this one computes, another checks and writes.
        with ThreadPoolExecutor(1) as writer:
            writing: list[Future] = []
            for rows, texts, end in read_ahead(_batches_of_blocks(tokens, done, batch_tokens)):
                writing.append(writer.submit(store, rows, encoder.encode_rows(texts)))
                while len(writing) > (0 if end else _UNWRITTEN):
                    writing.pop(0).result()
                if end:
                    matrix.flush()
                    self._keep(kind, end)

    def _open(self, kind: str, shape: tuple[int, int], done: int) -> np.ndarray:
        path = self.folder / f"{kind}.npy"
        if 0 in shape:  # nothing to map
            np.save(path, np.empty(shape, dtype=np.float16))
            return np.empty(shape, dtype=np.float16)
        return np.lib.format.open_memmap(path, "r+" if done else "w+", np.float16, shape)

    def _keep(self, kind: str, done: int) -> None:
        setattr(self.progress, kind, done)
        with atomic_file(self.folder / _PROGRESS) as temporary:
            temporary.write_text(json.dumps(asdict(self.progress) | {"key": self._key}), encoding="utf-8")


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
            f"{name_of(int(rows[wrong[0]]))}: its vector has norm {norms[wrong[0]]:.4g}, not 1; the model's weights "
            "are broken or `normalise` is off: search needs unit vectors"
        )
