"""Time and memory of `decontaminate` on made-up text of a real size: 1 M pairs against 100 k evaluation texts.

    PYTHONPATH=. python benchmarks/decontaminate.py [--pairs 1000000] [--evaluation 100000] [--negatives 0]

Words are drawn from a Zipfian vocabulary of 200,000, pairs are as long as MS MARCO's (queries of 6 words, passages of
56), evaluation passages as MIRACL's (100). A known number of pairs is planted: their passage is an evaluation text, or
their query an evaluation query, or their passage holds most of one; where pairs have hard negatives, also one that is
an evaluation text; exactly these must be found.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from workflow_scripts.data.table_stream import write_rows
from workflow_scripts.data.tables import PAIRS, PASSAGES, QUERIES

_VOCABULARY = 200_000
_PLANTED = 300


def _texts(chance: np.random.Generator, words: np.ndarray, number: int, length: int):
    """Yield texts of random words, a block at a time."""
    for start in range(0, number, 10_000):
        # Zipf's law with exponent 1: the rank is the exponential of a uniform number.
        ranks = np.exp(chance.random((min(10_000, number - start), length)) * np.log(_VOCABULARY)).astype(int) - 1
        yield from (" ".join(row) for row in words[ranks])


def _make(folder: Path, pairs: int, evaluation: int, negatives: int) -> dict[tuple[str, str], int]:
    """Write the tables; return how many pairs and negatives are to be found, by kind and reason."""
    chance = np.random.default_rng(1)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = np.array(["".join(row) for row in letters[chance.integers(0, 26, (_VOCABULARY, 8))]])
    queries = [f"{text} query{number}?" for number, text in enumerate(_texts(chance, words, evaluation // 10, 6))]
    passages = list(_texts(chance, words, evaluation - len(queries), 100))
    write_rows(((f"q{n}", "en", text) for n, text in enumerate(queries)), folder / "queries.parquet", QUERIES)
    write_rows(((f"p{n}", "en", "", text) for n, text in enumerate(passages)), folder / "passages.parquet", PASSAGES)

    def rows():
        texts = zip(_texts(chance, words, pairs, 6), _texts(chance, words, pairs, 56), strict=True)
        irrelevant = _texts(chance, words, pairs * negatives, 56)
        for number, (query, passage) in enumerate(texts):
            hard = [{"title": "", "passage": text} for text in islice(irrelevant, negatives)]
            if number < _PLANTED:
                passage = f"“{passages[number].capitalize()}”!"
            elif number < 2 * _PLANTED:
                query = queries[number].upper()
            elif number < 3 * _PLANTED:
                passage = f"So it is said: {' '.join(passages[number].split()[:60])} and more besides."
            elif number < 4 * _PLANTED and negatives:
                hard[-1]["passage"] = passages[number].upper()
            yield f"{number}", f"s:{number}", "s", "en", "native", query, "", passage, hard or None

    write_rows(rows(), folder / "pairs.parquet", PAIRS)
    expected = {("pairs", "exact"): 2 * _PLANTED, ("pairs", "ngram"): _PLANTED}
    return expected | ({("negatives", "exact"): _PLANTED} if negatives else {})


def main() -> None:
    """Make the data, run the entry module, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--evaluation", type=int, default=100_000)
    parser.add_argument("--negatives", type=int, default=0, help="hard negatives of each pair")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # A process has at least the peak of the one that started it: what the making takes is not to be counted.
        with ProcessPoolExecutor(max_workers=1) as maker:
            sizes = arguments.pairs, arguments.evaluation, arguments.negatives
            expected = maker.submit(_make, folder, *sizes).result()
        command = [sys.executable, "-m", "workflow_scripts.decontaminate", "--lang", "en"]
        command += ["--settings", '{"ngram": 8, "max_overlap": 0.5, "on_overlap": "drop"}']
        command += ["--pairs", folder / "pairs.parquet", "--evaluation", f"made={folder}"]
        command += ["--overlaps", folder / "overlaps.parquet", "--report", folder / "report.csv"]
        start = time.perf_counter()
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if status:
            sys.exit("decontaminate failed")
        table = pq.read_table(folder / "overlaps.parquet", columns=["kind", "reason"])
        found = Counter(zip(*(column.to_pylist() for column in table.columns), strict=True))
    if found != expected:
        sys.exit(f"found {dict(found)}, not {expected}")
    print(
        f"{arguments.pairs:,} pairs with {arguments.negatives} hard negatives against {arguments.evaluation:,} texts: "
        f"{seconds:.0f} s, {usage.ru_utime + usage.ru_stime:.0f} CPU seconds, {usage.ru_maxrss / 1e6:.2f} GB; "
        f"found {dict(found)}"
    )


if __name__ == "__main__":
    main()
