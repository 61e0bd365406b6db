"""Texts as 64-bit hashes of their n-grams, and of the whole text. Two n-grams share one with probability 2**-64."""

from hashlib import blake2b

import numpy as np

from workflow_scripts.data.normalise import normalise

# Text without spaces is cut into characters; as n-grams of words span more text, theirs are this much longer.
CHARACTERS_PER_WORD = 2

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying by it loses no bit
_VOCABULARY = 1 << 20


class NgramHasher:
    """N-grams of ``length`` units of normalised text.

    Units are words, or characters where text is ``unspaced``: then they are ``CHARACTERS_PER_WORD`` times as many.
    """

    def __init__(self, ngram: int, *, unspaced: bool) -> None:
        """Choose the units, and how many of them make an n-gram."""
        self.unspaced = unspaced
        self.length = ngram * CHARACTERS_PER_WORD if unspaced else ngram
        self._hashes = _WordHashes()

    def units(self, text: str) -> list[str]:
        """Return the units of a text; a text without letter or number has none."""
        normalised = normalise(text)
        return list(normalised.replace(" ", "")) if self.unspaced else normalised.split()

    def grams(self, texts: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
        """Return the hashes of all n-grams of all texts (of units), and which text (by position) each is from."""
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


def distinct_grams(grams: np.ndarray, owner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each text's n-grams once, sorted by text and hash."""
    order = np.lexsort((grams, owner))
    grams, owner = grams[order], owner[order]
    first = np.ones(len(grams), bool)
    first[1:] = (grams[1:] != grams[:-1]) | (owner[1:] != owner[:-1])
    return grams[first], owner[first]


def whole_text_hash(units: list[str]) -> int:
    """Return a hash of all units of a text in their order."""
    return _hash(" ".join(units))


class _WordHashes(dict[str, int]):
    """64-bit hashes of words, the same in every process, computed once a word."""

    def __missing__(self, word: str) -> int:
        self[word] = value = _hash(word)
        return value


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
