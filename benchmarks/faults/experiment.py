"""The tiny experiment in a folder of its own, what an undisturbed run made, and whether it still stands."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from workflow_copy import Workflow, copy_of_the_workflow

NAME = "tiny"
_STATE = ("results", ".snakemake")
# What holds times, which differ from run to run, or is no result.
_NOT_COMPARED = ("logs", "benchmarks", ".partial")
_TIMED = ("tables/costs.csv", "plots/cost.svg", "plots/cost.png", "plots/cost.pdf", "report.html")
_TIMES = ("wall_seconds", "processor_seconds", "peak_memory_mb", "seal", "git_commit", "examples_per_second")


@dataclass
class Outcome:
    """One fault and how it ended: ``survived`` where nothing was lost, and what is wrong was said if it had to be."""

    kind: str
    place: str
    survived: bool
    note: str = ""


class Job(NamedTuple):
    """A job of the finished experiment: its rule, outputs and inputs, as Snakemake names them."""

    rule: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]


@dataclass
class Experiment:
    """A finished tiny experiment; every fault is put into it, and undone by running Snakemake again.

    A copy of the undisturbed one is kept: what a fault leaves behind (new times in manifests, after which all that
    reads them is made again; or a loss) neither slows down the next fault nor is counted with it.
    """

    workflow: Workflow
    digests: dict[str, str] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    seconds: float = 0.0  # of the undisturbed run

    @classmethod
    def run(cls, folder: Path) -> "Experiment":
        """Run the experiment in ``folder`` to its end, or take what an earlier call left there whole."""
        known = folder.with_suffix(".json")
        if known.is_file():
            experiment = cls(Workflow(folder, NAME), **json.loads(known.read_text(encoding="utf-8")))
            experiment.restore()
            if problem := experiment.lost("all"):
                raise RuntimeError(f"{folder}: is not the undisturbed run any more ({problem}); remove it")
            experiment.jobs = experiment._read_jobs()
            return experiment
        remove(folder)
        experiment = cls(copy_of_the_workflow(folder, NAME))
        began = time.monotonic()
        experiment.settle("all")
        experiment.seconds = time.monotonic() - began
        experiment.digests = result_digests(experiment.results)
        experiment.jobs = experiment._read_jobs()
        remove(experiment._undisturbed)
        for name in _STATE:
            shutil.copytree(folder / name, experiment._undisturbed / name, symlinks=True)
        facts = {"digests": experiment.digests, "seconds": experiment.seconds}
        known.write_text(json.dumps(facts), encoding="utf-8")
        return experiment

    def restore(self) -> None:
        """Put results and Snakemake's records back as the undisturbed run left them, with their times."""
        for name in _STATE:
            folder = self.workflow.folder / name
            for path in folder.iterdir():
                # A disk that is mounted there stays.
                for found in path.iterdir() if path.is_mount() else [path]:
                    remove(found)
            shutil.copytree(self._undisturbed / name, folder, symlinks=True, dirs_exist_ok=True)

    @property
    def _undisturbed(self) -> Path:
        return self.workflow.folder.with_name("undisturbed")

    @property
    def results(self) -> Path:
        """Where its results lie."""
        return self.workflow.results

    def start(self, *arguments: str, printed: Path) -> subprocess.Popen:
        """Start Snakemake, with all that it prints in a file, and return at once."""
        with printed.open("w") as stream:
            return subprocess.Popen(
                self.workflow.command(*arguments),
                cwd=self.workflow.folder,
                env=self.workflow.environment(),
                stdout=stream,
                stderr=subprocess.STDOUT,
            )

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run Snakemake; its exit status is the caller's to judge."""
        return self.workflow.snakemake(*arguments, check=False)

    def settle(self, *targets: str) -> None:
        """Run Snakemake plainly, as a user would after a fault; raise RuntimeError where it fails."""
        done = self.snakemake(*targets)
        if done.returncode:
            raise RuntimeError(f"a plain rerun failed:\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}")

    def lost(self, *targets: str) -> str:
        """Run Snakemake plainly; return what then differs from the undisturbed run, nothing where all is as it was."""
        try:
            self.settle(*targets)
        except RuntimeError as error:
            return str(error)
        return self.differences()

    def differences(self) -> str:
        """Return which results differ from the undisturbed run's, and what is left half-written."""
        found = result_digests(self.results)
        different = [name for name in sorted(found | self.digests) if found.get(name) != self.digests.get(name)]
        halves = [
            str(path.relative_to(self.results))
            for path in self.results.rglob("*.partial")
            if path != self.results / ".partial"
        ]
        return "; ".join(filter(None, [_some("differ", different), _some("half-written", halves)]))

    def by_rule(self) -> dict[str, list[Job]]:
        """Return the jobs of each rule."""
        found = defaultdict(list)
        for job in self.jobs:
            found[job.rule].append(job)
        return dict(sorted(found.items()))

    def path(self, name: str) -> Path:
        """Return where a file lies that Snakemake names."""
        return self.workflow.folder / name

    def seconds_of(self, rule: str) -> float:
        """Return what a job of a rule took, in the undisturbed run."""
        rows = [path.read_text().splitlines() for path in self.results.joinpath("benchmarks", rule).rglob("*.tsv")]
        rows += [path.read_text().splitlines() for path in self.results.joinpath("benchmarks").glob(f"{rule}.tsv")]
        return max([float(lines[1].split("\t")[0]) for lines in rows if len(lines) > 1], default=1.0)

    def _read_jobs(self) -> list[Job]:
        lines = self.snakemake("--detailed-summary", "all").stdout.splitlines()
        start = next(number for number, line in enumerate(lines) if line.startswith("output_file\t"))
        columns = lines[start].split("\t")
        outputs, inputs = defaultdict(list), {}
        for line in lines[start + 1 :]:
            row = dict(zip(columns, line.split("\t"), strict=False))
            if len(row) == len(columns) and row["rule"] != "all":
                key = row["rule"], row["log-file(s)"]
                outputs[key].append(row["output_file"])
                inputs[key] = tuple(row["input-file(s)"].split(","))
        return [Job(key[0], tuple(names), inputs[key]) for key, names in sorted(outputs.items())]


def result_digests(results: Path) -> dict[str, str]:
    """Return the digest of every result file whose content does not hinge on the clock, by its path."""
    found = {}
    for path in sorted(results.rglob("*")):
        name = path.relative_to(results).as_posix()
        if not path.is_file() or path.relative_to(results).parts[0] in _NOT_COMPARED or name in _TIMED:
            continue
        content = path.read_bytes()
        if path.name == "manifest.json":
            content = _untimed_manifest(content)
        elif path.name == "metrics.jsonl":
            content = b"\n".join(_without_times(json.loads(line)) for line in content.splitlines())
        found[name] = hashlib.sha256(content).hexdigest()
    return found


def _untimed_manifest(content: bytes) -> bytes:
    try:
        manifest = json.loads(content)
        manifest["files"].pop("metrics.jsonl", None)  # holds speeds, and is compared without them
    except (ValueError, KeyError, TypeError, AttributeError):
        return content  # damaged: it differs
    return _without_times(manifest)


def _without_times(content: dict) -> bytes:
    return json.dumps({key: value for key, value in content.items() if key not in _TIMES}, sort_keys=True).encode()


def errors_of(experiment: Experiment, rule: str, printed: str) -> list[str]:
    """Return the lines that begin with ``error:``, of what Snakemake printed and of the rule's logs."""
    logs = [*experiment.results.glob(f"logs/{rule}/**/*.log"), *experiment.results.glob(f"logs/{rule}.log")]
    lines = [
        line for text in [printed, *(path.read_text(errors="replace") for path in logs)] for line in text.splitlines()
    ]
    return list(dict.fromkeys(line.strip() for line in lines if line.strip().startswith("error: ")))


def remove(path: Path) -> None:
    """Do what an error tells a user to do."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def is_root() -> bool:
    """Say whether file systems can be mounted."""
    return sys.platform == "linux" and os.geteuid() == 0


def _some(what: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    return f"{len(names)} {what}: {', '.join(names[:3])}{', …' if len(names) > 3 else ''}"
