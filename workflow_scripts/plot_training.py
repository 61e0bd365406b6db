"""Draw the training curves: loss against step, one panel a model."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.errors import InputError
from workflow_scripts.reporting.labels import Labels, setting
from workflow_scripts.reporting.style import save_figure
from workflow_scripts.reporting.training_plot import draw_training
from workflow_scripts.reporting.training_records import read_losses


def plot_training(
    *,
    path_to_metrics: list[Path],
    settings: dict[str, Any],
    path_to_svg: str | Path,
    path_to_png: str | Path,
    path_to_pdf: str | Path,
) -> None:
    """Draw the losses of all runs; a file ``…/<model>/<strategy>/<seed>/metrics.jsonl`` names its run."""
    labels = Labels.from_settings(settings, setting(setting(settings, "report", dict), "collection", str))
    losses = read_losses(path_to_metrics)
    shown = losses[losses["model"].isin(labels.models) & losses["strategy"].isin(labels.strategies)]
    if shown.empty:
        raise InputError("--metrics: no logged step of a model and strategy that the settings name")
    save_figure(draw_training(shown, labels), path_to_svg, path_to_png, path_to_pdf)


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", required=True, nargs="+", type=Path, help="metrics.jsonl of every run")
    parser.add_argument("--settings", required=True, type=settings, help="display settings as JSON")
    parser.add_argument("--output-svg", required=True)
    parser.add_argument("--output-png", required=True)
    parser.add_argument("--output-pdf", required=True)
    arguments = parser.parse_args()
    plot_training(
        path_to_metrics=arguments.metrics,
        settings=arguments.settings,
        path_to_svg=arguments.output_svg,
        path_to_png=arguments.output_png,
        path_to_pdf=arguments.output_pdf,
    )


if __name__ == "__main__":
    run(main)
