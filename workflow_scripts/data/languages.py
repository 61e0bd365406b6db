"""What is known about each language: script, family, sizes of evaluation and pre-training data, codes.

Sources of the figures: MIRACL (arXiv 2210.09984), CC-100 (arXiv 1911.00359; compressed sizes as its download
page data.statmt.org/cc-100 gives them), XLM-R (arXiv 1911.02116), NLLB codes (arXiv 2207.04672).
"""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from workflow_scripts.data.errors import InputError

LOW_RESOURCE_BELOW_MB = 1000.0


@dataclass(frozen=True, slots=True)
class Language:
    """One row of ``resources/languages.csv``; a figure is None where its source has none for the language.

    ``cc100_compressed_mb`` is in megabytes (10^6 bytes), ``xlmr_pretraining_gib`` in gibibytes. ``script`` is the
    long name of a Unicode script, or ``Japanese`` for the mixture of Han, Hiragana and Katakana. The paper is
    arXiv 2408.10536.
    """

    lang: str
    name: str
    script: str
    family: str
    miracl_dev_queries: int | None
    miracl_dev_judgements: int | None
    miracl_passages: int | None
    miracl_train_queries: int | None
    cc100_compressed_mb: float
    xlmr_pretraining_gib: float | None
    in_xlmr_pretraining: bool
    in_paper_mmarco_training: bool | None
    in_paper_miracl_evaluation: bool
    nllb_code: str


def _text(value: str) -> str:
    if not value:
        raise ValueError("is empty")
    return value


def _flag(value: str) -> bool:
    if value not in ("yes", "no"):
        raise ValueError(f"is {value!r}, not yes or no")
    return value == "yes"


def _size(value: str) -> float:
    size = float(value)
    if not 0 <= size < float("inf"):
        raise ValueError(f"is {value!r}, not a size")
    return size


def _count(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"is {value!r}, not a whole number")
    return int(value)


_PARSERS: dict[object, Callable[[str], object]] = {
    str: _text,
    bool: _flag,
    bool | None: lambda value: _flag(value) if value else None,
    float: _size,
    float | None: lambda value: _size(value) if value else None,
    int | None: lambda value: _count(value) if value else None,
}


def read_languages(path: str | Path) -> dict[str, Language]:
    """Return the languages of a CSV table by code, in the table's order.

    Raises InputError with file and line where a column is missing, a value does not parse or a code stands twice.
    """
    path = Path(path)
    columns = {field.name: _PARSERS[field.type] for field in fields(Language)}
    languages: dict[str, Language] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if missing := [name for name in columns if name not in (reader.fieldnames or [])]:
                raise InputError(f"{path}: line 1: has no column {', '.join(missing)}")
            for row in reader:
                where = f"{path}: line {reader.line_num}"
                if None in row or None in row.values():
                    raise InputError(f"{where}: has not the {len(reader.fieldnames)} cells of the header")
                if row["lang"] in languages:
                    raise InputError(f"{where}: language {row['lang']} stands twice; remove one of the rows")
                languages[row["lang"]] = _parse(row, columns, where)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; name the table of languages") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a CSV table in UTF-8 ({error})") from error
    return languages


def _parse(row: Mapping[str, str], columns: Mapping[str, Callable[[str], object]], where: str) -> Language:
    values = {}
    for name, parse in columns.items():
        try:
            values[name] = parse(row[name])
        except ValueError as error:
            raise InputError(f"{where}: column {name} {error}") from None
    return Language(**values)


def low_resource(languages: Mapping[str, Language]) -> list[str]:
    """Return the codes, in the table's order, of languages with under 1 GB (1000 MB) of compressed CC-100 text."""
    return [code for code, language in languages.items() if language.cc100_compressed_mb < LOW_RESOURCE_BELOW_MB]
