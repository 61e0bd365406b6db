"""Time and memory of `prepare_pairs` on mMARCO's sizes: 39.8 M triples, 808,731 queries, 8.8 M passages.

    PYTHONPATH=. python benchmarks/mmarco.py --folder DATA [--examples 200000] [--share 1.0]

The files are made up, in mMARCO's layout and sizes (about 4 GB), once; `--share` makes smaller ones. Beside it: the
time to go through the same three files line by line and do nothing.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

_TRIPLES, _PAIRS, _QUERIES, _PASSAGES = 39_780_811, 532_751, 808_731, 8_841_823
_BLOCK = 1 << 20
_TEXT = (
    "the quick brown fox jumps over the lazy dog while seven wise owls read old books in the moonlit library of time "
    * 3
)


def _make(folder: Path, share: float) -> None:
    """Write the three files; ids are drawn evenly, texts are cuts of one text as long as MS MARCO's."""
    chance = np.random.default_rng(1)
    triples, pairs, queries, passages = (int(share * number) for number in (_TRIPLES, _PAIRS, _QUERIES, _PASSAGES))
    of_pair = np.stack([chance.integers(0, queries, pairs), chance.integers(0, passages, pairs)], axis=1)
    path = folder / "data/triples.train.ids.small.tsv"
    path.parent.mkdir(parents=True)
    with open(path, "w") as file:
        for start in range(0, triples, _BLOCK):
            size = min(_BLOCK, triples - start)
            rows = np.column_stack([of_pair[chance.integers(0, pairs, size)], chance.integers(0, passages, size)])
            file.writelines(f"{q}\t{p}\t{n}\n" for q, p, n in rows.tolist())
    for name, number, length in (
        ("queries/train/english_queries.train.tsv", queries, 35),
        ("collections/english_collection.tsv", passages, 330),
    ):
        path = folder / "data/google" / name
        path.parent.mkdir(parents=True)
        with open(path, "w") as file:
            file.writelines(f"{row}\t{_TEXT[row % 7 : row % 7 + length]}\n" for row in range(number))


def _seconds_of_lines(folder: Path) -> float:
    start = time.perf_counter()
    for path in folder.rglob("*.tsv"):
        with open(path, "rb") as file:
            for _ in file:
                pass
    return time.perf_counter() - start


def main() -> None:
    """Make the files where they are missing, prepare the pairs, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=200_000)
    parser.add_argument("--share", type=float, default=1.0, help="of mMARCO's sizes, where the files are made")
    parser.add_argument("--make", action="store_true", help="make the files and stop")
    arguments = parser.parse_args()
    if not arguments.folder.exists():
        _make(arguments.folder, arguments.share)
    if arguments.make:
        return
    lines = _seconds_of_lines(arguments.folder)
    command = [sys.executable, "-m", "workflow_scripts.prepare_pairs", "--source", "mmarco", "--format", "mmarco"]
    command += ["--root", arguments.folder, "--lang", "en", "--settings", f'{{"examples": {arguments.examples}}}']
    command += ["--output", arguments.folder / "pairs.parquet", "--dropped", arguments.folder / "dropped.csv"]
    start = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit("prepare_pairs failed")
    print(
        f"{arguments.examples:,} pairs drawn: {time.perf_counter() - start:.0f} s, "
        f"{usage.ru_utime + usage.ru_stime:.0f} CPU seconds, {usage.ru_maxrss / 1e6:.2f} GB; "
        f"the files' lines alone: {lines:.0f} s"
    )


if __name__ == "__main__":
    main()
