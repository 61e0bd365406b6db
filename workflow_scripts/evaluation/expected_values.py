"""What an experiment should give, as data with tolerances (``expected/<experiment>.yaml``): a reproduction's proof."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from workflow_scripts.data.errors import InputError

OK, CLOSE, FAIL = "OK", "close", "FAIL"
_CLOSE = 2.0  # tolerances


@dataclass(frozen=True)
class ExpectedValue:
    """One mean of ``per_group.csv`` and how far off it may be."""

    collection: str
    setting: str
    metric: str
    group: str
    model: str
    strategy: str
    value: float
    tolerance: float

    @property
    def name(self) -> str:
        """Name the cell for a reader."""
        return f"{self.model} {self.strategy}: {self.collection}, {self.setting}, {self.metric}, {self.group}"


_KEYS = tuple(field.name for field in fields(ExpectedValue))
_PLACE = _KEYS[:6]


def read_expected(path: str | Path) -> list[ExpectedValue]:
    """Read a file of expected values; raise InputError that names file, entry and reason where it is not one."""
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; values are expected of the experiments that have one") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not YAML ({str(error).splitlines()[0]})") from None
    entries = content.get("values") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{path}: has no list `values`")
    return [_value(entry, f"{path}: values[{number}]") for number, entry in enumerate(entries)]


def _value(entry: Any, where: str) -> ExpectedValue:
    if not isinstance(entry, dict) or set(entry) != set(_KEYS):
        raise InputError(f"{where}: needs just the keys {', '.join(_KEYS)}")
    for key in ("value", "tolerance"):
        if isinstance(entry[key], bool) or not isinstance(entry[key], int | float):
            raise InputError(f"{where}: {key} is {entry[key]!r}, not a number")
    if entry["tolerance"] <= 0:
        raise InputError(f"{where}: tolerance is {entry['tolerance']}, not above 0")
    return ExpectedValue(**{key: entry[key] if key in ("value", "tolerance") else str(entry[key]) for key in _KEYS})


def verdicts(expected: list[ExpectedValue], per_group: pd.DataFrame) -> list[tuple[ExpectedValue, str, float | None]]:
    """Return each value, its status and what was found (None where the table has no such row).

    ``OK`` within the tolerance, ``close`` within twice the tolerance, else ``FAIL``.
    """
    means = per_group.set_index(list(_PLACE))["mean"].to_dict()
    found = []
    for value in expected:
        actual = means.get(tuple(getattr(value, key) for key in _PLACE))
        # Rounding in the table must not turn a value that just holds into one that does not.
        distance = float("inf") if actual is None else abs(actual - value.value) - 1e-9
        status = OK if distance <= value.tolerance else CLOSE if distance <= _CLOSE * value.tolerance else FAIL
        found.append((value, status, actual))
    return found
