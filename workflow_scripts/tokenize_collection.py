"""Tokenise one part of a collection, once for all models that share a vocabulary."""

import argparse
import os
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.atomic import atomic_folder
from workflow_scripts.data.manifest import checked_digest, write_manifest
from workflow_scripts.encoders.settings import TextForm
from workflow_scripts.encoders.token_folder import token_facts
from workflow_scripts.encoders.tokenization import TOKENIZER, TextTokenizer
from workflow_scripts.retrieval.collection_tokens import KINDS, Shard, write_part_tokens


def tokenize_collection(
    *,
    path_to_tokenizer: Path,
    collection: str,
    languages: list[str],
    shard: Shard,
    path_to_data: Path,
    settings: dict[str, Any],
    path_to_output: Path,
) -> None:
    """Write token arrays, ids and manifest of one part of a collection.

    ``path_to_tokenizer`` holds ``tokenizer.json``, ``path_to_data`` ``<lang>/{queries,passages}.parquet``; ``settings``
    is the text form: prefixes and maximum lengths.
    """
    form = TextForm.from_entry(settings)
    checked_digest(path_to_tokenizer / TOKENIZER)
    tokenizer = TextTokenizer(path_to_tokenizer, form)
    tables = {kind: {lang: path_to_data / lang / f"{kind}.parquet" for lang in languages} for kind in KINDS}
    with atomic_folder(path_to_output) as folder:
        facts = {kind: write_part_tokens(tokenizer, kind, collection, tables[kind], folder, shard) for kind in tables}
        # Of a corpus that is cut into many shards, each of which reads but its own rows.
        corpus = {
            f"{lang}/{kind}": digest for kind, fact in facts.items() for lang, digest in fact.pop("tables").items()
        }
        write_manifest(
            folder,
            inputs=[path_to_tokenizer / TOKENIZER],
            **token_facts(path_to_tokenizer, form),
            collection=collection,
            corpus=corpus,
            shard=[shard.number, shard.count],
            **facts,
        )


def main() -> None:
    """Parse the command line and tokenise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokenizer", type=Path, required=True, metavar="FOLDER", help="holds tokenizer.json")
    parser.add_argument("--collection", required=True, metavar="NAME")
    parser.add_argument("--languages", nargs="+", required=True, metavar="LANG")
    parser.add_argument(
        "--shard", nargs=2, type=int, default=[0, 1], metavar=("I", "N"), help="the I-th of N shards of the passages"
    )
    parser.add_argument(
        "--data", type=Path, required=True, metavar="FOLDER", help="holds <lang>/queries.parquet and passages.parquet"
    )
    parser.add_argument(
        "--settings", type=settings, required=True, metavar="JSON", help="prefixes and maximum lengths of the text"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of the tokenizers library")
    flags = parser.parse_args()
    os.environ["RAYON_NUM_THREADS"] = str(flags.threads)  # read when the library's threads start, at the first text
    tokenize_collection(
        path_to_tokenizer=flags.tokenizer,
        collection=flags.collection,
        languages=flags.languages,
        shard=Shard(*flags.shard),
        path_to_data=flags.data,
        settings=flags.settings,
        path_to_output=flags.output,
    )


if __name__ == "__main__":
    run(main)
