"""Quality against cost: a group's metric against the hours that one run took, one line a strategy and model family."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from workflow_scripts.reporting.figure_text import draw_legend, draw_panel_title
from workflow_scripts.reporting.intervals import draw_baseline, name_models
from workflow_scripts.reporting.labels import BM25, Labels, metric_label
from workflow_scripts.reporting.style import COLUMN_WIDTH, new_figure, strategy_styles

_STEP = 0.011  # of the axis, between neighbouring strategies
_LEAST_DECADES = 0.3  # of the axis that steps are a share of


def hours_of_a_run(costs: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return model, strategy and ``hours`` of one run in all stages, and the unit: GPU-hours where a GPU was used."""
    unit = "gpu_hours" if (costs["gpu_hours"] > 0).any() else "cpu_hours"
    sums = costs.groupby(["model", "strategy"], as_index=False)[unit].sum()
    return sums.rename(columns={unit: "hours"}), {"gpu_hours": "GPU-hours", "cpu_hours": "CPU-hours"}[unit]


def draw_cost(
    rows: pd.DataFrame, costs: pd.DataFrame, families: Mapping[str, str], labels: Labels, *, metric: str, title: str
) -> Figure:
    """Draw ``rows`` of per_group.csv (one collection, setting, metric and group) against ``costs`` (costs.csv).

    ``families``: model → family. A logarithmic axis has no place for 0: models that cost nothing in its unit are named.
    """
    hours, unit = hours_of_a_run(costs)
    joined = rows.merge(hours[hours["hours"] > 0], on=["model", "strategy"])
    joined = joined.assign(family=joined["model"].map(families))
    figure = new_figure(height=4.0)
    axes = figure.subplots()
    styles = strategy_styles([*labels.strategies, BM25])
    shift = _shifts(joined, labels)
    for strategy in labels.strategies:
        for i, (_, line) in enumerate(joined[joined["strategy"] == strategy].groupby("family")):
            line = line.sort_values("hours")
            mean = line["mean"].to_numpy(float)
            reach = np.stack([mean - line["low"].to_numpy(float), line["high"].to_numpy(float) - mean])
            axes.errorbar(
                line["hours"] * shift[strategy],
                mean,
                yerr=np.nan_to_num(np.maximum(reach, 0)),
                label=None if i else labels.strategy(strategy),
                elinewidth=1,
                **styles[strategy].line(),
            )
    for _, row in rows[rows["model"] == BM25].iterrows():
        draw_baseline(axes, row, styles[BM25])
    name_models(axes, joined, "hours", labels)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.08, y=0.1)
    absent = [labels.model(model) for model in labels.models if model in set(rows["model"]) - set(joined["model"])]
    note = f"\nnot drawn, as no {unit} are known of them: {', '.join(absent)}" if absent else ""
    axes.set(xlabel=f"{unit} of one run, from pre-training here to search (log scale){note}")
    axes.set_ylabel(metric_label(metric))
    draw_panel_title(axes, title, COLUMN_WIDTH - 0.8)
    handles, names = axes.get_legend_handles_labels()
    draw_legend(figure, handles, names, 3, handlelength=3.2)
    return figure


def _shifts(rows: pd.DataFrame, labels: Labels) -> dict[str, float]:
    """Return the factor by which each strategy's points are moved sideways, so that no interval hides another's.

    Strategies of like cost would stand on one line. A step is the same share of the axis however wide that is.
    """
    present = [name for name in labels.strategies if (rows["strategy"] == name).any()]
    decades = np.log10(rows["hours"].max() / rows["hours"].min()) if len(rows) else 0.0
    step = _STEP * max(decades, _LEAST_DECADES)
    return {name: 10 ** (step * (i - (len(present) - 1) / 2)) for i, name in enumerate(present)}
