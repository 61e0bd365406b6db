"""Languages of so few queries that a percentile interval is too narrow."""

from collections.abc import Mapping

FEWEST_QUERIES = 30  # below, nominal 95 % intervals hold the truth less often than .93 (docs/statistics.md)


def few_queries(counts: Mapping[str, int]) -> dict[str, int]:
    """Return those of ``counts`` (language → queries) that are too few for an interval of the nominal width.

    >>> few_queries({"sw": 29, "te": 30})
    {'sw': 29}
    """
    return {lang: count for lang, count in counts.items() if count < FEWEST_QUERIES}
