"""Draw a metric against alpha, the share of monolingual batches."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.reporting.alpha_plot import draw_alpha
from workflow_scripts.reporting.analysis_tables import MODELS, PER_GROUP, read_analysis_table, select_rows
from workflow_scripts.reporting.figure_files import FigureFiles
from workflow_scripts.reporting.figure_text import figure_labels
from workflow_scripts.reporting.labels import metric_label, setting


def plot_alpha(
    *,
    path_to_per_group: str | Path,
    path_to_models: str | Path,
    collection: str,
    settings: dict[str, Any],
    files: FigureFiles,
) -> None:
    """Draw ``report.metric``'s mean over all languages of ``collection`` in each setting, one line a model.

    ``settings.alphas``: strategy → alpha, of the strategies that differ in nothing else.
    """
    metric = setting(setting(settings, "report", dict), "metric", str)
    table = read_analysis_table(path_to_per_group, PER_GROUP)
    figure = draw_alpha(
        select_rows(table, path_to_per_group, collection=collection, group="all"),
        read_analysis_table(path_to_models, MODELS),
        setting(settings, "alphas", dict),
        figure_labels(settings, collection),
        metric=metric,
        title=f"{metric_label(metric)} against the share of monolingual batches ({collection}, all languages)",
    )
    files.save(figure)


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-group", required=True, help="per_group.csv")
    parser.add_argument("--models", required=True, help="models.csv")
    parser.add_argument("--collection", required=True)
    parser.add_argument("--settings", required=True, type=settings, help="display settings as JSON")
    FigureFiles.add_flags(parser)
    arguments = parser.parse_args()
    plot_alpha(
        path_to_per_group=arguments.per_group,
        path_to_models=arguments.models,
        collection=arguments.collection,
        settings=arguments.settings,
        files=FigureFiles.of(arguments),
    )


if __name__ == "__main__":
    run(main)
