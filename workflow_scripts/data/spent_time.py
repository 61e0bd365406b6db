"""What a job has taken so far: this process, and those before it that were killed and that it goes on from.

Unfinished state carries what it took to make it. What a killed process took after its last checkpoint is lost.
"""

import resource
import time
from dataclasses import dataclass

_STARTED = time.monotonic()


@dataclass(frozen=True)
class SpentTime:
    """Seconds by the clock, and of processors."""

    wall: float = 0.0
    processor: float = 0.0


_earlier = SpentTime()


def go_on_from(earlier: SpentTime) -> None:
    """Count what the state that this process goes on from took; it replaces what was counted before."""
    global _earlier
    _earlier = earlier


def earlier_time() -> SpentTime:
    """Return what the state took that this process goes on from; nothing where it began anew."""
    return _earlier


def spent_time() -> SpentTime:
    """Return what the job has taken: this process, those that it started and waited for, and those before it.

    Benchmark files of Snakemake have samples of processor time, every 30 s after the first 15, and so up to half a
    minute too little; and they have the last attempt alone.
    """
    own = sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    return SpentTime(_earlier.wall + time.monotonic() - _STARTED, _earlier.processor + own)
