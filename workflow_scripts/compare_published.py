"""Set an experiment's means beside published values of the same systems."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.csv_table import write_csv
from workflow_scripts.evaluation.published_comparison import COLUMNS, cell_rows, published_cells
from workflow_scripts.reporting.analysis_tables import PER_GROUP, PER_LANGUAGE, PUBLISHED, read_analysis_table


def compare_published(
    *,
    path_to_per_language: Path,
    path_to_per_group: Path,
    path_to_published: Path,
    settings: dict[str, Any],
    path_to_output: Path,
) -> None:
    """Write published.csv: ours, published, difference, whether our interval holds the published value.

    ``settings``: ``datasets`` (collection → dataset of the published table), ``published_as`` (model → system there),
    ``untuned`` (strategies that do not fine-tune). Without a common cell the table has its head alone.
    """
    cells = published_cells(
        read_analysis_table(path_to_per_language, PER_LANGUAGE),
        read_analysis_table(path_to_per_group, PER_GROUP),
        read_analysis_table(path_to_published, PUBLISHED),
        settings["datasets"],
        settings["published_as"],
        settings["untuned"],
    )
    write_csv(path_to_output, COLUMNS, cell_rows(cells))


def main() -> None:
    """Parse the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-language", type=Path, required=True, metavar="F.csv")
    parser.add_argument("--per-group", type=Path, required=True, metavar="F.csv")
    parser.add_argument("--published", type=Path, required=True, metavar="F.csv", help="published_results.csv")
    parser.add_argument("--settings", type=settings, required=True, metavar="JSON")
    parser.add_argument("--output", type=Path, required=True, metavar="F.csv")
    flags = parser.parse_args()
    compare_published(
        path_to_per_language=flags.per_language,
        path_to_per_group=flags.per_group,
        path_to_published=flags.published,
        settings=flags.settings,
        path_to_output=flags.output,
    )


if __name__ == "__main__":
    run(main)
