"""Training pairs of several languages, lined up by pair id; of their text only the tokens are read."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import PAIRS, read_table
from workflow_scripts.data.token_arrays import JoinedTokens
from workflow_scripts.training.batches import SourcePairs
from workflow_scripts.training.held_out import is_held_out
from workflow_scripts.training.negatives import UNKNOWN_GROUP, HardNegatives
from workflow_scripts.training.overlaps import (
    overlapping_negatives,
    read_negative_overlaps,
    read_overlaps,
    without_overlaps,
)
from workflow_scripts.training.pair_tokens import PairTokens

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingPairs:
    """Pairs by source, and the token ids of the texts that their rows name.

    ``queries.rows([r])`` and ``passages.rows([r])`` are the ids of query row r and of passage row r.
    """

    languages: list[str]
    sources: list[SourcePairs]
    held_out: list[SourcePairs]  # of groups that are in no pair of ``sources``
    queries: JoinedTokens
    passages: JoinedTokens
    negatives: HardNegatives
    left_out: int  # rows that the overlaps name
    negatives_left_out: int  # hard negatives that they name, of whatever row


def read_pairs(
    paths: Sequence[str | Path],
    paths_to_tokens: Sequence[str | Path],
    paths_to_overlaps: Sequence[str | Path],
    languages: Sequence[str] | None = None,
    held_out_share: float = 0.0,
    held_out_source: str | None = None,
) -> TrainingPairs:
    """Read PAIRS files without their overlaps, of ``languages`` alone where given, and map their token arrays.

    ``paths_to_tokens`` are the folders of token arrays, one for each of ``paths``. A ``held_out_share`` of the
    groups, or all pairs of ``held_out_source``, are set aside. Raises InputError where files and arrays do not fit,
    nothing is left, a pair stands twice in a language, or its groups differ between languages.
    """
    tokens = [PairTokens.open(path) for path in paths_to_tokens]
    queries, passages = JoinedTokens([of.queries for of in tokens]), JoinedTokens([of.passages for of in tokens])
    table = pa.concat_tables(
        [
            _numbered(path, of, int(first_query), int(first_passage))
            for path, of, first_query, first_passage in zip(
                paths, tokens, queries.starts[:-1], passages.starts[:-1], strict=True
            )
        ]
    )
    table = table.append_column("row", pa.array(np.arange(table.num_rows)))
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
    query_rows, passage_rows = (kept[name].to_numpy() for name in ("query_row", "passage_row"))
    group_names, groups = np.unique(np.array(kept["group_id"].to_pylist()), return_inverse=True)
    _log.info("%d pairs of text, %d groups, languages %s", kept.num_rows, len(group_names), " ".join(langs))
    source_names = np.array(kept["source"].to_pylist())
    lang_numbers = np.searchsorted(np.array(langs), np.array(kept["lang"].to_pylist()))
    pair_ids = np.array(kept["pair_id"].to_pylist())
    aside = is_held_out(group_names, held_out_share)[groups] | (source_names == held_out_source)
    columns = (pair_ids, lang_numbers, query_rows, passage_rows, kept["row"].to_numpy(), groups)
    parts: dict[bool, list[SourcePairs]] = {False: [], True: []}
    for name in sorted(set(source_names.tolist())):
        for held_out, sources in parts.items():
            rows = np.flatnonzero((source_names == name) & (aside == held_out))
            if rows.size:
                sources.append(_line_up(name, langs, *(column[rows] for column in columns)))
    if held_out_source is not None and not (parts[False] and parts[True]):
        raise InputError(
            f"training.held_out.source: {held_out_source!r} has {sum(aside)} of the {len(aside)} rows of pairs in "
            f"{', '.join(langs)} that overlap no evaluation text; there must be some of it and some to train on"
        )
    if not parts[False] or (held_out_share and not parts[True]):
        raise InputError(
            f"training.held_out.share: {held_out_share} of {len(group_names)} groups leaves none to train on or none "
            "held out; choose another"
        )
    offsets, texts = _joined_negatives(tokens, passages)
    named = overlapping_negatives(table, offsets, read_negative_overlaps(paths_to_overlaps))
    _log.info("%d hard negatives, %d left out as overlapping evaluation text", len(named), named.sum())
    group_of = np.full(len(passages), UNKNOWN_GROUP, dtype=np.int64)
    filled = passage_rows >= 0
    group_of[passage_rows[filled]] = groups[filled]
    # Nor is training to read the passages of groups that are held out.
    negatives = _without(named | np.isin(group_of[texts], np.unique(groups[aside])), offsets, texts, group_of)
    return TrainingPairs(
        langs, parts[False], parts[True], queries, passages, negatives, left_out, negatives_left_out=int(named.sum())
    )


def _joined_negatives(tokens: list[PairTokens], passages: JoinedTokens) -> tuple[np.ndarray, np.ndarray]:
    """Return offsets [rows + 1] and texts of the hard negatives of all files, both int64."""
    ends = np.cumsum([0, *(len(of.negative_rows) for of in tokens)])
    offsets = [of.negative_offsets[1:] + end for of, end in zip(tokens, ends, strict=False)]
    texts = [of.negative_rows + first for of, first in zip(tokens, passages.starts, strict=False)]
    return np.concatenate([[0], *offsets]), np.concatenate(texts)


def _without(dropped: np.ndarray, offsets: np.ndarray, texts: np.ndarray, groups: np.ndarray) -> HardNegatives:
    """Return the hard negatives that are not ``dropped``, bool [negatives]."""
    kept_before = np.concatenate([[0], np.cumsum(~dropped)])
    return HardNegatives(kept_before[offsets], texts[~dropped], groups)


def _numbered(path: str | Path, tokens: PairTokens, first_query: int, first_passage: int) -> pa.Table:
    """Return who a file's rows are, with the numbers of their texts among those of all files (−1: none)."""
    table = read_table(path, PAIRS, ["pair_id", "group_id", "source", "lang"])
    for name, rows, first in (
        ("query_row", tokens.query_rows, first_query),
        ("passage_row", tokens.passage_rows, first_passage),
    ):
        if len(rows) != table.num_rows:
            raise InputError(f"{path}: has {table.num_rows} rows, its token arrays {len(rows)}; run tokenize_pairs")
        table = table.append_column(name, pa.array(np.where(rows < 0, -1, rows + first)))
    return table


def _line_up(
    name: str,
    langs: list[str],
    pair_ids: np.ndarray,
    lang_numbers: np.ndarray,
    query_rows: np.ndarray,
    passage_rows: np.ndarray,
    table_rows: np.ndarray,
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
    # int64 [languages, pairs]: the queries, the passages, the rows of the tables
    columns = np.full((3, len(langs), len(ids)), -1, dtype=np.int64)
    for column, values in zip(columns, (query_rows, passage_rows, table_rows), strict=True):
        column[lang_numbers, pairs] = values
    return SourcePairs(name, columns[0], columns[1], of_pair, columns[2])
