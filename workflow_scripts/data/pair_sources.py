"""A source's training pairs, whatever its format."""

from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.data.layouts import pair_files
from workflow_scripts.data.readers.json_lines import read_json_pairs
from workflow_scripts.data.readers.mlqa import read_mlqa_pairs
from workflow_scripts.data.readers.squad import read_squad_pairs
from workflow_scripts.data.records import Pair
from workflow_scripts.data.row_counts import RowCounts

# How a format's text came to be in another language than it was written in (the column `origin` of PAIRS).
_ORIGINS = {"mlqa": "human"}


def read_pairs(format: str, root: str | Path, lang: str, counts: RowCounts) -> Iterator[Pair]:
    """Yield a source's pairs of ``lang`` in the order of its files; count in ``counts`` what is dropped.

    Raises InputError for an unknown format and, with file, line and reason, for broken files.
    """
    files = pair_files(format, root, lang)
    if format == "mlqa":
        return read_mlqa_pairs(files, lang, counts)
    if format in ("squad", "tydiqa"):
        return read_squad_pairs(files, counts)
    return read_json_pairs(files, counts)


def pair_origin(format: str) -> str:
    """Return ``native`` where people wrote the text in its language, ``human`` where people translated it."""
    return _ORIGINS.get(format, "native")
