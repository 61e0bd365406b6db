"""How many rows a rule kept and how many it dropped, and why."""

import csv
import logging
from collections import Counter
from pathlib import Path

from workflow_scripts.data.atomic import atomic_file

_log = logging.getLogger("rows")

KEPT = "kept"
COLUMNS = ("kind", "reason", "count")

# (kind, reason) -> rows. Kind is the table; reason is KEPT, why rows were dropped,
# or "kept: …" for rows that were kept although something about them is unusual.
RowCounts = Counter[tuple[str, str]]


def write_row_counts(counts: RowCounts, path: str | Path) -> None:
    """Write kind, reason, count as CSV, sorted, and log the same."""
    for (kind, reason), count in sorted(counts.items()):
        _log.info("%s, %s: %d", kind, reason, count)
    with atomic_file(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((kind, reason, count) for (kind, reason), count in sorted(counts.items()))
