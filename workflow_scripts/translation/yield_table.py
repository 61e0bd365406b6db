"""The yield of machine translation: how many pairs were drawn, kept and dropped, and why.

CSV columns: source, lang, side (``query``, ``passage``, ``pair``), reason (``kept``, a filter's name, ``not drawn``),
count. The rows of ``pair`` sum to the source's pairs; those of ``query`` and ``passage`` to the drawn pairs that have
that side. Filters that were asked are there with 0 where they dropped no pair.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError
from workflow_scripts.translation.reasons import KEPT, NOT_DRAWN, REASONS

SIDES = ("query", "passage", "pair")


class Yield(NamedTuple):
    """One row of the table."""

    source: str
    lang: str
    side: str
    reason: str
    count: int


def yield_rows(
    source: str, lang: str, reasons: dict[str, Iterable[str]], not_drawn: int, asked: Sequence[str] = REASONS
) -> list[Yield]:
    """Return the table's rows; ``reasons`` holds for each side the reasons of the drawn pairs, one a pair.

    ``asked`` names the filters that were asked.
    """
    rows = []
    for side in SIDES:
        counts = Counter(reasons[side])
        rows += [Yield(source, lang, side, reason, counts[reason]) for reason in (KEPT, *asked)]
    return [*rows, Yield(source, lang, "pair", NOT_DRAWN, not_drawn)]


def write_yield(rows: list[Yield], path: str | Path) -> None:
    """Write the table as CSV, whole or not at all."""
    with atomic_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Yield._fields)
        writer.writerows(rows)


def read_yield(path: str | Path) -> list[Yield]:
    """Return the rows of a CSV table; raise InputError with file and line where it is not such a table."""
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            if next(reader, None) != list(Yield._fields):
                raise InputError(f"{path}: line 1: not the columns {', '.join(Yield._fields)}")
            rows = []
            for cells in reader:
                if len(cells) != len(Yield._fields) or not cells[-1].isdecimal() or cells[2] not in SIDES:
                    raise InputError(f"{path}: line {reader.line_num}: not a row of the yield table; rerun translate")
                rows.append(Yield(*cells[:-1], int(cells[-1])))
            return rows
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run the rule that makes it") from None
