"""Two Snakemake processes that would make the same files at the same time."""

import random
from collections.abc import Iterator
from pathlib import Path

from job_process import wait_for_job

from benchmarks.faults.experiment import Experiment, Outcome

# Snakemake's own lock, and the workflow's, which refuses where both have passed that one.
_CLEAR = ("no other Snakemake process", "another Snakemake process is making it")


def two_snakemakes(experiment: Experiment, rng: random.Random, count: int, folder: Path) -> Iterator[Outcome]:
    """Start a second Snakemake while the first runs a random job: it has to say why it does not."""
    by_rule = experiment.by_rule()
    for rule in rng.sample(sorted(by_rule), count):
        output = rng.choice(by_rule[rule]).outputs[0]
        first = experiment.start("--force", output, printed=folder / "printed.txt")
        wait_for_job(rule, first)
        second = experiment.snakemake("--force", output)
        during = first.poll() is None
        status = first.wait()
        said = second.stdout + second.stderr
        problems = []
        if during and (second.returncode == 0 or not any(line in said for line in _CLEAR)):
            problems.append(f"the second was not refused: {said[-300:]}")
        if status:
            problems.append(f"the first failed: {(folder / 'printed.txt').read_text()[-300:]}")
        problems.append(experiment.lost("all"))
        problems = list(filter(None, problems))
        experiment.restore()
        if during or problems:
            yield Outcome("two at once", rule, not problems, "; ".join(problems))


def two_together(experiment: Experiment, rng: random.Random, count: int, folder: Path) -> Iterator[Outcome]:
    """Start two Snakemake processes for the same file at once: one of them makes it."""
    by_rule = experiment.by_rule()
    for rule in rng.sample(sorted(by_rule), count):
        output = rng.choice(by_rule[rule]).outputs[0]
        pair = [experiment.start("--force", output, printed=folder / f"printed-{number}.txt") for number in (0, 1)]
        statuses = [process.wait() for process in pair]
        said = [(folder / f"printed-{number}.txt").read_text() for number in (0, 1)]
        refused = [text for status, text in zip(statuses, said, strict=True) if status]
        problems = [f"unclear: {text[-300:]}" for text in refused if not any(line in text for line in _CLEAR)]
        if len(refused) > 1:
            problems.append("neither made it")
        elif len(refused) == 1 and (different := experiment.differences()):
            problems.append(f"the one that was not refused: {different}")
        problems.append(experiment.lost("all"))
        problems = list(filter(None, problems))
        experiment.restore()
        yield Outcome("two at once", f"{rule}, both started together", not problems, "; ".join(problems))
