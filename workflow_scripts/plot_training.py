"""Draw the training curves: loss against step, one panel a model."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.errors import InputError
from workflow_scripts.reporting.figure_files import FigureFiles
from workflow_scripts.reporting.figure_text import figure_labels
from workflow_scripts.reporting.labels import setting
from workflow_scripts.reporting.training_plot import draw_training
from workflow_scripts.reporting.training_records import read_losses


def plot_training(
    *,
    path_to_metrics: list[Path],
    settings: dict[str, Any],
    files: FigureFiles,
) -> None:
    """Draw the losses of all runs; a file ``…/<model>/<strategy>/<seed>/metrics.jsonl`` names its run."""
    labels = figure_labels(settings, setting(setting(settings, "report", dict), "collection", str))
    losses = read_losses(path_to_metrics)
    # Further pre-trainings of a model are further thin lines in its panel.
    rungs = losses["model"].replace(settings.get("replicates", {}))
    losses = losses.assign(model=rungs, seed=losses["model"] + "/" + losses["seed"])
    shown = losses[losses["model"].isin(labels.models) & losses["strategy"].isin(labels.strategies)]
    if shown.empty:
        raise InputError("--metrics: no logged step of a model and strategy that the settings name")
    files.save(draw_training(shown, labels))


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", required=True, nargs="+", type=Path, help="metrics.jsonl of every run")
    parser.add_argument("--settings", required=True, type=settings, help="display settings as JSON")
    FigureFiles.add_flags(parser)
    arguments = parser.parse_args()
    plot_training(
        path_to_metrics=arguments.metrics,
        settings=arguments.settings,
        files=FigureFiles.of(arguments),
    )


if __name__ == "__main__":
    run(main)
