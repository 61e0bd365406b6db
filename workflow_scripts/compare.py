"""Compare strategies query by query: differences, intervals, tests, detectable differences."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.csv_table import write_csv
from workflow_scripts.evaluation.analysis_settings import AnalysisSettings
from workflow_scripts.evaluation.comparisons import COLUMNS, compare_strategies, comparison_rows
from workflow_scripts.evaluation.sampling_units import read_sampling_units
from workflow_scripts.evaluation.score_files import read_scores


def compare(
    *,
    paths_to_scores: list[str],
    settings: dict[str, Any],
    path_to_output: str | Path,
    path_to_all_pairs: str | Path,
    paths_to_qrels: Sequence[str] = (),
) -> None:
    """Write comparisons.csv (``report.compare``'s strategy against its baselines), and every pair of strategies alike.

    Both tables have the same columns; they differ in the family that Holm's correction covers (``docs/statistics.md``).
    """
    analysis = AnalysisSettings.from_settings(settings)
    slices = read_scores(paths_to_scores, analysis, read_sampling_units(paths_to_qrels, analysis))
    chosen, every = compare_strategies(slices, analysis)
    write_csv(path_to_output, COLUMNS, comparison_rows(chosen))
    write_csv(path_to_all_pairs, COLUMNS, comparison_rows(every))


def main() -> None:
    """Parse the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", required=True, nargs="+", help="SCORES files, one a run and collection")
    parser.add_argument(
        "--qrels", nargs="*", default=[], metavar="COLLECTION/LANG=F.parquet", help="where queries are no units"
    )
    parser.add_argument(
        "--settings", required=True, type=settings, help="JSON: collections, models, strategies, statistics, report"
    )
    parser.add_argument("--output", required=True, help="comparisons.csv to write")
    parser.add_argument("--all-pairs", required=True, help="CSV of every two strategies of a model to write")
    arguments = parser.parse_args()
    compare(
        paths_to_scores=arguments.scores,
        paths_to_qrels=arguments.qrels,
        settings=arguments.settings,
        path_to_output=arguments.output,
        path_to_all_pairs=arguments.all_pairs,
    )


if __name__ == "__main__":
    run(main)
