"""Language bias in the pool of all languages: does the ranking favour one language over another?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from workflow_scripts.reporting.figure_text import draw_legend, draw_panel_title, draw_title
from workflow_scripts.reporting.intervals import draw_against_size, draw_baseline, from_zero, size_axis, with_sizes
from workflow_scripts.reporting.labels import BM25, Labels
from workflow_scripts.reporting.style import BLACK, COLUMN_WIDTH, LineStyle, new_figure, strategy_styles


def draw_bias(
    distances: pd.DataFrame | None, bias: pd.DataFrame, models: pd.DataFrame, labels: Labels, *, title: str
) -> Figure:
    """Draw rank distance, the share of the query's own language and the share of every language in the top 10.

    ``distances`` are the rows of per_group.csv for all languages' ``rank_distance_share``; None where the
    collection is not parallel, which leaves that panel out. ``bias`` are bias.csv's rows of the collection: of one
    language alone there are no other languages' questions, which leaves the last panel out.
    """
    styles = strategy_styles([*labels.strategies, BM25])
    shares = with_pool_share(bias)
    foreign = shares[shares["query_lang"] != shares["passage_lang"]]
    figure = new_figure(height=3.4 if foreign.empty else 6.6 if distances is not None else 6.2)
    grid = figure.add_gridspec(1, 2) if foreign.empty else figure.add_gridspec(2, 2, height_ratios=[1, 1.05])
    own_axes = figure.add_subplot(grid[0, 1] if distances is not None else grid[0, :])
    if distances is not None:
        _draw_distance(figure.add_subplot(grid[0, 0]), distances, models, styles, labels)
    _draw_own_share(own_axes, shares, models, styles, labels)
    if not foreign.empty:
        _draw_shares(figure.add_subplot(grid[1, :]), foreign, models, styles, labels)
    handles, names = own_axes.get_legend_handles_labels()
    draw_legend(figure, handles, names, 4, handlelength=3)
    draw_title(figure, title)
    return figure


def with_pool_share(bias: pd.DataFrame) -> pd.DataFrame:
    """Return one row a system × query language × passage language with ``top10`` and ``pool``, both shares in 0..1."""
    keys = ["model", "strategy", "query_lang", "passage_lang"]
    top = bias[bias["measure"] == "top10_share"][[*keys, "mean"]].rename(columns={"mean": "top10"})
    pool = bias[bias["measure"] == "pool_share"][[*keys, "mean"]].rename(columns={"mean": "pool"})
    return top.merge(pool, on=keys, validate="one_to_one")


def _percent(share: float, _: int) -> str:
    return f"{100 * share:.3g} %"


def _draw_distance(
    axes: Axes, distances: pd.DataFrame, models: pd.DataFrame, styles: dict[str, LineStyle], labels: Labels
) -> None:
    sized = with_sizes(distances, models)
    draw_against_size(axes, sized, {name: style for name, style in styles.items() if name != BM25}, labels)
    for _, row in distances[distances["model"] == BM25].iterrows():
        draw_baseline(axes, row, styles[BM25])
    size_axis(axes, models[models["model"].isin(sized["model"])], labels, width=3.0)
    axes.set_title("Rank distance (lower is less biased)")
    axes.set(xlabel="non-embedding parameters", ylabel="distance as share of the pool")
    axes.yaxis.set_major_formatter(FuncFormatter(_percent))
    from_zero(axes)


def _draw_own_share(
    axes: Axes, shares: pd.DataFrame, models: pd.DataFrame, styles: dict[str, LineStyle], labels: Labels
) -> None:
    """Draw the mean over query languages of the share of the query's own language in the top 10."""
    own = shares[shares["query_lang"] == shares["passage_lang"]]
    rows = own.groupby(["model", "strategy"], as_index=False)[["top10", "pool"]].mean()
    # Bias has no interval over queries: low and high stand at the mean, so no bar is drawn.
    rows = rows.assign(mean=rows["top10"], low=rows["top10"], high=rows["top10"])
    sized = with_sizes(rows, models)
    draw_against_size(axes, sized, {name: style for name, style in styles.items() if name != BM25}, labels)
    for _, row in rows[rows["model"] == BM25].iterrows():
        draw_baseline(axes, row, styles[BM25])
    axes.axhline(rows["pool"].mean(), color=BLACK, linewidth=1, linestyle=(0, (1, 2)), label="share of the pool")
    size_axis(axes, models[models["model"].isin(sized["model"])], labels, width=3.0)
    axes.set_title("Own-language passages in the top 10")
    axes.set(xlabel="non-embedding parameters", ylabel="share of the top 10")
    axes.yaxis.set_major_formatter(FuncFormatter(_percent))
    from_zero(axes)


def _draw_shares(
    axes: Axes, foreign: pd.DataFrame, models: pd.DataFrame, styles: dict[str, LineStyle], labels: Labels
) -> None:
    """Draw each language's share of the top 10 of questions in other languages, for the largest model."""
    largest = models[models["model"].isin(foreign["model"])].sort_values(["non_embedding", "model"])["model"].iloc[-1]
    foreign = foreign[foreign["model"].isin((largest, BM25))]
    means = foreign.groupby(["strategy", "passage_lang"], as_index=False)[["top10", "pool"]].mean()
    order = [lang for lang in labels.languages if lang in set(means["passage_lang"])]
    place = {lang: i for i, lang in enumerate(order)}
    present = [name for name in styles if (means["strategy"] == name).any()]
    for i, strategy in enumerate(present):
        ours = means[means["strategy"] == strategy]
        shift = 0.7 * ((i + 0.5) / len(present) - 0.5)
        style = styles[strategy]
        axes.plot(
            ours["passage_lang"].map(place) + shift,
            ours["top10"],
            linestyle="none",
            marker=style.marker or "_",
            color=style.color,
        )
    pool = means.groupby("passage_lang")["pool"].mean()
    for lang, i in place.items():
        axes.hlines(pool[lang], i - 0.42, i + 0.42, color=BLACK, linewidth=1, linestyle=(0, (1, 2)))
    axes.set_xticks(range(len(order)), [labels.language(lang) for lang in order], rotation=30, ha="right")
    question = f"Whose passages stand in the top 10 of other languages? (largest model, {labels.model(largest)})"
    draw_panel_title(axes, question, COLUMN_WIDTH - 0.8)
    axes.set(ylabel="share of the top 10", xlabel="language of the passage")
    axes.yaxis.set_major_formatter(FuncFormatter(_percent))
    from_zero(axes)
