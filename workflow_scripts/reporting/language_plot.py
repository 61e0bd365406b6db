"""Small multiples: one panel a language, its metric against model size."""

import math

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from workflow_scripts.reporting.figure_text import draw_legend, draw_title
from workflow_scripts.reporting.intervals import draw_against_size, draw_baseline, size_axis, with_sizes
from workflow_scripts.reporting.labels import BM25, Labels, group_label, metric_label
from workflow_scripts.reporting.style import new_figure, strategy_styles

_COLUMNS = 5
_TINT = "#FBF3E4"  # behind the panels of the report's group


def draw_languages(
    rows: pd.DataFrame, models: pd.DataFrame, labels: Labels, *, metric: str, group: str, title: str
) -> Figure:
    """Draw ``rows`` of per_language.csv (one collection, setting, metric); panels of ``group`` tinted, but not all."""
    order = list(labels.languages)
    languages = sorted(
        rows["lang"].unique(), key=lambda lang: (order.index(lang) if lang in order else len(order), lang)
    )
    columns = min(_COLUMNS, len(languages))
    lines = math.ceil(len(languages) / columns)
    figure = new_figure(height=1.1 + 1.65 * lines)
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    styles = strategy_styles([*labels.strategies, BM25])
    dense = {name: style for name, style in styles.items() if name != BM25}
    sized = with_sizes(rows, models)
    tinted = not set(languages) <= set(labels.members(group))  # a tint of all panels would tell nothing
    for i, (panel, lang) in enumerate(zip(panels, languages, strict=False)):
        draw_against_size(panel, sized[sized["lang"] == lang], dense, labels, scale=0.7)
        for _, row in rows[(rows["lang"] == lang) & (rows["model"] == BM25)].iterrows():
            draw_baseline(panel, row, styles[BM25])
        size_axis(panel, models[models["model"].isin(sized["model"])], labels, width=6.2 / columns, names=False)
        panel.set_title(labels.language(lang))
        panel.tick_params(axis="x", labelsize=7, labelbottom=i + columns >= len(languages))
        if tinted and lang in labels.members(group):
            panel.set_facecolor(_TINT)
    for panel in panels[len(languages) :]:
        panel.set_visible(False)
    for panel in panels[::columns]:
        panel.set_ylabel(metric_label(metric))
    panels[columns * (lines - 1)].set_xlabel("non-embedding parameters (log scale)", loc="left")
    draw_title(figure, title)
    handles, names = panels[0].get_legend_handles_labels()
    if tinted:
        handles.append(Patch(facecolor=_TINT, edgecolor="#CCCCCC"))
        names.append(group_label(group))
    draw_legend(figure, handles, names, 4, handlelength=3)
    return figure
