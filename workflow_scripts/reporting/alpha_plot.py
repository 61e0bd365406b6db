"""A metric against alpha, the share of monolingual batches, one panel a setting."""

from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from workflow_scripts.reporting.figure_text import draw_legend, draw_title
from workflow_scripts.reporting.intervals import from_zero
from workflow_scripts.reporting.labels import BM25, Labels, metric_label
from workflow_scripts.reporting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY_BLUE,
    VERMILLION,
    LineStyle,
    new_figure,
)

# A line is a model here, so colours say something else than in other figures; the order is that of size.
_MODELS = (
    LineStyle(GREY, "o", (0, (1, 1.5))),
    LineStyle(GREEN, "s", (0, (4, 1.5))),
    LineStyle(PURPLE, "^", (0, (5, 1.5, 1, 1.5))),
    LineStyle(BLUE, "D", "solid"),
    LineStyle(ORANGE, "v", (0, (8, 2))),
    LineStyle(VERMILLION, "P", (0, (2, 1))),
    LineStyle(SKY_BLUE, "X", (0, (3, 1, 1, 1))),
    LineStyle(BLACK, "<", (0, (1, 1))),
    LineStyle(GREEN, ">", "solid"),
    LineStyle(PURPLE, "h", (0, (6, 3))),
)
_DODGE = 0.012  # of alpha, between neighbouring models
_DISTANCE = "rank_distance_share"


def draw_alpha(
    rows: pd.DataFrame, models: pd.DataFrame, alphas: dict[str, float], labels: Labels, *, metric: str, title: str
) -> Figure:
    """Draw one line a model through the strategies of ``alphas``, with intervals.

    ``rows`` are those of per_group.csv for one collection and the group of all its languages. The panels are the
    settings that ``metric`` has, and rank distance where the collection is parallel.
    """
    ours = rows[rows["strategy"].isin(list(alphas)) & (rows["model"] != BM25)]
    panels = [(setting, metric) for setting in dict.fromkeys(ours.loc[ours["metric"] == metric, "setting"])]
    if (ours["metric"] == _DISTANCE).any():
        panels.append(("multilingual", _DISTANCE))
    sizes = models.set_index("model")["non_embedding"]
    order = sorted(dict.fromkeys(ours["model"]), key=lambda model: (sizes[model], model))
    columns = 2 if len(panels) > 1 else 1
    lines = -(-len(panels) // columns)
    figure = new_figure(height=1.2 + 2.3 * lines)
    places = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes, (setting, shown) in zip(places, panels, strict=False):
        _draw_panel(axes, ours[(ours["setting"] == setting) & (ours["metric"] == shown)], order, alphas, labels)
        if shown == _DISTANCE:
            axes.set_title("Rank distance (lower is less biased)")
        else:
            axes.set_title(f"{setting.capitalize()} {metric_label(shown)}")
        axes.margins(y=0.1)
        from_zero(axes)
        axes.set_xticks(sorted(set(alphas.values())))
        if shown == _DISTANCE:
            axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g} %"))
            axes.set_ylabel("share of the pool")
        else:
            axes.set_ylabel(metric_label(shown))
    for axes in places[len(panels) :]:
        axes.set_visible(False)
    for axes in places[columns * (lines - 1) :]:
        axes.set_xlabel("alpha: share of monolingual batches")
    handles, names = places[0].get_legend_handles_labels()
    draw_legend(figure, handles, names, 6, handlelength=3)
    draw_title(figure, title)
    return figure


def _model_style(i: int) -> LineStyle:
    """Return the style of the i-th model: beyond the first ten, a colour and line come again with another marker."""
    return replace(_MODELS[i % len(_MODELS)], marker=_MODELS[(i + 3 * (i // len(_MODELS))) % len(_MODELS)].marker)


def _draw_panel(axes: Axes, rows: pd.DataFrame, order: list[str], alphas: dict[str, float], labels: Labels) -> None:
    for i, model in enumerate(order):
        line = rows[rows["model"] == model]
        line = line.assign(alpha=line["strategy"].map(alphas)).sort_values("alpha")
        mean = line["mean"].to_numpy(float)
        reach = np.stack([mean - line["low"].to_numpy(float), line["high"].to_numpy(float) - mean])
        axes.errorbar(
            line["alpha"] + _DODGE * (i - (len(order) - 1) / 2),
            mean,
            yerr=np.nan_to_num(np.maximum(reach, 0)),
            label=labels.model(model),
            **_model_style(i).line(),
        )
