"""Layers that a model's ``lora.targets`` name: a name that no layer bears is said before the first job."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.planning.runs import Config, trained_runs

# Of a layer of a model that is pre-trained here (XLM-R's architecture).
_LAYERS = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
_EMBEDDINGS = ("word_embeddings", "position_embeddings", "token_type_embeddings")


def check_adapter_targets(config: Config) -> None:
    """Raise InputError, one line, where a model that is fine-tuned with LoRA has no layer of a target's name.

    Known of models that are made here or lie in a folder; of the others the job says it, when they are fetched.
    """
    for name in dict.fromkeys(run.model for run in trained_runs(config)):
        entry = config["models"][name]
        layers = _layers(entry) if "lora" in entry else None
        if layers is None:
            continue
        for target in entry["lora"]["targets"]:
            # As peft has it: the whole name, or its last parts.
            if not any(layer == target or layer.endswith(f".{target}") for layer in layers):
                known = sorted({layer.rsplit(".", 1)[-1] for layer in layers})
                raise InputError(
                    f"config: models.{name}.lora.targets: no layer is called {target!r}; there are {', '.join(known)}"
                )


def _layers(entry: dict[str, Any]) -> list[str] | None:
    """Return the names of a model's layers with a matrix; None where they are not known."""
    if "pretrain" in entry:
        layers = [f"encoder.layer.{i}.{name}" for i in range(entry["pretrain"]["layers"]) for name in _LAYERS]
        return [*layers, *(f"embeddings.{name}" for name in _EMBEDDINGS)]
    return _stored_layers(sorted(Path(entry["folder"]).glob("*.safetensors"))) if "folder" in entry else None


def _stored_layers(files: Iterable[Path]) -> list[str] | None:
    from workflow_scripts.encoders.parameters import read_header  # every start of Snakemake reads this file

    try:
        tensors = {name: facts["shape"] for path in files for name, facts in read_header(path).items()}
    except (InputError, LookupError, TypeError, AttributeError):
        return None  # a job says what is wrong with it
    return [name.removesuffix(".weight") for name, shape in tensors.items() if len(shape) == 2] or None
