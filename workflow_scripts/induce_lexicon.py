"""Entry module: a bilingual lexicon English → one language, induced from parallel text."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.parallel_text import KINDS, parallel_lines
from workflow_scripts.data.row_counts import KEPT, RowCounts, write_row_counts
from workflow_scripts.data.tables import LEXICON, write_table
from workflow_scripts.translation.lexicon import lexicon_table
from workflow_scripts.translation.lexicon_induction import induce_lexicon


def induce(
    *,
    kind: str,
    paths: Sequence[tuple[Path, Path]],
    min_count: int,
    min_weight: float,
    path_to_lexicon: Path,
    path_to_dropped: Path,
) -> None:
    """Induce a lexicon from tables in English and in the other language; write LEXICON and what became of the lines.

    ``kind`` is ``texts`` or ``pairs``. Raises InputError where the tables share no line or no entry is left.
    """
    if kind not in KINDS:
        raise InputError(f"lexicons: parallel: {kind!r} is not one of {', '.join(KINDS)}")
    counts = RowCounts()
    lines = parallel_lines(kind, paths, counts)
    table = lexicon_table(induce_lexicon(lines, min_count, min_weight, counts), counts)
    if not table.num_rows:
        raise InputError(
            f"{', '.join(str(other) for _, other in paths)}: {counts['lines', KEPT]} lines parallel to English give "
            f"no entry of weight {min_weight:g} seen {min_count} times; add parallel text or lower these bounds"
        )
    counts["entries", KEPT] = table.num_rows
    write_table(table, path_to_lexicon, LEXICON)
    write_row_counts(counts, path_to_dropped)


def main() -> None:
    """Parse flags and induce the lexicon."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--english", required=True, nargs="+", type=Path, help="TEXTS or PAIRS in English")
    parser.add_argument("--other", required=True, nargs="+", type=Path, help="those of the other language, in order")
    parser.add_argument("--settings", required=True, type=settings, help="JSON: parallel, min_count, min_weight")
    parser.add_argument("--output", required=True, type=Path, help="LEXICON to write")
    parser.add_argument("--dropped", required=True, type=Path, help="CSV of kept and dropped lines to write")
    arguments = parser.parse_args()
    if len(arguments.english) != len(arguments.other):
        raise InputError(f"--other: {len(arguments.other)} tables for {len(arguments.english)} in English")
    if set(arguments.settings) != {"parallel", "min_count", "min_weight"}:
        raise InputError(f"--settings: has {', '.join(arguments.settings)}; it is parallel, min_count and min_weight")
    induce(
        kind=arguments.settings["parallel"],
        paths=list(zip(arguments.english, arguments.other, strict=True)),
        min_count=arguments.settings["min_count"],
        min_weight=arguments.settings["min_weight"],
        path_to_lexicon=arguments.output,
        path_to_dropped=arguments.dropped,
    )


if __name__ == "__main__":
    run(main)
