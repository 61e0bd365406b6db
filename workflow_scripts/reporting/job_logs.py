"""The last line of a job's log: the processor time that it took (``workflow_scripts.command_line``)."""

import os
import re
from pathlib import Path

_TAIL = 400  # bytes; the line has less than a hundred
_LINE = re.compile(rb"command_line: processor time ([0-9.]+) s\s*\Z")


def processor_time(path: str | Path) -> float | None:
    """Return the seconds that a job's log ends with; nothing where it has none or there is no log."""
    try:
        with open(path, "rb") as file:
            file.seek(-min(_TAIL, os.fstat(file.fileno()).st_size), os.SEEK_END)
            found = _LINE.search(file.read())
    except FileNotFoundError:
        return None
    return float(found[1]) if found else None
