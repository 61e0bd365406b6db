"""Draw the metric of the report against model size, one panel a language."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.reporting.analysis_tables import MODELS, PER_LANGUAGE, read_analysis_table, select_rows
from workflow_scripts.reporting.figure_files import FigureFiles
from workflow_scripts.reporting.figure_text import figure_labels
from workflow_scripts.reporting.labels import metric_label, setting
from workflow_scripts.reporting.language_plot import draw_languages


def plot_languages(
    *,
    path_to_per_language: str | Path,
    path_to_models: str | Path,
    settings: dict[str, Any],
    files: FigureFiles,
) -> None:
    """Draw every language's ``report.metric`` in ``report.setting`` of ``report.collection``."""
    report = setting(settings, "report", dict)
    chosen = {key: setting(report, key, str) for key in ("collection", "setting", "metric")}
    table = read_analysis_table(path_to_per_language, PER_LANGUAGE)
    figure = draw_languages(
        select_rows(table, path_to_per_language, **chosen),
        read_analysis_table(path_to_models, MODELS),
        figure_labels(settings, chosen["collection"]),
        metric=chosen["metric"],
        group=setting(report, "group", str),
        title=f"{chosen['setting'].capitalize()} {metric_label(chosen['metric'])} by language of the query",
    )
    files.save(figure)


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-language", required=True, help="per_language.csv")
    parser.add_argument("--models", required=True, help="models.csv")
    parser.add_argument("--settings", required=True, type=settings, help="display settings as JSON")
    FigureFiles.add_flags(parser)
    arguments = parser.parse_args()
    plot_languages(
        path_to_per_language=arguments.per_language,
        path_to_models=arguments.models,
        settings=arguments.settings,
        files=FigureFiles.of(arguments),
    )


if __name__ == "__main__":
    run(main)
