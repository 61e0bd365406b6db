"""Relevance judgements of a collection, language by language, and which of them count for a query."""

from collections.abc import Mapping
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import QRELS, read_table

# language of the passages → query id → passage id → relevance
Qrels = dict[str, dict[str, dict[str, int]]]


def read_qrels(paths: Mapping[str, Path]) -> Qrels:
    """Return the judgements of each language's QRELS; raise InputError where a passage is judged twice for a query."""
    qrels: Qrels = {}
    for lang, path in paths.items():
        table = read_table(path, QRELS)
        by_query = qrels[lang] = {}
        columns = (table[name].to_pylist() for name in QRELS.names)
        for query_id, passage_id, relevance in zip(*columns, strict=True):
            judged = by_query.setdefault(query_id, {})
            if passage_id in judged:
                raise InputError(
                    f"{path}: passage {passage_id} is judged twice for query {query_id}; keep one judgement"
                )
            judged[passage_id] = relevance
    return qrels


def judged_pairs(qrels: Qrels, settings: list[str], parallel: bool) -> dict[str, list[str]]:
    """Return query language → languages of the passages that are judged for its queries.

    In a parallel collection the passages of language B that count for query q, asked in whatever language, are those
    that B's qrels name for q; in any other, a query has passages of its own language alone. Raises InputError where
    the cross-lingual setting is asked of a collection that is not parallel.
    """
    if "cross-lingual" in settings and not parallel:
        raise InputError(
            "settings: cross-lingual needs a parallel collection: no passage of another language is judged"
        )
    if parallel and set(settings) - {"monolingual"}:
        return {lang: sorted(qrels) for lang in sorted(qrels)}
    return {lang: [lang] for lang in sorted(qrels)}
