"""Training pairs of several languages, lined up by pair id."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import PAIRS, read_table
from workflow_scripts.training.batches import SourcePairs
from workflow_scripts.training.overlaps import read_overlaps, without_overlaps

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingPairs:
    """Pairs by source, and the distinct texts that their rows name.

    ``queries[r]`` is the text of query row r, ``passages[r]`` title and text of passage row r.
    """

    languages: list[str]
    sources: list[SourcePairs]
    queries: list[str]
    passages: list[tuple[str | None, str]]
    left_out: int  # rows that the overlaps name


def read_pairs(
    paths: Sequence[str | Path], paths_to_overlaps: Iterable[str | Path], languages: Sequence[str] | None = None
) -> TrainingPairs:
    """Read PAIRS files without their overlaps, of ``languages`` alone where given.

    Raises InputError where nothing is left, a pair stands twice in a language, or its groups differ between languages.
    """
    table = pa.concat_tables([read_table(path, PAIRS) for path in paths])
    kept = without_overlaps(table, "pair_id", read_overlaps(paths_to_overlaps, "pairs"))
    left_out = table.num_rows - kept.num_rows
    _log.info("%d rows of pairs, %d left out as overlapping evaluation text", table.num_rows, left_out)
    if languages is not None:
        absent = sorted(set(languages) - set(pc.unique(kept["lang"]).to_pylist()))
        if absent:
            raise InputError(
                f"strategy.languages: no pairs in {', '.join(absent)}; remove it or add a source that has some"
            )
        kept = kept.filter(pc.is_in(kept["lang"], value_set=pa.array(list(languages))))
    if kept.num_rows == 0:
        raise InputError(f"{', '.join(map(str, paths))}: no pair is left; add pairs or look at the overlaps")
    kept = kept.sort_by([("source", "ascending"), ("pair_id", "ascending"), ("lang", "ascending")])
    langs = sorted(pc.unique(kept["lang"]).to_pylist())
    query_rows, queries = _distinct(kept["query"].to_pylist())
    passage_texts = kept["passage"].to_pylist()
    titled = zip(kept["title"].to_pylist(), passage_texts, strict=True)
    passage_rows, passages = _distinct([None if text is None else (title, text) for title, text in titled])
    group_names, groups = np.unique(np.array(kept["group_id"].to_pylist()), return_inverse=True)
    _log.info("%d pairs of text, %d groups, languages %s", kept.num_rows, len(group_names), " ".join(langs))
    source_names = np.array(kept["source"].to_pylist())
    lang_numbers = np.searchsorted(np.array(langs), np.array(kept["lang"].to_pylist()))
    pair_ids = np.array(kept["pair_id"].to_pylist())
    sources = []
    for name in sorted(set(source_names.tolist())):
        rows = np.flatnonzero(source_names == name)
        columns = (pair_ids[rows], lang_numbers[rows], query_rows[rows], passage_rows[rows], groups[rows])
        sources.append(_line_up(name, langs, *columns))
    return TrainingPairs(langs, sources, queries, passages, left_out)


def _distinct(values: list) -> tuple[np.ndarray, list]:
    numbers: dict = {}
    rows = [-1 if value is None else numbers.setdefault(value, len(numbers)) for value in values]
    return np.array(rows, dtype=np.int64), list(numbers)


def _line_up(
    name: str,
    langs: list[str],
    pair_ids: np.ndarray,
    lang_numbers: np.ndarray,
    query_rows: np.ndarray,
    passage_rows: np.ndarray,
    groups: np.ndarray,
) -> SourcePairs:
    ids, first, pairs = np.unique(pair_ids, return_index=True, return_inverse=True)
    cells = lang_numbers * len(ids) + pairs
    if len(np.unique(cells)) < len(cells):
        cell, count = np.unique(cells, return_counts=True)
        lang, pair = divmod(int(cell[count > 1][0]), len(ids))
        raise InputError(f"pairs of {name}: pair_id {ids[pair]} stands twice in {langs[lang]}; make it unique")
    of_pair = groups[first]
    differing = np.flatnonzero(of_pair[pairs] != groups)
    if differing.size:
        raise InputError(
            f"pairs of {name}: pair_id {pair_ids[differing[0]]} has another group_id in another language; give it one"
        )
    queries = np.full((len(langs), len(ids)), -1, dtype=np.int64)
    passages = np.full((len(langs), len(ids)), -1, dtype=np.int64)
    queries[lang_numbers, pairs] = query_rows
    passages[lang_numbers, pairs] = passage_rows
    return SourcePairs(name, queries, passages, of_pair)
