"""Write how large each model is: embedding, non-embedding and all parameters."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.csv_table import write_csv
from workflow_scripts.data.errors import InputError
from workflow_scripts.encoders.parameters import model_row


def write_model_table(paths_to_bases: list[str], models: dict[str, Any], path_to_output: str | Path) -> None:
    """Write one CSV row a base folder, in their order; ``models`` maps a folder's name to its label and family.

    Raises InputError on a folder that ``models`` does not name or that holds no model.
    """
    unknown = [path for path in paths_to_bases if Path(path).name not in models]
    if unknown:
        raise InputError(
            f"--models: no entry {Path(unknown[0]).name!r} for {unknown[0]}; name it there with label and family"
        )
    rows = []
    for path in paths_to_bases:
        entry = models[Path(path).name]
        rows.append(model_row(path, entry["label"], entry["family"]))
    write_csv(path_to_output, list(rows[0]), [list(row.values()) for row in rows])


def main() -> None:
    """Parse flags and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", nargs="+", required=True, metavar="FOLDER", help="model folders, named as the models")
    parser.add_argument("--models", type=settings, required=True, help="model → label and family, as JSON")
    parser.add_argument("--output", required=True, metavar="CSV", help="tables/models.csv")
    flags = parser.parse_args()
    write_model_table(flags.base, flags.models, flags.output)


if __name__ == "__main__":
    run(main)
