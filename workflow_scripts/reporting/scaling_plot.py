"""The headline figure: a group's metric against model size, one line a strategy."""

import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_scripts.reporting.figure_text import draw_legend, draw_panel_title
from workflow_scripts.reporting.intervals import (
    draw_against_size,
    draw_baseline,
    least_extent,
    name_models,
    size_axis,
    sizes_meet,
    with_sizes,
)
from workflow_scripts.reporting.labels import BM25, Labels, metric_label
from workflow_scripts.reporting.published_results import PublishedMean
from workflow_scripts.reporting.style import GREY, new_figure, strategy_styles

_AXES_WIDTH = 5.0  # inches, about: less where published systems are named at the right
_NOTE_WIDTH = 130  # characters
_LEAST_GAP = 0.034  # of the axis' height: closer labels are moved apart


def draw_scaling(
    rows: pd.DataFrame, models: pd.DataFrame, labels: Labels, *, metric: str, title: str, published: list[PublishedMean]
) -> Figure:
    """Draw ``rows`` of per_group.csv (one collection, setting, metric and group) against non-embedding parameters."""
    figure = new_figure(height=4.4)
    axes = figure.subplots()
    sized = with_sizes(rows, models)
    styles = strategy_styles([*labels.strategies, BM25])
    draw_against_size(axes, sized, {name: style for name, style in styles.items() if name != BM25}, labels)
    for _, row in rows[rows["model"] == BM25].iterrows():
        draw_baseline(axes, row, styles[BM25])
    if sizes_meet(sized):
        name_models(axes, sized, "size", labels)
    size_axis(axes, models[models["model"].isin(sized["model"])], labels, width=_AXES_WIDTH)
    axes.set(xlabel="non-embedding parameters (log scale)", ylabel=metric_label(metric))
    draw_panel_title(axes, title, _AXES_WIDTH)
    _draw_published(axes, published)
    least_extent(axes, "y")
    handles, names = axes.get_legend_handles_labels()
    legend = draw_legend(figure, handles, names, 3, handlelength=3.2, alignment="left")
    if published:
        legend.set_title(_sources(published), prop={"size": 6})
        legend.get_title().set_color("#444444")
    return figure


def _sources(published: list[PublishedMean]) -> str:
    """Return the source of every published value, each with its systems, in lines as wide as the legend."""
    systems: dict[str, list[str]] = {}
    for mean in published:
        systems.setdefault(mean.source, []).append(mean.system)
    notes = [f"{', '.join(names)}: {source}" for source, names in systems.items()]
    return "\n".join(line for note in notes for line in textwrap.wrap(f"Published: {note}", _NOTE_WIDTH))


def _draw_published(axes: Axes, published: list[PublishedMean]) -> None:
    """Draw thin lines for published systems, named right of the axes; names are moved apart where lines are close."""
    if not published:
        return
    for mean in published:
        axes.axhline(mean.value, color=GREY, linewidth=0.8, linestyle=_published_line(mean.trained_on_miracl))
    for trained, name in ((False, "published"), (True, "published, trained on MIRACL (†)")):
        if any(mean.trained_on_miracl == trained for mean in published):
            axes.plot([], [], color=GREY, linewidth=0.8, linestyle=_published_line(trained), label=name)
    bottom, top = axes.get_ylim()
    gap = _LEAST_GAP * (top - bottom)
    height = top + gap
    for mean in sorted(published, key=lambda mean: (-mean.value, mean.system)):
        height = min(mean.value, height - gap)
        axes.annotate(
            f"{mean.system}{' †' if mean.trained_on_miracl else ''} {mean.value:.3f}",
            (1.01, height),
            xycoords=("axes fraction", "data"),
            annotation_clip=False,
            fontsize=6.5,
            color="#444444",
            va="center",
        )


def _published_line(trained: bool) -> tuple[int, tuple[float, ...]]:
    return (0, (1, 1.5)) if trained else (0, (8, 2))
