"""Cosines of fp16 unit vectors, exact to the last bit whatever computes them.

A matrix product sums in an order that depends on its shape, its library and its threads; in fp32 the last
bits vary with it. Here they cannot. An fp16 number is a multiple of 2^-24, so the product of two is a
multiple of 2^-48, and so is every sum of such products. By Cauchy-Schwarz no partial sum of a dot
product exceeds the product of the two norms, about 1. A multiple of 2^-48 below 2^5 has at most 53
significant bits, which is what fp64 holds: no step of the fp64 dot product rounds, in any order, with or without
fused multiply-add. The result is the true dot product, rounded once, to fp32.
"""

import numpy as np

from workflow_scripts.data.errors import InputError

MAX_NORM = 1.01  # of a stored vector; the argument needs a product of norms below 32


def widen(vectors: np.ndarray, name: str) -> np.ndarray:
    """Return fp16 rows [n, d] as fp64; raise InputError, with ``name``, where one is NaN or beyond ``MAX_NORM``."""
    wide = vectors.astype(np.float64)
    squares = np.einsum("nd,nd->n", wide, wide)
    if not (squares <= MAX_NORM**2).all():  # NaN compares false
        raise InputError(f"{name}: a stored vector is NaN or longer than {MAX_NORM}; run encode again")
    return wide


def product(queries: np.ndarray, passages: np.ndarray) -> np.ndarray:
    """Return float32 [q, p]: exact dot products of widened rows [q, d] and [p, d], rounded to nearest."""
    return (queries @ passages.T).astype(np.float32)


def pairwise_product(queries: np.ndarray, passages: np.ndarray) -> np.ndarray:
    """Return float32 [n]: exact dot product of widened row i of ``queries`` and of ``passages``, rounded to nearest."""
    return np.einsum("nd,nd->n", queries, passages).astype(np.float32)
