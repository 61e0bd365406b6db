"""JSON objects that tell when they are damaged: a digest of all else in the object stands in it, under ``seal``."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError

SEAL = "seal"


def write_sealed(path: str | Path, content: dict[str, Any]) -> None:
    """Write ``content`` and its seal, whole or not at all; raise TypeError on what is no JSON value."""
    content = json.loads(json.dumps(content))  # as it will be read: keys of mappings become text
    with atomic_file(path) as temporary:
        sealed = content | {SEAL: _digest(content)}
        temporary.write_text(json.dumps(sealed, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_sealed(path: str | Path, remedy: str) -> dict[str, Any]:
    """Return what ``write_sealed`` wrote; raise InputError where it is missing or, naming ``remedy``, is damaged."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        seal = content.pop(SEAL, None)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run the rule that makes it") from None
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(f"{path}: is damaged ({error}); {remedy}") from None
    if seal != _digest(content):
        raise InputError(f"{path}: is damaged, or was not written by this workflow (its seal is wrong); {remedy}")
    return content


def _digest(content: dict[str, Any]) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
