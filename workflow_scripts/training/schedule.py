"""Which batches of a run are monolingual: the share alpha, spread as evenly as whole batches allow."""

from fractions import Fraction

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.keyed_random import uniforms


class RegimeSchedule:
    """Batch k is monolingual iff floor((k + 1) alpha + offset) > floor(k alpha + offset); the seed gives the offset.

    This is the rotation (Kronecker) sequence of slope alpha: any window of w batches holds
    floor(alpha w) or ceil(alpha w) monolingual ones, all w of them for alpha 1 and none for alpha 0.
    Arithmetic is exact (alpha as the decimal fraction that the config shows), so it never drifts.
    """

    def __init__(self, alpha: float, seed: int) -> None:
        """Raise InputError where alpha is not a share."""
        if not 0 <= alpha <= 1:
            raise InputError(f"strategy.alpha: {alpha} is not between 0 (cross-lingual) and 1 (monolingual)")
        self.alpha = Fraction(str(alpha))
        self._offset = Fraction(float(uniforms(1, "regime", seed)[0]))

    def monolingual_before(self, k: int) -> int:
        """Return how many of batches 0 … k − 1 are monolingual, in constant time."""
        return (k * self.alpha + self._offset).__floor__()

    def is_monolingual(self, k: int) -> bool:
        """Return whether batch k is monolingual."""
        return self.monolingual_before(k + 1) > self.monolingual_before(k)
