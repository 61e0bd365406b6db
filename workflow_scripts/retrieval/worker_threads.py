"""Work that releases the interpreter's lock, spread over the threads that the job was given."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any


def thread_count() -> int:
    """Return the threads of this job: ``OMP_NUM_THREADS``, which Snakemake sets, else the processors at hand."""
    named = os.environ.get("OMP_NUM_THREADS", "")
    return int(named) if named.isdigit() and int(named) else len(os.sched_getaffinity(0))


def in_threads(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """Return ``work`` of each item, in order; what one raises is raised."""
    if len(items) < 2 or thread_count() == 1:
        return [work(item) for item in items]
    return list(_pool().map(work, items))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(thread_count())
