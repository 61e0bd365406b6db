"""Draw a collection's language bias in the multilingual setting: rank distance, and whose passages fill the top 10."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.reporting.analysis_tables import BIAS, MODELS, PER_GROUP, read_analysis_table, select_rows
from workflow_scripts.reporting.bias_plot import draw_bias
from workflow_scripts.reporting.figure_files import FigureFiles
from workflow_scripts.reporting.figure_text import figure_labels


def plot_language_bias(
    *,
    path_to_per_group: str | Path,
    path_to_bias: str | Path,
    path_to_models: str | Path,
    collection: str,
    settings: dict[str, Any],
    files: FigureFiles,
) -> None:
    """Draw the bias of every system on ``collection``; rank distance only where the collection is parallel."""
    groups = read_analysis_table(path_to_per_group, PER_GROUP)
    distances = groups[
        (groups["collection"] == collection)
        & (groups["setting"] == "multilingual")
        & (groups["metric"] == "rank_distance_share")
        & (groups["group"] == "all")
    ]
    figure = draw_bias(
        None if distances.empty else distances,
        select_rows(read_analysis_table(path_to_bias, BIAS), path_to_bias, collection=collection),
        read_analysis_table(path_to_models, MODELS),
        figure_labels(settings, collection),
        title=collection,
    )
    files.save(figure)


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-group", required=True, help="per_group.csv")
    parser.add_argument("--bias", required=True, help="bias.csv")
    parser.add_argument("--models", required=True, help="models.csv")
    parser.add_argument("--collection", required=True, help="the collection that is drawn")
    parser.add_argument("--settings", required=True, type=settings, help="display settings as JSON")
    FigureFiles.add_flags(parser)
    arguments = parser.parse_args()
    plot_language_bias(
        path_to_per_group=arguments.per_group,
        path_to_bias=arguments.bias,
        path_to_models=arguments.models,
        collection=arguments.collection,
        settings=arguments.settings,
        files=FigureFiles.of(arguments),
    )


if __name__ == "__main__":
    run(main)
