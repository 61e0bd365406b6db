"""Finding texts that an evaluation text contains: exact matches and shared n-grams, in bounded memory.

First the training texts stream past and leave their hashes in a table of bits; then the evaluation texts, of which only
what the table may hold is kept, in sorted arrays (12 bytes an n-gram and text); then the training texts once more.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from workflow_scripts.data.bit_filter import BitFilter
from workflow_scripts.data.ngrams import NgramHasher, distinct_grams, whole_text_hash

_BATCH = 4096


class Overlap(NamedTuple):
    """Where a text was found: ``exact`` or ``ngram``, the share of its distinct n-grams, the evaluation text's id."""

    reason: str
    share: float
    matched: Any


def filter_of(texts: Iterable[str], hasher: NgramHasher, expected: int) -> BitFilter:
    """Return the hashes of training texts and of their n-grams, of which about ``expected`` are, as a filter."""
    known = BitFilter(expected)
    for batch in _batches(texts):
        units = [hasher.units(text) for text in dict.fromkeys(batch)]
        known.add(hasher.grams(units)[0])
        known.add(_whole_hashes(units))
    return known


class OverlapIndex:
    """Evaluation texts of one language, to be asked whether they contain a training text.

    A training text overlaps where it equals an evaluation text after ``normalise``, or where at least ``max_overlap``
    (greater than 0) of its distinct n-grams stand in *one* evaluation text. A text too short for an n-gram is compared
    exactly only. A text without letter or number never matches.
    Memory: about 100 bytes an evaluation text and 12 an n-gram of it (24 more while building), of those alone that
    ``training`` may hold: a filter of the texts that will be asked about.
    """

    def __init__(
        self,
        evaluation: Iterable[tuple[Any, str]],
        hasher: NgramHasher,
        *,
        max_overlap: float,
        training: BitFilter | None = None,
    ) -> None:
        """Index (id, text) rows, which are run through once; of texts that match equally the first is found."""
        self._hasher = hasher
        self._max_overlap = max_overlap
        self._exact: dict[int, int] = {}
        self._ids: list[Any] = []
        grams, owners = [np.empty(0, np.uint64)], [np.empty(0, np.uint32)]
        for batch in _batches(evaluation):
            units = [hasher.units(text) for _, text in batch]
            whole = _whole_hashes(units)
            found, owner = distinct_grams(*hasher.grams(units))
            # What no training text has is never asked for.
            wanted = np.array([bool(some) for some in units], bool)
            if training is not None:
                wanted &= training.seen(whole)
                kept = training.seen(found)
                found, owner = found[kept], owner[kept]
            number = self._number(batch, whole.tolist(), wanted, owner)
            fresh = number[owner] >= 0
            grams.append(found[fresh])
            owners.append(number[owner[fresh]].astype(np.uint32))
        every, owner = np.concatenate(grams), np.concatenate(owners)
        order = np.argsort(every, kind="stable")  # texts of one n-gram stay in ascending order
        self._gram, starts = np.unique(every[order], return_index=True)
        self._bounds = np.append(starts, len(every))
        self._owner = owner[order]
        # Texts made of one template match the same n-grams: the search among their owners is done once.
        self._best = lru_cache(maxsize=1 << 14)(self._search_owners)

    def _number(
        self, batch: list[tuple[Any, str]], whole: list[int], wanted: np.ndarray, owner: np.ndarray
    ) -> np.ndarray:
        """Return the number of each text that is kept: it has an n-gram or is ``wanted`` whole, and is no repeat."""
        numbers = np.full(len(batch), -1, np.int64)
        kept = wanted.copy()
        kept[owner] = True
        for place in np.flatnonzero(kept).tolist():
            number = len(self._ids)
            if wanted[place] and self._exact.setdefault(whole[place], number) != number:
                continue
            self._ids.append(batch[place][0])
            numbers[place] = number
        return numbers

    def find(self, texts: Iterable[str]) -> Iterator[Overlap | None]:
        """Yield for each text where it was found, or None; exact matches have share 1."""
        for batch in _batches(texts):
            # Several questions share a passage: work on distinct texts.
            distinct = {text: number for number, text in enumerate(dict.fromkeys(batch))}
            found = self._find([self._hasher.units(text) for text in distinct])
            yield from (found[distinct[text]] for text in batch)

    def _find(self, texts: list[list[str]]) -> list[Overlap | None]:
        exact = [self._exact.get(whole_text_hash(units)) if units else None for units in texts]
        found = [None if number is None else Overlap("exact", 1.0, self._ids[number]) for number in exact]
        grams, owner = self._hasher.grams(texts)
        known = self._known(grams)
        suspected = np.zeros(len(texts), bool)
        suspected[owner[known]] = True
        suspected[[number is not None for number in exact]] = False
        kept = suspected[owner]
        grams, owner = distinct_grams(grams[kept], owner[kept])
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

    def _known(self, grams: np.ndarray) -> np.ndarray:
        if not len(self._gram):
            return np.zeros(len(grams), bool)
        place = np.searchsorted(self._gram, grams)
        return self._gram[np.minimum(place, len(self._gram) - 1)] == grams


def _whole_hashes(texts: list[list[str]]) -> np.ndarray:
    return np.fromiter(map(whole_text_hash, texts), np.uint64, count=len(texts))


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    rows = iter(rows)
    while batch := list(islice(rows, _BATCH)):
        yield batch
