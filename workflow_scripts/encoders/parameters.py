"""Count a model's parameters from the headers of its safetensors files, without loading a weight."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import check_header, checked_digest
from workflow_scripts.encoders.tokenization import read_config

# Names of embedding matrices in transformers: word, position and token-type, of encoders and decoders.
_EMBEDDINGS = frozenset(
    {
        "word_embeddings",
        "position_embeddings",
        "rel_embeddings",  # DeBERTa's, of relative positions
        "token_type_embeddings",
        "tok_embeddings",
        "embed_tokens",
        "wte",
        "wpe",
        "shared",
    }
)
# Parts that pre-training or a task needs and a bi-encoder does not.
_HEADS = frozenset(
    {
        "lm_head",
        "cls",
        "pooler",
        "classifier",
        "score",
        "qa_outputs",
        "mask_predictions",  # DeBERTa's
        "vocab_layer_norm",  # DistilBERT's, of three parts
        "vocab_projector",
        "vocab_transform",
    }
)
_TOP_HEADS = frozenset({"head", "decoder.weight", "decoder.bias"})  # ModernBERT's, where they stand beside "model."
# What architectures call the same number in their ``config.json``: BERT and most, DistilBERT, XLM, T5.
_LAYERS = ("num_hidden_layers", "n_layers", "num_layers")
_WIDTHS = ("hidden_size", "dim", "emb_dim", "d_model")
_VOCABULARIES = ("vocab_size", "n_words")
_INTEGERS = frozenset({"I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64", "BOOL"})  # buffers such as position_ids


@dataclass(frozen=True)
class ParameterCounts:
    """Parameters of an encoder without heads; ``embedding`` has word, position and token-type matrices."""

    embedding: int
    non_embedding: int

    @property
    def total(self) -> int:
        """Return all parameters."""
        return self.embedding + self.non_embedding


def count_parameters(path_to_folder: str | Path) -> ParameterCounts:
    """Count the parameters in a folder's safetensors files, sharded or not; raise InputError where there are none."""
    counts = {"embedding": 0, "non_embedding": 0, "head": 0}
    for path in _weight_files(Path(path_to_folder)):
        check_header(path)
        for name, tensor in read_header(path).items():
            if tensor["dtype"] not in _INTEGERS:
                counts[kind_of(name)] += math.prod(tensor["shape"])
    return ParameterCounts(counts["embedding"], counts["non_embedding"])


def kind_of(name: str) -> str:
    """Return ``embedding``, ``non_embedding`` or ``head`` for the name of a parameter in transformers."""
    parts = name.split(".")
    if not _HEADS.isdisjoint(parts) or parts[0] in _TOP_HEADS or name in _TOP_HEADS:
        return "head"
    return "embedding" if len(parts) > 1 and parts[-2] in _EMBEDDINGS else "non_embedding"


def read_header(path: str | Path) -> dict[str, dict]:
    """Return name → dtype, shape, offsets of a safetensors file (8 bytes of length, then JSON)."""
    try:
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
    except (OSError, ValueError, OverflowError, MemoryError) as error:
        raise InputError(f"{path}: not a safetensors file ({error})") from error
    header.pop("__metadata__", None)
    return header


def _weight_files(folder: Path) -> list[Path]:
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    else:
        names = ["model.safetensors"]
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise InputError(f"{folder / missing[0]}: no such file; give a model folder with safetensors weights")
    return [folder / name for name in names]


def model_row(path_to_folder: str | Path, label: str, family: str) -> dict[str, str | int]:
    """Return a model's row of ``tables/models.csv``; the model is named as its folder is.

    Raises InputError where its ``config.json`` does not say its shape.
    """
    path = Path(path_to_folder) / "config.json"
    checked_digest(path)
    config = read_config(path_to_folder)

    def stated(names: tuple[str, ...]) -> int:
        for name in names:
            if name in config:
                return config[name]
        raise InputError(f"{path}: has none of {', '.join(names)}; name another model, or write the number there")

    counts = count_parameters(path_to_folder)
    return {
        "model": Path(path_to_folder).name,
        "label": label,
        "family": family,
        "layers": stated(_LAYERS),
        "hidden": stated(_WIDTHS),
        "vocabulary": stated(_VOCABULARIES),
        "embedding": counts.embedding,
        "non_embedding": counts.non_embedding,
        "total": counts.total,
    }
