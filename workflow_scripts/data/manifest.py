"""``manifest.json``: what a checkpoint or a matrix is made of, written beside it as its last file.

It names the digest of every file beside it. Whoever reads one of them whole compares it with its digest, once; the
manifest itself is sealed. The digest is XXH3's of 128 bits, nearly as fast as a file is read: it finds damage,
and is no protection from somebody who forges files.
"""

import importlib.metadata
import json
import platform
import resource
import subprocess
from pathlib import Path
from typing import Any

from xxhash import xxh3_128

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.machine import describe_machine
from workflow_scripts.data.sealed_json import SEAL, read_sealed, write_sealed
from workflow_scripts.data.spent_time import spent_time

MANIFEST = "manifest.json"
_PACKAGES = (
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "numpy",
    "pyarrow",
    "peft",
    "ctranslate2",
    "sentencepiece",
)


def digest_file(path: str | Path) -> str:
    """Return the digest of a file's bytes, as 32 hexadecimal digits."""
    digest, room = xxh3_128(), bytearray(1 << 18)  # which stays in the processor's cache
    with open(path, "rb", buffering=0) as file:
        while size := file.readinto(room):
            digest.update(memoryview(room)[:size])
    return digest.hexdigest()


def check_digest(path: str | Path, named: str) -> None:
    """Raise InputError where a file is missing or has another digest than its manifest ``named``."""
    if not Path(path).is_file() or digest_file(path) != named:
        raise _damaged(Path(path))


def checked_digest(path: str | Path) -> str:
    """Return the digest of a file.

    Raises InputError where it is missing, or the manifest beside it, if there is one, names another digest.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; run the rule that makes it")
    digest = digest_file(path)
    if _named_digests(path.parent).get(path.name, digest) != digest:
        raise _damaged(path)
    return digest


def digest_header(path: str | Path) -> str:
    """Return the digest of a safetensors file's header: eight bytes of its length, and names, types and shapes."""
    with open(path, "rb") as file:
        length = file.read(8)
        size = min(int.from_bytes(length, "little"), Path(path).stat().st_size)  # of whatever bears the name
        return xxh3_128(length + file.read(size)).hexdigest()


def check_header(path: str | Path) -> None:
    """Raise InputError where a safetensors file's header is not the one that the manifest beside it, if any, names.

    That is for who reads no more of it.
    """
    path = Path(path)
    named = _named_digests(path.parent, "headers").get(path.name)
    if named not in (None, digest_header(path)):
        raise _damaged(path)


def checked_digests(folder: str | Path, suffixes: tuple[str, ...] = ("",)) -> dict[str, str]:
    """Return the digest of the files of a folder whose names end in one of ``suffixes``, by name, sorted.

    Raises InputError where the manifest among them, if there is one, names another digest, or a file that is missing.
    """
    folder = Path(folder)
    named = _named_digests(folder)
    beside = folder.iterdir() if folder.is_dir() else ()
    names = {path.name for path in beside if path.is_file() and path.name != MANIFEST} | named.keys()
    found = {}
    for name in sorted(name for name in names if name.endswith(suffixes)):
        if not (folder / name).is_file():
            raise _damaged(folder / name)
        found[name] = digest_file(folder / name)
        if named.get(name, found[name]) != found[name]:
            raise _damaged(folder / name)
    return found


def _named_digests(folder: Path, section: str = "files") -> dict[str, str]:
    """Return the digests in a section of a folder's manifest; none where it has none, or one that is not ours."""
    try:
        if SEAL not in json.loads((folder / MANIFEST).read_text(encoding="utf-8")):
            return {}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError):
        pass  # ours and damaged, or as bad as that
    return read_facts(folder)[section]


def _damaged(path: Path) -> InputError:
    return InputError(
        f"{path}: missing, damaged or not the file that its manifest names; remove {path.parent} and rerun"
    )


def versions() -> dict[str, str]:
    """Return the versions of Python and of those packages that are installed and decide results."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def git_commit() -> str:
    """Return the commit of the code's checkout, with ``+changes`` where it is not clean; ``unknown`` without git."""
    here = Path(__file__).parent
    try:
        commit = subprocess.run(
            ["git", "-C", here, "describe", "--always", "--abbrev=40", "--dirty=+changes"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit.stdout.strip()


def write_manifest(folder: str | Path, *, inputs: list[str | Path], **facts: Any) -> None:
    """Write ``folder/manifest.json``: facts, versions, machine, times, peak memory, digests of inputs and files.

    Times are the job's, with what it took before it was killed and resumed; peak memory is this process's.
    ``facts`` are JSON values such as seed, device, dtype. Raises TypeError on any other, and InputError for an input
    that is not what its own manifest names.
    """
    folder = Path(folder)
    files = {
        part.name: digest_file(part) for part in sorted(folder.iterdir()) if part.is_file() and part.name != MANIFEST
    }
    spent = spent_time()
    manifest = {
        **facts,
        "files": files,
        "headers": {name: digest_header(folder / name) for name in files if name.endswith(".safetensors")},
        "inputs": {str(path): checked_digest(path) for path in inputs},
        "versions": versions(),
        "git_commit": git_commit(),
        "machine": describe_machine(),
        "wall_seconds": round(spent.wall, 2),
        "processor_seconds": round(spent.processor, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    write_sealed(folder / MANIFEST, manifest)


def read_facts(folder: str | Path) -> dict[str, Any]:
    """Return a folder's manifest without reading what it names; raise InputError where it is missing or damaged."""
    if not (Path(folder) / MANIFEST).is_file():
        raise InputError(f"{folder}: has no {MANIFEST}, so it is not whole; remove the folder and rerun")
    return read_sealed(Path(folder) / MANIFEST, f"remove {folder} and rerun")


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """Return a folder's manifest; raise InputError where it is missing or a file differs in digest."""
    manifest = read_facts(folder)
    for name, digest in manifest["files"].items():
        check_digest(Path(folder) / name, digest)
    return manifest
