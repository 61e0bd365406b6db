"""Draw batch composition: languages of the examples in monolingual and cross-lingual batches, per strategy."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.errors import InputError
from workflow_scripts.reporting.batch_plot import draw_batches
from workflow_scripts.reporting.figure_files import FigureFiles
from workflow_scripts.reporting.figure_text import figure_labels
from workflow_scripts.reporting.labels import setting
from workflow_scripts.reporting.training_records import read_batch_shares


def plot_batches(
    *,
    path_to_batches: list[Path],
    settings: dict[str, Any],
    files: FigureFiles,
) -> None:
    """Draw the realised counts of all runs; a file ``…/<model>/<strategy>/<seed>/batches.json`` names its run."""
    labels = figure_labels(settings, setting(setting(settings, "report", dict), "collection", str))
    shares = read_batch_shares(path_to_batches)
    shown = shares[shares["strategy"].isin(labels.strategies)]
    if shown.empty:
        raise InputError("--batches: no counts of a strategy that the settings name")
    files.save(draw_batches(shown, labels))


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", required=True, nargs="+", type=Path, help="batches.json of every run")
    parser.add_argument("--settings", required=True, type=settings, help="display settings as JSON")
    FigureFiles.add_flags(parser)
    arguments = parser.parse_args()
    plot_batches(
        path_to_batches=arguments.batches,
        settings=arguments.settings,
        files=FigureFiles.of(arguments),
    )


if __name__ == "__main__":
    run(main)
