"""Cosines of fp16 unit vectors: exact ones, and fast ones of which it is known how far off they can be.

A matrix product sums in an order that depends on its shape, its library and its threads, so its last bits
vary. The exact score does not. An fp16 number is a multiple of 2^-24, so the product of two is a
multiple of 2^-48, and so is every sum of such products. By Cauchy-Schwarz no partial sum of a dot
product exceeds the product of the two norms, about 1. A multiple of 2^-48 below 2^5 has at most 53
significant bits, which is what fp64 holds: no step of the fp64 dot product rounds, in any order, with or without
fused multiply-add. The score is the true dot product, rounded once, to fp32.

The fast product is in fp32. With u = 2^-24 and γ_n = n·u / (1 − n·u):

1. Products of two fp16 numbers have at most 22 significant bits: they are exact in fp32.
2. A sum of d numbers in any order, blocked or not, adds each at most d − 1 times, so its error is at most
   γ_d · Σ|x_i·y_i| (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 4.2). Nothing underflows:
   a partial sum is a multiple of 2^-48 or 0, far above fp32's smallest normal number.
3. Σ|x_i·y_i| ≤ ‖x‖·‖y‖ ≤ ``MAX_NORM``² by Cauchy-Schwarz.
4. The exact score is itself rounded, by at most u · ``MAX_NORM``².

So fast and exact score differ by at most (γ_d + u) · ``MAX_NORM``². ``error_bound`` is a little more, for the
norms, too, are checked in fp32.
"""

import numpy as np

from workflow_scripts.data.errors import InputError

MAX_NORM = 1.01  # of a stored vector; the arguments need a product of norms below 32
_UNIT_ROUNDOFF = 2.0**-24
# fp16's sign, exponent and mantissa, in fp32's place but for 112 that their exponents differ by.
_SHIFT, _MASK, _SCALE = 13, np.int32(np.uint32(0x8FFFE000).view(np.int32)), np.float32(2.0**112)


def error_bound(dimension: int) -> float:
    """Return how far a ``fast_product`` of vectors of ``dimension`` components can be from the exact score.

    >>> f"{error_bound(768):.1e}"
    '4.8e-05'
    """
    rounded = (dimension + 2) * _UNIT_ROUNDOFF
    return 1.05 * rounded / (1 - rounded)


def decode(vectors: np.ndarray, name: str, out: np.ndarray | None = None) -> np.ndarray:
    """Return fp16 rows [n, d] as fp32 (into ``out``, if given), which is exact.

    Raises InputError, with ``name``, where one is NaN, infinite or longer than ``MAX_NORM``.
    """
    if out is None:
        out = np.empty(vectors.shape, dtype=np.float32)
    # Four passes over whole vectors are several times as fast as numpy's conversion of one number at a time.
    bits = out.view(np.int32)
    np.copyto(bits, vectors.view(np.int16))
    np.left_shift(bits, _SHIFT, out=bits)
    np.bitwise_and(bits, _MASK, out=bits)
    np.multiply(out, _SCALE, out=out)  # NaN and infinity become numbers above 65,536: far too long
    squares = np.vecdot(out, out)
    if (squares > MAX_NORM**2).any():
        raise InputError(f"{name}: a stored vector is NaN or longer than {MAX_NORM}; run encode again")
    return out


def fast_product(queries: np.ndarray, passages: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return, in ``out`` [q, p], fp32 products of decoded rows [q, d] and [p, d]: off by at most ``error_bound``."""
    return np.matmul(queries, passages.T, out=out)


def exact_products(queries: np.ndarray, passages: np.ndarray) -> np.ndarray:
    """Return float32 [n]: exact dot product of decoded row i of ``queries`` and of ``passages``, rounded to nearest.

    ``queries`` is written over.
    """
    np.multiply(queries, passages, out=queries)  # exact: at most 22 significant bits
    return queries.sum(axis=1, dtype=np.float64).astype(np.float32)
