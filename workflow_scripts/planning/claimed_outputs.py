"""What each Snakemake process that runs in a folder makes, so that no two make the same file.

Snakemake looks for the locks of others, then writes its own: two that start within milliseconds of each other both find
none. And the first to end removes the locks of all. The system, not a file's content, says here whether a process
lives: a claim ends with it, however it ends, and leaves nothing to be unlocked.
"""

import fcntl
import logging
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

REMEDY = "another Snakemake process is making it: wait until that has ended and run again"
# Snakemake's words for a file that went between two of its looks at it.
_GONE = re.compile(r"Unable to obtain modification time of file (.+) although it existed before")


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
            claimed = _read_claim(path)
            if claimed is None:
                path.unlink()
            elif both := outputs & claimed:
                return min(both)
        # Whom the umask lets write here reads it too: a folder may be a group's.
        descriptor = os.open(folder / f"{uuid4().hex}.outputs", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        # Never closed, nor handed to a child: the lock is this process's, and ends with it.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, "\n".join(sorted(outputs)).encode())
    return None


def explain_what_went(folder: Path, record: logging.LogRecord) -> bool:
    """Let a record of Snakemake's log pass; of a file that went because another process claimed it, it says so.

    Snakemake looks at files before it looks for locks, and a job's outputs go when the job begins.
    """
    if gone := _GONE.search(str(record.msg)):
        with suppress(FileNotFoundError):  # a claim that another process has just taken away
            if any(gone[1] in (_read_claim(path) or ()) for path in folder.glob("*.outputs")):
                record.msg = f"{gone[1]}: {REMEDY}"
    return True


def _read_claim(path: Path) -> set[str] | None:
    """Return what a living process has claimed, None where it has ended."""
    with path.open("r+", encoding="utf-8") as claimed:
        try:
            fcntl.flock(claimed, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return set(claimed.read().splitlines())
    return None
