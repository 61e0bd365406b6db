"""Tokenise the training pairs of one language of one source, once for all models that share a vocabulary."""

import argparse
import os
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.atomic import atomic_folder
from workflow_scripts.data.manifest import checked_digest, write_manifest
from workflow_scripts.data.sealed_parquet import check_table
from workflow_scripts.encoders.settings import TextForm
from workflow_scripts.encoders.token_folder import token_facts
from workflow_scripts.encoders.tokenization import TOKENIZER, TextTokenizer
from workflow_scripts.training.pair_tokens import write_pair_tokens


def tokenize_pairs(
    *, path_to_tokenizer: Path, path_to_pairs: Path, settings: dict[str, Any], path_to_output: Path
) -> None:
    """Write token arrays and manifest of one PAIRS file.

    ``path_to_tokenizer`` holds ``tokenizer.json``; ``settings`` is the text form: prefixes and maximum lengths.
    """
    form = TextForm.from_entry(settings)
    checked_digest(path_to_tokenizer / TOKENIZER)
    check_table(path_to_pairs)
    with atomic_folder(path_to_output) as folder:
        facts = write_pair_tokens(TextTokenizer(path_to_tokenizer, form), path_to_pairs, folder)
        inputs = [path_to_pairs, path_to_tokenizer / TOKENIZER]
        write_manifest(folder, inputs=inputs, **token_facts(path_to_tokenizer, form), **facts)


def main() -> None:
    """Parse the command line and tokenise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokenizer", type=Path, required=True, metavar="FOLDER", help="holds tokenizer.json")
    parser.add_argument("--pairs", type=Path, required=True, metavar="FILE", help="PAIRS of one source and language")
    parser.add_argument(
        "--settings", type=settings, required=True, metavar="JSON", help="prefixes and maximum lengths of the text"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of the tokenizers library")
    flags = parser.parse_args()
    os.environ["RAYON_NUM_THREADS"] = str(flags.threads)  # read when the library's threads start, at the first text
    tokenize_pairs(
        path_to_tokenizer=flags.tokenizer,
        path_to_pairs=flags.pairs,
        settings=flags.settings,
        path_to_output=flags.output,
    )


if __name__ == "__main__":
    run(main)
