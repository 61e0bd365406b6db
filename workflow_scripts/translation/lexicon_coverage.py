"""How much of the English training text a lexicon covers."""

from collections.abc import Iterable
from typing import NamedTuple

from workflow_scripts.translation.english_tokens import Token, is_word, key
from workflow_scripts.translation.phrase_table import PhraseTable
from workflow_scripts.translation.phrase_units import units


class Coverage(NamedTuple):
    """Words of some texts, each occurrence (tokens) or each once (types), and those that code-switching can replace."""

    tokens: int
    covered_tokens: int
    types: int
    covered_types: int


def coverage(texts: Iterable[list[Token]], lexicon: PhraseTable) -> Coverage:
    """Return what ``lexicon`` covers of tokenised texts; a type counts as covered where it is so anywhere."""
    tokens = covered_tokens = 0
    types: set[str] = set()
    covered_types: set[str] = set()
    for text in texts:
        for unit in units(text, [lexicon] * len(text)):
            words = [key(token.text) for token in unit.tokens if is_word(token.text)]
            types.update(words)
            tokens += len(words)
            if unit.translation is not None:
                covered_types.update(words)
                covered_tokens += len(words)
    return Coverage(tokens, covered_tokens, len(types), len(covered_types))
