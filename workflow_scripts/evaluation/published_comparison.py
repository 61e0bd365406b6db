"""Our means beside published ones, cell by cell, for systems that both have."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields

import pandas as pd

from workflow_scripts.evaluation.comparisons import BM25
from workflow_scripts.reporting.published_results import SETTINGS

_OUR_SETTING = {theirs: ours for ours, theirs in SETTINGS.items()}
_BM25 = "BM25"
_ALL, _MEAN = "all", "mean"


@dataclass(frozen=True)
class PublishedCell:
    """One row of published.csv; ``lang`` is ``mean`` for the mean of a collection's languages.

    ``difference`` is ours − published; ``within_interval`` says whether our interval holds the published value.
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
    """Return a row for each published value that one of our systems answers to.

    ``datasets``: collection → name in the published table; ``published_as``: model → system there. Strategies must
    have the same name on both sides; one of ``untuned`` (not fine-tuned) answers to ``<system> (not fine-tuned)``. BM25
    answers to BM25. A published ``mean`` is compared only where the collection has just the published languages.
    """
    ours = _ours(per_language, per_group)
    cells = []
    for collection, dataset in datasets.items():
        rows = published[published["dataset"] == dataset]
        theirs = set(rows["lang"]) - {_MEAN}
        same = theirs == set(per_language.loc[per_language["collection"] == collection, "lang"])
        for row in (rows if same else rows[rows["lang"] != _MEAN]).itertuples():
            for model, strategy in _systems(row, published_as, untuned):
                key = (collection, _OUR_SETTING[row.setting], row.metric, row.lang, model, strategy)
                if key in ours:
                    mean, low, high = ours[key]
                    inside = "yes" if low <= row.value <= high else "no"
                    cells.append(
                        PublishedCell(
                            *key, mean, low, high, row.system, row.value, mean - row.value, inside, row.source
                        )
                    )
    return cells


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
