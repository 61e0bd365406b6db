"""Sum up what a run of each system cost: pre-training, fine-tuning, encoding, search."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.csv_table import write_csv
from workflow_scripts.reporting.costs import COLUMNS, cost_rows, stage_costs


def sum_costs(
    *,
    path_to_benchmarks: Path,
    path_to_logs: Path,
    path_to_results: Path,
    settings: dict[str, Any],
    path_to_output: str | Path,
) -> None:
    """Write costs.csv, one row a system and stage (``docs/architecture.md``).

    ``settings``: ``jobs`` (``reporting.benchmark_files.job_names``), whose benchmark files, logs and manifests lie
    below the three folders, and ``replicates``.
    """
    costs = stage_costs(path_to_benchmarks, path_to_logs, path_to_results, settings["jobs"], settings["replicates"])
    write_csv(path_to_output, COLUMNS, cost_rows(costs))


def main() -> None:
    """Parse the command line and sum up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--benchmarks", required=True, type=Path, metavar="FOLDER", help="of Snakemake's benchmark files"
    )
    parser.add_argument("--logs", required=True, type=Path, metavar="FOLDER", help="of the jobs' logs")
    parser.add_argument("--results", required=True, type=Path, metavar="FOLDER", help="of base/, models/ and vectors/")
    parser.add_argument("--settings", required=True, type=settings, metavar="JSON", help="jobs and replicates")
    parser.add_argument("--output", required=True, help="costs.csv to write")
    arguments = parser.parse_args()
    sum_costs(
        path_to_benchmarks=arguments.benchmarks,
        path_to_logs=arguments.logs,
        path_to_results=arguments.results,
        settings=arguments.settings,
        path_to_output=arguments.output,
    )


if __name__ == "__main__":
    run(main)
