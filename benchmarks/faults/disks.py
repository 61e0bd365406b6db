"""A disk that is full, or that may not be written to, under the results of each rule in turn."""

import os
import random
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.faults.experiment import Experiment, Outcome, errors_of

_ROOM = 64 << 20  # bytes beside the results


def full_disks(experiment: Experiment, rng: random.Random, folder: Path) -> Iterator[Outcome]:
    """Run a job of each rule on a disk that fills up before it or half-way through what it writes."""
    with _small_disk(experiment):
        for rule, jobs in experiment.by_rule().items():
            job = rng.choice(jobs)
            size = sum(experiment.path(name).stat().st_size for name in job.outputs if experiment.path(name).is_file())
            for share in dict.fromkeys((rng.choice((0.0, 0.5)), 0.0)):
                with _full(experiment.results, int(share * size)):
                    done = experiment.snakemake("--force", job.outputs[0])
                said = done.stdout + done.stderr
                if done.returncode:
                    break
            where = f"{rule}, room for {share:.0%} of its outputs"
            told = [line for line in errors_of(experiment, rule, said) if "No space left on device" in line]
            told += [line for line in said.splitlines() if "disk is full" in line]
            lost = experiment.lost(job.outputs[0])
            if done.returncode == 0:
                problem = "it ended well on a full disk"
            elif not told:
                problem = f"it did not say that the disk is full: {said[-400:]}"
            else:
                problem = ""
            yield Outcome("disk full", where, not problem and not lost, "; ".join(filter(None, [problem, lost])))
            if lost:
                experiment.restore()


def read_only_disks(experiment: Experiment, rng: random.Random, folder: Path) -> Iterator[Outcome]:
    """Run a job of each of some rules where nothing may be written; a finished experiment can still be asked about."""
    with _small_disk(experiment):
        for rule in rng.sample(sorted(experiment.by_rule()), 8):
            job = rng.choice(experiment.by_rule()[rule])
            with _read_only(experiment.results):
                done = experiment.snakemake("--force", job.outputs[0])
                asked = experiment.snakemake("--dry-run", "all")
            said = done.stdout + done.stderr
            problems = []
            if done.returncode == 0:
                problems.append("it ended well where nothing may be written")
            if "make it writable" not in said.split("Write-protected output", 1)[0]:
                problems.append(f"it did not say first what to do: {said[-400:]}")
            if "Traceback" in said:
                problems.append("a traceback instead of a line")
            if asked.returncode:
                problems.append("a dry run failed")
            problems.append(experiment.lost(job.outputs[0]))
            problems = list(filter(None, problems))
            yield Outcome("disk read-only", rule, not problems, "; ".join(problems))


@contextmanager
def _small_disk(experiment: Experiment) -> Iterator[None]:
    """Put the results on a disk in memory of their own."""
    results = experiment.results
    size = sum(path.stat().st_size for path in results.rglob("*") if path.is_file())
    _system("mount", "-t", "tmpfs", "-o", f"size={size + _ROOM}", "results", str(results))
    try:
        experiment.restore()
        yield
    finally:
        _system("umount", str(results))
        experiment.restore()


@contextmanager
def _full(folder: Path, room: int) -> Iterator[None]:
    """Let nothing but ``room`` bytes be free on a folder's disk, whatever is removed meanwhile."""
    ballast, over = folder / "ballast", threading.Event()
    with ballast.open("wb", buffering=0) as file:
        _fill(file, _free(folder) - room)

        def keep() -> None:
            # What a job removes before it writes is taken up, so that it has the room that is meant.
            while not over.wait(0.002):
                _fill(file, _free(folder) - room)

        thread = threading.Thread(target=keep, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
    ballast.unlink()


def _fill(file, count: int) -> None:
    try:
        while count > 0:
            count -= file.write(bytes(min(count, 1 << 20)))
    except OSError:
        return


def _free(folder: Path) -> int:
    facts = os.statvfs(folder)
    return facts.f_bavail * facts.f_frsize


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    _system("mount", "-o", "remount,ro", str(folder))
    try:
        yield
    finally:
        _system("mount", "-o", "remount,rw", str(folder))


def _system(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
