"""Heat map of cross-lingual retrieval: query language by passage language, one panel a strategy."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_scripts.reporting.figure_text import draw_panel_title, draw_title
from workflow_scripts.reporting.labels import Labels, metric_label
from workflow_scripts.reporting.style import COLUMN_WIDTH, new_figure

_COLUMNS = 3
_MOST_WITH_NUMBERS = 12  # languages: beyond, a cell is too small for its number

_LIGHT = 0.47  # share of the colour map from which on black has more contrast than white


def draw_heatmap(means: pd.DataFrame, labels: Labels, *, metric: str, title: str) -> Figure:
    """Draw ``means`` (strategy, query_lang, passage_lang, mean over seeds; equal languages are monolingual)."""
    present = set(means["query_lang"]) | set(means["passage_lang"])
    languages = [lang for lang in labels.languages if lang in present]
    strategies = [name for name in labels.strategies if (means["strategy"] == name).any()]
    columns = min(_COLUMNS, len(strategies))
    lines = math.ceil(len(strategies) / columns)
    figure = new_figure(height=0.9 + lines * 7.2 / columns * 1.05)
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    top = float(means["mean"].max()) or 1.0  # where nothing was found, every cell is the colour of 0
    numbers = len(languages) <= _MOST_WITH_NUMBERS
    for i, (panel, strategy) in enumerate(zip(panels, strategies, strict=False)):
        cells = means[means["strategy"] == strategy].pivot(index="query_lang", columns="passage_lang", values="mean")
        grid = cells.reindex(index=languages, columns=languages).to_numpy(float)
        image = panel.imshow(grid, cmap="cividis", vmin=0, vmax=top, aspect="equal")
        if numbers:
            _write_numbers(panel, grid, top)
        draw_panel_title(panel, labels.strategy(strategy), (COLUMN_WIDTH - 0.8) / columns)
        panel.set_xticks(range(len(languages)), languages, fontsize=7, rotation=0 if numbers else 90)
        panel.set_yticks(range(len(languages)), [labels.language(lang) for lang in languages], fontsize=7)
        panel.tick_params(length=0, labelbottom=i + columns >= len(strategies))
        panel.set_xlabel("language of the passage" if i + columns >= len(strategies) else "")
        panel.set_ylabel("language of the query" if i % columns == 0 else "")
        panel.grid(False)
        panel.spines[:].set_visible(False)
    for panel in panels[len(strategies) :]:
        panel.set_visible(False)
    figure.colorbar(image, ax=list(panels), label=metric_label(metric), location="bottom", shrink=0.5, aspect=40)
    draw_title(figure, title)
    return figure


def _write_numbers(panel: Axes, grid: np.ndarray, top: float) -> None:
    """Write each cell's value in hundredths, black or white, whichever the cell's colour is further from."""
    for (row, column), value in np.ndenumerate(grid):
        if np.isfinite(value):
            color = "black" if value > _LIGHT * top else "white"
            panel.text(column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=6, color=color)
