"""Which rows of the training data evaluation text contains, and must therefore be left out."""

from collections.abc import Iterable
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
