"""How many random draws a test needs to be significant after Holm's correction."""

from fractions import Fraction


def fewest_draws(tests: int, level: float) -> int:
    """Return the fewest draws with which the first of a family of ``tests`` can fall below ``level``.

    A p-value of n draws is at least 1 / (n + 1), and Holm multiplies the least of a family by the number of its tests.

    >>> fewest_draws(100, 0.05)
    2000
    """
    return int(tests / Fraction(level).limit_denominator(1_000_000))
