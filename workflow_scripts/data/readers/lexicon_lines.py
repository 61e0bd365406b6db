"""Lexicons with one entry a line: MUSE, PanLex, Wikipedia titles, phrase tables."""

import math
from collections.abc import Iterator
from pathlib import Path

import regex

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.records import LexiconEntry
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_lines import read_columns, read_lines

# Titles of pages that are no articles bear a namespace; its English name is enough, for both titles are of one page.
_NAMESPACE = regex.compile(
    r"(?i:category|file|help|image|mediawiki|module|portal|project|template|user|wikipedia)(?i: talk)?:"
)
_DISAMBIGUATION = regex.compile(r"\s*[(（][^()（）]*[)）]$")


def read_muse(path: Path, counts: RowCounts) -> Iterator[LexiconEntry]:
    """Yield MUSE's entries (arXiv 1710.04087): English word, white space, word of the other language.

    A line of one word or none is dropped and counted, as MUSE's own reader passes over it.
    """
    for number, line in read_lines(path):
        fields = line.split()
        if len(fields) < 2:
            counts["entries", "no translation"] += 1
            continue
        if len(fields) > 2:
            raise InputError(
                f"{path}: line {number}: has {len(fields)} words; a line of MUSE's dictionaries is one English word "
                "and its translation"
            )
        yield LexiconEntry(*fields)


def read_panlex(path: Path, counts: RowCounts) -> Iterator[LexiconEntry]:
    """Yield entries of a table cut from PanLex: English expression, tab, translation, tab, quality (above 0)."""
    for number, (word, translation, quality) in read_columns(path, 3):
        where = f"{path}: line {number}"
        try:
            weight = float(quality)
        except ValueError:
            weight = math.nan
        if not 0 < weight < math.inf:
            raise InputError(f"{where}: the quality {quality!r} is not a number above 0")
        if not (word.strip() and translation.strip()):
            raise InputError(f"{where}: an expression is empty; write English, tab, translation, tab, quality")
        yield LexiconEntry(word.strip(), translation.strip(), weight)


def read_titles(path: Path, counts: RowCounts) -> Iterator[LexiconEntry]:
    """Yield titles of linked Wikipedia articles: English title, tab, the other language's title.

    Underscores are spaces; what a title has in brackets at its end only tells articles apart and goes, as in arXiv
    2305.05295. Titles of pages with a namespace are dropped and counted.
    """
    for number, titles in read_columns(path, 2):
        titles = [title.replace("_", " ").strip() for title in titles]
        if not all(titles):
            raise InputError(f"{path}: line {number}: a title is empty; write the English title, tab, the other title")
        if _NAMESPACE.match(titles[0]):
            counts["entries", "not an article"] += 1
            continue
        word, translation = (_DISAMBIGUATION.sub("", title) or title for title in titles)
        yield LexiconEntry(word, translation)


def read_glossary_entries(path: Path, counts: RowCounts) -> Iterator[LexiconEntry]:
    """Yield entries of a phrase table: English phrase, tab, translation; one that leaves its phrase out is dropped."""
    for number, (word, translation) in read_columns(path, 2):
        if not word.strip():
            raise InputError(f"{path}: line {number}: has no English phrase before the tab")
        if not translation.strip():
            counts["entries", "no translation"] += 1
            continue
        yield LexiconEntry(word.strip(), translation.strip())
