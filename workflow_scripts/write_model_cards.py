"""Write the model card, README.md, of every fine-tuned model, with its scores."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.tables import MEANS, read_table
from workflow_scripts.reporting.licences import Licences
from workflow_scripts.reporting.model_card import TrainedModel, model_card


def write_model_cards(
    path_to_means: str | Path, path_to_licences: str | Path, folders: Sequence[str | Path], settings: dict[str, Any]
) -> None:
    """Write ``README.md`` into each folder ``…/<model>/<strategy>/<seed>``.

    ``settings`` has ``experiment``, ``models`` and ``strategies`` (labels), ``bases`` (model → hub and revision, or how
    it was made), ``sources`` (source → format and licence).
    """
    known = Licences(path_to_licences)
    licences = {name: known.of(entry) for name, entry in settings["sources"].items()}
    means = read_table(path_to_means, MEANS).to_pandas()
    for folder in folders:
        trained = TrainedModel.read(folder)
        own = means
        for name, value in trained.run.items():
            own = own[own[name].astype(str) == value]
        with atomic_file(Path(folder) / "README.md") as temporary:
            temporary.write_text(model_card(trained, own, settings, licences), encoding="utf-8")


def main() -> None:
    """Parse flags and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--means", required=True, metavar="FILE", help="MEANS of all runs")
    parser.add_argument("--licences", required=True, metavar="FILE", help="licences.csv")
    parser.add_argument("--models", nargs="+", required=True, metavar="FOLDER", help="<model>/<strategy>/<seed>")
    parser.add_argument("--settings", type=settings, required=True, help="JSON: labels, base models, sources")
    flags = parser.parse_args()
    write_model_cards(flags.means, flags.licences, flags.models, flags.settings)


if __name__ == "__main__":
    run(main)
