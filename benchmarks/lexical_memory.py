"""Peak memory and time of BM25 search as a language grows.

    export R=results/xquad-r PYTHONPATH=.
    python benchmarks/lexical_memory.py --passages $R/pairs/prepared/squad-en/en.parquet \\
        --queries $R/collections/tydiqa/en/queries.parquet

The passages of a table of PAIRS are repeated up to each size, under new ids, and written as one language. Each size is
searched by the entry module in a process of its own, whose peak resident memory is shown; ids alone take some of it.
"""

import argparse
import json
import tempfile
from itertools import cycle, islice
from pathlib import Path

from benchmarks.peak_memory import measured
from workflow_scripts.data.table_stream import write_rows
from workflow_scripts.data.tables import PAIRS, PASSAGES, QRELS, QUERIES, read_table, write_table
from workflow_scripts.data.text_format import passage_text
from workflow_scripts.retrieval.lexical_tokens import lexical_tokens

SETTINGS = {"depth": 1000, "settings": ["monolingual"], "parallel": False}


def main() -> None:
    """Parse the command line, measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passages", type=Path, required=True, metavar="F.parquet", help="PAIRS")
    parser.add_argument("--queries", type=Path, required=True, metavar="F.parquet", help="QUERIES of the same language")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], metavar="N")
    flags = parser.parse_args()
    pairs = read_table(flags.passages, PAIRS, ["title", "passage"])
    rows = list(dict.fromkeys((row["title"], row["passage"]) for row in pairs.to_pylist()))
    queries = read_table(flags.queries, QUERIES)
    asked = {token for text in queries["text"].to_pylist() for token in lexical_tokens(text)}
    lengths = [lexical_tokens(passage_text(title, text)) for title, text in rows]
    print(
        f"{len(rows):,} passages of {sum(map(len, lengths)) / len(rows):.0f} words, of which "
        f"{sum(len(asked.intersection(words)) for words in lengths) / len(rows):.1f} distinct ones stand in one of "
        f"{len(queries)} queries\n"
    )
    print("| passages | MB | own | seconds |")
    print("| ---: | ---: | ---: | ---: |")
    for size in flags.sizes:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "data" / "en"
            passages = (
                (f"{number}#0", "en", title, text) for number, (title, text) in enumerate(islice(cycle(rows), size))
            )
            write_rows(passages, folder / "passages.parquet", PASSAGES)
            write_table(queries, folder / "queries.parquet", QUERIES)
            write_table(QRELS.empty_table(), folder / "qrels.parquet", QRELS)
            seconds, resident, own = measured(
                "search_bm25",
                *("--collection", "c", "--data", str(folder.parent), "--languages", "en", "--part", "en"),
                *("--settings", json.dumps(SETTINGS)),
                *("--hits", str(folder / "hits.parquet"), "--gold-ranks", str(folder / "gold.parquet")),
            )
            print(f"| {size:,} | {resident:,} | {own:,} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
