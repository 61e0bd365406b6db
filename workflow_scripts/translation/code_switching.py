"""Code-switching: English words replaced from bilingual lexicons (arXiv 2305.05295, section 3).

A text is cut into units: the longest phrase that the lexicon has, or a word that it lacks. Each unit is drawn with
probability ``share``; a drawn unit that the lexicon has is replaced by its translation, any other stays, so the share
of words that are replaced is ``share`` times the share that the lexicon covers. Bilingual code-switching has one
language for a pair's query and another for its passage; multilingual code-switching draws a language for each unit.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.keyed_random import uniforms
from workflow_scripts.translation.english_tokens import tokenize
from workflow_scripts.translation.phrase_table import PhraseTable
from workflow_scripts.translation.phrase_units import units

MODES = ("bilingual", "multilingual")
SIDES = {"both": ("query", "passage"), "queries": ("query",), "passages": ("passage",)}
ORIGIN = "codeswitched"  # in PAIRS' column of that name


@dataclass(frozen=True)
class SwitchSettings:
    """How texts are switched: a strategy's ``codeswitch`` without the lexicons."""

    mode: str
    share: float
    sides: str
    seed: int

    def __post_init__(self) -> None:
        """Raise InputError on values outside their range."""
        if self.mode not in MODES:
            raise InputError(f"codeswitch.mode: {self.mode!r} is not one of {', '.join(MODES)}")
        if self.sides not in SIDES:
            raise InputError(f"codeswitch.sides: {self.sides!r} is not one of {', '.join(SIDES)}")
        if not 0 <= self.share <= 1:
            raise InputError(f"codeswitch.share: {self.share} is not between 0 and 1")


class Realised(NamedTuple):
    """How many words of one side fell to a language, how many of them were drawn, and how many of those replaced."""

    side: str
    lang: str
    words: int
    drawn: int
    replaced: int


class CodeSwitcher:
    """Switches pairs, alone or in whatever company: each text by a key of its own.

    What becomes of a passage is a function of seed and lexicons, its title and text; of a query, of its source and
    pair_id, and its passage's language, too.
    """

    def __init__(self, lexicons: Mapping[str, PhraseTable], settings: SwitchSettings) -> None:
        """Hold the lexicon of each language. Raises InputError where there is none."""
        if not lexicons:
            raise InputError("codeswitch.lexicons: no lexicon is given")
        self._langs = sorted(lexicons)
        self._tables = [lexicons[lang] for lang in self._langs]
        self._settings = settings
        self._counts = {side: [[0, 0, 0] for _ in self._langs] for side in SIDES[settings.sides]}

    def realised(self) -> list[Realised]:
        """Return the counts of all pairs so far, by side and language; a phrase counts each of its words."""
        return [
            Realised(side, lang, *counts)
            for side, of_side in self._counts.items()
            for lang, counts in zip(self._langs, of_side, strict=True)
        ]

    def switch(self, pairs: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield rows of PAIRS with their texts switched, each hard negative as any passage."""
        sides = SIDES[self._settings.sides]
        for pair in pairs:
            made = {**pair, "origin": ORIGIN}
            of_passage = self._language_of_passage(pair) if "passage" in sides else None
            if "query" in sides:
                key_of_query = ("query", pair["source"], pair["pair_id"])
                lang = self._language_of_query(of_passage, key_of_query)
                made["query"] = self._switched(pair["query"], "query", lang, key_of_query)
            if "passage" in sides:
                made |= self._switched_passage(pair, of_passage)
                made["negatives"] = pair["negatives"] and [
                    self._switched_passage(negative, self._language_of_passage(negative))
                    for negative in pair["negatives"]
                ]
            yield made

    def _switched_passage(self, passage: dict[str, Any], lang: int | None) -> dict[str, str | None]:
        # Keyed by the text itself, so that equal passages stay equal: training holds each once, and knows a hard
        # negative that is the passage of another pair.
        title, text = passage["title"], passage["passage"]
        return {
            part: self._switched(content, "passage", lang, (part, title or "", text or ""))
            for part, content in (("title", title), ("passage", text))
        }

    def _language_of_passage(self, passage: dict[str, Any]) -> int | None:
        """Return the number of a passage's language, None where each unit draws its own or there is no passage."""
        texts = passage["title"] or "", passage["passage"] or ""
        if self._settings.mode == "multilingual" or not any(texts):
            return None
        return int(self._uniforms(1, "language of passage", *texts)[0] * len(self._langs))

    def _language_of_query(self, of_passage: int | None, key_of_query: tuple[str, ...]) -> int | None:
        """Return the number of a query's language: another than its passage's, where there is a choice."""
        if self._settings.mode == "multilingual":
            return None
        number, count = self._uniforms(1, "language of query", *key_of_query)[0], len(self._langs)
        if of_passage is None:
            return int(number * count)
        return (of_passage + 1 + int(number * (count - 1))) % count

    def _uniforms(self, shape: int | tuple[int, ...], *key_of_draw: str) -> np.ndarray:
        return uniforms(shape, "codeswitch", self._settings.seed, *key_of_draw)

    def _switched(self, text: str | None, side: str, lang: int | None, key_of_text: tuple[str, ...]) -> str | None:
        if not text:
            return text
        tokens = tokenize(text)
        numbers = self._uniforms((2, len(tokens)), "text", *key_of_text)
        is_drawn = (numbers[0] < self._settings.share).tolist()
        of_token = self._languages_of_tokens(lang, numbers[1])
        normal = unicodedata.normalize("NFC", text)
        pieces: list[str] = []
        copied = 0  # characters of the text
        for unit in units(tokens, [self._tables[lang] for lang in of_token]):
            counts = self._counts[side][of_token[unit.position]]
            counts[0] += unit.words
            if is_drawn[unit.position]:
                counts[1] += unit.words
                if unit.translation is not None:
                    counts[2] += unit.words
                    first, last = unit.tokens[0], unit.tokens[-1]
                    pieces += [normal[copied : first.start], cased_like(first.text, unit.translation)]
                    copied = last.end
        return "".join([*pieces, normal[copied:]]) if pieces else text

    def _languages_of_tokens(self, lang: int | None, numbers: np.ndarray) -> list[int]:
        if lang is not None:
            return [lang] * len(numbers)
        return (numbers * len(self._langs)).astype(np.int64).tolist()


def cased_like(word: str, translation: str) -> str:
    """Return ``translation`` with a capital in front, or in capitals, where ``word`` is so written.

    >>> cased_like("Kenya", "kenia"), cased_like("WHO", "oms"), cased_like("river", "Mto"), cased_like("I", "mimi")
    ('Kenia', 'OMS', 'Mto', 'Mimi')
    """
    if len(word) > 1 and word.isupper():
        return translation.upper()
    return translation[0].upper() + translation[1:] if word[0].isupper() else translation
