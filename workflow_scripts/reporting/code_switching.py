"""The page's tables of lexicons and code-switching: what lexicons cover, and how much was really replaced."""

from pathlib import Path

import pandas as pd

from workflow_scripts.reporting.analysis_tables import read_analysis_table
from workflow_scripts.reporting.html_table import HtmlTable, count, make_table, number, text
from workflow_scripts.reporting.labels import Labels

_COVERAGE = {
    **{"lexicon": str, "lang": str, "words": int, "source": str, "side": str},
    **{"tokens": int, "covered_tokens": int, "types": int, "covered_types": int},
}
_RATES = {"strategy": str, "source": str, "side": str, "lang": str, "words": int, "drawn": int, "replaced": int}
_SIDES = ("query", "passage")


def coverage_table(paths_to_coverage: list[Path], labels: Labels) -> HtmlTable:
    """Return one row a lexicon and language: its size, and shares of the words of queries and passages that it has.

    Where there are several sources, tokens and types are summed over them.
    """
    rows = pd.concat([read_analysis_table(path, _COVERAGE) for path in paths_to_coverage])
    cells = []
    for (lexicon, lang, words), found in rows.groupby(["lexicon", "lang", "words"], sort=False):
        of_side = {side: found[found["side"] == side].sum(numeric_only=True) for side in _SIDES}
        shares = [
            number(_share(of_side[side], f"covered_{unit}", unit)) for side in _SIDES for unit in ("tokens", "types")
        ]
        cells.append([text(lexicon, head=True), text(labels.language(lang)), count(int(words)), *shares])
    columns = ["lexicon", "language", "words", *(f"{side} {unit}" for side in _SIDES for unit in ("tokens", "types"))]
    return make_table("coverage", "Share of the English training text's words that lexicons have", columns, cells)


def rate_table(paths_to_rates: list[Path], labels: Labels) -> HtmlTable:
    """Return one row a strategy and language: the share of words that was replaced, of queries and of passages."""
    rows = pd.concat([read_analysis_table(path, _RATES) for path in paths_to_rates])
    cells = []
    for (strategy, lang), found in rows.groupby(["strategy", "lang"], sort=False):
        of_side = {side: found[found["side"] == side].sum(numeric_only=True) for side in _SIDES}
        line = [text(labels.strategy(strategy), head=True), text(labels.language(lang))]
        shares = [number(_share(of_side[side], "replaced", "words")) for side in _SIDES]
        cells.append([*line, count(int(found["words"].sum())), *shares])
    columns = ["strategy", "language", "words", "queries replaced", "passages replaced"]
    return make_table("rates", "Share of the words that fell to a language and were replaced", columns, cells)


def _share(sums: pd.Series, part: str, whole: str) -> float:
    return sums[part] / sums[whole] if sums[whole] else float("nan")
