"""A source's plain text, whatever its format."""

from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.data.layouts import text_files
from workflow_scripts.data.readers.json_lines import read_json_texts
from workflow_scripts.data.readers.mlqa import read_mlqa_texts
from workflow_scripts.data.readers.parallel_lines import read_ntrex_texts, read_tico19_texts
from workflow_scripts.data.readers.squad import read_squad_texts
from workflow_scripts.data.records import Text
from workflow_scripts.data.row_counts import RowCounts


def read_texts(format: str, root: str | Path, lang: str, counts: RowCounts) -> Iterator[Text]:
    """Yield a source's texts of ``lang`` in the order of its files; count in ``counts`` what is dropped.

    Raises InputError for an unknown format and, with file, line and reason, for broken files.
    """
    files = text_files(format, root, lang)
    if format == "mlqa":
        return read_mlqa_texts(files, lang, counts)
    if format in ("squad", "tydiqa"):
        return read_squad_texts(files, counts)
    if format == "ntrex":
        return read_ntrex_texts(files[0], counts)
    if format == "tico19":
        return read_tico19_texts(files[0], lang, counts)
    return read_json_texts(files, counts)
