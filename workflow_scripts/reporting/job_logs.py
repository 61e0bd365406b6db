"""The end of a job's log: the time that it took (``workflow_scripts.command_line``)."""

import os
import re
from pathlib import Path

from workflow_scripts.data.spent_time import SpentTime

_TAIL = 4096  # bytes; the two lines have less than three hundred, and each process of a model writes them
_LINE = re.compile(rb"command_line: processor time ([0-9.]+) s\s*\Z")
_EARLIER = re.compile(rb"command_line: earlier attempts: processor time ([0-9.]+) s, wall time ([0-9.]+) s\n")


def processor_time(path: str | Path) -> float | None:
    """Return the seconds that a job's log ends with, those of earlier attempts among them.

    Nothing where it has none or there is no log.
    """
    found = _LINE.search(_tail(path))
    return float(found[1]) if found else None


def earlier_attempts(path: str | Path) -> SpentTime:
    """Return what a job took before it was killed and resumed, as its log says; nothing where it was not."""
    tail = _tail(path)
    found = _EARLIER.search(tail) if _LINE.search(tail) else None
    return SpentTime(wall=float(found[2]), processor=float(found[1])) if found else SpentTime()


def _tail(path: str | Path) -> bytes:
    try:
        with open(path, "rb") as file:
            file.seek(-min(_TAIL, os.fstat(file.fileno()).st_size), os.SEEK_END)
            return file.read()
    except FileNotFoundError:
        return b""
