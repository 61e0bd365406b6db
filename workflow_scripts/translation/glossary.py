"""Translation by phrase table: the longest known phrase wins, left to right.

Grammar is not this engine's concern. It makes the default experiment, whose English is built from phrases, run
without a network and without a neural model, behind the interface that neural engines have.
"""

import unicodedata
from collections.abc import Mapping
from pathlib import Path

import regex

from workflow_scripts.data.errors import InputError
from workflow_scripts.translation.engine import Translation
from workflow_scripts.translation.english_tokens import Phrase, key, phrase_key, tokenize
from workflow_scripts.translation.phrase_table import PhraseTable
from workflow_scripts.translation.words import is_unspaced


def read_glossary(path: str | Path) -> dict[Phrase, str]:
    """Return the translation of each phrase of a table: English phrase, tab, translation; UTF-8, no header.

    A phrase is a tuple of folded tokens: case, white space and the form of apostrophes do not distinguish phrases.
    An empty translation leaves the phrase out. Raises InputError with file and line where a line is anything else,
    and where a phrase stands twice with different translations.
    """
    try:
        lines = Path(path).read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; name the language's phrase table with --glossary") from None
    if lines[-1] == b"":
        lines.pop()
    entries: dict[Phrase, str] = {}
    first_line: dict[Phrase, int] = {}
    for number, line in enumerate(lines, start=1):
        where = f"{path}: line {number}"
        try:
            cells = line.decode("utf-8").removesuffix("\r").split("\t")
        except UnicodeDecodeError as error:
            raise InputError(f"{where}: is not UTF-8 ({error.reason} at byte {error.start})") from None
        if len(cells) != 2:
            raise InputError(f"{where}: has {len(cells)} cells; write an English phrase, one tab, its translation")
        english, translation = cells
        phrase = phrase_key(english)
        if not phrase:
            raise InputError(f"{where}: has no English phrase before the tab")
        if entries.setdefault(phrase, translation) != translation:
            raise InputError(
                f"{where}: {english!r} is {translation!r} here and {entries[phrase]!r} in line {first_line[phrase]}; "
                "keep one (case does not distinguish phrases)"
            )
        first_line.setdefault(phrase, number)
    if not entries:
        raise InputError(f"{path}: holds no phrases")
    return entries


class GlossaryEngine:
    """Replaces known phrases, longest first, left to right; copies what no phrase covers.

    Matching ignores case; the casing of the translation is the table's. Punctuation takes part in phrases, so a
    table adapts question marks by an entry for ``?``. White space is that of the source, less what falls away with
    left-out phrases and between letters of scripts that are written without spaces.
    """

    name = "glossary"

    def __init__(self, entries: Mapping[Phrase, str], source_lang: str, target_lang: str):
        self._table = PhraseTable(entries)
        self._direction = (source_lang, target_lang)

    def translate(self, texts: list[str], source_lang: str, target_lang: str) -> list[Translation]:
        """Translate ``texts``, never cut off; raise InputError for another direction than the table's."""
        if (source_lang, target_lang) != self._direction:
            raise InputError(
                f"translation.engine: this phrase table goes from {self._direction[0]} to {self._direction[1]}, "
                f"not from {source_lang} to {target_lang}"
            )
        return [Translation(self._translate(text)) for text in texts]

    def _translate(self, text: str) -> str:
        tokens = tokenize(text)
        keys = [key(token.text) for token in tokens]
        made = ""
        spaced = True  # white space before every token since the last that left something
        position = 0
        while position < len(tokens):
            length, piece = self._table.longest(keys, position)
            if length == 0:
                length, piece = 1, tokens[position].text
            spaced = spaced and tokens[position].spaced
            if piece:
                made += f" {piece}" if spaced and _separates(made, piece) else piece
                spaced = True
            position += length
        return regex.sub(" +", " ", made).strip(" ")


def _is_fullwidth_mark(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF" and unicodedata.category(character).startswith("P")


def _separates(before: str, after: str) -> bool:
    """Tell whether a space of the source stays between two pieces of the translation."""
    if not before:
        return False
    left, right = before[-1], after[0]
    if _is_fullwidth_mark(left) or _is_fullwidth_mark(right):
        return False
    return not (_unspaced_end(before) and is_unspaced(right))


def _unspaced_end(text: str) -> bool:
    """Tell whether the last letter of ``text``, before any combining marks, belongs to an unspaced script."""
    for character in reversed(text):
        if not unicodedata.category(character).startswith("M"):
            return is_unspaced(character)
    return False
