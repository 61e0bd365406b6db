"""Phrases and their translations, looked up longest first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from workflow_scripts.translation.english_tokens import Phrase


class PhraseTable:
    """The translation of each phrase, a tuple of token keys."""

    def __init__(self, entries: Mapping[Phrase, str]) -> None:
        self._entries = entries
        lengths: dict[str, set[int]] = defaultdict(set)
        for phrase in entries:
            lengths[phrase[0]].add(len(phrase))
        self._lengths = {first: sorted(those, reverse=True) for first, those in lengths.items()}

    def __len__(self) -> int:
        return len(self._entries)

    def longest(self, keys: Sequence[str], position: int) -> tuple[int, str]:
        """Return length and translation of the longest phrase at ``position``; length 0 where there is none."""
        for length in self._lengths.get(keys[position], ()):
            phrase = tuple(keys[position : position + length])  # shorter at the end of the text
            if phrase in self._entries:
                return len(phrase), self._entries[phrase]
        return 0, ""
