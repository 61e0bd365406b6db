"""Sum up what a run of each system cost: pre-training, fine-tuning, encoding, search."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.csv_table import write_csv
from workflow_scripts.reporting.costs import COLUMNS, cost_rows, stage_costs


def sum_costs(
    *,
    paths_to_benchmarks: list[Path],
    paths_to_manifests: list[Path],
    settings: dict[str, Any],
    path_to_output: str | Path,
) -> None:
    """Write costs.csv, one row a system and stage (``docs/architecture.md``)."""
    costs = stage_costs(paths_to_benchmarks, paths_to_manifests, settings.get("replicates", {}))
    write_csv(path_to_output, COLUMNS, cost_rows(costs))


def main() -> None:
    """Parse the command line and sum up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmarks", required=True, nargs="+", type=Path, help="Snakemake's benchmark files")
    parser.add_argument("--manifests", nargs="*", default=[], type=Path, help="manifest.json of bases, runs, vectors")
    parser.add_argument("--settings", required=True, type=settings, help="JSON: replicates")
    parser.add_argument("--output", required=True, help="costs.csv to write")
    arguments = parser.parse_args()
    sum_costs(
        paths_to_benchmarks=arguments.benchmarks,
        paths_to_manifests=arguments.manifests,
        settings=arguments.settings,
        path_to_output=arguments.output,
    )


if __name__ == "__main__":
    run(main)
