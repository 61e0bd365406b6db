"""Rule ``make_atlas_pairs``: Atlas's English training pairs."""

import argparse
import json
import logging
from pathlib import Path
from typing import Any

from workflow_scripts.atlas.pairs import training_pairs
from workflow_scripts.atlas.settings import parse_settings
from workflow_scripts.atlas.sources import load_sources
from workflow_scripts.atlas.templates import TEMPLATES
from workflow_scripts.command_line import run, settings
from workflow_scripts.data.atomic import atomic_file

log = logging.getLogger("make_atlas_pairs")


def make_atlas_pairs(values: dict[str, Any], *, path_to_output: Path, path_to_templates: Path = TEMPLATES) -> None:
    """Write JSONL of ``id``, ``group``, ``query``, ``title``, ``passage``.

    Raises InputError on wrong settings or templates.
    """
    sources = load_sources(parse_settings(values), path_to_templates)
    pairs = list(training_pairs(sources.split, sources.teller("en")))
    with atomic_file(path_to_output) as temporary:
        temporary.write_text("".join(json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs), encoding="utf-8")
    log.info(
        "%d pairs about %d facts; %d entities held out",
        len(pairs),
        len(sources.split.trained),
        len(sources.split.held_out),
    )


def main() -> None:
    """Parse flags and call ``make_atlas_pairs``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=settings, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--templates", type=Path, default=TEMPLATES, help="folder of template files and entities.yaml")
    flags = parser.parse_args()
    make_atlas_pairs(flags.settings, path_to_output=flags.output, path_to_templates=flags.templates)


if __name__ == "__main__":
    run(main)
