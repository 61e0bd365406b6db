"""A lexicon as a table, and as what code-switching looks words up in."""

import unicodedata
from collections.abc import Iterable, Sequence

import pyarrow as pa

from workflow_scripts.data.records import LexiconEntry
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.tables import LEXICON
from workflow_scripts.translation.english_tokens import is_word, phrase_key
from workflow_scripts.translation.phrase_table import PhraseTable


def lexicon_table(entries: Iterable[LexiconEntry], counts: RowCounts) -> pa.Table:
    """Return LEXICON: ``word`` in the form that texts are looked up in, its translations by weight, the best first.

    The table is sorted by word; translations of equal weight keep the order of ``entries``. A source that does not
    weigh gives the n-th translation of a word 1 / n. Of an entry that stands twice the greater weight stays. Dropped
    and counted: words of punctuation or numbers alone, and entries that repeat another.
    """
    weights: dict[tuple[str, ...], dict[str, float]] = {}
    for entry in entries:
        phrase = phrase_key(entry.word)
        if not any(map(is_word, phrase)):
            counts["entries", "no word"] += 1
            continue
        translations = weights.setdefault(phrase, {})
        translation = unicodedata.normalize("NFC", " ".join(entry.translation.split()))
        weight = 1 / (len(translations) + 1) if entry.weight is None else entry.weight
        if translation in translations:
            counts["entries", "repeated"] += 1
            weight = max(weight, translations[translation])
        translations[translation] = weight
    rows = [
        (" ".join(phrase), translation, weight)
        for phrase in sorted(weights)
        for translation, weight in sorted(weights[phrase].items(), key=lambda item: -item[1])
    ]
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    return pa.table(dict(zip(LEXICON.names, map(list, columns), strict=True)), schema=LEXICON)


def best_translations(lexicons: Sequence[pa.Table]) -> PhraseTable:
    """Return each word's best translation; where several lexicons have a word, the first of them decides."""
    best: dict[tuple[str, ...], str] = {}
    for lexicon in reversed(lexicons):
        words = lexicon["word"].to_pylist()
        # Read backwards, so that the first translation of a word, its best, is what stays.
        for word, translation in zip(reversed(words), reversed(lexicon["translation"].to_pylist()), strict=True):
            best[tuple(word.split(" "))] = translation
    return PhraseTable(best)
