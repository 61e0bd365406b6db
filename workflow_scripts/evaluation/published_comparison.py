"""Our means beside published ones, cell by cell, for systems that both have."""

import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields

import pandas as pd

from workflow_scripts.evaluation.comparisons import BM25
from workflow_scripts.reporting.published_results import SETTINGS

_OUR_SETTING = {theirs: ours for ours, theirs in SETTINGS.items()}
_BM25 = "BM25"
_ALL, _MEAN = "all", "mean"
# The languages of a dataset of which means alone are published: MLQA's (arXiv 1910.07475).
_LANGUAGES = {"mlqa-r": {"ar", "de", "en", "es", "hi", "vi", "zh"}}
_CELL = ["system", "strategy", "setting", "metric", "source"]
_COMPUTED = "mean of its values by language"


@dataclass(frozen=True)
class PublishedCell:
    """One row of published.csv; ``lang`` is ``mean`` for the mean over a collection's languages.

    ``difference`` is ours − published; ``within_interval`` says whether our interval holds the published value, nothing
    where ours has none.
    """

    collection: str
    setting: str
    metric: str
    lang: str
    model: str
    strategy: str
    ours: float
    low: float
    high: float
    system: str
    published: float
    difference: float
    within_interval: str
    source: str


COLUMNS = tuple(field.name for field in fields(PublishedCell))


def published_cells(
    per_language: pd.DataFrame,
    per_group: pd.DataFrame,
    published: pd.DataFrame,
    datasets: Mapping[str, str],
    published_as: Mapping[str, str],
    untuned: list[str],
) -> list[PublishedCell]:
    """Return a row for each published value that one of our systems answers to, and for means of such values.

    ``datasets``: collection → name in the published table; ``published_as``: model → system there. Strategies must
    have the same name on both sides; one of ``untuned`` (not fine-tuned) answers to ``<system> (not fine-tuned)``. BM25
    answers to BM25. A published ``mean`` is compared only where the collection has just the dataset's languages. Where
    a system has values by language and no mean, theirs over the collection's languages is computed, if it has all.
    """
    ours = _ours(per_language, per_group)
    cells = []
    for collection, dataset in datasets.items():
        rows = published[published["dataset"] == dataset]
        languages = set(per_language.loc[per_language["collection"] == collection, "lang"])
        for row in _comparable(rows, languages, _LANGUAGES.get(dataset, set(rows["lang"]) - {_MEAN})).itertuples():
            for model, strategy in _systems(row, published_as, untuned):
                key = (collection, _OUR_SETTING[row.setting], row.metric, row.lang, model, strategy)
                if key in ours:
                    mean, low, high = ours[key]
                    inside = "" if math.isnan(low) else "yes" if low <= row.value <= high else "no"
                    cells.append(
                        PublishedCell(
                            *key, mean, low, high, row.system, row.value, mean - row.value, inside, row.source
                        )
                    )
    return cells


def _comparable(rows: pd.DataFrame, languages: set[str], published: set[str]) -> pd.DataFrame:
    """Return the rows of one dataset that a collection of ``languages`` can stand beside, computed means behind them.

    ``published``: the dataset's languages.
    """
    single = rows[rows["lang"] != _MEAN]
    printed = rows[(rows["lang"] == _MEAN) & (languages == published)]
    known = set(printed[_CELL].itertuples(index=False, name=None))
    computed = [
        dict(zip(_CELL, cell, strict=True)) | {"lang": _MEAN, "value": ours["value"].mean()}
        for cell, ours in single[single["lang"].isin(languages)].groupby(_CELL, sort=False)
        if cell not in known and set(ours["lang"]) == languages and len(languages) > 1
    ]
    for mean in computed:
        mean["source"] += f" ({_COMPUTED})"
    return pd.concat([single, printed, pd.DataFrame(computed, columns=single.columns)])


def cell_rows(cells: list[PublishedCell]) -> list[tuple]:
    """Return the rows of a CSV table with ``COLUMNS``."""
    return [astuple(cell) for cell in cells]


def _ours(per_language: pd.DataFrame, per_group: pd.DataFrame) -> dict[tuple, tuple[float, float, float]]:
    means = per_group[per_group["group"] == _ALL].assign(lang=_MEAN)
    return {
        (row.collection, row.setting, row.metric, row.lang, row.model, row.strategy): (row.mean, row.low, row.high)
        for table in (per_language, means)
        for row in table.itertuples()
    }


def _systems(row, published_as: Mapping[str, str], untuned: list[str]) -> list[tuple[str, str]]:
    """Our (model, strategy) that a published row is about."""
    if row.system == _BM25:
        return [(BM25.model, BM25.strategy)]
    systems = []
    for model, system in published_as.items():
        if row.strategy and row.system == system:
            systems.append((model, row.strategy))
        if not row.strategy and row.system == f"{system} (not fine-tuned)":
            systems += [(model, strategy) for strategy in untuned]
    return systems
