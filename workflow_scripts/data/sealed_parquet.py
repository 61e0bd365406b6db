"""Parquet files that tell when they are damaged.

A *seal* stands in front of the footer, where Parquet leaves room, so that any other reader takes the files as well: the
CRC-32 of each column of each row group, then a mark and the CRC-32 of the footer. Who reads a column compares it first;
what is not read is not compared. (Parquet's own checksums leave out the headers of its pages: of a table of scores one
turned bit in a thousand was read as other numbers.)
"""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from zlib import crc32

import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.data.errors import InputError

_MARK = b"SEAL"
_WIDTH = 4  # bytes of a CRC-32, least first
_END = 8  # bytes behind the footer: its length (four, least first) and Parquet's mark
_AT_ONCE = 4 << 20  # bytes


@contextmanager
def sealed_writer(path: str | Path, schema: pa.Schema, **options: Any) -> Iterator[pq.ParquetWriter]:
    """Yield a writer of ``path`` (zstd); the file is sealed when the block ends well.

    ``options`` are those of ``pyarrow.parquet.ParquetWriter``.
    """
    with pq.ParquetWriter(path, schema, compression="zstd", **options) as writer:
        yield writer
    metadata = pq.read_metadata(path)
    with open(path, "r+b") as file:
        start, footer = _footer(file)
        chunks = b"".join(
            _crc(_chunk_crc(file, metadata.row_group(group).column(column)))
            for group in range(metadata.num_row_groups)
            for column in range(metadata.num_columns)
        )
        file.seek(start)
        file.write(chunks + _MARK + _crc(crc32(footer)) + footer)


class SealedParquet(pq.ParquetFile):
    """A Parquet file that ``sealed_writer`` wrote, open for reading; all that is read of it is compared with its seal.

    Opening and reading raise InputError, which names the file and what to do, where it is missing, damaged, not sealed,
    or lacks one of ``columns``.
    """

    def __init__(self, path: str | Path, columns: Sequence[str], **options: Any) -> None:
        """Open ``path``; ``options`` are those of ``pyarrow.parquet.ParquetFile``."""
        self._columns = columns
        self._path = path
        with self._one_line_errors():
            with open(path, "rb") as file:
                self._seal, metadata = _check_footer(file)
            super().__init__(path, metadata=metadata, **options)
            if missing := [name for name in columns if name not in self.schema_arrow.names]:
                raise pa.ArrowInvalid(f"no column {', '.join(missing)}")

    def read(self, columns: list[str] | None = None, **options: Any) -> pa.Table:
        """Read ``columns`` (default: all) of all rows."""
        with self._one_line_errors():
            self._check(range(self.num_row_groups), columns)
            return super().read(columns=columns, **options)

    def read_row_groups(self, row_groups: list[int], columns: list[str] | None = None, **options: Any) -> pa.Table:
        """Read ``columns`` (default: all) of some row groups."""
        with self._one_line_errors():
            self._check(row_groups, columns)
            return super().read_row_groups(row_groups, columns=columns, **options)

    def iter_batches(
        self,
        batch_size: int = 65_536,
        row_groups: list[int] | None = None,
        columns: list[str] | None = None,
        **options: Any,
    ) -> Iterator[pa.RecordBatch]:
        """Yield ``columns`` (default: all) of some row groups (default: all) in batches, a row group at a time."""
        with self._one_line_errors():
            for group in range(self.num_row_groups) if row_groups is None else row_groups:
                self._check([group], columns)
                yield from super().iter_batches(batch_size, [group], columns, **options)

    def check(self) -> None:
        """Compare all columns with the seal, whatever is read."""
        with self._one_line_errors():
            self._check(range(self.num_row_groups), None)

    def _check(self, groups: Collection[int], columns: Collection[str] | None) -> None:
        with open(self._path, "rb") as file:
            for group in groups:
                for number in range(self.metadata.num_columns):
                    chunk = self.metadata.row_group(group).column(number)
                    if columns is not None and chunk.path_in_schema.split(".")[0] not in columns:
                        continue
                    place = _WIDTH * (group * self.metadata.num_columns + number)
                    if _crc(_chunk_crc(file, chunk)) != self._seal[place : place + _WIDTH]:
                        raise OSError(f"row group {group} of column {chunk.path_in_schema} is damaged")

    @contextmanager
    def _one_line_errors(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            remedy = remedy_of(self._path) if _is_part(self._path) else "run the rule that makes it"
            raise InputError(f"{self._path}: no such file; {remedy}") from None
        except (pa.ArrowException, OSError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            of = f" of {', '.join(self._columns)}" if self._columns else ""
            raise InputError(f"{self._path}: not a readable table{of} ({reason}); {remedy_of(self._path)}") from error


def check_table(path: str | Path) -> None:
    """Raise InputError, as ``SealedParquet`` does, where any column of a table is damaged.

    That is for who names the whole file as what something was made of, and reads only some of its columns.
    """
    with SealedParquet(path, []) as table:
        table.check()


def remedy_of(path: str | Path) -> str:
    """Return what to do about a damaged table: of a folder that is made as a whole, Snakemake misses no single one."""
    return f"remove {Path(path).parent} and rerun" if _is_part(path) else "remove it and rerun"


def _is_part(path: str | Path) -> bool:
    return Path(path).with_name("manifest.json").exists()


def _check_footer(file: BinaryIO) -> tuple[bytes, pq.FileMetaData]:
    """Return the CRCs of a file's columns, and its metadata; raise OSError where the footer is not the one sealed."""
    start, footer = _footer(file)
    mark = _MARK + _crc(crc32(footer))
    file.seek(max(0, start - len(mark)))
    if file.read(len(mark)) != mark:
        raise OSError("its footer is damaged, or it was not written by this workflow")
    metadata = pq.read_metadata(file)
    length = _WIDTH * metadata.num_row_groups * metadata.num_columns
    file.seek(start - len(mark) - length)
    return file.read(length), metadata


def _footer(file: BinaryIO) -> tuple[int, bytes]:
    """Return where a file's footer starts, and its bytes to the end of the file."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END))
    start = size - _END - int.from_bytes(file.read(4), "little")
    if start < 0:
        raise OSError("it is cut short, or no Parquet file")
    file.seek(start)
    return start, file.read()


def _chunk_crc(file: BinaryIO, chunk: pq.ColumnChunkMetaData) -> int:
    """Return the CRC-32 of all pages of one column of a row group."""
    first = chunk.data_page_offset if chunk.dictionary_page_offset is None else chunk.dictionary_page_offset
    file.seek(first)
    left, found = chunk.total_compressed_size, 0
    while left and (block := file.read(min(left, _AT_ONCE))):
        found = crc32(block, found)
        left -= len(block)
    return found


def _crc(value: int) -> bytes:
    return value.to_bytes(_WIDTH, "little")
