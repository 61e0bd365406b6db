"""Snakemake's benchmark files: what a job took."""

from pathlib import Path

import pandas as pd

from workflow_scripts.data.errors import InputError

_COST = {"s": float, "max_rss": float, "cpu_time": float}


def job_of(path: str | Path) -> tuple[str, tuple[str, ...]]:
    """Return rule and wildcards of a file ``…/benchmarks/<rule>/<wildcard>/….tsv`` or ``…/benchmarks/<rule>.tsv``."""
    parts = Path(path).with_suffix("").parts
    if "benchmarks" not in parts[:-1]:
        raise InputError(
            f"{path}: does not lie in a folder named benchmarks, so its rule is unknown; name benchmark files"
        )
    below = len(parts) - parts[::-1].index("benchmarks")
    return parts[below], parts[below + 1 :]


def read_benchmark(path: str | Path) -> dict[str, float]:
    """Return ``s``, ``max_rss`` (MiB) and ``cpu_time`` (s), means over a benchmark's repeats.

    A job too short to be sampled has NA, which counts as 0.
    """
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        return {name: float(pd.to_numeric(table[name], errors="coerce").fillna(0).mean()) for name in _COST}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run the rule that makes it") from None
    except (KeyError, ValueError, pd.errors.ParserError) as error:
        raise InputError(f"{path}: not a benchmark file of Snakemake ({error})") from error
