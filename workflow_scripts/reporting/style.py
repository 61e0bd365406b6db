"""How every figure looks.

Colours are those of Okabe and Ito, "Color Universal Design" (2008), which readers with any
common colour vision tell apart. Marker and line style differ as well, so that a grey print reads.
Text is drawn as outlines, so a figure looks the same where its font is not installed.
"""

from dataclasses import dataclass

import matplotlib
from matplotlib.figure import Figure

BLACK, ORANGE, SKY_BLUE, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, LIGHT_GREY = "#6E6E6E", "#D9D9D9"

COLUMN_WIDTH = 7.2  # inches: a figure as wide as the text of a printed page
FONT = "DejaVu Sans"  # comes with matplotlib
TITLE_SIZE, LEGEND_SIZE = 9, 8  # points

_RC = {
    "font.family": FONT,
    "font.size": 9,
    "axes.titlesize": TITLE_SIZE,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "grid.color": LIGHT_GREY,
    "grid.linewidth": 0.6,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "legend.fontsize": LEGEND_SIZE,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.markersize": 5.5,
    "errorbar.capsize": 2.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.dpi": 200,
    "svg.fonttype": "path",
    "svg.hashsalt": "hybrid-batch-scaling",  # element ids are otherwise random
}


@dataclass(frozen=True)
class LineStyle:
    """How one strategy is drawn wherever it appears."""

    color: str
    marker: str
    linestyle: str | tuple[int, tuple[float, ...]]
    emphasis: float = 1.0  # factor on the line width

    def line(self, scale: float = 1.0) -> dict:
        """Return the keyword arguments of ``Axes.plot`` and ``Axes.errorbar``; ``scale`` thins line and marker."""
        return {
            "color": self.color,
            "marker": self.marker,
            "linestyle": self.linestyle,
            "linewidth": _RC["lines.linewidth"] * self.emphasis * scale,
            "markersize": _RC["lines.markersize"] * scale,
        }


_STYLES = {
    "untuned": LineStyle(GREY, "x", (0, (1, 1.5))),
    "english": LineStyle(GREEN, "v", (0, (5, 1.5, 1, 1.5))),
    "mono": LineStyle(BLUE, "o", "solid"),
    "cross": LineStyle(ORANGE, "s", (0, (4, 1.5))),
    "hybrid": LineStyle(VERMILLION, "D", "solid", 1.4),
    "codeswitch": LineStyle(PURPLE, "^", (0, (2, 1))),
    "bm25": LineStyle(BLACK, "", (0, (6, 3))),
}
_FURTHER_COLORS = (SKY_BLUE, PURPLE, GREEN, BLUE, ORANGE)
_FURTHER_MARKERS = ("P", "*", "<", ">", "h", "p", "d")
_FURTHER_LINES = ((0, (3, 1, 1, 1)), (0, (8, 2)), (0, (2, 2)), (0, (1, 2)))


def strategy_styles(strategies: list[str]) -> dict[str, LineStyle]:
    """Return the style of each strategy, the same in every figure of an experiment.

    The strategies of the study have fixed styles; any other takes the next combination of
    colour, marker and line that is free, in the order of ``strategies``.
    """
    further = [name for name in strategies if name not in _STYLES]
    made = {
        name: LineStyle(
            _FURTHER_COLORS[i % len(_FURTHER_COLORS)],
            _FURTHER_MARKERS[i % len(_FURTHER_MARKERS)],
            _FURTHER_LINES[i % len(_FURTHER_LINES)],
        )
        for i, name in enumerate(further)
    }
    return {name: _STYLES.get(name) or made[name] for name in strategies}


def apply_style() -> None:
    """Set matplotlib's defaults for every figure made afterwards in this process."""
    matplotlib.use("agg")
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(_RC)


def new_figure(width: float = COLUMN_WIDTH, height: float = 4.2) -> Figure:
    """Return an empty figure of ``width`` × ``height`` inches in the style above, outside pyplot's state."""
    apply_style()
    return Figure(figsize=(width, height), layout="constrained")
