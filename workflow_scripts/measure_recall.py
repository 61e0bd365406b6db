"""Measure what an approximate index loses: recall of its hits against exact search, and sizes on disk."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.checked_reading import checked_reading
from workflow_scripts.data.csv_table import write_csv
from workflow_scripts.data.hit_lists import HitFiles
from workflow_scripts.retrieval.blocks import BLOCKS_MB, Blocks
from workflow_scripts.retrieval.dense_vectors import DenseScorer, load_passages, load_queries
from workflow_scripts.retrieval.full_search import Search
from workflow_scripts.retrieval.index_manifest import matrix_digests, read_indexes, shards_of
from workflow_scripts.retrieval.index_recall import COLUMNS, measure
from workflow_scripts.retrieval.worker_threads import thread_count

QUERIES = 100  # searched exactly, in each language


def measure_recall(
    *,
    paths_to_indexes: list[Path],
    part: str,
    settings: dict[str, Any],
    path_to_hits: Path,
    path_to_output: Path,
    blocks_mb: int = BLOCKS_MB,
) -> None:
    """Write the recall of one part's hits, by query and passage language, as CSV.

    ``settings`` are those of the search that made them; the first ``QUERIES`` queries of each language by id are
    searched again, exactly.
    """
    indexes = read_indexes(paths_to_indexes, settings["kind"])
    chosen = shards_of(part, indexes)
    read = matrix_digests(indexes.values(), "queries") | matrix_digests(chosen.values(), "passages")
    with checked_reading(read):
        rows = _measure(indexes, chosen, settings, blocks_mb, path_to_hits)
    write_csv(path_to_output, COLUMNS, rows)


def _measure(
    indexes: dict[Path, dict[str, Any]],
    chosen: dict[Path, dict[str, Any]],
    settings: dict[str, Any],
    blocks_mb: int,
    path_to_hits: Path,
) -> list[list]:
    kind, depth = settings["kind"], settings["depth"]
    vectors, ids = load_queries(indexes)
    for lang, names in ids.items():
        rows = sorted(range(len(names)), key=names.__getitem__)[:QUERIES]
        vectors[lang], ids[lang] = vectors[lang][rows], [names[row] for row in rows]
    passage_vectors, passage_ids = load_passages(chosen)
    scorer = DenseScorer(vectors, passage_vectors)
    dimension = next(iter(vectors.values())).shape[1]
    blocks = Blocks.within(blocks_mb / 1000, depth, len(passage_ids), dimension, thread_count())
    exact: list = []
    Search(scorer, ids, passage_ids, scorer, {}, settings["settings"], {}, depth).run(blocks, exact.append)
    found = HitFiles.open([path_to_hits])
    return list(measure(exact, found, kind, depth, ids, chosen.values(), passage_ids, dimension))


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--index", type=Path, nargs="+", required=True, metavar="F.json", help="all parts of the collection"
    )
    parser.add_argument("--part", required=True, metavar="NAME", help="the part whose passages were searched")
    parser.add_argument("--settings", type=settings, required=True, metavar="JSON", help="those of `search`")
    parser.add_argument(
        "--blocks-mb", type=int, default=BLOCKS_MB, metavar="MB", help="memory of blocks of vectors and scores"
    )
    parser.add_argument("--hits", type=Path, required=True, metavar="F.parquet")
    parser.add_argument("--output", type=Path, required=True, metavar="F.csv")
    flags = parser.parse_args()
    measure_recall(
        paths_to_indexes=flags.index,
        part=flags.part,
        settings=flags.settings,
        blocks_mb=flags.blocks_mb,
        path_to_hits=flags.hits,
        path_to_output=flags.output,
    )


if __name__ == "__main__":
    run(main)
