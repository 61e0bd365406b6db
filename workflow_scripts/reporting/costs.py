"""What a run of each system cost, stage by stage, in hours of the device that did the work."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

from workflow_scripts.data.manifest import read_facts
from workflow_scripts.reporting.benchmark_files import job_of, read_benchmark

STAGES = ("pretrain", "finetune", "encode", "search")
# Folder of a manifest → the stage that wrote it, and how many wildcards lie between.
_MANIFESTS = {"base": ("pretrain", 1), "models": ("finetune", 3), "vectors": ("encode", 5)}


@dataclass(frozen=True)
class StageCost:
    """One row of costs.csv: hours of one run in a stage, mean over the system's ``runs``.

    Pre-training is the model's and stands with each of its strategies. ``gpu_hours`` is wall time times GPUs where
    the stage ran on GPUs, else 0; ``cpu_hours`` is CPU time, on all cores.
    """

    model: str
    strategy: str
    stage: str
    runs: int
    wall_hours: float
    cpu_hours: float
    gpu_hours: float


COLUMNS = tuple(field.name for field in fields(StageCost))


def stage_costs(
    paths_to_benchmarks: list[Path], paths_to_manifests: list[Path], replicates: Mapping[str, str]
) -> list[StageCost]:
    """Return the costs of every system and stage that has benchmark files, systems as the files first name them.

    ``replicates``: a further pre-training of a model → that model. Raises InputError where a file is not what its
    name says.
    """
    gpus = _gpus(paths_to_manifests)
    hours: dict[tuple[str, tuple[str, ...]], np.ndarray] = {}
    for path in paths_to_benchmarks:
        stage, job = job_of(path)
        if stage in STAGES:
            found = read_benchmark(path)
            hours[stage, job] = np.array([found["s"], found["cpu_time"], found["s"] * gpus.get((stage, job), 0)]) / 3600
    # A run is model, strategy, seed; encoding and search have a job for each of its parts.
    of_run: dict[tuple[str, ...], dict[str, np.ndarray]] = defaultdict(dict)
    for (stage, job), spent in hours.items():
        if stage != "pretrain":
            of_run[job[:3]][stage] = of_run[job[:3]].get(stage, 0) + spent
    systems: dict[tuple[str, str], list[dict[str, np.ndarray]]] = defaultdict(list)
    for (model, strategy, _seed), stages in of_run.items():
        if ("pretrain", (model,)) in hours:
            stages["pretrain"] = hours["pretrain", (model,)]
        systems[replicates.get(model, model), strategy].append(stages)
    return [
        StageCost(*system, stage, len(runs), *map(float, np.mean([run[stage] for run in runs if stage in run], axis=0)))
        for system, runs in systems.items()
        for stage in STAGES
        if any(stage in run for run in runs)
    ]


def cost_rows(costs: list[StageCost]) -> list[tuple]:
    """Return the rows of a CSV table with ``COLUMNS``."""
    return [astuple(cost) for cost in costs]


def _gpus(paths: list[Path]) -> dict[tuple[str, tuple[str, ...]], int]:
    """Return how many GPUs each job that wrote a manifest ran on."""
    found = {}
    for path in map(Path, paths):
        parts = path.parts[:-1]
        for folder, (stage, depth) in _MANIFESTS.items():
            if len(parts) > depth and parts[-1 - depth] == folder:
                found[stage, parts[-depth:]] = _gpus_of(path)
    return found


def _gpus_of(path: Path) -> int:
    manifest = read_facts(path.parent)
    return int(manifest.get("processes", 1)) if manifest.get("device") == "cuda" else 0
