"""English text as tokens: phrases of tables and lexicons, and the texts they are applied to, are cut alike."""

import unicodedata
from typing import NamedTuple

import regex

Phrase = tuple[str, ...]

_WORD_PART = r"[\p{L}\p{M}\p{N}]"
_TOKEN = regex.compile(
    r"\p{N}++(?:[.,:/]\p{N}++)*+[\p{L}\p{M}]*+"  # numbers, with their separators and units: 1,234.5km
    r"|(?:\p{L}\.){2,}"  # abbreviations: U.S.
    rf"|(?<![^\p{{L}}\p{{M}}\p{{N}}])['’](?i:s|re|ve|ll|d|m|t)(?!{_WORD_PART})"  # clitics: 's
    rf"|\p{{L}}{_WORD_PART}*+"
    r"|\S"
)


class Token(NamedTuple):
    """A word, number or punctuation mark, whether white space stands before it, and where it begins."""

    text: str
    spaced: bool
    start: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)


def tokenize(text: str) -> list[Token]:
    """Return the tokens of an English text in Unicode NFC; ``start`` counts that text's characters."""
    text = unicodedata.normalize("NFC", text)
    found = ((match.group(), match.start()) for match in _TOKEN.finditer(text))
    return [Token(token, start > 0 and text[start - 1].isspace(), start) for token, start in found]


def key(token: str) -> str:
    """Return what tells tokens apart: neither case nor the form of apostrophes does."""
    return token.casefold().replace("’", "'")


def phrase_key(text: str) -> Phrase:
    """Return the keys of the tokens of a word or phrase.

    >>> phrase_key("Côte d’Ivoire")
    ('côte', 'd', "'", 'ivoire')
    """
    return tuple(key(token.text) for token in tokenize(text))


def is_word(token: str) -> bool:
    """Tell whether a token is a word: it begins with a letter, as numbers, clitics and punctuation do not."""
    return token[0].isalpha()
