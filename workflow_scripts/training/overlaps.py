"""Which rows of the training data evaluation text contains, and must therefore be left out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.data.tables import OVERLAPS, read_table


def read_overlaps(paths: Iterable[str | Path], kind: str) -> dict[str, pa.Array]:
    """Return, for each source, the ids of ``kind`` (``pairs`` or ``texts``) that any of the OVERLAPS files names."""
    tables = [read_table(path, OVERLAPS, ["kind", "source", "id"]) for path in paths]
    if not tables:
        return {}
    table = pa.concat_tables(tables)
    table = table.filter(pc.equal(table["kind"], kind))
    return {
        source: pc.unique(table.filter(pc.equal(table["source"], source))["id"])
        for source in sorted(set(table["source"].to_pylist()))
    }


def without_overlaps(table: pa.Table, id_column: str, overlaps: dict[str, pa.Array]) -> pa.Table:
    """Return the rows of ``table`` whose ``source`` and ``id_column`` no overlap names, whatever their language."""
    keep = np.ones(table.num_rows, dtype=bool)
    for source, ids in overlaps.items():
        named = pc.and_(pc.equal(table["source"], source), pc.is_in(table[id_column], value_set=ids))
        keep &= ~named.to_numpy()
    return table.filter(pa.array(keep))


def read_negative_overlaps(paths: Iterable[str | Path]) -> dict[str, dict[str, set[int]]]:
    """Return, for each source and pair id, the positions of the hard negatives that any of the OVERLAPS files names."""
    named: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for path in paths:
        table = read_table(path, OVERLAPS, ["kind", "source", "id", "negative"])
        for row in table.filter(pc.equal(table["kind"], "negatives")).to_pylist():
            named[row["source"]][row["id"]].add(row["negative"])
    return named


def overlapping_negatives(
    table: pa.Table, offsets: np.ndarray, overlaps: Mapping[str, Mapping[str, set[int]]]
) -> np.ndarray:
    """Return which hard negatives the overlaps name, bool [negatives]; those of row r of ``table`` are at ``offsets``.

    ``table`` has ``source`` and ``pair_id``. As of a pair, it is the negative at that place in every language.
    """
    named = np.zeros(int(offsets[-1]), dtype=bool)
    for source, of_pairs in overlaps.items():
        own = pc.and_(pc.equal(table["source"], source), pc.is_in(table["pair_id"], pa.array(list(of_pairs))))
        rows = np.flatnonzero(own.to_numpy())
        # Filtered, not taken: of chunks that are taken from Arrow makes one, which 2 GB of ids do not fit into.
        for row, pair_id in zip(rows.tolist(), table["pair_id"].filter(own).to_pylist(), strict=True):
            places = offsets[row] + np.array(sorted(of_pairs[pair_id]))
            named[places[places < offsets[row + 1]]] = True  # a language may have fewer of them
    return named
