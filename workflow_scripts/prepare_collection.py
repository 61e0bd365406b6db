"""Entry module: queries, passages and judgements of one language of an evaluation collection, in the common form."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.collection_sources import read_collection
from workflow_scripts.data.file_set import check_fetched
from workflow_scripts.data.row_counts import KEPT, RowCounts, write_row_counts
from workflow_scripts.data.table_stream import some_rows, write_rows
from workflow_scripts.data.tables import PASSAGES, QRELS, QUERIES


def prepare_collection(
    *,
    collection: str,
    format: str,
    lang: str,
    options: dict[str, Any],
    path_to_root: str | Path,
    path_to_queries: str | Path,
    path_to_passages: str | Path,
    path_to_qrels: str | Path,
    path_to_dropped: str | Path,
) -> None:
    """Read a collection's files below ``path_to_root``; write QUERIES, PASSAGES, QRELS and the table of counts.

    Rows keep the order of the files. Passages pass through in bounded memory. All queries are kept; those without a
    judgement, or without a relevant passage, are counted (means go over the queries of the qrels, as with
    ``trec_eval -c``). Raises InputError for an unknown format or option and for broken files, with file, line, reason.
    """
    counts = RowCounts()
    queries, judgements, passages = read_collection(format, path_to_root, lang, options, counts)
    complaint = f"{path_to_root}: holds no passage in {lang!r}; take {lang} from collections.{collection}.languages"
    rows = ((passage.passage_id, lang, passage.title, passage.text) for passage in passages)
    counts["passages", KEPT] = write_rows(some_rows(rows, complaint), path_to_passages, PASSAGES)
    counts["queries", KEPT] = write_rows(
        ((query.query_id, lang, query.text) for query in queries), path_to_queries, QUERIES
    )
    counts["qrels", KEPT] = write_rows(judgements, path_to_qrels, QRELS)
    judged = {judgement.query_id for judgement in judgements}
    answered = {judgement.query_id for judgement in judgements if judgement.relevance > 0}
    for unusual, number in (
        ("kept: without judgement", len(queries) - len(judged)),
        ("kept: judged, but without relevant passage", len(judged) - len(answered)),
    ):
        if number:
            counts["queries", unusual] = number
    write_row_counts(counts, path_to_dropped)


def main() -> None:
    """Parse flags and prepare the collection."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collection", required=True, help="the collection's name in the config")
    parser.add_argument("--format", required=True, help="its file format (docs/data.md)")
    parser.add_argument("--root", required=True, help="folder of its files")
    parser.add_argument("--fetched", nargs="*", default=[], help="manifests of those that were fetched")
    parser.add_argument("--lang", required=True)
    parser.add_argument("--settings", required=True, type=settings, help="JSON: candidate (xquad-r), corpus (miracl)")
    parser.add_argument("--queries", required=True, help="QUERIES to write")
    parser.add_argument("--passages", required=True, help="PASSAGES to write")
    parser.add_argument("--qrels", required=True, help="QRELS to write")
    parser.add_argument("--dropped", required=True, help="CSV of kept and dropped rows to write")
    arguments = parser.parse_args()
    check_fetched(arguments.fetched)
    prepare_collection(
        collection=arguments.collection,
        format=arguments.format,
        lang=arguments.lang,
        options=arguments.settings,
        path_to_root=arguments.root,
        path_to_queries=arguments.queries,
        path_to_passages=arguments.passages,
        path_to_qrels=arguments.qrels,
        path_to_dropped=arguments.dropped,
    )


if __name__ == "__main__":
    run(main)
