"""Which language a text is in, by py3langid: naive Bayes over byte n-grams, 140 languages, nothing to download."""

from functools import cache
from typing import Any

from workflow_scripts.data.errors import InputError


@cache
def _identifier() -> Any:
    # Half a second to load, and most jobs do not ask.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@cache
def known_languages() -> frozenset[str]:
    """Return the codes that the identifier knows."""
    return frozenset(map(str, _identifier().labels))


def language_probability(text: str, lang: str) -> float:
    """Return the probability, among all languages it knows, that ``text`` is in ``lang``.

    Raises InputError for a language that the identifier does not know.
    """
    if lang not in known_languages():
        raise InputError(f"translation.quality.min_language: the identifier does not know {lang!r}; set it to 0")
    return next(float(probability) for label, probability in _identifier().rank(text) if label == lang)
