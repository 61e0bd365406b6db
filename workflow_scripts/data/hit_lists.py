"""HITS files, written and read in blocks of whole queries, so that memory does not grow with them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.sealed_parquet import SealedParquet, sealed_writer
from workflow_scripts.data.tables import HITS

ROWS_A_BLOCK = 1 << 18
_HITS_AT_ONCE = 1 << 20
_DEPTH = b"depth"  # key of the file's metadata
_AS_CODES = ["query_lang", "query_id", "passage_lang"]  # few distinct values, many rows
_AS_READ = pa.schema(
    [
        (name, pa.dictionary(pa.int32(), pa.string()) if name in _AS_CODES else HITS.field(name).type)
        for name in HITS.names
    ]
)


@contextmanager
def hits_file(path: str | Path, depth: int) -> Iterator[Callable[[pa.Table], None]]:
    """Yield a function that appends a table of HITS; the file exists whole, or not at all, when the block ends.

    Each call writes one row group, which holds all rows of its queries; calls come in the order of HITS.
    ``depth``, the number of hits that were asked for, is kept in the file's metadata.
    """
    schema = HITS.with_metadata({_DEPTH: str(depth)})
    with atomic_file(path) as temporary, sealed_writer(temporary, schema) as writer:

        def append(table: pa.Table) -> None:
            rows = table.select(HITS.names).cast(HITS).replace_schema_metadata(schema.metadata)
            writer.write_table(rows, row_group_size=max(1, len(rows)))

        yield append


@dataclass(frozen=True)
class HitFiles:
    """Several HITS files read as one: those of a run's parts.

    ``depth`` is how many hits per query and passage language were asked for.
    """

    files: list[SealedParquet]
    depth: int

    @classmethod
    def open(cls, paths: list[str | Path]) -> "HitFiles":
        """Open the files; raise InputError where one is damaged or no HITS table, or their depths differ."""
        files, depths = [], set()
        for path in paths:
            file = SealedParquet(path, HITS.names, read_dictionary=_AS_CODES)
            depth = (file.schema_arrow.metadata or {}).get(_DEPTH)
            if depth is None:
                raise InputError(f"{path}: does not say its depth; make it with `search` or `search_bm25`")
            files.append(file)
            depths.add(int(depth))
        if len(depths) != 1:
            raise InputError(f"hits have depths {sorted(depths)}; score parts of one search together")
        return cls(files, depths.pop())

    def blocks(self, queries: Iterable[str], languages: int) -> Iterator[list[str]]:
        """Yield ``queries``, ascending, so many at a time that they have about a million hits in ``languages``."""
        ordered, step = sorted(queries), max(1, _HITS_AT_ONCE // (self.depth * languages))
        for first in range(0, len(ordered), step):
            yield ordered[first : first + step]

    def read(self, query_lang: str, first: str, last: str) -> pa.Table:
        """Return the hits of the queries in ``query_lang`` whose ids lie in [first, last]; few rows more are held.

        Languages and queries are dictionary codes.
        """
        tables = [_AS_READ.empty_table()]
        for file in self.files:
            for group in range(file.num_row_groups):
                if _may_hold(file, group, query_lang, first, last):
                    table = file.read_row_groups([group], columns=HITS.names)
                    tables.append(_of_queries(table.cast(_AS_READ), query_lang, first, last))
        return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def codes(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """Return a dictionary column's codes [n] and the values that they stand for."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], type=array.type)
    return array.indices.to_numpy(zero_copy_only=False), array.dictionary.to_pylist()


def _of_queries(table: pa.Table, query_lang: str, first: str, last: str) -> pa.Table:
    wanted = _where(table["query_lang"], lambda values: pc.equal(values, query_lang))
    ids = _where(
        table["query_id"], lambda values: pc.and_(pc.greater_equal(values, first), pc.less_equal(values, last))
    )
    return table.filter(pc.and_(wanted, ids))


def _where(column: pa.ChunkedArray, test: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Evaluate ``test`` once for each distinct value rather than for each row."""
    indices, values = codes(column)
    passed = test(pa.array(values, type=pa.string()))
    return pa.array(np.asarray(passed.to_pylist(), dtype=bool)[indices])


def _may_hold(file: SealedParquet, group: int, query_lang: str, first: str, last: str) -> bool:
    row_group = file.metadata.row_group(group)
    if row_group.num_rows == 0:
        return False
    for name, low, high in (("query_lang", query_lang, query_lang), ("query_id", first, last)):
        statistics = row_group.column(file.schema_arrow.get_field_index(name)).statistics
        if statistics is None or not statistics.has_min_max:
            continue
        if statistics.max < low or statistics.min > high:
            return False
    return True
