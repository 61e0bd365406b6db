"""Entry module: queries, passages and judgements of one language of an evaluation collection, in the common form."""

import argparse
from pathlib import Path
from typing import Any

import pyarrow as pa

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.collection_sources import read_collection
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.file_set import check_fetched
from workflow_scripts.data.passage_check import PassageCheck
from workflow_scripts.data.passage_table import write_passages
from workflow_scripts.data.row_counts import KEPT, RowCounts, write_row_counts
from workflow_scripts.data.table_stream import write_rows
from workflow_scripts.data.tables import QRELS, QUERIES


def prepare_collection(
    *,
    collection: str,
    format: str,
    lang: str,
    options: dict[str, Any],
    sizes: dict[str, int] | None = None,
    missing_passages: int = 0,
    path_to_root: str | Path,
    path_to_queries: str | Path,
    path_to_passages: str | Path,
    path_to_qrels: str | Path,
    path_to_dropped: str | Path,
    path_to_partial: str | Path,
) -> None:
    """Read a collection's files below ``path_to_root``; write QUERIES, PASSAGES, QRELS and the table of counts.

    Rows keep the order of the files. Passages pass through in bounded memory; those of several files are kept by the
    file in ``path_to_partial`` until all are written, so that another attempt goes on where a killed one stopped.
    Queries without a judgement, or without a relevant passage, are counted (means go over the queries of the qrels,
    as with ``trec_eval -c``). ``sizes`` says how many ``queries``, ``judgements`` and ``passages`` there must be,
    ``missing_passages`` how many judged passages there are not; their judgements are kept and counted, as MTEB does.
    Raises InputError for an unknown format or option and for broken files, with file, line and reason.
    """
    counts = RowCounts()
    queries, judgements, places, shards = read_collection(format, path_to_root, lang, options, counts)
    sizes = sizes or {}
    for what, found in (("queries", len(queries)), ("judgements", len(judgements))):
        if found != sizes.get(what, found):
            raise InputError(
                f"{path_to_root}: holds {found:,} {what} in {lang!r}, not {sizes[what]:,}; fetch it again, or say "
                "`sizes: any` for a sample"
            )
    check = PassageCheck(judgements, places, missing_passages)
    counts["passages", KEPT] = write_passages(
        shards,
        lang,
        path_to_passages,
        partial=path_to_partial,
        check=check,
        counts=counts,
        expected=sizes.get("passages"),
        complaint=f"{path_to_root}: holds no passage in {lang!r}; take {lang} from collections.{collection}.languages",
    )
    counts["queries", KEPT] = write_rows(
        ((query.query_id, lang, query.text) for query in queries), path_to_queries, QUERIES
    )
    counts["qrels", KEPT] = write_rows(judgements, path_to_qrels, QRELS)
    judged = {judgement.query_id for judgement in judgements}
    answered = {judgement.query_id for judgement in judgements if judgement.relevance > 0}
    missed = sum(judgement.passage_id in check.missing for judgement in judgements)
    for kind, unusual, number in (
        ("queries", "kept: without judgement", len(queries) - len(judged)),
        ("queries", "kept: judged, but without relevant passage", len(judged) - len(answered)),
        ("qrels", "kept: passage not among the passages", missed),
    ):
        if number:
            counts[kind, unusual] = number
    write_row_counts(counts, path_to_dropped)


def main() -> None:
    """Parse flags and prepare the collection."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collection", required=True, help="the collection's name in the config")
    parser.add_argument("--format", required=True, help="its file format (docs/data.md)")
    parser.add_argument("--root", required=True, help="folder of its files")
    parser.add_argument("--fetched", nargs="*", default=[], help="manifests of those that were fetched")
    parser.add_argument("--lang", required=True)
    parser.add_argument("--settings", required=True, type=settings, help="JSON: options, sizes, missing_passages")
    parser.add_argument("--queries", required=True, help="QUERIES to write")
    parser.add_argument("--passages", required=True, help="PASSAGES to write")
    parser.add_argument("--qrels", required=True, help="QRELS to write")
    parser.add_argument("--dropped", required=True, help="CSV of kept and dropped rows to write")
    parser.add_argument("--partial", required=True, help="folder of state from which another attempt goes on")
    parser.add_argument("--threads", type=int, default=1, help="threads that parse; more of them read further ahead")
    arguments = parser.parse_args()
    pa.set_cpu_count(arguments.threads)  # by default all cores, each with blocks of its own in memory
    check_fetched(arguments.fetched)
    prepare_collection(
        collection=arguments.collection,
        format=arguments.format,
        lang=arguments.lang,
        options=arguments.settings["options"],
        sizes=arguments.settings.get("sizes"),
        missing_passages=arguments.settings.get("missing_passages", 0),
        path_to_root=arguments.root,
        path_to_queries=arguments.queries,
        path_to_passages=arguments.passages,
        path_to_qrels=arguments.qrels,
        path_to_dropped=arguments.dropped,
        path_to_partial=arguments.partial,
    )


if __name__ == "__main__":
    run(main)
