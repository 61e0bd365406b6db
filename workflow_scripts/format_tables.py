"""Lay a collection's results out as the tables a person reads: Markdown, LaTeX and CSV."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.csv_table import write_csv
from workflow_scripts.data.errors import InputError
from workflow_scripts.reporting.analysis_tables import COMPARISONS, PER_GROUP, PER_LANGUAGE, read_analysis_table
from workflow_scripts.reporting.labels import Labels, metric_label, setting
from workflow_scripts.reporting.tables import csv_columns, csv_rows, legend, result_tables, to_latex, to_markdown


def format_tables(
    *,
    path_to_per_language: str | Path,
    path_to_per_group: str | Path,
    path_to_comparisons: str | Path,
    collection: str,
    settings: dict[str, Any],
    path_to_markdown: str | Path,
    path_to_latex: str | Path,
    path_to_csv: str | Path,
) -> None:
    """Write one table a setting and metric of ``collection``, the report's metric first.

    Raises InputError where the tables of means have no row of the collection.
    """
    confidence = setting(setting(settings, "statistics", dict), "confidence", float)
    headline = setting(setting(settings, "report", dict), "metric", str)
    level = round(1 - confidence, 6)
    tables = result_tables(
        read_analysis_table(path_to_per_language, PER_LANGUAGE),
        read_analysis_table(path_to_per_group, PER_GROUP),
        read_analysis_table(path_to_comparisons, COMPARISONS),
        Labels.from_settings(settings, collection),
        collection=collection,
        metrics=[headline, *setting(settings, "metrics", list)],
        level=level,
    )
    if not tables:
        raise InputError(f"{path_to_per_language}: no row of the collection {collection}; name one that was scored")
    note = legend(level)
    with atomic_file(path_to_markdown) as temporary:
        parts = [f"# Results on {collection}\n\n{note}\n", *map(to_markdown, tables)]
        temporary.write_text("\n".join(parts), encoding="utf-8")
    with atomic_file(path_to_latex) as temporary:
        about = f"% Needs \\usepackage{{booktabs,graphicx}}. {metric_label(headline)} comes first in each setting.\n"
        temporary.write_text("\n".join([about, *(to_latex(table, note) for table in tables)]), encoding="utf-8")
    write_csv(path_to_csv, csv_columns(tables), csv_rows(tables))


def main() -> None:
    """Parse the command line and format."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-language", required=True, help="per_language.csv")
    parser.add_argument("--per-group", required=True, help="per_group.csv")
    parser.add_argument(
        "--comparisons", required=True, help="comparisons of every two strategies (compare --all-pairs)"
    )
    parser.add_argument("--collection", required=True)
    parser.add_argument("--settings", required=True, type=settings, help="JSON: the display settings")
    parser.add_argument("--markdown", required=True, help="file to write")
    parser.add_argument("--latex", required=True, help="file to write")
    parser.add_argument("--csv", required=True, help="file to write")
    arguments = parser.parse_args()
    format_tables(
        path_to_per_language=arguments.per_language,
        path_to_per_group=arguments.per_group,
        path_to_comparisons=arguments.comparisons,
        collection=arguments.collection,
        settings=arguments.settings,
        path_to_markdown=arguments.markdown,
        path_to_latex=arguments.latex,
        path_to_csv=arguments.csv,
    )


if __name__ == "__main__":
    run(main)
