"""How long a graph of jobs takes: its critical path, and its makespan on so many cores and GPUs."""

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence

from workflow_scripts.planning.job_costs import Job


def critical_path(jobs: Sequence[Job], seconds: Mapping[str, float]) -> tuple[float, list[Job]]:
    """Return the length in seconds of the longest chain of jobs, and the chain, first job first."""
    by_key = {job.key: job for job in jobs}
    ends: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for job in _in_order(jobs):
        last = max((key for key in job.needs if key in by_key), key=ends.__getitem__, default=None)
        before[job.key] = last
        ends[job.key] = (ends[last] if last else 0.0) + seconds[job.key]
    if not ends:
        return 0.0, []
    chain: list[Job] = []
    key: str | None = max(ends, key=ends.__getitem__)
    length = ends[key]
    while key is not None:
        chain.append(by_key[key])
        key = before[key]
    return length, chain[::-1]


def makespan(jobs: Sequence[Job], seconds: Mapping[str, float], cores: int, gpus: int) -> float:
    """Return how many seconds the jobs take on ``cores`` and ``gpus`` in all, by list scheduling (Graham, 1969).

    Whenever something is free, the ready job with the longest chain behind it begins, of those with a GPU and of those
    without one each for itself; one that does not fit lets none of its kind pass. Threads beyond ``cores`` count as
    ``cores``, as Snakemake has it; GPUs beyond ``gpus`` likewise, so that every plan ends.
    """
    by_key = {job.key: job for job in jobs}
    needs = {job.key: (min(job.threads, cores), min(job.gpus, gpus)) for job in jobs}
    waits = {job.key: sum(key in by_key for key in job.needs) for job in jobs}
    follows: dict[str, list[str]] = defaultdict(list)
    for job in jobs:
        for key in job.needs:
            if key in by_key:
                follows[key].append(job.key)
    behind = _longest_behind(jobs, seconds, follows)
    ready: dict[bool, list[tuple[float, str]]] = {True: [], False: []}

    def is_ready(key: str) -> None:
        heapq.heappush(ready[needs[key][1] > 0], (-behind[key], key))

    for key, number in waits.items():
        if number == 0:
            is_ready(key)
    running: list[tuple[float, str]] = []
    now, free_cores, free_gpus = 0.0, cores, gpus
    while any(ready.values()) or running:
        for queue in ready.values():
            while queue:
                threads, devices = needs[queue[0][1]]
                if threads > free_cores or devices > free_gpus:
                    break
                _, key = heapq.heappop(queue)
                free_cores, free_gpus = free_cores - threads, free_gpus - devices
                heapq.heappush(running, (now + seconds[key], key))
        now, done = heapq.heappop(running)
        free_cores, free_gpus = free_cores + needs[done][0], free_gpus + needs[done][1]
        for after in follows[done]:
            waits[after] -= 1
            if waits[after] == 0:
                is_ready(after)
    return now


def _in_order(jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs so that each comes after what it needs."""
    by_key = {job.key: job for job in jobs}
    done: set[str] = set()
    order: list[Job] = []
    stack = [job.key for job in reversed(jobs)]
    while stack:
        key = stack[-1]
        missing = [name for name in by_key[key].needs if name in by_key and name not in done]
        if key in done or not missing:
            stack.pop()
            if key not in done:
                done.add(key)
                order.append(by_key[key])
        else:
            stack.extend(missing)
    return order


def _longest_behind(
    jobs: Sequence[Job], seconds: Mapping[str, float], follows: Mapping[str, list[str]]
) -> dict[str, float]:
    behind: dict[str, float] = {}
    for job in reversed(_in_order(jobs)):
        behind[job.key] = seconds[job.key] + max((behind[key] for key in follows.get(job.key, ())), default=0.0)
    return behind
