"""The words of a language as they are written, also where it is written without spaces."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable

import regex

from workflow_scripts.translation.words import UNSPACED_SCRIPTS

# On 1,997 and 5,068 lines of Thai and Chinese, entries of 4,000 pieces were found again in held-out lines more often
# than those of 8,000 (docs/lexicons.md).
_PIECES = 4_000
_MORE_THAN_LETTERS = 1_000  # every letter is a piece: much Chinese text has more than 4,000
_LONGEST_PIECE = 12

_UNSPACED = "".join(rf"\p{{{script}}}" for script in UNSPACED_SCRIPTS)
_RUN = regex.compile(
    rf"(?P<unspaced>[{_UNSPACED}ー][\p{{M}}{_UNSPACED}ー]*)"
    # Apostrophes and the (non-)joiners of Indic and Persian spelling stand inside words.
    rf"|(?:(?![{_UNSPACED}])\p{{L}})(?:(?![{_UNSPACED}])[\p{{L}}\p{{M}}\p{{N}}'’\u200c\u200d])*"
)


def word_splitter(texts: Iterable[str]) -> Callable[[str], list[str]]:
    """Return what cuts a text of a language into its words, as they are written.

    ``texts`` are that language's. Where they hold script without spaces, words are not marked, so a vocabulary of
    pieces is learned from these very texts (unigram language model; Kudo 2018, arXiv 1804.10959); the same texts give
    the same pieces.
    """
    runs = [match["unspaced"] for text in texts for match in _RUN.finditer(_normal(text)) if match["unspaced"]]
    pieces_of = _learned_pieces(runs) if runs else None

    def words_of(text: str) -> list[str]:
        found: list[str] = []
        for match in _RUN.finditer(_normal(text)):
            found += pieces_of(match.group()) if match["unspaced"] and pieces_of else [match.group()]
        return found

    return words_of


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _learned_pieces(runs: list[str]) -> Callable[[str], list[str]]:
    from tokenizers import Tokenizer, models, trainers  # a quarter of a second, which other languages do not need

    tokenizer = Tokenizer(models.Unigram())
    trainer = trainers.UnigramTrainer(
        vocab_size=max(_PIECES, len(set().union(*runs)) + _MORE_THAN_LETTERS),
        max_piece_length=_LONGEST_PIECE,
        unk_token="<unk>",
        special_tokens=["<unk>"],
        show_progress=False,
    )
    # Each run once with its count would be as good; the trainer counts equal ones itself.
    tokenizer.train_from_iterator(sorted(runs), trainer)
    return lambda run: tokenizer.encode(run).tokens


def usual_forms(forms: Iterable[str]) -> dict[str, str]:
    """Return, for each word in lower case, the form in which it is written most often (of equals, the later by code).

    >>> usual_forms(["Kenya", "mto", "Mto", "mto"])
    {'kenya': 'Kenya', 'mto': 'mto'}
    """
    usual: dict[str, str] = {}
    for form, _ in sorted(Counter(forms).items(), key=lambda item: (item[1], item[0])):
        usual[form.casefold()] = form
    return usual
