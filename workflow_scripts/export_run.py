"""Export one run's hits and the judgements as TREC files, which trec_eval reads."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.hit_lists import HitFiles
from workflow_scripts.data.language_files import language_files
from workflow_scripts.data.qrels import read_qrels
from workflow_scripts.evaluation.trec_files import TrecExport


def export_run(
    *,
    paths_to_hits: list[Path],
    paths_to_qrels: dict[str, Path],
    collection: str,
    settings: dict[str, Any],
    path_to_output: Path,
) -> None:
    """Write ``<setting>.run.txt`` and ``<setting>.qrels.txt``; hits are those of all parts of the collection.

    ``settings``: ``settings`` (of monolingual, cross-lingual, multilingual), ``parallel``, and where it is true
    ``ignore_identical_ids``.
    """
    export = TrecExport(
        collection,
        read_qrels(paths_to_qrels),
        settings["settings"],
        settings["parallel"],
        settings.get("ignore_identical_ids", False),
    )
    export.write(HitFiles.open(paths_to_hits), path_to_output)


def main() -> None:
    """Parse the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hits", type=Path, nargs="+", required=True, metavar="F.parquet", help="of all parts")
    parser.add_argument("--qrels", nargs="+", required=True, metavar="LANG=F.parquet")
    parser.add_argument("--collection", required=True, metavar="NAME")
    parser.add_argument("--settings", type=settings, required=True, metavar="JSON", help="settings, parallel")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    flags = parser.parse_args()
    export_run(
        paths_to_hits=flags.hits,
        paths_to_qrels=language_files(flags.qrels, "--qrels"),
        collection=flags.collection,
        settings=flags.settings,
        path_to_output=flags.output,
    )


if __name__ == "__main__":
    run(main)
