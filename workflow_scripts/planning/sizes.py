"""How much a collection's or a source's languages hold, known before, or counted after, they are prepared."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from workflow_scripts.data import layouts
from workflow_scripts.data.languages import Language
from workflow_scripts.planning.data_files import GENERATED, data_folder
from workflow_scripts.planning.runs import Config
from workflow_scripts.planning.text_lengths import PAIRS, TEXTS, TextLengths

# Of a collection that nothing is known of, until it is prepared.
ASSUMED_QUERIES = 1_000
ASSUMED_PASSAGES = 100_000
ASSUMED_PAIRS = 100_000
ASSUMED_TEXTS = 100_000
UNPACKED = 3.5  # times as large as a file in gzip; SQuAD's is 3.7
# Whose pairs may have hard negatives; a table's have where it names columns for them.
_WITH_NEGATIVES = ("mmarco", "csclir", "dpr", "jsonl")


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
    queries, passages = (_counted(folder / f"{table}.parquet") for table in ("queries", "passages"))
    if queries is not None and passages is not None:
        return Size(queries, passages, True)
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


def pair_count(config: Config, results: Path, source: str, lang: str, lengths: TextLengths) -> int:
    """Return how many pairs a source gives in a language: as prepared, else as drawn of what is known, or assumed.

    Of a language that is translated: the share of the English ones.
    """
    entry = config["sources"][source]
    if lang not in entry["pairs"] and lang in entry["translate"]:
        return round(entry["translate"][lang] * pair_count(config, results, source, "en", lengths))
    if (counted := _counted(results / "pairs/prepared" / source / f"{lang}.parquet")) is not None:
        return counted
    known, drawn = lengths.of(PAIRS, entry, lang).rows, entry.get("examples")
    return min(known, drawn) if known and drawn else known or drawn or ASSUMED_PAIRS


def hard_negatives(config: Config, source: str, lang: str) -> int:
    """Return how many hard negatives a source's pairs have in a language, at most; translated pairs have none."""
    entry = config["sources"][source]
    named = entry["format"] in _WITH_NEGATIVES or bool(entry.get("columns", {}).get("negatives"))
    return entry["negatives"] if named and lang in entry["pairs"] else 0


def text_count(config: Config, results: Path, source: str, lang: str, lengths: TextLengths) -> int:
    """Return how many plain texts a source gives in a language: as prepared, else as known, or assumed."""
    if (counted := _counted(results / "texts" / source / f"{lang}.parquet")) is not None:
        return counted
    return lengths.of(TEXTS, config["sources"][source], lang).rows or ASSUMED_TEXTS


def source_bytes(config: Config, results: Path, source: str, kind: str, lang: str) -> float | None:
    """Return how large the files are, unpacked, that a source's ``kind`` (pairs or texts) of ``lang`` is read from.

    Nothing where none is there yet. A file may hold many languages, each of whose jobs reads it whole.
    """
    entry = config["sources"][source]
    made_here = entry["format"] == GENERATED
    root = results / "sources/atlas" if made_here else data_folder(config, "sources", source)
    if kind == PAIRS:
        files = layouts.pair_files(entry["format"], root, lang, entry.get("files"))
    else:
        files = layouts.text_files(entry["format"], root, lang)
    sizes = [path.stat().st_size * (UNPACKED if path.suffix == ".gz" else 1) for path in files if path.is_file()]
    return sum(sizes) if sizes else None


def _counted(path: Path) -> int | None:
    """Return a table's rows; None where it is not there, or damaged, which the job that reads it says."""
    try:
        return _rows(path, path.stat().st_mtime_ns)
    except (OSError, ValueError):
        return None


@cache
def _rows(path: Path, written: int) -> int:
    import pyarrow.parquet as pq  # every start of Snakemake reads this file; few count rows

    return pq.read_metadata(path).num_rows


@cache
def _read_facts(path: Path) -> dict[tuple[str, str], tuple[int, int]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (row["format"], row["lang"]): (int(row["queries"]), int(row["passages"])) for row in csv.DictReader(file)
        }
