"""What each Snakemake process that runs in a folder makes, so that no two make the same file.

Snakemake looks for the locks of others, then writes its own: two that start within milliseconds of each other both find
none. And the first to end removes the locks of all. The system, not a file's content, says here whether a process
lives: a claim ends with it, however it ends, and leaves nothing to be unlocked.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def claim_outputs(folder: Path, outputs: Iterable[str]) -> str | None:
    """Claim files for this process until it ends; return one that another living process has claimed, if there is one.

    ``folder`` keeps one file a process, which lists its outputs, one a line. Where its file system knows no locks
    nothing is claimed: Snakemake's own lock is all there is.
    """
    outputs = set(outputs)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "turn").open("w") as turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX)
        except OSError:
            return None
        for path in folder.glob("*.outputs"):
            with path.open("r+", encoding="utf-8") as claimed:
                if _is_left_behind(claimed):
                    path.unlink()
                elif both := outputs.intersection(claimed.read().splitlines()):
                    return min(both)
        descriptor, _ = tempfile.mkstemp(suffix=".outputs", dir=folder)
        # Never closed, nor handed to a child: the lock is this process's, and ends with it.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, "\n".join(sorted(outputs)).encode())
    return None


def _is_left_behind(claimed) -> bool:
    try:
        fcntl.flock(claimed, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
