"""Forest plot: paired differences of a strategy and its baselines by language and group, with intervals."""

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from workflow_scripts.reporting.clear_differences import is_clear
from workflow_scripts.reporting.figure_text import draw_legend, draw_panel_title, draw_title
from workflow_scripts.reporting.intervals import least_extent
from workflow_scripts.reporting.labels import BM25, Labels, metric_label
from workflow_scripts.reporting.style import BLACK, COLUMN_WIDTH, new_figure, strategy_styles

_COLUMNS = 4
_NO_MARKER = "P"  # for BM25, which is a line elsewhere
LANGUAGE = "lang:"  # what a language's name in the column "group" begins with


def draw_comparisons(rows: pd.DataFrame, labels: Labels, *, metric: str, significance: float, title: str) -> Figure:
    """Draw ``rows`` of comparisons.csv (one collection, setting, metric and strategy), one panel a model.

    A marker is filled where the difference is clear (``is_clear``) at ``significance``, hollow elsewhere.
    """
    codes = [lang for lang in labels.languages if (rows["group"] == LANGUAGE + lang).any()]
    groups = [group for group in labels.groups if (rows["group"] == group).any()]
    places = {name: -float(i) for i, name in enumerate(groups)}
    # A gap of one line parts the groups, which are means, from the languages.
    places |= {LANGUAGE + lang: -(len(groups) + (0.6 if groups else 0) + i) for i, lang in enumerate(codes)}
    models = [model for model in labels.models if (rows["model"] == model).any()]
    baselines = [name for name in (*labels.strategies, BM25) if (rows["baseline"] == name).any()]
    styles = strategy_styles(baselines)
    columns = min(_COLUMNS, len(models))
    lines = math.ceil(len(models) / columns)
    figure = new_figure(height=1.1 + lines * (0.4 + 0.27 * len(places)))
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for panel, model in zip(panels, models, strict=False):
        panel.axvline(0, color=BLACK, linewidth=0.9)
        for i, baseline in enumerate(baselines):
            ours = rows[(rows["model"] == model) & (rows["baseline"] == baseline) & rows["group"].isin(places)]
            y = ours["group"].map(places).to_numpy(float) - 0.28 * (i - (len(baselines) - 1) / 2)
            x = ours["difference"].to_numpy(float)
            style = styles[baseline]
            reach = np.nan_to_num(np.maximum([x - ours["low"].to_numpy(float), ours["high"].to_numpy(float) - x], 0))
            panel.errorbar(x, y, xerr=reach, linestyle="none", color=style.color, elinewidth=1.1)
            clear = is_clear(ours, significance).to_numpy(bool)
            for chosen, face in ((clear, style.color), (~clear, "white")):
                panel.plot(
                    x[chosen],
                    y[chosen],
                    linestyle="none",
                    marker=style.marker or _NO_MARKER,
                    color=style.color,
                    markerfacecolor=face,
                )
        draw_panel_title(panel, labels.model(model), (COLUMN_WIDTH - 1.3) / columns)
        panel.xaxis.set_major_locator(MaxNLocator(4 if columns < _COLUMNS else 3))
        panel.tick_params(axis="x", labelbottom=True)
        panel.grid(axis="x", visible=True)
        panel.grid(axis="y", visible=False)
        panel.tick_params(axis="y", length=0)
        panel.spines["left"].set_visible(False)
    for panel in panels[len(models) :]:
        panel.set_visible(False)
    least_extent(panels[0], "x")
    panels[columns * (lines - 1)].set_xlabel(f"difference in {metric_label(metric)} (right of 0: better)", loc="left")
    names = [name if name in groups else labels.language(name.removeprefix(LANGUAGE)) for name in places]
    panels[0].set_yticks(list(places.values()), names)
    panels[0].set_ylim(min(places.values()) - 0.7, 0.7)
    draw_title(figure, title)
    legend = [
        Line2D([], [], color=styles[name].color, marker=styles[name].marker or _NO_MARKER, linestyle="-")
        for name in baselines
    ]
    legend += [Line2D([], [], color=BLACK, marker="o", linestyle="none", markerfacecolor=face) for face in ("k", "w")]
    meaning = [f"minus {labels.strategy(name)}" for name in baselines]
    meaning += ["clear", "not clear"]
    draw_legend(figure, legend, meaning, 4)
    return figure
