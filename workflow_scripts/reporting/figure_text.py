"""Text in figures that fits: titles and legends no wider than their place, labels in letters that the font has."""

import logging
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import get_data_path
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.legend import Legend
from matplotlib.textpath import TextPath

from workflow_scripts.reporting.labels import Labels
from workflow_scripts.reporting.style import COLUMN_WIDTH, FONT, LEGEND_SIZE, TITLE_SIZE

_log = logging.getLogger(__name__)
_POINTS = 72  # an inch
_FEWEST_CHARACTERS = 8  # of a line: narrower text would be read letter by letter
_HANDLE = 2.0  # a legend's handle where nothing else is said, in letters of its size, as all its spaces
_SPACES = 2.8  # between handle and name, and between two columns
_SUPTITLE_SIZE = 10


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width in inches of one line of ``size`` points."""
    weight = "bold" if bold else "normal"
    return TextPath((0, 0), text, size, prop=FontProperties(family=FONT, weight=weight)).get_extents().width / _POINTS


def wrapped(text: str, width: float, size: float, bold: bool = False) -> str:
    """Return ``text`` in lines that are about ``width`` inches wide at most; a longer word is broken.

    Lines that it has already stay apart.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        needed = text_width(line, size, bold) if line.strip() else 0.0
        fitting = max(_FEWEST_CHARACTERS, int(len(line) * width / needed)) if needed > width else len(line) + 1
        lines += textwrap.wrap(line, fitting) or [""]
    return "\n".join(lines)


def legend_columns(names: Sequence[str], most: int, handlelength: float = _HANDLE) -> int:
    """Return in how many columns of a legend, ``most`` at most, ``names`` stand within the figure's width.

    A legend is filled column by column, the first ones having an entry more.
    """
    beside = (handlelength + _SPACES) * LEGEND_SIZE / _POINTS
    widths = [max(text_width(line, LEGEND_SIZE) for line in name.split("\n")) for name in names]
    for columns in range(min(most, len(names)), 1, -1):
        filled = np.array_split(np.array(widths), columns)
        if sum(column.max() + beside for column in filled) <= COLUMN_WIDTH:
            return columns
    return 1


def draw_legend(
    figure: Figure, handles: Sequence[Any], names: Sequence[str], most: int, handlelength: float = _HANDLE, **looks: str
) -> Legend:
    """Draw a legend below everything, in ``most`` columns or fewer; names too long for one column are wrapped."""
    names = [wrapped(name, COLUMN_WIDTH - 1, LEGEND_SIZE) for name in names]
    columns = legend_columns(names, most, handlelength)
    return figure.legend(handles, names, loc="outside lower center", ncols=columns, handlelength=handlelength, **looks)


def draw_title(figure: Figure, title: str) -> None:
    """Write the title of a figure of several panels."""
    shown = wrapped(title, COLUMN_WIDTH - 0.2, _SUPTITLE_SIZE, bold=True)
    figure.suptitle(shown, x=0.01, ha="left", fontsize=_SUPTITLE_SIZE, fontweight="bold")


def draw_panel_title(axes: Axes, title: str, width: float, size: float = TITLE_SIZE) -> None:
    """Write the title of a panel that is ``width`` inches wide."""
    axes.set_title(wrapped(title, width, size, bold=True), fontsize=size)


@cache
def _letters() -> frozenset[int]:
    """Return the characters that the figures' font has, in normal and in bold."""
    folder = Path(get_data_path(), "fonts", "ttf")
    fonts = [FT2Font(folder / f"{FONT.replace(' ', '')}{weight}.ttf") for weight in ("", "-Bold")]
    return frozenset.intersection(*(frozenset(font.get_charmap()) for font in fonts))


def figure_labels(settings: dict[str, Any], collection: str) -> Labels:
    """Return ``Labels.from_settings`` as figures can write them.

    A model or strategy whose label has a letter that the font lacks, which would be drawn as an empty box, goes by
    its name in the config.
    """
    labels = Labels.from_settings(settings, collection)
    return replace(labels, models=_drawable(labels.models), strategies=_drawable(labels.strategies))


def _drawable(labels: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name, label in labels.items():
        lacking = {letter for letter in label if ord(letter) not in _letters()}
        if lacking:
            _log.warning("label %r: figures have no letter %s, so they say %r", label, min(lacking), name)
        found[name] = name if lacking else label
    return found
