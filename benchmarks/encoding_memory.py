"""Peak memory of tokenising and encoding a collection, as it grows.

    export R=results/tiny PYTHONPATH=.
    python benchmarks/encoding_memory.py --model $R/base/tiny-s --passages $R/collections

Passages of every language below the folder are repeated up to each size, under new ids, and written as one table. Each
size is tokenised and encoded by the entry modules in processes of their own, whose peak resident memory is shown, and
that without pages of mapped files, which the system may drop at any time.
"""

import argparse
import json
import tempfile
from itertools import cycle, islice
from pathlib import Path

import pyarrow as pa

from benchmarks.peak_memory import measured
from workflow_scripts.data.table_stream import write_rows
from workflow_scripts.data.tables import PASSAGES, QUERIES, read_table, write_table

FORM = {"query_prefix": "", "passage_prefix": "", "max_query_length": 32, "max_passage_length": 64}
SETTINGS = {
    "model": {**FORM, "pooling": "mean", "normalise": True},
    "encoding": {"batch_tokens": 8192, "dtype": "float32"},
}


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
    print("| passages | tokens | tokenize_collection: MB | own | seconds | encode: MB | own | seconds |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
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
            figures = (f"{resident:,} | {own:,} | {seconds:.0f}" for seconds, resident, own in (tokenised, encoded))
            print(f"| {size:,} | {tokens:,} | {' | '.join(figures)} |", flush=True)


if __name__ == "__main__":
    main()
