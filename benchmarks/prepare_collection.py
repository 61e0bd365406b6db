"""`prepare_collection` on a language in MIRACL's layout, beside merely decompressing and parsing the same files.

    PYTHONPATH=. python benchmarks/prepare_collection.py

The passages are generated (words drawn by Zipf's law, about MIRACL's length), in shards of 500,000 as upstream. Each
way reads them in a process of its own; ways alternate, and medians of the wall clock are shown with the preparation's
greatest memory. The limits: the standard library's gzip, or isal (Intel's, where it is there), with orjson; the
preparation also checks, compresses and writes.

Memory grows with the number of passages, not with their length, so that of MIRACL's English is measured on short ones:

    PYTHONPATH=. python benchmarks/prepare_collection.py --passages 32893221 --words 4 9 --ways prepare --repetitions 1
"""

import argparse
import gzip
import importlib.util
import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import orjson

LANG = "sw"
SHARD = 500_000
BATCH = 10_000
WAYS = ("gzip", "isal", "prepare")
ISAL = importlib.util.find_spec("isal") is not None


def write_language(root: Path, passages: int, words_from: int, words_to: int) -> None:
    """Write a language in MIRACL's layout: one query, one judgement, many passages of ``words_from`` words or more."""
    name = f"miracl-v1.0-{LANG}"
    for kind, text in (("topics", "1\tWho?\n"), ("qrels", "1\tQ0\t0#0\t1\n")):
        (root / name / kind).mkdir(parents=True)
        (root / name / kind / f"{kind}.{name}-dev.tsv").write_text(text, encoding="utf-8")
    folder = root / f"miracl-corpus-v1.0-{LANG}"
    folder.mkdir()
    rng = np.random.default_rng(1)
    syllables = [consonant + vowel for consonant in "bdfgjklmnprstvwz" for vowel in "aeiou"]
    words = np.array(["".join(rng.choice(syllables, rng.integers(1, 5))) for _ in range(30_000)], dtype=object)
    frequency = np.cumsum(1 / np.arange(1, len(words) + 1))
    for first in range(0, passages, SHARD):
        with gzip.open(folder / f"docs-{first // SHARD}.jsonl.gz", "wb", compresslevel=6) as file:
            for start in range(first, min(first + SHARD, passages), BATCH):
                ends = np.cumsum(rng.integers(words_from, words_to, size=BATCH))
                drawn = words[np.searchsorted(frequency, rng.random(ends[-1]) * frequency[-1])]
                for number, text in enumerate(np.split(drawn, ends[:-1]), start=start):
                    row = {
                        "docid": f"{number // 7}#{number % 7}",
                        "title": f"Makala {number // 7}",
                        "text": " ".join(text),
                    }
                    file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def parse_all(root: Path, library: str) -> None:
    """Decompress and parse every line, and do nothing with it."""
    if library == "isal":
        from isal import igzip as module
    else:
        module = gzip
    for path in sorted(root.glob("miracl-corpus-*/docs-*.jsonl.gz")):
        with module.open(path, "rb") as file:
            for line in file:
                orjson.loads(line)


def prepare(root: Path, output: Path) -> None:
    """Prepare the language as the rule does."""
    from workflow_scripts.prepare_collection import prepare_collection

    prepare_collection(
        collection="benchmark",
        format="miracl",
        lang=LANG,
        options={},
        path_to_root=root,
        path_to_queries=output / "queries.parquet",
        path_to_passages=output / "passages.parquet",
        path_to_qrels=output / "qrels.parquet",
        path_to_dropped=output / "dropped.csv",
        path_to_partial=output / "partial",
    )


def main() -> None:
    """Parse flags, make the files, time the ways in turn, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--words", type=int, nargs=2, default=[20, 110], help="of a passage: at least, less than")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=[way for way in WAYS if way != "isal" or ISAL])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the language lies, or is made if there is none")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        if arguments.way == "prepare":
            import workflow_scripts.prepare_collection  # noqa: F401, for its imports are not what is measured
        start, cpu = time.perf_counter(), time.process_time()
        if arguments.way == "prepare":
            with tempfile.TemporaryDirectory(dir=arguments.folder) as output:
                prepare(arguments.folder, Path(output))
        else:
            parse_all(arguments.folder, arguments.way)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([time.perf_counter() - start, time.process_time() - cpu, memory]))
        return
    with tempfile.TemporaryDirectory() as made:
        folder = arguments.folder or Path(made)
        if not list(folder.glob("miracl-corpus-*")):
            folder.mkdir(parents=True, exist_ok=True)
            write_language(folder, arguments.passages, *arguments.words)
        taken = {way: [] for way in arguments.ways}
        for _ in range(arguments.repetitions):
            for way in arguments.ways:
                command = [sys.executable, __file__, "--folder", folder, "--way", way]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                taken[way].append(json.loads(done.stdout.splitlines()[-1]))
    print(
        f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, orjson {orjson.__version__}"
    )
    ours = statistics.median(wall for wall, _, _ in taken.get("prepare", [(float("nan"), 0, 0)]))
    print("| way | wall s | CPU s | MB | preparation's speed, share of it |\n| --- | ---: | ---: | ---: | ---: |")
    for way, rows in taken.items():
        wall, cpu, memory = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"| {way} | {wall:.2f} | {cpu:.2f} | {memory:.0f} | {100 * wall / ours:.0f} % |")


if __name__ == "__main__":
    main()
