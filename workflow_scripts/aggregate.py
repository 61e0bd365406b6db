"""Average scores over queries, seeds and languages, with spread and bootstrap intervals."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.csv_table import write_csv
from workflow_scripts.data.tables import MEANS, write_table
from workflow_scripts.evaluation.analysis_settings import AnalysisSettings
from workflow_scripts.evaluation.means import BIAS_TABLE, PER_GROUP, PER_LANGUAGE, MeanTables, bias_rows, mean_rows
from workflow_scripts.evaluation.sampling_units import read_sampling_units
from workflow_scripts.evaluation.score_files import read_scores


def aggregate(
    *,
    paths_to_scores: list[str],
    paths_to_bias: list[str],
    settings: dict[str, Any],
    path_to_means: str | Path,
    path_to_per_language: str | Path,
    path_to_per_passage_language: str | Path,
    path_to_per_group: str | Path,
    path_to_bias_table: str | Path,
    paths_to_qrels: Sequence[str] = (),
) -> None:
    """Write the five tables of means (``docs/architecture.md``) from every run's scores and bias measures.

    In the cross-lingual setting, ``per_language`` averages over passage languages for each query language,
    ``per_passage_language`` over query languages for each passage language (it is empty in other settings).
    """
    analysis = AnalysisSettings.from_settings(settings)
    slices = read_scores(paths_to_scores, analysis, read_sampling_units(paths_to_qrels, analysis))
    tables = MeanTables(slices, analysis)
    write_table(mean_rows(slices), path_to_means, MEANS)
    write_csv(path_to_per_language, PER_LANGUAGE, tables.per_language)
    write_csv(path_to_per_passage_language, PER_LANGUAGE, tables.per_passage_language)
    write_csv(path_to_per_group, PER_GROUP, tables.per_group)
    write_csv(path_to_bias_table, BIAS_TABLE, bias_rows(paths_to_bias, analysis))


def main() -> None:
    """Parse the command line and aggregate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", required=True, nargs="+", help="SCORES files, one a run and collection")
    parser.add_argument(
        "--qrels", nargs="*", default=[], metavar="COLLECTION/LANG=F.parquet", help="where queries are no units"
    )
    parser.add_argument("--bias", required=True, nargs="+", help="BIAS files, one a run and collection")
    parser.add_argument(
        "--settings", required=True, type=settings, help="JSON: collections, models, strategies, statistics"
    )
    parser.add_argument("--means", required=True, help="means.parquet to write")
    parser.add_argument("--per-language", required=True, help="CSV by query language to write")
    parser.add_argument("--per-passage-language", required=True, help="CSV by passage language to write")
    parser.add_argument("--per-group", required=True, help="CSV by group of query languages to write")
    parser.add_argument("--bias-table", required=True, help="CSV of the language-bias measures to write")
    arguments = parser.parse_args()
    aggregate(
        paths_to_scores=arguments.scores,
        paths_to_qrels=arguments.qrels,
        paths_to_bias=arguments.bias,
        settings=arguments.settings,
        path_to_means=arguments.means,
        path_to_per_language=arguments.per_language,
        path_to_per_passage_language=arguments.per_passage_language,
        path_to_per_group=arguments.per_group,
        path_to_bias_table=arguments.bias_table,
    )


if __name__ == "__main__":
    run(main)
