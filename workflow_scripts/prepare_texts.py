"""Entry module: plain text of one language of one source, for pre-training."""

import argparse
from pathlib import Path

from workflow_scripts.command_line import run
from workflow_scripts.data.file_set import check_fetched
from workflow_scripts.data.row_counts import KEPT, RowCounts, write_row_counts
from workflow_scripts.data.table_stream import some_rows, write_rows
from workflow_scripts.data.tables import TEXTS
from workflow_scripts.data.text_sources import read_texts


def prepare_texts(
    *,
    source: str,
    format: str,
    lang: str,
    path_to_root: str | Path,
    path_to_texts: str | Path,
    path_to_dropped: str | Path,
) -> None:
    """Read a source's files below ``path_to_root``; write TEXTS and the table of what was kept and dropped.

    Group ids carry the source's name, so that groups of two sources never meet. Raises InputError for an unknown
    format, for broken files (with file, line and reason) and where there is no text.
    """
    counts = RowCounts()
    rows = (
        (text.text_id, f"{source}:{text.group}", source, lang, text.text)
        for text in read_texts(format, path_to_root, lang, counts)
    )
    complaint = f"{path_to_root}: holds no text in {lang!r}; take {lang} from the texts of sources.{source}"
    counts["texts", KEPT] = write_rows(some_rows(rows, complaint), path_to_texts, TEXTS)
    write_row_counts(counts, path_to_dropped)


def main() -> None:
    """Parse flags and prepare the texts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True, help="the source's name in the config")
    parser.add_argument("--format", required=True, help="its file format (docs/data.md)")
    parser.add_argument("--root", required=True, help="folder of its files")
    parser.add_argument("--fetched", nargs="*", default=[], help="manifests of those that were fetched")
    parser.add_argument("--lang", required=True)
    parser.add_argument("--output", required=True, help="TEXTS to write")
    parser.add_argument("--dropped", required=True, help="CSV of kept and dropped rows to write")
    arguments = parser.parse_args()
    check_fetched(arguments.fetched)
    prepare_texts(
        source=arguments.source,
        format=arguments.format,
        lang=arguments.lang,
        path_to_root=arguments.root,
        path_to_texts=arguments.output,
        path_to_dropped=arguments.dropped,
    )


if __name__ == "__main__":
    run(main)
