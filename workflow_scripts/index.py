"""Index a part of a collection for search: its vectors, or those of all its shards."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.retrieval.index_manifest import write_index


def index(*, paths_to_vectors: list[Path], settings: dict[str, Any], path_to_output: Path) -> None:
    """Write the index that ``settings["kind"]`` names; other kinds than ``exact`` read ``settings["faiss"]`` too."""
    write_index(paths_to_vectors, path_to_output, settings)


def main() -> None:
    """Parse the command line and index."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--vectors", type=Path, nargs="+", required=True, metavar="FOLDER", help="what `encode` wrote, shards in order"
    )
    parser.add_argument("--settings", type=settings, required=True, metavar="JSON", help="search section of the config")
    parser.add_argument("--output", type=Path, required=True, metavar="F.json")
    flags = parser.parse_args()
    index(paths_to_vectors=flags.vectors, settings=flags.settings, path_to_output=flags.output)


if __name__ == "__main__":
    run(main)
