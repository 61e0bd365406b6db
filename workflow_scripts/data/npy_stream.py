"""A one-dimensional ``.npy`` file of a length that is known only when its last value is written."""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np


class NpyStream:
    """Values written end to end in bounded memory; the file is whole when the ``with`` block has ended well."""

    def __init__(self, path: str | Path, dtype: np.dtype | type) -> None:
        """Create ``path`` for values of ``dtype``."""
        self.dtype = np.dtype(dtype)
        self.length = 0
        self._file = open(path, "wb")  # noqa: SIM115 (closed by __exit__)
        self._header = self._write_header()

    def append(self, values: np.ndarray) -> None:
        """Write ``values`` [n], which ``dtype`` must be able to hold."""
        self._file.write(np.ascontiguousarray(values, dtype=self.dtype).data)
        self.length += len(values)

    def __enter__(self) -> Self:
        """Return the stream itself."""
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Put the length into the header."""
        with self._file:
            if kind is None:
                self._file.seek(0)
                if self._write_header() != self._header:  # numpy leaves room for any length
                    raise AssertionError("the header of a .npy file has grown")

    def _write_header(self) -> int:
        header = {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False, "shape": (self.length,)}
        np.lib.format.write_array_header_1_0(self._file, header)
        return self._file.tell()
