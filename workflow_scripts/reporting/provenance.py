"""Where the numbers of the page come from: cost per rule, checkpoints, and what was dropped on the way."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pandas as pd

from workflow_scripts.data.machine import machine_line
from workflow_scripts.data.manifest import read_facts
from workflow_scripts.reporting.analysis_tables import OVERLAPS, YIELD, read_analysis_table
from workflow_scripts.reporting.benchmark_files import job_of, log_of, read_benchmark
from workflow_scripts.reporting.html_table import HtmlTable, count, make_table, number, text
from workflow_scripts.reporting.labels import Labels

_DROPPED = {"kind": str, "reason": str, "count": int}
_KEPT = "kept"


def cost_table(paths_to_benchmarks: list[Path], path_to_logs: Path | None) -> HtmlTable:
    """Return one row a rule: jobs, wall seconds, CPU seconds, peak memory, from those benchmark files that there are.

    The rule is the folder (or the file) below ``benchmarks/``; ``path_to_logs`` is the folder of the jobs' logs.
    """
    costs = defaultdict(list)
    for path in filter(Path.is_file, paths_to_benchmarks):
        log = log_of(path, path_to_logs) if path_to_logs else None
        costs[job_of(path)[0]].append(read_benchmark(path, log))
    rows = []
    for rule, jobs in sorted(costs.items(), key=lambda item: -sum(job["s"] for job in item[1])):
        walls = [job["s"] for job in jobs]
        rows.append(
            [
                text(rule, head=True),
                count(len(jobs)),
                number(sum(walls), 1),
                number(max(walls), 1),
                number(sum(job["cpu_time"] for job in jobs), 1),
                number(max(job["max_rss"] for job in jobs), 0),
            ]
        )
    columns = ["rule", "jobs", "wall time, s", "longest job, s", "CPU time, s", "peak memory, MiB"]
    return make_table("cost", "What the rules that run models, and scoring, cost: all jobs together", columns, rows)


def read_manifests(paths_to_manifests: list[Path]) -> list[dict[str, Any]]:
    """Return manifests, each with ``name``: the last folders of its path (model, strategy, seed).

    Raises InputError where one is missing or damaged.
    """
    return [read_facts(path.parent) | {"name": "/".join(path.parts[-4:-1])} for path in map(Path, paths_to_manifests)]


def run_table(manifests: list[dict[str, Any]]) -> HtmlTable:
    """Return one row a checkpoint: seed, device, threads, precision, wall time, peak memory."""
    rows = [
        [
            text(manifest["name"], head=True),
            text(manifest.get("seed", "–")),
            text(manifest.get("device", "–")),
            text(manifest.get("threads", "–")),
            text(manifest.get("dtype", "–")),
            number(float(manifest.get("wall_seconds", "nan")), 1),
            number(float(manifest.get("peak_memory_mb", "nan")), 0),
        ]
        for manifest in manifests
    ]
    columns = ["run", "seed", "device", "threads", "precision", "wall time, s", "peak memory, MiB"]
    return make_table("runs", "Every fine-tuned checkpoint", columns, rows)


def software(manifests: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return what the checkpoints were made with: each package's versions and the commits, more than one if mixed."""
    found = defaultdict(set)
    for manifest in manifests:
        found["commit"].add(str(manifest.get("git_commit", "unknown")))
        for package, version in manifest.get("versions", {}).items():
            found[package].add(str(version))
    return {name: sorted(values) for name, values in sorted(found.items())}


def machines(manifests: list[dict[str, Any]]) -> dict[str, int]:
    """Return the machines that made the checkpoints, each in a line, and how many of them each made."""
    lines = Counter(machine_line(manifest["machine"]) for manifest in manifests if "machine" in manifest)
    return dict(sorted(lines.items()))


def yield_table(paths_to_yields: list[Path], labels: Labels) -> HtmlTable:
    """Return one row a translated language: pairs drawn and kept, and what each filter dropped."""
    rows = pd.concat([read_analysis_table(path, YIELD) for path in paths_to_yields])
    pairs = rows[rows["side"] == "pair"].groupby(["source", "lang", "reason"], sort=False)["count"].sum()
    reasons = [name for name in dict.fromkeys(rows["reason"]) if name not in (_KEPT, "not drawn")]
    cells = []
    for source, lang in dict.fromkeys((source, lang) for source, lang, _ in pairs.index):
        counts = pairs[(source, lang)]
        kept, dropped = int(counts.get(_KEPT, 0)), [int(counts.get(reason, 0)) for reason in reasons]
        drawn = kept + sum(dropped)
        line = [text(labels.language(lang), head=True), text(source), count(drawn), count(kept)]
        cells.append([*line, number(kept / drawn if drawn else float("nan")), *map(count, dropped)])
    columns = ["language", "source", "drawn", "kept", "yield", *reasons]
    return make_table("yield", "Pairs of machine translation that passed quality control", columns, cells)


def overlap_table(paths_to_overlaps: list[Path], labels: Labels) -> HtmlTable:
    """Return what decontamination found: rows checked and dropped by language, source and reason."""
    rows = pd.concat([read_analysis_table(path, OVERLAPS) for path in paths_to_overlaps])
    cells = [
        [
            text(labels.language(row["lang"]), head=True),
            text(row["kind"]),
            text(row["source"]),
            text(row["reason"]),
            count(int(row["checked"])),
            count(int(row["dropped"])),
        ]
        for _, row in rows.iterrows()
    ]
    columns = ["language", "kind", "source", "reason", "checked", "dropped"]
    return make_table("overlaps", "Training text that evaluation text contains", columns, cells)


def dropped_table(paths_to_dropped: list[Path]) -> HtmlTable:
    """Return what reading the sources kept and dropped, all languages of a source or collection together."""
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    for path in map(Path, paths_to_dropped):
        folder = path.parent.parent if path.name == "dropped.csv" else path.parent
        origin = f"{folder.parent.name}/{folder.name}"
        for _, row in read_analysis_table(path, _DROPPED).iterrows():
            counts[origin, row["kind"], row["reason"]] += int(row["count"])
    cells = [
        [text(origin, head=True), text(kind), text(reason), count(rows)]
        for (origin, kind, reason), rows in sorted(counts.items())
    ]
    return make_table(
        "dropped", "Rows that the readers kept and dropped, and why", ["from", "table", "reason", "rows"], cells
    )
