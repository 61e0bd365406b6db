"""Rule ``make_atlas``: the Atlas collection, pre-training text and glossary of one language."""

import argparse
import json
import logging
from pathlib import Path
from typing import Any

from workflow_scripts.atlas.collection import write_collection
from workflow_scripts.atlas.glossary import phrase_table, write_phrase_table
from workflow_scripts.atlas.names import load_names
from workflow_scripts.atlas.settings import parse_settings
from workflow_scripts.atlas.sources import load_sources
from workflow_scripts.atlas.templates import TEMPLATES, load_templates
from workflow_scripts.atlas.texts import pretraining_texts
from workflow_scripts.command_line import run, settings
from workflow_scripts.data.atomic import atomic_file

log = logging.getLogger("make_atlas")


def make_atlas(
    lang: str,
    values: dict[str, Any],
    *,
    path_to_topics: Path,
    path_to_qrels: Path,
    path_to_docs: Path,
    path_to_texts: Path,
    path_to_glossary: Path,
    path_to_templates: Path = TEMPLATES,
) -> None:
    """Write Atlas in ``lang`` (topics, qrels, documents), its pre-training text and its glossary from English.

    The glossary of English itself is an empty file. Raises InputError on wrong settings or templates.
    """
    sources = load_sources(parse_settings(values), path_to_templates)
    teller = sources.teller(lang)
    english_names = load_names("en")
    write_collection(
        sources.split,
        sources.facts,
        teller,
        path_to_topics=path_to_topics,
        path_to_qrels=path_to_qrels,
        path_to_docs=path_to_docs,
    )
    with atomic_file(path_to_texts) as temporary, open(temporary, "w", encoding="utf-8") as lines:
        count = 0
        for line in pretraining_texts(sources.cldr, sources.facts, sources.split, teller, english_names):
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    table = {}
    if lang != "en":
        english = load_templates("en", path_to_templates)
        table = phrase_table(sources.cldr, english, teller.templates, english_names, teller.names)
    write_phrase_table(table, path_to_glossary)
    untold = sum(not teller.can_tell(fact) for fact in sources.facts)
    log.info(
        "%s: %d facts, %d dropped for want of a name, %d questions",
        lang,
        len(sources.facts),
        untold,
        len(sources.split.evaluated),
    )
    log.info("%s: %d lines of text, %d phrases", lang, count, len(table))


def main() -> None:
    """Parse flags and call ``make_atlas``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lang", required=True)
    parser.add_argument("--settings", type=settings, required=True)
    parser.add_argument("--topics", type=Path, required=True)
    parser.add_argument("--qrels", type=Path, required=True)
    parser.add_argument("--docs", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--glossary", type=Path, required=True)
    parser.add_argument("--templates", type=Path, default=TEMPLATES, help="folder of template files and entities.yaml")
    flags = parser.parse_args()
    make_atlas(
        flags.lang,
        flags.settings,
        path_to_topics=flags.topics,
        path_to_qrels=flags.qrels,
        path_to_docs=flags.docs,
        path_to_texts=flags.texts,
        path_to_glossary=flags.glossary,
        path_to_templates=flags.templates,
    )


if __name__ == "__main__":
    run(main)
