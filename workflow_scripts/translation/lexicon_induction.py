"""A lexicon from parallel lines by their words' co-occurrence."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from workflow_scripts.data.keyed_random import permutation
from workflow_scripts.data.records import LexiconEntry
from workflow_scripts.data.row_counts import KEPT, RowCounts
from workflow_scripts.translation.english_tokens import is_word, key, tokenize
from workflow_scripts.translation.word_alignment import align_words
from workflow_scripts.translation.word_forms import usual_forms, word_splitter

_MOST_WORDS = 120  # of a line; longer ones are no sentences, and pair everything with everything
_MOST_CELLS = 20_000_000  # words of a line × words of its translation, over all lines: bounds memory (docs/lexicons.md)
_MOST_TRANSLATIONS = 5  # of a word


class NumberedLines(NamedTuple):
    """Parallel lines as numbers of words; ``other_words`` in their usual casing."""

    lines: list[tuple[list[int], list[int]]]
    english_words: list[str]
    other_words: list[str]


def number_words(lines: Iterable[tuple[str, str]], counts: RowCounts) -> NumberedLines:
    """Return English lines and their translations as words; count in ``counts`` what becomes of the lines.

    Equal lines count once. Where there are more than memory is for, a drawn part is used.
    """
    texts = list(dict.fromkeys(lines))
    splitter = word_splitter(other for _, other in texts)
    english_numbers: dict[str, int] = {}
    other_numbers: dict[str, int] = {}
    forms: list[str] = []
    numbered = []
    cells = 0
    for place in permutation(len(texts), "lines of a lexicon").tolist():
        english = [key(token.text) for token in tokenize(texts[place][0]) if is_word(token.text)]
        other = splitter(texts[place][1])
        if not (english and other):
            counts["lines", "no word"] += 1
        elif max(len(english), len(other)) > _MOST_WORDS:
            counts["lines", "too long"] += 1
        elif cells + len(english) * len(other) > _MOST_CELLS:
            counts["lines", "beyond the memory"] += 1
        else:
            cells += len(english) * len(other)
            forms += other
            numbered.append(
                (
                    [english_numbers.setdefault(word, len(english_numbers)) for word in english],
                    [other_numbers.setdefault(word.casefold(), len(other_numbers)) for word in other],
                )
            )
    counts["lines", KEPT] = len(numbered)
    usual = usual_forms(forms)
    return NumberedLines(numbered, list(english_numbers), [usual[word] for word in other_numbers])


def induce_lexicon(
    lines: Iterable[tuple[str, str]], min_count: int, min_weight: float, counts: RowCounts
) -> Iterator[LexiconEntry]:
    """Yield entries English → the other language, a word's best translation first, from English lines and theirs.

    An entry's words stand in ``min_count`` lines together at least, and its weight (``word_alignment``: an expected
    share of links) is ``min_weight`` at least. The same lines in the same order give the same entries.
    """
    text = number_words(lines, counts)
    if not text.lines:
        return
    found = align_words(text.lines, len(text.english_words), len(text.other_words))
    chosen = np.flatnonzero((found.lines >= min_count) & (found.weights >= min_weight))
    order = chosen[np.lexsort((-found.weights[chosen], found.sources[chosen]))]
    taken: dict[int, int] = {}
    for row in order.tolist():
        source = int(found.sources[row])
        taken[source] = taken.get(source, 0) + 1
        if taken[source] <= _MOST_TRANSLATIONS:
            other = text.other_words[found.targets[row]]
            yield LexiconEntry(text.english_words[source], other, float(found.weights[row]))
