"""Which differences figures, tables and the page call clear: one rule for all of them."""

from typing import Any


def is_clear(row: Any, significance: float) -> Any:
    """Return whether a comparison's corrected p is below ``significance`` and its interval lies on one side of 0.

    ``row`` has p_holm, low, high: a row, or a frame of comparisons, which gives a Series. The test asks whether these
    trained models differ on further queries of their kind. The interval also knows how they would differ if they were
    trained with another seed, which a difference has to outlast before it is called clear.

    >>> is_clear({"p_holm": 0.01, "low": 0.2, "high": 0.4}, 0.05), is_clear({"p_holm": 0.01, "low": 0, "high": 1}, 0.05)
    (True, False)
    """
    return (row["p_holm"] < significance) & ((row["low"] > 0) | (row["high"] < 0))
