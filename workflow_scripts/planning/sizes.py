"""How many queries and passages a collection's languages hold, known before, or counted after, they are prepared."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from workflow_scripts.data.languages import Language
from workflow_scripts.planning.runs import Config

# Of a collection that nothing is known of, until it is prepared.
ASSUMED_QUERIES = 1_000
ASSUMED_PASSAGES = 100_000
ASSUMED_PAIRS = 100_000


class Size(NamedTuple):
    """Queries and passages of one language; ``known`` says that they are not assumed."""

    queries: int
    passages: int
    known: bool


def collection_size(
    config: Config, results: Path, collection: str, lang: str, table: Mapping[str, Language], facts: Path
) -> Size:
    """Return a language's size: counted in its tables where they are made, else as ``published_size`` has it."""
    folder = results / "collections" / collection / lang
    if (folder / "queries.parquet").is_file() and (folder / "passages.parquet").is_file():
        return Size(_rows(folder / "queries.parquet"), _rows(folder / "passages.parquet"), True)
    return published_size(config, collection, lang, table, facts)


def published_size(config: Config, collection: str, lang: str, table: Mapping[str, Language], facts: Path) -> Size:
    """Return a language's size as published, else assumed.

    ``facts`` is ``resources/collection_sizes.csv`` (format, lang, queries, passages); ``table`` is
    ``resources/languages.csv``, which knows MIRACL's. Atlas asks ``atlas.queries`` questions a language.
    """
    form = config["collections"][collection]["format"]
    row = table.get(lang)
    if form == "miracl" and row is not None and row.miracl_passages is not None:
        return Size(row.miracl_dev_queries or ASSUMED_QUERIES, row.miracl_passages, True)
    known = _read_facts(facts)
    for key in ((form, lang), (form, "*")):
        if key in known:
            queries, passages = known[key]
            return Size(config["atlas"]["queries"] if form == "atlas" else queries, passages, True)
    return Size(ASSUMED_QUERIES, ASSUMED_PASSAGES, False)


def pair_count(config: Config, results: Path, source: str) -> int:
    """Return how many pairs a source gives in a language: as drawn, as prepared, or assumed."""
    prepared = sorted((results / "pairs/prepared" / source).glob("*.parquet"))
    if prepared:
        return max(map(_rows, prepared))
    return config["sources"][source].get("examples") or ASSUMED_PAIRS


def _rows(path: Path) -> int:
    import pyarrow.parquet as pq  # every start of Snakemake reads this file; few count rows

    return pq.ParquetFile(path).metadata.num_rows


@cache
def _read_facts(path: Path) -> dict[tuple[str, str], tuple[int, int]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (row["format"], row["lang"]): (int(row["queries"]), int(row["passages"])) for row in csv.DictReader(file)
        }
