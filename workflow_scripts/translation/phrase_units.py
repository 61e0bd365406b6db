"""An English text as the units that a lexicon translates."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from workflow_scripts.translation.english_tokens import Token, is_word, key
from workflow_scripts.translation.phrase_table import PhraseTable


class Unit(NamedTuple):
    """A phrase that the lexicon has, or one word that it lacks, at ``position`` among the text's tokens.

    ``words`` says how many of its tokens are words, at least one.
    """

    position: int
    tokens: Sequence[Token]
    words: int
    translation: str | None


def units(tokens: Sequence[Token], tables: Sequence[PhraseTable]) -> Iterator[Unit]:
    """Yield the units of a text, left to right, the longest phrase first; each begins with a word.

    ``tables[i]`` is the lexicon in which a unit that begins at token i is looked up.
    """
    keys = [key(token.text) for token in tokens]
    position = 0
    while position < len(tokens):
        if not is_word(tokens[position].text):
            position += 1
            continue
        length, translation = tables[position].longest(keys, position)
        unit = tokens[position : position + max(1, length)]
        words = 1 if len(unit) == 1 else sum(is_word(token.text) for token in unit)
        yield Unit(position, unit, words, translation if length else None)
        position += len(unit)
