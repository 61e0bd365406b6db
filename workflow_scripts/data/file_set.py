"""A *file set*: some files of one dataset repository at one commit, named by patterns, and its manifest.

Fetched files lie as in the repository, below ``<downloads>/<owner>/<dataset>/<commit>/``, so a reader finds them there
as it finds files in a folder of one's own. The set's manifest, beside them, is written when the last of them is whole.
"""

import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import blake2b
from pathlib import Path
from typing import Any

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.hub_file import HubFile, difference

BESIDE = ".fetched"  # folder of manifests and listings, beside a repository's own files
_LARGE = 64 << 20  # bytes
ALTERNATIVE = "|"  # between patterns of which the first that finds something counts


@dataclass(frozen=True)
class FileSet:
    """Patterns into one repository. ``*`` stays within a folder's name; alternatives stand between ``|``."""

    hub: str
    revision: str
    patterns: tuple[str, ...]

    @property
    def name(self) -> str:
        """What its manifest is called: readable, and different for different patterns."""
        digest = blake2b("\n".join(self.patterns).encode(), digest_size=4).hexdigest()
        readable = re.sub(r"[^A-Za-z0-9.]+", "-", self.patterns[0].split(ALTERNATIVE)[0]).strip("-.")
        return f"{readable}-{digest}"

    def folder(self, downloads: str | Path) -> Path:
        """Where the repository's files lie below the folder of all downloads."""
        return Path(downloads, self.hub, self.revision)

    def manifest(self, downloads: str | Path) -> Path:
        """Where its manifest lies."""
        return self.folder(downloads) / BESIDE / f"{self.name}.json"


def matching(names: list[str], pattern: str) -> list[str]:
    """Return the names that the first fruitful alternative of ``pattern`` matches, in the order of ``names``.

    >>> matching(["a/b-1.txt", "a/c/b-2.txt", "d"], "x|a/b-*.txt")
    ['a/b-1.txt']
    """
    for alternative in pattern.split(ALTERNATIVE):
        parts = alternative.split("/")
        found = [
            name
            for name in names
            if name.count("/") + 1 == len(parts) and all(map(fnmatchcase, name.split("/"), parts))
        ]
        if found:
            return found
    return []


def write_manifest(path: Path, patterns: list[str], files: dict[str, dict[str, Any]]) -> None:
    """Write which files (path → size and digest) a set holds; equal sets give equal bytes."""
    with atomic_file(path) as temporary:
        content = json.dumps({"patterns": patterns, "files": files}, indent=2, sort_keys=True)
        temporary.write_text(content + "\n", encoding="utf-8")


def read_manifest(path: Path) -> dict[str, dict[str, Any]]:
    """Return path → size and digest of a set's files."""
    return json.loads(path.read_text(encoding="utf-8"))["files"]


def check_fetched(manifests: list[str]) -> None:
    """Raise InputError where a file that a manifest names is gone or another.

    A large one is compared by size alone: its content is what the reader takes time for, and most are compressed in
    formats that carry a checksum.
    """
    for path in map(Path, manifests):
        for name, facts in read_manifest(path).items():
            file = path.parents[1] / name
            whole = file.is_file() and file.stat().st_size == facts["size"]
            if whole and facts["size"] <= _LARGE:
                whole = not difference(HubFile(name, **facts), file)
            if not whole:
                raise InputError(
                    f"{file}: is not the file that was fetched; remove {path} and run again to fetch it anew"
                )
