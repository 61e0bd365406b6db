"""Seconds and peak memory of `score` on MIRACL dev's real judgements: 13,495 queries in 18 languages, 1,000 hits each.

    export PYTHONPATH=.
    python benchmarks/score.py make --miracl ../shared/data/miracl --folder /tmp/scoring
    python benchmarks/score.py run --folder /tmp/scoring

Hits are made: 1,000 distinct passages a query, its judged ones at random places among them.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

DEPTH = 1000
POOL = 20_000
METRICS = ["ndcg@10", "ndcg@100", "recall@1", "recall@10", "recall@100", "recall@1000", "precision@10", "map", "map@20"]
METRICS += ["mrr@10", "mrr@100", "comprehensiveness@10"]


def make(path_to_miracl: Path, folder: Path) -> None:
    """Write qrels, passages and hits of every language."""
    from workflow_scripts.data.hit_lists import hits_file
    from workflow_scripts.data.tables import GOLD_RANKS, PASSAGES, QRELS, write_table

    rng = np.random.default_rng(0)
    for path in sorted(path_to_miracl.glob("miracl-v1.0-*/qrels/*-dev.tsv")):
        lang = path.parts[-3].rpartition("-")[2]
        rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
        judged = {(row[0], row[2]): int(row[3]) for row in rows}
        table = {
            "query_id": [q for q, _ in judged],
            "passage_id": [p for _, p in judged],
            "relevance": [*judged.values()],
        }
        write_table(pa.table(table), folder / lang / "qrels.parquet", QRELS)
        ids = [*dict.fromkeys([*table["passage_id"], *(f"x{row}#0" for row in range(POOL))])]
        columns = {"passage_id": ids, "lang": [lang] * len(ids), "title": [""] * len(ids), "text": [""] * len(ids)}
        write_table(pa.table(columns), folder / lang / "passages.parquet", PASSAGES)
        with hits_file(folder / f"{lang}.parquet", DEPTH) as append:
            for hits in tables_of_hits(rng, lang, judged, ids):
                append(hits)
        write_table(GOLD_RANKS.empty_table(), folder / f"{lang}.gold.parquet", GOLD_RANKS)


def tables_of_hits(rng: np.random.Generator, lang: str, judged: dict[tuple[str, str], int], ids: list[str]):
    """Yield HITS of 256 queries at a time."""
    from workflow_scripts.data.neutral_id import neutral_id

    names, neutral = pa.array(ids), pa.array([neutral_id("miracl", lang, name) for name in ids])
    row_of = {name: row for row, name in enumerate(ids)}
    by_query: dict[str, list[int]] = {}
    for query, passage in judged:
        by_query.setdefault(query, []).append(row_of[passage])
    queries = sorted(by_query)
    for first in range(0, len(queries), 256):
        part = queries[first : first + 256]
        found = []
        for query in part:
            others = len(ids) - POOL + rng.choice(POOL, DEPTH, replace=False)
            found.append(rng.permutation(np.concatenate([by_query[query], others])[:DEPTH]))
        rows = pa.array(np.concatenate(found))
        scores = np.sort(rng.random((len(part), DEPTH), dtype=np.float32), axis=1)[:, ::-1]
        scores += np.linspace(1, 0, DEPTH, dtype=np.float32)  # no ties
        yield pa.table(
            {
                "query_lang": pa.array([lang] * len(rows)),
                "query_id": pa.array(np.repeat(np.array(part, dtype=object), DEPTH)),
                "passage_lang": pa.array([lang] * len(rows)),
                "passage_id": names.take(rows),
                "neutral_id": neutral.take(rows),
                "rank": np.tile(np.arange(1, DEPTH + 1, dtype=np.int32), len(part)),
                "score": scores.reshape(-1),
            }
        )


def run(folder: Path, repetitions: int) -> None:
    """Score, each time in a process of its own, and print what it took."""
    import json

    langs = sorted(path.parent.name for path in folder.glob("*/qrels.parquet"))
    settings = json.dumps({"settings": ["monolingual"], "parallel": False, "metrics": METRICS})
    command = [sys.executable, "-m", "workflow_scripts.score", "--model", "m", "--strategy", "s", "--seed", "1"]
    command += ["--collection", "miracl", "--settings", settings]
    command += ["--scores", str(folder / "scores.parquet"), "--bias", str(folder / "bias.parquet")]
    command += ["--hits", *(str(folder / f"{lang}.parquet") for lang in langs)]
    command += ["--gold-ranks", *(str(folder / f"{lang}.gold.parquet") for lang in langs)]
    for flag, name in (("--qrels", "qrels"), ("--passages", "passages")):
        command += [flag, *(f"{lang}={folder / lang / name}.parquet" for lang in langs)]
    seconds, processor, peak = [], [], []
    for _ in range(repetitions):
        began = time.perf_counter()
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit("score failed; run it by hand: " + " ".join(command))
        seconds.append(time.perf_counter() - began)
        processor.append(usage.ru_utime + usage.ru_stime)
        peak.append(usage.ru_maxrss * 1024 / 1e9)
    print(
        f"Python {platform.python_version()}, numpy {np.__version__}, pyarrow {pa.__version__}; "
        f"{len(langs)} languages, {len(METRICS)} metrics, median of {repetitions}: {statistics.median(seconds):.1f} s "
        f"({statistics.median(processor):.1f} s of processor time), peak memory {max(peak):.2f} GB"
    )


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["make", "run"])
    parser.add_argument("--folder", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--miracl", type=Path, metavar="FOLDER", help="holds miracl-v1.0-<lang>/qrels")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N")
    flags = parser.parse_args()
    if flags.what == "make":
        make(flags.miracl, flags.folder)
    else:
        run(flags.folder, flags.repetitions)


if __name__ == "__main__":
    main()
