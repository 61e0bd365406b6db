"""The order of hits as one integer: score descending, then neutral id descending.

``trec_eval`` sorts by score in float32 and breaks ties by id, descending. A score and the place of the
id among its language's ids fit into one int64, so that sorting, cutting and counting need no second
look at ties: two passages never have equal keys.
"""

from binascii import unhexlify

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.data.errors import InputError

NO_HIT = np.iinfo(np.int64).min  # below the key of any score, -inf included
_LOW = np.int64(0xFFFFFFFF)


def neutral_numbers(neutral_ids: pa.Array, where: str) -> np.ndarray:
    """Return ids of 16 hexadecimal digits as uint64 [n], whose order is that of the ids as text.

    Raises InputError, naming ``where``, on an id of another form.
    """
    try:
        if pc.any(pc.not_equal(pc.binary_length(neutral_ids), 16)).as_py():
            raise ValueError("not 16 digits")
        # Text of equal lengths lies in one piece of memory.
        _, offsets, text = neutral_ids.buffers()
        start = memoryview(offsets).cast("i")[neutral_ids.offset] if len(neutral_ids) else 0
        digits = memoryview(text or b"")[start : start + 16 * len(neutral_ids)]
        return np.frombuffer(unhexlify(digits), dtype=">u8").astype(np.uint64)
    except ValueError as error:
        raise InputError(
            f"{where}: a neutral id is not 16 hexadecimal digits ({error}); remove the file and rerun"
        ) from None


def neutral_ids(numbers: np.ndarray) -> pa.Array:
    """Return the ids that ``neutral_numbers`` numbers so.

    >>> neutral_ids(np.uint64([255, 2**64 - 1])).to_pylist()
    ['00000000000000ff', 'ffffffffffffffff']
    """
    text = numbers.astype(">u8").tobytes().hex().encode()
    offsets = np.arange(0, len(text) + 1, 16, dtype=np.int32)
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(text))


def places(numbers: np.ndarray, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Return each id's place (0 for the smallest) in ascending order, and the row that has each place, int32 [n] each.

    Raises InputError, naming ``where``, on a repeated id.
    """
    by_place = np.argsort(numbers, kind="stable")
    ordered = numbers[by_place]
    if (ordered[1:] == ordered[:-1]).any():
        raise InputError(f"{where}: two passages have the same neutral id; each passage may stand once in a language")
    found = np.empty(len(numbers), dtype=np.int32)
    found[by_place] = np.arange(len(numbers), dtype=np.int32)
    return found, by_place.astype(np.int32)


def keys(scores: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return int64 keys of float32 scores [..., n] and ids' places (broadcast): a greater key ranks first.

    >>> bool(keys(np.float32([0.5]), np.int64([0])) > keys(np.float32([-0.5]), np.int64([9])))
    True
    >>> bool(keys(np.float32([0.5]), np.int64([1])) > keys(np.float32([0.5]), np.int64([0])))
    True
    """
    bits = (scores + np.float32(0)).view(np.int32)  # + 0 turns -0.0, which equals 0.0, into 0.0
    # IEEE 754: non-negative floats sort as their bits, negative ones the other way round.
    ordered = (bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))).astype(np.int64)
    ordered <<= 32
    ordered |= places
    return ordered


def unpack(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the float32 scores and the places that ``keys`` were made of."""
    ordered = (keys >> 32).astype(np.int32)
    return (ordered ^ ((ordered >> 31) & np.int32(0x7FFFFFFF))).view(np.float32), keys & _LOW


def bounds(scores: np.ndarray, numbers: np.ndarray, language_numbers: np.ndarray) -> np.ndarray:
    """Return keys [g] such that a passage of a language ranks before passage i exactly if its key is at least ``[i]``.

    ``scores`` (float32) and ``numbers`` (uint64) [g] are of the passages that are ranked against the language,
    of which they may be part; ``language_numbers`` are the numbers of the language's neutral ids, ascending.
    """
    return keys(scores, np.searchsorted(language_numbers, numbers, side="right"))
