"""Entry module: a bilingual lexicon English → one language, in the common form."""

import argparse
import logging
from pathlib import Path

from workflow_scripts.command_line import run
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.lexicon_files import read_lexicon_file
from workflow_scripts.data.row_counts import KEPT, RowCounts, write_row_counts
from workflow_scripts.data.tables import LEXICON, write_table
from workflow_scripts.translation.lexicon import lexicon_table

_log = logging.getLogger("make_lexicon")


def make_lexicon(*, format: str, path_to_file: Path, path_to_lexicon: Path, path_to_dropped: Path) -> None:
    """Read a lexicon's file; write LEXICON and the table of what was kept and dropped.

    Raises InputError for an unknown format, for a broken file (with file, line and reason) and where no entry is left.
    """
    counts = RowCounts()
    table = lexicon_table(read_lexicon_file(format, path_to_file, counts), counts)
    if not table.num_rows:
        raise InputError(f"{path_to_file}: holds no entry with a word; see docs/lexicons.md for the format {format}")
    counts["entries", KEPT] = table.num_rows
    _log.info("%s: %d words", path_to_file, len(set(table["word"].to_pylist())))
    write_table(table, path_to_lexicon, LEXICON)
    write_row_counts(counts, path_to_dropped)


def main() -> None:
    """Parse flags and make the lexicon."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", required=True, help="the file's format (docs/lexicons.md)")
    parser.add_argument("--file", required=True, type=Path, help="the lexicon's file")
    parser.add_argument("--output", required=True, type=Path, help="LEXICON to write")
    parser.add_argument("--dropped", required=True, type=Path, help="CSV of kept and dropped entries to write")
    arguments = parser.parse_args()
    make_lexicon(
        format=arguments.format,
        path_to_file=arguments.file,
        path_to_lexicon=arguments.output,
        path_to_dropped=arguments.dropped,
    )


if __name__ == "__main__":
    run(main)
