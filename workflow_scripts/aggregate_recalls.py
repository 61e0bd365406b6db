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
    parser.add_argument("--recalls", required=True, nargs="+", type=Path, metavar="F.csv", help="of measure_recall")
    parser.add_argument("--settings", required=True, type=settings, metavar="JSON", help="replicates")
    parser.add_argument("--output", required=True, type=Path, metavar="F.csv")
    arguments = parser.parse_args()
    aggregate_recalls(paths_to_recalls=arguments.recalls, settings=arguments.settings, path_to_output=arguments.output)


if __name__ == "__main__":
    run(main)
