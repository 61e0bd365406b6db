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
from workflow_scripts.translation.english_tokens import is_word, key, tokenize
from workflow_scripts.translation.phrase_table import PhraseTable

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
    """Switches pairs; what becomes of one is a function of seed, source, pair_id and the lexicons alone."""

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
        """Yield rows of PAIRS with their texts switched; titles and hard negatives go with the passage."""
        for pair in pairs:
            yield {**pair, **self._switched_parts(pair), "origin": ORIGIN}

    def _switched_parts(self, pair: dict[str, Any]) -> dict[str, Any]:
        of_pair = (self._settings.seed, pair["source"], pair["pair_id"])
        langs = dict(zip(("query", "passage"), self._languages(of_pair), strict=True))
        sides = SIDES[self._settings.sides]
        parts: dict[str, Any] = {}
        if "query" in sides:
            parts["query"] = self._text(pair["query"], "query", langs, (*of_pair, "query"))
        if "passage" in sides:
            for part in ("title", "passage"):
                parts[part] = self._text(pair[part], "passage", langs, (*of_pair, part))
            parts["negatives"] = pair["negatives"] and [
                {
                    part: self._text(text, "passage", langs, (*of_pair, "negative", number, part))
                    for part, text in negative.items()
                }
                for number, negative in enumerate(pair["negatives"])
            ]
        return parts

    def _languages(self, of_pair: tuple[str | int, ...]) -> tuple[int | None, int | None]:
        """Return the numbers of the query's and the passage's language, None where each word draws its own."""
        if self._settings.mode == "multilingual":
            return None, None
        first, second = uniforms(2, "codeswitch", "languages", *of_pair)
        count = len(self._langs)
        query = int(first * count)
        # Of the others, so that the two sides differ wherever there is a choice.
        return query, (query + 1 + int(second * (count - 1))) % count

    def _text(
        self, text: str | None, side: str, langs: dict[str, int | None], key_of_text: tuple[str | int, ...]
    ) -> str | None:
        if not text:
            return text
        tokens = tokenize(text)
        keys = [key(token.text) for token in tokens]
        numbers = uniforms((2, len(tokens)), "codeswitch", *key_of_text)
        is_drawn = (numbers[0] < self._settings.share).tolist()
        of_word = self._languages_of_words(langs[side], numbers[1])
        normal = unicodedata.normalize("NFC", text)
        pieces: list[str] = []
        copied = position = 0  # in characters of the text, in tokens
        while position < len(tokens):
            token, lang = tokens[position], of_word[position]
            if not is_word(token.text):
                position += 1
                continue
            length, translation = self._tables[lang].longest(keys, position)
            unit = tokens[position : position + max(1, length)]
            if length and is_drawn[position]:
                pieces += [normal[copied : token.start], cased_like(token.text, translation)]
                copied = unit[-1].end
            words = sum(is_word(of_unit.text) for of_unit in unit)
            counts = self._counts[side][lang]
            counts[0] += words
            counts[1] += words * is_drawn[position]
            counts[2] += words * (is_drawn[position] and length > 0)
            position += len(unit)
        return "".join([*pieces, normal[copied:]]) if pieces else text

    def _languages_of_words(self, lang: int | None, numbers: np.ndarray) -> list[int]:
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
