"""Quality control of machine translation: what disqualifies a translated text, as a list of filters.

Each filter is one measure of a side (a pair's query, or its title and passage as one text) and the bounds that the
config sets on it (``translation.quality``). docs/translation.md gives the formulas and what each filter costs on
human translations.
"""

import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import regex

from workflow_scripts.data.errors import InputError
from workflow_scripts.translation.language_identification import language_probability
from workflow_scripts.translation.reasons import KEPT
from workflow_scripts.translation.round_trip import round_trip_chrf
from workflow_scripts.translation.words import UNSPACED_SCRIPTS, words

_SCRIPTS = {"Japanese": ("Han", "Hiragana", "Katakana")}
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_LETTER = regex.compile(r"\p{L}")
# Letters and marks of a script; those that Unicode shares between all scripts (such as º) belong to none.
_SCRIPTED = regex.compile(r"[[\p{L}\p{M}]--[\p{Script=Common}\p{Script=Inherited}]]", regex.V1)

WORD_NGRAM = 3
CHARACTER_NGRAM = 6  # as long as three words of Chinese, Japanese or Thai, give or take


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a pair as quality control sees it.

    ``lang`` is the target language and ``script`` its script (``resources/languages.csv``). ``missing`` says that
    some part which the source has, such as the passage behind a title, came back empty; ``cut_off`` that the engine
    stopped at its maximum length in some part. ``back`` is the translation translated back, ``similarity`` the cosine
    of source and translation; only the filters that measure them need them.
    """

    source: str
    translation: str
    script: str
    missing: bool = False
    cut_off: bool = False
    lang: str = ""
    back: str = ""
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """One reason to drop a pair: a measure, and the config keys of its bounds.

    A side fails where its measure is below the minimum or above the maximum; a measure on a bound passes. A filter
    without bounds fails where the measure is not 0. An ``optional`` one is asked where its bounds are given.
    """

    name: str
    measures: str
    measure: Callable[[Side], float]
    minimum: str | None = None
    maximum: str | None = None
    optional: bool = False

    def is_asked(self, thresholds: Mapping[str, float]) -> bool:
        """Tell whether the thresholds hold the bounds of this filter."""
        return not self.optional or any(key in thresholds for key in (self.minimum, self.maximum) if key)

    def fails(self, side: Side, thresholds: Mapping[str, float]) -> bool:
        """Tell whether ``side`` fails this filter under the thresholds of ``translation.quality``."""
        value = self.measure(side)
        if self.minimum is None and self.maximum is None:
            return value != 0
        return (self.minimum is not None and value < thresholds[self.minimum]) or (
            self.maximum is not None and value > thresholds[self.maximum]
        )


def width(text: str) -> int:
    """Return the number of characters of ``text``, East Asian wide ones (UAX #11, classes W and F) counted twice."""
    if text.isascii():
        return len(text)
    return len(text) + sum(unicodedata.east_asian_width(character) in "WF" for character in text)


def empty(side: Side) -> float:
    """Return 1 where a part of the source came back without any text, else 0."""
    return float(side.missing or not side.translation.strip())


def cut_off(side: Side) -> float:
    """Return 1 where the engine stopped at its maximum length, else 0."""
    return float(side.cut_off)


def length_ratio(side: Side) -> float:
    """Return the width of the translation / the width of the source; infinite for a source without text."""
    source = width(side.source.strip())
    return width(side.translation.strip()) / source if source else math.inf


def copied(side: Side) -> float:
    """Return the share of the translation's words, numbers left out, that stand in the source; 0 without words."""
    made = [word for word in words(side.translation) if _LETTER.search(word)]
    if not made:
        return 0.0
    source = set(words(side.source))
    return sum(word in source for word in made) / len(made)


def script(side: Side) -> float:
    """Return the share of the translation's letters and marks, by width, in the target language's script; 1 without.

    Han letters alone are not Japanese: without any kana they count as another script.
    """
    if side.script == "Japanese" and not _KANA.search(side.translation):
        expected = ("Hiragana", "Katakana")
    else:
        expected = _SCRIPTS.get(side.script, (side.script,))
    inside = width("".join(_script_pattern(expected).findall(side.translation)))
    letters = width("".join(_SCRIPTED.findall(side.translation)))
    return inside / letters if letters else 1.0


def repeated(side: Side) -> float:
    """Return the share of n-grams that occurred before in the translation, (n-grams - distinct) / n-grams.

    n-grams are of 3 words; in scripts without spaces of 6 letters. 0 for shorter texts.
    """
    made = words(side.translation)
    n = CHARACTER_NGRAM if side.script in (*UNSPACED_SCRIPTS, "Japanese") else WORD_NGRAM
    ngrams = len(made) - n + 1
    if ngrams < 1:
        return 0.0
    return 1 - len({tuple(made[start : start + n]) for start in range(ngrams)}) / ngrams


def language(side: Side) -> float:
    """Return the probability that the translation is in the target language, by the language identifier."""
    return language_probability(side.translation, side.lang)


def round_trip(side: Side) -> float:
    """Return the chrF (0 to 100) of the translation translated back, against the source."""
    return round_trip_chrf(side.back, side.source)


def similarity(side: Side) -> float:
    """Return the cosine of source and translation by the given encoder; 1 where there is no text to compare."""
    return 1.0 if side.similarity is None else side.similarity


@cache
def _script_pattern(scripts: tuple[str, ...]) -> regex.Pattern:
    names = "".join(rf"\p{{Script={name}}}" for name in scripts)
    try:
        return regex.compile(rf"[[\p{{L}}\p{{M}}]&&[{names}]]", regex.V1)
    except regex.error:
        raise InputError(f"languages: column script: {scripts[0]!r} is neither a Unicode script nor Japanese") from None


# In the order of ``reasons.REASONS``: a side's reason is the first filter it fails.
FILTERS = (
    Filter("empty", "a part of the source that came back without text", empty),
    Filter("cut_off", "the engine stopped at its maximum length", cut_off),
    Filter(
        "length_ratio",
        "width of the translation / width of the source",
        length_ratio,
        minimum="min_length_ratio",
        maximum="max_length_ratio",
    ),
    Filter("copied", "share of the translation's words that stand in the source", copied, maximum="max_copied"),
    Filter("script", "share of the translation's letters in the language's script", script, minimum="min_script"),
    Filter("repeated", "share of the translation's n-grams that are repeats", repeated, maximum="max_repeated"),
    Filter("language", "probability of the language", language, minimum="min_language", optional=True),
    Filter("round_trip", "chrF of the round trip", round_trip, minimum="min_round_trip", optional=True),
    Filter("similarity", "cosine of source and translation", similarity, minimum="min_similarity", optional=True),
)


def check_thresholds(thresholds: Mapping[str, float]) -> None:
    """Raise InputError where ``translation.quality`` lacks a filter's threshold or holds one that no filter has."""
    known = {key: kind.optional for kind in FILTERS for key in (kind.minimum, kind.maximum) if key}
    for key in sorted(key for key, optional in known.items() if not optional and key not in thresholds):
        raise InputError(f"translation.quality.{key}: is missing")
    for key in sorted(set(thresholds) - set(known)):
        raise InputError(f"translation.quality.{key}: no filter has this threshold; known: {', '.join(sorted(known))}")
    for key in sorted(thresholds):
        least = -1 if key == "min_similarity" else 0
        if not isinstance(thresholds[key], int | float) or not thresholds[key] >= least:
            raise InputError(f"translation.quality.{key}: {thresholds[key]!r} is not a number of at least {least}")


def asked_reasons(thresholds: Mapping[str, float]) -> list[str]:
    """Return the names of the filters that are asked under ``thresholds``, in their order."""
    return [kind.name for kind in FILTERS if kind.is_asked(thresholds)]


def verdict(side: Side, thresholds: Mapping[str, float]) -> str:
    """Return the name of the first filter that ``side`` fails, or ``kept``."""
    asked = (kind for kind in FILTERS if kind.is_asked(thresholds))
    return next((kind.name for kind in asked if kind.fails(side, thresholds)), KEPT)
