"""Peak memory of tokenising and encoding a collection, as it grows.

    export R=results/tiny PYTHONPATH=.
    python benchmarks/encoding_memory.py --model $R/base/tiny-s --passages $R/collections

Passages of every language below the folder are repeated up to each size, under new ids, and written as one table. Each
size is tokenised and encoded by the entry modules in processes of their own, whose peak resident memory is shown.
Pages of memory-mapped files that the system may drop at any time count in it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import pyarrow as pa

from workflow_scripts.data.table_stream import write_rows
from workflow_scripts.data.tables import PASSAGES, QUERIES, read_table, write_table

FORM = {"query_prefix": "", "passage_prefix": "", "max_query_length": 32, "max_passage_length": 64}
SETTINGS = {
    "model": {**FORM, "pooling": "mean", "normalise": True},
    "encoding": {"batch_tokens": 8192, "dtype": "float32"},
}


def measured(module: str, *flags: str) -> tuple[float, int]:
    """Run an entry module; return its seconds and its peak resident memory in MB."""
    # Not ru_maxrss, which a process inherits from the one that started it.
    code = (
        "import pathlib, re, runpy, sys; sys.argv = sys.argv[1:]; "
        "runpy.run_module(sys.argv[0], run_name='__main__'); "
        "status = pathlib.Path('/proc/self/status').read_text(); "
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', status)[1]) // 1024)"
    )
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, f"workflow_scripts.{module}", *flags], capture_output=True, text=True, check=True
    )
    return time.perf_counter() - began, int(done.stdout)


def main() -> None:
    """Parse the command line, measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--passages", type=Path, required=True, metavar="FOLDER", help="holds …/passages.parquet")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], metavar="N")
    flags = parser.parse_args()
    rows = [
        (row["title"], row["text"])
        for path in sorted(flags.passages.rglob("passages.parquet"))
        for row in read_table(path, PASSAGES).to_pylist()
    ]
    print("| passages | tokens | tokenize_collection: MB | seconds | encode: MB | seconds |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for size in flags.sizes:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            passages = (
                (f"{number}#0", "en", title, text) for number, (title, text) in enumerate(islice(cycle(rows), size))
            )
            write_rows(passages, folder / "data" / "en" / "passages.parquet", PASSAGES)
            queries = pa.table({"query_id": ["q"], "lang": ["en"], "text": ["one"]}, schema=QUERIES)
            write_table(queries, folder / "data" / "en" / "queries.parquet", QUERIES)
            tokenised = measured(
                "tokenize_collection",
                *("--tokenizer", str(flags.model), "--collection", "c", "--languages", "en"),
                *("--data", str(folder / "data"), "--settings", json.dumps(FORM), "--output", str(folder / "tokens")),
            )
            encoded = measured(
                "encode",
                *("--model", str(flags.model), "--tokens", str(folder / "tokens"), "--threads", "1"),
                *("--settings", json.dumps(SETTINGS), "--partial", str(folder / "partial")),
                *("--output", str(folder / "vectors")),
            )
            tokens = json.loads((folder / "tokens" / "manifest.json").read_text())["passages"]["tokens"]
            figures = (f"{megabytes:,} | {seconds:.0f}" for seconds, megabytes in (tokenised, encoded))
            print(f"| {size:,} | {tokens:,} | {' | '.join(figures)} |", flush=True)


if __name__ == "__main__":
    main()
