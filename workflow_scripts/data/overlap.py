"""Finding texts that an evaluation text contains: exact matches and shared n-grams, in bounded memory.

Evaluation texts are held as 64-bit hashes of their n-grams in sorted arrays (12 bytes an n-gram and text); training
texts stream past them. Two different n-grams share a hash with probability 2**-64, which is neglected.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from workflow_scripts.data.normalise import is_unspaced, normalise

# Text without spaces is cut into characters; as n-grams of words span more text, theirs are this much longer.
CHARACTERS_PER_WORD = 2

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying by it loses no bit
_BATCH = 4096
_VOCABULARY = 1 << 20


class Overlap(NamedTuple):
    """Where a text was found: ``exact`` or ``ngram``, the share of its distinct n-grams, the evaluation text's id."""

    reason: str
    share: float
    matched: str


class OverlapIndex:
    """Evaluation texts of one language, to be asked whether they contain a training text.

    A training text overlaps where it equals an evaluation text after ``normalise``, or where at least ``max_overlap``
    (greater than 0) of its distinct n-grams stand in *one* evaluation text. N-grams have ``ngram`` words; where most
    evaluation text is in a script without spaces, spaces are dropped and they have ``CHARACTERS_PER_WORD * ngram``
    characters. A shorter text is compared exactly only. A text without letter or number never matches.
    Memory: about 100 bytes an evaluation text and 12 an n-gram of it (24 more while building).
    """

    def __init__(self, evaluation: Sequence[tuple[str, str]], *, ngram: int, max_overlap: float) -> None:
        """Index (id, text) rows; of rows with equal normalised text the first stands for all."""
        normalised = [(text_id, normalise(text)) for text_id, text in evaluation]
        self.unspaced = is_unspaced(text for _, text in normalised)
        self.length = ngram * CHARACTERS_PER_WORD if self.unspaced else ngram
        self._max_overlap = max_overlap
        self._hashes = _WordHashes()
        self._exact: dict[bytes, int] = {}
        self._ids: list[str] = []
        grams, owners = [np.empty(0, np.uint64)], [np.empty(0, np.uint32)]
        for batch in _batches(normalised):
            fresh = []
            for text_id, text in batch:
                units = self._units(text)
                if units and self._exact.setdefault(_key(units), len(self._ids)) == len(self._ids):
                    self._ids.append(text_id)
                    fresh.append(units)
            found, owner = self._distinct(*self._grams(fresh))
            grams.append(found)
            owners.append((owner + (len(self._ids) - len(fresh))).astype(np.uint32))
        every, owner = np.concatenate(grams), np.concatenate(owners)
        order = np.argsort(every, kind="stable")  # texts of one n-gram stay in ascending order
        self._gram, starts = np.unique(every[order], return_index=True)
        self._bounds = np.append(starts, len(every))
        self._owner = owner[order]
        # Texts made of one template match the same n-grams: the search among their owners is done once.
        self._best = lru_cache(maxsize=1 << 14)(self._search_owners)

    def find(self, texts: Iterable[str]) -> Iterator[Overlap | None]:
        """Yield for each text where it was found, or None; exact matches have share 1."""
        for batch in _batches(texts):
            # Several questions share a passage: work on distinct texts.
            distinct = {text: number for number, text in enumerate(dict.fromkeys(batch))}
            found = self._find([self._units(normalise(text)) for text in distinct])
            yield from (found[distinct[text]] for text in batch)

    def _find(self, texts: list[list[str]]) -> list[Overlap | None]:
        exact = [self._exact.get(_key(units)) if units else None for units in texts]
        found = [None if number is None else Overlap("exact", 1.0, self._ids[number]) for number in exact]
        grams, owner = self._grams(texts)
        known = self._known(grams)
        suspected = np.zeros(len(texts), bool)
        suspected[owner[known]] = True
        suspected[[number is not None for number in exact]] = False
        kept = suspected[owner]
        grams, owner = self._distinct(grams[kept], owner[kept])
        bounds = np.searchsorted(owner, np.arange(len(texts) + 1))
        for text in np.flatnonzero(suspected):
            found[text] = self._find_ngrams(grams[bounds[text] : bounds[text + 1]])
        return found

    def _find_ngrams(self, grams: np.ndarray) -> Overlap | None:
        """Return the evaluation text with most of the distinct ``grams``, where it has enough of them."""
        # Rounded first: 0.7 * 10 is a little more than 7.
        needed = max(1, ceil(round(self._max_overlap * len(grams), 9)))
        matched = np.searchsorted(self._gram, grams[self._known(grams)])
        if len(matched) < needed:
            return None
        text, count = self._best(matched.astype(np.int64).tobytes(), needed)
        return Overlap("ngram", count / len(grams), self._ids[text]) if count >= needed else None

    def _search_owners(self, matched: bytes, needed: int) -> tuple[int, int]:
        """Return the first evaluation text with most of the ``matched`` n-grams, if ``needed``, and how many it has."""
        grams = np.frombuffer(matched, np.int64)
        postings = [self._owner[self._bounds[gram] : self._bounds[gram + 1]] for gram in grams]
        postings.sort(key=len)
        # Whoever has `needed` of m n-grams has one of any m - needed + 1 of them: the rarest name all candidates,
        # so a phrase that stands in every evaluation text is not followed into each.
        rare = len(postings) - needed + 1
        candidates, counts = np.unique(np.concatenate(postings[:rare]), return_counts=True)
        for posting in postings[rare:]:
            place = np.searchsorted(posting, candidates)
            counts += posting[np.minimum(place, len(posting) - 1)] == candidates
        best = int(np.argmax(counts))
        return int(candidates[best]), int(counts[best])

    def _units(self, normalised: str) -> list[str]:
        return list(normalised.replace(" ", "")) if self.unspaced else normalised.split()

    def _known(self, grams: np.ndarray) -> np.ndarray:
        if not len(self._gram):
            return np.zeros(len(grams), bool)
        place = np.searchsorted(self._gram, grams)
        return self._gram[np.minimum(place, len(self._gram) - 1)] == grams

    def _grams(self, texts: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
        """Return the hashes of all n-grams of all texts, and which text (by position) each is from."""
        sizes = np.array([len(units) for units in texts], dtype=np.int64)
        hashes = self._hashes
        words = np.fromiter((hashes[unit] for units in texts for unit in units), np.uint64, count=sizes.sum())
        if len(hashes) > _VOCABULARY:
            hashes.clear()
        owner = np.repeat(np.arange(len(texts)), sizes)
        total = len(words) - self.length + 1
        if total <= 0:
            return np.empty(0, np.uint64), np.empty(0, np.int64)
        grams = np.zeros(total, np.uint64)
        for offset in range(self.length):
            grams = grams * _MULTIPLIER + words[offset : offset + total]
        whole = owner[:total] == owner[self.length - 1 :]
        return grams[whole], owner[:total][whole]

    @staticmethod
    def _distinct(grams: np.ndarray, owner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return each text's n-grams once, sorted by text and hash."""
        order = np.lexsort((grams, owner))
        grams, owner = grams[order], owner[order]
        first = np.ones(len(grams), bool)
        first[1:] = (grams[1:] != grams[:-1]) | (owner[1:] != owner[:-1])
        return grams[first], owner[first]


class _WordHashes(dict[str, int]):
    """64-bit hashes of words, the same in every process, computed once a word."""

    def __missing__(self, word: str) -> int:
        self[word] = value = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")
        return value


def _key(units: list[str]) -> bytes:
    return blake2b(" ".join(units).encode(), digest_size=16).digest()


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    rows = iter(rows)
    while batch := list(islice(rows, _BATCH)):
        yield batch
