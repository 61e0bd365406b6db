"""Folders of base models that the config names: what is missing in them is said before the first job."""

from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.planning.runs import Config
from workflow_scripts.planning.token_arrays import models_read
from workflow_scripts.planning.translation import similarity_model

_TOKENIZER = ("tokenizer.json",)
_MODEL = ("config.json", *_TOKENIZER, "*.safetensors")


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
