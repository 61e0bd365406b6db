"""Writing the CSV tables of the analysis: same rows, same bytes."""

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from workflow_scripts.data.atomic import atomic_file

DECIMALS = 6  # far below any interval's width, far above what the order of additions changes


def csv_value(value: str | int | float | None) -> str:
    """Return text and integers as they are, a float with six decimals, None and NaN as nothing."""
    if value is None:
        return ""
    if isinstance(value, float):
        # Adding zero turns the -0.0 of a rounded tiny negative number into 0.0.
        return "" if math.isnan(value) else f"{round(float(value), DECIMALS) + 0.0:.{DECIMALS}f}"
    return str(value)


def write_csv(path: str | Path, columns: Sequence[str], rows: Iterable[Sequence[str | int | float | None]]) -> None:
    """Write a head line and ``rows`` (one value a column), in UTF-8 with Unix line ends, whole or not at all."""
    with atomic_file(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            if len(row) != len(columns):
                raise ValueError(f"{path}: a row has {len(row)} values for {len(columns)} columns")
            writer.writerow([csv_value(value) for value in row])
