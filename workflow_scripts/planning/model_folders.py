"""Folders of base models that the config names: what they lack, or cannot do, is said before the first job."""

import json
from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.planning.runs import Config
from workflow_scripts.planning.token_arrays import models_read
from workflow_scripts.planning.translation import similarity_model

_TOKENIZER = ("tokenizer.json",)
_MODEL = ("config.json", *_TOKENIZER, "*.safetensors")
# They count positions from `pad_token_id` + 1.
_ROBERTA = ("xlm-roberta", "roberta", "camembert", "xlm-roberta-xl")


def check_model_folders(config: Config) -> None:
    """Raise InputError, one line, where a folder that the experiment reads is no model that jobs could read."""
    run = {*config["experiment"]["models"], similarity_model(config)}
    for name in models_read(config):
        folder = config["models"][name].get("folder")
        if folder is None:
            continue
        for pattern in _MODEL if name in run else _TOKENIZER:  # others lend a tokenizer
            if not any(Path(folder).glob(pattern)):
                raise InputError(
                    f"config: models.{name}.folder: {folder!r} has no {pattern}; name a folder in transformers' layout "
                    "with safetensors weights and a fast tokenizer"
                )
        if name in run:
            _check_shape(config, name, Path(folder, "config.json"))


def _check_shape(config: Config, name: str, path: Path) -> None:
    """Lengths and the pieces of vectors must fit; a job says it of models whose config.json is not there yet."""
    try:
        shape = json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError(f"config: models.{name}.folder: {path} is not JSON ({error}); copy it again") from None
    if not isinstance(shape, dict):
        raise InputError(f"config: models.{name}.folder: {path} holds no JSON object; copy it again")
    room = _positions(shape)
    for key in ("max_query_length", "max_passage_length"):
        if room is not None and config["models"][name][key] > room:
            raise InputError(
                f"config: models.{name}.{key}: {config['models'][name][key]} is more than the {room} tokens that the "
                f"model knows places for, as {path} says"
            )
    pieces, width = config["search"]["faiss"]["pq_pieces"], shape.get("hidden_size")
    searched = name in config["experiment"]["models"] and config["search"]["kind"] == "ivf-pq"
    if searched and isinstance(width, int) and width % pieces:
        raise InputError(
            f"config: search.faiss.pq_pieces: {pieces} does not divide hidden_size of models.{name} ({width}); "
            "use a divisor"
        )


def _positions(shape: dict[str, Any]) -> int | None:
    """Return how many tokens a model has places for; None where that has no bound or is not said."""
    places, padding = shape.get("max_position_embeddings"), shape.get("pad_token_id")
    if not isinstance(places, int) or shape.get("model_type") not in _ROBERTA:
        return places if isinstance(places, int) else None
    return places - (padding + 1) if isinstance(padding, int) else None
