"""Flags that name one file a language: ``--qrels sw=F bn=F``."""

from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.data.errors import InputError


def language_files(values: Sequence[str], flag: str) -> dict[str, Path]:
    """Return language → path of ``lang=path`` values.

    Raises InputError, naming ``flag``, on any other value and on a repeated language.

    >>> language_files(["sw=a.parquet"], "--qrels")
    {'sw': PosixPath('a.parquet')}
    """
    files: dict[str, Path] = {}
    for value in values:
        lang, equals, path = value.partition("=")
        if not (lang and equals and path):
            raise InputError(f"{flag}: {value!r} is not lang=file")
        if lang in files:
            raise InputError(f"{flag}: language {lang} stands twice")
        files[lang] = Path(path)
    return files
