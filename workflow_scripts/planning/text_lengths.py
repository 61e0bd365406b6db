"""How many subword tokens a text has in the mean, and how many texts there are, by the data's format and language."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from workflow_scripts.data.errors import InputError

ANY = "*"
COLLECTION, PAIRS, TEXTS = "collection", "pairs", "texts"


class TextLength(NamedTuple):
    """Mean subword tokens of a query and of a passage; plain texts count as passages.

    ``rows``: how many pairs or plain texts there were; a collection's size stands elsewhere (``sizes``).
    """

    query: float
    passage: float
    rows: int | None = None


class TextLengths:
    """The rows of ``resources/text_lengths.csv`` (kind, format, lang, query, passage, rows, source)."""

    def __init__(self, rows: Mapping[tuple[str, str, str], TextLength]) -> None:
        self._rows = rows

    @classmethod
    def read(cls, path: Path) -> "TextLengths":
        """Read the table; raise InputError where a line is wrong or the row for everything else is missing."""
        rows: dict[tuple[str, str, str], TextLength] = {}
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                if row["kind"] not in (COLLECTION, PAIRS, TEXTS, ANY):
                    raise InputError(f"{path}, line {number}: kind {row['kind']!r} is not collection, pairs or texts")
                key = row["kind"], row["format"], row["lang"]
                counted = int(row["rows"]) if row["rows"] else None
                rows[key] = TextLength(float(row["query"] or 0), float(row["passage"]), counted)
        if (ANY, ANY, ANY) not in rows:
            raise InputError(f"{path}: has no row *,*,* for data of which no length is known")
        return cls(rows)

    def of(self, kind: str, entry: Mapping[str, Any], lang: str) -> TextLength:
        """Return the mean lengths of a source's or collection's texts, the most specific row of what is known.

        ``entry`` is the source's or collection's in the config, whose ``format`` and ``candidate`` count.
        """
        form = form_of(entry)
        for key in ((kind, form, lang), (kind, form, ANY), (kind, ANY, ANY), (ANY, ANY, ANY)):
            if key in self._rows:
                return self._rows[key]
        raise AssertionError("read() has seen to the last row")


def form_of(entry: Mapping[str, Any]) -> str:
    """Return the name of a source's or collection's format in the table.

    >>> form_of({"format": "xquad-r", "candidate": "sentence"})
    'xquad-r/sentence'
    """
    return "/".join(filter(None, (entry["format"], entry.get("candidate"))))
