"""Queries and judgements of any format, checked the same way: one place for what must hold of them."""

import re
from collections.abc import Iterable
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.records import Judgement, Query
from workflow_scripts.data.row_counts import RowCounts

_INTEGER = re.compile(r"-?\d{1,9}")


def gather_queries(rows: Iterable[tuple[str, str, str]], source: Path) -> list[Query]:
    """Return queries of (place, id, text); raise InputError for an empty or repeated id, an empty text, no query.

    Ids, like texts, lose white space at their ends, here as in judgements and passages.
    """
    queries: dict[str, Query] = {}
    for where, query_id, text in rows:
        query_id = query_id.strip()
        if not query_id or not text.strip():
            raise InputError(f"{where}: the query's {'text' if query_id else 'id'} is empty")
        if query_id in queries:
            raise InputError(f"{where}: query id {query_id!r} stands twice")
        queries[query_id] = Query(query_id, text.strip())
    if not queries:
        raise InputError(f"{source}: holds no query")
    return list(queries.values())


def gather_judgements(
    rows: Iterable[tuple[str, str, str, str]], query_ids: set[str], source: Path, counts: RowCounts
) -> tuple[list[Judgement], list[str]]:
    """Return judgements of (place, query, passage, relevance) and the place of each.

    A row that says again what an earlier one said is dropped and counted: ``trec_eval`` would refuse the file, MTEB
    takes the rows for one. Relevance may be written as a float (``1.0``). Raises InputError for a query that is none of
    ``query_ids``, an empty passage id, a relevance that is no whole number, two rows that contradict each other, and
    where there is no judgement.
    """
    judgements: list[Judgement] = []
    places: list[str] = []
    first: dict[tuple[str, str], int] = {}
    for where, query_id, passage_id, relevance in rows:
        query_id, passage_id, relevance = query_id.strip(), passage_id.strip(), relevance.strip().removesuffix(".0")
        if query_id not in query_ids:
            raise InputError(f"{where}: query {query_id!r} is not among the queries")
        if not passage_id:
            raise InputError(f"{where}: the passage's id is empty")
        if not _INTEGER.fullmatch(relevance):
            raise InputError(f"{where}: relevance {relevance!r} is not a whole number of at most nine digits")
        judgement = Judgement(query_id, passage_id, int(relevance))
        number = first.setdefault((query_id, passage_id), len(judgements))
        if number == len(judgements):
            judgements.append(judgement)
            places.append(where)
        elif judgement == judgements[number]:
            counts["qrels", "repeated judgement"] += 1
        else:
            raise InputError(
                f"{where}: query {query_id!r} and passage {passage_id!r} are judged twice, {relevance} here and "
                f"{judgements[number].relevance} at {places[number]}; keep one of the two rows (of what was fetched, "
                "in a copy on this machine, with path: instead of hub:)"
            )
    if not judgements:
        raise InputError(f"{source}: holds no judgement")
    return judgements, places


def only_judged(queries: list[Query], judgements: list[Judgement], counts: RowCounts) -> list[Query]:
    """Return the queries that have a judgement; count the others, which are those of other splits."""
    judged = {judgement.query_id for judgement in judgements}
    kept = [query for query in queries if query.query_id in judged]
    if len(kept) < len(queries):
        counts["queries", "without judgement in this split"] += len(queries) - len(kept)
    return kept
