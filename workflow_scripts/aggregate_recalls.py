"""Join what the parts' approximate indexes lose into one table of the experiment."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.csv_table import write_csv
from workflow_scripts.reporting.index_recall import COLUMNS, recall_rows


def aggregate_recalls(*, paths_to_recalls: list[Path], settings: dict[str, Any], path_to_output: str | Path) -> None:
    """Write index_recall.csv, one row a system, collection, setting and cutoff (``docs/architecture.md``)."""
    write_csv(path_to_output, COLUMNS, recall_rows(paths_to_recalls, settings.get("replicates", {})))


def main() -> None:
    """Parse the command line and join."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", required=True, type=Path, help="of measure_recall's <run>/<part>.csv")
    # Thousands of files by name are more than a command may have.
    parser.add_argument("--runs", required=True, nargs="+", metavar="MODEL/STRATEGY/SEED")
    parser.add_argument("--parts", required=True, nargs="+", metavar="COLLECTION/PART", help="of each run")
    parser.add_argument("--settings", required=True, type=settings, metavar="JSON", help="replicates")
    parser.add_argument("--output", required=True, type=Path, metavar="F.csv")
    arguments = parser.parse_args()
    aggregate_recalls(
        paths_to_recalls=[arguments.folder / run / f"{part}.csv" for run in arguments.runs for part in arguments.parts],
        settings=arguments.settings,
        path_to_output=arguments.output,
    )


if __name__ == "__main__":
    run(main)
