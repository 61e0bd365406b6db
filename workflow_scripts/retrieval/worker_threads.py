"""Work that releases the interpreter's lock, spread over the threads that the job was given."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def thread_count() -> int:
    """Return the threads of this job: ``OMP_NUM_THREADS``, which Snakemake sets, else the processors at hand."""
    named = os.environ.get("OMP_NUM_THREADS", "")
    return int(named) if named.isdigit() and int(named) else len(os.sched_getaffinity(0))


def in_threads(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """Return ``work`` of each item, in order; what one raises is raised."""
    if len(items) < 2 or thread_count() == 1:
        return [work(item) for item in items]
    return list(_pool().map(work, items))


def one_product_a_thread() -> AbstractContextManager:
    """Return a block in which a matrix product keeps to the thread that asks for it, since several threads do."""
    return _controller().limit(limits=1, user_api="blas")


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(thread_count())
