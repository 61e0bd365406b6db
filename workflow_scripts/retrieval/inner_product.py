"""Searching by the dot product of vectors as they are, through search by cosine of unit vectors.

Where no passage vector p is longer than m, p/m with one more number, sqrt(1 - |p|²/m²), behind it is a unit vector. A
query vector q becomes q/|q| with 0 behind it. Their cosine is q·p / (m |q|): for a query, passages stand in the order
of q·p (Bachrach et al. 2014, DOI 10.1145/2645710.2645741).
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from workflow_scripts.data.errors import InputError


class _Encoder(Protocol):
    @property
    def dimension(self) -> int: ...

    def encode_rows(self, rows: Sequence[np.ndarray]) -> np.ndarray: ...


class InnerProductEncoder:
    """An encoder of queries or passages whose unit vectors [n, d + 1] have the order of another's dot products."""

    def __init__(self, encoder: _Encoder, kind: str, max_norm: float) -> None:
        """Wrap ``encoder``, which does not normalise, for ``kind`` (``queries`` or ``passages``)."""
        self._encoder = encoder
        self._kind = kind
        self._max_norm = max_norm

    @property
    def dimension(self) -> int:
        """The width of its vectors."""
        return self._encoder.dimension + 1

    def encode_rows(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        """Return fp32 unit vectors [n, d + 1]; raise InputError where a passage is longer than ``max_norm``."""
        vectors = self._encoder.encode_rows(rows).astype(np.float64)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        if self._kind == "queries":
            lifted = np.hstack([vectors / np.maximum(norms, np.finfo(np.float64).tiny), np.zeros_like(norms)])
            return lifted.astype(np.float32)
        if (norms > self._max_norm).any():
            raise InputError(
                f"model settings: max_norm {self._max_norm:g}: a passage's vector has norm {norms.max():.4g}; raise it "
                "to what no passage exceeds"
            )
        rest = np.sqrt(np.maximum(0, 1 - (norms / self._max_norm) ** 2))
        return np.hstack([vectors / self._max_norm, rest]).astype(np.float32)
