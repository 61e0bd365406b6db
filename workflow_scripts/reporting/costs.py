"""What a run of each system cost, stage by stage, in hours of the device that did the work."""

import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

from workflow_scripts.data.manifest import read_facts
from workflow_scripts.reporting.benchmark_files import Jobs, job_names, log_of, read_benchmark

STAGES = ("pretrain", "finetune", "encode", "search")
# Where the manifests of a stage lie: they name the device. Search has none, and no GPU.
_MANIFESTS = {"pretrain": "base", "finetune": "models", "encode": "vectors"}

_log = logging.getLogger(__name__)


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
    path_to_benchmarks: Path, path_to_logs: Path, path_to_results: Path, jobs: Jobs, replicates: Mapping[str, str]
) -> list[StageCost]:
    """Return the costs of every system and stage of ``jobs`` (``benchmark_files.job_names``), systems in their order.

    Benchmark files, logs and manifests lie below the three folders. Who removed some, of vectors say, need not encode
    again to read this: a run's stage is left out where one of its jobs is not known any more. ``replicates``: a further
    pre-training of a model → that model. Raises InputError where a file is not what its name says.
    """
    hours = {
        (stage, tuple(name.split("/"))): _hours(path_to_benchmarks, path_to_logs, path_to_results, stage, name)
        for stage, names in job_names(jobs).items()
        if stage in STAGES
        for name in names
    }
    if lost := [f"{stage}/{'/'.join(job)}" for (stage, job), spent in hours.items() if np.isnan(spent).any()]:
        named = ", ".join(lost[:10]) + (", …" if len(lost) > 10 else "")
        _log.warning("%d jobs without benchmark file or manifest are left out: %s", len(lost), named)
    # A run is model, strategy, seed; encoding and search have a job for each of its parts.
    of_run: dict[tuple[str, ...], dict[str, np.ndarray]] = defaultdict(dict)
    for (stage, job), spent in hours.items():
        if stage != "pretrain":
            of_run[job[:3]][stage] = of_run[job[:3]].get(stage, 0) + spent
    systems: dict[tuple[str, str], list[dict[str, np.ndarray]]] = defaultdict(list)
    for (model, strategy, _seed), stages in of_run.items():
        if ("pretrain", (model,)) in hours:
            stages["pretrain"] = hours["pretrain", (model,)]
        known = {stage: spent for stage, spent in stages.items() if not np.isnan(spent).any()}
        systems[replicates.get(model, model), strategy].append(known)
    return [
        StageCost(*system, stage, len(runs), *map(float, np.mean([run[stage] for run in runs if stage in run], axis=0)))
        for system, runs in systems.items()
        for stage in STAGES
        if any(stage in run for run in runs)
    ]


def cost_rows(costs: list[StageCost]) -> list[tuple]:
    """Return the rows of a CSV table with ``COLUMNS``."""
    return [astuple(cost) for cost in costs]


def _hours(path_to_benchmarks: Path, path_to_logs: Path, path_to_results: Path, stage: str, name: str) -> np.ndarray:
    """Return wall, CPU and GPU hours of a job; NaN where its benchmark file or its manifest is gone."""
    benchmark = path_to_benchmarks / stage / f"{name}.tsv"
    manifest = path_to_results / _MANIFESTS[stage] / name / "manifest.json" if stage in _MANIFESTS else None
    if not benchmark.is_file() or (manifest and not manifest.is_file()):
        return np.full(3, np.nan)
    found, gpus = read_benchmark(benchmark, log_of(benchmark, path_to_logs)), _gpus_of(manifest) if manifest else 0
    return np.array([found["s"], found["cpu_time"], found["s"] * gpus]) / 3600


def _gpus_of(path: Path) -> int:
    manifest = read_facts(path.parent)
    return int(manifest.get("processes", 1)) if manifest.get("device") == "cuda" else 0
