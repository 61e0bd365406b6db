"""Words for lexical search, in any script, without language-specific rules.

Runs of letters, marks and digits, lower-cased, in Unicode NFC: half of MIRACL's Bengali questions write some letters
in another way than Wikipedia, whose text is in NFC. A run in a script that is written without spaces becomes its
overlapping pairs of characters, as Lucene's CJKAnalyzer does for Han and Kana. No stemming, no stop words: what
exists for some languages only would tilt a comparison between languages.
"""

import unicodedata
from itertools import pairwise

import regex

# Marks are part of words: the vowel signs of Indic scripts and Yoruba's tones are marks.
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_UNSPACED_SCRIPTS = ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan")
_UNSPACED = "".join(rf"\p{{Script={script}}}" for script in _UNSPACED_SCRIPTS)
_ANY_UNSPACED = regex.compile(rf"[{_UNSPACED}ー]")
# The long-vowel mark of Katakana belongs to no one script. A mark stays with the character before it.
_PIECE = regex.compile(rf"(?P<unspaced>(?:[{_UNSPACED}ー]\p{{M}}*)+)|(?:(?![{_UNSPACED}ー]).)+")
_CHARACTER = regex.compile(r".\p{M}*")


def lexical_tokens(text: str) -> list[str]:
    """Return the tokens of ``text`` in order.

    >>> lexical_tokens("Ọjọ́ 12, Lagos-Ìbàdàn!")
    ['ọjọ́', '12', 'lagos', 'ìbàdàn']
    >>> lexical_tokens("東京都 no 2")
    ['東京', '京都', 'no', '2']
    """
    text = unicodedata.normalize("NFC", text.lower())
    words = _WORD.findall(text)
    if not _ANY_UNSPACED.search(text):  # as in most texts: less than half the time
        return words
    tokens: list[str] = []
    for word in words:
        for piece in _PIECE.finditer(word):
            if piece["unspaced"] is None:
                tokens.append(piece[0])
                continue
            characters = _CHARACTER.findall(piece[0])
            if len(characters) == 1:
                tokens.append(characters[0])
            tokens.extend(first + second for first, second in pairwise(characters))
    return tokens
