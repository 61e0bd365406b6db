"""Text reduced to what counts when two texts are compared for overlap."""

import re
import unicodedata
from collections.abc import Iterable

# Scripts that are written without spaces between words: Thai, Lao, Burmese, Khmer, kana and Han.
# (Tibetan and Korean are not among them: normalising leaves spaces between their syllables and words.)
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)


class _Folding(dict[int, int | None]):
    """Translation table: punctuation, symbols and spaces become a space, format characters nothing; fills itself.

    Letters, numbers and combining marks stay: without its vowel signs an Indic word is another word. Format characters
    (category Cf) are zero-width joiners, direction marks and soft hyphens, which writers use or omit at will.
    """

    def __missing__(self, code: int) -> int | None:
        category = unicodedata.category(chr(code))
        if category == "Cf":
            self[code] = None
        elif category[0] in "PSZC":
            self[code] = ord(" ")
        else:
            self[code] = code
        return self[code]


_FOLDING = _Folding()


def normalise(text: str) -> str:
    """Return ``text`` in NFKC, case-folded, its punctuation and white space folded to single spaces.

    >>> normalise("  L’École—ﬁnie?\\n")
    'l école finie'
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.translate(_FOLDING).split())


def is_unspaced(normalised: Iterable[str]) -> bool:
    """Return whether more than half of the texts' characters belong to scripts without spaces between words."""
    inside = total = 0
    for text in normalised:
        inside += sum(map(len, _UNSPACED.findall(text)))
        total += len(text) - text.count(" ")
    return 2 * inside > total
