"""Entry module: which training pairs and texts of one language stand in its evaluation text."""

import argparse
import csv
import logging
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.ngrams import NgramHasher
from workflow_scripts.data.normalise import is_unspaced, normalise
from workflow_scripts.data.overlap import Overlap, OverlapIndex, filter_of
from workflow_scripts.data.sealed_parquet import SealedParquet
from workflow_scripts.data.table_stream import write_rows
from workflow_scripts.data.tables import OVERLAPS, PAIRS, PASSAGES, QUERIES, TEXTS

_log = logging.getLogger("decontaminate")
_ROWS = 16_384
_SAMPLE = 10_000  # evaluation texts that show whether the language is written with spaces
_REASONS = ("exact", "ngram")
_ON_OVERLAP = ("drop", "stop")
_SHOWN = 20  # overlaps that the log names before the run stops


class _Compared(NamedTuple):
    """A training row, or a hard negative of one by its position from 0, and what was found of it."""

    kind: str
    source: str
    row_id: str
    overlap: Overlap | None
    negative: int | None = None


def decontaminate(
    *,
    lang: str,
    ngram: int,
    max_overlap: float,
    on_overlap: str,
    paths_to_pairs: list[str],
    paths_to_texts: list[str],
    folders_of_collections: dict[str, str],
    path_to_overlaps: str | Path,
    path_to_report: str | Path,
) -> None:
    """Compare the training text of ``lang`` with all evaluation queries and passages of ``lang``.

    A pair's query, its passage and each of its hard negatives (passages without their titles) are compared with every
    query and every passage; ``data.overlap`` says what an overlap is. ``folders_of_collections`` (name → folder of
    ``queries.parquet`` and ``passages.parquet``) may be empty. Writes OVERLAPS, at most one row a pair or text: the
    exact match or else the greater share; and one a hard negative, which says nothing against its pair. A CSV has how
    many pairs, texts and negatives of each source were checked and found for either reason. Training tables are read in
    batches.

    Where ``on_overlap`` is ``stop``, nothing is written if there is any overlap: InputError says how many and where;
    the log has the first of them.
    """
    if not 0 < max_overlap <= 1:
        raise InputError(f"decontamination: max_overlap: {max_overlap} is not above 0 and at most 1")
    if ngram < 1:
        raise InputError(f"decontamination: ngram: {ngram} is not at least 1")
    if on_overlap not in _ON_OVERLAP:
        raise InputError(f"decontamination: on_overlap: {on_overlap!r} is not one of {', '.join(_ON_OVERLAP)}")
    sample = (text for _, text in islice(_evaluation_texts(folders_of_collections), _SAMPLE))
    hasher = NgramHasher(ngram, unspaced=is_unspaced(map(normalise, sample)))
    unit = "characters" if hasher.unspaced else "words"
    _log.info("%s: n-grams of %d %s", lang, hasher.length, unit)
    expected = sum(_expected_ngrams(path) for path in [*paths_to_pairs, *paths_to_texts])
    training = filter_of(_training_texts(paths_to_pairs, paths_to_texts), hasher, expected)
    index = OverlapIndex(_evaluation_texts(folders_of_collections), hasher, max_overlap=max_overlap, training=training)
    del training
    checked: Counter[tuple[str, str]] = Counter()
    found: Counter[tuple[str, str, str]] = Counter()

    def rows() -> Iterator[tuple[Any, ...]]:
        for kind, source, row_id, overlap, negative in _overlaps(index, paths_to_pairs, paths_to_texts):
            checked[kind, source] += 1
            if overlap:
                found[kind, source, overlap.reason] += 1
                collection, matched = overlap.matched
                if on_overlap == "stop" and found.total() <= _SHOWN:
                    name = row_id if negative is None else f"number {negative} of {row_id}"
                    _log.info("%s of %s: %s stands in %s of %s (%s)", kind, source, name, matched, collection, overlap)
                yield kind, source, row_id, negative, lang, overlap.reason, overlap.share, collection, matched
        if on_overlap == "stop" and found:
            raise InputError(_complaint(lang, found))

    write_rows(rows(), path_to_overlaps, OVERLAPS)
    with atomic_file(path_to_report) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("kind", "source", "lang", "reason", "checked", "dropped"))
        for (kind, source), total in sorted(checked.items()):
            for reason in _REASONS:
                dropped = found[kind, source, reason]
                writer.writerow((kind, source, lang, reason, total, dropped))
                _log.info("%s: %s of %s: %d of %d dropped (%s)", lang, kind, source, dropped, total, reason)


def _complaint(lang: str, found: Counter[tuple[str, str, str]]) -> str:
    """Say in one line how much of which source stands in evaluation text."""
    of_source: Counter[tuple[str, str]] = Counter()
    for (kind, source, _), number in found.items():
        of_source[kind, source] += number
    counts = ", ".join(f"{number} {kind} of {source}" for (kind, source), number in sorted(of_source.items()))
    return (
        f"decontamination.on_overlap: stop: in {lang}, {counts} stand in evaluation text; the log has the first of "
        "them. Set it to drop to leave them out and have them all listed"
    )


def _evaluation_texts(folders: dict[str, str]) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield collection and id (``q:`` or ``p:`` in front), and text, of every evaluation query and passage."""
    for collection, folder in folders.items():
        for name, schema, mark in (("queries", QUERIES, "q"), ("passages", PASSAGES, "p")):
            columns = (schema.names[0], "text")
            for batch in _batches(f"{folder}/{name}.parquet", schema.names, columns):
                ids, texts = (batch.column(column).to_pylist() for column in columns)
                yield from (((collection, f"{mark}:{text_id}"), text) for text_id, text in zip(ids, texts, strict=True))


def _training_texts(pairs: list[str], texts: list[str]) -> Iterator[str]:
    """Yield every text of every training row."""
    for path in pairs:
        for batch in _batches(path, PAIRS.names, ("query", "passage", "negatives")):
            queries, passages = (batch.column(name).to_pylist() for name in ("query", "passage"))
            yield from filter(None, (*queries, *passages))
            yield from _negatives(batch)[1]
    for path in texts:
        for batch in _batches(path, TEXTS.names, ("text",)):
            yield from batch.column("text").to_pylist()


def _expected_ngrams(path: str) -> int:
    """Return about how many n-grams a table's texts have: at most one a word, and a word has some six bytes."""
    try:
        metadata = pq.read_metadata(path)
    except (OSError, ValueError):
        return 0  # the reader of the table says what is wrong with it
    return sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups)) // 6


def _overlaps(index: OverlapIndex, pairs: list[str], texts: list[str]) -> Iterator[_Compared]:
    """Yield every training row; behind a pair, each of its hard negatives."""
    for path in pairs:
        columns = ("source", "pair_id", "query", "passage")
        for batch in _batches(path, PAIRS.names, (*columns, "negatives")):
            sources, ids, queries, passages = (batch.column(name).to_pylist() for name in columns)
            counts, negatives = _negatives(batch)
            found = (index.find([text or "" for text in side]) for side in (queries, passages))
            of_negatives = index.find(negatives)
            for source, pair_id, query, passage, count in zip(sources, ids, *found, counts, strict=True):
                yield _Compared("pairs", source, pair_id, _stronger(query, passage))
                for number, overlap in enumerate(islice(of_negatives, count)):
                    yield _Compared("negatives", source, pair_id, overlap, number)
    for path in texts:
        columns = ("source", "text_id", "text")
        for batch in _batches(path, TEXTS.names, columns):
            sources, ids, bodies = (batch.column(name).to_pylist() for name in columns)
            for source, text_id, overlap in zip(sources, ids, index.find(bodies), strict=True):
                yield _Compared("texts", source, text_id, overlap)


def _negatives(batch: pa.RecordBatch) -> tuple[list[int], Iterator[str]]:
    """Return how many hard negatives each pair of a batch has, and the passages of all of them, without titles."""
    column = batch.column("negatives")
    passages = column.flatten().field("passage")
    return pc.fill_null(pc.list_value_length(column), 0).to_pylist(), (text.as_py() for text in passages)


def _stronger(query: Overlap | None, passage: Overlap | None) -> Overlap | None:
    found = [overlap for overlap in (query, passage) if overlap]
    return max(found, key=lambda overlap: (overlap.reason == "exact", overlap.share), default=None)


def _batches(path: str, names: list[str], columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    with SealedParquet(path, names) as table:
        yield from table.iter_batches(_ROWS, columns=list(columns))


def _named_folders(values: list[str]) -> dict[str, str]:
    folders: dict[str, str] = {}
    for value in values:
        name, separator, folder = value.partition("=")
        if not (name and separator and folder):
            raise InputError(f"--evaluation: {value!r} is not of the form NAME=FOLDER")
        if name in folders:
            raise InputError(f"--evaluation: the collection {name!r} is given twice")
        folders[name] = folder
    return folders


def main() -> None:
    """Parse flags and find the overlaps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lang", required=True)
    parser.add_argument("--settings", required=True, type=settings, help="JSON: ngram, max_overlap, on_overlap")
    parser.add_argument("--pairs", nargs="*", default=[], help="PAIRS of this language")
    parser.add_argument("--texts", nargs="*", default=[], help="TEXTS of this language")
    parser.add_argument(
        "--evaluation", nargs="*", default=[], metavar="NAME=FOLDER", help="collections in this language"
    )
    parser.add_argument("--overlaps", required=True, help="OVERLAPS to write")
    parser.add_argument("--report", required=True, help="CSV of what was checked and dropped to write")
    arguments = parser.parse_args()
    if missing := sorted({"ngram", "max_overlap", "on_overlap"} - arguments.settings.keys()):
        raise InputError(f"--settings: {missing[0]!r} is missing; it is the config's decontamination section")
    decontaminate(
        lang=arguments.lang,
        ngram=arguments.settings["ngram"],
        max_overlap=arguments.settings["max_overlap"],
        on_overlap=arguments.settings["on_overlap"],
        paths_to_pairs=arguments.pairs,
        paths_to_texts=arguments.texts,
        folders_of_collections=_named_folders(arguments.evaluation),
        path_to_overlaps=arguments.overlaps,
        path_to_report=arguments.report,
    )


if __name__ == "__main__":
    run(main)
