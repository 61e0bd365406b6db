"""SIGKILL of a random job, or of Snakemake itself, at a random moment."""

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from job_process import wait_for_job

from benchmarks.faults.experiment import Experiment, Outcome, remove, result_digests

_AT_ONCE = 1.3  # of a job's usual time: it may be slower this time


def jobs_killed(experiment: Experiment, rng: random.Random, count: int, folder: Path) -> Iterator[Outcome]:
    """Force a random job and kill it, until ``count`` have been killed; run Snakemake plainly after each."""
    by_rule = experiment.by_rule()
    number = 0
    while number < count:
        job = rng.choice(by_rule[rng.choice(sorted(by_rule))])
        output, wait = rng.choice(job.outputs), rng.uniform(0, _AT_ONCE * experiment.seconds_of(job.rule))
        running = experiment.start("--force", output, printed=folder / "printed.txt")
        pid = wait_for_job(job.rule, running)
        time.sleep(wait)
        killed = pid is not None and _kill(pid)
        status = running.wait()
        if status == 0:  # it had ended before
            experiment.restore()
            continue
        halves = _half_written(experiment, job.outputs)
        lost = experiment.lost("all")
        experiment.restore()
        if not killed:
            yield Outcome("job killed", f"{output}: it failed by itself", False, lost)
            continue
        number += 1
        problems = "; ".join(filter(None, [halves, lost]))
        yield Outcome("job killed", f"{output}, {wait:.2f} s after its start", not problems, problems)


def snakemakes_killed(experiment: Experiment, rng: random.Random, count: int, folder: Path) -> Iterator[Outcome]:
    """Start the whole experiment anew, kill Snakemake and all its jobs at a random moment, unlock, and run it again.

    Each goes on where the one before was killed, until ``count`` have been; one that ends by itself is begun anew.
    """
    remove(experiment.results)
    number = 0
    while number < count:
        wait = rng.uniform(2, experiment.seconds)
        running = experiment.start("all", printed=folder / "printed.txt")
        time.sleep(wait)
        _kill_tree(running.pid)
        running.wait()
        refused = experiment.snakemake("all")
        if refused.returncode == 0:  # it had ended before, or had not locked the folder yet
            remove(experiment.results)
            continue
        said = refused.stdout + refused.stderr
        told = "--unlock" in said
        experiment.snakemake("--unlock", "all")
        number += 1
        yield Outcome(
            "Snakemake and its jobs killed",
            f"{wait:.1f} s after its start",
            told,
            "" if told else f"the lock was not explained: {said[-300:]}",
        )
    lost = experiment.lost("all")
    experiment.restore()
    yield Outcome("Snakemake and its jobs killed", "the run that was killed so often, ended", not lost, lost)


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _kill_tree(pid: int) -> None:
    try:
        processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


def _half_written(experiment: Experiment, outputs: tuple[str, ...]) -> str:
    """Return which outputs a killed job has left otherwise than they must become."""
    found = result_digests(experiment.results)
    names = [Path(output).relative_to(f"results/{experiment.workflow.experiment}").as_posix() for output in outputs]
    wrong = [name for name in names if name in found and found[name] != experiment.digests[name]]
    return f"half-written outputs: {', '.join(wrong)}" if wrong else ""
