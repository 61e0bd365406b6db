"""The order of hits as one integer: score descending, then neutral id descending.

``trec_eval`` sorts by score in float32 and breaks ties by id, descending. A score and the place of the
id among its language's ids fit into one int64, so that sorting, cutting and counting need no second
look at ties: two passages never have equal keys.
"""

import numpy as np

from workflow_scripts.data.errors import InputError

NO_HIT = np.iinfo(np.int64).min  # below the key of any score, -inf included
_LOW = np.int64(0xFFFFFFFF)


def neutral_numbers(neutral_ids: list[str], where: str) -> np.ndarray:
    """Return ids of 16 hexadecimal digits as uint64 [n], whose order is that of the ids as text.

    Raises InputError, naming ``where``, on an id of another form.
    """
    try:
        if any(len(neutral_id) != 16 for neutral_id in neutral_ids):
            raise ValueError("not 16 digits")
        return np.frombuffer(bytes.fromhex("".join(neutral_ids)), dtype=">u8").astype(np.uint64)
    except ValueError as error:
        raise InputError(
            f"{where}: a neutral id is not 16 hexadecimal digits ({error}); remove the file and rerun"
        ) from None


def places(numbers: np.ndarray, where: str) -> np.ndarray:
    """Return each id's place (int64 [n], 0 for the smallest) in ascending order; raise InputError on a repeated id."""
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    if len(ordered) > 1 and (ordered[1:] == ordered[:-1]).any():
        raise InputError(f"{where}: two passages have the same neutral id; each passage may stand once in a language")
    found = np.empty(len(numbers), dtype=np.int64)
    found[order] = np.arange(len(numbers))
    return found


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


class LanguageRanking:
    """The best passages of one language for each query, and how many passages rank before given ones.

    Scores come block by block, in any blocks; the outcome depends on scores and ids alone.
    """

    def __init__(self, queries: int, depth: int, gold_offsets: np.ndarray, gold_keys: np.ndarray) -> None:
        """Prepare for ``queries`` queries.

        ``gold_keys`` [g] are those of ``bounds`` for relevant passages, grouped by query: those of query i
        stand at ``gold_offsets[i]:gold_offsets[i + 1]``. ``above`` [g] counts the passages that rank before each.
        """
        self.above = np.zeros(len(gold_keys), dtype=np.int64)
        self._depth = depth
        self._gold_offsets = gold_offsets
        self._gold_keys = gold_keys
        self._kept = np.full((queries, depth), NO_HIT, dtype=np.int64)

    def add(self, first_query: int, scores: np.ndarray, places: np.ndarray) -> None:
        """Take in float32 ``scores`` [q, p] of queries from ``first_query`` on against passages with ``places`` [p]."""
        block = keys(scores, places)
        last_query = first_query + len(block)
        if self._gold_offsets[last_query] > self._gold_offsets[first_query]:
            block.sort(axis=1)
            for query, ordered in enumerate(block, start=first_query):
                mine = slice(self._gold_offsets[query], self._gold_offsets[query + 1])
                self.above[mine] += len(ordered) - np.searchsorted(ordered, self._gold_keys[mine])
        elif block.shape[1] > self._depth:
            block = np.partition(block, -self._depth, axis=1)
        kept = np.concatenate([self._kept[first_query:last_query], block[:, -self._depth :]], axis=1)
        self._kept[first_query:last_query] = np.partition(kept, -self._depth, axis=1)[:, -self._depth :]

    def hits(self) -> np.ndarray:
        """Return keys [queries, depth], best first; ``NO_HIT`` fills up where a query has fewer passages."""
        return np.sort(self._kept, axis=1)[:, ::-1]


def bounds(scores: np.ndarray, numbers: np.ndarray, language_numbers: np.ndarray) -> np.ndarray:
    """Return keys [g] such that a passage of a language ranks before passage i exactly if its key is at least ``[i]``.

    ``scores`` (float32) and ``numbers`` (uint64) [g] are of the passages that are ranked against the language,
    of which they may be part; ``language_numbers`` are the numbers of the language's neutral ids, ascending.
    """
    return keys(scores, np.searchsorted(language_numbers, numbers, side="right"))
