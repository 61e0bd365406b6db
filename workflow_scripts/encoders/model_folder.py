"""Save an encoder as a transformers folder that is a sentence-transformers model as well."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch

from workflow_scripts.encoders.settings import EncoderSettings

# All that tokenizers of hub models consist of; those that a folder lacks are not needed by its tokenizer.
_TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
    "tokenizer.model",
)
# The names by which sentence-transformers has read these modules since version 2 (newer ones map them).
_MODULES = ("sentence_transformers.models.Transformer", "sentence_transformers.models.Pooling")
_NORMALISE = "sentence_transformers.models.Normalize"
_POOLING = {
    "mean": "pooling_mode_mean_tokens",
    "cls": "pooling_mode_cls_token",
    "last": "pooling_mode_lasttoken",
}


def vector_width(encoder: torch.nn.Module) -> int:
    """Return the width of an encoder's states; that of its word embeddings may be another (RemBERT, ALBERT)."""
    config = encoder.config
    return config["hidden_size"] if isinstance(config, dict) else config.hidden_size


def save_encoder(encoder: torch.nn.Module, folder: str | Path) -> None:
    """Write ``config.json`` and safetensors weights of a transformers encoder."""
    encoder.save_pretrained(folder)
    for path in Path(folder).glob("*.safetensors"):
        path.chmod(0o644)  # the library makes it readable by its owner alone; a project's results are shared


def copy_tokenizer(path_to_base: str | Path, folder: str | Path, **changes: Any) -> None:
    """Copy a tokenizer's files; ``changes`` replace keys of its ``tokenizer_config.json``."""
    base, folder = Path(path_to_base), Path(folder)
    for name in _TOKENIZER_FILES:
        if (base / name).is_file():
            shutil.copyfile(base / name, folder / name)
    if changes:
        path = folder / "tokenizer_config.json"
        config = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        _write_json(path, config | changes)


def save_sentence_transformer(
    encoder: torch.nn.Module, path_to_base: str | Path, settings: EncoderSettings, folder: str | Path
) -> None:
    """Write encoder, the base's tokenizer and the modules that let ``SentenceTransformer`` give the same vectors.

    Sentence-transformers knows one maximum length for all text: it is the passages'. Prefixes become the
    prompts ``query`` and ``document``.
    """
    folder = Path(folder)
    save_encoder(encoder, folder)
    copy_tokenizer(path_to_base, folder)
    names = [*_MODULES, _NORMALISE] if settings.normalise else [*_MODULES]
    paths = ["", "1_Pooling", "2_Normalize"]
    _write_json(
        folder / "modules.json",
        [
            {"idx": n, "name": str(n), "path": path, "type": name}
            for n, (name, path) in enumerate(zip(names, paths, strict=False))
        ],
    )
    _write_json(
        folder / "sentence_bert_config.json", {"max_seq_length": settings.max_passage_length, "do_lower_case": False}
    )
    _write_json(
        folder / "config_sentence_transformers.json",
        {
            "prompts": {"query": settings.query_prefix, "document": settings.passage_prefix},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    )
    pooling = {name: name == _POOLING[settings.pooling] for name in _POOLING.values()}
    (folder / "1_Pooling").mkdir()
    _write_json(
        folder / "1_Pooling" / "config.json",
        {"word_embedding_dimension": vector_width(encoder), **pooling},
    )
    if settings.normalise:
        (folder / "2_Normalize").mkdir()
        _write_json(folder / "2_Normalize" / "config.json", {})


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
