"""Reading UTF-8 text by the line and JSON documents, plain or gzip, with errors that name the place.

Line ends are LF or CRLF; a byte order mark in front of the first line is not part of it.
"""

import codecs
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from workflow_scripts.data.errors import InputError

_BLOCK = 1 << 20
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)


def read_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield the number (from 1) and the text of each line, without its end, one in memory at a time.

    Only LF and CRLF end a line, so that U+2028 and its like stay inside one. Raises InputError, with file and
    line, where the file is missing, is not UTF-8 or is a damaged gzip.
    """
    for number, raw in read_raw_lines(path):
        yield number, _decode(raw, f"{path}: line {number}")


def read_raw_lines(path: str | Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of ``read_lines`` undecoded: for files of which few lines are wanted."""
    number = 0
    try:
        with _open(path) as file:
            for number, raw in enumerate(file, start=1):
                line = raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw
                yield number, line.removesuffix(b"\n").removesuffix(b"\r")
    except _DAMAGED as error:
        raise _damaged(f"{path}: line {number + 1}", error) from None


def read_text_blocks(path: str | Path) -> Iterator[str]:
    """Yield the text of a file in blocks of about a million characters, not cut at lines; raise InputError as above."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    read = 0
    try:
        with _open(path) as file:
            while raw := file.read(_BLOCK):
                yield decoder.decode(raw)
                read += len(raw)
        decoder.decode(b"", final=True)
    except _DAMAGED as error:
        raise _damaged(f"{path}: byte {read}", error) from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: after byte {read}: is not UTF-8 ({error.reason}); convert it to UTF-8") from None


def _open(path: str | Path) -> IO[bytes]:
    try:
        return gzip.open(path, "rb") if Path(path).suffix == ".gz" else open(path, "rb")
    except (FileNotFoundError, IsADirectoryError):
        raise InputError(f"{path}: no such file; see docs/data.md for the layout") from None


def _damaged(where: str, error: Exception) -> InputError:
    return InputError(f"{where}: the gzip is damaged or cut short ({error}); fetch the file again")


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
    """Yield the number and the JSON object of each line; raise InputError, with file and line, where it is none.

    Empty lines may stand at the end alone.
    """
    empty = 0
    for number, line in read_lines(path):
        if not line.strip():
            empty = empty or number
            continue
        if empty:
            raise InputError(f"{path}: line {empty}: is not JSON (it is empty)")
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
    return whole_text(value, key, where)


def whole_text(text: str, key: str, where: str) -> str:
    """Return ``text`` without white space at its ends; raise InputError for half a character, which JSON can hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{where}: {key!r} holds half of a character (a lone surrogate)") from None
    return text.strip()


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
