"""MIRACL's files (arXiv 2210.09984): topics and qrels as TSV, passages as gzipped JSON lines."""

import re
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.records import Collection, Judgement, Passage, Query
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_lines import filled_field, read_columns, read_json_lines, string_field

_INTEGER = re.compile(r"-?\d+")


def read_miracl_collection(topics: Path, qrels: Path, corpus: list[Path], counts: RowCounts) -> Collection:
    """Read one language; topics and qrels at once, passages as a stream.

    Query ids may equal passage ids (``1177652#0`` in de, es, fa, fr, hi, yo, zh): they are different things, and a
    judgement whose two ids are equal is kept. The passage stream takes 8 bytes of memory a passage, for finding
    duplicate ids; at its end it raises InputError where qrels name a passage that it did not hold.
    """
    queries = read_topics(topics)
    judgements, lines = read_qrels(qrels, {query.query_id for query in queries})
    return Collection(queries, judgements, _passages(corpus, judgements, lines, qrels, counts))


def read_topics(path: Path) -> list[Query]:
    """Read queries: id, tab, text."""
    queries: dict[str, Query] = {}
    for number, (query_id, text) in read_columns(path, 2):
        if not query_id or not text.strip():
            raise InputError(f"{path}: line {number}: the query's {'text' if query_id else 'id'} is empty")
        if query_id in queries:
            raise InputError(f"{path}: line {number}: query id {query_id!r} stands twice")
        queries[query_id] = Query(query_id, text.strip())
    if not queries:
        raise InputError(f"{path}: holds no query")
    return list(queries.values())


def read_qrels(path: Path, query_ids: set[str]) -> tuple[list[Judgement], list[int]]:
    """Read judgements (query, ``Q0``, passage, relevance) and the line of each; all queries must be ``query_ids``."""
    judgements: list[Judgement] = []
    lines: list[int] = []
    seen: set[tuple[str, str]] = set()
    for number, (query_id, _, passage_id, relevance) in read_columns(path, 4):
        if query_id not in query_ids:
            raise InputError(f"{path}: line {number}: query {query_id!r} is not in the topics")
        if not passage_id:
            raise InputError(f"{path}: line {number}: the passage's id is empty")
        if not _INTEGER.fullmatch(relevance):
            raise InputError(f"{path}: line {number}: relevance {relevance!r} is not a whole number")
        if (query_id, passage_id) in seen:
            raise InputError(f"{path}: line {number}: query {query_id!r} and passage {passage_id!r} are judged twice")
        seen.add((query_id, passage_id))
        judgements.append(Judgement(query_id, passage_id, int(relevance)))
        lines.append(number)
    if not judgements:
        raise InputError(f"{path}: holds no judgement")
    return judgements, lines


def _passages(
    corpus: list[Path], judgements: list[Judgement], lines: list[int], qrels: Path, counts: RowCounts
) -> Iterator[Passage]:
    unseen = {judgement.passage_id for judgement in judgements}
    hashes = array("q")
    for path in corpus:
        for number, record in read_json_lines(path):
            where = f"{path}: line {number}"
            passage = Passage(
                filled_field(record, "docid", where),
                string_field(record, "title", where) if "title" in record else "",
                string_field(record, "text", where),
            )
            hashes.append(hash(passage.passage_id))
            if not passage.title and not passage.text:
                counts["passages", "neither title nor text"] += 1
                continue
            unseen.discard(passage.passage_id)
            yield passage
    _check_distinct(corpus, hashes)
    for judgement, number in zip(judgements, lines, strict=True):
        if judgement.passage_id in unseen:
            raise InputError(f"{qrels}: line {number}: passage {judgement.passage_id!r} is not in {corpus[0].parent}")


def _check_distinct(corpus: list[Path], hashes: "array[int]") -> None:
    """Raise InputError where an id stands twice. Equal hashes only raise the suspicion; a second reading decides."""
    ordered = np.sort(np.frombuffer(hashes, dtype=np.int64)) if len(hashes) else np.empty(0, dtype=np.int64)
    suspects = set(ordered[1:][ordered[1:] == ordered[:-1]].tolist())
    if not suspects:
        return
    first: dict[str, str] = {}
    for path in corpus:
        for number, record in read_json_lines(path):
            passage_id = filled_field(record, "docid", f"{path}: line {number}")
            if hash(passage_id) not in suspects:
                continue
            if passage_id in first:
                raise InputError(
                    f"{path}: line {number}: passage id {passage_id!r} stands already in {first[passage_id]}"
                )
            first[passage_id] = f"{path.name}, line {number}"
