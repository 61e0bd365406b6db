"""The smallest difference that a comparison could have detected."""

from statistics import NormalDist

POWER = 0.8


def detectable_difference(standard_error: float, confidence: float, power: float = POWER) -> float:
    """Return the true difference that a two-sided test of level 1 - confidence finds with probability ``power``.

    (z_{1 - α/2} + z_{power}) · standard error: 2.80 standard errors for α = 0.05 and 80 % power (Bloom 1995,
    "Minimum Detectable Effects", Evaluation Review 19(5)). Normal approximation; before Holm's correction.
    """
    normal = NormalDist()
    return (normal.inv_cdf(0.5 + confidence / 2) + normal.inv_cdf(power)) * standard_error
