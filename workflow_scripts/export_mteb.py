"""Export one run's scores as a result file of MTEB."""

import argparse
import json
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.tables import SCORES, read_table
from workflow_scripts.evaluation.mteb_result import mteb_result


def export_mteb(*, path_to_scores: Path, settings: dict[str, Any], path_to_output: Path) -> None:
    """Write the JSON file; ``settings``: ``task`` (its name in MTEB), ``split``, ``languages`` and ``subsets``."""
    names = {name: settings[name] for name in ("task", "split", "languages", "subsets")}
    result = mteb_result(read_table(path_to_scores, SCORES), **names)
    with atomic_file(path_to_output) as temporary:
        temporary.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Parse the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=Path, required=True, metavar="F.parquet")
    parser.add_argument(
        "--settings", type=settings, required=True, metavar="JSON", help="task, split, languages, subsets"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="F.json")
    flags = parser.parse_args()
    export_mteb(path_to_scores=flags.scores, settings=flags.settings, path_to_output=flags.output)


if __name__ == "__main__":
    run(main)
