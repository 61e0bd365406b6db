"""Train the subword tokenizer that all models of an experiment's `pretrain` entries share."""

import argparse
import json
import logging
import os
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings

_log = logging.getLogger("train_tokenizer")


def train_and_save(
    paths_to_texts: list[str], paths_to_overlaps: list[str], chosen: dict[str, Any], path_to_output: str | Path
) -> None:
    """Train a tokenizer on TEXTS files without their overlaps and write its folder.

    ``chosen`` has ``kind``, ``vocabulary`` and ``tau``. Raises InputError on bad settings or empty text.
    """
    # Parallel training adds up floats in another order each time (unigram).
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from workflow_scripts.data.atomic import atomic_folder
    from workflow_scripts.data.manifest import write_manifest
    from workflow_scripts.data.sealed_parquet import check_table
    from workflow_scripts.training.texts import read_texts
    from workflow_scripts.training.tokenizer_training import balanced_counts, tokenizer_config, train_tokenizer

    for path in (*paths_to_texts, *paths_to_overlaps):
        check_table(path)
    texts = {lang: table["text"].to_pylist() for lang, table in read_texts(paths_to_texts, paths_to_overlaps).items()}
    tokenizer = train_tokenizer(texts, chosen["kind"], chosen["vocabulary"], chosen["tau"])
    sizes = [len(rows) for rows in texts.values()]
    drawn = dict(zip(texts, balanced_counts(sizes, chosen["tau"]), strict=True))
    _log.info("%d entries from texts drawn by language: %s", tokenizer.get_vocab_size(), json.dumps(drawn))
    with atomic_folder(path_to_output) as folder:
        tokenizer.save(str(folder / "tokenizer.json"))
        (folder / "tokenizer_config.json").write_text(
            json.dumps(tokenizer_config(), indent=2, sort_keys=True) + "\n", encoding="utf-8"
        )
        write_manifest(
            folder,
            inputs=[*paths_to_texts, *paths_to_overlaps],
            settings=chosen,
            vocabulary=tokenizer.get_vocab_size(),
            texts_drawn=drawn,
        )


def main() -> None:
    """Parse flags and train the tokenizer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", nargs="+", required=True, metavar="FILE", help="TEXTS files, one or more a language")
    parser.add_argument("--overlaps", nargs="*", default=[], metavar="FILE", help="OVERLAPS files of every language")
    parser.add_argument("--settings", type=settings, required=True, help="config section pretraining.tokenizer as JSON")
    parser.add_argument("--output", required=True, metavar="FOLDER", help="the tokenizer's folder")
    flags = parser.parse_args()
    train_and_save(flags.texts, flags.overlaps, flags.settings, flags.output)


if __name__ == "__main__":
    run(main)
