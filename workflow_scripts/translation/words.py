"""Words, in scripts with spaces between them and in scripts without."""

import regex

# Scripts written without spaces between words (Unicode Line Breaking, UAX #14, classes ID and SA).
UNSPACED_SCRIPTS = ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar")
_LETTERS = "".join(rf"\p{{{script}}}" for script in UNSPACED_SCRIPTS)

_WORD = regex.compile(
    rf"[{_LETTERS}]\p{{M}}*"
    # Apostrophes and the (non-)joiners of Indic and Persian spelling stand inside words.
    rf"|[[\p{{L}}\p{{N}}]--[{_LETTERS}]][[\p{{L}}\p{{M}}\p{{N}}'’\u200c\u200d]--[{_LETTERS}]]*",
    regex.V1,
)
_UNSPACED = regex.compile(rf"[{_LETTERS}]", regex.V1)


def words(text: str) -> list[str]:
    """Return the words of ``text``, case folded, without punctuation.

    Each letter of a script without spaces, with its marks, is a word of its own.
    """
    return [word.casefold() for word in _WORD.findall(text)]


def is_unspaced(character: str) -> bool:
    """Tell whether a character belongs to a script that is written without spaces."""
    return _UNSPACED.match(character) is not None
