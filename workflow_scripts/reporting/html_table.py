"""A table of the page: cells with the text that is read and the value by which it is sorted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

MINUS = "−"
SYSTEM = ("model", "strategy")  # the heads of a system's names


@dataclass(frozen=True)
class Cell:
    """What a cell shows, ``note`` below it in small.

    ``sort`` orders it (a number for numbers, else its text); ``head`` makes it a row's header.
    """

    text: str
    sort: str
    number: bool = False
    head: bool = False
    note: str = ""


@dataclass(frozen=True)
class HtmlTable:
    """A table with a caption; ``numbers`` says for each column whether it holds numbers."""

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def numbers(self) -> tuple[bool, ...]:
        """Whether each column holds numbers (an empty table's columns hold text)."""
        return tuple(cell.number for cell in self.rows[0]) if self.rows else (False,) * len(self.columns)

    @property
    def of_systems(self) -> bool:
        """Whether a row is a system, whose two names then stay in sight while the rest is scrolled."""
        return self.columns[:2] == SYSTEM


def make_table(name: str, caption: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> HtmlTable:
    """Return a table; raise ValueError where a row has not as many cells as there are columns."""
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"table {name}: a row has {len(row)} cells for {len(columns)} columns")
    return HtmlTable(name, caption, tuple(columns), tuple(tuple(row) for row in rows))


def text(value: object, head: bool = False) -> Cell:
    """Return a cell of text."""
    return Cell(str(value), str(value).casefold(), head=head)


def count(value: int) -> Cell:
    """Return a cell of a whole number, thousands parted by narrow spaces."""
    return Cell(f"{value:,}".replace(",", "\u202f"), str(value), number=True)


def number(value: float, decimals: int = 3, sign: bool = False) -> Cell:
    """Return a cell of a number; one that is missing (NaN) is a dash and sorts last."""
    if not math.isfinite(value):
        return Cell("–", "", number=True)
    return Cell(spell(value, decimals, sign), repr(float(value)), number=True)


def interval(mean: float, low: float, high: float, decimals: int = 3, sign: bool = False) -> Cell:
    """Return a cell of ``mean [low, high]``, sorted by the mean; without an interval the mean stands alone."""
    if not math.isfinite(mean):
        return Cell("–", "", number=True)
    shown = spell(mean, decimals, sign)
    if math.isfinite(low) and math.isfinite(high):
        shown += f" [{spell(low, decimals, sign)}, {spell(high, decimals, sign)}]"
    return Cell(shown, repr(float(mean)), number=True)


def measured(mean: float, sd: float, low: float, high: float, decimals: int = 3) -> Cell:
    """Return a cell of ``mean ± sd`` with the interval below, sorted by the mean; what is missing (NaN) is left out."""
    if not math.isfinite(mean):
        return number(mean)
    shown = spell(mean, decimals) + (f" ± {spell(sd, decimals)}" if math.isfinite(sd) else "")
    bounds = [spell(low, decimals), spell(high, decimals)] if math.isfinite(low) and math.isfinite(high) else []
    return Cell(shown, repr(float(mean)), number=True, note=f"[{', '.join(bounds)}]" if bounds else "")


def decimals_of(metric: str) -> int:
    """Return how many decimals a metric is shown with: ranks are whole numbers of passages, the rest lie in 0..1."""
    return 0 if metric == "rank_distance" else 3


def spell(value: float, decimals: int, sign: bool = False) -> str:
    """Return a number with a true minus sign, and a plus sign where ``sign`` asks for one."""
    shown = f"{value:{'+' if sign else ''}.{decimals}f}"
    if float(shown) == 0:
        shown = shown.lstrip("+-")
    return shown.replace("-", MINUS)
