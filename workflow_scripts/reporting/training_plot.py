"""Training curves: loss against step, one panel a model, one line a strategy."""

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from workflow_scripts.reporting.figure_text import draw_legend, draw_panel_title
from workflow_scripts.reporting.labels import Labels
from workflow_scripts.reporting.style import COLUMN_WIDTH, new_figure, strategy_styles

_COLUMNS = 3
_WINDOWS = 30  # a line is the mean of this many equal stretches of training: single batches are noisy


def draw_training(losses: pd.DataFrame, labels: Labels) -> Figure:
    """Draw ``losses`` (model, strategy, seed, step, loss): thick lines are means over seeds, thin ones the seeds."""
    models = [model for model in labels.models if (losses["model"] == model).any()]
    styles = strategy_styles(list(labels.strategies))
    columns = min(_COLUMNS, len(models))
    lines = math.ceil(len(models) / columns)
    figure = new_figure(height=0.9 + 2.5 * lines)
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    drawn = {}
    for panel, model in zip(panels, models, strict=False):
        for strategy in labels.strategies:
            ours = losses[(losses["model"] == model) & (losses["strategy"] == strategy)]
            if ours.empty:
                continue
            style = styles[strategy]
            curves = smooth(ours)
            for _, curve in curves.groupby("seed"):
                panel.plot(curve["step"], curve["loss"], color=style.color, linewidth=0.5, alpha=0.45)
            mean = curves.groupby("window")[["step", "loss"]].mean()
            drawn[strategy] = panel.plot(
                mean["step"],
                mean["loss"],
                color=style.color,
                linestyle=style.linestyle,
                marker=style.marker,
                markevery=max(1, len(mean) // 6),
                markersize=4,
            )[0]
        draw_panel_title(panel, labels.model(model), (COLUMN_WIDTH - 0.6) / columns)
        panel.set_yscale("log")
        panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panel.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        panel.yaxis.set_minor_locator(NullLocator())
    for panel in panels[len(models) :]:
        panel.set_visible(False)
    for panel in panels[::columns]:
        panel.set_ylabel("loss (log scale)")
    panels[columns * (lines - 1)].set_xlabel("training step", loc="left")
    draw_legend(figure, list(drawn.values()), [labels.strategy(strategy) for strategy in drawn], 4, handlelength=3)
    return figure


def smooth(losses: pd.DataFrame) -> pd.DataFrame:
    """Return the mean step and loss of each seed in each of at most 30 equal windows of steps."""
    last = losses["step"].max()
    window = np.minimum((losses["step"] * _WINDOWS // (last + 1)), _WINDOWS - 1)
    return losses.assign(window=window).groupby(["seed", "window"], as_index=False)[["step", "loss"]].mean()
