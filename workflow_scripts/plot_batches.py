"""Draw batch composition: languages of the examples in monolingual and cross-lingual batches, per strategy."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.errors import InputError
from workflow_scripts.reporting.batch_plot import draw_batches
from workflow_scripts.reporting.labels import Labels, setting
from workflow_scripts.reporting.style import save_figure
from workflow_scripts.reporting.training_records import read_batch_shares


def plot_batches(
    *,
    path_to_batches: list[Path],
    settings: dict[str, Any],
    path_to_svg: str | Path,
    path_to_png: str | Path,
    path_to_pdf: str | Path,
) -> None:
    """Draw the realised counts of all runs; a file ``…/<model>/<strategy>/<seed>/batches.json`` names its run."""
    labels = Labels.from_settings(settings, setting(setting(settings, "report", dict), "collection", str))
    shares = read_batch_shares(path_to_batches)
    shown = shares[shares["strategy"].isin(labels.strategies)]
    if shown.empty:
        raise InputError("--batches: no counts of a strategy that the settings name")
    save_figure(draw_batches(shown, labels), path_to_svg, path_to_png, path_to_pdf)


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", required=True, nargs="+", type=Path, help="batches.json of every run")
    parser.add_argument("--settings", required=True, type=settings, help="display settings as JSON")
    parser.add_argument("--output-svg", required=True)
    parser.add_argument("--output-png", required=True)
    parser.add_argument("--output-pdf", required=True)
    arguments = parser.parse_args()
    plot_batches(
        path_to_batches=arguments.batches,
        settings=arguments.settings,
        path_to_svg=arguments.output_svg,
        path_to_png=arguments.output_png,
        path_to_pdf=arguments.output_pdf,
    )


if __name__ == "__main__":
    run(main)
