"""Languages of so few queries that a percentile interval is too narrow."""

from collections.abc import Mapping

import pandas as pd

from workflow_scripts.reporting.labels import Labels

FEWEST_QUERIES = 30  # below, nominal 95 % intervals hold the truth less often than .93 (docs/statistics.md)


def few_queries(counts: Mapping[str, int]) -> dict[str, int]:
    """Return those of ``counts`` (language → queries) that are too few for an interval of the nominal width."""
    return {lang: count for lang, count in counts.items() if count < FEWEST_QUERIES}


def name_few_queries(per_language: pd.DataFrame, labels: Labels, collection: str, metric: str) -> str:
    """Return ``Swahili (5), Telugu (1)``, the languages of a collection with too few queries; empty for none."""
    rows = per_language[(per_language["collection"] == collection) & (per_language["metric"] == metric)]
    few = few_queries(rows.groupby("lang", sort=False)["queries"].min().to_dict())
    return ", ".join(f"{labels.language(lang)} ({few[lang]})" for lang in labels.languages if lang in few)
