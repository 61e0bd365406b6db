"""Draw the metric of the report against model size, one panel a language."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.reporting.analysis_tables import MODELS, PER_LANGUAGE, read_analysis_table, select_rows
from workflow_scripts.reporting.labels import Labels, metric_label, setting
from workflow_scripts.reporting.language_plot import draw_languages
from workflow_scripts.reporting.style import save_figure


def plot_languages(
    *,
    path_to_per_language: str | Path,
    path_to_models: str | Path,
    settings: dict[str, Any],
    path_to_svg: str | Path,
    path_to_png: str | Path,
    path_to_pdf: str | Path,
) -> None:
    """Draw every language's ``report.metric`` in ``report.setting`` of ``report.collection``."""
    report = setting(settings, "report", dict)
    chosen = {key: setting(report, key, str) for key in ("collection", "setting", "metric")}
    table = read_analysis_table(path_to_per_language, PER_LANGUAGE)
    figure = draw_languages(
        select_rows(table, path_to_per_language, **chosen),
        read_analysis_table(path_to_models, MODELS),
        Labels.from_settings(settings, chosen["collection"]),
        metric=chosen["metric"],
        group=setting(report, "group", str),
        title=f"{chosen['setting'].capitalize()} {metric_label(chosen['metric'])} by language of the query",
    )
    save_figure(figure, path_to_svg, path_to_png, path_to_pdf)


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-language", required=True, help="per_language.csv")
    parser.add_argument("--models", required=True, help="models.csv")
    parser.add_argument("--settings", required=True, type=settings, help="display settings as JSON")
    parser.add_argument("--output-svg", required=True)
    parser.add_argument("--output-png", required=True)
    parser.add_argument("--output-pdf", required=True)
    arguments = parser.parse_args()
    plot_languages(
        path_to_per_language=arguments.per_language,
        path_to_models=arguments.models,
        settings=arguments.settings,
        path_to_svg=arguments.output_svg,
        path_to_png=arguments.output_png,
        path_to_pdf=arguments.output_pdf,
    )


if __name__ == "__main__":
    run(main)
