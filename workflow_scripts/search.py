"""Search passages of one part for the collection's queries, exactly."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.checked_reading import checked_reading
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.hit_lists import hits_file
from workflow_scripts.data.language_files import language_files
from workflow_scripts.data.qrels import Qrels, read_qrels
from workflow_scripts.data.tables import GOLD_RANKS, write_table
from workflow_scripts.retrieval.blocks import BLOCKS_MB, Blocks
from workflow_scripts.retrieval.dense_vectors import DenseScorer, load_passages, load_queries
from workflow_scripts.retrieval.faiss_index import FaissCandidates
from workflow_scripts.retrieval.full_search import Search
from workflow_scripts.retrieval.index_manifest import KIND, matrix_digests, read_indexes, shards_of
from workflow_scripts.retrieval.language_pairs import MULTILINGUAL
from workflow_scripts.retrieval.worker_threads import thread_count


def search(
    *,
    paths_to_indexes: list[Path],
    part: str,
    collection: str,
    settings: dict[str, Any],
    paths_to_qrels: dict[str, Path],
    path_to_hits: Path,
    path_to_gold_ranks: Path,
    blocks_mb: int = BLOCKS_MB,
) -> None:
    """Write HITS and GOLD_RANKS of the passages of one part.

    ``paths_to_indexes`` are those of all parts of the collection where queries and relevant passages of the others are
    needed too, else its own; ``part`` is the one, named as its folder of vectors, whose passages are ranked.
    ``settings``: ``depth``, ``settings``, ``parallel``; ``blocks_mb`` bounds memory and decides no hit.
    ``paths_to_qrels`` are read where ranks of relevant passages are wanted: of parallel collections that are searched
    as one pool.
    """
    indexes = read_indexes(paths_to_indexes, settings["kind"])
    if others := [path for path, index in indexes.items() if index["collection"] != collection]:
        raise InputError(f"{others[0]}: is of collection {indexes[others[0]]['collection']}, not {collection}")
    chosen = shards_of(part, indexes)
    ranks_wanted = settings["parallel"] and MULTILINGUAL in settings["settings"]
    if ranks_wanted and not paths_to_qrels:
        raise InputError("--qrels: missing; the ranks of relevant passages in the pool of all languages need them")
    read = matrix_digests(indexes.values(), "queries")
    # A relevant passage may be another part's.
    read |= matrix_digests((indexes if ranks_wanted else chosen).values(), "passages")
    with hits_file(path_to_hits, settings["depth"]) as append:
        with checked_reading(read):
            qrels = read_qrels(paths_to_qrels) if ranks_wanted else {}
            gold_ranks = _search(indexes, chosen, settings, blocks_mb, qrels, append)
        write_table(gold_ranks, path_to_gold_ranks, GOLD_RANKS)


def _search(
    indexes: dict[Path, dict[str, Any]],
    chosen: dict[Path, dict[str, Any]],
    settings: dict[str, Any],
    blocks_mb: int,
    qrels: Qrels,
    append_hits: Callable[[pa.Table], None],
) -> pa.Table:
    """Search the passages of the ``chosen`` indexes; return the ranks of all that ``qrels`` hold relevant."""
    query_vectors, query_ids = load_queries(indexes)
    passage_vectors, passage_ids = load_passages(chosen)
    judged_vectors, judged_ids = passage_vectors, passage_ids
    if qrels and len(chosen) < len(indexes):
        # A part has its languages whole, so these are others.
        vectors, ids = load_passages({path: index for path, index in indexes.items() if path not in chosen})
        judged_vectors, judged_ids = passage_vectors | vectors, passage_ids | ids
    dimension = next(iter(query_vectors.values())).shape[1]
    blocks = Blocks.within(blocks_mb / 1000, settings["depth"], len(passage_ids), dimension, thread_count())
    finder = None
    if settings["kind"] != KIND:
        files = {lang: [index["faiss"][lang] for index in chosen.values()] for lang in passage_ids}
        finder = FaissCandidates(query_vectors, files, settings["faiss"], settings["depth"])
    return Search(
        scorer=DenseScorer(query_vectors, passage_vectors),
        queries=query_ids,
        passages=passage_ids,
        judged_scorer=DenseScorer(query_vectors, judged_vectors),
        judged=judged_ids,
        settings=settings["settings"],
        qrels=qrels,
        depth=settings["depth"],
        finder=finder,
    ).run(blocks, append_hits)


def main() -> None:
    """Parse the command line and search."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--index", type=Path, nargs="+", required=True, metavar="F.json", help="the parts that it needs"
    )
    parser.add_argument("--part", required=True, metavar="NAME", help="the part whose passages are searched")
    parser.add_argument("--collection", required=True, metavar="NAME")
    parser.add_argument(
        "--settings", type=settings, required=True, metavar="JSON", help="search section, settings, parallel"
    )
    parser.add_argument(
        "--qrels", nargs="*", default=[], metavar="LANG=F.parquet", help="of a parallel collection searched as one pool"
    )
    parser.add_argument(
        "--blocks-mb", type=int, default=BLOCKS_MB, metavar="MB", help="memory of blocks of vectors and scores"
    )
    parser.add_argument("--hits", type=Path, required=True, metavar="F.parquet")
    parser.add_argument("--gold-ranks", type=Path, required=True, metavar="F.parquet")
    flags = parser.parse_args()
    search(
        paths_to_indexes=flags.index,
        part=flags.part,
        collection=flags.collection,
        settings=flags.settings,
        blocks_mb=flags.blocks_mb,
        paths_to_qrels=language_files(flags.qrels, "--qrels"),
        path_to_hits=flags.hits,
        path_to_gold_ranks=flags.gold_ranks,
    )


if __name__ == "__main__":
    run(main)
