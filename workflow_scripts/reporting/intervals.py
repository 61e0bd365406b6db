"""A mean and its interval against model size, drawn the same way in every figure."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workflow_scripts.data.errors import InputError
from workflow_scripts.reporting.figure_text import wrapped
from workflow_scripts.reporting.labels import BM25, Labels, count_label
from workflow_scripts.reporting.style import LineStyle

_DODGE = 0.018  # decades between neighbouring strategies, so that their intervals do not hide each other
_MOST_OF_A_GAP = 0.4  # of the distance between two sizes: the points of a model stay nearest to its own
_MARGIN = 1.6  # factor in size that the axis reaches beyond the first and the last model
_CHARACTER = 0.068  # inches
_SAME_SIZE = 0.06  # decades: models closer than this share one tick
_LEAST_EXTENT = 1e-3  # of an axis of means or differences, which tables hold to six decimals
_NAME_SIZE, _NAME_WIDTH = 7, 1.2  # points and inches of a model's name beside its points
_TICK_SIZE, _ASLANT_WIDTH = 8, 1.7  # points of a tick's label, inches of one that is aslant


def with_sizes(rows: pd.DataFrame, models: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of models (not BM25's) with ``size`` (non-embedding parameters) and ``family``."""
    dense = rows[rows["model"] != BM25]
    unknown = sorted(set(dense["model"]) - set(models["model"]))
    if unknown:
        raise InputError(f"models without parameter counts: {', '.join(unknown)}; rerun count_parameters")
    sizes = models.set_index("model")
    return dense.assign(
        size=dense["model"].map(sizes["non_embedding"]).astype(float), family=dense["model"].map(sizes["family"])
    )


def draw_against_size(
    axes: Axes, rows: pd.DataFrame, styles: dict[str, LineStyle], labels: Labels, scale: float = 1.0
) -> None:
    """Draw one line a strategy (and model family) through ``mean`` with its interval ``low`` to ``high``.

    ``rows`` has strategy, family, size, mean, low, high. Intervals are moved sideways by a
    constant factor each, which is the same shift everywhere on a logarithmic axis. ``scale`` thins lines and markers.
    """
    present = [name for name in styles if (rows["strategy"] == name).any()]
    dodge = _dodge(rows["size"], len(present))
    for i, strategy in enumerate(present):
        shift = 10 ** (dodge * (i - (len(present) - 1) / 2))
        ours = rows[rows["strategy"] == strategy]
        for j, (_, line) in enumerate(ours.groupby("family", sort=True)):
            line = line.sort_values("size")
            mean = line["mean"].to_numpy(float)
            reach = np.stack([mean - line["low"].to_numpy(float), line["high"].to_numpy(float) - mean])
            axes.errorbar(
                line["size"] * shift,
                mean,
                yerr=np.nan_to_num(np.maximum(reach, 0)),
                label=labels.strategy(strategy) if j == 0 else None,
                elinewidth=scale,
                **styles[strategy].line(scale),
            )


def _dodge(sizes: pd.Series, strategies: int) -> float:
    """Return the decades between neighbouring strategies; less where sizes that have ticks of their own are close."""
    decades = np.diff(np.log10(np.unique(sizes)))
    closest = decades[decades >= _SAME_SIZE].min(initial=np.inf)
    return min(_DODGE, _MOST_OF_A_GAP * closest / max(1, strategies - 1))


def name_models(axes: Axes, rows: pd.DataFrame, x: str, labels: Labels) -> None:
    """Write each model's name above its best point; ``rows`` has model, mean, high and its place in column ``x``."""
    for model, ours in rows.groupby("model", sort=False):
        best = ours.loc[ours["high"].fillna(ours["mean"]).idxmax()]
        top = best["high"] if np.isfinite(best["high"]) else best["mean"]
        axes.annotate(
            wrapped(labels.model(str(model)), _NAME_WIDTH, _NAME_SIZE),
            (best[x], top),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=_NAME_SIZE,
            color="#333333",
        )


def sizes_meet(rows: pd.DataFrame) -> bool:
    """Return whether two models of ``rows`` (model, size) share a tick, so that the axis does not tell them apart."""
    sizes = np.sort(rows.drop_duplicates("model")["size"])
    return bool((np.diff(np.log10(sizes)) < _SAME_SIZE).any())


def draw_baseline(axes: Axes, row: pd.Series, style: LineStyle) -> None:
    """Draw BM25, which has no parameters, as a horizontal line within the band of its interval."""
    axes.axhline(row["mean"], color=style.color, linestyle=style.linestyle, linewidth=1.2, zorder=1.5)
    if np.isfinite([row["low"], row["high"]]).all():
        axes.axhspan(row["low"], row["high"], color=style.color, alpha=0.07, linewidth=0)
    axes.plot([], [], color=style.color, linestyle=style.linestyle, linewidth=1.2, label="BM25")


def least_extent(axes: Axes, axis: str) -> None:
    """Widen an axis (``x`` or ``y``) on which all is 0, where rounding would make ticks of 1e-17."""
    low, high = getattr(axes, f"get_{axis}lim")()
    if high - low < _LEAST_EXTENT:
        getattr(axes, f"set_{axis}lim")(low - _LEAST_EXTENT, high + _LEAST_EXTENT)


def from_zero(axes: Axes) -> None:
    """Let the y axis begin at 0, and end so far above the data that points far above 0 keep off the edge."""
    axes.set_ylim(0, max(axes.get_ylim()[1], 1.08 * axes.dataLim.ymax))


def size_axis(axes: Axes, models: pd.DataFrame, labels: Labels, width: float, names: bool = True) -> None:
    """Make the x axis logarithmic in parameters, with one tick a model (models of nearly one size share it).

    ``width`` of the axes in inches decides what fits below: crowded names are written aslant, crowded sizes left out.
    """
    axes.set_xscale("log")
    ticks: list[tuple[float, list[str]]] = []
    for model, size in sorted(
        zip(models["model"], models["non_embedding"].astype(float), strict=True), key=lambda m: m[1]
    ):
        if ticks and np.log10(size / ticks[-1][0]) < _SAME_SIZE:
            ticks[-1][1].append(labels.model(model))
        else:
            ticks.append((size, [labels.model(model)]))
    sizes = [size for size, _ in ticks]
    counts = [count_label(size) for size in sizes]
    named = [wrapped(", ".join(model_names), width, _TICK_SIZE) for _, model_names in ticks]
    left, right = sizes[0] / _MARGIN, sizes[-1] * _MARGIN
    places = [width * np.log(size / left) / np.log(right / left) for size in sizes]
    if not names:
        shown = fitting(places, counts)
        axes.set_xticks(sizes, [count if i in shown else "" for i, count in enumerate(counts)])
    elif len(fitting(places, [max(pair, key=len) for pair in zip(named, counts, strict=True)])) == len(ticks):
        axes.set_xticks(sizes, [f"{name}\n{count}" for name, count in zip(named, counts, strict=True)])
    else:
        aslant = [
            wrapped(f"{', '.join(model_names)} ({count})", _ASLANT_WIDTH, _TICK_SIZE)
            for (_, model_names), count in zip(ticks, counts, strict=True)
        ]
        axes.set_xticks(sizes, aslant, rotation=30, ha="right", rotation_mode="anchor")
    axes.minorticks_off()
    axes.set_xlim(left, right)
    axes.grid(axis="x", visible=False)


def fitting(places: list[float], texts: list[str]) -> set[int]:
    """Return which of ``texts``, centred at ``places`` (inches), fit beside each other: ends first, then from the left.

    A character is taken for as wide as a digit of the tick labels' font.
    """
    kept: list[int] = []
    for i in (0, len(texts) - 1, *range(1, len(texts) - 1)):
        reach = [_CHARACTER * (len(texts[i]) + len(texts[j]) + 1) / 2 for j in kept]
        if all(abs(places[i] - places[j]) >= wide for j, wide in zip(kept, reach, strict=True)):
            kept.append(i)
    return set(kept)
