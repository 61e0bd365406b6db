"""Compare translations with their sources by the cosine of a multilingual encoder's vectors."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.gpus import gpus_flag, keep_to_gpus
from workflow_scripts.data.manifest import checked_digests
from workflow_scripts.data.tables import SIMILARITIES, TRANSLATIONS, read_table, write_table
from workflow_scripts.translation.similarity import text_similarities


def compare_translations(
    *, path_to_translations: Path, path_to_model: Path, settings: dict[str, Any], threads: int, path_to_output: Path
) -> None:
    """Write SIMILARITIES of every row of a table of TRANSLATIONS.

    ``settings`` has the encoder's entry (``model``) and the ``encoding`` section.
    """
    table = read_table(path_to_translations, TRANSLATIONS)
    checked_digests(path_to_model)
    made = text_similarities(table, path_to_model, settings, threads)
    write_table(made, path_to_output, SIMILARITIES)


def main() -> None:
    """Parse the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--translations", required=True, type=Path, help="TRANSLATIONS")
    parser.add_argument("--model", required=True, type=Path, help="folder of the encoder")
    parser.add_argument("--settings", required=True, type=settings, help="the encoder's entry and encoding, as JSON")
    parser.add_argument("--threads", type=int, default=1, help="threads of the arithmetic")
    gpus_flag(parser)
    parser.add_argument("--output", required=True, type=Path, help="SIMILARITIES")
    arguments = parser.parse_args()
    keep_to_gpus(arguments.gpus)
    compare_translations(
        path_to_translations=arguments.translations,
        path_to_model=arguments.model,
        settings=arguments.settings,
        threads=arguments.threads,
        path_to_output=arguments.output,
    )


if __name__ == "__main__":
    run(main)
