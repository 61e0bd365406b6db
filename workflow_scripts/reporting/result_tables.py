"""The tables of results on the page, made from the analysis tables."""

from dataclasses import replace
from typing import Any

import pandas as pd

from workflow_scripts.reporting.clear_differences import is_clear
from workflow_scripts.reporting.costs import STAGES
from workflow_scripts.reporting.html_table import (
    MINUS,
    SYSTEM,
    Cell,
    HtmlTable,
    count,
    decimals_of,
    interval,
    make_table,
    measured,
    number,
    spell,
    text,
)
from workflow_scripts.reporting.labels import BM25, Labels, group_label, metric_label
from workflow_scripts.reporting.tables import OF_THE_POOL

_DIFFERENCE = " - "  # between two strategies in the column "strategy" of scaling.csv
_LANGUAGE = "lang:"  # what a language's name in the column "group" of comparisons.csv begins with


def model_table(models: pd.DataFrame, labels: Labels) -> HtmlTable:
    """Return one row a model: shape and parameters, in the order of size."""
    shape = [name for name in ("layers", "hidden", "vocabulary") if name in models.columns]
    rows = [
        [
            text(labels.model(row["model"]), head=True),
            text(row["model"]),
            text(row["family"]),
            *(count(int(row[name])) for name in shape),
            count(int(row["non_embedding"])),
            count(int(row["total"])),
        ]
        for _, row in models.sort_values(["non_embedding", "model"]).iterrows()
    ]
    columns = ["model", "name", "family", *shape, "non-embedding parameters", "all parameters"]
    return make_table("models", "The models, smallest first", columns, rows)


def group_table(per_group: pd.DataFrame, labels: Labels, collection: str, setting: str, metric: str) -> HtmlTable:
    """Return one row a system, one column a group of languages: mean and interval."""
    rows = _chosen(per_group, collection, setting, metric)
    groups = [name for name in labels.groups if (rows["group"] == name).any()]
    return make_table(
        f"groups-{setting}",
        f"{metric_label(metric)}, {setting}: mean over the group's languages, with its interval",
        [*SYSTEM, *groups],
        _systems(rows, labels, "group", groups, metric),
    )


def metric_table(
    per_group: pd.DataFrame, labels: Labels, collection: str, setting: str, metrics: list[str]
) -> HtmlTable:
    """Return one row a system, one column a metric: mean over all languages, spread over seeds, interval.

    The columns are those of ``metrics`` and of the measures of bias that the pool has.
    """
    rows = per_group[
        (per_group["collection"] == collection) & (per_group["setting"] == setting) & (per_group["group"] == "all")
    ]
    shown = [name for name in (*metrics, *OF_THE_POOL) if (rows["metric"] == name).any()]
    cells = []
    for (model, strategy), ours in _sorted(rows, labels, "metric", shown).groupby(list(SYSTEM), sort=False):
        found = ours.set_index("metric")[["mean", "sd", "low", "high"]].reindex(shown)
        cells.append(
            [
                text(labels.model(model), head=True),
                text(labels.strategy(strategy)),
                *(measured(*found.loc[name], decimals_of(name)) for name in shown),
            ]
        )
    spread = " ± spread over seeds" if rows["sd"].notna().any() else ""
    return make_table(
        f"metrics-{collection}-{setting}",
        f"{collection}, {setting}: mean over all languages{spread}, interval below",
        [*SYSTEM, *map(metric_label, shown)],
        cells,
    )


def language_table(per_language: pd.DataFrame, labels: Labels, collection: str, setting: str, metric: str) -> HtmlTable:
    """Return one row a system, one column a query language: mean without its interval, to be seen at one glance."""
    rows = _chosen(per_language, collection, setting, metric).assign(low=float("nan"), high=float("nan"))
    languages = [lang for lang in labels.languages if (rows["lang"] == lang).any()]
    return make_table(
        f"languages-{setting}",
        f"{metric_label(metric)}, {setting}: mean by language of the query",
        [*SYSTEM, *(labels.language(lang) for lang in languages)],
        _systems(rows, labels, "lang", languages, metric),
    )


def one_language_table(
    per_language: pd.DataFrame, labels: Labels, collection: str, lang: str, metric: str
) -> HtmlTable:
    """Return one row a system, one column a setting: mean and interval of queries in ``lang``."""
    ours = per_language["collection"] == collection
    rows = per_language[ours & (per_language["lang"] == lang) & (per_language["metric"] == metric)]
    settings = list(dict.fromkeys(rows["setting"]))
    return make_table(
        f"language-{lang}-table",
        f"{labels.language(lang)}: {metric_label(metric)} with its interval, by setting",
        [*SYSTEM, *settings],
        _systems(rows, labels, "setting", settings, metric),
    )


def comparison_table(
    comparisons: pd.DataFrame,
    labels: Labels,
    collection: str,
    setting: str,
    metric: str,
    strategy: str,
    significance: float,
) -> HtmlTable:
    """Return every paired difference of ``strategy`` in numbers and in words, groups before languages."""
    rows = _chosen(comparisons, collection, setting, metric)
    rows = rows[rows["strategy"] == strategy]
    order = [*labels.groups, *(_LANGUAGE + lang for lang in labels.languages)]
    decimals = decimals_of(metric)
    cells = [
        [
            text(labels.model(row["model"]), head=True),
            text(_group(row["group"], labels)),
            text(labels.strategy(row["baseline"])),
            interval(row["difference"], row["low"], row["high"], decimals, sign=True),
            text(reading(row, significance)),
            number(row["p_holm"]),
            interval(row["effect"], row["effect_low"], row["effect_high"], 2, sign=True),
            number(row["detectable"], decimals),
        ]
        for _, row in _sorted(rows, labels, "group", order).iterrows()
    ]
    columns = ["model", "languages", "compared with", "difference", "reading", "p (Holm)", "effect size", "detectable"]
    caption = f"{metric_label(metric)}, {setting}: {labels.strategy(strategy)} minus each baseline, with intervals"
    return make_table(f"comparisons-{collection}-{setting}", caption, columns, cells)


def reading(row: pd.Series, significance: float) -> str:
    """Say what a difference is: better, worse, or not to be told from noise."""
    if is_clear(row, significance):
        return "better" if row["difference"] > 0 else "worse"
    return "no clear difference"


def scaling_tables(
    scaling: pd.DataFrame, labels: Labels, collection: str, setting: str, metric: str, group: str
) -> tuple[HtmlTable, HtmlTable]:
    """Return the slopes per decade of parameters on all models, differences first; and with each left out."""
    rows = _chosen(scaling, collection, setting, metric)
    rows = rows[rows["group"] == group]
    is_difference = rows["strategy"].str.contains(_DIFFERENCE, regex=False)
    rows = pd.concat([rows[is_difference], rows[~is_difference]])
    whole, without = rows[rows["left_out"] == ""], rows[rows["left_out"] != ""]
    caption = f"{metric_label(metric)}, {setting}, {group_label(group)}: change for ten times as many parameters"
    columns = ["strategy", "models", "slope per decade"]
    return (
        make_table("scaling", caption, columns, _slopes(whole, labels, metric, left_out=False)),
        make_table(
            "scaling-without",
            f"{caption}, each model left out once",
            ["strategy", "model left out", *columns[1:]],
            _slopes(without, labels, metric, left_out=True),
        ),
    )


def _slopes(rows: pd.DataFrame, labels: Labels, metric: str, left_out: bool) -> list[list[Cell]]:
    decimals = decimals_of(metric) + 1
    return [
        [
            text(f" {MINUS} ".join(labels.strategy(name) for name in row["strategy"].split(_DIFFERENCE)), head=True),
            *([text(labels.model(row["left_out"]))] if left_out else []),
            count(int(row["models"])),
            interval(row["slope"], row["low"], row["high"], decimals, sign=True),
        ]
        for _, row in rows.iterrows()
    ]


def bias_table(per_group: pd.DataFrame, bias: pd.DataFrame, labels: Labels, collection: str) -> HtmlTable:
    """Return one row a system: rank distance where it is defined, own-language share of the top 10 and of the pool."""
    distances = per_group[
        (per_group["collection"] == collection)
        & (per_group["setting"] == "multilingual")
        & (per_group["group"] == "all")
    ].set_index(["model", "strategy", "metric"])
    own = bias[(bias["collection"] == collection) & (bias["query_lang"] == bias["passage_lang"])]
    shares = own.groupby(["model", "strategy", "measure"])["mean"].mean()
    systems = _sorted(
        own[own["measure"] == "top10_share"].drop_duplicates(["model", "strategy"]), labels, "measure", []
    )
    metrics = [name for name in OF_THE_POOL if name in distances.index.get_level_values(2)]
    cells = []
    for _, row in systems.iterrows():
        system = (row["model"], row["strategy"])
        measured = [distances.loc[(*system, metric)] for metric in metrics]
        cells.append(
            [
                text(labels.model(system[0]), head=True),
                text(labels.strategy(system[1])),
                *(
                    interval(found["mean"], found["low"], found["high"], decimals_of(metric))
                    for metric, found in zip(metrics, measured, strict=True)
                ),
                number(shares[(*system, "top10_share")]),
                number(shares[(*system, "pool_share")]),
            ]
        )
    columns = [*SYSTEM, *(metric_label(metric) for metric in metrics)]
    return make_table(
        f"bias-{collection}",
        f"{collection}: language bias in the pool of all languages, mean over query languages",
        [*columns, "own language in the top 10", "own language in the pool"],
        cells,
    )


def _chosen(table: pd.DataFrame, collection: str, setting: str, metric: str) -> pd.DataFrame:
    return table[(table["collection"] == collection) & (table["setting"] == setting) & (table["metric"] == metric)]


def _systems(rows: pd.DataFrame, labels: Labels, column: str, order: list[str], metric: str) -> list[list[Cell]]:
    """Return one row of cells a system: its names, then mean and interval for each value of ``column`` in ``order``."""
    decimals = decimals_of(metric)
    cells = []
    for (model, strategy), ours in _sorted(rows, labels, column, order).groupby(["model", "strategy"], sort=False):
        found = ours.set_index(column)
        line = [text(labels.model(model), head=True), text(labels.strategy(strategy))]
        for name in order:
            row = found.loc[name] if name in found.index else {"mean": float("nan"), "low": 0.0, "high": 0.0}
            line.append(interval(row["mean"], row["low"], row["high"], decimals))
        cells.append(line)
    return cells


def _sorted(rows: pd.DataFrame, labels: Labels, column: str, order: list[str]) -> pd.DataFrame:
    """Return rows in display order of models (BM25 first), ``column`` by ``order``, strategies; unknown names last."""
    places = {
        "model": {name: i for i, name in enumerate((BM25, *labels.models))},
        "strategy": {name: i for i, name in enumerate((BM25, *labels.strategies))},
        "baseline": {name: i for i, name in enumerate((BM25, *labels.strategies))},
        column: {name: i for i, name in enumerate(order)},
    }
    keys = [name for name in ("model", column, "strategy", "baseline") if name in rows.columns]
    ranked = pd.DataFrame({key: rows[key].map(places[key]).fillna(len(places[key])) for key in keys}, index=rows.index)
    return rows.loc[ranked.sort_values(keys, kind="stable").index]


def _group(name: str, labels: Labels) -> str:
    return labels.language(name.removeprefix(_LANGUAGE)) if name.startswith(_LANGUAGE) else name


def costs_table(costs: pd.DataFrame, labels: Labels) -> HtmlTable:
    """Return one row a system: hours of one run by stage (GPU-hours where a GPU was used), then in all."""
    unit, name = ("gpu_hours", "GPU-hours") if (costs["gpu_hours"] > 0).any() else ("cpu_hours", "CPU-hours")
    stages = [name for name in STAGES if (costs["stage"] == name).any()]
    rows = []
    for (model, strategy), ours in _sorted(costs, labels, "stage", stages).groupby(list(SYSTEM), sort=False):
        spent = ours.set_index("stage")[unit].reindex(stages)
        rows.append(
            [
                text(labels.model(model), head=True),
                text(labels.strategy(strategy)),
                count(int(ours["runs"].max())),
                *(number(hours, 4) for hours in spent),
                number(float(spent.sum()), 4),
                number(float(ours["wall_hours"].sum()), 4),
            ]
        )
    columns = [*SYSTEM, "runs", *stages, f"all {name}", "all wall hours"]
    return make_table("costs", f"{name} of one run by stage, mean over the system's runs", columns, rows)


def published_table(cells: pd.DataFrame, labels: Labels) -> HtmlTable:
    """Return one row a published value that one of our systems answers to."""
    rows = []
    for cell in cells.itertuples():
        decimals = decimals_of(cell.metric)
        rows.append(
            [
                text(labels.model(cell.model), head=True),
                text(labels.strategy(cell.strategy)),
                text(cell.collection),
                text(cell.setting),
                text(metric_label(cell.metric)),
                text("mean" if cell.lang == "mean" else labels.language(cell.lang)),
                measured(cell.ours, float("nan"), cell.low, cell.high, decimals),
                number(cell.published, decimals),
                number(cell.difference, decimals, sign=True),
                text(cell.within_interval),
                text(f"{cell.system}: {cell.source}"),
            ]
        )
    columns = [*SYSTEM, "collection", "setting", "metric", "language", "ours", "published", "difference"]
    return make_table(
        "published",
        "Our means beside published ones: is the published value within our interval?",
        [*columns, "within our interval", "source"],
        rows,
    )


def index_recall_table(recalls: pd.DataFrame, labels: Labels) -> HtmlTable:
    """Return one row a system, collection and setting: recall against exact search by cutoff, bytes of the index."""
    kind, cutoffs = ", ".join(dict.fromkeys(recalls["kind"])), sorted(set(recalls["k"]))
    keys = [*SYSTEM, "collection", "setting"]
    rows = []
    for (model, strategy, collection, setting), ours in _sorted(recalls, labels, "k", cutoffs).groupby(
        keys, sort=False
    ):
        of_cutoff = {row.k: row for row in ours.itertuples()}
        first = of_cutoff[cutoffs[0]]
        rows.append(
            [
                text(labels.model(model), head=True),
                text(labels.strategy(strategy)),
                text(collection),
                text(setting),
                count(first.queries),
                *(_recall(of_cutoff[k]) for k in cutoffs),
                count(first.index_bytes),
                count(first.vector_bytes),
            ]
        )
    columns = [*keys, "queries", *(f"best {k}" for k in cutoffs), "index, bytes", "vectors, bytes"]
    caption = f"Share of the exact best passages that {kind} finds among as many, below it the lowest pair of languages"
    return make_table("index-recall", caption, columns, rows)


def _recall(row: Any) -> Cell:
    """Return a cell of a mean recall, its spread over seeds, and the pair of languages that fares worst."""
    return replace(measured(row.recall, row.sd, float("nan"), float("nan")), note=f"lowest {spell(row.lowest, 3)}")
