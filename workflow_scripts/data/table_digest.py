"""What tells a table from another without reading it: a corpus is read by many jobs, each of which wants few rows."""

from collections.abc import Sequence
from pathlib import Path

from xxhash import xxh3_128

from workflow_scripts.data.sealed_parquet import SealedParquet


def digest_table(path: str | Path, columns: Sequence[str]) -> str:
    """Return a digest of what stands behind a table's last column: its seal, which has the CRCs of all, and footer.

    Tables of equal rows, written alike, have equal ones. Raises InputError as ``SealedParquet`` does.
    """
    with SealedParquet(path, columns) as table:
        metadata = table.metadata
    end = 0
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(number)
            start = chunk.dictionary_page_offset or chunk.data_page_offset
            end = max(end, start + chunk.total_compressed_size)
    with open(path, "rb") as file:
        file.seek(end)
        return xxh3_128(file.read()).hexdigest()
