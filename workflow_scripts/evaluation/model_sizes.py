"""The models' sizes, as ``count_parameters`` writes them."""

import csv
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.data.errors import InputError


@dataclass(frozen=True)
class ModelSize:
    """One model: its label, its family, and its parameters without the embedding table."""

    model: str
    label: str
    family: str
    non_embedding: int


def read_model_sizes(path: str | Path) -> dict[str, ModelSize]:
    """Read models.csv; raise InputError where a column is missing or a size is not a positive whole number."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run count_parameters") from None
    sizes = {}
    for line, row in enumerate(rows, start=2):
        missing = [name for name in ("model", "label", "family", "non_embedding") if not row.get(name)]
        if missing:
            raise InputError(f"{path}, line {line}: {', '.join(missing)} is missing; rerun count_parameters")
        if not row["non_embedding"].isdecimal() or int(row["non_embedding"]) == 0:
            raise InputError(
                f"{path}, line {line}: non_embedding is {row['non_embedding']!r}, not a positive whole number; "
                "rerun count_parameters"
            )
        sizes[row["model"]] = ModelSize(row["model"], row["label"], row["family"], int(row["non_embedding"]))
    return sizes
