"""Entry module: training pairs of one language of one source, in the common form."""

import argparse
from dataclasses import fields
from pathlib import Path

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.file_set import check_fetched
from workflow_scripts.data.pair_sources import PairOptions, pair_origin, read_pairs
from workflow_scripts.data.row_counts import KEPT, RowCounts, write_row_counts
from workflow_scripts.data.table_stream import some_rows, write_rows
from workflow_scripts.data.tables import PAIRS


def prepare_pairs(
    *,
    source: str,
    format: str,
    lang: str,
    options: PairOptions,
    path_to_root: str | Path,
    path_to_pairs: str | Path,
    path_to_dropped: str | Path,
) -> None:
    """Read a source's files below ``path_to_root``; write PAIRS and the table of what was kept and dropped.

    Group ids carry the source's name, so that groups of two sources never meet. Raises InputError for an unknown
    format, for broken files (with file, line and reason) and where there is no pair.
    """
    counts = RowCounts()
    origin = pair_origin(format, lang)
    rows = (
        (pair.pair_id, f"{source}:{pair.group}", source, lang, origin, *pair[2:])
        for pair in read_pairs(format, path_to_root, lang, counts, options)
    )
    complaint = f"{path_to_root}: holds no pair in {lang!r}; take {lang} from the pairs of sources.{source}"
    counts["pairs", KEPT] = write_rows(some_rows(rows, complaint), path_to_pairs, PAIRS)
    write_row_counts(counts, path_to_dropped)


def main() -> None:
    """Parse flags and prepare the pairs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True, help="the source's name in the config")
    parser.add_argument("--format", required=True, help="its file format (docs/data.md)")
    parser.add_argument("--root", required=True, help="folder of its files")
    parser.add_argument("--fetched", nargs="*", default=[], help="manifests of those that were fetched")
    parser.add_argument("--lang", required=True)
    parser.add_argument("--settings", type=settings, default={}, help="JSON: examples, negatives, seed, files, columns")
    parser.add_argument("--output", required=True, help="PAIRS to write")
    parser.add_argument("--dropped", required=True, help="CSV of kept and dropped rows to write")
    arguments = parser.parse_args()
    known = {field.name for field in fields(PairOptions)}
    if unknown := sorted(arguments.settings.keys() - known):
        raise InputError(f"--settings: {unknown[0]!r} is unknown; known are {', '.join(sorted(known))}")
    check_fetched(arguments.fetched)
    prepare_pairs(
        source=arguments.source,
        format=arguments.format,
        lang=arguments.lang,
        options=PairOptions(**arguments.settings),
        path_to_root=arguments.root,
        path_to_pairs=arguments.output,
        path_to_dropped=arguments.dropped,
    )


if __name__ == "__main__":
    run(main)
