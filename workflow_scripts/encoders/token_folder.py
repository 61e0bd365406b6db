"""What a folder of token arrays says of its making, and whether a model may read it."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import read_facts
from workflow_scripts.data.text_format import FORMAT_VERSION
from workflow_scripts.encoders.settings import TextForm
from workflow_scripts.encoders.tokenization import vocabulary_digest


def token_facts(path_to_tokenizer: str | Path, form: TextForm) -> dict[str, Any]:
    """Return what the manifest of token arrays holds of the tokenizer in a folder and of the form of the text."""
    return {
        "vocabulary": vocabulary_digest(path_to_tokenizer),
        "form": asdict(form),
        "text_format": FORMAT_VERSION,
    }


def read_token_facts(folders: Sequence[str | Path], path_to_model: str | Path, form: TextForm) -> list[dict[str, Any]]:
    """Return the manifests of token arrays; raise InputError where the model would have made other ids of the text."""
    wanted, found = token_facts(path_to_model, form), []
    for folder in folders:
        made = read_facts(folder)
        if made.get("vocabulary") != wanted["vocabulary"]:
            raise InputError(
                f"{path_to_model}: its tokenizer is not the one that made {folder}; models of one family share a "
                "vocabulary: give the model a family of its own in the config"
            )
        for name in ("form", "text_format"):
            if made.get(name) != wanted[name]:
                raise InputError(
                    f"{folder}: was made with {name} {made.get(name)}, wanted is {wanted[name]}; remove it and rerun"
                )
        found.append(made)
    return found
