"""Batch composition: which languages the examples of monolingual and cross-lingual batches really were in."""

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from workflow_scripts.reporting.figure_text import draw_legend, draw_panel_title
from workflow_scripts.reporting.labels import Labels
from workflow_scripts.reporting.style import BLUE, COLUMN_WIDTH, ORANGE, new_figure

MONOLINGUAL, CROSS_LINGUAL = "monolingual", "cross-lingual"
_LOOKS = {MONOLINGUAL: {"facecolor": BLUE}, CROSS_LINGUAL: {"facecolor": ORANGE, "hatch": "////", "edgecolor": "white"}}
_COLUMNS = 4


def draw_batches(shares: pd.DataFrame, labels: Labels) -> Figure:
    """Draw ``shares`` (strategy, regime, lang, share of the run's texts, mean over runs), one panel a strategy."""
    strategies = [name for name in labels.strategies if (shares["strategy"] == name).any()]
    seen = set(shares["lang"])
    languages = [lang for lang in labels.languages if lang in seen]
    languages += sorted(seen - set(languages))
    columns = min(_COLUMNS, len(strategies))
    lines = math.ceil(len(strategies) / columns)
    figure = new_figure(height=0.8 + lines * (0.5 + 0.22 * len(languages)))
    panels = figure.subplots(lines, columns, sharey=True, squeeze=False).ravel()
    places = np.arange(len(languages))
    for panel, strategy in zip(panels, strategies, strict=False):
        left = np.zeros(len(languages))
        for regime, look in _LOOKS.items():
            ours = shares[(shares["strategy"] == strategy) & (shares["regime"] == regime)].set_index("lang")["share"]
            width = ours.reindex(languages).fillna(0).to_numpy(float)
            panel.barh(places, width, left=left, height=0.75, linewidth=0, **look)
            left += width
        draw_panel_title(panel, labels.strategy(strategy), (COLUMN_WIDTH - 0.8) / columns, size=8.5)
        panel.grid(axis="x", visible=True)
        panel.grid(axis="y", visible=False)
        panel.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g} %"))
    for panel in panels[len(strategies) :]:
        panel.set_visible(False)
    panels[0].set_yticks(places, [labels.language(lang) for lang in languages])
    panels[0].invert_yaxis()
    panels[columns * (lines - 1)].set_xlabel("share of the queries and passages", loc="left")
    draw_legend(figure, [Patch(**look) for look in _LOOKS.values()], [f"{regime} batches" for regime in _LOOKS], 2)
    return figure
