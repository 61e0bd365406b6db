"""mMARCO (arXiv 2108.13897): MS MARCO's triples as ids, and its queries and passages in fourteen languages.

A triple is three numbers, equal in every language, so one triple can take any language on each side. The 39.8 million
triples stream past in blocks of numpy arrays; what is kept is the pairs drawn, by a hash of their ids that neither
the order of the file nor the language changes.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import csv

from workflow_scripts.data.draw import mix
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.groups import Groups
from workflow_scripts.data.records import Negative, Pair
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_lines import read_columns, read_raw_lines

_COLUMNS = ("query", "positive", "negative")
_BLOCK = 1 << 24  # bytes of the triples' file at once
_PENDING = 1 << 22  # triples kept before they are thinned out again


class Drawn(NamedTuple):
    """A pair of ids, and the ids of its negatives."""

    query: int
    positive: int
    negatives: list[int]


def read_mmarco_pairs(
    paths: list[Path], counts: RowCounts, *, examples: int | None, negatives: int, seed: int
) -> Iterator[Pair]:
    """Yield ``examples`` distinct pairs of query and positive passage, each with up to ``negatives`` of its negatives.

    ``paths`` are triples, queries and passages. ``pair_id`` is query and passage id. Pairs that share a query or a
    passage, directly or through others, are one group: each passage answers the other's query. Pairs without text in
    this language are dropped and counted. Memory: the texts drawn. Raises InputError for broken files and for ids
    without text.
    """
    triples, queries, passages = paths
    drawn = draw_triples(triples, examples=examples, negatives=negatives, seed=seed)
    query_texts = _texts(queries, {pair.query for pair in drawn}, triples)
    wanted = {passage for pair in drawn for passage in (pair.positive, *pair.negatives)}
    passage_texts = _texts(passages, wanted, triples)
    groups = Groups()
    for pair in drawn:
        groups.join(f"q{pair.query}", f"p{pair.positive}")
    for pair in drawn:
        query, passage = query_texts[pair.query], passage_texts[pair.positive]
        if not query or not passage:
            counts["pairs", "empty query" if not query else "empty passage"] += 1
            continue
        kept = [Negative("", text) for text in map(passage_texts.__getitem__, pair.negatives) if text]
        if len(kept) < len(pair.negatives):
            counts["pairs", "kept: an empty negative left out"] += len(pair.negatives) - len(kept)
        name = f"{pair.query}-{pair.positive}"
        yield Pair(name, groups.root(f"q{pair.query}"), query, "", passage, kept or None)


def draw_triples(path: Path, *, examples: int | None, negatives: int, seed: int) -> list[Drawn]:
    """Return the ``examples`` pairs (None: all) of the least hash in the order of their ids, with ``negatives`` each.

    One pass over the file. Two pairs share a 64-bit hash with probability 2**-64, which is neglected.
    """
    kept = np.empty((4, 0), np.uint64)  # hash of the pair, query, positive, negative
    pending, waiting = [kept], 0
    last = np.uint64(2**64 - 1)
    for block in _blocks(path):
        hashes = mix(mix(block[0] ^ mix(np.array([seed], np.uint64))) ^ block[1])
        near = hashes <= last
        pending.append(np.vstack([hashes[near], block[:, near]]))
        waiting += pending[-1].shape[1]
        if waiting > max(_PENDING, kept.shape[1]):
            kept = _thin_out(np.hstack(pending), examples, negatives)
            pending, waiting = [kept], 0
            if examples is not None and len(np.unique(kept[0])) == examples:
                last = kept[0, -1]
    kept = _thin_out(np.hstack(pending), examples, negatives)
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for _, query, positive, negative in kept.T.tolist():
        found[query, positive].append(negative)
    return [Drawn(query, positive, found[query, positive][:negatives]) for query, positive in sorted(found)]


def _thin_out(rows: np.ndarray, examples: int | None, negatives: int) -> np.ndarray:
    """Sort by the hashes of pair and negative; keep the first pairs, and the first distinct negatives of each."""
    pairs, own = rows[0], mix(rows[0] ^ mix(rows[3]))
    rows = rows[:, np.lexsort((own, pairs))]
    pairs = rows[0]
    fresh = np.ones(len(pairs), bool)
    fresh[1:] = (pairs[1:] != pairs[:-1]) | (rows[3, 1:] != rows[3, :-1])
    rows, pairs = rows[:, fresh], pairs[fresh]
    first = np.ones(len(pairs), bool)
    first[1:] = pairs[1:] != pairs[:-1]
    number = np.cumsum(first) - 1
    place = np.arange(len(pairs)) - np.flatnonzero(first)[number] if len(pairs) else number
    wanted = place < max(negatives, 1)  # one row a pair even where no negative is wanted
    if examples is not None:
        wanted &= number < examples
    return rows[:, wanted]


def _blocks(path: Path) -> Iterator[np.ndarray]:
    """Yield the triples as arrays of shape (3, n)."""
    try:
        with csv.open_csv(
            path,
            read_options=csv.ReadOptions(column_names=_COLUMNS, block_size=_BLOCK),
            parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
            convert_options=csv.ConvertOptions(column_types=dict.fromkeys(_COLUMNS, pa.uint64()), null_values=[]),
        ) as reader:
            for batch in reader:
                yield np.vstack([column.to_numpy() for column in batch.columns])
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; see docs/data.md for the layout") from None
    except (pa.ArrowInvalid, OSError) as error:
        _name_the_line(path)
        raise InputError(f"{path}: not a file of triples of numbers ({error})") from None


def _name_the_line(path: Path) -> None:
    """Raise InputError for the first line that is not three numbers: the fast reader does not say which."""
    for number, columns in read_columns(path, len(_COLUMNS)):
        if not all(column.isascii() and column.isdigit() for column in columns):
            raise InputError(f"{path}: line {number}: {' '.join(columns)[:60]!r} is not three ids of numbers")


def _texts(path: Path, wanted: set[int], triples: Path) -> dict[int, str]:
    """Return the text of each wanted id of a file of id, tab, text; the other lines are passed over undecoded."""
    keys = {str(number).encode(): number for number in wanted}
    found: dict[int, str] = {}
    for number, line in read_raw_lines(path):
        key, tab, text = line.partition(b"\t")
        if not tab:
            raise InputError(f"{path}: line {number}: has no tab between id and text")
        if key in keys:
            if keys[key] in found:
                raise InputError(f"{path}: line {number}: id {keys[key]} stands there twice")
            try:
                found[keys[key]] = text.decode("utf-8").strip()
            except UnicodeDecodeError as error:
                raise InputError(f"{path}: line {number}: is not UTF-8 ({error.reason})") from None
    if len(found) < len(wanted):
        missing = min(wanted - found.keys())
        raise InputError(
            f"{path}: has no line for id {missing}, which {triples.name} names ({len(wanted) - len(found)} ids are "
            "missing); the file is cut short or of another version"
        )
    return found
