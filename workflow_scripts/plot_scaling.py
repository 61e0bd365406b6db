"""Draw the headline figure: a group's metric against non-embedding parameters per strategy."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.reporting.analysis_tables import MODELS, PER_GROUP, PUBLISHED, read_analysis_table, select_rows
from workflow_scripts.reporting.figure_files import FigureFiles
from workflow_scripts.reporting.figure_text import figure_labels
from workflow_scripts.reporting.labels import group_label, metric_label, setting
from workflow_scripts.reporting.published_results import published_means
from workflow_scripts.reporting.scaling_plot import draw_scaling


def plot_scaling(
    *,
    path_to_per_group: str | Path,
    path_to_models: str | Path,
    path_to_published: str | Path | None,
    settings: dict[str, Any],
    files: FigureFiles,
) -> None:
    """Draw ``report.group``'s mean of ``report.metric`` for every model and strategy, BM25 as a line.

    Published values are drawn only where a table of them is given: they are comparable only where the collection
    is MIRACL itself, with its queries, judgements and whole corpora.
    """
    report = setting(settings, "report", dict)
    group, metric = setting(report, "group", str), setting(report, "metric", str)
    chosen = {key: setting(report, key, str) for key in ("collection", "setting")}
    labels = figure_labels(settings, chosen["collection"])
    rows = select_rows(
        read_analysis_table(path_to_per_group, PER_GROUP), path_to_per_group, metric=metric, group=group, **chosen
    )
    published = []
    if path_to_published is not None:
        table = read_analysis_table(path_to_published, PUBLISHED)
        published = published_means(table, "miracl", chosen["setting"], metric, labels.members(group))
    members = ", ".join(labels.language(lang) for lang in labels.members(group))
    figure = draw_scaling(
        rows,
        read_analysis_table(path_to_models, MODELS),
        labels,
        metric=metric,
        title=f"{chosen['setting'].capitalize()} {metric_label(metric)} on {group_label(group)}\n({members})",
        published=published,
    )
    files.save(figure)


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-group", required=True, help="per_group.csv")
    parser.add_argument("--models", required=True, help="models.csv")
    parser.add_argument("--published", nargs="*", help="published_results.csv, only where the collection is MIRACL")
    parser.add_argument("--settings", required=True, type=settings, help="display settings as JSON")
    FigureFiles.add_flags(parser)
    arguments = parser.parse_args()
    plot_scaling(
        path_to_per_group=arguments.per_group,
        path_to_models=arguments.models,
        path_to_published=arguments.published[0] if arguments.published else None,
        settings=arguments.settings,
        files=FigureFiles.of(arguments),
    )


if __name__ == "__main__":
    run(main)
