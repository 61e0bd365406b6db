"""Memory that runs out while texts are encoded: the system refuses it, as it would on a machine that is too small."""

import json
import random
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.faults.experiment import Experiment, Outcome

# The entry module as it is, with a limit on what it may still ask for once model and texts are there.
_LIMITED = """
import resource, sys
from workflow_scripts import command_line, encode
from workflow_scripts.retrieval.encoding import UnfinishedVectors
room, whole = int(sys.argv.pop(1)), UnfinishedVectors.encode
def limited(self, *arguments):
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + room, resource.RLIM_INFINITY))
    try:
        return whole(self, *arguments)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
UnfinishedVectors.encode = limited
command_line.run(encode.main)
"""
# Bytes: plenty, then down in steps of a sixth, so that one of them has room for a part of a batch.
_ROOMS = [2**30, *(int(2 ** (size / 4)) for size in range(108, 80, -1))]


def memory_runs_out(experiment: Experiment, rng: random.Random, folder: Path) -> Iterator[Outcome]:
    """Encode with ever less memory, from plenty to what no text fits into."""
    run = "tiny-m/hybrid/1/tiny-atlas/all"
    command = _command_of(experiment, f"results/tiny/vectors/{run}/manifest.json")
    whole = np.load(experiment.results / "vectors" / run / "passages.npy").astype(np.float32)
    for room in _ROOMS:
        output = folder / f"vectors-{room}"
        flags = [*command, "--output", str(output), "--partial", str(folder / f"state-{room}")]
        done = subprocess.run(
            [sys.executable, "-c", _LIMITED, str(room), *flags],
            cwd=experiment.workflow.folder,
            env=experiment.workflow.environment() | {"PYTHONPATH": str(experiment.workflow.folder)},
            capture_output=True,
            text=True,
        )
        halved = done.stderr.count("batches are halved")
        place = f"{room >> 20} MB beside model and texts"
        if done.returncode == 0:
            made = np.load(output / "passages.npy").astype(np.float32)
            far = float(np.abs(made - whole).max())
            note = f"batches halved {halved} times; largest difference of a component {far:.1e}"
            yield Outcome("memory runs out", place, far < 2e-3, note)
        else:
            last = (done.stderr.strip().splitlines() or [""])[-1]
            clear = last.startswith("error: ") and not (output / "manifest.json").exists()
            yield Outcome("memory runs out", place, clear, last[:300])
            break


def _command_of(experiment: Experiment, output: str) -> list[str]:
    """Return the flags of the job that makes ``output``, without those that say where it writes."""
    done = experiment.snakemake("--dry-run", "--printshellcmds", "--force", output)
    printed = done.stdout + done.stderr
    line = next(line for line in printed.splitlines() if "workflow_scripts.encode" in line)
    words = shlex.split(line.split("workflow_scripts.encode")[1].split("&>")[0])
    kept = []
    while words:
        flag, value = words.pop(0), words.pop(0)
        if flag == "--settings":
            value = _with_large_batches(value)
        if flag not in ("--output", "--partial"):
            kept += [flag, value]
    return kept


def _with_large_batches(settings: str) -> str:
    """Return an encoding job's settings with all texts in one batch, which takes more than what surrounds it."""
    changed = json.loads(settings)
    changed["encoding"]["batch_tokens"] = 1 << 20
    return json.dumps(changed)
