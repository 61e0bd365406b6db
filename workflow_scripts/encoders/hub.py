"""Fetching a model's files from a hub at one pinned commit: configuration, tokenizer and safetensors weights.

Nothing that could run code comes along: no pickles (``.bin``, ``.pt``), no Python files.
"""

import json
import re
import shutil
from fnmatch import fnmatchcase
from pathlib import Path

import httpx2
import huggingface_hub
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import digest_file

_CONFIG = ("config.json", "generation_config.json")
_TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "*.model",  # SentencePiece: sentencepiece.bpe.model, spiece.model, tokenizer.model
)
_VOCABULARY = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")  # one of them is enough to make a tokenizer
_INDEX = "model.safetensors.index.json"
_WEIGHTS = ("model.safetensors", "model-?????-of-?????.safetensors")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def download_model(hub: str, revision: str, folder: Path) -> None:
    """Put the model files of repository ``hub`` at commit ``revision`` into ``folder``, which exists and is empty.

    Weights in several shards stay as they are. Files that the hub lists with a SHA-256 digest are checked against
    it. The hub is huggingface.co, or what ``HF_ENDPOINT`` names; retries are the library's. Raises InputError, in
    one line, for a revision that is no commit, a repository that is missing, gated or has no safetensors weights, a
    missing commit, no network and a broken download.
    """
    if not _COMMIT.fullmatch(revision):
        raise InputError(
            f"models: hub {hub}: revision {revision!r} is not a commit of 40 hexadecimal digits; a branch or tag can "
            "move, so pin the commit (the model page's list of files shows it under History)"
        )
    where = f"{hub} at commit {revision}"
    try:
        listed = huggingface_hub.list_repo_tree(hub, revision=revision)
        files = {file.path: file for file in listed if isinstance(file, RepoFile)}
        wanted = _choose_files(list(files), where)
        huggingface_hub.snapshot_download(hub, revision=revision, local_dir=folder, allow_patterns=wanted)
    except HFValidationError:
        raise InputError(f"models: hub {hub!r} is not a repository's name; write owner/name") from None
    except GatedRepoError as error:
        raise InputError(
            f"{hub}: is gated (HTTP {error.response.status_code}); ask for access on its page, then set HF_TOKEN"
        ) from error
    except RepositoryNotFoundError as error:
        raise InputError(
            f"{hub}: no such repository, or a private one (HTTP {error.response.status_code}); "
            "check the name, or set HF_TOKEN"
        ) from error
    except RevisionNotFoundError as error:
        raise InputError(f"{hub}: has no commit {revision}; check the revision in the config") from error
    except OfflineModeIsEnabled as error:
        raise InputError(f"{where}: cannot be fetched while HF_HUB_OFFLINE is set; unset it, or use folder:") from error
    except HfHubHTTPError as error:
        raise InputError(f"{where}: the hub answered HTTP {error.response.status_code}; try again later") from error
    except (httpx2.TransportError, OSError) as error:
        raise InputError(
            f"{where}: cannot be fetched ({type(error).__name__}: {_first_line(error)}); check the network and run "
            "again, or name a copy on this machine with folder:"
        ) from error
    shutil.rmtree(folder / ".cache", ignore_errors=True)  # the library's record of a download into a folder
    for name in wanted:
        path, lfs = folder / name, files[name].lfs
        if not path.is_file() or (lfs and digest_file(path) != lfs.sha256):
            raise InputError(f"{where}: {name} did not arrive as the hub lists it; run again")
    _check_shards(folder, where)


def _choose_files(names: list[str], where: str) -> list[str]:
    """Return which of a repository's top-level files make up the model; raise InputError where it cannot be one."""
    if "config.json" not in names:
        raise InputError(f"{where}: has no config.json, so it is not a transformers model; name another repository")
    if not any(_matches(name, _VOCABULARY) for name in names):
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
    return sorted({name for name in names if _matches(name, (*_CONFIG, *_TOKENIZER))} | set(weights))


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


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0]
