"""Score one run on one collection, query by query, and measure its language bias."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.hit_lists import HitFiles
from workflow_scripts.data.language_files import language_files
from workflow_scripts.data.qrels import read_qrels
from workflow_scripts.data.tables import BIAS, GOLD_RANKS, PASSAGES, SCORES, count_rows, read_table, write_table
from workflow_scripts.evaluation.metrics import parse_metric
from workflow_scripts.evaluation.query_scores import RunScores, named


def score(
    *,
    paths_to_hits: list[Path],
    paths_to_gold_ranks: list[Path],
    paths_to_qrels: dict[str, Path],
    paths_to_passages: dict[str, Path],
    model: str,
    strategy: str,
    seed: int,
    collection: str,
    settings: dict[str, Any],
    path_to_scores: Path,
    path_to_bias: Path,
) -> None:
    """Write SCORES and BIAS of one run; hits and gold ranks are those of all parts of the collection.

    ``settings``: ``settings`` (of monolingual, cross-lingual, multilingual), ``metrics``, ``parallel``, and where it is
    true ``ignore_identical_ids``.
    """
    import pyarrow as pa

    metrics = [parse_metric(name) for name in settings["metrics"]]
    ranks = pa.concat_tables([read_table(path, GOLD_RANKS) for path in paths_to_gold_ranks]).unify_dictionaries()
    sizes = {lang: count_rows(path, PASSAGES) for lang, path in paths_to_passages.items()}
    scores, bias = RunScores(
        collection=collection,
        qrels=read_qrels(paths_to_qrels),
        pool_sizes=sizes,
        settings=settings["settings"],
        parallel=settings["parallel"],
        metrics=metrics,
        ignore_identical_ids=settings.get("ignore_identical_ids", False),
    ).score(HitFiles.open(paths_to_hits), ranks.to_pandas())
    write_table(named(scores, SCORES, model, strategy, seed, collection), path_to_scores, SCORES)
    write_table(named(bias, BIAS, model, strategy, seed, collection), path_to_bias, BIAS)


def main() -> None:
    """Parse the command line and score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hits", type=Path, nargs="+", required=True, metavar="F.parquet", help="of all parts")
    parser.add_argument("--gold-ranks", type=Path, nargs="+", required=True, metavar="F.parquet", help="of all parts")
    parser.add_argument("--qrels", nargs="+", required=True, metavar="LANG=F.parquet")
    parser.add_argument(
        "--passages", nargs="+", required=True, metavar="LANG=F.parquet", help="for the size of the pool"
    )
    parser.add_argument("--model", required=True, metavar="NAME")
    parser.add_argument("--strategy", required=True, metavar="NAME")
    parser.add_argument("--seed", type=int, required=True, metavar="N")
    parser.add_argument("--collection", required=True, metavar="NAME")
    parser.add_argument("--settings", type=settings, required=True, metavar="JSON", help="settings, metrics, parallel")
    parser.add_argument("--scores", type=Path, required=True, metavar="F.parquet")
    parser.add_argument("--bias", type=Path, required=True, metavar="F.parquet")
    flags = parser.parse_args()
    score(
        paths_to_hits=flags.hits,
        paths_to_gold_ranks=flags.gold_ranks,
        paths_to_qrels=language_files(flags.qrels, "--qrels"),
        paths_to_passages=language_files(flags.passages, "--passages"),
        model=flags.model,
        strategy=flags.strategy,
        seed=flags.seed,
        collection=flags.collection,
        settings=flags.settings,
        path_to_scores=flags.scores,
        path_to_bias=flags.bias,
    )


if __name__ == "__main__":
    run(main)
