"""Say what an experiment would cost before it is run: jobs, hours, memory, disk, wall time on so many GPUs."""

import argparse
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from snakemake_executor_plugin_slurm.partitions import PartitionLimits, read_partition_file

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.languages import read_languages
from workflow_scripts.planning.job_costs import (
    Experiment,
    Job,
    Rates,
    corrections,
    processor_factor,
    read_rates,
    seconds,
)
from workflow_scripts.planning.job_graph import job_graph
from workflow_scripts.planning.job_schedule import critical_path, makespan
from workflow_scripts.planning.sizes import collection_size, pair_count, source_bytes, text_count
from workflow_scripts.planning.text_lengths import TextLengths
from workflow_scripts.reporting.benchmark_files import read_benchmark
from workflow_scripts.reporting.job_logs import processor_time

GPUS = (1, 2, 4, 8, 16)


def plan(
    *,
    path_to_snakefile: Path,
    path_to_results: Path,
    path_to_languages: Path,
    path_to_collection_sizes: Path,
    path_to_text_lengths: Path,
    paths_to_rates: Sequence[Path],
    path_to_partitions: Path,
    config: Mapping[str, object],
    cores: int,
    disk_mb: int | None = None,
) -> str:
    """Return the plan as text: a table by rule and model, wall times, critical path, warnings.

    Times of rules that have run in this experiment are scaled by what they took, other jobs of the processor by the
    median of those scales. ``cores`` are those of one machine; ``disk_mb`` is what jobs may write at once, if there is
    a limit.
    """
    jobs = job_graph(path_to_snakefile, config, {"all"}, cores)
    experiment = experiment_of(
        config, path_to_results, path_to_languages, path_to_collection_sizes, path_to_text_lengths
    )
    rates = read_rates(*paths_to_rates)
    estimated = {job.key: job.lasts(seconds(job.rule, experiment.work(job), rates)) for job in jobs}
    by_key = {job.key: job for job in jobs}
    measured = {job.key: took for job in jobs if not job.left and (took := measured_seconds(job)) is not None}
    factors = corrections(estimated, measured, lambda key: _stage(by_key[key]))
    clocked = {_stage(job) for job in jobs if job.by_the_clock}
    processor = processor_factor([factor for name, factor in factors.items() if name not in clocked])
    times = {
        job.key: estimated[job.key] * factors.get(_stage(job), 1.0 if job.by_the_clock else processor) for job in jobs
    } | measured
    left = [job for job in jobs if job.left]
    lines = [
        f"# Plan of {config['experiment']['name']}",
        "",
        f"{len(jobs)} jobs, {len(jobs) - len(left)} done, {len(left)} left.",
        *_processor_line(processor),
        "",
        *_stage_table(jobs, times, factors, rates, experiment),
        "",
        *wall_times(left, times, cores),
        "",
        *_critical_path(left, times),
        "",
        *_warnings(left, times, experiment, path_to_partitions, path_to_results, disk_mb),
    ]
    return "\n".join(lines).rstrip() + "\n"


def experiment_of(
    config: Mapping[str, object],
    path_to_results: Path,
    path_to_languages: Path,
    path_to_collection_sizes: Path,
    path_to_text_lengths: Path,
) -> Experiment:
    """Return what the amounts of work of an experiment follow from: what is made already, else the tables."""
    languages, lengths = read_languages(path_to_languages), TextLengths.read(path_to_text_lengths)
    return Experiment(
        config,
        lambda name, lang: collection_size(config, path_to_results, name, lang, languages, path_to_collection_sizes),
        lambda source, lang: pair_count(config, path_to_results, source, lang, lengths),
        lambda source, lang: text_count(config, path_to_results, source, lang, lengths),
        lambda source, kind, lang: source_bytes(config, path_to_results, source, kind, lang),
        lengths,
    )


def measured_seconds(job: Job) -> float | None:
    """Return what a job took: processor time over its threads, the clock where it used a GPU or fetched.

    Nothing where it has not run, or ended without saying.
    """
    if not job.by_the_clock:
        took = processor_time(job.log) if job.log else None
        return None if took is None else job.lasts(took)
    return read_benchmark(job.benchmark, job.log)["s"] if job.benchmark and Path(job.benchmark).is_file() else None


def _processor_line(factor: float) -> list[str]:
    if factor == 1:
        return []
    return [f"Stages that have not run are planned at {factor:.2f} times the rates, as those took that have run here."]


def _stage(job: Job) -> tuple[str, str]:
    return job.rule, job.model


def _stage_table(
    jobs: Sequence[Job],
    times: Mapping[str, float],
    factors: Mapping[tuple[str, str], float],
    rates: Rates,
    experiment: Experiment,
) -> list[str]:
    stages: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        stages[_stage(job)].append(job)
    rows = []
    for (rule, model), members in stages.items():
        left = [job for job in members if job.left]
        gpu = sum(times[job.key] * job.gpus for job in left) / 3600
        cpu = sum(times[job.key] * job.threads for job in left) / 3600
        longest = max((times[job.key] for job in left), default=0.0)
        rows.append(
            [
                rule,
                model,
                str(len(members)),
                str(len(left)),
                f"{cpu:.2f}",
                f"{gpu:.2f}",
                _duration(longest),
                f"{max(job.memory_mb for job in members) / 1000:.1f}",
                str(max(job.gpu_memory_gb for job in members) or ""),
                f"{sum(map(experiment.disk_bytes, left)) / 1e9:.1f}",
                _gigabytes([experiment.download_bytes(job) for job in left]),
                "measured" if (rule, model) in factors else "estimated" if rule in rates else "a guess",
            ]
        )
    rows.sort(key=lambda row: (-float(row[5]), -float(row[4]), row[0], row[1]))
    total = [
        "total",
        "",
        *(str(sum(int(row[n]) for row in rows)) for n in (2, 3)),
        *(f"{sum(float(row[n]) for row in rows):.2f}" for n in (4, 5)),
        "",
        "",
        "",
        f"{sum(float(row[9]) for row in rows):.1f}",
        _gigabytes([experiment.download_bytes(job) for members in stages.values() for job in members if job.left]),
        "",
    ]
    head = ["rule", "model", "jobs", "left", "core-hours", "GPU-hours", "longest", "GB memory", "GB a GPU", "GB disk"]
    return _markdown([[*head, "GB download", "times"], *rows, total])


def _gigabytes(sizes: Sequence[float | None]) -> str:
    """A sum in GB; what is not known is said."""
    known = sum(size for size in sizes if size is not None) / 1e9
    if None not in sizes:
        return f"{known:.1f}"
    return f"{known:.1f} + unknown" if known else "unknown"


def wall_times(left: Sequence[Job], times: Mapping[str, float], cores: int) -> list[str]:
    """Return the lines that say how long the jobs that are left take, on so many GPUs where they need some."""
    largest = max((job.gpus for job in left), default=0)
    if not largest:
        return [f"Wall time on {cores} cores: {_duration(makespan(left, times, cores, 0))}"]
    # A job's GPUs are its own at once: with fewer it does not run.
    numbers = [gpus for gpus in GPUS if gpus >= largest] or [largest]
    rows = [[str(gpus), _duration(makespan(left, times, max(cores, 8 * gpus), gpus))] for gpus in numbers]
    return ["Wall time where eight cores come with each GPU:", "", *_markdown([["GPUs", "wall time"], *rows])]


def _critical_path(left: Sequence[Job], times: Mapping[str, float]) -> list[str]:
    length, chain = critical_path(left, times)
    names = " → ".join(f"{job.rule} {_duration(times[job.key])}" for job in chain)
    return [f"However many machines: at least {_duration(length)} ({names})"] if chain else []


def _warnings(
    left: Sequence[Job],
    times: Mapping[str, float],
    experiment: Experiment,
    path_to_partitions: Path,
    path_to_results: Path,
    disk_mb: int | None,
) -> list[str]:
    found = []
    if unknown := [job for job in left if experiment.download_bytes(job) is None]:
        found.append(
            f"{len(unknown)} downloads of unknown size are in no time and no disk of this plan: {_stages(unknown)}"
        )
    if assumed := experiment.assumed():
        found.append(
            f"Assumed sizes until they are prepared ({len(assumed)}): {', '.join(assumed[:10])}"
            + (", …" if len(assumed) > 10 else "")
        )
    found += misfits(left, times, path_to_partitions)
    if disk_mb is not None and (excess := [job for job in left if job.disk_mb > disk_mb]):
        largest = max(job.disk_mb for job in excess)
        found.append(
            f"{len(excess)} jobs ask for more disk than the {disk_mb} MB of the profile, up to {largest} MB: "
            f"{_stages(excess)}"
        )
    place = next(folder for folder in (path_to_results, *path_to_results.parents) if folder.exists())
    needed, free = sum(map(experiment.disk_bytes, left)), shutil.disk_usage(place).free
    if needed > free:
        found.append(f"What is left to make takes {needed / 1e9:.0f} GB of disk, and {free / 1e9:.0f} GB are free")
    return [f"- {line}" for line in found]


def misfits(left: Sequence[Job], times: Mapping[str, float], path_to_partitions: Path) -> list[str]:
    """Return lines that say which jobs no partition takes, and for want of what; ``times`` are in seconds."""
    limits = [partition.limits for partition in read_partition_file(path_to_partitions)]
    found = []
    for needs_gpu in (True, False):
        jobs = [job for job in left if (job.gpus > 0) == needs_gpu]
        fitting = [limit for limit in limits if limit.max_gpu > 0] if needs_gpu else limits
        placeless = [job for job in jobs if not any(_fits(job, times[job.key], limit) for limit in fitting)]
        minutes = max((limit.max_runtime for limit in fitting), default=0)
        memory = max((limit.max_mem_mb for limit in fitting), default=0)
        gpus = max((limit.max_gpu for limit in fitting), default=0)
        beyond = {
            f"take longer than the {minutes} minutes": [job for job in placeless if times[job.key] > 60 * minutes],
            f"ask for more than the {memory} MB": [job for job in placeless if job.memory_mb > memory],
            f"ask for more than the {gpus} GPUs": [job for job in placeless if job.gpus > gpus],
        }
        for what, excess in beyond.items():
            if excess:
                found.append(f"{len(excess)} jobs {what} of every partition that could take them: {_stages(excess)}")
        alone = {job.key for excess in beyond.values() for job in excess}
        if together := [job for job in placeless if job.key not in alone]:
            found.append(f"{len(together)} jobs find time, memory and GPUs in no one partition: {_stages(together)}")
    return found


def _fits(job: Job, seconds: float, limit: PartitionLimits) -> bool:
    return seconds <= 60 * limit.max_runtime and job.memory_mb <= limit.max_mem_mb and job.gpus <= limit.max_gpu


def _stages(jobs: Sequence[Job]) -> str:
    return ", ".join(sorted({" ".join(filter(None, _stage(job))) for job in jobs}))


def _duration(value: float) -> str:
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return [lines[0], "| " + " | ".join("-" * width for width in widths) + " |", *lines[1:]]


def main() -> None:
    """Parse the command line and print the plan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--snakefile", type=Path, required=True)
    parser.add_argument("--config", type=settings, required=True, metavar="JSON", help="the experiment's whole config")
    parser.add_argument("--results", type=Path, required=True, help="the experiment's folder of results")
    parser.add_argument("--languages", type=Path, required=True, metavar="F.csv")
    parser.add_argument("--collection-sizes", type=Path, required=True, metavar="F.csv")
    parser.add_argument("--text-lengths", type=Path, required=True, metavar="F.csv")
    parser.add_argument(
        "--rates",
        type=Path,
        nargs="+",
        required=True,
        metavar="F.csv",
        help="later ones replace earlier ones",
    )
    parser.add_argument("--partitions", type=Path, required=True, metavar="F.yaml")
    parser.add_argument("--cores", type=int, required=True)
    parser.add_argument("--disk-mb", type=int, nargs="?", metavar="MB", help="that jobs may write at once")
    flags = parser.parse_args()
    print(
        plan(
            path_to_snakefile=flags.snakefile,
            path_to_results=flags.results,
            path_to_languages=flags.languages,
            path_to_collection_sizes=flags.collection_sizes,
            path_to_text_lengths=flags.text_lengths,
            paths_to_rates=flags.rates,
            path_to_partitions=flags.partitions,
            config=flags.config,
            cores=flags.cores,
            disk_mb=flags.disk_mb,
        ),
        end="",
    )


if __name__ == "__main__":
    run(main)
