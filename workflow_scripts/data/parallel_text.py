"""Lines of English with their translations, from tables of parallel texts or pairs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.tables import PAIRS, TEXTS, read_table

KINDS = ("texts", "pairs")


def parallel_lines(
    kind: str, paths: Sequence[tuple[str | Path, str | Path]], counts: RowCounts
) -> Iterator[tuple[str, str]]:
    """Yield English texts and their translations of tables in English and in the other language.

    TEXTS are parallel by group: one text of a group in each language, or the group is left out and counted. PAIRS are
    parallel by pair_id: query with query, title with title, passage with passage.
    """
    for path_to_english, path_to_other in paths:
        if kind == "texts":
            yield from _texts(path_to_english, path_to_other, counts)
        else:
            yield from _pairs(path_to_english, path_to_other, counts)


def _texts(path_to_english: str | Path, path_to_other: str | Path, counts: RowCounts) -> Iterator[tuple[str, str]]:
    sides = []
    for path in (path_to_english, path_to_other):
        table = read_table(path, TEXTS, ["group_id", "text"])
        of_group: dict[str, str | None] = {}
        for group, text in zip(*(column.to_pylist() for column in table.columns), strict=True):
            of_group[group] = None if group in of_group else text
        sides.append(of_group)
    english, other = sides
    for group, text in english.items():
        if group not in other:
            counts["lines", "no translation"] += 1
        elif text is None or other[group] is None:
            counts["lines", "several of one group"] += 1
        else:
            yield text, other[group]


def _pairs(path_to_english: str | Path, path_to_other: str | Path, counts: RowCounts) -> Iterator[tuple[str, str]]:
    parts = ("query", "title", "passage")
    english, other = (read_table(path, PAIRS, ["pair_id", *parts]) for path in (path_to_english, path_to_other))
    rows = dict(zip(other["pair_id"].to_pylist(), other.select(parts).to_pylist(), strict=True))
    for pair in _rows(english):
        translated = rows.get(pair["pair_id"])
        if translated is None:
            counts["lines", "no translation"] += 1
        else:
            yield from ((pair[part], translated[part]) for part in parts if pair[part] and translated[part])


def _rows(table: pa.Table) -> Iterator[dict[str, str | None]]:
    for batch in table.to_batches(max_chunksize=8_192):
        yield from batch.to_pylist()
