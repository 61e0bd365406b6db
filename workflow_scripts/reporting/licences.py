"""The licence of data: what the config says, else what is known of its format."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError

UNSTATED = "see the source"  # the config's default for `licence`


class Licences:
    """Rows of ``licences.csv`` (format, name, licence, origin) by format."""

    def __init__(self, path: str | Path) -> None:
        self._path = path
        with open(path, encoding="utf-8", newline="") as file:
            self._rows = {row["format"]: row for row in csv.DictReader(file)}

    def row(self, format: str) -> Mapping[str, str]:
        """Return the row of a format; raise InputError where there is none."""
        if format not in self._rows:
            raise InputError(f"{self._path}: no row for the format {format}; add its name, licence and origin")
        return self._rows[format]

    def of(self, entry: Mapping[str, Any]) -> str:
        """Return the licence of a config's entry, by its keys ``licence``, if it has one, and ``format``."""
        stated = entry.get("licence", UNSTATED)
        return self.row(entry["format"])["licence"] if stated == UNSTATED else stated
