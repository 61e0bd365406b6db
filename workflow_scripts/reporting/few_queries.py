"""Languages of so few queries that a percentile interval is too narrow."""

from collections.abc import Mapping

FEWEST_QUERIES = 30  # below, nominal 95 % intervals hold the truth less often than .93 (docs/statistics.md)


def few_queries(counts: Mapping[str, float]) -> dict[str, int]:
    """Return those of ``counts`` (language → independent observations) that are too few for the nominal width.

    They are sampling units of equal size: queries, unless several are one unit (``LanguageScores.effective_units``).

    >>> few_queries({"sw": 29.9, "te": 30})
    {'sw': 29}
    """
    return {lang: int(count) for lang, count in counts.items() if count < FEWEST_QUERIES}
