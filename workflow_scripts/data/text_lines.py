"""Reading UTF-8 text by the line and JSON documents, plain or gzip, with errors that name the place.

Line ends are LF or CRLF; a byte order mark in front of the first line is not part of it.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError

_BYTE_ORDER_MARK = "\ufeff"


def read_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield the number (from 1) and the text of each line, without its end, one in memory at a time.

    Only LF and CRLF end a line, so that U+2028 and its like stay inside one. Raises InputError, with file and
    line, where the file is missing, is not UTF-8 or is a damaged gzip.
    """
    path = Path(path)
    number = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as file:
            for number, raw in enumerate(file, start=1):
                line = _decode(raw, f"{path}: line {number}").removesuffix("\n").removesuffix("\r")
                yield number, line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
    except (FileNotFoundError, IsADirectoryError):
        raise InputError(f"{path}: no such file; see docs/data.md for the layout") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path}: line {number + 1}: the gzip is damaged or cut short ({error}); fetch the file again"
        ) from None


def read_columns(path: str | Path, columns: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the tab-separated columns of each line; raise InputError where there are not ``columns``."""
    for number, line in read_lines(path):
        fields = line.split("\t")
        if len(fields) != columns:
            raise InputError(
                f"{path}: line {number}: has {len(fields)} tab-separated columns, not {columns}; "
                "a tab inside a text must become a space"
            )
        yield number, fields


def read_json_lines(path: str | Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the JSON object of each line; raise InputError, with file and line, where it is none."""
    for number, line in read_lines(path):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{path}: line {number}: is not JSON ({error.msg} at column {error.colno})") from None
        if not isinstance(record, dict):
            raise InputError(f"{path}: line {number}: is not a JSON object")
        yield number, record


def read_json(path: str | Path) -> Any:
    """Return one JSON document, read whole; raise InputError with file, line and reason where it is damaged."""
    text = "\n".join(line for _, line in read_lines(path))
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: line {error.lineno}: is not JSON ({error.msg} at column {error.colno})") from None


def string_field(record: dict[str, Any], key: str, where: str) -> str:
    """Return a record's text under ``key`` without white space at its ends; raise InputError where it is no text."""
    value = record.get(key)
    if not isinstance(value, str):
        state = "missing" if value is None else f"{json.dumps(value)[:40]}, which is no text"
        raise InputError(f"{where}: {key!r} is {state}")
    return value.strip()


def filled_field(record: dict[str, Any], key: str, where: str) -> str:
    """Return ``string_field``, which must not be empty."""
    value = string_field(record, key, where)
    if not value:
        raise InputError(f"{where}: {key!r} is empty")
    return value


def _decode(raw: bytes, where: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{where}: byte {error.start + 1} is not UTF-8 ({error.reason}); convert the file to UTF-8"
        ) from None
