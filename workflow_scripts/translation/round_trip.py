"""How much of a text survives translation and translation back: chrF (Popović 2015), as sacrebleu computes it."""

from functools import cache
from typing import Any


@cache
def _chrf() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()


def round_trip_chrf(back: str, source: str) -> float:
    """Return chrF2 of ``back`` against ``source``: 0 to 100, character 6-grams, recall counted twice."""
    return _chrf().sentence_score(back, [source]).score
