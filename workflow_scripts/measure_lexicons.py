"""Entry module: how much of the English training text each lexicon covers."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from workflow_scripts.command_line import run
from workflow_scripts.data.csv_table import write_csv
from workflow_scripts.data.table_stream import spread_rows
from workflow_scripts.data.tables import LEXICON, PAIRS, read_table
from workflow_scripts.translation.english_tokens import Token, tokenize
from workflow_scripts.translation.lexicon import best_translations
from workflow_scripts.translation.lexicon_coverage import coverage

_MOST_PAIRS = 5_000  # of a source, spread evenly over it: some 10^5 words of queries and 10^6 of passages
_SIDES = {"query": ("query",), "passage": ("title", "passage")}
COLUMNS = (
    *("lexicon", "lang", "words", "source", "side", "pairs"),
    *("tokens", "covered_tokens", "types", "covered_types"),
)


def measure_lexicons(
    *, paths_to_lexicons: Sequence[Path], paths_to_pairs: Sequence[Path], path_to_coverage: Path
) -> None:
    """Write what each lexicon covers of the queries and of the passages of each source.

    A lexicon lies at ``<name>/<lang>.parquet``, a source's English pairs at ``<source>/en.parquet``. Of a source, some
    pairs are measured, spread evenly over it. Raises InputError for unreadable tables.
    """
    texts = {(path.parent.name, side): tokens for path in paths_to_pairs for side, tokens in _tokenized(path).items()}
    rows = []
    for path in paths_to_lexicons:
        table = read_table(path, LEXICON, ["word", "translation"])
        lexicon = best_translations([table])
        for (source, side), tokens in texts.items():
            measured = coverage(tokens, lexicon)
            rows.append((path.parent.name, path.stem, len(lexicon), source, side, len(tokens), *measured))
    write_csv(path_to_coverage, COLUMNS, rows)


def _tokenized(path: Path) -> dict[str, list[list[Token]]]:
    pairs = list(_pairs(path))
    return {
        side: [tokenize(" ".join(pair[part] for part in parts if pair[part])) for pair in pairs]
        for side, parts in _SIDES.items()
    }


def _pairs(path: Path) -> Iterator[dict[str, str | None]]:
    return spread_rows(path, PAIRS, ["query", "title", "passage"], _MOST_PAIRS)


def main() -> None:
    """Parse flags and measure the lexicons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lexicons", required=True, nargs="+", type=Path, help="LEXICONs, <name>/<lang>.parquet")
    parser.add_argument("--pairs", required=True, nargs="+", type=Path, help="PAIRS in English, <source>/en.parquet")
    parser.add_argument("--output", required=True, type=Path, help="CSV to write")
    arguments = parser.parse_args()
    measure_lexicons(
        paths_to_lexicons=arguments.lexicons, paths_to_pairs=arguments.pairs, path_to_coverage=arguments.output
    )


if __name__ == "__main__":
    run(main)
