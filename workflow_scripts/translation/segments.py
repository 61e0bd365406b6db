"""A text is cut into what a translation model reads well: sentences, and pieces of those that are too long.

The models were trained on single sentences: given a paragraph they leave sentences out, and beyond their window they
see nothing. Nothing is ever truncated here: what is too long is halved until it fits.
"""

from collections.abc import Callable

import regex

# Words before a full stop that ends no sentence, folded: titles, months and what else English shortens.
_SHORTENED = regex.compile(
    r"mr|mrs|ms|dr|prof|st|jr|sr|rev|gen|col|lt|sgt|capt|cmdr|adm|gov|sen|rep|pres|hon|no|vol|fig|pp|v|vs|etc"
    r"|cf|ca|approx|inc|ltd|co|corp|dept|univ|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec|mt|ft"
)
# Initials (U.S., J.R.R.) end few sentences: of 628 in SQuAD before a capital or a number, about 20.
_INITIALS = regex.compile(r"\p{Lu}|\p{L}(?:\.\p{L})+")
_CLOSERS = r"[\p{Pe}\p{Pf}\"'”’]*"
_SENTENCE_END = regex.compile(
    rf"(?:[.!?…؟।॥]{_CLOSERS}\s+(?=[\p{{Lu}}\p{{Lo}}\p{{N}}\p{{Ps}}\p{{Pi}}\"'“‘¿¡]))|(?:[。！？｡]{_CLOSERS}\s*)|(?:\s*\n\s*)"
)
_LAST_WORD = regex.compile(r"(?<![\p{L}\p{N}.]|\p{L}['’])[\p{L}.]+$")  # nothing of 1990s, nor of McDonald's
_CLAUSE_END = regex.compile(r"[,;:，、；：،؛–—](?!(?<=\p{N}.)\p{N})\s*")  # not within 1,234, 12:30 or 1939–45
_SPACE = regex.compile(r"\s+")
_UNSPACED_END = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}ー。！？｡，、；：」』）】》〉]$")


def sentences(text: str) -> list[str]:
    """Return the sentences of ``text``, stripped, without empty ones.

    A sentence ends with a terminator before white space and a letter that begins one, or with a full-width terminator,
    or with its line; not after initials, a word that is usually shortened, or one letter before a number (c. 1500).
    """
    found, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if match.group().startswith(".") and _is_shortened(text[start : match.start()], text[match.end()]):
            continue
        found.append(text[start : match.end()])
        start = match.end()
    found.append(text[start:])
    return [sentence.strip() for sentence in found if sentence.strip()]


def _is_shortened(before: str, after: str) -> bool:
    """Tell whether the last word of ``before`` is shortened; ``after`` is the character that follows its full stop."""
    found = _LAST_WORD.search(before)
    if found is None:
        return False
    word = found.group()
    return (
        _INITIALS.fullmatch(word) is not None
        or _SHORTENED.fullmatch(word.casefold()) is not None
        or (len(word) == 1 and word.islower() and after.isdecimal())
    )


def fitting_pieces(sentence: str, fits: Callable[[str], bool]) -> list[str]:
    """Return ``sentence`` in pieces that fit, by halving.

    It is cut at the clause end nearest to its middle, else at the nearest white space, else in the very middle. A piece
    of one character is returned whether it fits or not.
    """
    if len(sentence) <= 1 or fits(sentence):
        return [sentence]
    middle = _nearest_boundary(sentence)
    left, right = sentence[:middle].strip(), sentence[middle:].strip()
    return [piece for half in (left, right) if half for piece in fitting_pieces(half, fits)]


def _nearest_boundary(sentence: str) -> int:
    """Return a position strictly inside ``sentence``; boundaries count in its middle half, lest pieces get tiny."""
    length = len(sentence)
    for pattern in (_CLAUSE_END, _SPACE):
        ends = [match.end() for match in pattern.finditer(sentence) if length / 4 <= match.end() <= 3 * length / 4]
        if ends:
            return min(ends, key=lambda end: abs(end - length / 2))
    return max(1, length // 2)


def join(translations: list[str]) -> str:
    """Return translated pieces as one text; no space follows letters and full stops of Chinese and Japanese."""
    made = ""
    for piece in filter(None, (translation.strip() for translation in translations)):
        made += piece if not made or _UNSPACED_END.search(made) else f" {piece}"
    return made
