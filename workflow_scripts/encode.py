"""Encode one part of a collection, queries and passages, with one model into fp16 matrices."""

import argparse
import os
import shutil
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.atomic import atomic_folder
from workflow_scripts.data.content_key import content_key
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.gpus import gpus_flag, keep_to_gpus
from workflow_scripts.data.manifest import checked_digests, read_manifest, write_manifest
from workflow_scripts.data.tables import VECTOR_IDS, read_table
from workflow_scripts.data.token_arrays import TokenArrays
from workflow_scripts.encoders.bi_encoder import load_to_encode
from workflow_scripts.encoders.devices import own_device
from workflow_scripts.encoders.settings import TextForm
from workflow_scripts.encoders.token_folder import read_token_facts
from workflow_scripts.retrieval.collection_tokens import KINDS
from workflow_scripts.retrieval.encoding import UnfinishedVectors
from workflow_scripts.retrieval.inner_product import InnerProductEncoder


def encode(
    *,
    path_to_model: Path,
    path_to_tokens: Path,
    settings: dict[str, Any],
    threads: int,
    path_to_output: Path,
    path_to_partial: Path,
) -> None:
    """Write vectors, ids and manifest of one part of a collection, of whose texts ``path_to_tokens`` holds the tokens.

    ``settings`` has the model's entry (``model``) and the ``encoding`` section. The same inputs, settings, threads and
    machine give the same bytes. Killed and run again it goes on from the last whole block in ``path_to_partial``.
    """
    # cuBLAS is deterministic only with a workspace of fixed size, which it reads when it starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    import torch

    encoding, model = settings["encoding"], settings["model"]
    torch.set_num_threads(threads)
    torch.set_deterministic_debug_mode("error")  # as use_deterministic_algorithms, without importing the compiler
    device = own_device()
    dtype = getattr(torch, encoding["dtype"], None)
    if dtype not in (torch.float32, torch.float16, torch.bfloat16):
        raise InputError(f"encoding.dtype: {encoding['dtype']!r} is not float32, float16 or bfloat16")
    # Before its tokenizer is read: of a damaged one that could only say that it is another, or none.
    digests = checked_digests(path_to_model, (".json", ".safetensors"))
    (made,) = read_token_facts([path_to_tokens], path_to_model, TextForm.from_entry(model))
    read_manifest(path_to_tokens)
    key = {
        "model": digests,
        "vocabulary": made["vocabulary"],
        "text_format": made["text_format"],
        "settings": {"model": model, "encoding": encoding},
        "collection": made["collection"],
        "shard": made["shard"],
        "corpus": made["corpus"],
    }
    encoder = load_to_encode(path_to_model, model, device, dtype, encoding["batch_tokens"])
    encoders = dict.fromkeys(KINDS, encoder)
    if "max_norm" in model:
        encoders = {kind: InnerProductEncoder(encoder, kind, model["max_norm"]) for kind in KINDS}
    unfinished = UnfinishedVectors(
        path_to_partial, content_key({"key": key, "threads": threads, "device": device.type}, [])
    )
    for kind in KINDS:
        unfinished.encode(
            encoders[kind],
            kind,
            TokenArrays.open(path_to_tokens, kind),
            encoding["batch_tokens"],
            lambda row, kind=kind: _name(path_to_tokens, kind, row),
        )
    with atomic_folder(path_to_output) as folder:
        for kind in KINDS:
            _link(path_to_partial / f"{kind}.npy", folder / f"{kind}.npy")
            shutil.copyfile(path_to_tokens / f"{kind}.parquet", folder / f"{kind}.parquet")
        write_manifest(
            folder,
            inputs=[],
            key=key,
            collection=made["collection"],
            dtype="float16",
            device=device.type,
            threads=threads,
            **{kind: _facts(made[kind], encoders[kind].dimension) for kind in KINDS},
        )
    shutil.rmtree(path_to_partial, ignore_errors=True)  # on NFS a file that is mapped stays until its process ends


def _facts(made: dict[str, Any], dimension: int) -> dict[str, Any]:
    """Return what the manifest says of one matrix, from what the token arrays' says of its texts."""
    languages = [
        {
            "lang": block["lang"],
            "first": block["first"],
            "rows": block["rows"],
            "truncated_share": round(block["truncated"] / block["rows"], 6) if block["rows"] else 0.0,
        }
        for block in made["languages"]
    ]
    return {"dimension": dimension, "rows": made["rows"], "languages": languages}


def _name(path_to_tokens: Path, kind: str, row: int) -> str:
    ids = read_table(path_to_tokens / f"{kind}.parquet", VECTOR_IDS, ["id", "lang"])
    return f"{ids['lang'][row]} {kind} {ids['id'][row]}"


def _link(source: Path, target: Path) -> None:
    # A second name: a job that is killed before its folder is whole still has the first.
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)


def main() -> None:
    """Parse the command line and encode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, metavar="FOLDER", help="a transformers model folder")
    parser.add_argument("--tokens", type=Path, required=True, metavar="FOLDER", help="what `tokenize_collection` wrote")
    parser.add_argument(
        "--settings", type=settings, required=True, metavar="JSON", help="model entry and encoding section"
    )
    parser.add_argument("--threads", type=int, required=True, metavar="N")
    gpus_flag(parser)
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument(
        "--partial", type=Path, required=True, metavar="FOLDER", help="where finished blocks outlive a killed job"
    )
    flags = parser.parse_args()
    keep_to_gpus(flags.gpus)
    encode(
        path_to_model=flags.model,
        path_to_tokens=flags.tokens,
        settings=flags.settings,
        threads=flags.threads,
        path_to_output=flags.output,
        path_to_partial=flags.partial,
    )


if __name__ == "__main__":
    run(main)
