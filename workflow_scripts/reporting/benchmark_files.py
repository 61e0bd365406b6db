"""Snakemake's benchmark files and the jobs' logs: what a job took."""

import csv
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from workflow_scripts.data.errors import InputError
from workflow_scripts.reporting.job_logs import earlier_attempts, processor_time

_COST = ("s", "max_rss", "cpu_time")
Jobs = Mapping[str, Sequence[Sequence[str]]]


def job_names(jobs: Jobs) -> dict[str, list[str]]:
    """Return the names of jobs by rule: every choice of one of each of a rule's lists, joined by ``/``.

    >>> job_names({"encode": [["s/mono/1", "s/mono/2"], ["atlas/sw"]]})
    {'encode': ['s/mono/1/atlas/sw', 's/mono/2/atlas/sw']}
    """
    return {rule: list(map("/".join, itertools.product(*lists))) for rule, lists in jobs.items()}


def benchmark_files(folder: str | Path, jobs: Jobs) -> list[Path]:
    """Return the paths of the benchmark files of ``jobs`` below an experiment's folder of them."""
    return [Path(folder, rule, f"{name}.tsv") for rule, names in job_names(jobs).items() for name in names]


def job_of(path: str | Path) -> tuple[str, tuple[str, ...]]:
    """Return rule and wildcards of a file ``…/benchmarks/<rule>/<wildcard>/….tsv`` or ``…/benchmarks/<rule>.tsv``."""
    parts = Path(path).with_suffix("").parts
    if "benchmarks" not in parts[:-1]:
        raise InputError(
            f"{path}: does not lie in a folder named benchmarks, so its rule is unknown; name benchmark files"
        )
    below = len(parts) - parts[::-1].index("benchmarks")
    return parts[below], parts[below + 1 :]


def log_of(path: str | Path, path_to_logs: str | Path) -> Path:
    """Return the log, below an experiment's folder of them, of the job that a benchmark file is of."""
    rule, wildcards = job_of(path)
    return Path(path_to_logs, f"{'/'.join((rule, *wildcards))}.log")


def read_benchmark(path: str | Path, path_to_log: str | Path | None = None) -> dict[str, float]:
    """Return ``s``, ``max_rss`` (MiB) and ``cpu_time`` (s), means over a benchmark's repeats.

    Snakemake samples the processor time, every 30 s after the first 15, so what a job took after the last sample is not
    in it; where the job's log ends with what it took, that counts. A job too short to be sampled has NA, which is 0.
    The file is of the last attempt: where the log says what a job that was killed and resumed took before, both add up.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        found = {name: fmean(0.0 if row[name] == "NA" else float(row[name]) for row in rows) for name in _COST}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run the rule that makes it") from None
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path}: not a benchmark file of Snakemake ({error!r})") from error
    if not path_to_log:
        return found
    took = processor_time(path_to_log)
    return found | {
        "s": found["s"] + earlier_attempts(path_to_log).wall,
        "cpu_time": found["cpu_time"] if took is None else took,
    }
