"""Queries and judgements of any format, checked the same way: one place for what must hold of them."""

import re
from collections.abc import Iterable
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.records import Judgement, Query
from workflow_scripts.data.row_counts import RowCounts

_INTEGER = re.compile(r"-?\d+")


def gather_queries(rows: Iterable[tuple[str, str, str]], source: Path) -> list[Query]:
    """Return queries of (place, id, text); raise InputError for an empty or repeated id, an empty text, no query."""
    queries: dict[str, Query] = {}
    for where, query_id, text in rows:
        if not query_id or not text.strip():
            raise InputError(f"{where}: the query's {'text' if query_id else 'id'} is empty")
        if query_id in queries:
            raise InputError(f"{where}: query id {query_id!r} stands twice")
        queries[query_id] = Query(query_id, text.strip())
    if not queries:
        raise InputError(f"{source}: holds no query")
    return list(queries.values())


def gather_judgements(
    rows: Iterable[tuple[str, str, str, str]], query_ids: set[str], source: Path
) -> tuple[list[Judgement], list[str]]:
    """Return judgements of (place, query, passage, relevance) and the place of each.

    Raises InputError for a query that is none of ``query_ids``, an empty passage id, a relevance that is no whole
    number, a passage that is judged twice for a query, and where there is no judgement.
    """
    judgements: list[Judgement] = []
    places: list[str] = []
    seen: set[tuple[str, str]] = set()
    for where, query_id, passage_id, relevance in rows:
        if query_id not in query_ids:
            raise InputError(f"{where}: query {query_id!r} is not among the queries")
        if not passage_id:
            raise InputError(f"{where}: the passage's id is empty")
        if not _INTEGER.fullmatch(relevance):
            raise InputError(f"{where}: relevance {relevance!r} is not a whole number")
        if (query_id, passage_id) in seen:
            raise InputError(f"{where}: query {query_id!r} and passage {passage_id!r} are judged twice")
        seen.add((query_id, passage_id))
        judgements.append(Judgement(query_id, passage_id, int(relevance)))
        places.append(where)
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
