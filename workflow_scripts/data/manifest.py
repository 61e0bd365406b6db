"""``manifest.json``: what a checkpoint or a matrix is made of, written beside it as its last file."""

import importlib.metadata
import json
import platform
import resource
import subprocess
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError

MANIFEST = "manifest.json"
_STARTED = time.monotonic()
_PACKAGES = ("torch", "transformers", "tokenizers", "safetensors", "numpy", "pyarrow")


def digest_file(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes as hexadecimal digits."""
    digest = sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


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
    """Write ``folder/manifest.json``: facts, versions, wall time, peak memory, digests of inputs and of files.

    ``facts`` are JSON values such as seed, device, dtype. Raises TypeError on any other.
    """
    folder = Path(folder)
    files = {
        part.name: digest_file(part) for part in sorted(folder.iterdir()) if part.is_file() and part.name != MANIFEST
    }
    manifest = {
        **facts,
        "files": files,
        "inputs": {str(path): digest_file(path) for path in inputs},
        "versions": versions(),
        "git_commit": git_commit(),
        "wall_seconds": round(time.monotonic() - _STARTED, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    with atomic_file(folder / MANIFEST) as temporary:
        temporary.write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_facts(folder: str | Path) -> dict[str, Any]:
    """Return a folder's manifest without reading the files it names; raise InputError where it is missing."""
    try:
        return json.loads((Path(folder) / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{folder}: has no {MANIFEST}, so it is not whole; remove the folder and rerun") from None


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """Return a folder's manifest; raise InputError where it is missing or a file differs in digest."""
    folder = Path(folder)
    manifest = read_facts(folder)
    for name, digest in manifest["files"].items():
        path = folder / name
        if not path.is_file() or digest_file(path) != digest:
            raise InputError(f"{path}: missing or not the file its manifest names; remove {folder} and rerun")
    return manifest
