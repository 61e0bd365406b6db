"""Encode a collection's queries and passages with one model into fp16 matrices."""

import argparse
import os
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.atomic import atomic_folder
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import digest_file, write_manifest
from workflow_scripts.data.text_format import FORMAT_VERSION
from workflow_scripts.encoders.bi_encoder import load_bi_encoder
from workflow_scripts.retrieval.encoding import encode_matrix


def encode(
    *,
    path_to_model: Path,
    collection: str,
    languages: list[str],
    path_to_data: Path,
    settings: dict[str, Any],
    threads: int,
    path_to_output: Path,
) -> None:
    """Write vectors, ids and manifest of one part of a collection.

    ``path_to_data`` holds ``<lang>/{queries,passages}.parquet``; ``settings`` has the model's entry (``model``) and the
    ``encoding`` section. The same inputs, settings, threads and machine give the same bytes.
    """
    # cuBLAS is deterministic only with a workspace of fixed size, which it reads when it starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    import torch

    encoding, model = settings["encoding"], settings["model"]
    torch.set_num_threads(threads)
    torch.set_deterministic_debug_mode("error")  # as use_deterministic_algorithms, without importing the compiler
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = getattr(torch, encoding["dtype"], None)
    if dtype not in (torch.float32, torch.float16, torch.bfloat16):
        raise InputError(f"encoding.dtype: {encoding['dtype']!r} is not float32, float16 or bfloat16")
    encoder = load_bi_encoder(path_to_model, model, device, dtype)
    tables = {
        kind: {lang: path_to_data / lang / f"{kind}.parquet" for lang in languages} for kind in ("queries", "passages")
    }
    with atomic_folder(path_to_output) as folder:
        facts = {
            kind: encode_matrix(
                encoder,
                kind,
                collection,
                tables[kind],
                folder,
                prefix=model["query_prefix" if kind == "queries" else "passage_prefix"],
                max_length=model["max_query_length" if kind == "queries" else "max_passage_length"],
                batch_tokens=encoding["batch_tokens"],
            ).facts()
            for kind in tables
        }
        model_files = sorted(path for path in path_to_model.iterdir() if path.suffix in (".json", ".safetensors"))
        key = {
            "model": {path.name: digest_file(path) for path in model_files if path.name != "manifest.json"},
            "text_format": FORMAT_VERSION,
            "settings": {"model": model, "encoding": encoding},
            "collection": collection,
            "corpus": {
                f"{lang}/{kind}": digest_file(path)
                for kind, by_lang in tables.items()
                for lang, path in by_lang.items()
            },
        }
        write_manifest(
            folder,
            inputs=[],
            key=key,
            collection=collection,
            dtype="float16",
            device=device,
            threads=threads,
            queries=facts["queries"],
            passages=facts["passages"],
        )


def main() -> None:
    """Parse the command line and encode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, metavar="FOLDER", help="a transformers model folder")
    parser.add_argument("--collection", required=True, metavar="NAME")
    parser.add_argument("--languages", nargs="+", required=True, metavar="LANG")
    parser.add_argument(
        "--data", type=Path, required=True, metavar="FOLDER", help="holds <lang>/queries.parquet and passages.parquet"
    )
    parser.add_argument(
        "--settings", type=settings, required=True, metavar="JSON", help="model entry and encoding section"
    )
    parser.add_argument("--threads", type=int, required=True, metavar="N")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    flags = parser.parse_args()
    encode(
        path_to_model=flags.model,
        collection=flags.collection,
        languages=flags.languages,
        path_to_data=flags.data,
        settings=flags.settings,
        threads=flags.threads,
        path_to_output=flags.output,
    )


if __name__ == "__main__":
    run(main)
