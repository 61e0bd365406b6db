"""Draw quality against cost: the headline's metric against the hours that one run took."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.reporting.analysis_tables import COSTS, PER_GROUP, read_analysis_table, select_rows
from workflow_scripts.reporting.cost_plot import draw_cost
from workflow_scripts.reporting.figure_files import FigureFiles
from workflow_scripts.reporting.figure_text import figure_labels
from workflow_scripts.reporting.labels import group_label, metric_label, setting


def plot_cost(
    *,
    path_to_per_group: str | Path,
    path_to_costs: str | Path,
    settings: dict[str, Any],
    files: FigureFiles,
) -> None:
    """Draw the means of ``report``'s collection, setting, metric and group against the cost of a run."""
    report = setting(settings, "report", dict)
    chosen = {key: setting(report, key, str) for key in ("collection", "setting", "metric", "group")}
    table = read_analysis_table(path_to_per_group, PER_GROUP)
    figure = draw_cost(
        select_rows(table, path_to_per_group, **chosen),
        read_analysis_table(path_to_costs, COSTS),
        setting(settings, "families", dict),
        figure_labels(settings, chosen["collection"]),
        metric=chosen["metric"],
        title=f"{metric_label(chosen['metric'])} ({chosen['setting']}, {group_label(chosen['group'])}) against cost",
    )
    files.save(figure)


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-group", required=True, help="per_group.csv")
    parser.add_argument("--costs", required=True, help="costs.csv")
    parser.add_argument("--settings", required=True, type=settings, help="display settings as JSON")
    FigureFiles.add_flags(parser)
    arguments = parser.parse_args()
    plot_cost(
        path_to_per_group=arguments.per_group,
        path_to_costs=arguments.costs,
        settings=arguments.settings,
        files=FigureFiles.of(arguments),
    )


if __name__ == "__main__":
    run(main)
