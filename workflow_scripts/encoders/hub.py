"""Fetching a model's files from a hub at one pinned commit: configuration, tokenizer and safetensors weights.

Nothing that could run code comes along: no pickles (``.bin``, ``.pt``), no Python files.
"""

import json
from fnmatch import fnmatchcase
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.hub import Place, download_files, list_files

_INSTEAD = "a copy on this machine, with folder: instead of hub:"
_CONFIG = ("config.json", "generation_config.json")
_TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "*.spm",  # Marian's SentencePiece: source.spm, target.spm
    "*.model",  # SentencePiece: sentencepiece.bpe.model, spiece.model, tokenizer.model
)
_VOCABULARY = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")  # one of them is enough to make a tokenizer
_FAST_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
_INDEX = "model.safetensors.index.json"
_WEIGHTS = ("model.safetensors", "model-?????-of-?????.safetensors")


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def download_model(hub: str, revision: str, folder: Path, tokenizer: tuple[str, str] | None = None) -> None:
    """Put the model files of repository ``hub`` at commit ``revision`` into ``folder``, which exists and is empty.

    ``tokenizer`` is the repository and commit whose tokenizer takes the place of its own. Weights in several shards
    stay as they are; every file is checked against the digest that the hub lists. Raises InputError, in one line, as
    ``data/hub.py`` does, and for a repository that has no safetensors weights or no tokenizer.
    """
    place = Place("model", hub, revision, _INSTEAD)
    files = list_files(place, recursive=False)
    wanted = _choose_files(list(files), str(place), own_tokenizer=tokenizer is None)
    download_files(place, [files[name] for name in wanted], folder, folder / ".partial")
    _check_shards(folder, str(place))
    if tokenizer:
        place = Place("model", *tokenizer, _INSTEAD)
        files = list_files(place, recursive=False)
        if _FAST_TOKENIZER[0] not in files:
            raise InputError(f"{place}: has no {_FAST_TOKENIZER[0]}; name another repository under tokenizer")
        wanted = [name for name in _FAST_TOKENIZER if name in files]
        download_files(place, [files[name] for name in wanted], folder, folder / ".partial")


def _choose_files(names: list[str], where: str, *, own_tokenizer: bool) -> list[str]:
    """Return which of a repository's top-level files make up the model; raise InputError where it cannot be one."""
    if "config.json" not in names:
        raise InputError(f"{where}: has no config.json, so it is not a transformers model; name another repository")
    if own_tokenizer and not any(_matches(name, _VOCABULARY) for name in names):
        raise InputError(f"{where}: has no tokenizer (none of {', '.join(_VOCABULARY)}); name another repository")
    weights = [name for name in names if _matches(name, _WEIGHTS)]
    if "model.safetensors" in weights:
        weights = ["model.safetensors"]  # the whole model: shards beside it are a copy
    elif weights and _INDEX in names:
        weights.append(_INDEX)
    elif weights:
        raise InputError(f"{where}: has shards of weights but no {_INDEX}; pin another commit")
    else:
        pickles = sorted(name for name in names if name.endswith((".bin", ".pt", ".pth", ".ckpt")))
        raise InputError(
            f"{where}: has no safetensors weights{f', only pickles ({pickles[0]})' if pickles else ''}; pin a commit "
            "that has them (often a pull request of the repository, refs/pr/N), or convert a copy you trust with "
            "save_pretrained and name it with folder:"
        )
    patterns = (*_CONFIG, *_TOKENIZER) if own_tokenizer else _CONFIG
    return sorted({name for name in names if _matches(name, patterns)} | set(weights))


def _check_shards(folder: Path, where: str) -> None:
    index = folder / _INDEX
    if not index.is_file():
        return
    try:
        shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputError(f"{where}: {_INDEX} is not an index of shards; pin another commit") from error
    if missing := sorted(shard for shard in shards if not (folder / shard).is_file()):
        raise InputError(f"{where}: {_INDEX} names {missing[0]}, which the repository lacks; pin another commit")
