"""Draw a strategy's paired differences to its baselines by language and group."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.reporting.analysis_tables import COMPARISONS, read_analysis_table, select_rows
from workflow_scripts.reporting.comparison_plot import draw_comparisons
from workflow_scripts.reporting.figure_files import FigureFiles
from workflow_scripts.reporting.figure_text import figure_labels
from workflow_scripts.reporting.labels import metric_label, setting


def plot_comparisons(
    *,
    path_to_comparisons: str | Path,
    settings: dict[str, Any],
    files: FigureFiles,
) -> None:
    """Draw ``report.compare`` in ``report.setting``; a difference counts as clear at 1 − ``statistics.confidence``."""
    report = setting(settings, "report", dict)
    strategy = setting(setting(report, "compare", dict), "strategy", str)
    chosen = {key: setting(report, key, str) for key in ("collection", "setting", "metric")}
    labels = figure_labels(settings, chosen["collection"])
    table = read_analysis_table(path_to_comparisons, COMPARISONS)
    figure = draw_comparisons(
        select_rows(table, path_to_comparisons, strategy=strategy, **chosen),
        labels,
        metric=chosen["metric"],
        significance=round(1 - setting(setting(settings, "statistics", dict), "confidence", float), 10),
        title=f"{chosen['setting'].capitalize()} {metric_label(chosen['metric'])}: "
        f"{labels.strategy(strategy)} against the baselines",
    )
    files.save(figure)


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comparisons", required=True, help="comparisons.csv")
    parser.add_argument("--settings", required=True, type=settings, help="display settings as JSON")
    FigureFiles.add_flags(parser)
    arguments = parser.parse_args()
    plot_comparisons(
        path_to_comparisons=arguments.comparisons,
        settings=arguments.settings,
        files=FigureFiles.of(arguments),
    )


if __name__ == "__main__":
    run(main)
