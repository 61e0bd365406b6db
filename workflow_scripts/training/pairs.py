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
    offsets, texts = _joined_negatives(tokens, passages)
    named = overlapping_negatives(table, offsets, read_negative_overlaps(paths_to_overlaps))
    _log.info("%d hard negatives, %d left out as overlapping evaluation text", len(named), named.sum())
    kept = without_overlaps(table, "pair_id", read_overlaps(paths_to_overlaps, "pairs"))
    left_out = table.num_rows - kept.num_rows
    _log.info("%d rows of pairs, %d left out as overlapping evaluation text", table.num_rows, left_out)
    del table  # there may be a hundred million rows
    if languages is not None:
        absent = sorted(set(languages) - set(pc.unique(kept["lang"]).to_pylist()))
        if absent:
            raise InputError(
                f"strategy.languages: no pairs in {', '.join(absent)}; remove it or add a source that has some"
            )
        kept = kept.filter(pc.is_in(kept["lang"], value_set=pa.array(list(languages))))
    if kept.num_rows == 0:
        raise InputError(f"{', '.join(map(str, paths))}: no pair is left; add pairs or look at the overlaps")
    (of_source, source_names), (of_lang, lang_names) = (_numbers(kept[name]) for name in ("source", "lang"))
    (pair_numbers, pair_ids), (groups, group_names) = (_numbers(kept[name]) for name in ("pair_id", "group_id"))
    columns = [kept[name].to_numpy() for name in ("query_row", "passage_row", "row")]
    del kept
    pa.default_memory_pool().release_unused()
    order = np.lexsort((of_lang, pair_numbers, of_source))
    of_source, pair_numbers, of_lang, groups, *columns = (
        column[order] for column in (of_source, pair_numbers, of_lang, groups, *columns)
    )
    langs = lang_names.to_pylist()
    _log.info("%d pairs of text, %d groups, languages %s", len(order), len(group_names), " ".join(langs))
    aside = is_held_out(group_names.to_pylist(), held_out_share)[groups]
    aside |= np.array([name == held_out_source for name in source_names.to_pylist()])[of_source]
    parts: dict[bool, list[SourcePairs]] = {False: [], True: []}
    for number, name in enumerate(source_names.to_pylist()):
        for held_out, sources in parts.items():
            rows = np.flatnonzero((of_source == number) & (aside == held_out))
            if rows.size:
                of_rows = (column[rows] for column in (pair_numbers, of_lang, groups, *columns))
                sources.append(_line_up(name, langs, pair_ids, *of_rows))
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
    passage_rows = columns[1]
    group_of = np.full(len(passages), UNKNOWN_GROUP, dtype=np.int64)
    filled = passage_rows >= 0
    group_of[passage_rows[filled]] = groups[filled]
    # Nor is training to read the passages of groups that are held out.
    negatives = _without(named | np.isin(group_of[texts], np.unique(groups[aside])), offsets, texts, group_of)
    return TrainingPairs(
        langs, parts[False], parts[True], queries, passages, negatives, left_out, negatives_left_out=int(named.sum())
    )


def _numbers(column: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """Return the number of each row's text, int64 [rows], and the distinct texts, ascending, that they number."""
    coded = column.dictionary_encode().combine_chunks()
    order = pc.sort_indices(coded.dictionary)
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order.to_numpy()] = np.arange(len(order))
    return numbers[coded.indices.to_numpy()], coded.dictionary.take(order)


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
    pair_ids: pa.Array,
    pair_numbers: np.ndarray,
    lang_numbers: np.ndarray,
    groups: np.ndarray,
    query_rows: np.ndarray,
    passage_rows: np.ndarray,
    table_rows: np.ndarray,
) -> SourcePairs:
    """Line up the rows of one source, which are ordered by pair and language."""
    begins = np.ones(len(pair_numbers), dtype=bool)
    begins[1:] = pair_numbers[1:] != pair_numbers[:-1]
    first, pairs = np.flatnonzero(begins), np.cumsum(begins) - 1
    twice = np.flatnonzero(~begins[1:] & (lang_numbers[1:] == lang_numbers[:-1]))
    if twice.size:
        pair_id, lang = pair_ids[pair_numbers[twice[0]]], langs[lang_numbers[twice[0]]]
        raise InputError(f"pairs of {name}: pair_id {pair_id} stands twice in {lang}; make it unique")
    of_pair = groups[first]
    differing = np.flatnonzero(of_pair[pairs] != groups)
    if differing.size:
        pair_id = pair_ids[pair_numbers[differing[0]]]
        raise InputError(f"pairs of {name}: pair_id {pair_id} has another group_id in another language; give it one")
    # int64 [languages, pairs]: the queries, the passages, the rows of the tables
    columns = np.full((3, len(langs), len(first)), -1, dtype=np.int64)
    for column, values in zip(columns, (query_rows, passage_rows, table_rows), strict=True):
        column[lang_numbers, pairs] = values
    return SourcePairs(name, columns[0], columns[1], of_pair, columns[2])
