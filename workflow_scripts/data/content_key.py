"""What unfinished work belongs to: state that other settings, inputs or code left is never gone on with."""

import json
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from workflow_scripts.data.manifest import checked_digest, checked_digests, digest_file, versions
from workflow_scripts.data.sealed_parquet import check_table


def content_key(settings: Any, paths_to_inputs: Iterable[str | Path]) -> str:
    """Return a digest of settings (JSON values), input files or folders, versions and our loaded code.

    Raises InputError for a file that is not what the manifest beside it names, and for a table of which a column is
    damaged, also one that the work leaves alone: what is made would be of a file that is to be made anew.
    """
    content: dict[str, Any] = {"settings": settings, "versions": versions(), "inputs": {}, "code": {}}
    for path in map(Path, paths_to_inputs):
        if path.suffix == ".parquet":
            check_table(path)
        digests = checked_digests(path) if path.is_dir() else {path.name: checked_digest(path)}
        content["inputs"][str(path)] = list(digests.items())
    package = __name__.partition(".")[0]
    for name, module in sys.modules.items():
        if name.partition(".")[0] == package and getattr(module, "__file__", None):
            content["code"][name] = digest_file(module.__file__)
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
