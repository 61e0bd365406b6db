"""Fit metrics against model size and say in plain language what the fits show."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.csv_table import write_csv
from workflow_scripts.evaluation.analysis_settings import AnalysisSettings
from workflow_scripts.evaluation.headline import headline_verdict
from workflow_scripts.evaluation.model_sizes import read_model_sizes
from workflow_scripts.evaluation.sampling_units import read_sampling_units
from workflow_scripts.evaluation.scaling import COLUMNS, ScalingFits, scaling_rows
from workflow_scripts.evaluation.score_files import read_scores


def fit_scaling(
    *,
    paths_to_scores: list[str],
    path_to_models: str | Path,
    settings: dict[str, Any],
    path_to_output: str | Path,
    path_to_verdict: str | Path,
    paths_to_qrels: Sequence[str] = (),
) -> None:
    """Write scaling.csv, and verdict.json about the collection, setting, metric and group that ``report`` names."""
    analysis = AnalysisSettings.from_settings(settings)
    sizes = read_model_sizes(path_to_models)
    slices = read_scores(paths_to_scores, analysis, read_sampling_units(paths_to_qrels, analysis))
    scaling = ScalingFits(analysis, sizes)
    fits = [fit for part in slices for fit in scaling.fit(part)]
    verdict = headline_verdict(slices, fits, sizes, analysis)
    write_csv(path_to_output, COLUMNS, scaling_rows(fits))
    with atomic_file(path_to_verdict) as temporary:
        text = json.dumps(verdict, indent=2, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Parse the command line and fit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", required=True, nargs="+", help="SCORES files, one a run and collection")
    parser.add_argument(
        "--qrels", nargs="*", default=[], metavar="COLLECTION/LANG=F.parquet", help="where queries are no units"
    )
    parser.add_argument("--models", required=True, help="models.csv")
    parser.add_argument(
        "--settings", required=True, type=settings, help="JSON: collections, models, strategies, statistics, report"
    )
    parser.add_argument("--output", required=True, help="scaling.csv to write")
    parser.add_argument("--verdict", required=True, help="verdict.json to write")
    arguments = parser.parse_args()
    fit_scaling(
        paths_to_scores=arguments.scores,
        paths_to_qrels=arguments.qrels,
        path_to_models=arguments.models,
        settings=arguments.settings,
        path_to_output=arguments.output,
        path_to_verdict=arguments.verdict,
    )


if __name__ == "__main__":
    run(main)
