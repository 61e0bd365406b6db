"""A file as a hub lists it, and whether a copy on disk is that file."""

from hashlib import sha1, sha256
from pathlib import Path
from typing import NamedTuple


class HubFile(NamedTuple):
    """A file as the hub lists it. ``digest`` is ``sha256:…`` (large files) or ``git:…`` (git's SHA-1 of a blob)."""

    path: str
    size: int
    digest: str


def difference(file: HubFile, path: Path) -> str:
    """Return how the file at ``path`` differs from ``file``; an empty string where it does not."""
    if not path.is_file():
        return "is missing"
    if (size := path.stat().st_size) != file.size:
        return f"has {size} bytes, not {file.size}"
    kind, _, expected = file.digest.partition(":")
    digest = sha256() if kind == "sha256" else sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)
    with open(path, "rb") as content:
        while block := content.read(1 << 20):
            digest.update(block)
    return "" if digest.hexdigest() == expected else f"has another {'SHA-256' if kind == 'sha256' else 'git hash'}"
